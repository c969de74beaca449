"""A watch over the clock of this machine: held against the store at the start, later against peers'."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlight.dtntime import SECOND
from starlight.live.clock import MissionClock
from starlight.node.clock_offsets import ClockOffsets, tolerance_at
from starlight.node.events import ClockWentOn, Event, ExpiryHeld
from starlight.node.own_clock import FOUNDED, OwnClock, OwnClockDoubt
from starlight.node.trace_events import OwnClockDoubted, OwnClockSettled
from starlight.trace import TraceEvent

LOOK_S = 30.0
"""Seconds of the wall between two looks; nothing is written for them. Peers' clocks are looked at when
they are told."""


class OwnClockWatch:
    """Watches the clock of a node that follows the system's UTC; any other is only moved up to its store.

    Args:
        clock: mission time, which this sets.
        last: the last mission time that the store has recorded, in ns; None for a new one.
        offsets: returns the offsets of the peers' clocks.
        tell: hands the engine an event at once, before anything else is due.
        say: takes what is to be traced.
        trusted: a person says that the machine's clock is right.

    Attributes:
        goes_back: a person says so of a clock that is behind what the store has recorded.
    """

    def __init__(
        self,
        clock: MissionClock,
        last: int | None,
        offsets: Callable[[], ClockOffsets],
        tell: Callable[[Event], None],
        say: Callable[[TraceEvent], None],
        *,
        trusted: bool = False,
    ) -> None:
        self._clock, self._offsets, self._tell, self._say = clock, offsets, tell, say
        self._own: OwnClock | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._since = self._looked = 0
        self._told: OwnClockDoubt | None = None
        self.goes_back = False
        if clock.follows_day:
            self._own = OwnClock(last, clock.by_day(), tolerance_at(float(clock.fastest)), trusted=trusted)
            if self._own.doubt is not None:
                clock.set(self._own.start)
            self.goes_back = last is not None and self._own.start < last
        else:
            clock.not_before(last)

    @property
    def doubt(self) -> OwnClockDoubt | None:
        """Return what is wrong with the machine's clock; None for nothing."""
        return None if self._own is None else self._own.doubt

    @property
    def holds_expiry(self) -> bool:
        """Return whether nothing that is stored expires for now."""
        return self._own is not None and self._own.holds_expiry

    def start(self) -> None:
        """Look from now on."""
        self._since = self._looked = self._clock.wall_now()
        self._look_again()

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def look(self) -> None:
        """Compare the machine's clock with the node's and the peers', and say what is new."""
        own = self._own
        if own is None:
            return
        known, now = self._offsets().known(), self._clock.now()
        on = own.look(self._clock.by_day(), now, known)
        if on is not None:
            if now < FOUNDED:  # nothing that is stored was there for so long
                self._tell(ClockWentOn(on - now))
            self._clock.set(on)
        elif own.holds_expiry and own.release(self._running_s(), known, self._offsets().disagreements()):
            self._tell(ExpiryHeld(False))
        if own.doubt != self._told:
            self._told = own.doubt
            self._say(
                OwnClockSettled((0 if on is None else on - now) / SECOND)
                if own.doubt is None
                else OwnClockDoubted(own.doubt.trouble.value, own.doubt.apart / SECOND)
            )

    def _look_again(self) -> None:
        wall = self._clock.wall_now()
        if self._own is not None and wall - self._looked > 2 * LOOK_S * SECOND:
            # The machine has slept, and the loop's timers with it: they would be late by that.
            self._clock.set(self._clock.now())
        self._looked = wall
        self.look()
        self._timer = asyncio.get_running_loop().call_later(LOOK_S, self._look_again)

    def _running_s(self) -> float:
        return (self._clock.wall_now() - self._since) / SECOND
