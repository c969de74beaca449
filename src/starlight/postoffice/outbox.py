"""The outbox of a node: all that its mailboxes have written, and what has become of it.

A letter is posted as a bundle; the node's acceptance brings the first prediction, its
departure the first confirmation, receipts the rest. What is due (a letter that the node refused or
lost, a receipt that is overdue) is in `resend.py`, what a new plan changes in `prediction_updates.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from starlight.dtntime import MILLISECOND, to_text
from starlight.errors import InputError
from starlight.mailboxes.known_formats import LATEST, OLDEST, KnownFormats
from starlight.mailboxes.mailbox import Mailbox
from starlight.mailboxes.stored_format import StoredLetter
from starlight.messages.conversation_order import thread_of
from starlight.messages.delivery import (
    WITHDRAWABLE,
    DeliveryState,
    Happening,
    Leg,
    after,
)
from starlight.messages.dispatch import Copy, Dispatch, Expected, Sent
from starlight.messages.doubt import Trouble, TroubleCode
from starlight.messages.draft import Attachment, Draft
from starlight.messages.forecast import MessageForecaster
from starlight.messages.format import payload_of
from starlight.messages.lateness import LateMessage, Lateness
from starlight.messages.legs import legs_of
from starlight.messages.letter import Letter, MissingChunks, ReceiptFact
from starlight.messages.limits import check
from starlight.messages.part_state import all_here
from starlight.messages.parts import CHUNK_BYTES, Part, PartKind
from starlight.messages.trace_events import (
    ArrivalConfirmed,
    LetterDeparted,
    LetterNotWithdrawn,
    LetterQueued,
    LetterRejected,
    LetterWithdrawn,
    LetterWritten,
    ReadingConfirmed,
    ReceiptRefused,
    about,
    say,
)
from starlight.node.application import Request, Save, Withdraw
from starlight.postoffice import reprediction
from starlight.postoffice.open_letters import OpenLetters
from starlight.postoffice.part_dispatches import PartDispatches
from starlight.postoffice.prediction_updates import PredictionUpdates
from starlight.postoffice.resend import Resends, offered_later, outgoing_of, submission
from starlight.routing import Priority, Route

INLINE_UP_TO = 1024
"""Bytes of a part that goes in its letter: in a bundle of its own it would cost a tenth more."""


class Outbox:
    """The letters that were written at one node.

    Args:
        node: its number.
        forecaster: foresees what becomes of messages from there.
        mailboxes: by address; shared with the post office.
        booked: gives what the node has booked for a bundle of its own, by key.
        formats: in which correspondents are written to.
        letters: those that are open.
        parts: those of them that travel on their own.
        resends: sees to what is due.
        updates: predicts again what was accepted before something more urgent.
    """

    def __init__(
        self,
        node: int,
        forecaster: MessageForecaster,
        mailboxes: Mapping[str, Mailbox],
        booked: Callable[[str], Sequence[Route]],
        formats: KnownFormats,
        letters: OpenLetters,
        parts: PartDispatches,
        resends: Resends,
        updates: PredictionUpdates,
    ) -> None:
        self._node = node
        self._forecaster = forecaster
        self._mailboxes = mailboxes
        self._booked = booked
        self._formats = formats
        self._letters = letters
        self._parts = parts
        self._resends = resends
        self._updates = updates

    # What its author does.

    def compose(
        self, mailbox: Mailbox, draft: Draft, drawn: bytes, now: int, thread: str | None = None
    ) -> Letter:
        """Return a letter of a mailbox, which nothing keeps yet.

        Args:
            mailbox: who writes.
            draft: what is written.
            drawn: 16 bytes, of which its id is made.
            now: in ns.
            thread: its thread, where it is not that of the letter answered or of the two people.

        Raises:
            InputError: it passes a limit, or answers a letter that is not in the mailbox.
        """
        to, reply_to = draft.to, draft.reply_to
        answered = mailbox.letter(reply_to) if reply_to is not None else None
        if reply_to is not None and answered is None:
            raise InputError(f"no letter {reply_to!r} here to answer", where="reply_to")
        letter = Letter(
            id=drawn.hex(),
            thread=thread or (answered.thread if answered else thread_of(mailbox.address, to)),
            sender=mailbox.address,
            to=to,
            # To the millisecond, as it travels, so that both ends keep it in the same place.
            written_at=now - now % MILLISECOND,
            text=draft.text,
            reply_to=reply_to,
            receipt_wanted=self._forecaster.answers_can_come(self._forecaster.node_of(to)),
            priority=draft.priority,
            critical=draft.critical,
            parts=tuple(_part(mailbox, each) for each in draft.parts),
            format=LATEST,
        )
        if letter.needs_format_2 and self._formats.known(mailbox.address, to) == OLDEST:
            raise InputError(
                f"{to} has an earlier Starlight, which can't read this",
                where="parts",
                right="Send words alone",
            )
        if self._formats.to_write(mailbox.address, to) < LATEST and not letter.needs_format_2:
            # By the form of its id, who reads it knows that its author reads format 2.
            # How urgent it is has no place there, so it is not said of its own copy either.
            id = f"{letter.sender}/{letter.id}"
            letter = replace(letter, id=id, priority=Priority.NORMAL, critical=False, format=OLDEST)
        check(letter)
        return letter

    def post(self, mailbox: Mailbox, letter: Letter, draft: Draft, lifetime: int, now: int) -> list[Request]:
        """Keep a letter that was made of a draft, and post it; times in ns."""
        payload = payload_of(letter, now)
        size = len(payload)
        sent = Sent(
            written_at=now,
            expires_at=now + lifetime,
            receipt_wanted=letter.receipt_wanted,
            priority=draft.priority,
            critical=draft.critical,
            dispatch=Dispatch(size_bytes=size),
            parts=tuple(
                Dispatch(part=number, size_bytes=part.size)
                for number, part in enumerate(letter.parts)
                if part.chunks
            ),
        )
        for each in sent.parts:
            chunks = outgoing_of(letter.sender, letter.to, sent, each, now)
            course = self._forecaster.forecast(chunks, now)
            if course.arrives is not None:
                foreseen = reprediction.expected_of(self._forecaster, chunks, course)
                sent = sent.having(each.expecting(foreseen))
        outgoing = outgoing_of(letter.sender, letter.to, sent, sent.dispatch, now)
        found = self._forecaster.forecast(outgoing, now)
        if found.arrives is not None:
            expected = reprediction.expected_of(self._forecaster, outgoing, found)
            sent = sent.having(replace(sent.dispatch, expected=expected))
        return [
            *mailbox.put_letter(letter, StoredLetter(letter.sender, letter.to, now, payload)),
            *self._letters.put(mailbox, letter.id, sent),
            *_kept_parts(mailbox, letter, draft, now),
            submission(letter, sent, now),
            say(now, self._node, LetterWritten(*about(letter), size_bytes=size)),
            *self._parts.go_on(mailbox, letter, sent, now),
        ]

    def withdraw(self, mailbox: Mailbox, letter_id: str, now: int) -> list[Request]:
        """Take back a letter that has not departed.

        Raises:
            InputError: it has, or there is no such letter.
        """
        sent = mailbox.sent(letter_id)
        if sent is None:
            raise InputError(f"no letter {letter_id!r} was written here", where="letter")
        state, departed_at = sent.dispatch.state, sent.dispatch.confirmed.departed_at
        if state not in WITHDRAWABLE:
            left = f"; it left at {to_text(departed_at)}" if departed_at is not None else ""
            raise InputError(f"the letter can't be withdrawn: it is {state.value}{left}", where="letter")
        # Chunks of its parts may have left, as nothing takes back; what is left of them goes with the letter.
        keys = [copy.key for copy in sent.copies if not copy.gone and copy.departed_at is None]
        if keys:
            return [Withdraw(key) for key in keys]
        letter = mailbox.letter(letter_id)
        return self._taken_back(mailbox, letter, sent, now) if letter else []

    # What the node tells.

    def accepted(
        self, address: str, letter_id: str, key: str, leaves: int | None, arrives: int | None, now: int
    ) -> list[Request]:
        """Take note of the bundle that carries a letter, and of the node's own prediction."""
        mailbox = self._mailboxes[address]
        written = mailbox.written(letter_id)
        if written is None:
            return []  # It was set aside.
        letter, sent = written
        dispatch = sent.dispatch
        queued_at = dispatch.confirmed.queued_at
        dispatch = dispatch.expecting(self._as_accepted(sent, dispatch, key, leaves, arrives))
        dispatch = replace(
            dispatch,
            state=after(dispatch.state, Happening.ACCEPTED),
            copies=(*dispatch.copies, Copy(key)),
            confirmed=replace(dispatch.confirmed, queued_at=now if queued_at is None else queued_at),
            trouble=None,
        )
        sent = sent.having(dispatch.due_at(None))
        queued = LetterQueued(*about(letter), leaves=leaves, arrives=arrives, bundle=key)
        said = say(now, self._node, queued)
        put = self._letters.put(mailbox, letter_id, sent)
        urgency = sent.precedence(dispatch).urgency
        return [*put, said, *_withdrawals(sent), *self._updates.displaced_by(urgency, now)]

    def rejected(self, address: str, letter_id: str, reason: str, now: int) -> list[Request]:
        """Take note that the node refused a letter: it is offered again later."""
        mailbox = self._mailboxes[address]
        written = mailbox.written(letter_id)
        if written is None:
            return []  # It was set aside.
        letter, sent = written
        sent = sent.having(offered_later(sent.dispatch, Trouble(TroubleCode.NOT_KEPT, reason), now))
        rejected = LetterRejected(*about(letter), reason=reason)
        said = say(now, self._node, rejected)
        return [*self._letters.put(mailbox, letter_id, sent), said]

    def departed(
        self, key: str, peer: int, leaves: int, last_byte: int, reaches: int, now: int
    ) -> list[Request]:
        """Take note that a bundle has left this node."""
        found = self._letters.of_bundle(key)
        if found is None:
            return []
        mailbox, letter, sent = found
        dispatch = sent.carried_by(key)
        copies = tuple(
            replace(copy, departed_at=leaves) if copy.key == key and copy.departed_at is None else copy
            for copy in dispatch.copies
        )
        booked = tuple(self._booked(key))
        self._letters.note_booked(key, booked)
        departed_at = dispatch.confirmed.departed_at
        dispatch = replace(
            dispatch,
            state=after(dispatch.state, Happening.LEFT),
            copies=copies,
            confirmed=replace(dispatch.confirmed, departed_at=leaves if departed_at is None else departed_at),
        )
        if dispatch.part is not None:
            return self._parts.departed(mailbox, letter, sent.having(dispatch), now)
        if dispatch.state is DeliveryState.DEPARTED:
            legs = dispatch.expected.legs
            leg = Leg(
                self._node, peer, leaves, last_byte, reaches, legs[0].contact_end if legs else last_byte
            )
            outgoing = outgoing_of(letter.sender, letter.to, sent, dispatch, now)
            dispatch = reprediction.departed(self._forecaster, sent, dispatch, outgoing, leg, booked)
        sent = sent.having(dispatch)
        departed = LetterDeparted(
            *about(letter),
            peer=peer,
            leaves=leaves,
            reaches=reaches,
            arrives=dispatch.expected.arrives,
            resends=dispatch.attempts.resends,
        )
        return [*self._letters.put(mailbox, letter.id, sent), say(now, self._node, departed)]

    def withdrawn(self, key: str, now: int) -> list[Request]:
        """Take note that the node gave a bundle back before it departed."""
        found = self._letters.of_bundle(key)
        if found is None:
            return []
        mailbox, letter, sent = found
        sent = _without(sent, key)
        if sent.dispatch.state in WITHDRAWABLE and not sent.dispatch.is_carried:
            return self._taken_back(mailbox, letter, sent, now)
        # Where the letter itself had left already, its parts go on.
        going_on = self._parts.go_on(mailbox, letter, sent, now)
        return [*self._letters.put(mailbox, letter.id, sent), *going_on]

    def not_withdrawn(self, key: str, now: int) -> list[Request]:
        """Take note that a bundle could not be taken back."""
        found = self._letters.of_bundle(key)
        if found is None or found[2].carried_by(key).part is not None:
            return []
        mailbox, letter, sent = found
        if sent.dispatch.state not in WITHDRAWABLE | {DeliveryState.DEPARTED}:
            return []
        sent = sent.having(replace(sent.dispatch, trouble=Trouble(TroubleCode.NOT_WITHDRAWN)))
        said = say(now, self._node, LetterNotWithdrawn(*about(letter)))
        return [*self._letters.put(mailbox, letter.id, sent), said]

    def gone(self, key: str, trouble: Trouble, now: int) -> list[Request]:
        """Take note that a bundle is gone: by age the letter has expired, otherwise it is offered again."""
        found = self._letters.of_bundle(key)
        if found is None:
            return []
        mailbox, letter, sent = found
        sent = _without(sent, key)
        part = sent.carried_by(key).part
        if part is not None:
            return self._parts.gone(mailbox, letter, sent, part, trouble, now)
        dispatch = sent.dispatch
        if dispatch.is_carried or not dispatch.is_on_its_way:
            return [*self._letters.put(mailbox, letter.id, sent)]
        if now < sent.expires_at:
            later = sent.having(offered_later(dispatch, trouble, now))
            return [*self._letters.put(mailbox, letter.id, later)]
        return self._resends.expired(mailbox, letter, sent, trouble.reason or trouble.code, now)

    def learnt(
        self, mailbox: Mailbox, letter_id: str, fact: ReceiptFact, source: str, now: int
    ) -> list[Request]:
        """Take note of what a receipt, or a status report, says about a letter written here.

        What is said by another than whom the letter went to is not believed, nor about the future.
        """
        letter, sent = mailbox.letter(letter_id), mailbox.sent(letter_id)
        if letter is None:
            return []
        if sent is None or letter.to != source or sent.dispatch.state is DeliveryState.WITHDRAWN:
            return [say(now, self._node, ReceiptRefused(*about(letter), source=source))]
        if fact.part is not None:
            return self._parts.arrived(mailbox, sent, fact, now)
        time, dispatch = min(fact.time, now), sent.dispatch
        if (dispatch.confirmed.arrived_at if fact.what == "arrived" else sent.read_at) is not None:
            return []
        if fact.what == "arrived":
            happening = Happening.ARRIVAL_KNOWN
            times = replace(dispatch.confirmed, arrived_at=time, arrival_known_at=now)
        else:
            happening = Happening.READING_KNOWN
            times = dispatch.confirmed
            sent = replace(sent, read_at=time, reading_known_at=now)
        attempts, first = dispatch.attempts, dispatch.first
        known = replace(
            dispatch,
            state=after(dispatch.state, happening),
            confirmed=replace(times, ended_at=None),
            attempts=replace(attempts, due=None, overdue=False),
            doubtful=None,
            trouble=None,
        )
        sent = sent.having(known)
        confirmed = ArrivalConfirmed if fact.what == "arrived" else ReadingConfirmed
        told = confirmed(*about(letter), at=time, predicted=first.arrives, resends=attempts.resends)
        return [
            *self._letters.put(mailbox, letter_id, sent),
            say(now, self._node, told),
            *_withdrawals(sent),
        ]

    def asked(self, mailbox: Mailbox, asked: MissingChunks, source: str, now: int) -> list[Request]:
        """Send again what the one whom a letter went to misses of its parts."""
        letter, sent = mailbox.letter(asked.letter_id), mailbox.sent(asked.letter_id)
        if letter is None or sent is None or letter.to != source:
            return []
        return self._parts.asked(mailbox, letter, sent, asked, now)

    def why_late(self, mailbox: Mailbox, letter_id: str, now: int) -> Lateness:
        """Return why a letter that waits or is on its way is not there sooner, as of now.

        Of a letter that has left, it tells about the route from the node where it is, or is next.

        Raises:
            InputError: there is no such letter, or it has come to its end.
        """
        sent = mailbox.sent(letter_id)
        if sent is None:
            raise InputError(f"no letter {letter_id!r} was written here", where="letter")
        dispatch, expected = sent.dispatch, sent.dispatch.expected
        if not dispatch.is_on_its_way:
            state = dispatch.state.value
            raise InputError(f"the letter is on its way no more: it is {state}", where="letter")
        left = dispatch.state is DeliveryState.DEPARTED
        passed = [leg for leg in expected.legs if left and leg.leaves <= now]
        ahead = expected.legs[len(passed) :]
        source, at = (passed[-1].to_node, max(now, passed[-1].arrives)) if passed else (self._node, now)
        to = mailbox.index.entry(letter_id).correspondent
        if passed and source == self._forecaster.node_of(to):
            return Lateness(now, dispatch.size_bytes, last_hop=passed[-1])
        booked = [
            route
            for copy in dispatch.copies
            for route in self._booked(copy.key) or self._letters.booked_when_left(copy.key)
        ]
        message = LateMessage(
            outgoing_of(mailbox.address, to, sent, dispatch, now),
            sent.expires_at,
            ahead,
            expected.fragments if not passed else 1,
        )
        return self._forecaster.lateness(message, now, at, source, booked)

    def letter_of(self, key: str) -> tuple[Mailbox, Letter] | None:
        """Return the mailbox and the letter that a bundle carries, or None."""
        found = self._letters.of_bundle(key)
        return found[:2] if found else None

    def _as_accepted(
        self, sent: Sent, dispatch: Dispatch, key: str, leaves: int | None, arrives: int | None
    ) -> Expected:
        """Return what is expected of a dispatch that the node has accepted, by its own prediction."""
        before, booked = dispatch.expected, self._booked(key)
        fragments, legs = before.fragments, before.legs
        if booked and not sent.critical:  # Of that there are copies.
            fragments, legs = len(booked), legs_of(max(booked, key=lambda route: route.arrival))
        if leaves is None or arrives is None:
            return replace(
                before, leaves=leaves, arrives=arrives, receipt_at=None, legs=(), fragments=fragments
            )
        return replace(before, leaves=leaves, arrives=arrives, legs=legs, fragments=fragments)

    def _taken_back(self, mailbox: Mailbox, letter: Letter, sent: Sent, now: int) -> list[Request]:
        dispatch = sent.dispatch
        withdrawn = replace(
            dispatch,
            state=after(dispatch.state, Happening.RECALLED),
            confirmed=replace(dispatch.confirmed, ended_at=now),
            trouble=None,
        )
        return [
            *self._letters.put(mailbox, letter.id, sent.ended_with(withdrawn)),
            say(now, self._node, LetterWithdrawn(*about(letter))),
        ]


