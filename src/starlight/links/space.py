"""The space hop: LTP's contract (RFC 5326) for whole bundles, at one end of a radio link between worlds.

It runs in virtual time, over a medium that carries its messages with light time, within the contacts that
there are. Each end lives at one node; all that it knows of the other is what messages bring.

* A transfer is a block of red data (RFC 5326, 2) in one segment, so it arrives whole or not at all, and its
  checkpoint is its last segment: the report can leave when all has arrived and is safe, that is once
  `acknowledge` says so. A refusal cancels the session (6.17), with a reason code.
* Where nothing can come back over a contact, the block is green: it ends for its sender when its last byte
  has left, and nothing more is ever known of it.
* A report waits while the way back is closed, as RFC 5326 suspends its timers with the link state (6.5, 6.6).
  That is the medium's part: it carries a message without a time of its own when the direction is next open.
* The sender gives up when the report is overdue: after the time at which the plan of that
  moment would have brought it, and a patience (as the checkpoint timer of 6.2 counts). It does
  not retransmit what is missing (6.13); the node above sends the whole again by the way that
  is then best. So a report is not acknowledged either (6.14): where it is lost, the sender gives up.
* An end that dies takes its sessions with it. The next one at its node counts on from a number that no former
  one has used, so a report for a session of a former life is known as one, and is for nobody.

Serial numbers begin with 1 and not at random (3.2.1, 3.2.2): in virtual time nobody forges a segment, and one
seed must give the same world twice. `now` is mission time here, the same as the times of a `Flight`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from enum import IntEnum

from starlight.dtntime import MINUTE
from starlight.errors import LinkError
from starlight.links import ltp_segments as ltp
from starlight.links.link import (
    Closing,
    Datagram,
    Flight,
    LinkEnded,
    LinkEstablished,
    LinkEvent,
    MessageRejected,
    Promises,
    Refusal,
    TransferAcknowledged,
    TransferFailed,
    TransferReceived,
    TransferRefused,
    TransferSent,
)
from starlight.links.ltp_segments import CancelReason, CancelSegment, DataSegment, ReportSegment

PROMISES = Promises(acknowledged=True, ordered=False, session=False)

ReportDue = Callable[[int], int | None]
"""Returns when the report of what reaches the peer at a time would be here, as planned; None for never."""

_CHECKPOINT = 1  # a session has one, so its serial number tells nothing

_REASONS = {Refusal.NOT_ACCEPTABLE: CancelReason.USR_CNCLD}
_REFUSALS = {CancelReason.USR_CNCLD: Refusal.NOT_ACCEPTABLE, CancelReason.SYS_CNCLD: Refusal.NO_RESOURCES}


class _Step(IntEnum):
    """A step of a transfer that is due at a time; what was sent has left before it is given up."""

    SENT = 0
    GIVE_UP = 1


class _ReceivedBlocks:
    """The blocks that have come and wait for their answers: of each only what the answer repeats.

    Args:
        peer: the engine that they must come from.
        limit: of how many wait.
    """

    def __init__(self, peer: int, limit: int) -> None:
        self.waiting: dict[int, ReportSegment] = {}  # by our number of a transfer: its report
        self._peer = peer
        self._limit = limit
        self._received = 0
        self._sessions: set[int] = set()  # of those that wait

    def take(self, block: DataSegment) -> list[LinkEvent]:
        """Take a block for the client service here."""
        if block.engine != self._peer:
            return [MessageRejected(f"a block of engine {block.engine} came over the link to {self._peer}")]
        if block.checkpoint:
            if block.session in self._sessions:
                return []  # doubled on the way: one answer settles it
            if len(self.waiting) >= self._limit:
                return [MessageRejected("too many blocks wait for their answers")]
            report = ReportSegment(block.engine, block.session, block.checkpoint, len(block.data))
            self.waiting[self._received] = report
            self._sessions.add(block.session)
        self._received += 1
        return [TransferReceived(self._received - 1, block.data, answerable=bool(block.checkpoint))]

    def answered(self, transfer: int) -> ReportSegment:
        """Return the report of a block that waits for its answer, and does so no longer.

        Raises:
            ValueError: no such block does.
        """
        report = self.waiting.pop(transfer, None)
        if report is None:
            raise ValueError(f"transfer {transfer} has not arrived, or has had its answer")
        self._sessions.discard(report.session)
        return report


class SpaceLink:
    """One end of a space hop.

    Args:
        engine, peer: the node numbers of this end and the other, as LTP engine ids.
        now: in ns.
        first: the first session number; beyond all that former ends at this node may have used.
        report_due: asked when a transfer is sent, since a sender knows no more than the plan of that moment.
        patience: how long, in ns, a report may be overdue. It covers what the receiver needs to
            store a bundle, and rounding of light time between the plan's pieces.
        max_in_flight: transfers that have not ended. At 1 Mbit/s and 45 min of round trip 100 000
            are bundles of 3 kB end to end; beyond it the sender should aggregate.
        max_unanswered: blocks that are handed on and wait for their answer, a few numbers each; what comes
            beyond is dropped, and its sender gives up.
    """

    def __init__(
        self,
        engine: int,
        peer: int,
        report_due: ReportDue,
        *,
        now: int,
        first: int = 0,
        patience: int = MINUTE,
        max_in_flight: int = 100_000,
        max_unanswered: int = 100_000,
    ) -> None:
        self._engine = engine
        self._report_due = report_due
        self._patience = patience
        self._max_in_flight = max_in_flight
        self._next = first
        self._open: dict[int, int | None] = {}  # our sessions: bytes of a red block, which is to be reported
        self._due: list[tuple[int, _Step, int]] = []
        self._blocks = _ReceivedBlocks(peer, max_unanswered)
        self._out: list[Datagram] = []
        self._closing = self._ended = False
        self._now = now
        self._events: list[LinkEvent] = [LinkEstablished("", None)]  # it needs nobody to begin

    # As a link.

    @property
    def promises(self) -> Promises:
        """Return that it acknowledges, keeps no order and needs no session; green data are the exception."""
        return PROMISES

    @property
    def transfer_max(self) -> int | None:
        """Return None: a block may have any size."""
        return None

    @property
    def free_transfers(self) -> int:
        """Return how many more transfers `send` takes."""
        return 0 if self._closing else self._max_in_flight - len(self._open)

    @property
    def unanswered(self) -> int:
        """Return how many received transfers wait for their answer."""
        return len(self._blocks.waiting)

    def send(self, data: bytes, now: int, flight: Flight | None = None) -> int:
        """Let a block leave; return its session number.

        Args:
            data: all of it.
            now: in ns.
            flight: when it is on the air; None for at once. If nothing can come back, it is green.

        Raises:
            ValueError: the times are out of order.
            RuntimeError: too many are in flight; see `free_transfers`.
        """
        flight = flight or Flight(now, now, now)
        if not flight.leaves <= flight.last_byte <= flight.reaches:
            raise ValueError("a transfer leaves, then its last byte leaves, then that reaches the receiver")
        if self.free_transfers <= 0:
            raise RuntimeError("too many transfers are in flight")
        number = self._next
        self._next += 1
        self._open[number] = None if flight.one_way else len(data)
        if flight.one_way:
            heapq.heappush(self._due, (flight.last_byte, _Step.SENT, number))
        else:
            report = self._report_due(flight.reaches)
            hoped = flight.reaches if report is None else report
            heapq.heappush(self._due, (hoped + self._patience, _Step.GIVE_UP, number))
        checkpoint = 0 if flight.one_way else _CHECKPOINT
        segment = DataSegment(self._engine, number, data, checkpoint)
        self._out.append(Datagram(ltp.write_data(segment), flight))
        return number

    def acknowledge(self, transfer: int, now: int) -> None:
        """Send the report of a block that has arrived: it is safe here.

        Raises:
            ValueError: no such transfer waits for its answer.
        """
        if not self._ended:
            self._out.append(Datagram(ltp.write_report(self._blocks.answered(transfer))))

    def refuse(self, transfer: int, reason: Refusal, now: int) -> None:
        """Cancel the session of a block that has arrived and is not taken (4.2).

        What the node has already is as good as received.

        Raises:
            ValueError: no such transfer waits for its answer.
        """
        if reason is Refusal.COMPLETED:
            self.acknowledge(transfer, now)
        elif not self._ended:
            block = self._blocks.answered(transfer)
            code = _REASONS.get(reason, CancelReason.SYS_CNCLD)
            self._out.append(Datagram(ltp.write_cancel(CancelSegment(block.engine, block.session, code))))

    def receive_datagram(self, data: bytes, now: int) -> list[LinkEvent]:
        """Take a segment; what is none, or is not for this end, is told and does nothing."""
        if self._ended:
            return []
        try:
            segment = ltp.read_segment(data)
        except LinkError as fault:
            return [MessageRejected(f"a segment was rejected: {fault}")]
        if isinstance(segment, DataSegment):
            if segment.service == ltp.BUNDLES:
                return self._blocks.take(segment)
            if segment.checkpoint:
                cancel = CancelSegment(segment.engine, segment.session, CancelReason.UNREACH)
                self._out.append(Datagram(ltp.write_cancel(cancel)))
            return [MessageRejected(f"nobody here is client service {segment.service}")]
        if segment.engine != self._engine:
            return [MessageRejected(f"an answer to engine {segment.engine} came to engine {self._engine}")]
        return self._receive_answer(segment)

    def datagrams_to_send(self) -> list[Datagram]:
        """Return the segments to be sent, in order, and forget them."""
        out, self._out = self._out, []
        return out

    def not_sent(self, datagram: Datagram, reason: str, now: int) -> list[LinkEvent]:
        """Take note that a segment has not left: red data get no report then, green data have not gone."""
        segment = ltp.read_segment(datagram.data)
        if isinstance(segment, DataSegment) and not segment.checkpoint and segment.session in self._open:
            del self._open[segment.session]
            return [TransferFailed(segment.session, reason)]
        return []

    def next_wakeup(self) -> int | None:
        """Return when `handle_timer` is due, in ns."""
        if self._events or (self._closing and not self._open and not self._ended):
            return self._now
        while self._due and self._due[0][2] not in self._open:
            heapq.heappop(self._due)  # its report has come: nothing is due for it any more
        return self._due[0][0] if self._due else None

    def handle_timer(self, now: int) -> list[LinkEvent]:
        """Return what has left, and what is given up, until now, in order of time."""
        self._now = now
        events, self._events = self._events, []
        while self._due and self._due[0][0] <= now:
            _, step, number = heapq.heappop(self._due)
            if number not in self._open:
                continue
            del self._open[number]
            if step is _Step.SENT:
                events.append(TransferSent(number))
            else:
                events.append(TransferFailed(number, "no acknowledgement came in time"))
        if self._closing and not self._open and not self._ended:
            self._ended = True
            unanswered = tuple(self._blocks.waiting)
            events.append(LinkEnded("closed", by_peer=False, clean=not unanswered, unanswered=unanswered))
        return events

    def close(self, now: int, why: Closing = Closing.DONE) -> None:
        """Send nothing new; it has ended once every transfer has. LTP has no word for it to tell the peer."""
        self._now = now
        self._closing = True

    # Inside.

    def _receive_answer(self, answer: ReportSegment | CancelSegment) -> list[LinkEvent]:
        """Take the answer to a block of ours; to one that has ended, or of a former life, it is no news."""
        number = answer.session
        size = self._open.get(number)
        if size is None:
            return []
        if isinstance(answer, CancelSegment):
            del self._open[number]
            return [TransferRefused(number, _refusal(answer.reason))]
        if answer.checkpoint != _CHECKPOINT or answer.size != size or not answer.whole:
            return [MessageRejected(f"a report of session {number} is not about all of its {size} bytes")]
        del self._open[number]
        return [TransferAcknowledged(number)]


def _refusal(reason: int) -> Refusal:
    try:
        return _REFUSALS.get(CancelReason(reason), Refusal.UNKNOWN)
    except ValueError:
        return Refusal.UNKNOWN
