"""The inbox of a node: what comes for its mailboxes, is believed or refused, and is read.

Whatever a peer sends can be refused, never raise. A letter or telemetry is only believed in a bundle from
whom it names as its sender, so nobody writes in another's name. What is refused is kept apart, and its node
deletes the bundle and never reports it delivered.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from starlight.bundle import EndpointID
from starlight.errors import InputError, LetterError
from starlight.mailboxes.author_ids import letter_from, under_own_id
from starlight.mailboxes.decoded import with_urgency
from starlight.mailboxes.known_formats import KnownFormats
from starlight.mailboxes.mailbox import Mailbox
from starlight.mailboxes.stored_format import StoredLetter
from starlight.messages.delivery import Received
from starlight.messages.format import Kind, decode_message, stand_in
from starlight.messages.group_keys import GroupNews
from starlight.messages.letter import Content, Letter, Newer, Receipt, Telemetry
from starlight.messages.letter_keys import VERSION
from starlight.messages.parts import Chunk
from starlight.messages.trace_events import (
    LetterArrived,
    LetterDuplicate,
    LetterOpened,
    LetterRead,
    MessageKept,
    MessageRefused,
    TelemetryArrived,
    about,
    say,
)
from starlight.node.application import DataUnit, Declined, Request, Save, Say, Untaken
from starlight.postoffice.addresses import canonical
from starlight.postoffice.distress_desk import call_came
from starlight.postoffice.groups import Groups
from starlight.postoffice.node_mailboxes import NodeMailboxes
from starlight.postoffice.part_arrivals import PartArrivals
from starlight.postoffice.receipt_news import ReceiptNews
from starlight.postoffice.receipts import Receipts
from starlight.postoffice.unopened import UnopenedMail


class Inbox:
    """The inbox of one node: it takes or refuses what comes for its mailboxes.

    Args:
        node: its number.
        mailboxes: of the node.
        news: what receipts tell of letters that were written here.
        receipts: those that the mailboxes owe.
        parts: those that are on their way.
        formats: of the correspondents; learnt from what is taken, as what is refused may be from anyone.
        groups: that the mailboxes know.
        unopened: what came and is hidden until it opens.
    """

    def __init__(
        self,
        node: int,
        mailboxes: NodeMailboxes,
        news: ReceiptNews,
        receipts: Receipts,
        parts: PartArrivals,
        formats: KnownFormats,
        groups: Groups,
        unopened: UnopenedMail,
    ) -> None:
        self._node = node
        self._groups = groups
        self._unopened = unopened
        self._mailboxes = mailboxes
        self._news = news
        self._receipts = receipts
        self._parts = parts
        self._formats = formats
        self._watchers: list[Callable[[str, Letter | Telemetry, int], None]] = []

    def watch(self, came: Callable[[str, Letter | Telemetry, int], None]) -> None:
        """Tell a watcher of each letter and each telemetry that is new: where it came, what, and when."""
        self._watchers.append(came)

    def take(self, unit: DataUnit, now: int) -> list[Request]:
        """Take a payload that came for a mailbox, or refuse it."""
        mailbox, source = self._mailboxes[canonical(unit.endpoint)], unit.source
        created = now if unit.created is None else unit.created
        stored = StoredLetter(source, mailbox.address, created, unit.payload, unit.priority)
        try:
            message = decode_message(unit.payload, stored.envelope)
        except LetterError:
            return self._unread_came(mailbox, stored, None, now)
        if isinstance(message, Letter):
            return self._letter_came(mailbox, stored, with_urgency(message, unit.priority), now)
        if isinstance(message, Receipt):
            read = self._news.clock_of(mailbox, unit.key, message, source)
            return [*read, *self._receipt_came(mailbox, stored, message, now)]
        if isinstance(message, Telemetry):
            return self._telemetry_came(mailbox, stored, message, now)
        if isinstance(message, Newer):
            return self._unread_came(mailbox, stored, message, now)
        if isinstance(message, GroupNews):
            return self._group_news_came(mailbox, stored, message, now)
        return self._chunk_came(mailbox, stored, message, now)

    def _receipt_came(
        self, mailbox: Mailbox, stored: StoredLetter, receipt: Receipt, now: int
    ) -> list[Request]:
        """Take what a receipt tells and asks of letters that were written here to whom it is from."""
        source, requests = stored.source, list[Request]()
        # Anybody can make up a receipt, and a name to it; only with a correspondent there are letters, and to
        # the readers of a group's.
        of_a_reader = any(mailbox.outgoing.written_to(fact.letter_id, source) for fact in receipt.facts)
        if of_a_reader or mailbox.index.has_correspondent(source):
            requests += self._formats.heard(mailbox.address, source, receipt, min(stored.created, now))
        for fact in receipt.facts:
            requests += self._news.learnt(mailbox, fact.letter_id, fact, source, now)
        for asked in receipt.missing:
            requests += self._news.asked(mailbox, asked, source, now)
        for refused in receipt.refused:
            requests += self._news.refused(mailbox, refused, source, now)
        known = [fact.letter_id for fact in receipt.facts if mailbox.letter(fact.letter_id) is not None]
        if (
            known
            and len(known) == len(receipt.facts)
            and not any(mailbox.outgoing.written_to(letter_id, source) for letter_id in known)
        ):
            # Nobody but those to whom they went can have read them, so this one is made up.
            rule = f"a receipt from {source} for letters that went to others"
            return [*requests, *self._refused(mailbox, stored, rule, now)]
        if receipt.unknown:  # It says more than is understood here; that is kept.
            requests += self._unread_came(mailbox, stored, Newer(VERSION, Kind.RECEIPT, None), now)
        return saves_first(requests)

    def _letter_came(self, mailbox: Mailbox, stored: StoredLetter, letter: Letter, now: int) -> list[Request]:
        """Take a letter as it came, and owe its sender a receipt."""
        source = stored.source
        # What is no letter may come from anywhere: nobody is believed to have written it.
        known = letter.content is Content.FOREIGN or _has_members(source)
        if (letter.sender, letter.to) != (source, mailbox.address) or not known:
            rule = f"a letter from {letter.sender} to {letter.to} in a bundle from {source}"
            return self._refused(mailbox, stored, rule, now)
        if not letter.group:
            return self._filed(mailbox, stored, letter, now)
        # One bundle for all members at this node; what becomes of it, the one whom it went to decides.
        requests: list[Request] = []
        for other in self._groups.readers_here(mailbox, letter):
            requests += self._groups.shared(mailbox, other, letter.group)
            requests += _without_verdict(self._filed(other, stored, letter, now))
        requests += self._filed(mailbox, stored, letter, now)
        return [*requests, *self._groups.letter_came(mailbox, letter, now)]

    def open_due(self, now: int) -> list[Request]:
        """File the letters that open now, which nobody saw until then; time in ns."""
        requests: list[Request] = []
        for mailbox, stored, letter, received, let_go in self._unopened.opened(now):
            filed = self._filed(mailbox, stored, letter, now, received)
            requests += [
                *let_go,
                *_without_verdict(filed),
                say(now, self._node, LetterOpened(*about(letter))),
            ]
        return saves_first(requests)

    def _filed(
        self,
        mailbox: Mailbox,
        stored: StoredLetter,
        letter: Letter,
        now: int,
        opened: Received | None = None,
    ) -> list[Request]:
        """Put a letter into a mailbox, that of whom it came for or of another reader in its group.

        Args:
            mailbox, stored, letter: where it comes, as it came, and as it is understood.
            now: in ns.
            opened: what is known of one that came before, and opens now.
        """
        if opened is None and mailbox.received(letter.id) is None:
            hidden = self._hidden(mailbox, stored, letter, now)
            if hidden is not None:
                return hidden
        source, as_sent, letter, early = stored.source, letter, under_own_id(mailbox, letter), list[Request]()
        # Of several readers at one node one tells its author that it has arrived; each tells the reading.
        tells_arrival = letter.receipt_wanted and letter.to == mailbox.address
        before = mailbox.received(letter.id)
        if before is not None and not mailbox.index.has(letter.id):
            return []  # It was erased here, and its author missed the receipt.
        if before is not None:
            # Its sender missed the receipt, so it is told again.
            wanted = letter.receipt_wanted
            told_reading = before.read_at is None or not wanted
            received = replace(before, told_arrival=not tells_arrival, told_reading=told_reading)
            requests: list[Request] = []
            said = say(now, self._node, LetterDuplicate(*about(letter)))
        elif (mailbox.letter(letter.id) or letter) != letter:
            # To oneself a letter comes with an id that is known already, but not with another text.
            return self._refused(mailbox, stored, "the id belongs to another letter", now)
        elif opened is None and not mailbox.has_room():
            # It stays with the node, without a receipt: it is not confirmed, and it is not lost.
            refused = MessageRefused(mailbox.address, source, "the mailbox is full")
            return [Untaken(), say(now, self._node, refused)]
        else:
            received = opened or Received(arrived_at=now, told_arrival=not tells_arrival)
            stands_with = self._groups.stands_with(mailbox, letter)
            requests = [*mailbox.put_letter(letter, stored, now, correspondent=stands_with)]
            early = self._parts.early_ones(mailbox, letter)
            received = self._parts.expect(mailbox, letter, received, now)
            said = self._arrival_of(mailbox, letter, now)
        self._receipts.owe(mailbox.address, letter.id, received, now)
        # The index entry is saved with the letter, and again with what is known of it: in this order.
        # What came before the letter is offered again last, as it changes what is saved here.
        learnt = self._learn(mailbox, stored, as_sent, now)
        called = call_came(self._mailboxes, mailbox, letter, now)
        return [*requests, *mailbox.incoming.put(letter.id, received), *learnt, *called, said, *early]

    def _hidden(
        self, mailbox: Mailbox, stored: StoredLetter, letter: Letter, now: int
    ) -> list[Request] | None:
        """Keep what nobody is to see yet, or take what takes such a letter back; None of all else."""
        if self._unopened.hides(mailbox, letter, now):
            taken = self._unopened.came(mailbox, stored, letter, now)
        else:
            withdrawal = self._unopened.withdrawal_came(mailbox, letter, now)
            if withdrawal is None:
                return None
            taken = withdrawal
        return [*taken, *self._learn(mailbox, stored, letter, now)]

    def _learn(
        self, mailbox: Mailbox, stored: StoredLetter, message: Letter | Telemetry, now: int
    ) -> list[Save]:
        """Learn from what was taken which format its sender reads; what is no message tells nothing."""
        if isinstance(message, Letter) and message.content is Content.FOREIGN:
            return []
        return self._formats.heard(mailbox.address, stored.source, message, min(stored.created, now))

    def _arrival_of(self, mailbox: Mailbox, letter: Letter, now: int) -> Say:
        """Tell of a letter that is new, or of what came in the place of one."""
        if letter.content is Content.LETTER:
            self._tell(mailbox, letter, now)
            # Of several readers at one node each has a copy, which the trace tells apart.
            return say(now, self._node, LetterArrived(*about(replace(letter, to=mailbox.address))))
        kept = MessageKept(mailbox.address, letter.sender, letter.content.value, letter.payload_bytes)
        return say(now, self._node, kept)

    def _unread_came(
        self, mailbox: Mailbox, stored: StoredLetter, newer: Newer | None, now: int
    ) -> list[Request]:
        """Keep what this version can't read, as it came, in the place of a letter.

        Args:
            mailbox: where it came.
            stored: as it came.
            newer: what is known of what a newer Starlight wrote; None of what is no message.
        """
        letter = stand_in(stored.payload, stored.envelope, newer)
        return self._letter_came(mailbox, stored, with_urgency(letter, stored.priority), now)

    def _telemetry_came(
        self, mailbox: Mailbox, stored: StoredLetter, telemetry: Telemetry, now: int
    ) -> list[Request]:
        """Take the telemetry of a vehicle, which only it can report."""
        source = stored.source
        if telemetry.vehicle != source:
            rule = f"telemetry of {telemetry.vehicle} in a bundle from {source}"
            return self._refused(mailbox, stored, rule, now)
        try:
            save = mailbox.telemetry.put(telemetry, stored.payload, stored.created, now)
        except InputError as error:
            return self._refused(mailbox, stored, str(error), now)
        if save is None:
            return []
        self._tell(mailbox, telemetry, now)
        arrived = TelemetryArrived(
            mailbox.address,
            telemetry.vehicle,
            telemetry.kind,
            telemetry.time,
            telemetry.position,
            telemetry.readings,
        )
        return [save, *self._learn(mailbox, stored, telemetry, now), say(now, self._node, arrived)]

    def _tell(self, mailbox: Mailbox, message: Letter | Telemetry, now: int) -> None:
        for came in self._watchers:
            came(mailbox.address, message, now)

    def _chunk_came(self, mailbox: Mailbox, stored: StoredLetter, chunk: Chunk, now: int) -> list[Request]:
        """Take a chunk of a part, unless it is not what its letter says."""
        rule = self._parts.contradiction(mailbox, stored.source, chunk)
        if rule:
            return self._refused(mailbox, stored, rule, now)
        letter, requests = letter_from(mailbox, stored.source, chunk.letter_id), list[Request]()
        is_taken = False
        if letter is not None and letter.group:
            for other in self._groups.readers_here(mailbox, letter):
                # Whose letter is not here has refused it, and so refuses its parts; under the same id an
                # author may have written something else to one of them.
                theirs = letter_from(other, stored.source, chunk.letter_id)
                if theirs is not None and not self._parts.contradiction(other, stored.source, chunk):
                    answer = self._parts.chunk_came(other, stored.source, chunk, now)
                    followed = _without_verdict(answer)
                    is_taken = is_taken or len(followed) == len(answer)
                    requests += followed
        return [*requests, *self._parts.chunk_came(mailbox, stored.source, chunk, now, is_taken=is_taken)]

    def _group_news_came(
        self, mailbox: Mailbox, stored: StoredLetter, news: GroupNews, now: int
    ) -> list[Request]:
        """Take a state of a group, for all at this node who are in it, unless nobody here believes it."""
        rule, requests = self._groups.news_came(mailbox.address, stored.source, news, now)
        return requests if not rule else [*requests, *self._refused(mailbox, stored, rule, now)]

    def _refused(self, mailbox: Mailbox, stored: StoredLetter, rule: str, now: int) -> list[Request]:
        """Keep apart what is not taken, and say by which rule; nobody is told that it was delivered."""
        said = say(now, self._node, MessageRefused(mailbox.address, stored.source, rule))
        return [Declined(), *mailbox.refused.keep(stored, rule, now), said]

    def mark_read(self, address: str, letter_id: str, now: int) -> list[Request]:
        """Mark a letter that came as read, which answers with a receipt; again changes nothing.

        Raises:
            InputError: no such letter came.
        """
        mailbox = self._mailboxes.at(address)
        received, letter = mailbox.received(letter_id), mailbox.letter(letter_id)
        if received is None or letter is None:
            raise InputError(f"no letter {letter_id!r} came here", where="letter")
        if received.read_at is not None:
            return []
        received = replace(received, read_at=now, told_reading=not letter.receipt_wanted)
        self._receipts.owe(mailbox.address, letter_id, received, now)
        said = say(now, self._node, LetterRead(*about(letter)))
        return [*mailbox.incoming.put(letter_id, received), said]


def _without_verdict(requests: list[Request]) -> list[Request]:
    """Return requests without what becomes of the bundle that they answer."""
    return [each for each in requests if not isinstance(each, Declined | Untaken)]


def _has_members(address: str) -> bool:
    """Return whether somebody can be at an address that came over the wire, maybe of a foreign scheme."""
    try:
        return not EndpointID.parse(address).is_null
    except InputError:
        return False


def saves_first(requests: list[Request]) -> list[Request]:
    """Return requests with the saves in front.

    What follows from a submission or a withdrawal changes a record again; its save must not be
    overtaken by an older one from the same call.
    """
    return sorted(requests, key=lambda request: not isinstance(request, Save))
