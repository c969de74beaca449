"""The plan of a demo, and the storm of the page's button in it.

All nodes begin with the same plan. The storm cuts its links at once; the nodes that notice it amend the plan,
as in a rehearsal, and all others go by that when a bundle has brought it.
"""

from __future__ import annotations

import asyncio

import msgspec

from starlight import dtntime
from starlight.app.demo_folder import DemoFolder, DemoState
from starlight.app.demo_nodes import DemoNodes
from starlight.contacts import ContactPlan
from starlight.dtntime import DAY
from starlight.errors import RangeError
from starlight.live.clock import MissionClock
from starlight.planner.planner import known_plan, plan_channels
from starlight.planner.storms import Storm, storms
from starlight.scenario.kernels import open_sky
from starlight.scenario.scenario import Scenario

PLAN_AHEAD = 40 * DAY
"""How far ahead the live plan reaches: longer than Yeoju and Arsia Mons ever miss each other."""
PLAN_AGAIN = 20 * DAY
"""The plan is made anew when less than this is left of it."""
PLAN_BEHIND = DAY
FORECAST = 2 * DAY
"""For how long a storm of the button is first believed to last."""
LONGEST_SLEEP_S = 60.0
"""Sleeps are cut in pieces, because a laptop's lid may stop one of the clocks."""


class DemoPlans:
    """The plan that all nodes begin with, made further before it runs out, and the storm in it.

    Args:
        scenario: what is played; its first storm says what the button's storm cuts, and who notices it.
        folder, state: what is remembered, and where.
        nodes: whom the plan is for.
        clock: of the mission.
    """

    def __init__(
        self,
        scenario: Scenario,
        folder: DemoFolder,
        state: DemoState,
        nodes: DemoNodes,
        clock: MissionClock,
    ) -> None:
        self._scenario = scenario
        self._folder = folder
        self._state = state
        self._nodes = nodes
        self._clock = clock
        self._sky = open_sky()  # Its own, because plans are made in another thread.
        self._storm = next(iter(storms(scenario)), None)
        self._until = 0

    @property
    def has_storm(self) -> bool:
        """Return whether there is a storm that can be let loose."""
        return self._storm is not None

    def begin(self) -> ContactPlan:
        """Make the plan that the nodes begin with.

        Raises:
            RangeError: mission time is past the end of the ephemeris.
        """
        plan, self._until = self._made(self._clock.now())
        return self._numbered(plan)

    def cut(self) -> None:
        """Cut what the storm cuts while it blows, and nothing else."""
        blowing = self._blowing()
        self._nodes.cut(blowing.links if blowing else ())

    async def catch_up(self) -> None:
        """Amend the plan by what a stop has kept from being told: a storm that blows, or that has ended."""
        blowing = self._blowing()
        if blowing is not None:
            await self._notice(blowing)
        elif self._storm is not None:
            await self._nodes.end(self._storm, self._clock.now())

    async def let_loose(self, now: int, *, active: bool) -> None:
        """Let the storm loose, or end it, at a time in ns: its links fall or rise at once.

        Done when those who notice it have amended the plan; the others hear of it by bundle.
        """
        ended = None if active else self._blowing()
        self._state.storm_since = now if active else None
        self._state.storm_until = now + FORECAST if active else None
        self._folder.keep(self._state)
        self.cut()
        told = self._blowing() if active else ended and msgspec.structs.replace(ended, end=now)
        if told is not None:
            await self._notice(told)

    async def keep_planning(self) -> None:
        """Plan further before the plan runs out; forecast a storm anew when it outlives its forecast."""
        while True:
            storm, now = self._blowing(), self._clock.now()
            at_the_end = self._until >= self._sky.covers[1] - DAY
            # At the end of the ephemeris nothing is left to plan; storms still have to be looked after.
            again = now + DAY if at_the_end else self._until - PLAN_AGAIN
            # A storm may come up meanwhile, so it looks again after a day at the latest.
            await until(self._clock, min(again, now + DAY, storm.end if storm else again))
            now = self._clock.now()
            if now >= again and not at_the_end:
                work = asyncio.get_running_loop().run_in_executor(None, self._made, now)
                plan, self._until = await work
                await self._nodes.change_plan(self._numbered(plan))
            storm = self._blowing()
            if storm is not None and now >= storm.end:
                self._state.storm_until = now + FORECAST
                self._folder.keep(self._state)
                await self._notice(msgspec.structs.replace(storm, end=now + FORECAST))

    async def _notice(self, storm: Storm) -> None:
        for number in storm.noticed_by:
            await self._nodes.daemons[number].plan.revise(storm.outage(storm.end))

    def _made(self, now: int) -> tuple[ContactPlan, int]:
        """Return the plan from a time on, in ns, and until when it reaches; runs in another thread.

        Links that the story adds later are not in it.
        """
        end = min(now + PLAN_AHEAD, self._sky.covers[1] - DAY)
        if end <= now:
            last = dtntime.to_text(self._sky.covers[1])
            raise RangeError(
                f"mission time {dtntime.to_text(now)} is past the end of the ephemeris, {last};"
                " begin a new mission with another --data folder"
            )
        channels = plan_channels(self._scenario, self._sky, now - PLAN_BEHIND, end)
        return known_plan(channels, self._state.begun), end

    def _numbered(self, plan: ContactPlan) -> ContactPlan:
        self._state.version += 1
        return msgspec.structs.replace(plan, version=self._state.version)

    def _blowing(self) -> Storm | None:
        """Return the storm that blows, by the state, with the end that is believed in."""
        since, end = self._state.storm_since, self._state.storm_until
        if self._storm is None or since is None or end is None:
            return None
        return msgspec.structs.replace(self._storm, start=since, end=end, forecast_end=end)


async def until(clock: MissionClock, mission: int) -> None:
    """Wait until a mission time in ns."""
    while (delay := clock.wall_delay_s(mission)) > 0:
        await asyncio.sleep(min(delay, LONGEST_SLEEP_S))
