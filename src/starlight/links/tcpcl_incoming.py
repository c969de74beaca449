"""The transfers that a TCPCL session receives, and the order of its answers.

Answers leave in the order of the segments that they answer. RFC 9174 asks for less:
an XFER_ACK goes out "after the segment has been fully processed" (5.2.3), and only a
refusal has to wait until "each transfer preceding the one to be refused" is
acknowledged or refused (5.2.4). But nothing in it lets a sender pair answers with
segments in any other way than by their order within a transfer, running peers count
on one order for all, and with it the rule about refusals holds by itself. A final
XFER_ACK waits until the bundle is safe; answers to later transfers queue behind it,
while their segments are taken all the same.
"""

from __future__ import annotations

from collections import deque

from starlight.errors import LinkError
from starlight.links import tcpcl_messages as wire
from starlight.links.tcpcl_events import TcpclConfig, TransferReceived
from starlight.links.tcpcl_messages import Extension, RefuseReason, RejectReason, XferSegment

_ONLY = wire.START | wire.END


class Unexpected(LinkError):
    """A segment that fits no transfer; answer it with MSG_REJECT (RFC 9174, 5.1.2)."""


class _Transfer:
    """What is known of the transfer in progress; refused ones keep no data."""

    __slots__ = ("data", "extensions", "id", "received", "refused", "total", "whole")

    def __init__(self, transfer_id: int) -> None:
        self.id = transfer_id
        self.data = bytearray()  # grows with what comes: an announced length makes us hold nothing
        self.whole = b""  # instead of `data`, when one buffer has all of it
        self.received = 0
        self.total: int | None = None
        self.extensions: tuple[Extension, ...] = ()
        self.refused: RefuseReason | None = None


class _Answer:
    """An answer in its place; without octets while its transfer waits to be safe."""

    __slots__ = ("flags", "length", "octets")

    def __init__(self, octets: bytes, flags: int = 0, length: int = 0) -> None:
        self.octets = octets
        self.flags = flags
        self.length = length


