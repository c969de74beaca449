"""The story of a demo as it happens: mailboxes that open and close, storms that come and go.

What people write and vehicles report is theirs (`rehearsal/script.py`); this is what nobody at a node does by
themselves. All of it happens at its mission time, at whatever speed that goes; what a stop has kept from
happening is made up for at the next start.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlight.app.demo_folder import DemoFolder, DemoState
from starlight.app.demo_nodes import DemoNodes
from starlight.app.demo_plans import StormTurn
from starlight.live.clock import MissionClock
from starlight.planner.storms import storms
from starlight.rehearsal import script
from starlight.rehearsal.script import Opening
from starlight.scenario.scenario import Scenario

FAR = 2**62
"""Later than any mission, in ns."""

TurnStorm = Callable[[StormTurn], Awaitable[None]]


class DemoStory:
    """Let happen what happens by itself in a demo.

    Args:
        scenario: what is played.
        folder, state: what is remembered, and where.
        nodes: where mailboxes open and close.
        clock: of the mission.
        turn_storm: lets a storm come or go.
    """

    def __init__(
        self,
        scenario: Scenario,
        folder: DemoFolder,
        state: DemoState,
        nodes: DemoNodes,
        clock: MissionClock,
        turn_storm: TurnStorm,
    ) -> None:
        self._folder = folder
        self._state = state
        self._nodes = nodes
        self._clock = clock
        self._turn_storm = turn_storm
        # What is open when a demo begins and stays so, its nodes open themselves.
        openings = script.openings(scenario, state.begun, FAR)
        turned = {each.address for each in openings if each.time > state.begun}
        openings = [each for each in openings if each.address in turned]
        happens: list[Opening | StormTurn] = [*openings, *_turns(scenario)]
        self._happens = sorted(happens, key=lambda each: each.time)

    async def catch_up(self) -> None:
        """Let be what should be by now: mailboxes open or closed, a storm that blows or has ended."""
        now = self._clock.now()
        played = now if self._state.played is None else self._state.played
        missed = [each for each in self._happens if each.time <= now]
        stands = {each.address: each for each in missed if isinstance(each, Opening)}
        for opening in stands.values():
            await self._nodes.turn_mailbox(opening)
        turns = [each for each in missed if isinstance(each, StormTurn) and each.time > played]
        # Of a storm that came and went meanwhile nobody here was told.
        for turn in turns[-1:]:
            await self._turn_storm(turn)
        self._played(now)

    async def play(self) -> None:
        """Let everything else happen at its time."""
        for each in self._happens:
            assert self._state.played is not None  # by `catch_up`
            if each.time <= self._state.played:
                continue
            await self._clock.reached(each.time)
            if isinstance(each, Opening):
                await self._nodes.turn_mailbox(each)
            else:
                await self._turn_storm(each)
            self._played(each.time)

    def _played(self, time: int) -> None:
        self._state.played = time
        self._folder.keep(self._state)


def _turns(scenario: Scenario) -> list[StormTurn]:
    found = []
    for number, storm in enumerate(storms(scenario)):
        found.append(StormTurn(storm.start, number, storm.forecast_end))
        found.append(StormTurn(storm.end, number, None))
    return found
