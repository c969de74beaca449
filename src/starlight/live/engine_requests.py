"""Requests of this process to the engine: of people, programs and planners, and of who looks after a node.

All come through here, so that one rule holds for each: what has happened before is handled before, at one
mission time; and whoever waits, waits until what was caused is on disk.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlight.engine.applications import Applications
from starlight.engine.host import Host
from starlight.engine.step import Step
from starlight.errors import StoreError
from starlight.live.clock import MissionClock
from starlight.live.commit_pipeline import CommitPipeline
from starlight.live.engine_loop import EngineLoop
from starlight.node.application import Request
from starlight.node.events import Event


class EngineRequests:
    """Hands requests to the engine of a node, while it runs.

    Args:
        host: the engine with its applications.
        applications: in whose names is asked.
        engine: drives the host.
        commits: makes durable what a step asks for.
        clock: mission time.

    Attributes:
        running: the node takes requests.
    """

    def __init__(
        self,
        host: Host,
        applications: Applications,
        engine: EngineLoop,
        commits: CommitPipeline,
        clock: MissionClock,
    ) -> None:
        self._host = host
        self._applications = applications
        self._engine = engine
        self._commits = commits
        self._clock = clock
        self.running = False

    def moment(self) -> int:
        """Handle what has happened so far, so that what a person asks comes after it; return mission time.

        Raises:
            StoreError: the node does not run.
        """
        if not self.running:
            raise StoreError(f"node {self._host.node.number} is not running")
        self._engine.catch_up()
        return self._clock.now()

    async def carry_out(self, name: str, requests: Sequence[Request], now: int) -> None:
        """Hand requests of an application to the engine; return once what they cause is durable."""
        await self._durable(self._step(name, requests, now), now)

    async def tell(self, events: Sequence[Event], now: int) -> None:
        """Hand events to the engine; return once what they cause is durable."""
        await self._durable(self._host.step(events, now), now)

    def tell_first(self, event: Event) -> None:
        """Hand an event to the engine before anything else that is due; durable with the next commit."""
        now = self._clock.now()
        step = self._host.step((event,), now)
        self._engine.arm()
        self._commits.submit(step, now)

    def put(self, name: str, requests: Sequence[Request]) -> None:
        """Hand requests of an application to the engine, if it runs; durable with the next commit."""
        if requests and self.running:
            now = self.moment()
            step = self._step(name, requests, now)
            self._engine.arm()
            self._commits.submit(step, now)

    def _step(self, name: str, requests: Sequence[Request], now: int) -> Step:
        return self._host.ask(self._applications.asked(name, requests), now)

    async def _durable(self, step: Step, now: int) -> None:
        # The step may have set a deadline before the one that the timer waits for.
        self._engine.arm()
        await self._commits.durable(step, now)
