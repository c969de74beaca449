"""The post office of a node: its mailboxes, what they post, and what comes for them.

It is the application of a node, driven by calls that all take the time and return requests
(`node/application.py`), which the node's driver performs in one commit. It has no clock, no randomness
and no store: the random bytes of which the ids of letters are made are handed in. `outbox.py` follows what
was written, `resend.py` what of it is due, `inbox.py` takes what comes, and `receipts.py` what is owed for
it; `correspondents.py` lets the programs act that live at mailboxes.

Whatever a peer sends can be refused, never raise; an address is always told in its canonical
text. Several mailboxes live on a node, and letters between them go the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from starlight.bundle import EndpointID
from starlight.dtntime import DAY, MILLISECOND, YEAR
from starlight.errors import DefectError, InputError, LetterError
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.known_formats import OLDEST, KnownFormats
from starlight.mailboxes.mailbox import Mailbox, MailboxLimits
from starlight.mailboxes.records import UNKNOWN, MemoryRecords, Records, is_known
from starlight.mailboxes.stored_format import StoredLetter
from starlight.messages.correspondent import Maker
from starlight.messages.delivery import DeliveryState
from starlight.messages.doubt import Trouble, TroubleCode
from starlight.messages.draft import Draft, destination
from starlight.messages.forecast import MessageForecaster, Prediction
from starlight.messages.format import Kind, decode_message, encode_message, payload_of
from starlight.messages.lateness import LateMessage, Lateness
from starlight.messages.legs import legs_of
from starlight.messages.letter import (
    Letter,
    Newer,
    Position,
    Reading,
    Receipt,
    ReceiptFact,
    Telemetry,
)
from starlight.messages.letter_keys import VERSION
from starlight.messages.limits import check
from starlight.messages.trace_events import (
    MailboxClosed,
    MailboxesResumed,
    MailboxOpened,
    ReceiptRejected,
    TelemetryRejected,
    say,
)
from starlight.messages.wire_values import ID_BYTES, Envelope
from starlight.node.application import Claim, DataUnit, Request, Save, Submit, Unclaim
from starlight.node.forecast import ForecastDoubt, Forecaster, Outgoing
from starlight.postoffice.correspondents import Correspondents
from starlight.postoffice.inbox import Inbox
from starlight.postoffice.open_letters import OpenLetters
from starlight.postoffice.outbox import Outbox
from starlight.postoffice.part_arrivals import PartArrivals
from starlight.postoffice.part_dispatches import PartDispatches
from starlight.postoffice.prediction_updates import PredictionUpdates
from starlight.postoffice.receipts import Receipts
from starlight.postoffice.resend import Resends
from starlight.postoffice.uploads import Uploads
from starlight.routing import Priority, Route

LETTER_LIFETIME = 50 * YEAR
"""A letter may wait for someone who is not born yet; twice the twenty-four years of the facility."""

LIFETIME_MAX = 100 * YEAR
"""Longer than anyone's life; and times stay far below 63 bits."""

TELEMETRY_LIFETIME = 30 * DAY
"""Old positions and readings are of no use to those who act on them."""

RECIPIENTS_MAX = 16
"""Telemetry goes to controls, not to everyone."""


def no_entropy(count: int) -> bytes:
    """Stand for random bytes where nobody handed any in: DefectError."""
    raise DefectError(f"{count} random bytes are asked for, and this post office was given none")


