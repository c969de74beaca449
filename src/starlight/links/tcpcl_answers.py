"""The answers of a TCPCL session to what it receives, in the order in which they may leave.

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

from starlight.links import tcpcl_messages as wire
from starlight.links.tcpcl_messages import RefuseReason


class _Answer:
    """An answer in its place; without octets while its transfer waits to be safe."""

    __slots__ = ("flags", "length", "octets")

    def __init__(self, octets: bytes, flags: int = 0, length: int = 0) -> None:
        self.octets = octets
        self.flags = flags
        self.length = length


class AnswerQueue:
    """Keeps answers in order.

    Args:
        out: where those that may leave are appended.
    """

    def __init__(self, out: list[bytes]) -> None:
        self._out = out
        self._queue: deque[_Answer] = deque()
        self._waiting: dict[int, _Answer] = {}

    def __len__(self) -> int:
        """Return how many answers may not leave yet."""
        return len(self._queue)

    @property
    def waiting(self) -> dict[int, _Answer]:
        """Return the transfers that wait for `acknowledge` or `refuse`, by id, in order; read only."""
        return self._waiting

    def put(self, octets: bytes) -> None:
        """Add an answer that need not wait for its own transfer."""
        if self._queue:  # behind those before it, even if it could go
            self._queue.append(_Answer(octets))
        else:
            self._out.append(octets)

    def reserve(self, transfer_id: int, flags: int, length: int) -> None:
        """Keep the place of the final answer to a whole transfer.

        Args:
            transfer_id: the peer's.
            flags: of its last segment; an XFER_ACK repeats them (RFC 9174, 5.2.3).
            length: of the transfer, in octets.
        """
        answer = _Answer(b"", flags, length)
        self._waiting[transfer_id] = answer
        self._queue.append(answer)

    def acknowledge(self, transfer_id: int) -> None:
        """Let the final XFER_ACK of a transfer go.

        Raises:
            ValueError: no such transfer waits.
        """
        answer = self._taken(transfer_id)
        answer.octets = wire.xfer_ack(answer.flags, transfer_id, answer.length)
        self._release()

    def refuse(self, transfer_id: int, reason: RefuseReason) -> None:
        """Refuse a whole transfer.

        Raises:
            ValueError: no such transfer waits.
        """
        self._taken(transfer_id).octets = wire.xfer_refuse(reason, transfer_id)
        self._release()

    def drop(self) -> tuple[int, ...]:
        """Forget all answers; return the transfers that waited for theirs, in order."""
        waited = tuple(self._waiting)
        self._waiting.clear()
        self._queue.clear()
        return waited

    def _taken(self, transfer_id: int) -> _Answer:
        answer = self._waiting.pop(transfer_id, None)
        if answer is None:
            raise ValueError(f"no received transfer {transfer_id} waits for an answer")
        return answer

    def _release(self) -> None:
        # Up to the first that still waits for its commit; what stands behind that is not lost, only later.
        queue = self._queue
        while queue and queue[0].octets:
            self._out.append(queue.popleft().octets)
