"""Mission time: a clock with a rate and an offset, which stops when its process stops.

Mission time is ns since 2000-01-01T00:00:00Z. It runs `rate` times as fast as the wall,
on the monotonic clock, so that a corrected system clock never moves it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from fractions import Fraction
from typing import ParamSpec

from starlight import dtntime
from starlight.dtntime import SECOND
from starlight.errors import InputError

_P = ParamSpec("_P")

FASTEST = 1_000_000
"""Rates up to a million: a year in half a minute, beyond which loopback itself is an eternity."""


class MissionClock:
    """Mission time as a function of the wall's monotonic time.

    Args:
        start: the mission time at which it begins to run, in ns.
        rate: how many seconds of mission time a second of the wall is; 600 for the demo, 1 for life.
        standing: it stands at `start` until it is told to `run`.
        wall: monotonic time in ns.

    Raises:
        InputError: the rate is not above 0 and at most `FASTEST`.
    """

    def __init__(
        self,
        start: int,
        rate: float | Fraction = 1,
        *,
        standing: bool = False,
        wall: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        # A fraction, so that decades of mission time add up without a rounding error.
        self.rate = Fraction(rate).limit_denominator(FASTEST)
        if not 0 < self.rate <= FASTEST:
            raise InputError(f"{rate} is no rate of a clock", right=f"It is above 0 and at most {FASTEST}")
        self._wall = wall
        self._wall_start = wall()
        self._start = start
        self._standing = standing

    @classmethod
    def of_day(cls, rate: float | Fraction = 1, *, mission: int | None = None, wall: int = 0) -> MissionClock:
        """Return a clock that several processes agree on, because it follows the system's UTC.

        Args:
            rate: seconds of mission time per second of the wall.
            mission, wall: the mission time, in ns, at one moment of the system's time, in ns
                since 2000-01-01T00:00:00Z; without them mission time is the system's time.
        """
        today = time.time_ns() - dtntime.POSIX_EPOCH_OFFSET_S * SECOND
        if mission is None:
            mission = wall
        exact = Fraction(rate).limit_denominator(FASTEST)
        return cls(mission + (today - wall) * exact.numerator // exact.denominator, rate)

    def run(self) -> None:
        """Let it run, if it was made standing."""
        if self._standing:
            self._standing = False
            self._wall_start = self._wall()

    def now(self) -> int:
        """Return mission time, in ns."""
        if self._standing:
            return self._start
        # In integers: a float counts nanoseconds without gaps for 104 days only.
        elapsed = self._wall() - self._wall_start
        return self._start + elapsed * self.rate.numerator // self.rate.denominator

    def not_before(self, mission: int | None) -> None:
        """Move forward to a mission time that was already committed, when it is behind it."""
        if mission is not None and self.now() < mission:
            self._start = mission
            self._wall_start = self._wall()

    def wall_now(self) -> int:
        """Return the wall's monotonic time in ns, by which protocol timers of real sockets run."""
        return self._wall()

    def wall_delay_s(self, mission: int) -> float:
        """Return how many seconds of the wall it is until a mission time; 0 when it has passed.

        A timer set to this does not fire early: the delay is rounded up to a nanosecond of the wall.
        """
        left = mission - self.now()
        if left <= 0:
            return 0.0
        return -(-left * self.rate.denominator // self.rate.numerator) / SECOND


class MissionTimers:
    """Calls that are planned and can all be called off at once.

    Args:
        clock: mission time.
    """

    def __init__(self, clock: MissionClock) -> None:
        self._clock = clock
        self._timers: dict[asyncio.TimerHandle, None] = {}  # a dict, because a set has no order

    def at(self, mission: int, call: Callable[_P, None], *args: _P.args, **kwargs: _P.kwargs) -> None:
        """Call at a mission time, in ns, or in the next turn of the loop where it has passed."""

        def due() -> None:
            del self._timers[timer]
            call(*args, **kwargs)

        delay = self._clock.wall_delay_s(mission)
        timer = asyncio.get_running_loop().call_later(delay, due)
        self._timers[timer] = None

    def cancel(self) -> None:
        """Call nothing of what is planned."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
