"""The traffic of a link: how many octets its wire carried just now, each way."""

from __future__ import annotations

from starlight.dtntime import SECOND

SPAN_S = 5
"""Whole seconds over which a rate is the mean: long enough that a packet does not make it jump, short enough
that whoever watches sees a transfer begin and end."""


class Meter:
    """Counts octets by the second, and forgets what is older than `SPAN_S`."""

    __slots__ = ("_counts", "_second")

    def __init__(self) -> None:
        self._second = 0
        # The last one is the second that is still running, and does not count yet.
        self._counts = [0] * (SPAN_S + 1)

    def add(self, octets: int, now: int) -> None:
        """Count octets at a time of the wall, in ns."""
        self._turn(now)
        self._counts[-1] += octets

    def per_s(self, now: int) -> float:
        """Return the mean of the last whole seconds, in octets a second."""
        self._turn(now)
        return sum(self._counts[:-1]) / SPAN_S

    def _turn(self, now: int) -> None:
        passed = min(now // SECOND - self._second, len(self._counts))
        if passed > 0:
            self._second = now // SECOND
            self._counts = self._counts[passed:] + [0] * passed


class Traffic:
    """The octets of one wire, both ways.

    Attributes:
        received, sent: with all that the protocol adds, KEEPALIVE and headers too.
    """

    __slots__ = ("received", "sent")

    def __init__(self) -> None:
        self.received, self.sent = Meter(), Meter()
