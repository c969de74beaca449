"""The transfers that a TCPCL session sends.

Segments of one transfer follow each other without another's between them
(RFC 9174, 5.2.2), but the next transfer begins before the last is acknowledged.
Data are not copied until `write` joins them with their heads.
"""

from __future__ import annotations

from collections import OrderedDict, deque

from starlight.errors import LinkError
from starlight.links import tcpcl_messages as wire
from starlight.links.link import Refusal, TransferAcknowledged, TransferRefused
from starlight.links.tcpcl_config import TcpclConfig
from starlight.links.tcpcl_extensions import departure, transfer_length, write_items
from starlight.links.tcpcl_messages import RefuseReason, RejectReason, XferAck, XferRefuse

_REMEMBERED_REFUSALS = 1024
"""How many refused transfers are remembered, so that the refusals of their further segments, "subsequent
segments of the bundle SHALL also be refused" (RFC 9174, 5.2.4), aren't taken for an error. They cross on
the wire within one round trip; a thousand transfers is more than is under way."""


_REFUSALS: dict[int, Refusal] = {
    RefuseReason.COMPLETED: Refusal.COMPLETED,
    RefuseReason.NO_RESOURCES: Refusal.NO_RESOURCES,
    RefuseReason.RETRANSMIT: Refusal.RETRY,
    RefuseReason.NOT_ACCEPTABLE: Refusal.NOT_ACCEPTABLE,
    # The departure is the only item of ours that a peer may not know, and it is not critical: a peer that
    # fails on it fails on it each time.
    RefuseReason.EXTENSION_FAILURE: Refusal.NOT_ACCEPTABLE,
    RefuseReason.SESSION_TERMINATING: Refusal.RETRY,
}


class _Transfer:
    __slots__ = ("acknowledged", "data", "id", "last_byte", "sent")

    def __init__(self, transfer_id: int, data: bytes, last_byte: int | None) -> None:
        self.id = transfer_id
        self.data = data
        self.last_byte = last_byte
        self.sent = -1  # octets; -1 before the first segment, since data may be empty
        self.acknowledged = 0


