"""Run one node from its file: a daemon, its page and its local API."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from fractions import Fraction
from pathlib import Path

import msgspec

from starlight import dtntime
from starlight.app.access import TOKEN_FILE, hold, token_of, write_private
from starlight.app.address_book import AddressBook
from starlight.app.correspondence import Inhabitant
from starlight.app.kept_plan import KeptPlan
from starlight.app.node_correspondents import makers_of
from starlight.app.node_facts import PageNames, facts_of, taken_light_s
from starlight.app.node_file import NodeFile, load, plan_of, silent_plan
from starlight.app.node_links import (
    admission,
    host_port,
    names_of,
    peer_config,
    read_listen,
    takes_without_crc,
)
from starlight.app.node_services import service_configs, sinks
from starlight.app.page_backend import NodePageBackend
from starlight.app.plan_watch import PlanWatch
from starlight.app.serve import address_of, bind, serve
from starlight.app.sky_view import SkyView
from starlight.bundle import EndpointID
from starlight.errors import InputError, StoreError
from starlight.input_files import STATE_BYTES, read_bytes
from starlight.json_text import decode_as
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig, Resident
from starlight.live.node_log import NodeLog
from starlight.messages.group import declared
from starlight.node.config import NodeConfig
from starlight.scenario.kernels import open_sky
from starlight.store.folder_lock import LOCK_FILE
from starlight.store.lost_index import STORE, check_used
from starlight.views.mailbox import Person

NODE_FILE = "node"
"""In the data folder: the number of the node whose folder it is."""

Say = Callable[[str], None]
_LOG = logging.getLogger(__name__)


async def run_node(
    path: Path, say: Say, *, record: Path | None = None, log: bool = False, trust_clock: bool = False
) -> None:
    """Run the node of a file until it is told to end.

    Args:
        path: its TOML file.
        say: takes a line for the person who started it.
        record: a file to which events and actions are written, for `starlight replay`.
        log: requests to the page are logged.
        trust_clock: the machine's clock is right, whatever the node recorded last.

    Raises:
        InputError: the file is wrong, or an address is taken.
        StoreError: the store can't be used.
    """
    node = load(path)
    folder = path.parent / node.data
    with hold(folder):
        _claim(folder, node)
        # Bound before the node starts: a port that is taken is found before anything is sent or accepted.
        listener = bind(*host_port(node.page, f"{path}: page"), fall_back=False)
        clock = clock_of(node)
        node_log = _log(node, path.parent, clock)
        config = config_of(node, path.parent, folder, record)
        makers = makers_of(node.number, node.correspondent, path.parent)
        daemon = Daemon(config, clock, log=node_log.add, trust_clock=trust_clock, correspondents=makers)
        try:
            node_log.open()
            kept = _kept_plan(node, path.parent, daemon)
            await daemon.start(plan=None if kept is None else kept.base())
            if kept is not None:
                await kept.catch_up()
            backend = backend_of(node, daemon, clock)
            where = ", ".join(map(str, daemon.listening)) or "nowhere"
            say(f"node {node.number} ({node.name}) listens on {where}")
            _LOG.info("node %d listens on %s", node.number, where)
            silent = silent_plan(config.node.plan, node.number)
            if silent:
                say(f"warning: {silent}")
                _LOG.warning("%s", silent)
            say(f"page: {address_of(listener)}/?token={token_of(folder)}")
            async with (
                sinks(daemon, node.service, path.parent),
                _plan_watch(kept, daemon),
                light_as_told(node, path.parent, daemon, kept),
            ):
                with contextlib.closing(backend):
                    await serve(backend, [daemon], listener, folder, log=log)
        finally:
            listener.close()
            await daemon.stop()
            node_log.close()


def _claim(folder: Path, node: NodeFile) -> None:
    """Refuse the folder of another node or of something else, or one without its store; mark an empty one as
    this node's."""
    # A store belongs to one node for good: its bundles, counters and letters carry that node's number.
    path = folder / NODE_FILE
    right = "Give another folder in the key `data`"
    if not path.exists():
        strange = sorted(entry.name for entry in folder.iterdir() if entry.name != LOCK_FILE)
        if strange:
            told = f"holds {strange[0]!r}, which is not of a node"
            raise InputError(told, where=str(folder), right=right)
        write_private(path, msgspec.json.encode(node.number))
        return
    data = read_bytes(path, STATE_BYTES, right=right)
    owner = decode_as(data, int, what="is not what a node writes", where=str(path), right=right)
    if owner != node.number:
        told = f"is of node {owner}, not of {node.number}"
        raise InputError(told, where=str(folder), right=right)
    # The token is drawn once the node runs; a first start that ended before may have left no store behind.
    if (folder / TOKEN_FILE).exists():
        check_used(folder / STORE)


