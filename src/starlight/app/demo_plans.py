"""The plan of a demo, and the storms in it: the page's button's, and those of the story.

All nodes begin with the same plan, and learn of the story's new links when these are announced. A storm
cuts its links at once; the nodes that notice it amend the plan, as in a rehearsal, and all others go by that
when a bundle has brought it.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import msgspec

from starlight import dtntime
from starlight.app.demo_folder import DemoFolder, DemoState
from starlight.app.demo_nodes import DemoNodes
from starlight.app.kept_channels import Channels, KeptChannels
from starlight.contacts import ContactPlan
from starlight.dtntime import DAY
from starlight.errors import RangeError
from starlight.live.clock import MissionClock
from starlight.planner.planner import announcements, known_plan, plan_channels
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


class StormTurn(NamedTuple):
    """A storm that comes up, or ends.

    Attributes:
        time: when, in ns.
        storm: which of the scenario's.
        believed: until when it is first believed to last, in ns; None where it ends.
    """

    time: int
    storm: int
    believed: int | None


class DemoPlans:
    """The plan that all nodes begin with, made further before it runs out, and the storm in it.

    Args:
        scenario: what is played; its first storm says what the button's cuts, and who notices that.
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
        self._kept = KeptChannels(folder.plan_file(), scenario)
        self._storms = storms(scenario)
        self._planned: Channels
        self._known_at = 0

    @property
    def has_storm(self) -> bool:
        """Return whether there is a storm that can be let loose."""
        return bool(self._storms)

    def begin(self) -> ContactPlan:
        """Return the plan that the nodes begin with.

        Raises:
            RangeError: mission time is past the end of the ephemeris.
        """
        now = self._clock.now()
        self._planned = self._found(now)
        return self._known(now)

    def cut(self) -> None:
        """Cut what the storm cuts while it blows, and nothing else."""
        blowing = self._blowing()
        self._nodes.cut(blowing.links if blowing else ())

    async def catch_up(self) -> None:
        """Amend the plan by what a stop has kept from being told: a storm that blows, or that has ended."""
        blowing = self._blowing()
        if blowing is not None:
            await self._notice(blowing)
        for storm in self._storms:
            if blowing is None or storm.links != blowing.links or storm.text != blowing.text:
                await self._nodes.end(storm, self._clock.now())

    def believed(self) -> int:
        """Return until when a storm that comes now, unforeseen, is believed to last, in ns."""
        return self._clock.now() + FORECAST

    async def let_loose(self, turn: StormTurn) -> None:
        """Let a storm loose now, or end the one that blows: its links fall or rise at once.

        Done when those who notice it have amended the plan; the others hear of it by bundle.
        """
        now, active = self._clock.now(), turn.believed is not None
        ended = None if active else self._blowing()
        self._state.storm = turn.storm
        self._state.storm_since = now if active else None
        self._state.storm_until = turn.believed
        self._folder.keep(self._state)
        self.cut()
        told = self._blowing() if active else ended and msgspec.structs.replace(ended, end=now)
        if told is not None:
            await self._notice(told)

    async def keep_planning(self) -> None:
        """Plan further before the plan runs out; learn of new links; forecast anew a storm that outlives its
        forecast."""
        while True:
            storm, now = self._blowing(), self._clock.now()
            at_the_end = self._planned.end >= self._sky.covers[1] - DAY
            # At the end of the ephemeris nothing is left to plan; storms still have to be looked after.
            again = now + DAY if at_the_end else self._planned.end - PLAN_AGAIN
            # From what the plan in force knows, not from now: one may have passed while the plan was made.
            news = next(iter(announcements(self._planned.channels, self._known_at)), again)
            # A storm may come up meanwhile, so it looks again after a day at the latest.
            await self._clock.reached(min(again, news, now + DAY, storm.end if storm else again))
            now = self._clock.now()
            if now >= again and not at_the_end:
                work = asyncio.get_running_loop().run_in_executor(None, self._found, now)
                self._planned = await work
                await self._nodes.change_plan(self._known(now))
            elif now >= news:
                await self._nodes.change_plan(self._known(now))
            storm = self._blowing()
            if storm is not None and now >= storm.end:
                self._state.storm_until = now + FORECAST
                self._folder.keep(self._state)
                await self._notice(msgspec.structs.replace(storm, end=now + FORECAST))

    async def _notice(self, storm: Storm) -> None:
        for number in storm.noticed_by:
            await self._nodes.daemons[number].plan.revise(storm.outage(storm.end))

    def _found(self, now: int) -> Channels:
        """Return channels for a time on, in ns, kept or made; runs in another thread."""
        end = min(now + PLAN_AHEAD, self._sky.covers[1] - DAY)
        if end <= now:
            last = dtntime.to_text(self._sky.covers[1])
            raise RangeError(
                f"mission time {dtntime.to_text(now)} is past the end of the ephemeris, {last};"
                " begin a new mission with another --data folder"
            )
        start = now - PLAN_BEHIND

        def make() -> Channels:
            return Channels(start, end, plan_channels(self._scenario, self._sky, start, end))

        # What is planned further while it runs reaches as far as it can; at a start what is kept will do.
        return self._kept.get(start, min(now + PLAN_AGAIN + DAY, end), make)

    def _known(self, now: int) -> ContactPlan:
        """Return the plan, under a new number, of the links that are announced at a time in ns."""
        self._known_at = now
        self._state.version += 1
        return known_plan(self._planned.channels, now, self._state.version)

    def _blowing(self) -> Storm | None:
        """Return the storm that blows, by the state, with the end that is believed in."""
        since, end = self._state.storm_since, self._state.storm_until
        if not self._storms or since is None or end is None:
            return None
        storm = self._storms[min(self._state.storm, len(self._storms) - 1)]
        return msgspec.structs.replace(storm, start=since, end=end, forecast_end=end)