class Incoming:
    """Take segments, give whole transfers, and put the answers in order.

    Args:
        config: its limits count.
        out: where answers that may leave are appended.
    """

    def __init__(self, config: TcpclConfig, out: list[bytes]) -> None:
        self._config = config
        self._out = out
        self._transfer: _Transfer | None = None
        self._flags = 0
        self._left = 0  # octets of the current segment that have not come yet
        self._skipping = False  # the current segment was rejected
        self._queue: deque[_Answer] = deque()
        self._waiting: dict[int, _Answer] = {}

    @property
    def left(self) -> int:
        """How many octets of the current segment's data are still to come."""
        return self._left

    @property
    def in_progress(self) -> bool:
        """Whether a transfer has begun that is neither whole nor refused."""
        return self._transfer is not None and self._transfer.refused is None

    @property
    def held(self) -> int:
        """How many answers wait in the queue."""
        return len(self._queue)

    @property
    def waiting(self) -> int:
        """How many whole transfers wait for `acknowledge` or `refuse`."""
        return len(self._waiting)

    @property
    def unanswered(self) -> tuple[int, ...]:
        """The whole transfers that wait for `acknowledge` or `refuse`, in order."""
        return tuple(self._waiting)

    def begin(self, segment: XferSegment, *, ending: bool) -> None:
        """Take the head of a segment.

        Args:
            segment: the head; its data come through `data`, then `finish` is due.
            ending: a SESS_TERM was sent, so no new transfer is taken (RFC 9174, 6.1).

        Raises:
            Unexpected: it fits no transfer; its data are skipped.
            LinkError: it passes our segment MRU.
        """
        if segment.length > self._config.segment_mru:
            raise LinkError(
                f"a segment of {segment.length} octets passes our segment MRU (RFC 9174, 4.6)",
                wire.TermReason.RESOURCE_EXHAUSTION,
            )
        self._left = segment.length
        self._flags = segment.flags
        self._skipping = True
        transfer = self._transfer
        if segment.flags & wire.START:
            transfer = self._start(segment, ending)
        elif transfer is None or transfer.id != segment.transfer_id:
            raise Unexpected(
                "no transfer of this id is in progress (RFC 9174, 5.2.2)", RejectReason.UNEXPECTED
            )
        self._skipping = False
        transfer.received += segment.length
        if transfer.refused is None:
            over = transfer.received > self._config.transfer_mru
            if transfer.total is not None and transfer.received > transfer.total:
                transfer.refused = RefuseReason.NOT_ACCEPTABLE  # the total is authoritative (5.2.5.1)
            elif over:
                transfer.refused = RefuseReason.NO_RESOURCES
        if transfer.refused is not None:
            transfer.data = bytearray()

    def skip(self, segment: XferSegment) -> None:
        """Skip the data of a segment that came before any could."""
        self._left = segment.length
        self._skipping = True

    def _start(self, segment: XferSegment, ending: bool) -> _Transfer:
        if self.in_progress:
            raise Unexpected(
                "segments of transfers are not interleaved (RFC 9174, 5.2.2)", RejectReason.UNEXPECTED
            )
        if segment.transfer_id in self._waiting:
            raise Unexpected(
                "transfer ids are unique in a session (RFC 9174, 5.2.1)", RejectReason.UNEXPECTED
            )
        transfer = self._transfer = _Transfer(segment.transfer_id)
        if ending:
            transfer.refused = RefuseReason.SESSION_TERMINATING
        elif len(self._waiting) >= self._config.max_unanswered:
            transfer.refused = RefuseReason.NO_RESOURCES
        elif segment.items:
            try:
                self._extend(transfer, wire.read_items(segment.items))
            except LinkError:
                transfer.refused = RefuseReason.EXTENSION_FAILURE
        return transfer

    def _extend(self, transfer: _Transfer, items: tuple[Extension, ...]) -> None:
        """Apply extension items; raise LinkError where one can't be (RFC 9174, 5.2.5)."""
        known: list[Extension] = []
        for item in items:
            if item.type == wire.TRANSFER_LENGTH:
                if transfer.total is not None:
                    raise LinkError("Transfer Length occurs once (RFC 9174, 5.2.5.1)")
                transfer.total = wire.u64(item)
            elif item.type == wire.DEPARTURE_EXTENSION:
                wire.u64(item)
                known.append(item)
            elif item.critical:
                raise LinkError(f"critical extension {item.type:#06x} is unknown (RFC 9174, 5.2.5)")
        transfer.extensions = tuple(known)
        if transfer.total is not None and transfer.total > self._config.transfer_mru:
            transfer.refused = RefuseReason.NO_RESOURCES

    def data(self, buffer: bytes, at: int) -> int:
        """Take what a buffer holds of the current segment's data from an offset; return where it ends."""
        end = min(at + self._left, len(buffer))
        self._left -= end - at
        if not self._skipping:
            transfer = self._transfer
            assert transfer is not None
            if transfer.refused is None:
                if not self._left and self._flags & _ONLY == _ONLY and transfer.received == end - at:
                    transfer.whole = buffer[at:end]
                else:
                    transfer.data += memoryview(buffer)[at:end]
        return end

    def finish(self) -> TransferReceived | None:
        """Answer the segment whose data have all come; return the transfer when it is whole."""
        transfer = self._transfer
        if self._skipping or transfer is None:
            return None
        last = bool(self._flags & wire.END)
        if last:
            self._transfer = None
            if transfer.refused is None and transfer.total not in (None, transfer.received):
                transfer.refused = RefuseReason.NOT_ACCEPTABLE
        if transfer.refused is not None:
            self._answer(wire.xfer_refuse(transfer.refused, transfer.id))
            return None
        if not last:
            self._answer(wire.xfer_ack(self._flags, transfer.id, transfer.received))
            return None
        answer = _Answer(b"", self._flags, transfer.received)
        self._waiting[transfer.id] = answer
        self._queue.append(answer)
        return TransferReceived(transfer.id, transfer.whole or bytes(transfer.data), transfer.extensions)

    def acknowledge(self, transfer_id: int) -> None:
        """Let the final XFER_ACK of a whole transfer go; KeyError when none waits."""
        answer = self._waiting.pop(transfer_id)
        answer.octets = wire.xfer_ack(answer.flags, transfer_id, answer.length)
        self._release()

    def refuse(self, transfer_id: int, reason: RefuseReason) -> None:
        """Refuse a whole transfer; KeyError when none waits."""
        self._waiting.pop(transfer_id).octets = wire.xfer_refuse(reason, transfer_id)
        self._release()

    def _answer(self, octets: bytes) -> None:
        if self._queue:
            self._queue.append(_Answer(octets))
        else:
            self._out.append(octets)

    def _release(self) -> None:
        queue = self._queue
        while queue and queue[0].octets:
            self._out.append(queue.popleft().octets)