class OutgoingTransfers:
    """Queue transfers, cut them into segments, pair them with their answers."""

    def __init__(self, config: TcpclConfig) -> None:
        self._segment_size = config.segment_size
        self._write_size = config.write_size
        self._next_id = 0  # "The initial Transfer ID from each entity is zero" (RFC 9174, 5.2.1)
        self._queue: deque[_Transfer] = deque()  # not begun
        self._current: _Transfer | None = None
        self._open: dict[int, _Transfer] = {}  # begun and not answered whole
        self._refused: OrderedDict[int, None] = OrderedDict()
        self._dropped: list[int] = []  # taken from the queue by the session's ending
        self.backlog = 0  # octets of data not yet written

    def set_mtu(self, segment_mtu: int) -> None:
        """Cut segments no longer than the peer's segment MRU, in octets (RFC 9174, 4.7)."""
        self._segment_size = min(self._segment_size, segment_mtu)

    @property
    def count(self) -> int:
        """Return how many transfers are queued or not yet answered."""
        return len(self._queue) + len(self._open)

    @property
    def in_progress(self) -> bool:
        """Return whether a transfer has begun and is not answered whole."""
        return bool(self._open)

    @property
    def writable(self) -> bool:
        """Return whether `write` would append something."""
        return self._current is not None or bool(self._queue)

    def add(self, data: bytes, last_byte: int | None) -> int:
        """Queue a transfer and return its id.

        Args:
            data: of it.
            last_byte: when its last byte leaves, in ns of mission time, which the peer is told; None for
                nothing.
        """
        transfer = _Transfer(self._next_id, data, last_byte)
        self._next_id += 1
        self._queue.append(transfer)
        self.backlog += len(data)
        return transfer.id

    def drop_queue(self) -> None:
        """Begin no further transfer (RFC 9174, 6.1): those in the queue stay unfinished."""
        self._dropped = [transfer.id for transfer in self._queue]
        self.backlog -= sum(len(transfer.data) for transfer in self._queue)
        self._queue.clear()

    def drop(self) -> tuple[int, ...]:
        """Give all up; return the ids of those that are queued or not answered, ascending."""
        unfinished = [*self._open, *self._dropped, *(transfer.id for transfer in self._queue)]
        self._queue.clear()
        self._open.clear()
        self._dropped.clear()
        self._refused.clear()
        self._current = None
        self.backlog = 0
        return tuple(sorted(unfinished))

    def write(self, parts: list[bytes | memoryview], size: int) -> None:
        """Append whole segments to parts until they pass the write size.

        Args:
            parts: to be joined by the caller.
            size: how many octets they have already.
        """
        limit = self._write_size
        while size < limit:
            transfer = self._current
            if transfer is None:
                if not self._queue:
                    return
                transfer = self._queue.popleft()
                self._open[transfer.id] = transfer
            size += self._write_segment(transfer, parts)

    def _write_segment(self, transfer: _Transfer, parts: list[bytes | memoryview]) -> int:
        """Append the next segment of a transfer; return its size in octets."""
        data = transfer.data
        total = len(data)
        step = self._segment_size
        if transfer.sent < 0:
            flags = wire.START
            at = 0
            extensions = () if transfer.last_byte is None else (departure(transfer.last_byte),)
            if total > step:
                # Only here, since one segment says its own length (RFC 9174, 5.2.5.1).
                extensions = (transfer_length(total), *extensions)
            items = write_items(extensions) if extensions else b""
        else:
            flags = 0
            at = transfer.sent
            items = b""
        end = min(at + step, total)
        if end == total:
            flags |= wire.END
            self._current = None
        else:
            self._current = transfer
        head = wire.segment_head(flags, transfer.id, end - at, items)
        parts.append(head)
        parts.append(data if end - at == total else memoryview(data)[at:end])
        transfer.sent = end
        self.backlog -= end - at
        if end == total:
            transfer.data = b""  # the driver has its own copy until it is acknowledged
        return len(head) + end - at

    def acknowledged(self, ack: XferAck) -> TransferAcknowledged | None:
        """Note an XFER_ACK; return an event when it is the final one.

        Raises:
            LinkError: it acknowledges what is not there; its code is a reason to reject it.
        """
        transfer = self._open.get(ack.transfer_id)
        if transfer is None:
            if ack.transfer_id in self._refused:
                return None
            raise LinkError("XFER_ACK with an unknown Transfer ID (RFC 9174, 5.1.2)", RejectReason.UNEXPECTED)
        if not transfer.acknowledged <= ack.length <= transfer.sent:
            raise LinkError(
                "more, or less, is acknowledged than was sent (RFC 9174, 5.2.3)", RejectReason.UNSUPPORTED
            )
        transfer.acknowledged = ack.length
        if not ack.flags & wire.END:
            return None
        if transfer is self._current or ack.length != transfer.sent:
            raise LinkError(
                "a final XFER_ACK acknowledges the whole (RFC 9174, 5.2.3)", RejectReason.UNSUPPORTED
            )
        del self._open[transfer.id]
        return TransferAcknowledged(transfer.id)

    def refused(self, refusal: XferRefuse) -> TransferRefused | None:
        """Stop a transfer that the peer refuses; None when that was known.

        Raises:
            LinkError: no such transfer has begun; its code is a reason to reject it.
        """
        transfer = self._open.pop(refusal.transfer_id, None)
        if transfer is None:
            if refusal.transfer_id in self._refused:
                return None
            raise LinkError(
                "XFER_REFUSE with an unknown Transfer ID (RFC 9174, 5.1.2)", RejectReason.UNEXPECTED
            )
        if transfer is self._current:
            self._current = None
            self.backlog -= len(transfer.data) - transfer.sent
        self._refused[transfer.id] = None
        if len(self._refused) > _REMEMBERED_REFUSALS:
            self._refused.popitem(last=False)
        # What is in no table: "SHOULD treat the refusal as having an Unknown reason" (5.2.4).
        return TransferRefused(transfer.id, _REFUSALS.get(refusal.reason, Refusal.UNKNOWN))