def clock_of(node: NodeFile) -> MissionClock:
    """Return the mission's clock as a node's file has it."""
    # As a fraction, because mission time is counted in whole ns and must not drift over years.
    rate = Fraction(node.clock.rate).limit_denominator(1_000_000)
    if not node.clock.mission:
        return MissionClock.of_day(rate)
    mission, wall = dtntime.from_text(node.clock.mission), dtntime.from_text(node.clock.wall)
    return MissionClock.of_day(rate, mission=mission, wall=wall)


def _kept_plan(node: NodeFile, base: Path, daemon: Daemon) -> KeptPlan | None:
    """Return the plan's file and what was taken of it; None where the node has none."""
    if not node.plan:
        return None
    return KeptPlan(base / node.plan, lambda data, light_s: plan_of(node, base, light_s, data), daemon)


@contextlib.asynccontextmanager
async def _plan_watch(kept: KeptPlan | None, daemon: Daemon) -> AsyncIterator[None]:
    """Watch the plan's file, where there is one, for as long as the context lasts."""
    if kept is None:
        yield
        return
    watch = PlanWatch(kept, daemon.plan)
    task = asyncio.get_running_loop().create_task(watch.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@contextlib.asynccontextmanager
async def light_as_told(
    node: NodeFile, base: Path, daemon: Daemon, kept: KeptPlan | None = None
) -> AsyncIterator[None]:
    """Go by the light times that peers tell where the file has none, for as long as the context lasts."""
    changed = asyncio.Event()
    unsubscribe = daemon.subscribe(changed.set)

    async def follow() -> None:
        told: dict[tuple[int, int], float] = {}
        while True:
            changed.clear()
            if (now := taken_light_s(daemon.facts.here, node)) != told:
                told = now
                with contextlib.suppress(StoreError):  # the node is ending, which others say
                    await daemon.change_plan(plan_of(node, base, told) if kept is None else kept.base(told))
            await changed.wait()

    task = asyncio.get_running_loop().create_task(follow())
    try:
        yield
    finally:
        unsubscribe()
        task.cancel()
        await asyncio.wait([task])


def _log(node: NodeFile, base: Path, clock: MissionClock) -> NodeLog:
    file = str(base / node.log.file) if node.log.file else ""
    return NodeLog(msgspec.structs.replace(node.log, file=file), clock.now)


def config_of(node: NodeFile, base: Path, folder: Path, record: Path | None = None) -> DaemonConfig:
    """Return the configuration of the daemon of a node's file; `base` is the folder of that file.

    Raises:
        InputError: the plan's file can't be read.
    """
    return DaemonConfig(
        node=NodeConfig(
            number=node.number,
            plan=plan_of(node, base),
            names=names_of(node.peer),
            without_crc=tuple(peer.number for peer in node.peer if takes_without_crc(peer)),
            admission=tuple(rules for peer in node.peer if (rules := admission(peer)) is not None),
        ),
        data=str(folder / STORE),
        peers=tuple(peer_config(peer) for peer in node.peer),
        listen=read_listen(node.listen),
        residents=tuple(
            Resident(_address(node, p.service), p.name, p.media_mb and p.media_mb * 1_000_000)
            for p in node.person
        )
        + tuple(Resident(each.address(node.number), each.name) for each in node.correspondent),
        record=str(record) if record else None,
        services=service_configs(node.service),
        oldest_format=node.oldest_format,
        groups=tuple(declared(group.name, group.members) for group in node.group),
        plain_text={
            other.address: other.plain_text for other in node.address if other.plain_text is not None
        },
        planners=tuple(node.planners),
        facts=facts_of(node),
    )


def _address(node: NodeFile, service: int) -> str:
    return str(EndpointID.ipn(node.number, service))


def backend_of(node: NodeFile, daemon: Daemon, clock: MissionClock) -> NodePageBackend:
    """Return what stands behind the page of a node's file."""
    names = PageNames(node, daemon.facts.here)
    # For as long as the daemon runs: what a peer tells or a planner amends, pages show at once.
    daemon.subscribe(lambda: names.renew(daemon.facts.here))
    sky_view = SkyView(open_sky(), names.worlds, names.nodes, names.titles, wires_s=names.wires_s)
    # A group keeps its id when people give it another name.
    ids = {group.name: declared(group.name, group.members).id for group in node.group}
    called = tuple(ids.get(each, each) for each in node.distress_to)
    people = [
        Inhabitant(
            Person(each.id, each.name, _address(node, each.service), node.name, node.world),
            node.number,
            called,
            each.vehicle,
        )
        for each in node.person
    ]
    book, daemons = AddressBook(names.entries), {node.number: daemon}
    # Weather is the demo's to play: at a real node there is no storm to let loose.
    return NodePageBackend(people, book, daemons, sky_view, None, {}, clock)
