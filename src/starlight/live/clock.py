"""Mission time: a clock with a rate and an offset, which stops when its process stops.

Mission time is ns since 2000-01-01T00:00:00Z. It runs `rate` times as fast as the wall,
on the monotonic clock, so that a corrected system clock never moves it. The rate may change, even to 0:
mission time then goes on from where it is, and whoever waits for a mission time waits anew.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import NamedTuple, ParamSpec

from starlight import dtntime
from starlight.dtntime import SECOND
from starlight.errors import InputError
from starlight.live.change_listeners import ChangeListeners

_P = ParamSpec("_P")

FASTEST = 1_000_000
"""Rates up to a million: a year in half a minute, beyond which loopback itself is an eternity."""


RATES_KEPT = 64
"""How many changes of the rate are remembered, for who asks when something was: a minute of the wall back is
asked for at most, and nobody turns the clock more often in a minute."""
_COUNTS_SLEEP = hasattr(time, "CLOCK_BOOTTIME")  # elsewhere the monotonic clock mostly counts it
LONGEST_SLEEP_S = 60.0
"""Sleeps are cut in pieces, because a laptop's lid may stop one of the clocks."""


def system_utc() -> int:
    """Return the system's UTC, in ns since 2000-01-01T00:00:00Z."""
    return time.time_ns() - dtntime.POSIX_EPOCH_OFFSET_S * SECOND


def elapsed_ns() -> int:
    """Return the time since this machine began to run, in ns, which nobody sets, and no sleep of it stops."""
    # Linux' monotonic clock stands while a laptop's lid is closed; mission time would be behind by as much.
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) if _COUNTS_SLEEP else time.monotonic_ns()


class _Span(NamedTuple):
    """A span of time of one rate: from a moment of the wall, at a mission time, both in ns."""

    wall: int
    mission: int
    rate: Fraction

    def at(self, wall: int) -> int:
        # In integers: a float counts nanoseconds without gaps for 104 days only.
        return self.mission + (wall - self.wall) * self.rate.numerator // self.rate.denominator


