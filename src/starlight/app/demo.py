"""The demo: the expedition's real nodes in one process, TCPCLv4 on loopback between them.

On first start the days before are lived through in virtual time, by the same code, and the
stores that this leaves are where the live nodes begin. From then on the data folder is the
truth: letters, bundles, mission time, and whether the storm blows.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Coroutine
from fractions import Fraction
from pathlib import Path

import msgspec

from starlight import dtntime
from starlight.app.access import hold, token_of, write_private
from starlight.app.page_backend import Inhabitant, NodePageBackend, StormControl
from starlight.app.serve import address_of, bind, serve
from starlight.app.sky_view import SkyView
from starlight.contacts import ContactPlan
from starlight.dtntime import DAY, SECOND
from starlight.errors import InputError, RangeError
from starlight.live.clock import MissionClock
from starlight.live.config import PeerConfig
from starlight.live.daemon import Daemon, DaemonConfig, Resident
from starlight.live.folder_lock import LOCK_FILE
from starlight.live.sqlite_store import SqliteStore
from starlight.node.config import NodeConfig
from starlight.planner import awareness as knowledge
from starlight.planner.planner import Channel, known_plan, plan_channels
from starlight.rehearsal import script
from starlight.rehearsal.rehearsal import Rehearsal
from starlight.scenario.kernels import open_sky
from starlight.scenario.reading import load
from starlight.scenario.scenario import MailboxSpec, PersonSpec, Scenario
from starlight.sky import Centre, light_time_s
from starlight.web import views
from starlight.worlds import EARTH, MARS, SolarTime

STATE_FILE = "demo.json"
PLAN_AHEAD = 40 * DAY
"""How far ahead the live plan reaches: longer than Yeoju and Arsia Mons ever miss each other."""
PLAN_AGAIN = 20 * DAY
"""The plan is made anew when less than this is left of it."""
PLAN_BEHIND = DAY
FORECAST = 2 * DAY
"""For how long a storm of the button is first believed to last."""
CONNECTED_WITHIN_S = 15.0
"""Loopback connects in milliseconds; a machine under heavy load may need seconds."""
LONGEST_SLEEP_S = 60.0
"""Sleeps are cut in pieces, because a laptop's lid may stop one of the clocks."""

Say = Callable[[str], None]
Opened = Callable[[str], None]


class DemoState(msgspec.Struct):
    """What the data folder remembers besides the stores.

    Attributes:
        scenario: which one; as it was given.
        begun: mission time at which the live part began, in ns.
        storm_since, storm_until: since when the button's storm blows, and its forecast; None while none does.
        version: of the contact plan, grows with each change.
    """

    scenario: str
    begun: int
    storm_since: int | None = None
    storm_until: int | None = None
    version: int = 1


