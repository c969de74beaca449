"""The demo: the expedition's real nodes in one process, TCPCLv4 on loopback between them.

On first start the days before are lived through in virtual time, by the same code, and the
stores that this leaves are where the live nodes begin. From then on the data folder is the
truth: letters, bundles, mission time, and whether the storm blows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from fractions import Fraction
from pathlib import Path

from starlight import dtntime
from starlight.app.access import hold, token_of
from starlight.app.demo_folder import DemoFolder, Say
from starlight.app.demo_nodes import DemoNodes
from starlight.app.demo_pace import FASTEST, START, Pace
from starlight.app.demo_people import DemoPeople
from starlight.app.demo_plans import DemoPlans, StormTurn
from starlight.app.demo_story import DemoStory
from starlight.app.page_backend import NodePageBackend
from starlight.app.serve import address_of, bind, serve
from starlight.app.sky_view import SkyView
from starlight.app.storm import StormControl
from starlight.correspondents.makers import EXPEDITION
from starlight.dtntime import DAY
from starlight.errors import InputError
from starlight.extras import install
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon
from starlight.rehearsal import script
from starlight.rehearsal.programs import left_out, program_names, programs
from starlight.scenario.kernels import open_sky
from starlight.scenario.reading import load

Opened = Callable[[str], None]


async def run_demo(
    scenario_name: str,
    folder: Path,
    say: Say,
    *,
    speed: float = START,
    at: int | None = None,
    port: int = 0,
    opened: Opened | None = None,
    record: Path | None = None,
) -> None:
    """Run the demo until it is told to end.

    Args:
        scenario_name: a built-in scenario or a TOML file.
        folder: keeps everything; made when it is not there.
        say: takes a line for the person who started it.
        speed: mission seconds per second, until the page chooses another.
        at: where the mission begins, in ns, when the folder is new; None: where the scenario says.
        port: of the page; 0 or taken: any free one.
        opened: is given the page's address once it can be opened.
        record: a folder for the record of each node.

    Raises:
        InputError: the scenario or an argument is wrong, or the folder belongs to something else.
        StoreError: a store can't be used.
    """
    with hold(folder):
        demo = Demo(scenario_name, folder, say, speed=speed, at=at, record=record)
        listener = bind("127.0.0.1", port, fall_back=True)
        try:
            await demo.start()
            address = f"{address_of(listener)}/?token={token_of(folder)}"
            say(f"The page: {address}")
            listener.listen(128)  # So that a browser that is faster than the server waits, not fails.
            if opened is not None:
                opened(address)
            await serve(demo.backend, list(demo.daemons.values()), listener, folder)
        finally:
            listener.close()
            await demo.stop()


class Demo:
    """The nodes of a scenario, live.

    Args: as `run_demo`.
    """

    def __init__(
        self,
        scenario_name: str,
        folder: Path,
        say: Say,
        *,
        speed: float = START,
        at: int | None = None,
        record: Path | None = None,
    ) -> None:
        self.scenario = load(scenario_name)
        if not self.scenario.person:
            right = "Give the scenario a [[person]] with a mailbox"
            raise InputError("has nobody who could write or read", where=scenario_name, right=right)
        since = dtntime.from_text(self.scenario.demo_since) if at is None else at
        self.scenario.check_lived(since - DAY, f"{scenario_name}: demo_since" if at is None else "--at")
        if record is not None:
            _make(record)
        self.sky = open_sky()
        self._say = say
        self._tasks: list[asyncio.Task[None]] = []
        kept = DemoFolder(folder, self.scenario, say)
        self._state = kept.open(scenario_name, at, self.sky)
        rate = Fraction(speed).limit_denominator(1_000_000)
        # Standing at first: the seconds in which the nodes start and connect can be hours of the mission.
        self.clock = MissionClock(self._state.begun, rate, standing=True, fastest=FASTEST)
        self._pace = Pace(self.scenario, self._state.begun, self.clock, speed)
        people = DemoPeople(self.scenario, self._state.begun)
        cast = script.demonstrated(self.scenario, self._state.begun, self._is_visited)
        for number, makers in programs(self.scenario).items():
            cast.setdefault(number, []).extend(makers)
        if missing := left_out(self.scenario):
            say(f"{', '.join(missing)}: take no part, for want of libraries. {install(EXPEDITION)}")
        self._nodes = DemoNodes(self.scenario, kept, people, cast, self.clock, record)
        self._plans = DemoPlans(self.scenario, kept, self._state, self._nodes, self.clock)
        self._storm: StormControl | None = None
        if self._plans.has_storm:
            self._storm = StormControl(
                active=self._state.storm_since is not None,
                since=self._state.storm_since,
                cuts="the relays",
                set_active=self._set_storm,
            )
        self._story = DemoStory(self.scenario, kept, self._state, self._nodes, self.clock, self._turn_storm)
        self.backend = self._make_backend(people)

    @property
    def daemons(self) -> dict[int, Daemon]:
        """The daemons by node number."""
        return self._nodes.daemons

    def _make_backend(self, people: DemoPeople) -> NodePageBackend:
        scenario = self.scenario
        sky_view = SkyView(
            self.sky,
            scenario.worlds(),
            {node.number: node.world for node in scenario.node},
            scenario.titles(),
            wires_s=scenario.wire_light_s(),
            planned_by_sky=True,
            conjunction_limit_deg=scenario.conjunction_limit_deg(),
        )
        return NodePageBackend(
            people.inhabitants(),
            people.address_book(),
            self.daemons,
            sky_view,
            self._storm,
            script.vehicles(scenario) | {at: name for at, (name, _) in program_names(scenario).items()},
            self.clock,
            self._pace,
        )

    def _is_visited(self, person: str) -> bool:
        """Return whether a page is open as someone, who then reads and answers for themselves."""
        return self.backend.is_visited(person)

    async def start(self) -> None:
        """Start all nodes, connect them, and let the mission go on.

        Raises:
            RangeError: mission time is past the end of the ephemeris.
        """
        await self._nodes.start(self._plans.begin())
        self._plans.cut()
        # Links are cut before the clock runs, or letters would slip through a storm that goes on.
        await self._nodes.connected(self._say)
        await self._plans.catch_up()
        await self._story.catch_up()
        self.clock.run()
        self._go_on(self._plans.keep_planning())
        self._go_on(self._story.play())

    async def stop(self) -> None:
        """Stop what goes on by itself, and the nodes."""
        self._pace.stop()
        for task in self._tasks:
            task.cancel()
        await self._nodes.stop()
        self.backend.close()

    def _go_on(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.append(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.remove(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._say(f"Something that goes on by itself has stopped: {error}")

    async def _set_storm(self, active: bool) -> None:
        """Let the button's storm loose, or end what blows; those who notice it amend the plan before this
        returns."""
        await self._turn_storm(StormTurn(self.clock.now(), 0, None if not active else self._plans.believed()))

    async def _turn_storm(self, turn: StormTurn) -> None:
        """Let a storm come or go; one that blows already is taken for it."""
        active = turn.believed is not None
        if self._storm is not None and active != self._storm.active:
            # At once, so that no page sees a storm without its beginning while those who notice it are told.
            self._storm.active, self._storm.since = active, self.clock.now() if active else None
            await self._plans.let_loose(turn)
            self._storm.since = self._state.storm_since


def _make(record: Path) -> None:
    try:
        record.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        told = f"can't be made ({error.strerror})"
        raise InputError(told, where=str(record), right="Give --record a folder") from None
