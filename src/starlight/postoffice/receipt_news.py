"""News of letters by receipts and reports: arrived, read, a part whole or missing, or without room.

A receipt is believed about a letter from those whom that went to, and from nobody else; nor is it believed
about the future.
"""

from __future__ import annotations

from msgspec.structs import replace

from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.course import ReadBy
from starlight.messages.delivery import DeliveryState, Happening, after
from starlight.messages.dispatch import Sent
from starlight.messages.letter import DistressState, Letter, MissingChunks, Receipt, ReceiptFact, RefusedPart
from starlight.messages.trace_events import ArrivalConfirmed, ReadingConfirmed, ReceiptRefused, about, say
from starlight.node.application import HeardClock, Request, Withdraw
from starlight.postoffice.open_letters import OpenLetters
from starlight.postoffice.part_dispatches import PartDispatches


class ReceiptNews:
    """The news of letters written at one node.

    Args:
        node: its number.
        letters: those that are open.
        parts: those of them that travel on their own.
        clock_tolerance: how far ahead of the clock here, in ns, a receipt may be before its time is in doubt.
    """

    def __init__(self, node: int, letters: OpenLetters, parts: PartDispatches, clock_tolerance: int) -> None:
        self._node = node
        self._letters = letters
        self._parts = parts
        self._tolerance = clock_tolerance

    def learnt(
        self, mailbox: Mailbox, letter_id: str, fact: ReceiptFact, source: str, now: int
    ) -> list[Request]:
        """Take note of what a receipt, or a status report, says about a letter written here.

        What is said by another than whom the letter went to is not believed, nor about the future.
        """
        written = mailbox.outgoing.written_to(letter_id, source)
        if written is None or written[1].dispatch.state is DeliveryState.WITHDRAWN:
            return self._refused(mailbox, letter_id, source, now)
        letter, sent = written
        # Steps of one machine may be a moment apart from its clock; that is no wrong clock.
        from_future = fact.time > now + self._tolerance
        if fact.part is not None:
            return self._parts.arrived(mailbox, letter, sent, fact, source, now, from_future=from_future)
        # Nobody is shown that something has happened tomorrow; that a clock is ahead is told beside it.
        time, dispatch = min(fact.time, now), sent.dispatch
        if fact.what == "read" and sent.readers:
            if source in {each.address for each in sent.read_by}:
                return []
            sent = replace(sent, read_by=(*sent.read_by, ReadBy(source, time, now, from_future)))
        # A group has read a letter when everyone of it has; until then it is there for whoever has.
        happening = Happening.ARRIVAL_KNOWN
        if fact.what == "read" and len(sent.read_by) == len(sent.readers):
            happening = Happening.READING_KNOWN
        is_reading = happening is Happening.READING_KNOWN
        if (sent.read_at if is_reading else dispatch.confirmed.arrived_at) is not None:
            return self._one_more_read(mailbox, letter, sent)
        times = dispatch.confirmed
        if is_reading:
            sent = replace(sent, read_at=time, reading_known_at=now, read_from_future=from_future)
        else:
            times = replace(times, arrived_at=time, arrival_known_at=now, from_future=from_future)
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
        confirmed = ReadingConfirmed if is_reading else ArrivalConfirmed
        told = confirmed(*about(letter), at=time, predicted=first.arrives, resends=attempts.resends)
        return [
            *self._letters.put(mailbox, letter_id, sent),
            say(now, self._node, told),
            *needless_copies(letter, sent),
        ]

    def _refused(self, mailbox: Mailbox, letter_id: str, source: str, now: int) -> list[Request]:
        """Say that a receipt was not believed, where its letter is here."""
        letter = mailbox.letter(letter_id)
        if letter is None:
            return []
        return [say(now, self._node, ReceiptRefused(*about(letter), source=source))]

    def _one_more_read(self, mailbox: Mailbox, letter: Letter, sent: Sent) -> list[Request]:
        """Keep that one more of a group has read a letter, if that is new."""
        known = mailbox.sent(sent.id_of(letter.id))
        return [] if known == sent else [*self._letters.put(mailbox, letter.id, sent)]

    def clock_of(self, mailbox: Mailbox, key: str, receipt: Receipt, source: str) -> list[Request]:
        """Return what a receipt tells of the clock of whom it is from: letters came after they had left.

        Args:
            mailbox: for which it came.
            key: of its bundle.
            receipt, source: what it tells, and who.
        """
        found: list[Request] = []
        for fact in receipt.facts:
            written = mailbox.outgoing.written_to(fact.letter_id, source)
            if written is None or fact.part is not None:
                continue
            sent = written[1]
            # Before its departure it can't have come there: so much is certain, however late the receipt is.
            left = sent.dispatch.confirmed.departed_at
            found.append(HeardClock(key, fact.time, sent.written_at if left is None else left))
        return found

    def asked(self, mailbox: Mailbox, asked: MissingChunks, source: str, now: int) -> list[Request]:
        """Send again what the one whom a letter went to misses of its parts."""
        written = mailbox.outgoing.written_to(asked.letter_id, source)
        return [] if written is None else self._parts.asked(mailbox, *written, asked, now)

    def refused(self, mailbox: Mailbox, refused: RefusedPart, source: str, now: int) -> list[Request]:
        """Hold back a part for which the one whom its letter went to has no room."""
        written = mailbox.outgoing.written_to(refused.letter_id, source)
        # Of a group only the one whom the bundles go to can stop them for all.
        if written is None or written[0].to != source:
            return []
        return self._parts.refused(mailbox, *written, refused, now)


def needless_copies(letter: Letter, sent: Sent) -> list[Withdraw]:
    """Return the requests to take back copies that need not leave, because the letter has arrived."""
    if sent.dispatch.state not in (DeliveryState.ARRIVED, DeliveryState.READ):
        return []
    if letter.distress is not None and letter.distress.state == DistressState.RAISED:
        return []  # A call goes on until a person has answered it.
    copies = sent.dispatch.copies
    return [Withdraw(copy.key) for copy in copies if copy.departed_at is None and not copy.gone]
