"""The clock of a virtual node: right, or as wrong as a machine's may be.

Theory of operation. The world has one true time. A machine's clock tells another: it is off, it drifts, and
people or time servers set it. Its node goes by it as a live one does (`node/own_clock.py`): it reads it once,
when it starts, holds it against what its store has recorded, and counts on from there at the machine's pace;
what is set later moves nothing before the next start. So time at a node never goes back within a life.
"""

from __future__ import annotations

from typing import NamedTuple

from starlight.node.clock_offsets import TOLERANCE
from starlight.node.own_clock import OwnClock

PPM = 1_000_000


class MachineClock(NamedTuple):
    """The clock of the machine of a virtual node.

    Attributes:
        ahead: by how much it is ahead of the true time at first, in ns; negative where it is behind.
        drift_ppm: how much faster than it should it counts, in millionths.
        settings: when it is set, in true time, and by how much it is ahead from then on; ascending.
    """

    ahead: int = 0
    drift_ppm: int = 0
    settings: tuple[tuple[int, int], ...] = ()

    def tells(self, true: int, first: int) -> int:
        """Return what it tells at a true time, in ns; it drifts since it was set, or since a first time."""
        found = (setting for setting in reversed(self.settings) if setting[0] <= true)
        since, ahead = next(found, (first, self.ahead))
        return true + ahead + (true - since) * self.drift_ppm // PPM


class VirtualClock:
    """The time by which a virtual node goes.

    Args:
        machine: the clock of its machine.

    Attributes:
        last: the last time that its store has recorded, in ns; None for none.
    """

    def __init__(self, machine: MachineClock) -> None:
        self._machine = machine
        self._first: int | None = None
        self._true = self._mission = 0
        self.last: int | None = None

    def start(self, true: int) -> OwnClock:
        """Begin a life at a true time, in ns; return what the node makes of its machine's clock."""
        own = OwnClock(self.last, self.tells(true), TOLERANCE)
        self.go_on(true, own.start)
        return own

    def go_on(self, true: int, mission: int) -> None:
        """Go on from another time at a true time, both in ns."""
        self._true, self._mission = true, mission

    def tells(self, true: int) -> int:
        """Return what the machine tells at a true time, in ns."""
        self._first = true if self._first is None else self._first
        return self._machine.tells(true, self._first)

    def at(self, true: int) -> int:
        """Return the node's time at a true time, in ns."""
        return self._mission + (true - self._true) * (PPM + self._machine.drift_ppm) // PPM

    def true(self, mission: int) -> int:
        """Return the true time at which it is a time by the node, in ns; never earlier."""
        return self._true - (self._mission - mission) * PPM // (PPM + self._machine.drift_ppm)
