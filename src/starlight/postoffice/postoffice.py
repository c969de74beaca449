"""The post office of a node: its application for letters and telemetry between people, vehicles and programs.

It is driven by calls that all take the time and return requests (`node/application.py`), which the node's
driver performs in one commit. It has no clock, no randomness and no store: the random bytes of which the ids
of letters are made are handed in. `PostOffice` hears what the node tells and passes it on to the one of its
members that it concerns; people and programs turn to these members themselves:

* `mailboxes` (`node_mailboxes.py`): who lives at this node; opened and closed.
* `outbox` (`outbox.py`): what is written and sent, made of drafts by a `composer.py`.
* `dispatches` (`letter_dispatches.py`, and `part_dispatches.py`): what becomes of that, as the node tells it;
  `receipt_news.py` has what receipts tell. `open_letters.py` has what is still open of it,
  `prediction_updates.py` predicts it again, `resend.py` sees to what of it is due.
* `inbox` (`inbox.py`): what comes is believed or refused, kept and read; `part_arrivals.py` puts parts
  together, `receipts.py` has what is owed for it all.
* `distress` (`distress_desk.py`): calls for help, raised, repeated, acknowledged and ended.
* `forecasts` (`letter_forecasts.py`): what is foreseen of letters, as people ask for it.
* `groups` (`groups.py`): who is in which group, kept in step with other nodes.
* `holds` (`holds.py`): letters that do not leave yet, and the order in which they do.
* `awaited` (`awaited_people.py`): letters that were recorded for people who have no address yet.
* `withdrawals` (`withdrawals.py`): letters taken back that have left, and have not opened there.
* `departures` (`departures.py`): what waits of each mailbox, in the order in which it leaves.
* `flights` (`flights.py`): all of each mailbox that is on its way, and where.
* `uploads` (`uploads.py`): parts of letters that are not written yet.

`correspondents.py` lets the programs act that live at mailboxes.

Whatever a peer sends can be refused, never raise; an address is always told in its canonical text. Several
mailboxes live on a node, and letters between them go the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType

from starlight.dtntime import SECOND
from starlight.errors import DefectError
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.known_formats import OLDEST, KnownFormats
from starlight.mailboxes.mailbox import Mailbox, MailboxLimits
from starlight.mailboxes.records import MemoryRecords, Records
from starlight.messages.correspondent import Maker
from starlight.messages.doubt import Trouble, TroubleCode
from starlight.messages.forecast import MessageForecaster
from starlight.messages.group import Group
from starlight.messages.trace_events import MailboxesResumed, ReceiptRejected, TelemetryRejected, say
from starlight.node.application import Claim, DataUnit, Request
from starlight.node.forecast import Forecaster
from starlight.postoffice.addresses import Addresses, canonical
from starlight.postoffice.awaited_people import AwaitedPeople
from starlight.postoffice.composer import Composer
from starlight.postoffice.correspondents import Correspondents
from starlight.postoffice.departures import Departures
from starlight.postoffice.distress_desk import DistressDesk
from starlight.postoffice.flights import Flights
from starlight.postoffice.group_nodes import GroupNodes
from starlight.postoffice.groups import Groups
from starlight.postoffice.holds import Holds
from starlight.postoffice.inbox import Inbox, saves_first
from starlight.postoffice.letter_dispatches import LetterDispatches
from starlight.postoffice.letter_forecasts import LetterForecasts
from starlight.postoffice.node_mailboxes import NodeMailboxes
from starlight.postoffice.open_letters import OpenLetters
from starlight.postoffice.outbox import Outbox
from starlight.postoffice.part_arrivals import PartArrivals
from starlight.postoffice.part_dispatches import PartDispatches
from starlight.postoffice.plain_text import PlainText
from starlight.postoffice.prediction_updates import PredictionUpdates
from starlight.postoffice.premieres import Premieres
from starlight.postoffice.receipt_news import ReceiptNews
from starlight.postoffice.receipts import Receipts
from starlight.postoffice.resend import Resends
from starlight.postoffice.unopened import Fact, UnopenedMail
from starlight.postoffice.uploads import Uploads
from starlight.postoffice.withdrawals import Withdrawals
from starlight.routing import Route


def no_entropy(count: int) -> bytes:
    """Stand for random bytes where nobody handed any in: DefectError."""
    raise DefectError(f"{count} random bytes are asked for, and this post office was given none")


class PostOffice:
    """The post office of one node, its application (`node.application.Application`).

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
        plain_text: what is set of addresses: written to in plain text, as other software is, or not.
        foreign_nodes: the numbers of the nodes that run other software.
        clock_tolerance: by how much, in ns, a receipt may name a time that has not come here before the
            other clock counts as wrong.
        groups: that the node's file declares.
        fact: returns what is said of the mission under a name in the amended plan, or None.

    Attributes:
        node: the number of its node.
        addresses, mailboxes, outbox, inbox, forecasts, uploads, holds, awaited, withdrawals,
            departures, flights, dispatches: its members, as above.

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
        plain_text: Mapping[str, bool] = MappingProxyType({}),
        foreign_nodes: Collection[int] = (),
        clock_tolerance: int = 2 * SECOND,
        groups: Sequence[Group] = (),
        fact: Callable[[str], Fact | None] = lambda name: None,
    ) -> None:
        self.node = number = node.number
        self.addresses = addresses = Addresses(number, node_numbers or {})
        self._records = decoded = DecodedRecords(MemoryRecords() if records is None else records)
        self.mailboxes = boxes = NodeMailboxes(addresses, limits or MailboxLimits(), decoded, groups)
        forecaster = MessageForecaster(node, addresses.node_of)
        formats = KnownFormats(decoded.records, oldest_format)
        told = {canonical(address): is_plain for address, is_plain in plain_text.items()}
        nodes = GroupNodes(boxes, formats, addresses.node_of)
        composer = Composer(forecaster, formats, PlainText(told, foreign_nodes, addresses.node_of), nodes)
        # Each is handed those that it calls, so none is there before them.
        self._letters = letters = OpenLetters(boxes)
        self._parts = parts = PartDispatches(number, letters)
        self.holds = holds = Holds(boxes, forecaster, letters, parts.go_on)
        self._resends = resends = Resends(number, forecaster, letters, parts.go_on, nodes, holds.release)
        self._updates = updates = PredictionUpdates(number, forecaster, letters, booked)
        news = ReceiptNews(number, letters, parts, clock_tolerance)
        self.dispatches = dispatches = LetterDispatches(
            number, forecaster, boxes, booked, letters, parts, resends, updates, news, holds
        )
        self._receipts = Receipts(boxes, formats)
        self._arrivals = PartArrivals(number, boxes, self._receipts)
        self.uploads = Uploads(entropy)
        self.forecasts = LetterForecasts(boxes, composer, forecaster, letters, booked)
        premieres = Premieres(self.forecasts)
        self.outbox = Outbox(
            boxes,
            composer,
            forecaster,
            formats,
            letters,
            dispatches,
            parts,
            self.uploads,
            holds,
            premieres,
            entropy,
        )
        self.groups = Groups(addresses, boxes, entropy, nodes)
        self._unopened = unopened = UnopenedMail(number, boxes, self._receipts, fact)
        self.inbox = Inbox(
            number, boxes, news, self._receipts, self._arrivals, formats, self.groups, unopened
        )
        self.distress = DistressDesk(forecaster, boxes, composer, self.outbox, entropy)
        self.withdrawals = Withdrawals(boxes, self.outbox, self.forecasts, unopened.opens_at)
        self.awaited = AwaitedPeople(boxes, forecaster, formats, letters, holds)
        self.departures = Departures(boxes, letters, holds, self.withdrawals)
        self.flights = Flights(boxes, letters, self._arrivals, self.forecasts, forecaster)
        self._correspondents = Correspondents(
            correspondents, addresses, boxes, self.outbox, self.inbox, self.forecasts, self.uploads, entropy
        )
        self._arrivals.watch(self._correspondents.note_part)

    def mailbox(self, address: str) -> Mailbox:
        """Return the mailbox of an address.

        Raises:
            InputError: nobody has opened it.
        """
        return self.mailboxes.at(address)

    def restore(self, mailbox: str, key: str, data: bytes) -> None:
        """Take back a record that a `Save` made durable, in any order, before anything else happens."""
        self.mailboxes.restore(mailbox, key, data)

    def resume(self, now: int) -> list[Request]:
        """Return what to ask of a node that has just started: the open mailboxes claim their addresses.

        The mailboxes are taken up from their records, with what is open, due and owed in them; what can't be
        read is set aside.

        Raises:
            StoreError: the disk can't be read.
        """
        loaded = self.mailboxes.load()
        self.distress.resume(loaded)
        for mailbox in loaded:
            self._letters.load(mailbox)
            for letter_id in mailbox.incoming.owing():
                received = mailbox.received(letter_id)
                if received is not None:
                    # Since for ever, so the first turn of the timer tells all that was owed before.
                    self._receipts.owe(mailbox.address, letter_id, received, 0)
                    self._arrivals.resume(mailbox, letter_id, received)
        self._unopened.resume()
        dropped = self.uploads.resume(self.mailboxes.values())
        resumed = [*self._correspondents.resume(now), *self.holds.resume(now)]
        claimed = tuple(mailbox.address for mailbox in self.mailboxes.values() if mailbox.is_open)
        said = say(now, self.node, MailboxesResumed(claimed))
        return [*self._records.asides.repairs(), *dropped, *resumed, *map(Claim, claimed), said]

    def accepted(
        self, token: str, key: str, leaves: int | None, arrives: int | None, now: int
    ) -> list[Request]:
        """Take note that the node has taken a bundle, and when it foresees it to leave and arrive."""
        kind, _, rest = token.partition("/")
        if kind == "letter":
            address, _, course = rest.partition(" ")
            return self.dispatches.accepted(address, course, key, leaves, arrives, now)
        if kind == "part":
            address, part, number, course = rest.split(" ", 3)
            mailbox = self.mailboxes[address]
            return self._parts.accepted(mailbox, course, int(part), int(number), key, now)
        return self._receipts.accepted(token) if kind == "receipt" else []

    def rejected(self, token: str, reason: str, now: int) -> list[Request]:
        """Take note that the node has refused a bundle; letters and receipts are offered again later."""
        kind, _, rest = token.partition("/")
        if kind == "letter":
            address, _, course = rest.partition(" ")
            return self.dispatches.rejected(address, course, reason, now)
        if kind == "part":
            address, part, number, course = rest.split(" ", 3)
            mailbox = self.mailboxes[address]
            return self._parts.rejected(mailbox, course, int(part), int(number), reason, now)
        if kind in ("ask", "group"):
            return []  # It is asked, or told, again later.
        if kind == "receipt":
            self._receipts.rejected(token, now)
            return [say(now, self.node, ReceiptRejected(reason))]
        return [say(now, self.node, TelemetryRejected(reason))]

    def delivered(self, unit: DataUnit, now: int) -> list[Request]:
        """Take a payload that came for a mailbox."""
        requests = self.inbox.take(unit, now)
        # A receipt may have told what others wait for.
        return [*requests, *self.holds.was_read(self.mailboxes[canonical(unit.endpoint)], now)]

    def departed(
        self, key: str, peer: int, leaves: int, last_byte: int, reaches: int, now: int
    ) -> list[Request]:
        """Take note that a bundle leaves this node."""
        return self.dispatches.departed(key, peer, leaves, last_byte, reaches, now)

    def taken(self, key: str, now: int) -> list[Request]:
        """Take note that a link has taken a bundle: that it left is confirmed."""
        return self.dispatches.taken(key, now)

    def returned(self, key: str, now: int) -> list[Request]:
        """Take note that a bundle waits again, as its transfer failed."""
        return self.dispatches.returned(key, now)

    def withdrawn(self, key: str, now: int) -> list[Request]:
        """Take note that the node gave a bundle back before it departed."""
        return self.dispatches.withdrawn(key, now)

    def not_withdrawn(self, key: str, now: int) -> list[Request]:
        """Take note that a bundle could not be taken back."""
        return self.dispatches.not_withdrawn(key, now)

    def expired(self, key: str, reason: str, now: int) -> list[Request]:
        """Take note that a bundle expired, or was deleted, in this node's store."""
        return self.dispatches.gone(key, Trouble(TroubleCode.NOT_KEPT, reason), now)

    def reported(
        self, key: str, reporter: str, status: str, time: int | None, reason: int, now: int
    ) -> list[Request]:
        """Take note of a status report: a delivery counts as an arrival, a deletion as a loss."""
        return self.dispatches.reported(key, reporter, status, time, reason, now)

    def plan_changed(self, now: int) -> list[Request]:
        """Predict again what a new plan can change."""
        self.withdrawals.plan_changed()
        return self._updates.plan_changed(now)

    def next_wakeup(self) -> int | None:
        """Return when `handle_timer` has something to do, in ns, or None."""
        if self._records.asides.waiting:
            return 0  # Found since the last step, perhaps by a page; to be committed with the next one.
        wakeups = (
            self._correspondents.next_wakeup(),
            self._receipts.next_wakeup(),
            self._resends.next_wakeup(),
            self._arrivals.next_wakeup(),
            self.uploads.next_wakeup(),
            self._unopened.next_wakeup(),
            self.distress.next_wakeup(),
        )
        return min((due for due in wakeups if due is not None), default=None)

    def handle_timer(self, now: int) -> list[Request]:
        """Let correspondents act, send the receipts that were gathered, see to letters that are due."""
        repairs = self._records.asides.repairs()
        opened = self.inbox.open_due(now)
        # What a correspondent reads now is told in the receipt for its arrival.
        requests = opened + self._correspondents.handle_timer(now) + self._receipts.posts(now)
        requests += self._resends.handle_timer(now)
        requests += self.distress.handle_timer(now)
        requests += self.uploads.handle_timer(now)
        return [*repairs, *saves_first(requests + self._arrivals.handle_timer(now))]
