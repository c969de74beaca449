"""The transfers that a TCPCL session receives.

Segments of one transfer come without another's between them (RFC 9174, 5.2.2), so one transfer at most is
unfinished, and its data are all that a peer can make us hold before we have agreed to take them. A transfer
that was refused stays in progress until its last segment: each further one is refused, too (5.2.4).
"""

from __future__ import annotations

from starlight.errors import LinkError
from starlight.links import tcpcl_messages as wire
from starlight.links.link import TransferReceived
from starlight.links.receive_room import UNCOUNTED, ReceiveRoom
from starlight.links.tcpcl_answers import AnswerQueue
from starlight.links.tcpcl_config import TcpclConfig
from starlight.links.tcpcl_extensions import DEPARTURE_EXTENSION, TRANSFER_LENGTH, Extension, read_items, u64
from starlight.links.tcpcl_messages import RefuseReason, RejectReason, XferSegment

_ONLY = wire.START | wire.END


class Unexpected(LinkError):
    """A segment that fits no transfer; answer it with MSG_REJECT (RFC 9174, 5.1.2)."""


class _Transfer:
    """The transfer in progress, as far as it has come; a refused one keeps no data."""

    __slots__ = ("data", "id", "last_byte", "received", "refused", "total", "whole")

    def __init__(self, transfer_id: int) -> None:
        self.id = transfer_id
        self.data = bytearray()  # grows with what comes: an announced length makes us hold nothing
        self.whole = b""  # instead of `data`, when one buffer has all of it
        self.received = 0
        self.total: int | None = None
        self.last_byte: int | None = None  # when its last byte left, in ns of mission time
        self.refused: RefuseReason | None = None


class IncomingTransfers:
    """Takes segments and gives whole transfers.

    Args:
        config: its limits count.
        answers: where each segment's answer is put.
        room: that all sessions of the node share for what is not whole.

    Attributes:
        left: how many octets of the current segment's data are still to come.
        node_id: that the peer says.
    """

    def __init__(self, config: TcpclConfig, answers: AnswerQueue, room: ReceiveRoom) -> None:
        self._config = config
        self._answers = answers
        self._room = room
        self._taken = 0  # of the room, for the transfer in progress
        self.node_id = ""
        self._transfer: _Transfer | None = None
        self._flags = 0
        self._skipping = False  # the current segment was rejected
        self.left = 0

    @property
    def in_progress(self) -> bool:
        """Return whether a transfer has begun that is neither whole nor refused."""
        return self._transfer is not None and self._transfer.refused is None

    def drop(self) -> None:
        """Forget the unfinished transfer: it may hold many octets."""
        self._end()
        self.left = 0

    def _end(self) -> None:
        self._transfer = None
        self._give_back()

    def _give_back(self) -> None:
        if self._taken:
            self._room.give_back(self.node_id, self._taken)
            self._taken = 0

    def _has_room(self, transfer: _Transfer) -> bool:
        """Take room for what has come of a transfer, but for its first part; return whether there is any."""
        more = transfer.received - UNCOUNTED - self._taken
        if more > 0:
            if not self._room.take(self.node_id, more):
                return False
            self._taken += more
        return True

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
        self.left = segment.length
        self._flags = segment.flags
        # Until it is known to fit: a rejected segment has no transfer, but its data come all the same and
        # must be counted off, or they would be read as messages.
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
            elif over or not self._has_room(transfer):
                transfer.refused = RefuseReason.NO_RESOURCES
        if transfer.refused is not None:
            transfer.data = bytearray()
            self._give_back()

    def skip(self, segment: XferSegment) -> None:
        """Skip the data of a segment that came before any could."""
        self.left = segment.length
        self._skipping = True

    def _start(self, segment: XferSegment, ending: bool) -> _Transfer:
        if self.in_progress:
            raise Unexpected(
                "segments of transfers are not interleaved (RFC 9174, 5.2.2)", RejectReason.UNEXPECTED
            )
        if segment.transfer_id in self._answers.waiting:
            raise Unexpected(
                "transfer ids are unique in a session (RFC 9174, 5.2.1)", RejectReason.UNEXPECTED
            )
        self._end()
        transfer = self._transfer = _Transfer(segment.transfer_id)
        if ending:
            transfer.refused = RefuseReason.SESSION_TERMINATING
        elif len(self._answers.waiting) >= self._config.max_unanswered:
            transfer.refused = RefuseReason.NO_RESOURCES
        elif segment.items:
            try:
                self._extend(transfer, read_items(segment.items))
            except LinkError:
                transfer.refused = RefuseReason.EXTENSION_FAILURE
        return transfer

    def _extend(self, transfer: _Transfer, items: tuple[Extension, ...]) -> None:
        """Apply extension items; raise LinkError where one can't be (RFC 9174, 5.2.5)."""
        for item in items:
            if item.type == TRANSFER_LENGTH:
                if transfer.total is not None:
                    raise LinkError("Transfer Length occurs once (RFC 9174, 5.2.5.1)")
                transfer.total = u64(item)
            elif item.type == DEPARTURE_EXTENSION:
                left = u64(item)
                if transfer.last_byte is None:
                    transfer.last_byte = left
            elif item.critical:
                raise LinkError(f"critical extension {item.type:#06x} is unknown (RFC 9174, 5.2.5)")
        if transfer.total is not None and transfer.total > self._config.transfer_mru:
            transfer.refused = RefuseReason.NO_RESOURCES

    def data(self, buffer: bytes, at: int) -> int:
        """Take what a buffer holds of the current segment's data from an offset; return where it ends."""
        end = min(at + self.left, len(buffer))
        self.left -= end - at
        if not self._skipping:
            transfer = self._transfer
            assert transfer is not None
            if transfer.refused is None:
                # One segment in one buffer, as nearly all bundles come: copied once, not twice.
                if not self.left and self._flags & _ONLY == _ONLY and transfer.received == end - at:
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
            self._end()
            if transfer.refused is None and transfer.total not in (None, transfer.received):
                transfer.refused = RefuseReason.NOT_ACCEPTABLE
        if transfer.refused is not None:
            self._answers.put(wire.xfer_refuse(transfer.refused, transfer.id))
            return None
        if not last:
            self._answers.put(wire.xfer_ack(self._flags, transfer.id, transfer.received))
            return None
        self._answers.reserve(transfer.id, self._flags, transfer.received)
        return TransferReceived(transfer.id, transfer.whole or bytes(transfer.data), transfer.last_byte)
