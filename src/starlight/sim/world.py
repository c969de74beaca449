"""Virtual time: nodes, what lies between them, and whatever befalls both, on one heap.

The nodes are the same as in real time (`node.host`), with a store in memory and space hops for
links. The world commits a step's writes before it lets anything out, as every driver does. What
happens is a function of what the world was told: its digest, over every line of the trace in
order, shows it.
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from heapq import heappop, heappush
from pathlib import PurePath
from typing import Any, NamedTuple, Protocol

import msgspec

from starlight.bundle import with_age
from starlight.contacts import ContactPlan
from starlight.dtntime import to_text
from starlight.errors import DefectError, InputError
from starlight.node import actions, events
from starlight.node.application import Application, Request
from starlight.node.config import NodeConfig
from starlight.node.engine import Node
from starlight.node.events import Event
from starlight.node.host import Host, Recorder, Step
from starlight.sim.channel import Direction, Outcome, TrueContacts
from starlight.sim.store import MemoryStore
from starlight.sim.trace_events import LinkCut, LinkMended, NodeCrashed, NodeRestarted
from starlight.trace import Record, TraceEvent

RESTLESS = 10_000
"""Wake-ups of one node at one instant after which the world stops: it would never come to rest."""

PROGRESS_EVERY = 512  # events between two calls of a progress callback


class Restorable(Application, Protocol):
    """An application that can be given back what it saved."""

    def restore(self, mailbox: str, key: str, data: bytes) -> None:
        """Take back a record that a save made durable."""


Call = Callable[[Host, int], Iterable[Request]]
"""Something that a person or a machine at a node does at a time; returns requests."""


class NodeSetup(NamedTuple):
    """A node as the world is told of it.

    Attributes:
        config: its engine's.
        application: makes what lives on it, each time that it starts; None for a node that only passes on.
        record: makes, each time that it starts, who is told of everything that the engine is told.
    """

    config: NodeConfig
    application: Callable[[Node], Restorable] | None = None
    record: Callable[[NodeConfig], Recorder] | None = None


class Stage(IntEnum):
    """Where in a step a node may be interrupted, from `OUTWARD` on after each outward action."""

    BEFORE_COMMIT = 0
    AFTER_COMMIT = 1
    OUTWARD = 2


Interrupt = Callable[[int, int, int], int | None]
"""Asked with node, count of steps and stage: how long, in ns, it is down from here on, or None."""


class _Place:
    """A node in the world: its store lives on, its host dies with each crash."""

    __slots__ = (
        "armed",
        "config",
        "deferred",
        "host",
        "life",
        "linked",
        "restless",
        "site",
        "steps",
        "store",
    )

    def __init__(self, site: NodeSetup) -> None:
        self.site = site
        self.config = site.config
        self.store = MemoryStore()
        self.host: Host | None = None
        self.life = 0
        self.armed: int | None = None
        self.steps = 0
        self.restless = 0
        self.deferred: list[Call] = []
        self.linked: set[int] = set()  # peers whose link it has been told of in this life


class _Crashed(Exception):  # control flow: unwinds the step in which a node dies
    def __init__(self, downtime: int) -> None:
        self.downtime = downtime


class VirtualWorld:
    """Nodes in virtual time.

    Args:
        plan: the contacts that there truly are; nodes may believe otherwise (`NodeConfig.plan`).
        sites: the nodes.
        start: when it begins, in ns.
        trace: is handed every record, in order.
        interrupt: kills nodes in the middle of steps, for tests.

    Attributes:
        now: mission time in ns.
        handled: how many entries of the heap have been worked off.
    """

    def __init__(
        self,
        plan: ContactPlan,
        sites: Iterable[NodeSetup],
        *,
        start: int,
        trace: Callable[[Record], object] | None = None,
        interrupt: Interrupt | None = None,
    ) -> None:
        self.now = start
        self.handled = 0
        self.sky = TrueContacts(plan)
        self.trace = trace
        self._interrupt = interrupt
        self._sha = hashlib.sha256()
        self._heap: list[tuple[int, int, Callable[[Any], None], Any]] = []
        self._order = 0
        self._places = {site.config.number: _Place(site) for site in sites}
        self._directions: dict[tuple[int, int], Direction] = {}
        for pair in sorted({(c.from_node, c.to_node) for c in plan.contacts}):
            self._direction(pair)
        for number in sorted(self._places):
            self._at(start, self._start, number)

    # What is to happen.

    def call(self, time: int, node: int, call: Call) -> None:
        """Let someone at a node do something at a time; if the node is down, once it is up again."""
        self._at(time, self._call, (node, call))

    def change_plan(self, time: int, plan: ContactPlan, nodes: Sequence[int] | None = None) -> None:
        """Let nodes, or all, hear of a new plan at a time; its contacts are the true ones from then on."""
        self._at(time, self._change_plan, (plan, nodes))

    def cut(self, links: Iterable[tuple[int, int]], start: int, end: int) -> None:
        """Let directions of links carry nothing from one time to another, both included.

        The transmitters notice: their link is down in the meantime. What leaves is lost.
        """
        for link in links:
            self.sky.cut(link, start, end)
            self._direction(link).hop.cut(start, end)
            self._at(start, self._link_falls, link)
            self._at(end + 1, self._link_rises, link)

    def crash(self, node: int, time: int, until: int) -> None:
        """Let a node lose all that it has not committed, and start again later."""
        self._at(time, self._crash, (node, until))

    # Running.

    def run(self, until: int, progress: Callable[[int], object] | None = None) -> None:
        """Let time pass.

        Args:
            until: in ns; what is due at that instant still happens.
            progress: is told the time now and then.

        Raises:
            DefectError: a node broke. The world can't go on.
        """
        heap = self._heap
        while heap and heap[0][0] <= until:
            time, _, call, argument = heappop(heap)
            self.now = time
            call(argument)
            self.handled += 1
            if progress is not None and self.handled % PROGRESS_EVERY == 0:
                progress(time)
        self.now = max(self.now, until)

    def digest(self) -> str:
        """Return the SHA-256, in hex, over the lines of the trace until now."""
        return self._sha.hexdigest()

    def host(self, node: int) -> Host | None:
        """Return a node's host, or None while the node is down."""
        return self._places[node].host

    def store(self, node: int) -> MemoryStore:
        """Return a node's store."""
        return self._places[node].store

    def nodes(self) -> list[int]:
        """Return the numbers of the nodes, ascending."""
        return sorted(self._places)

    def one_way_in_flight(self) -> list[bytes]:
        """Return the bundles that are between two nodes and need be in no store."""
        return [data for _, direction in sorted(self._directions.items()) for data in direction.one_way()]

    def land(self) -> None:
        """End the world with all that is in flight stored where it goes to, hidden until it arrives.

        Live nodes on which light time is imposed keep it so; they can go on from the stores.
        """
        directions = [direction for _, direction in sorted(self._directions.items())]
        for direction in directions:
            self._tell(direction.land(self.now))
        for direction in directions:
            self._tell(direction.landed())
        self._heap.clear()

    # Inside: nodes.

    def _start(self, node: int) -> None:
        place = self._places[node]
        engine = Node(place.config)
        make = place.site.application
        application = None if make is None else make(engine)
        for save in place.store.saves():
            if application is not None:
                application.restore(*save)
        recorder = None if place.site.record is None else place.site.record(place.config)
        place.host = host = Host(engine, application, place.store.body, recorder)
        self._perform(place, host.resume, place.store.restore())
        place.linked.clear()
        self._step(place, self._links_up(place))
        deferred, place.deferred = place.deferred, []
        for call in deferred:
            self._call((node, call))

    def _step(self, place: _Place, happened: list[Event]) -> None:
        host = place.host
        if host is not None:
            self._perform(place, host.step, happened)

    def _perform(self, place: _Place, step: Callable[[Any, int], Step], argument: object) -> None:
        """Let a node take a step: handle, commit, act outwardly, in that order."""
        place.steps += 1
        try:
            writes, outward = step(argument, self.now)
            if self._interrupt is not None:
                self._reach(place, Stage.BEFORE_COMMIT)
            self._commit(place, writes, outward)
        except _Crashed as crashed:
            self._crash((place.config.number, self.now + crashed.downtime))
            return
        except Exception as error:
            told = argument if isinstance(argument, list) else []
            names = ", ".join(dict.fromkeys(type(each).__name__ for each in told))
            raise self._defect(place, names or "the time", error) from error
        self._arm(place)

    def _defect(self, place: _Place, told: str, error: Exception) -> DefectError:
        """Return what says where a node broke, so that the same seed leads there again."""
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{'/'.join(PurePath(frame.filename).parts[-2:])}, line {frame.lineno}"
        why = f"{type(error).__name__}{f': {error}' if str(error) else ''} ({where})"
        return DefectError(
            f"node {place.config.number} broke at {to_text(self.now, 9)}, told of {told}: {why}"
        )

    def _commit(self, place: _Place, writes: list[Any], outward: list[actions.Outward]) -> None:
        if writes:
            place.store.commit(writes, now=self.now)
        if self._interrupt is None:
            for action in outward:
                self._act(place, action)
            return
        self._reach(place, Stage.AFTER_COMMIT)
        for count, action in enumerate(outward, Stage.OUTWARD):
            self._act(place, action)
            self._reach(place, count)

    def _reach(self, place: _Place, stage: int) -> None:
        if self._interrupt is not None:
            downtime = self._interrupt(place.config.number, place.steps, stage)
            if downtime is not None:
                raise _Crashed(downtime)

    def _arm(self, place: _Place) -> None:
        host = place.host
        due = None if host is None else host.next_wakeup()
        if due is None:
            return
        if due > self.now:
            place.restless = 0
        else:
            due = self.now
            place.restless += 1
            if place.restless > RESTLESS:
                raise DefectError(f"node {place.config.number} does not come to rest at {to_text(due, 9)}")
        if place.armed is None or due < place.armed:
            place.armed = due
            self._at(due, self._wake, (place, due, place.life))

    def _wake(self, armed: tuple[_Place, int, int]) -> None:
        place, due, life = armed
        if place.life == life and place.armed == due:
            place.armed = None
            self._step(place, [])

    def _call(self, wanted: tuple[int, Call]) -> None:
        node, call = wanted
        place = self._places[node]
        host = place.host
        if host is None:
            place.deferred.append(call)
            return
        try:
            requests = call(host, self.now)
        except InputError:
            raise  # of who asks, not of the node
        except Exception as error:
            raise self._defect(place, "what its people do", error) from error
        self._perform(place, host.ask, requests)

    def _crash(self, crash: tuple[int, int]) -> None:
        node, until = crash
        place = self._places[node]
        if place.host is None:
            return
        place.host = None
        place.life += 1
        place.armed = None
        for pair, direction in sorted(self._directions.items()):
            if pair[0] == node:
                direction.sender_died(self.now)
        self._say(Record(self.now, node, NodeCrashed(until)))
        self._at(until, self._restart, node)

    def _restart(self, node: int) -> None:
        self._say(Record(self.now, node, NodeRestarted()))
        self._start(node)

    # Inside: links.

    def _act(self, place: _Place, action: actions.Outward) -> None:
        if isinstance(action, actions.Trace):
            self._say(action.record)
        elif isinstance(action, actions.Transmit):
            link = (place.config.number, action.peer)
            direction = self._direction(link)
            data = place.store.body(action.key)
            if action.age_ms is not None:
                data = with_age(data, action.age_ms)
            contact = self.sky.contact(link, action.leaves, action.last_byte, action.contact)
            if contact is not None:  # Light keeps its own time, whatever the sender believes.
                reaches = action.last_byte + contact.light_time(action.last_byte)
                action = msgspec.structs.replace(action, reaches=reaches)
            direction.send(action, data, place.life, self.now)
            self._arm_direction(direction)
        else:
            assert action.peer is not None, "every transfer here comes from a node"
            direction = self._direction((action.peer, place.config.number))
            if isinstance(action, actions.Acknowledge):
                direction.acknowledge(action.transfer, self.now)
            else:
                direction.refuse(action.transfer, action.reason, self.now)
            self._arm_direction(direction)

    def _direction(self, link: tuple[int, int]) -> Direction:
        direction = self._directions.get(link)
        if direction is None:
            from_node, to_node = link
            direction = Direction(
                from_node, to_node, lambda time: self.sky.opening((to_node, from_node), time)
            )
            self._directions[link] = direction
        return direction

    def _arm_direction(self, direction: Direction) -> None:
        due = direction.hop.next_wakeup()
        if due is not None and (direction.armed is None or due < direction.armed):
            direction.armed = due
            self._at(max(due, self.now), self._carry, (direction, due))

    def _carry(self, armed: tuple[Direction, int]) -> None:
        direction, due = armed
        if direction.armed != due:
            return
        direction.armed = None
        self._tell(direction.outcomes(self.now))
        self._arm_direction(direction)

    def _tell(self, outcomes: list[Outcome]) -> None:
        told: dict[_Place, list[Event]] = {}
        for node, life, event in outcomes:
            place = self._places.get(node)
            if place is not None and (life is None or life == place.life):
                told.setdefault(place, []).append(event)
        for place, happened in told.items():
            self._step(place, happened)

    def _link_falls(self, link: tuple[int, int]) -> None:
        direction = self._direction(link)
        direction.cuts_open += 1
        if direction.cuts_open == 1:
            self._tell_link(link, events.LinkDown(link[1]), LinkCut(link[1]))

    def _link_rises(self, link: tuple[int, int]) -> None:
        direction = self._direction(link)
        direction.cuts_open -= 1
        if direction.cuts_open == 0:
            self._tell_link(link, events.LinkUp(link[1]), LinkMended(link[1]))

    def _tell_link(self, link: tuple[int, int], event: Event, befell: TraceEvent) -> None:
        self._say(Record(self.now, link[0], befell))
        place = self._places.get(link[0])
        if place is not None:
            place.linked.add(link[1])
            self._step(place, [event])

    def _change_plan(self, change: tuple[ContactPlan, Sequence[int] | None]) -> None:
        plan, nodes = change
        if plan.version > self.sky.plan.version:
            self.sky.set_plan(plan)
        for pair in sorted({(c.from_node, c.to_node) for c in plan.contacts}):
            self._direction(pair)
        for node in self.nodes() if nodes is None else nodes:
            place = self._places[node]
            place.config = msgspec.structs.replace(place.config, plan=plan)
            self._step(place, [*self._links_up(place), events.PlanChanged(plan)])

    def _links_up(self, place: _Place) -> list[Event]:
        """Return what tells a node of the links that it does not know of yet."""
        if place.host is None:
            return []
        ups: list[Event] = []
        for (from_node, to_node), direction in sorted(self._directions.items()):
            if from_node == place.config.number and to_node not in place.linked and not direction.cuts_open:
                place.linked.add(to_node)
                ups.append(events.LinkUp(to_node))
        return ups

    # Inside: time and trace.

    def _at(self, time: int, call: Callable[[Any], None], argument: object) -> None:
        self._order += 1
        heappush(self._heap, (time, self._order, call, argument))

    def _say(self, record: Record) -> None:
        self._sha.update(record.line().encode() + b"\n")
        if self.trace is not None:
            self.trace(record)
