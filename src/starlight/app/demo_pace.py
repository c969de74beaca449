"""The pace of a demo: how fast its mission goes, for all its nodes at once, and going on to what comes next.

There is one clock, so a letter in flight arrives at the mission time that was promised, whatever is done
here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlight.dtntime import SECOND
from starlight.errors import InputError
from starlight.live.change_listeners import ChangeListeners
from starlight.live.clock import MissionClock
from starlight.rehearsal import script
from starlight.scenario.scenario import Scenario
from starlight.views.page_status import OutlookView, PaceView

START = 120.0
"""Mission seconds a second at which a demo begins. In April 2051 light needs 17 minutes to Mars, so a letter
is seen to cross for eight seconds, and its receipt is there after seventeen: with the writing, within a
minute."""
RATES = (0.0, 1.0, 60.0, 120.0, 600.0, 3600.0)
"""The rates that a page offers. At an hour a second a window of hours still is seconds, and what a slow
machine is late by is still less than a light time."""
FASTEST = RATES[-1]
BRAKE_S = 0.5
"""How late a machine may be, in seconds of the wall, without running past where it is to stop."""
LEAD_S = 3.0
"""Whoever goes on to what comes next is there so many seconds of the wall before, at the pace of before."""


class Pace:
    """Turns the clock of a demo.

    Args:
        scenario: what is played.
        begun: when, in ns.
        clock: of the mission.
        start: the rate with which it begins.
    """

    def __init__(self, scenario: Scenario, begun: int, clock: MissionClock, start: float) -> None:
        self._clock = clock
        self._points = script.turning_points(scenario, begun)
        self._outlook = script.outlook(scenario)
        self._rates = tuple(sorted({*RATES, start}))
        self._chosen = start  # last, and above 0
        self._going: asyncio.Task[None] | None = None
        self._listeners = ChangeListeners()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call a listener whenever the pace was changed; return what ends that."""
        return self._listeners.add(listener)

    def view(self, person: str) -> PaceView:
        """Return the pace as the page of a person, by id, shows it."""
        now = self._clock.now()
        mine = [each for each in self._outlook if person in each.people]
        coming = next((each for each in mine if each.known <= now < each.at), None)
        point = self._next(now)
        turns = [time for each in mine for time in (each.known, each.at)]
        turns += [point - self._lead()] if point is not None else []
        return PaceView(
            rate=float(self._clock.rate),
            rates=self._rates,
            goes_on=self._going is not None,
            can_go_on=point is not None,
            coming=OutlookView(coming.at, coming.text) if coming else None,
            until=min((time for time in turns if time > now), default=None),
        )

    def turn(self, rate: float) -> None:
        """Let mission time go at another rate, 0 to let it stand.

        Raises:
            InputError: it is no such rate.
        """
        self._clock.change_rate(rate)
        self._chosen = rate or self._chosen
        self.stop()
        self._listeners.notify()

    def go_on(self) -> None:
        """Go at the greatest rate to shortly before the story turns next, and then at the one chosen last.

        Raises:
            InputError: nothing more comes.
        """
        point = self._next(self._clock.now())
        if point is None:
            raise InputError("nothing more comes in this story", where="clock")
        self.stop()
        self._clock.change_rate(self._clock.fastest)
        self._going = asyncio.get_running_loop().create_task(self._go_to(point - self._lead()))
        self._listeners.notify()

    def stop(self) -> None:
        """Go on to nothing any more; the rate stays as it is."""
        if self._going is not None:
            self._going.cancel()
            self._going = None

    async def _go_to(self, time: int) -> None:
        # At an hour a second a tenth of a second's delay would run past what comes, so it brakes.
        rate = float(self._clock.fastest)
        while rate > self._chosen:
            self._clock.change_rate(rate)
            self._listeners.notify()
            await self._clock.reached(time - round(BRAKE_S * SECOND * rate))
            rate /= 4
        self._going = None
        self._clock.change_rate(self._chosen)
        self._listeners.notify()

    def _next(self, now: int) -> int | None:
        """Return when the story turns next, in ns, if that is not at once."""
        return next((point for point in self._points if point - self._lead() > now), None)

    def _lead(self) -> int:
        return round(LEAD_S * SECOND * self._chosen)