def _part(mailbox: Mailbox, attachment: Attachment) -> Part:
    """Return a part as its letter describes it; a small one is in the letter.

    Raises:
        InputError: nothing was uploaded under its reference.
    """
    body = mailbox.bodies.body(attachment.upload)
    if body is None:
        raise InputError(f"no upload {attachment.upload!r} is here", where="parts", right="Upload it first")
    inline = body.size <= INLINE_UP_TO
    return Part(
        kind=PartKind[attachment.kind.upper()],
        media_type=attachment.media_type,
        data=mailbox.bodies.chunk(attachment.upload, 0) if inline else None,
        hash=None if inline else body.hash,
        size=body.size,
        duration_ms=attachment.duration_ms,
        name=attachment.name,
        width=attachment.width,
        height=attachment.height,
        transcript=attachment.transcript,
        chunk_size=CHUNK_BYTES if inline else body.chunk_size,
    )


def _kept_parts(mailbox: Mailbox, letter: Letter, draft: Draft, now: int) -> list[Save]:
    """Return the saves by which the parts of a letter that was written here are found with it."""
    saves: list[Save] = []
    for number, (part, attachment) in enumerate(zip(letter.parts, draft.parts, strict=True)):
        if part.chunks:
            saves.append(mailbox.parts.put(letter.id, number, all_here(attachment.upload, part, now)))
            saves += mailbox.count_bytes(letter.id, part.size)
    return saves


def _without(sent: Sent, key: str) -> Sent:
    dispatch = sent.carried_by(key)
    copies = tuple(replace(copy, gone=True) if copy.key == key else copy for copy in dispatch.copies)
    return sent.having(replace(dispatch, copies=copies))


def _withdrawals(sent: Sent) -> list[Withdraw]:
    """Return the requests to take back copies that need not leave, because the letter has arrived."""
    if sent.dispatch.state not in (DeliveryState.ARRIVED, DeliveryState.READ):
        return []
    copies = sent.dispatch.copies
    return [Withdraw(copy.key) for copy in copies if copy.departed_at is None and not copy.gone]