async def run_demo(
    scenario_name: str,
    folder: Path,
    say: Say,
    *,
    speed: float = 600.0,
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
        speed: mission seconds per second.
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
        speed: float = 600.0,
        at: int | None = None,
        record: Path | None = None,
    ) -> None:
        self.scenario = load(scenario_name)
        self.folder = folder
        if record is not None:
            try:
                record.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                told = f"can't be made ({error.strerror})"
                raise InputError(told, where=str(record), right="Give --record a folder") from None
        self.sky = open_sky()
        self._planning_sky = open_sky()  # Its own, because plans are made in another thread.
        self._say = say
        self._record = record
        self._tasks: list[asyncio.Task[None]] = []
        self._state = self._open_folder(scenario_name, at)
        self._facts = _storm_links(self.scenario)
        self._channels: list[Channel] = []
        self._planned_until = 0
        self._worlds: dict[int, views.World] = {node.number: node.world for node in self.scenario.node}
        self._stormy: dict[str, knowledge.StormFacts | None] = dict.fromkeys(
            self.scenario.worlds(), self._storm_now()
        )
        rate = Fraction(speed).limit_denominator(1_000_000)
        self.clock = MissionClock(self._state.begun, rate, standing=True)
        self.daemons: dict[int, Daemon] = {}
        self._make_daemons()
        self._storm = StormControl(
            active=self._state.storm_since is not None,
            since=self._state.storm_since,
            cuts="the relays",
            set_active=self._set_storm,
        )
        self.backend = self._make_backend()

    # The data folder.

    def _open_folder(self, scenario_name: str, at: int | None) -> DemoState:
        """Return the folder's state; a folder that has none is lived into first."""
        path = self.folder / STATE_FILE
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if path.exists():
                state = msgspec.json.decode(path.read_bytes(), type=DemoState)
                self._check_folder(state, scenario_name, at)
                return state
        except OSError as error:
            raise InputError(f"can't be used ({error.strerror})", where=str(self.folder)) from None
        except msgspec.DecodeError as error:
            raise InputError(f"is not what the demo writes ({error})", where=str(path)) from None
        self._refuse_foreign()
        begun = dtntime.from_text(self.scenario.demo_at) if at is None else at
        self._live_through(begun)
        state = DemoState(scenario_name, begun)
        self._keep(state)
        return state

    def _check_folder(self, state: DemoState, scenario_name: str, at: int | None) -> None:
        if state.scenario != scenario_name:
            raise InputError(
                f"holds the scenario {state.scenario!r}, not {scenario_name!r}",
                where=str(self.folder),
                right="Give another --data folder",
            )
        if at is not None and at != state.begun:
            self._say("The data folder has a mission under way; it goes on where it stopped, not at --at.")

    def _refuse_foreign(self) -> None:
        """Refuse to write into a folder of something else; what an interrupted first start left is ours."""
        ours = {node.name for node in self.scenario.node} | {"token", LOCK_FILE}
        strange = sorted(entry.name for entry in self.folder.iterdir() if entry.name not in ours)
        if strange:
            raise InputError(
                f"holds {strange[0]!r}, which is not of a demo",
                where=str(self.folder),
                right="Give an empty folder, or one that the demo made",
            )
        for node in self.scenario.node:
            shutil.rmtree(self.folder / node.name, ignore_errors=True)

    def _keep(self, state: DemoState) -> None:
        write_private(self.folder / STATE_FILE, msgspec.json.encode(state))

    def _live_through(self, begun: int) -> None:
        """Rehearse the days before and leave what the nodes then hold in their stores."""
        since = min(dtntime.from_text(self.scenario.demo_since), begun - DAY)
        self._say(f"Living through {dtntime.to_text(since)[:10]} to {dtntime.to_text(begun)[:16]}Z ...")
        run = Rehearsal(self.scenario, self.sky, since, begun)
        run.run()
        run.world.land()
        for node in self.scenario.node:
            store = SqliteStore(str(self._store_folder(node.name)))
            try:
                store.commit(run.world.store(node.number).writes(), now=begun)
            finally:
                store.close()

    def _store_folder(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(exist_ok=True, mode=0o700)
        return path / "store"

    # The nodes.

    def _make_daemons(self) -> None:
        scenario = self.scenario
        for node in scenario.node:
            peers = [
                PeerConfig(scenario.node_named(name).number)
                for link in scenario.link
                if node.name in link.between
                for name in link.between
                if name != node.name
            ]
            residents = [
                Resident(f"ipn:{node.number}.{person.service}", person.name)
                for person in self._people_at(node.name)
            ]
            if script.vehicle_address(node.number) in script.vehicles(scenario):
                residents.append(Resident(script.vehicle_address(node.number), node.title))
            record = None
            if self._record is not None:
                record = str(self._record / f"{node.name}.jsonl")
            config = DaemonConfig(
                node=NodeConfig(number=node.number),
                data=str(self._store_folder(node.name)),
                peers=tuple({peer.node: peer for peer in peers}.values()),
                residents=tuple(residents),
                record=record,
            )
            self.daemons[node.number] = Daemon(config, self.clock)

    def _people_at(self, node: str) -> list[PersonSpec]:
        """Return who has a mailbox at a node when the demo begins."""
        return [
            person
            for person in self.scenario.person
            for box in person.mailbox
            if box.node == node and self._is_open(box)
        ]

    def _is_open(self, box: MailboxSpec) -> bool:
        """Return whether a mailbox is open when the demo begins; later openings belong to the story."""
        begun = self._state.begun
        opens = dtntime.from_text(box.opens) if box.opens else begun
        closes = dtntime.from_text(box.closes) if box.closes else begun + 1
        return opens <= begun < closes

    async def start(self) -> None:
        """Start all nodes, connect them, and let the mission go on.

        Raises:
            RangeError: mission time is past the end of the ephemeris.
        """
        self._channels, self._planned_until = self._plan_from(self.clock.now())
        plans = {world: self._plan_of(world) for world in self._stormy}
        ports: dict[int, int] = {}
        for number, daemon in self.daemons.items():
            await daemon.start(plan=plans[self._worlds[number]], ports=ports)
            assert daemon.port is not None  # It listens on a free port.
            ports[number] = daemon.port
        self._cut()
        await self._connected()
        self.clock.run()
        self._go_on(self._keep_planning())
        self._go_on(self._keep_pulse())

    async def _connected(self) -> None:
        """Wait until every node has its sessions, so that no mission time passes before; but not for ever."""
        pending = dict(self.daemons)
        changed = asyncio.Event()
        ends = [daemon.subscribe(changed.set) for daemon in self.daemons.values()]
        try:
            async with asyncio.timeout(CONNECTED_WITHIN_S):
                while pending:
                    changed.clear()
                    for number, daemon in list(pending.items()):
                        if len(daemon.status().connected) == len(daemon.config.peers):
                            del pending[number]
                    if pending:
                        await changed.wait()
        except TimeoutError:
            names = ", ".join(self.scenario.titles()[number] for number in pending)
            self._say(f"Not all links came up: {names}. The mission goes on; they are tried again.")
        finally:
            for end in ends:
                end()

    async def stop(self) -> None:
        """Stop what goes on by itself, and the nodes."""
        for task in self._tasks:
            task.cancel()
        for daemon in self.daemons.values():
            await daemon.stop()

    def _go_on(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.append(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.remove(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._say(f"Something that goes on by itself has stopped: {error}")

    async def _until(self, mission: int) -> None:
        """Wait until a mission time in ns."""
        while (delay := self.clock.wall_delay_s(mission)) > 0:
            await asyncio.sleep(min(delay, LONGEST_SLEEP_S))

    # The plan, and the storm in it.

    def _plan_from(self, now: int) -> tuple[list[Channel], int]:
        until = min(now + PLAN_AHEAD, self.sky.covers[1] - DAY)
        if until <= now:
            raise RangeError(
                f"mission time {dtntime.to_text(now)} is past the end of the ephemeris,"
                f" {dtntime.to_text(self.sky.covers[1])}; begin a new mission with another --data folder"
            )
        return plan_channels(self.scenario, self._planning_sky, now - PLAN_BEHIND, until), until

    def _plan_of(self, world: views.World) -> ContactPlan:
        """Return the plan that a world believes in now. Links that the story adds later are not in it."""
        self._state.version += 1
        plan = known_plan(self._channels, self._state.begun, self._state.version)
        storm = self._stormy[world]
        return (
            plan
            if storm is None
            else knowledge.plan_under(plan, storm, storm.forecast_end, self._state.version)
        )

    def _storm_now(self) -> knowledge.StormFacts | None:
        """Return the storm that blows, by the state."""
        since, until = self._state.storm_since, self._state.storm_until
        if since is None or until is None:
            return None
        return msgspec.structs.replace(self._facts, start=since, end=until, forecast_end=until)

    def _cut(self) -> None:
        links = () if self._state.storm_since is None else self._facts.links
        for daemon in self.daemons.values():
            daemon.cut(links)

    async def _set_storm(self, active: bool) -> None:
        """Let the storm loose, or end it: the links fall at once, Earth hears of it by light."""
        now = self.clock.now()
        self._state.storm_since = now if active else None
        self._state.storm_until = now + FORECAST if active else None
        self._keep(self._state)
        self._storm.active, self._storm.since = active, self._state.storm_since
        self._cut()
        await self._tell("mars", self._storm_now())
        self._go_on(self._tell_earth(now, self._storm_now()))

    async def _tell_earth(self, happened: int, storm: knowledge.StormFacts | None) -> None:
        light = float(light_time_s(self.sky, Centre("mars"), Centre("earth"), [happened])[0])
        await self._until(happened + round(light * SECOND))
        await self._tell("earth", storm)

    async def _tell(self, world: views.World, storm: knowledge.StormFacts | None) -> None:
        self._stormy[world] = storm
        plan = self._plan_of(world)
        for number, daemon in self.daemons.items():
            if self._worlds[number] == world:
                await daemon.change_plan(plan)

    async def _keep_planning(self) -> None:
        """Plan further before the plan runs out; forecast a storm anew when it outlives its forecast."""
        while True:
            storm, now = self._storm_now(), self.clock.now()
            at_the_end = self._planned_until >= self.sky.covers[1] - DAY
            again = now + DAY if at_the_end else self._planned_until - PLAN_AGAIN
            # A storm may come up meanwhile, so it looks again after a day at the latest.
            await self._until(min(again, now + DAY, storm.end if storm else again))
            now = self.clock.now()
            if now >= again and not at_the_end:
                work = asyncio.get_running_loop().run_in_executor(None, self._plan_from, now)
                self._channels, self._planned_until = await work
            elif storm is None or self._storm_now() is None or now < storm.end:
                continue
            if self._state.storm_since is not None and self._state.storm_until is not None:
                self._state.storm_until = max(self._state.storm_until, now + FORECAST)
                self._keep(self._state)
                self._stormy = dict.fromkeys(self._stormy, self._storm_now())
            for world in self._stormy:
                await self._tell(world, self._stormy[world])

    # What goes on by itself.

    async def _keep_pulse(self) -> None:
        """Let the vehicles report, and the crew and mission control write, as on any day."""
        for cue in script.pulse(self.scenario, self._state.begun, self.clock.now()):
            await self._until(cue.time)
            daemon = self.daemons[cue.node]
            await daemon.send(list(cue.act(daemon.office, self.clock.now())))

    def _make_backend(self) -> NodePageBackend:
        scenario = self.scenario
        people = []
        names: dict[str, tuple[str, str, views.World]] = {}
        for person in scenario.person:
            at_home = [box for box in person.mailbox if self._is_open(box)]
            # Who has no open mailbox can be written to all the same: the letter waits for whoever comes.
            node = scenario.node_named((at_home or person.mailbox)[0].node)
            address = f"ipn:{node.number}.{person.service}"
            names[address] = (person.name, node.title, node.world)
            if at_home:
                people.append(
                    Inhabitant(person.id, person.name, address, node.title, node.world, node.number)
                )
        worlds = scenario.worlds()
        mars = worlds.get("mars", MARS)
        longitude_deg = mars.clock.longitude_deg if isinstance(mars.clock, SolarTime) else 0.0
        heavens = SkyView(
            self.sky,
            self._worlds,
            scenario.titles(),
            earth_place=worlds.get("earth", EARTH).place,
            mars_place=mars.place,
            mars_longitude_deg=longitude_deg,
            landing=dtntime.from_text(scenario.landing),
            conjunction_limit_deg=scenario.conjunction_limit_deg(),
        )
        return NodePageBackend(
            people,
            names,
            self.daemons,
            heavens,
            self._storm,
            script.vehicles(scenario),
            timezone=scenario.earth_timezone,
            clock=self.clock,
            elsewhere={
                f"ipn:{node.number}.{person.service}": (person.name, node.title, node.world)
                for person in scenario.person
                for box in person.mailbox
                for node in [scenario.node_named(box.node)]
            },
        )


def _storm_links(scenario: Scenario) -> knowledge.StormFacts:
    """Return what a storm of the button cuts: the same links as the scenario's own."""
    found = knowledge.storms(scenario)
    if not found:
        raise InputError(f"{scenario.name} has no storm, so the button would cut nothing", where="storm")
    return found[0]
