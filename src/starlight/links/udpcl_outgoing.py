"""The transfers that a UDPCL link sends: queued, paced, and told of once the wire has taken their
datagrams."""

from __future__ import annotations

from collections import deque

from starlight.dtntime import SECOND
from starlight.links.link import Datagram, LinkEvent, TransferFailed, TransferSent

BURST = SECOND // 100
"""How far sending may run ahead of its rate, in ns of it: 10 ms, so that the lateness of a timer costs no
rate and no receiver's socket buffer overflows."""


class PacedTransfers:
    """Keeps datagrams in order until their turn has come.

    Args:
        rate_bps: the mean rate at which they leave, in bits per second; None for any.
        now: in ns.
    """

    def __init__(self, rate_bps: int | None, now: int) -> None:
        self._rate_bps = rate_bps
        self._paid_until = now  # when what has left is through at the rate
        self._next = 0
        self._queue: deque[tuple[int, Datagram]] = deque()
        self._leaving: list[tuple[int, Datagram]] = []  # the wire may still say that it did not take them

    def __len__(self) -> int:
        """Return how many wait for their turn."""
        return len(self._queue)

    @property
    def untold(self) -> bool:
        """Return whether there are any of which `sent` will tell."""
        return bool(self._leaving)

    def add(self, datagram: Datagram) -> int:
        """Queue a datagram; return the number of its transfer."""
        number, self._next = self._next, self._next + 1
        self._queue.append((number, datagram))
        return number

    def next_due(self, now: int) -> int | None:
        """Return when the next may leave, in ns; None where none waits."""
        return max(now, self._paid_until - BURST) if self._queue else None

    def take(self, now: int) -> list[Datagram]:
        """Return those that may leave now, in order."""
        first = len(self._leaving)
        while self._queue and self._paid_until <= now + BURST:
            number, datagram = self._queue.popleft()
            if self._rate_bps is not None:
                took = len(datagram.data) * 8 * SECOND // self._rate_bps
                self._paid_until = max(self._paid_until, now) + took
            self._leaving.append((number, datagram))
        return [datagram for _, datagram in self._leaving[first:]]

    def sent(self) -> list[LinkEvent]:
        """Tell of those that the wire has taken."""
        told: list[LinkEvent] = [TransferSent(number) for number, _ in self._leaving]
        self._leaving.clear()
        return told

    def not_sent(self, datagram: Datagram, reason: str) -> list[LinkEvent]:
        """Tell of one that the wire did not take; a keep-alive is nobody's transfer."""
        for index, (number, leaving) in enumerate(self._leaving):
            if leaving is datagram:
                del self._leaving[index]
                return [TransferFailed(number, reason)]
        return []

    def drop(self, reason: str) -> list[LinkEvent]:
        """Tell that those that wait will not leave."""
        told: list[LinkEvent] = [TransferFailed(number, reason) for number, _ in self._queue]
        self._queue.clear()
        return told
