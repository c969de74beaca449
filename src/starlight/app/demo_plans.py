"""The plans of a demo, and the storm of the page's button in them.

Each world plans with what it knows. The storm cuts its links at once; the nodes of its own world learn of it
at once too, those of every other world one light time later, as the plan awareness of a rehearsal has it.
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
from starlight.planner import awareness
from starlight.planner.awareness import StormFacts
from starlight.planner.planner import Channel, known_plan, plan_channels
from starlight.scenario.kernels import open_sky
from starlight.scenario.scenario import Scenario
from starlight.sky import Sky

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
    """The plan that each world believes in, made further before it runs out.

    Args:
        scenario: what is played; its first storm says what the button's storm cuts.
        folder, state: what is remembered, and where.
        nodes: whom the plans are for.
        clock: of the mission.
        sky: the ephemeris, for light times on the event loop.
    """

    def __init__(
        self,
        scenario: Scenario,
        folder: DemoFolder,
        state: DemoState,
        nodes: DemoNodes,
        clock: MissionClock,
        sky: Sky,
    ) -> None:
        self._scenario = scenario
        self._folder = folder
        self._state = state
        self._nodes = nodes
        self._clock = clock
        self._sky = sky
        self._planning_sky = open_sky()  # Its own, because plans are made in another thread.
        self._storm = next(iter(awareness.storms(scenario)), None)
        self._channels: list[Channel] = []
        self._until = 0
        self._known: dict[str, StormFacts | None] = dict.fromkeys(scenario.worlds(), self._blowing())

    @property
    def storm_world(self) -> str | None:
        """The name of the world that a storm of the button's would blow over; None where there is none."""
        return self._storm.world if self._storm else None

    def begin(self) -> dict[str, ContactPlan]:
        """Make the first plan, and return what each world believes in.

        Raises:
            RangeError: mission time is past the end of the ephemeris.
        """
        self._channels, self._until = self._made(self._clock.now())
        return {world: self._plan_of(world) for world in self._known}

    def cut(self) -> None:
        """Cut what the storm cuts while it blows, and nothing else."""
        blowing = self._blowing()
        self._nodes.cut(blowing.links if blowing else ())

    def let_loose(self, now: int, *, active: bool) -> StormFacts | None:
        """Let the storm loose, or end it, at a time in ns: its links fall or rise at once.

        Returns:
            the storm that blows from then on, which the worlds are yet to learn of; None for none.
        """
        self._state.storm_since = now if active else None
        self._state.storm_until = now + FORECAST if active else None
        self._folder.keep(self._state)
        self.cut()
        return self._blowing()

    async def learn(self, world: str, happened: int, storm: StormFacts | None) -> None:
        """Tell the nodes of a world what blows since a time in ns, once light has brought word there."""
        if self._storm is not None and world != self._storm.world:
            light = awareness.light_between(self._scenario, self._sky, self._storm.world, world, happened)
            await until(self._clock, happened + light)
        await self._tell(world, storm)

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
                self._channels, self._until = await work
            elif storm is None or self._blowing() is None or now < storm.end:
                continue
            if self._state.storm_since is not None and self._state.storm_until is not None:
                self._state.storm_until = max(self._state.storm_until, now + FORECAST)
                self._folder.keep(self._state)
                self._known = dict.fromkeys(self._known, self._blowing())
            for world in self._known:
                await self._tell(world, self._known[world])

    async def _tell(self, world: str, storm: StormFacts | None) -> None:
        self._known[world] = storm
        await self._nodes.change_plan(world, self._plan_of(world))

    def _made(self, now: int) -> tuple[list[Channel], int]:
        """Return the channels from a time on, in ns, and until when they reach; runs in another thread."""
        end = min(now + PLAN_AHEAD, self._planning_sky.covers[1] - DAY)
        if end <= now:
            last = dtntime.to_text(self._planning_sky.covers[1])
            raise RangeError(
                f"mission time {dtntime.to_text(now)} is past the end of the ephemeris, {last};"
                " begin a new mission with another --data folder"
            )
        return plan_channels(self._scenario, self._planning_sky, now - PLAN_BEHIND, end), end

    def _plan_of(self, world: str) -> ContactPlan:
        """Return the plan that a world believes in now. Links that the story adds later are not in it."""
        self._state.version += 1
        plan = known_plan(self._channels, self._state.begun, self._state.version)
        storm = self._known[world]
        if storm is None:
            return plan
        return awareness.plan_under(plan, storm, storm.forecast_end, self._state.version)

    def _blowing(self) -> StormFacts | None:
        """Return the storm that blows, by the state."""
        since, end = self._state.storm_since, self._state.storm_until
        if self._storm is None or since is None or end is None:
            return None
        return msgspec.structs.replace(self._storm, start=since, end=end, forecast_end=end)


async def until(clock: MissionClock, mission: int) -> None:
    """Wait until a mission time in ns."""
    while (delay := clock.wall_delay_s(mission)) > 0:
        await asyncio.sleep(min(delay, LONGEST_SLEEP_S))
