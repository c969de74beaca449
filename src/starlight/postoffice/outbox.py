"""The outbox of a node: letters and telemetry as people, vehicles and programs post them from its mailboxes.

A letter is kept in its author's mailbox and submitted as a bundle, in one step. What becomes of it then is
told to `letter_dispatches.py`, and of its parts to `part_dispatches.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from starlight.dtntime import MILLISECOND, to_text
from starlight.errors import InputError
from starlight.mailboxes.known_formats import KnownFormats
from starlight.mailboxes.mailbox import Mailbox
from starlight.mailboxes.stored_format import StoredLetter
from starlight.messages.delivery import WITHDRAWABLE
from starlight.messages.dispatch import Dispatch, Sent
from starlight.messages.draft import Draft, destination
from starlight.messages.forecast import MessageForecaster
from starlight.messages.format import encode_message, payload_of
from starlight.messages.held import Held
from starlight.messages.letter import Distress, Letter, Position, Reading, Telemetry
from starlight.messages.limits import check
from starlight.messages.part_state import all_here
from starlight.messages.parts import sending_order
from starlight.messages.trace_events import LetterWritten, about, say
from starlight.messages.wire_values import ID_BYTES, Envelope
from starlight.node.application import Request, Save, Submit, Withdraw
from starlight.postoffice import repeats
from starlight.postoffice.composer import Composer
from starlight.postoffice.holds import Holds
from starlight.postoffice.letter_dispatches import LetterDispatches
from starlight.postoffice.lifetimes import LETTER_LIFETIME, LIFETIME_MAX, TELEMETRY_LIFETIME
from starlight.postoffice.node_mailboxes import NodeMailboxes
from starlight.postoffice.open_letters import OpenLetters
from starlight.postoffice.part_dispatches import PartDispatches
from starlight.postoffice.premieres import Premieres
from starlight.postoffice.resend import submission
from starlight.postoffice.uploads import Uploads
from starlight.routing import Priority

RECIPIENTS_MAX = 16
"""Telemetry goes to controls, not to everyone."""

TAKE_BACK = "While it can still be first: POST /people/PERSON/letters/LETTER/take-back"


class Outbox:
    """The outbox of all mailboxes of one node.

    Args:
        mailboxes: of the node.
        composer: makes letters of drafts.
        forecaster: foresees what becomes of messages from there.
        formats: in which correspondents are written to.
        letters: those that are open.
        dispatches: what becomes of letters.
        parts: what becomes of those parts that travel on their own.
        uploads: from which parts are made.
        holds: those letters that do not leave yet.
        premieres: which pieces can begin at both ends.
        entropy: returns so many random bytes, of which ids are made.
    """

    def __init__(
        self,
        mailboxes: NodeMailboxes,
        composer: Composer,
        forecaster: MessageForecaster,
        formats: KnownFormats,
        letters: OpenLetters,
        dispatches: LetterDispatches,
        parts: PartDispatches,
        uploads: Uploads,
        holds: Holds,
        premieres: Premieres,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._mailboxes = mailboxes
        self._composer = composer
        self._forecaster = forecaster
        self._formats = formats
        self._letters = letters
        self._dispatches = dispatches
        self._parts = parts
        self._uploads = uploads
        self._holds = holds
        self._premieres = premieres
        self._entropy = entropy

    def write(
        self,
        address: str,
        draft: Draft,
        now: int,
        *,
        thread: str | None = None,
        lifetime: int | None = None,
        distress: Distress | None = None,
        takes_back: bool = False,
    ) -> tuple[Letter, list[Request]]:
        """Write a letter and post it; asked again under the same key, return the one that there is.

        Args:
            address: the mailbox that writes.
            draft: what is written; at most TEXT_MAX_BYTES of UTF-8, not blank.
            now: in ns.
            thread: its thread; without one, that of the letter answered, or the one of the two people.
            lifetime: in ns, how long it is worth carrying; `LETTER_LIFETIME` if it is not told.
            distress: the call that it raises, answers or ends; that needs no words.
            takes_back: it is a withdrawal that is foreseen to come first, as `Withdrawals` says.

        Raises:
            InputError: any of that is not so, the mailbox is full, or another letter has the draft's key.
        """
        mailbox = self._mailboxes.at(address)
        asked = draft
        # Before any check: a letter that was written once stays written, though the mailbox is full since.
        known = repeats.written_before(mailbox, draft, now)
        if known is not None:
            return known, []
        lifetime = LETTER_LIFETIME if lifetime is None else lifetime
        if not MILLISECOND <= lifetime <= LIFETIME_MAX:
            raise InputError(
                f"a lifetime of {lifetime} ns", where="lifetime", right="It is 1 ms to 100 years"
            )
        if distress is None:
            draft.require_text()
        if draft.act == "withdrawn" and not takes_back:
            raise InputError("a letter is not taken back by a letter", where="act", right=TAKE_BACK)
        if not mailbox.has_room():
            raise InputError("the mailbox is full", where="mailbox")
        draft = self._composer.addressed(mailbox, draft)
        held = self._holds.wanted(mailbox, draft, now)
        letter = self._composer.compose(mailbox, draft, self._entropy(ID_BYTES), now, thread, distress)
        self._premieres.require_in_time(letter, draft, now)
        # Before anything else of it is kept, as it may be refused.
        key = repeats.remembered(mailbox, asked, letter, now)
        posted = self._post(mailbox, letter, draft, lifetime, held, now)
        return letter, [*key, *posted, *self._uploads.name(mailbox, letter, draft)]

    def withdraw(self, address: str, letter_id: str, now: int) -> list[Request]:
        """Take back a letter that has not departed.

        Raises:
            InputError: it has, or there is no such letter.
        """
        mailbox = self._mailboxes.at(address)
        courses = mailbox.outgoing.courses(letter_id)
        if not courses:
            raise InputError(f"no letter {letter_id!r} was written here", where="letter")
        # Of a letter to a group some may have left already; those go on.
        here = [sent for sent in courses if sent.dispatch.state in WITHDRAWABLE]
        if not here:
            dispatch = courses[0].dispatch
            departed_at = dispatch.confirmed.departed_at
            left = f"; it left at {to_text(departed_at)}" if departed_at is not None else ""
            what = f"the letter can't be withdrawn: it is {dispatch.state.value}{left}"
            raise InputError(what, where="letter")
        unheld: list[Request] = []
        for number, sent in enumerate(here):
            if sent.held is not None:
                # Whatever of it is on its way back ends now.
                here[number] = sent = replace(sent, held=None).having(sent.dispatch.due_at(None))
                unheld += self._letters.put(mailbox, letter_id, sent)
        # Chunks of its parts may have left, as nothing takes back; what is left of them goes with the letter.
        copies = [copy for sent in here for copy in sent.copies]
        keys = [copy.key for copy in copies if not copy.gone and copy.departed_at is None]
        if keys:
            return [*unheld, *(Withdraw(key) for key in keys)]
        # Every copy was given to a link, which has not said yet whether it has taken it.
        if any(sent.dispatch.is_carried for sent in here):
            raise InputError("the letter can't be withdrawn: a link may have taken it", where="letter")
        written = [mailbox.outgoing.written(sent.id_of(letter_id)) for sent in here]
        requests = unheld
        for each in written:
            requests += [] if each is None else self._dispatches.taken_back(mailbox, *each, now)
        return requests

    def send_telemetry(
        self,
        vehicle: str,
        to: Sequence[str],
        now: int,
        *,
        kind: str,
        position: Position | None = None,
        readings: Mapping[str, Reading] | None = None,
        priority: Priority = Priority.BULK,
        lifetime: int | None = None,
    ) -> list[Request]:
        """Post telemetry of a vehicle to some addresses.

        It is bulk unless it says otherwise: a letter should not wait for a stream of readings, the next of
        which comes anyway; an alarm should overtake them.

        Args:
            vehicle: its address, a mailbox of this node.
            to: where it goes: base control, Earth control.
            now: when it was measured, in ns.
            kind, position, readings: as in `Telemetry`.
            priority: how urgent it is.
            lifetime: in ns; `TELEMETRY_LIFETIME` if it is not told.

        Raises:
            InputError: any of that is not so.
        """
        mailbox = self._mailboxes.at(vehicle)
        if not 1 <= len(to) <= RECIPIENTS_MAX:
            raise InputError(f"telemetry goes to 1 to {RECIPIENTS_MAX} addresses", where="to")
        telemetry = Telemetry(mailbox.address, now, kind, position, dict(readings or {}))
        check(telemetry)
        lifetime_ms = max(1, (TELEMETRY_LIFETIME if lifetime is None else lifetime) // MILLISECOND)
        return [
            Submit(
                f"telemetry/{now}/{number}",
                mailbox.address,
                destination(where),
                self._payload_to(destination(where), telemetry, now),
                lifetime_ms,
                priority=priority,
            )
            for number, where in enumerate(to)
        ]

    def _payload_to(self, where: str, telemetry: Telemetry, now: int) -> bytes:
        """Return telemetry in the format that is read at an address."""
        version = self._formats.to_write(telemetry.vehicle, where)
        return encode_message(replace(telemetry, format=version), Envelope(telemetry.vehicle, where, now))

    def _post(
        self, mailbox: Mailbox, letter: Letter, draft: Draft, lifetime: int, held: Held | None, now: int
    ) -> list[Request]:
        """Keep a letter that was made of a draft, and post it, unless it is held; times in ns."""
        plain_text = self._composer.is_plain(mailbox, draft)
        # Its own copy says all that it is, whatever travels.
        own = payload_of(letter, now, plain_text=False)
        stored = StoredLetter(letter.sender, letter.to, now, own, letter.priority)
        requests: list[Request] = [
            *(_opening(mailbox, letter, now) if letter.opens is not None else ()),
            *mailbox.put_letter(letter, stored, now),
            *_kept_parts(mailbox, letter, draft, now),
        ]
        nodes = self._composer.nodes_of(letter)
        # Its time is counted from when it leaves.
        leaves = now if held is None or held.due is None else held.due
        courses: list[tuple[Letter, Sent]] = []
        for number, (to, readers, _) in enumerate(nodes):
            going = replace(letter, to=to, readers=readers) if to else letter
            size = len(payload_of(going, now, plain_text=plain_text))
            sent = Sent(
                written_at=now,
                expires_at=leaves + lifetime,
                receipt_wanted=letter.receipt_wanted,
                priority=draft.priority,
                critical=draft.critical,
                plain_text=plain_text,
                dispatch=Dispatch(size_bytes=size),
                parts=tuple(
                    Dispatch(part=place, size_bytes=letter.parts[place].size)
                    for place in sending_order(letter.parts)
                    if letter.parts[place].chunks
                ),
                course=number,
                courses=1 if number else len(nodes),
                to=to,
                readers=readers,
                held=held,
                bulk_parts=draft.bulk_parts,
            )
            if held is not None:
                sent = sent.having(sent.dispatch.due_at(held.due))
            courses.append((going, self._holds.foreseen(going, sent, now)))
        # All are known before the first is submitted: what the node tells of one looks at the others.
        for _, sent in courses:
            requests += self._letters.put(mailbox, letter.id, sent)
        for going, sent in courses:
            written = LetterWritten(*about(going), size_bytes=sent.dispatch.size_bytes)
            requests += [submission(going, sent, now)] if held is None else []
            requests.append(say(now, self._forecaster.node, written))
            requests += self._parts.go_on(mailbox, going, sent, now)
        return requests


def _opening(mailbox: Mailbox, letter: Letter, now: int) -> list[Save]:
    """Keep that a letter opens later, and forget those that have opened by now; time in ns.

    Raises:
        InputError: there are too many.
    """
    over = set()
    for id in mailbox.opening.all():
        known = mailbox.letter(id)
        opens = None if known is None else known.opens
        if opens is None or (opens.time is not None and opens.time <= now):
            over.add(id)
    return [*mailbox.opening.drop(over), *mailbox.opening.add(letter.id)]


def _kept_parts(mailbox: Mailbox, letter: Letter, draft: Draft, now: int) -> list[Save]:
    """Return the saves by which the parts of a letter that was written here are found with it."""
    saves: list[Save] = []
    for number, (part, attachment) in enumerate(zip(letter.parts, draft.parts, strict=True)):
        if part.chunks:
            saves.append(mailbox.parts.put(letter.id, number, all_here(attachment.upload, part, now)))
    return saves
