"""A node in virtual time: its store lives on, its host dies with each crash.

Theory of operation. A step goes through three stages, as with every driver: the engine handles what has
happened, its writes are committed, and only then its outward actions are done. A crash between any two
of them, or between two outward actions, must lose nothing that another was told to be safe; so tests
interrupt a node at each place. After a crash all that was in memory is gone, and so is the right to be
told of what the former life had asked for.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from enum import IntEnum
from pathlib import PurePath
from typing import Any, NamedTuple

from msgspec.structs import replace

from starlight.bundle import with_age
from starlight.contacts import ContactPlan
from starlight.dtntime import SECOND, to_text
from starlight.engine.host import Host, Recorder
from starlight.engine.node import Node
from starlight.engine.step import Step
from starlight.errors import DefectError, InputError
from starlight.medium.event_queue import EventQueue
from starlight.medium.virtual_links import VirtualLinks
from starlight.node import actions, events
from starlight.node.application import Request, Restorable
from starlight.node.clock_offsets import ClockOffsets
from starlight.node.config import NodeConfig
from starlight.node.events import Event
from starlight.node.own_clock import OwnClock
from starlight.node.peer_clocks import PeerClocks
from starlight.sim.store import MemoryStore
from starlight.sim.trace_events import NodeCrashed, NodeRestarted
from starlight.sim.virtual_clock import MachineClock, VirtualClock
from starlight.trace import Record

RESTLESS = 10_000
"""Wake-ups of one node at one instant after which the world stops: it would never come to rest."""


Call = Callable[[Host, int], Iterable[Request]]
"""Something that a person or a machine at a node does at a time; returns requests."""


class NodeSetup(NamedTuple):
    """A node as the world is told of it.

    Attributes:
        config: its engine's.
        application: makes what lives on it, each time that it starts; None for a node that only passes on.
        record: makes, each time that it starts, who is told of everything that the engine is told.
        change_base: puts a plan in force that comes from outside, below what is amended at the node; None:
            nothing is amended there.
        machine: the clock of its machine; None for one that is right.
    """

    config: NodeConfig
    application: Callable[[Node], Restorable] | None = None
    record: Callable[[NodeConfig], Recorder] | None = None
    change_base: Callable[[Host, ContactPlan], Iterable[Request]] | None = None
    machine: MachineClock | None = None


class Stage(IntEnum):
    """The places in a step at which a node may die, from `OUTWARD` on after each outward action."""

    BEFORE_COMMIT = 0
    AFTER_COMMIT = 1
    OUTWARD = 2


Interrupt = Callable[[int, int, int], int | None]
"""Asked with node, count of steps and stage: how long, in ns, it is down from here on, or None."""


class _Crashed(Exception):  # control flow: unwinds the step in which a node dies
    def __init__(self, downtime: int) -> None:
        self.downtime = downtime


class VirtualNode:
    """A node of a virtual world.

    Args:
        setup: what it is.
        queue: of the world.
        links: of the world.
        say: writes the trace.
        interrupt: kills it in the middle of steps; None for never.

    Attributes:
        number: the node's.
        config: with the plan that it goes by; it is given to the engine at each start.
        store: what survives.
        host: None while the node is down.
        life: counts its crashes.
        clocks: those of its peers, beside its own, as far as its bundles tell.
        own_clock: what it makes of its machine's clock; None of one that is right.
    """

    def __init__(
        self,
        setup: NodeSetup,
        queue: EventQueue,
        links: VirtualLinks,
        say: Callable[[Record], None],
        interrupt: Interrupt | None,
    ) -> None:
        self.number = setup.config.number
        self.config = setup.config
        self.store = MemoryStore()
        self.host: Host | None = None
        self.life = 0
        self._setup = setup
        self._queue = queue
        self._links = links
        self._say = say
        self._interrupt = interrupt
        self._armed: int | None = None  # the wake-up that holds; others on the heap come to nothing
        self._steps = 0
        self._restless = 0
        self._deferred: list[Call] = []
        self._clock = None if setup.machine is None else VirtualClock(setup.machine)
        self._began = 0
        self.own_clock: OwnClock | None = None
        self.clocks = self._peer_clocks()

    # Its life.

    def start(self) -> None:
        """Start on what the store holds, and do what people wanted of it while it was down."""
        self._links.started(self.number, self.life)
        engine = Node(self.config)
        make = self._setup.application
        application = None if make is None else make(engine)
        for save in self.store.saves():
            if application is not None:
                application.restore(*save)
        recorder = None if self._setup.record is None else self._setup.record(self.config)
        self.host = host = Host(engine, application, self.store.body, recorder)
        self.clocks = self._peer_clocks()
        if self._clock is not None:
            self._began = self._queue.now
            self.own_clock = self._clock.start(self._began)
            if self.own_clock.holds_expiry:
                self._step([events.ExpiryHeld(True)])
        self._perform(host.resume, self.store.restore())
        # Links are told only now: what is restored must be known before anything can be sent over them.
        self._step(list(self._links.up(self.number)))
        deferred, self._deferred = self._deferred, []
        for call in deferred:
            self.call(call)

    def crash(self, until: int) -> None:
        """Lose all that is not committed, and start again later, in ns; while it is down, change nothing."""
        if self.host is None:
            return
        self.host = None
        self.life += 1
        self._armed = None
        self._links.died(self.number)  # what has left wholly goes on, whatever becomes of its sender
        self._say(Record(self._queue.now, self.number, NodeCrashed(until)))
        self._queue.at(until, self._restart, None)

    def _restart(self, nothing: None) -> None:
        self._say(Record(self._queue.now, self.number, NodeRestarted()))
        self.start()

    # What it is told.

    def tell(self, happened: list[Event]) -> None:
        """Let it know what has happened on its links."""
        clock = self._clock
        self._step(happened if clock is None else [_by(clock, event) for event in happened])

    def call(self, call: Call) -> None:
        """Let someone at the node do something; while it is down, once it is up again.

        Raises:
            InputError: it can't be done.
            DefectError: the node broke over it.
        """
        host = self.host
        if host is None:
            self._deferred.append(call)
            return
        try:
            requests = call(host, self.now)
        except InputError:
            raise  # of who asks, not of the node
        except Exception as error:
            raise self._defect("what its people do", error) from error
        self._perform(host.ask, requests)

    def change_plan(self, plan: ContactPlan) -> None:
        """Let it go by another plan, which is also the one of its next life."""
        self.config = replace(self.config, plan=plan)
        change_base = self._setup.change_base
        if change_base is None:
            self._step([events.PlanChanged(plan)])
        elif self.host is not None:  # one that is down starts on it
            self.call(lambda host, now: change_base(host, plan))

    @property
    def now(self) -> int:
        """Return the time by the node's clock, in ns."""
        return self._queue.now if self._clock is None else self._clock.at(self._queue.now)

    # Steps.

    def _step(self, happened: list[Event]) -> None:
        host = self.host
        if host is not None:
            self._perform(host.step, happened)

    def _perform(self, step: Callable[[Any, int], Step], argument: object) -> None:
        """Take a step: handle, commit, act outwardly, in that order."""
        self._steps += 1
        try:
            writes, outward = step(argument, self.now)
            self._reach(Stage.BEFORE_COMMIT)
            self._commit(writes, outward)
        except _Crashed as crashed:
            # Not a defect: what the step has committed stays, what it has not done is never done.
            self.crash(self._queue.now + crashed.downtime)
            return
        except Exception as error:
            told = argument if isinstance(argument, list) else []
            names = ", ".join(dict.fromkeys(type(each).__name__ for each in told))
            raise self._defect(names or "the time", error) from error
        self._compare_clocks()
        self._arm()

    def _commit(self, writes: list[Any], outward: list[actions.Outward]) -> None:
        if writes:
            now = self.now
            self.store.commit(writes, now=now)
            if self._clock is not None:
                self._clock.last = now
        if self._interrupt is None:  # as in every world but those of tests: years of steps pass here
            for action in outward:
                self._act(action)
            return
        self._reach(Stage.AFTER_COMMIT)
        for count, action in enumerate(outward, Stage.OUTWARD):
            self._act(action)
            self._reach(count)

    def _act(self, action: actions.Outward) -> None:
        clock = self._clock
        if isinstance(action, actions.Trace):
            # The trace of a world is in its true time, whatever the node goes by.
            record = action.record
            self._say(record if clock is None else replace(record, time=self._queue.now))
        elif isinstance(action, actions.Transmit):
            data = self.store.body(action.key)
            if action.age_ms is not None:
                data = with_age(data, action.age_ms)
            self._links.transmit(self.number, action if clock is None else _truly(clock, action), data)
        else:
            self._links.answer(self.number, action)

    def _reach(self, stage: int) -> None:
        if self._interrupt is not None:
            downtime = self._interrupt(self.number, self._steps, stage)
            if downtime is not None:
                raise _Crashed(downtime)

    def _defect(self, told: str, error: Exception) -> DefectError:
        """Return what says where the node broke, so that the same seed leads there again."""
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{'/'.join(PurePath(frame.filename).parts[-2:])}, line {frame.lineno}"
        why = f"{type(error).__name__}{f': {error}' if str(error) else ''} ({where})"
        now = to_text(self._queue.now, 9)
        return DefectError(f"node {self.number} broke at {now}, told of {told}: {why}")

    # Its clock, and those of its peers.

    def _peer_clocks(self) -> PeerClocks:
        return PeerClocks(
            ClockOffsets(), lambda event: self._say(Record(self._queue.now, self.number, event))
        )

    def _compare_clocks(self) -> None:
        """Take what peers' bundles tell of their clocks, and what that tells of the own one."""
        host, clock, own, true = self.host, self._clock, self.own_clock, self._queue.now
        if host is None:
            return
        self.clocks.infer(host.node.clocks)
        if clock is None or own is None:
            return
        offsets = self.clocks.offsets
        on = own.look(clock.tells(true), self.now, offsets.known())
        if on is not None:
            clock.go_on(true, on)
        elif own.release((true - self._began) / SECOND, offsets.known(), offsets.disagreements()):
            self._step([events.ExpiryHeld(False)])

    # Wake-ups.

    def _arm(self) -> None:
        host = self.host
        due = None if host is None else host.next_wakeup()
        if due is None:
            return
        now = self._queue.now
        due = due if self._clock is None else self._clock.true(due)
        if due > now:
            self._restless = 0  # time passes, so whatever repeats here is no endless loop
        else:
            due = now
            self._restless += 1
            if self._restless > RESTLESS:
                raise DefectError(f"node {self.number} does not come to rest at {to_text(due, 9)}")
        if self._armed is None or due < self._armed:
            self._armed = due
            self._queue.at(due, self._wake, (due, self.life))

    def _wake(self, armed: tuple[int, int]) -> None:
        due, life = armed
        # A wake-up of a former life, or one that an earlier one has replaced, comes to nothing.
        if self.life == life and self._armed == due:
            self._armed = None
            self._step([])


def _by(clock: VirtualClock, event: Event) -> Event:
    """Return what happened on a link with its time by a node's own clock."""
    if isinstance(event, events.BundleReceived):
        return replace(event, arrives=clock.at(event.arrives))
    if isinstance(event, events.TransmissionAcknowledged):
        return replace(event, known=clock.at(event.known))
    return event


def _truly(clock: VirtualClock, action: actions.Transmit) -> actions.Transmit:
    """Return a transmission with its true times."""
    leaves, last_byte, reaches = map(clock.true, (action.leaves, action.last_byte, action.reaches))
    return replace(action, leaves=leaves, last_byte=last_byte, reaches=reaches)