class MissionClock:
    """Mission time as a function of the wall's monotonic time.

    Args:
        start: the mission time at which it begins to run, in ns.
        rate: how many seconds of mission time a second of the wall is; 120 for the demo, 1 for life.
        standing: it stands at `start` until it is told to `run`.
        fastest: the greatest rate that it may be given later, where that is above `rate`.
        wall: monotonic time in ns.

    Attributes:
        rate: as above; 0 while it is paused.
        follows_day: mission time goes on while no process runs, so that it need not be kept anywhere.
        fastest: the greatest rate that it may ever have.

    Raises:
        InputError: the rate is not above 0 and at most `FASTEST`.
    """

    def __init__(
        self,
        start: int,
        rate: float | Fraction = 1,
        *,
        standing: bool = False,
        fastest: float = 0,
        wall: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.rate = _exact(rate, FASTEST)
        self.follows_day = False
        if self.rate == 0:
            raise _no_rate(rate, "above 0", FASTEST)
        self.fastest = max(self.rate, _exact(fastest, FASTEST))
        self._wall = wall
        self._standing = standing
        self._spans = deque([_Span(wall(), start, self.rate)], maxlen=RATES_KEPT)
        self._day: _Span | None = None
        self._today = system_utc
        self._listeners = ChangeListeners()

    @classmethod
    def of_day(
        cls,
        rate: float | Fraction = 1,
        *,
        mission: int | None = None,
        wall: int = 0,
        today: Callable[[], int] = system_utc,
    ) -> MissionClock:
        """Return a clock that several processes agree on, because it follows the system's UTC.

        Args:
            rate: seconds of mission time per second of the wall.
            mission, wall: the mission time, in ns, at one moment of the system's time, in ns
                since 2000-01-01T00:00:00Z; without them mission time is the system's time.
            today: the system's UTC, in ns.
        """
        if mission is None:
            mission = wall
        exact = Fraction(rate).limit_denominator(FASTEST)
        clock = cls(_Span(wall, mission, exact).at(today()), rate, wall=elapsed_ns)
        clock.follows_day = True
        clock._day, clock._today = _Span(wall, mission, exact), today
        return clock

    def run(self) -> None:
        """Let it run, if it was made standing."""
        if self._standing:
            self._standing = False
            self._begin_at(self._spans[-1].mission)

    def now(self) -> int:
        """Return mission time, in ns."""
        last = self._spans[-1]
        return last.mission if self._standing else last.at(self._wall())

    def change_rate(self, rate: float | Fraction) -> None:
        """Go on at another rate from where it is; 0 to stand. Who listens is told.

        Raises:
            InputError: the rate is not from 0 to `fastest`.
        """
        exact = _exact(rate, self.fastest)
        if exact == self.rate:
            return
        wall = self._wall()  # read once, or mission time would jump by what passes between two readings
        last = self._spans[-1]
        self._spans.append(_Span(wall, last.mission if self._standing else last.at(wall), exact))
        self.rate = exact
        self._listeners.notify()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call a listener, on the loop, whenever the rate has changed; return what ends that."""
        return self._listeners.add(listener)

    def by_day(self) -> int:
        """Return the mission time that the system's UTC tells now, in ns; where it follows none, its own."""
        return self.now() if self._day is None else self._day.at(self._today())

    def set(self, mission: int) -> None:
        """Go on from another mission time, in ns; who listens is told."""
        self._begin_at(mission)
        self._listeners.notify()

    def not_before(self, mission: int | None) -> None:
        """Move forward to a mission time that was already committed, when it is behind it."""
        if mission is not None and self.now() < mission:
            self.set(mission)

    def at_wall(self, wall: int) -> int:
        """Return the mission time, in ns, that it was at a past moment of the wall's monotonic time.

        Before it began to run, and before the changes that are remembered, it is taken to have run as then.
        """
        if self._standing:  # as if it began to run now
            return self._spans[-1]._replace(wall=self._wall()).at(wall)
        found = next((span for span in reversed(self._spans) if span.wall <= wall), self._spans[0])
        return found.at(wall)

    def ago(self, seconds: float) -> int:
        """Return the mission time, in ns, that it was some seconds of the wall ago."""
        back = round(seconds * SECOND)
        # Standing, it must not depend on how long this takes.
        return (
            self._spans[-1]._replace(wall=0).at(-back)
            if self._standing
            else self.at_wall(self._wall() - back)
        )

    def wall_now(self) -> int:
        """Return the wall's monotonic time in ns, by which protocol timers of real sockets run."""
        return self._wall()

    def wall_delay_s(self, mission: int) -> float:
        """Return how many seconds of the wall it is until a mission time; 0 when it has passed.

        A timer set to this does not fire early: the delay is rounded up to a nanosecond of the wall. While
        the clock is paused it is infinite; whoever waits so listens for a change of the rate.
        """
        left = mission - self.now()
        if left <= 0:
            return 0.0
        if self.rate == 0:
            return math.inf
        return -(-left * self.rate.denominator // self.rate.numerator) / SECOND

    async def reached(self, mission: int) -> None:
        """Return once a mission time, in ns, has come, at whatever rates."""
        changed = asyncio.Event()
        end = self.subscribe(changed.set)
        try:
            while (delay := self.wall_delay_s(mission)) > 0:
                changed.clear()
                await wait_for(changed, min(delay, LONGEST_SLEEP_S))
        finally:
            end()

    def _begin_at(self, mission: int) -> None:
        self._spans.clear()
        self._spans.append(_Span(self._wall(), mission, self.rate))


async def wait_for(event: asyncio.Event, seconds: float) -> None:
    """Return once an event is set, or after some seconds of the wall."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def _exact(rate: float | Fraction, most: int | Fraction) -> Fraction:
    """Return a rate as a fraction, so that decades of mission time add up without a rounding error."""
    if not 0 <= rate <= most:  # also what is no number
        raise _no_rate(rate, "from 0", most)
    return Fraction(rate).limit_denominator(FASTEST)


def _no_rate(rate: float | Fraction, least: str, most: int | Fraction) -> InputError:
    right = f"It is {least} and at most {float(most):g}"
    return InputError(f"{rate} is no rate of a clock", where="rate", right=right)


class _Timer:
    """A call that is planned: for a mission time, or by the wall alone; and the loop's handle of it.

    There is no handle while the clock stands.
    """

    def __init__(self, mission: int | None, call: Callable[[], None]) -> None:
        self.mission = mission
        self.call = call
        self.handle: asyncio.TimerHandle | None = None

    def cancel(self) -> None:
        if self.handle:
            self.handle.cancel()
            self.handle = None


class MissionTimers:
    """Calls that are planned and can all be called off at once.

    Args:
        clock: mission time.
    """

    def __init__(self, clock: MissionClock) -> None:
        self._clock = clock
        self._timers: dict[_Timer, None] = {}  # a dict, because a set has no order
        self._end = clock.subscribe(self._arm_all)

    def at(self, mission: int, call: Callable[_P, None], *args: _P.args, **kwargs: _P.kwargs) -> None:
        """Call at a mission time, in ns, or in the next turn of the loop where it has passed."""
        timer = _Timer(mission, partial(call, *args, **kwargs))
        self._timers[timer] = None
        self._arm(timer, mission)

    def after_s(self, seconds: float, call: Callable[_P, None], *args: _P.args, **kwargs: _P.kwargs) -> None:
        """Call after some seconds of the wall, however fast mission time goes meanwhile."""
        timer = _Timer(None, partial(call, *args, **kwargs))
        self._timers[timer] = None
        timer.handle = asyncio.get_running_loop().call_later(seconds, self._due, timer)

    def cancel(self) -> None:
        """Call nothing of what is planned."""
        self._end()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _arm_all(self) -> None:
        for timer in self._timers:
            if timer.mission is not None:
                timer.cancel()
                self._arm(timer, timer.mission)

    def _arm(self, timer: _Timer, mission: int) -> None:
        delay = self._clock.wall_delay_s(mission)
        if delay < math.inf:
            timer.handle = asyncio.get_running_loop().call_later(delay, self._due, timer)

    def _due(self, timer: _Timer) -> None:
        del self._timers[timer]
        timer.call()