class PostOffice:
    """The mailboxes of one node.

    Args:
        node: foresees what it does with what is posted.
        limits: what the mailboxes hold.
        records: where the mailboxes keep theirs; in memory if it is not told.
        node_numbers: node names of ``dtn://name/...`` addresses to node numbers.
        booked: gives what the node has booked for a bundle of its own, by key; with it, a letter's own
            booking is known from those of others, and a letter that was displaced is predicted again.
        correspondents: make those who live at mailboxes of this node; they act once theirs are opened.
        entropy: returns so many random bytes, of which ids are made, and for correspondents.
        oldest_format: in which those are written to who have not been heard from, 1 or 2.

    Raises:
        InputError: a correspondent is at no address of this node, or two are at the same.
    """

    def __init__(
        self,
        node: Forecaster,
        limits: MailboxLimits | None = None,
        *,
        records: Records | None = None,
        node_numbers: Mapping[str, int] | None = None,
        booked: Callable[[str], Sequence[Route]] = lambda key: (),
        correspondents: Sequence[Maker] = (),
        entropy: Callable[[int], bytes] = no_entropy,
        oldest_format: int = OLDEST,
    ) -> None:
        self.node = number = node.number
        self.forecaster = MessageForecaster(node, self.node_of)
        self._limits = limits or MailboxLimits()
        self._records = DecodedRecords(MemoryRecords() if records is None else records)
        self._node_numbers = dict(node_numbers or {})
        self._mailboxes: dict[str, Mailbox] = {}
        self._formats = KnownFormats(self._records.records, oldest_format)
        self._entropy = entropy
        self._open_letters = letters = OpenLetters(self._mailboxes)
        self._parts = PartDispatches(number, letters)
        self._resends = Resends(number, self.forecaster, letters, self._parts.go_on)
        self.uploads = Uploads(entropy)
        self._updates = PredictionUpdates(number, self.forecaster, letters, booked)
        self._outbox = Outbox(
            number,
            self.forecaster,
            self._mailboxes,
            booked,
            self._formats,
            letters,
            self._parts,
            self._resends,
            self._updates,
        )
        self._receipts = Receipts(self._mailboxes, self._formats)
        self._arrivals = PartArrivals(number, self._mailboxes, self._receipts)
        self._correspondents = Correspondents(
            self, self._mailboxes, self._records.records, correspondents, entropy
        )
        self._inbox = Inbox(number, self._receipts, self._arrivals, self._formats, self._correspondents)

    # What people do.

    def open(self, address: str, person: str, now: int) -> list[Request]:
        """Open a mailbox, or open it again; whatever waited for it at this node is delivered.

        Args:
            address: an endpoint of this node, as text.
            person: the name of whose it is.
            now: in ns.

        Raises:
            InputError: no address of this node, or too many mailboxes.
        """
        address = canonical(address)
        if self.node_of(address) != self.node:
            raise InputError(
                f"{address} is not an address of node {self.node}",
                where="address",
                right=f"Such are ipn:{self.node}.1, ipn:{self.node}.2",
            )
        mailbox = self._mailboxes.get(address)
        if mailbox and mailbox.is_open and mailbox.person == person:
            return [Claim(address)]
        if mailbox is None:
            if len(self._mailboxes) >= self._limits.mailboxes:
                raise InputError(f"a node has at most {self._limits.mailboxes} mailboxes", where="address")
            mailbox = self._mailboxes[address] = Mailbox(address, self._limits, self._records)
        since = now if mailbox.opened_at is None else mailbox.opened_at
        card = mailbox.set_card(person, since, True)
        self._correspondents.mailbox_turned()
        return [card, Claim(address), say(now, self.node, MailboxOpened(address, person))]

    def close(self, address: str, now: int) -> list[Request]:
        """Take no more letters at an address; they wait at the node again. The mailbox keeps what it has."""
        mailbox = self.mailbox(address)
        since = now if mailbox.opened_at is None else mailbox.opened_at
        card = mailbox.set_card(mailbox.person, since, False)
        self._correspondents.mailbox_turned()
        return [
            card,
            Unclaim(mailbox.address),
            say(now, self.node, MailboxClosed(mailbox.address, mailbox.person)),
        ]

    def write(
        self,
        address: str,
        draft: Draft,
        now: int,
        *,
        thread: str | None = None,
        lifetime: int | None = None,
    ) -> tuple[Letter, list[Request]]:
        """Write a letter and post it.

        Args:
            address: the mailbox that writes.
            draft: what is written; at most TEXT_MAX_BYTES of UTF-8, not blank.
            now: in ns.
            thread: its thread; without one, that of the letter answered, or the one of the two people.
            lifetime: in ns, how long it is worth carrying; `LETTER_LIFETIME` if it is not told.

        Raises:
            InputError: any of that is not so, or the mailbox is full.
        """
        mailbox = self.mailbox(address)
        lifetime = LETTER_LIFETIME if lifetime is None else lifetime
        if not MILLISECOND <= lifetime <= LIFETIME_MAX:
            raise InputError(
                f"a lifetime of {lifetime} ns", where="lifetime", right="It is 1 ms to 100 years"
            )
        draft.require_text()
        if not mailbox.has_room():
            raise InputError("the mailbox is full", where="mailbox")
        letter = self._outbox.compose(mailbox, draft, self._entropy(ID_BYTES), now, thread)
        return letter, self._outbox.post(mailbox, letter, draft, lifetime, now)

    def withdraw(self, address: str, letter_id: str, now: int) -> list[Request]:
        """Take back a letter that has not departed.

        Raises:
            InputError: it has, or there is no such letter.
        """
        return self._outbox.withdraw(self.mailbox(address), letter_id, now)

    def mark_read(self, address: str, letter_id: str, now: int) -> list[Request]:
        """Mark a letter that came as read, which answers with a receipt; again changes nothing.

        Raises:
            InputError: no such letter came.
        """
        return self._inbox.mark_read(self.mailbox(address), letter_id, now)

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
        mailbox = self.mailbox(vehicle)
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

    def predict(self, address: str, draft: Draft, now: int) -> Prediction:
        """Return what to expect of a letter sent now.

        Args:
            address: the mailbox that would write.
            draft: what it would write; it may be blank.
            now: in ns.

        Raises:
            InputError: no such mailbox, or the draft answers a letter that is not in it.
        """
        return self.forecaster.predict(self._outgoing(address, draft, now), now)

    def why_late(self, address: str, draft: Draft, now: int) -> Lateness:
        """Return why a letter sent now would not be there sooner; arguments and errors as in `predict`."""
        outgoing = self._outgoing(address, draft, now)
        found = self.forecaster.forecast(outgoing, now)
        legs = legs_of(found.route) if found.route else ()
        return self.forecaster.lateness(LateMessage(outgoing, None, legs, found.parts), now)

    def why_letter_late(self, address: str, letter_id: str, now: int) -> Lateness:
        """Return why a letter that waits or is on its way is not there sooner, as of now.

        Raises:
            InputError: no such letter was written here, or it is on its way no more.
        """
        return self._outbox.why_late(self.mailbox(address), letter_id, now)

    def doubts(self, address: str, letter_id: str, now: int) -> tuple[ForecastDoubt, ...]:
        """Return what speaks now against what is predicted of a letter, while it is on its way."""
        sent = self.mailbox(address).sent(letter_id)
        if sent is None or not sent.dispatch.is_on_its_way:
            return ()
        left = sent.dispatch.state is DeliveryState.DEPARTED
        return self.forecaster.doubts(sent.dispatch.expected.legs, now, left=left)

    def _outgoing(self, address: str, draft: Draft, now: int) -> Outgoing:
        """Return how the letter that a draft would become is submitted."""
        # Nothing is drawn for it, so that asking does not change what is written.
        letter = self._outbox.compose(self.mailbox(address), draft, bytes(ID_BYTES), now)
        return Outgoing(
            letter.sender,
            letter.to,
            len(payload_of(letter, now)),
            LETTER_LIFETIME // MILLISECOND,
            priority=draft.priority,
            critical=draft.critical,
        )

    # Reading and restoring.

    def mailbox(self, address: str) -> Mailbox:
        """Return the mailbox of an address.

        Raises:
            InputError: nobody has opened it.
        """
        mailbox = self._mailboxes.get(canonical(address))
        if mailbox is None:
            raise InputError(f"nobody has opened a mailbox at {address}", where="address")
        return mailbox

    def mailboxes(self) -> list[Mailbox]:
        """Return all mailboxes, by address."""
        return [self._mailboxes[address] for address in sorted(self._mailboxes)]

    def carries_letter(self, bundle: str) -> bool:
        """Return whether a bundle, by its identity, carries a letter that was written here."""
        return self._outbox.letter_of(bundle) is not None

    def node_of(self, address: str) -> int | None:
        """Return the number of the node that an address is at; None where it is not known."""
        endpoint = EndpointID.parse(address)
        if endpoint.node_number is not None or not address.startswith("dtn://"):
            return endpoint.node_number
        return self._node_numbers.get(address.removeprefix("dtn://").split("/", 1)[0])

    def restore(self, mailbox: str, key: str, data: bytes) -> None:
        """Take back a record that a `Save` made durable, in any order, before anything else happens."""
        if not is_known(key):
            self._records.set_aside(mailbox, key, UNKNOWN)
            return
        try:
            self._records.records.put(Save(mailbox, key, data))
        except msgspec.DecodeError as error:
            self._records.set_aside(mailbox, key, str(error))

    def load(self) -> None:
        """Take up what the records hold: the mailboxes, and what is open, due and owed in them.

        What can't be read is set aside. Again changes nothing.

        Raises:
            StoreError: the disk can't be read.
        """
        for address in self._records.records.mailboxes():
            # What the node's other applications keep is under their names, which are no addresses.
            if address in self._mailboxes or ":" not in address:
                continue
            mailbox = self._mailboxes[address] = Mailbox(address, self._limits, self._records)
            mailbox.load()
            self._open_letters.load(mailbox)
            for letter_id in mailbox.owing():
                received = mailbox.received(letter_id)
                if received is not None:
                    self._receipts.owe(address, letter_id, received, 0)
                    self._arrivals.resume(mailbox, letter_id, received)

    def resume(self, now: int) -> list[Request]:
        """Return what to ask of a node that has just started: the open mailboxes claim their addresses.

        Raises:
            StoreError: the disk can't be read.
        """
        self.load()
        resumed = self._correspondents.resume(now)
        boxes = [mailbox for mailbox in self.mailboxes() if mailbox.is_open]
        said = say(now, self.node, MailboxesResumed(tuple(mailbox.address for mailbox in boxes)))
        return [*self._records.repairs(), *resumed, *(Claim(mailbox.address) for mailbox in boxes), said]

    # What the node tells.

    def accepted(
        self, token: str, key: str, leaves: int | None, arrives: int | None, now: int
    ) -> list[Request]:
        """Take note that the node has taken a bundle, and when it foresees it to leave and arrive."""
        kind, _, rest = token.partition("/")
        if kind == "letter":
            address, _, letter_id = rest.partition(" ")
            return self._outbox.accepted(address, letter_id, key, leaves, arrives, now)
        if kind == "part":
            address, letter_id, part, number = rest.split(" ")
            mailbox = self._mailboxes[address]
            return self._parts.accepted(mailbox, letter_id, int(part), int(number), key, now)
        return self._receipts.accepted(token) if kind == "receipt" else []

    def rejected(self, token: str, reason: str, now: int) -> list[Request]:
        """Take note that the node has refused a bundle; letters and receipts are offered again later."""
        kind, _, rest = token.partition("/")
        if kind == "letter":
            address, _, letter_id = rest.partition(" ")
            return self._outbox.rejected(address, letter_id, reason, now)
        if kind == "part":
            address, letter_id, part, number = rest.split(" ")
            mailbox = self._mailboxes[address]
            return self._parts.rejected(mailbox, letter_id, int(part), int(number), reason, now)
        if kind == "ask":
            return []  # It is asked again later.
        if kind == "receipt":
            self._receipts.rejected(token, now)
            return [say(now, self.node, ReceiptRejected(reason))]
        return [say(now, self.node, TelemetryRejected(reason))]

    def delivered(self, unit: DataUnit, now: int) -> list[Request]:
        """Take a payload that came for a mailbox."""
        mailbox, source = self._mailboxes[canonical(unit.endpoint)], unit.source
        created = now if unit.created is None else unit.created
        stored = StoredLetter(source, mailbox.address, created, unit.payload)
        try:
            message = decode_message(unit.payload, stored.envelope)
        except LetterError:
            return self._inbox.unread_came(mailbox, stored, None, now)
        if isinstance(message, Letter):
            return self._inbox.letter_came(mailbox, stored, message, now)
        if isinstance(message, Receipt):
            return self._receipt_came(mailbox, stored, message, now)
        if isinstance(message, Telemetry):
            return self._inbox.telemetry_came(mailbox, stored, message, now)
        if isinstance(message, Newer):
            return self._inbox.unread_came(mailbox, stored, message, now)
        return self._arrivals.chunk_came(mailbox, source, message, now)

    def _receipt_came(
        self, mailbox: Mailbox, stored: StoredLetter, receipt: Receipt, now: int
    ) -> list[Request]:
        """Take what a receipt tells and asks of letters that were written here to whom it is from."""
        source, requests = stored.source, list[Request]()
        # Anybody can make up a receipt, and a name to it; only with a correspondent there are letters.
        if mailbox.index.has_correspondent(source):
            requests += self._formats.heard(mailbox.address, source, receipt, min(stored.created, now))
        for fact in receipt.facts:
            requests += self._outbox.learnt(mailbox, fact.letter_id, fact, source, now)
        for asked in receipt.missing:
            requests += self._outbox.asked(mailbox, asked, source, now)
        if receipt.unknown:  # It says more than is understood here; that is kept.
            requests += self._inbox.unread_came(mailbox, stored, Newer(VERSION, Kind.RECEIPT, None), now)
        return _saves_first(requests)

    def departed(
        self, key: str, peer: int, leaves: int, last_byte: int, reaches: int, now: int
    ) -> list[Request]:
        """Take note that a bundle has left this node."""
        return self._outbox.departed(key, peer, leaves, last_byte, reaches, now)

    def withdrawn(self, key: str, now: int) -> list[Request]:
        """Take note that the node gave a bundle back before it departed."""
        return self._outbox.withdrawn(key, now)

    def not_withdrawn(self, key: str, now: int) -> list[Request]:
        """Take note that a bundle could not be taken back."""
        return self._outbox.not_withdrawn(key, now)

    def expired(self, key: str, reason: str, now: int) -> list[Request]:
        """Take note that a bundle expired, or was deleted, in this node's store."""
        return self._outbox.gone(key, Trouble(TroubleCode.NOT_KEPT, reason), now)

    def reported(
        self, key: str, reporter: str, status: str, time: int | None, reason: int, now: int
    ) -> list[Request]:
        """Take note of a status report: a delivery counts as an arrival, a deletion as a loss."""
        found = self._outbox.letter_of(key)
        if found is None:
            return []
        mailbox, letter = found
        if status == "deleted":
            deleted = Trouble(TroubleCode.DELETED, reporter=reporter, report_reason=reason)
            return self._outbox.gone(key, deleted, now)
        if status != "delivered" or reporter != str(EndpointID.parse(letter.to).node_id):
            return []
        sent = mailbox.sent(letter.id)
        if sent is None or sent.carried_by(key).part is not None:
            return []  # One chunk is no whole part, and no letter.
        fact = ReceiptFact(letter.id, "arrived", now if time is None else time)
        return self._outbox.learnt(mailbox, letter.id, fact, letter.to, now)

    def plan_changed(self, now: int) -> list[Request]:
        """Predict again what a new plan can change."""
        return self._updates.plan_changed(now)

    def next_wakeup(self) -> int | None:
        """Return when `handle_timer` has something to do, in ns, or None."""
        if self._records.damaged:
            return 0  # Found since the last step, perhaps by a page; to be committed with the next one.
        due = self._correspondents.next_wakeup()
        wakeups = (
            self._receipts.next_wakeup(),
            self._resends.next_wakeup(),
            self._arrivals.next_wakeup(),
        )
        for other in wakeups:
            if due is None or (other is not None and other < due):
                due = other
        return due

    def handle_timer(self, now: int) -> list[Request]:
        """Let correspondents act, send the receipts that were gathered, see to letters that are due."""
        repairs = self._records.repairs()
        # What a correspondent reads now is told in the receipt for its arrival.
        requests = self._correspondents.handle_timer(now) + self._receipts.posts(now)
        requests += self._resends.handle_timer(now)
        return [*repairs, *_saves_first(requests + self._arrivals.handle_timer(now))]


def _saves_first(requests: list[Request]) -> list[Request]:
    """Return requests with the saves in front.

    What follows from a submission or a withdrawal changes a record again; its save must not be
    overtaken by an older one from the same call.
    """
    return sorted(requests, key=lambda request: not isinstance(request, Save))


def canonical(address: str) -> str:
    """Return an address as the one text that means it.

    Raises:
        InputError: it is no endpoint id.
    """
    return str(EndpointID.parse(address))
