"""A node in real time: engine, post office, store and links, on one event loop.

Whatever arrives within one turn of the loop is handled as a batch at one mission time. The
store writes of the batch are committed by the writer thread, several batches at once when
they wait, and only then its outward actions are done: so what is acknowledged or sent is
always safe first, and the loop handles batch n + 1 while batch n commits.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from starlight import bundle
from starlight.bundle import EndpointID
from starlight.contacts import ContactPlan
from starlight.dtntime import SECOND
from starlight.errors import InputError, PeerError, StarlightError, StoreError
from starlight.links import TcpclConfig
from starlight.live.clock import MissionClock
from starlight.live.config import DaemonConfig, DaemonStatus, Resident
from starlight.live.connection import Tap
from starlight.live.journal import Journal
from starlight.live.light import Light
from starlight.live.neighbours import Neighbours
from starlight.live.sqlite_store import SqliteStore
from starlight.live.store import Store
from starlight.live.writer import Writer
from starlight.messages.delivery import DeliveryState
from starlight.messages.draft import Draft
from starlight.messages.forecast import Prediction
from starlight.messages.lateness import Lateness
from starlight.messages.letter import Letter, Position, Reading
from starlight.messages.letter_view import LetterView
from starlight.messages.mailbox import Mailbox
from starlight.messages.postoffice import PostOffice
from starlight.node.actions import Acknowledge, Action, Outward, Refuse, Trace, Transmit
from starlight.node.application import Request
from starlight.node.engine import Node
from starlight.node.events import BundleReceived, Event, PlanChanged, TransferFailed
from starlight.node.host import Host, Step
from starlight.node.record import Recorder
from starlight.node.store import Write
from starlight.trace import Record, TraceEvent

__all__ = ["Daemon", "DaemonConfig", "DaemonStatus", "Resident"]

_LOG = logging.getLogger(__name__)

STAMP_S = 1.0
"""How often mission time is committed when nothing else is: what a crash can set the clock back by."""
LATE_S = 2.0
"""Seconds of the wall by which a timer, a cable or a disk of this machine may be late and what they
bring still counts as on time. A process that was stopped for longer goes on from when it woke."""
ANSWER_S = 600.0
"""Seconds of the wall for which a peer's answer may be late at least, however fast mission time goes:
ten minutes, because a machine that sleeps or a full disk keeps a peer from answering that long."""
DEPARTURES_KEPT = 1_000
"""The last transmissions that are remembered, so that a page can draw what is between the worlds."""
STUMBLE_S = 1.0
"""How long a timer rests whose handling broke, so that a defect fills a log, not a processor."""
LONGEST_TIMER_S = 3_600.0
"""Timers are re-armed at least hourly, because the loop's clock and the wall's may drift apart."""


class _Sequel(msgspec.Struct, frozen=True, gc=False):
    """What is done once a step is committed."""

    outward: list[Outward]
    changed: bool
    safe: asyncio.Future[None] | None


class Daemon:
    """One live node.

    Making it opens the store and moves the clock up to what that has seen, so make all the daemons
    that share a clock before starting the first.

    Args:
        config: who it is.
        clock: mission time; daemons of one process share it.
        tap: sees all bytes of all its connections; for captures in tests.

    Attributes:
        departures: the last transmissions that went out, oldest first.

    Raises:
        StoreError: the store can't be opened, or is in use.
    """

    def __init__(self, config: DaemonConfig, clock: MissionClock, *, tap: Tap | None = None) -> None:
        self.config = config = _patient(config, float(clock.rate))
        self.clock = clock
        self.port: int | None = None
        self.departures: deque[Transmit] = deque(maxlen=DEPARTURES_KEPT)
        self.store: Store = SqliteStore(config.data)
        clock.not_before(self.store.mission_time())
        self._number = config.node.number
        self.node = Node(config.node)
        self.office = PostOffice(
            self._number,
            self.node.router,
            records=self.store.records,
            node_numbers=config.node.names,
            booked=self.node.booked,
        )
        self._record_file: Journal | None = None
        self._host = Host(self.node, self.office, self.store.body, self._record if config.record else None)
        fixed = {
            link: peer.fixed_light_s
            for peer in config.peers
            for link in ((self._number, peer.node), (peer.node, self._number))
            if peer.fixed_light_s is not None
        }
        self._light = Light(config.node.plan, fixed, float(clock.rate))
        self._lateness = round(LATE_S * SECOND * clock.rate)
        self._neighbours = Neighbours(
            self._number,
            TcpclConfig(str(EndpointID.ipn(self._number, 0)), transfer_mru=config.node.limits.bundle_bytes),
            config.peers,
            clock,
            self._light,
            self._tell,
            self._say,
            tap,
        )
        self._writer: Writer[_Sequel] = Writer(self.store, self._committed, self._broken)
        self._events: list[Event] = []
        self._awake = False
        self._timer: asyncio.TimerHandle | None = None
        self._stamp: asyncio.TimerHandle | None = None
        self._listeners: dict[Callable[[], None], None] = {}
        self._counts = dict.fromkeys(("received", "sent", "acknowledged", "refused", "defects"), 0)
        self._asking: dict[asyncio.Future[None], None] = {}
        self._trace_file: Journal | None = None
        self._running = self._started = self._stumbled = False
        self._stopped: asyncio.Future[None]

    async def start(self, *, plan: ContactPlan | None = None, ports: Mapping[int, int] | None = None) -> None:
        """Restore what is stored, open the mailboxes, listen, and begin to connect to the peers.

        Args:
            plan: the contact plan to begin with, in place of the configuration's.
            ports: where peers listen, by node number, that were not known when this was configured.

        Raises:
            InputError: it can't listen, or a resident's address is not of this node.
            StoreError: the store holds what we can't read.
        """
        loop = asyncio.get_running_loop()
        self._stopped = loop.create_future()
        self._writer.start(loop)
        self._running = self._started = True
        try:
            self._open_files()
            now = self.clock.now()
            if plan is not None:
                self._light.set_plan(plan)
                self._submit(self._host.step([PlanChanged(plan)], now), now)
            self._submit(self._host.resume(self.store.restore(), now), now)
            for resident in self.config.residents:
                requests = self.office.open(resident.address, resident.person, now)
                self._submit(self._host.ask(requests, now), now)
            if self.config.listen:
                self.port = await self._neighbours.listen(*self.config.listen)
            await self.settled()
        except StarlightError:
            await self.stop()
            raise
        self._neighbours.dial(ports or {})
        self._stamp = loop.call_later(STAMP_S, self._stamp_time)

    async def stop(self) -> None:
        """End sessions in order, commit what is handled, and close the store. Again changes nothing."""
        self._running = False
        for timer in (self._timer, self._stamp):
            if timer:
                timer.cancel()
        if self._started:
            self._started = False
            await self._neighbours.close()
            self._writer.submit([], self.clock.now(), _Sequel([], False, None), stamp=True)
            await asyncio.get_running_loop().run_in_executor(None, self._writer.stop)
            if not self._stopped.done():
                self._stopped.set_result(None)
        self.store.close()
        for file in (self._trace_file, self._record_file):
            if file:
                file.close()

    async def wait(self) -> None:
        """Wait until the daemon has stopped.

        Raises:
            StoreError: it stopped because the disk refused a commit; nothing of that was acknowledged.
        """
        await asyncio.shield(self._stopped)

    # What people ask.

    async def write(self, address: str, draft: Draft) -> Letter:
        """Write a letter from a mailbox; when this returns it is durable.

        Raises:
            InputError: no such mailbox, or a draft that can't be sent.
            StoreError: the disk refused.
        """
        now = self._moment()
        letter, requests = self.office.write(address, draft, now)
        await self._ask(requests, now)
        return letter

    async def withdraw(self, address: str, letter_id: str) -> LetterView:
        """Withdraw a letter that has not departed; return how it stands now, as `Mailbox.letter_view`.

        Raises:
            InputError: it has departed, or there is no such letter.
        """
        now = self._moment()
        await self._ask(self.office.withdraw(address, letter_id, now), now)
        view = self.mailbox(address).letter_view(letter_id, self.clock.now())
        if view.state is not DeliveryState.WITHDRAWN:
            raise InputError("it could not be withdrawn: it had left already", where="letter")
        return view

    async def mark_read(self, address: str, letter_id: str) -> None:
        """Mark a letter that came as read, which sends the receipt.

        Raises:
            InputError: there is no such letter.
        """
        now = self._moment()
        await self._ask(self.office.mark_read(address, letter_id, now), now)

    async def send_telemetry(
        self,
        vehicle: str,
        to: Sequence[str],
        *,
        kind: str,
        position: Position | None = None,
        readings: Mapping[str, Reading] | None = None,
    ) -> None:
        """Send what a vehicle measured now, as `PostOffice.send_telemetry`; durable on return."""
        now = self._moment()
        requests = self.office.send_telemetry(
            vehicle, to, now, kind=kind, position=position, readings=readings
        )
        await self._ask(requests, now)

    async def send(self, requests: Sequence[Request]) -> None:
        """Carry out requests that a method of `office` returned; durable on return."""
        await self._ask(requests, self._moment())

    async def open(self, address: str, person: str) -> None:
        """Open a mailbox: what waits for its address is delivered now."""
        now = self._moment()
        await self._ask(self.office.open(address, person, now), now)

    def mailbox(self, address: str) -> Mailbox:
        """Return a mailbox, for reading.

        Raises:
            InputError: no such mailbox here.
        """
        return self.office.mailbox(address)

    def predict(self, address: str, draft: Draft) -> Prediction:
        """Return when a letter sent now would leave and arrive."""
        return self.office.predict(address, draft, self.clock.now())

    def why_late(self, address: str, draft: Draft) -> Lateness:
        """Return why a letter sent now would not be there sooner; a search that may take some 10 ms."""
        return self.office.why_late(address, draft, self.clock.now())

    def why_letter_late(self, address: str, letter_id: str) -> Lateness:
        """Return why a letter that waits or is on its way is not there sooner, as `PostOffice`'s."""
        return self.office.why_letter_late(address, letter_id, self.clock.now())

    def status(self) -> DaemonStatus:
        """Return how this daemon is doing."""
        return DaemonStatus(
            node=self._number,
            time=self.clock.now(),
            rate=float(self.clock.rate),
            port=self.port,
            up=self._neighbours.up,
            connected=self._neighbours.connected,
            stored=self.store.counts(),
            syncs=self.store.syncs,
            commits=self._writer.commits,
            plan_version=self.node.router.plan.version,
            **self._counts,
        )

    async def change_plan(self, plan: ContactPlan) -> None:
        """Put another contact plan in force; it is not kept: give it again after a restart."""
        self._light.set_plan(plan)
        self._tell(PlanChanged(plan))
        await self.settled()

    def cut(self, links: Collection[tuple[int, int]]) -> None:
        """Cut these directed links, ``(from, to)``, and mend all others."""
        self._neighbours.cut(links)

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call a listener whenever something changed and is committed; return what ends that."""
        self._listeners[listener] = None
        return lambda: self._listeners.pop(listener, None)

    async def settled(self) -> None:
        """Return once all that has happened so far is handled and committed."""
        await self._ask((), self._moment())

    # The loop.

    def _tell(self, event: Event) -> None:
        self._events.append(event)
        self._wake()

    def _wake(self) -> None:
        """Handle what has happened before this turn of the loop is over, all at once."""
        if not self._awake and self._running:
            self._awake = True
            asyncio.get_running_loop().call_soon(self._handle)

    def _handle(self) -> None:
        self._awake = False
        if not self._running:
            return
        happened, self._events = self._events, []
        self._stumbled = False
        now = self.clock.now()
        due = self._host.next_wakeup()
        if happened or (due is not None and due <= now):
            self._submit(self._step(happened, now), now)
        self._arm()

    def _step(self, happened: Sequence[Event], now: int) -> Step:
        """Handle what is due, then a batch; each at its own time, as long as we are late by `LATE_S` at most.

        So the mission goes as planned, to the ns, whatever the load of the machine, and however
        fast the clock runs. An event that breaks the engine is logged, refused, and costs only itself.
        """
        writes: list[Write] = []
        outward: list[Outward] = []
        at = earliest = now - self._lateness
        while at < now and (due := self._host.next_wakeup()) is not None and due <= now:
            at = now if due <= at else due
            if not self._try((), at, writes, outward):
                self._stumbled = True
                break
        for event in happened:
            self._counts["received"] += isinstance(event, BundleReceived)
            at = max(earliest, min(event.arrives, now)) if isinstance(event, BundleReceived) else now
            handled = self._try((event,), at, writes, outward)
            if not handled and isinstance(event, BundleReceived) and event.transfer is not None:
                outward.append(Refuse(event.peer, event.transfer, "not acceptable"))
        return Step(writes, outward)

    def _try(self, happened: Sequence[Event], at: int, writes: list[Write], outward: list[Outward]) -> bool:
        """Let the host make a step and gather what it answers; return False if a defect broke it."""
        try:
            step = self._host.step(happened, at)
        except Exception:
            what = type(happened[0]).__name__ if happened else "what was due"
            self._defect(f"handling {what} broke")
            return False
        writes += step.writes
        outward += step.outward
        return True

    def _defect(self, what: str) -> None:
        self._counts["defects"] += 1
        _LOG.exception("node %d: %s", self._number, what)

    async def _ask(self, requests: Sequence[Request], now: int) -> None:
        safe = asyncio.get_running_loop().create_future()
        self._asking[safe] = None
        self._submit(self._host.ask(requests, now), now, safe)
        self._arm()
        try:
            await safe
        finally:
            self._asking.pop(safe, None)

    def _moment(self) -> int:
        """Handle what has happened so far, so that what a person asks comes after it; return mission time."""
        if not self._running:
            raise StoreError(f"node {self._number} is not running")
        self._handle()
        return self.clock.now()

    def _submit(self, step: Step, now: int, safe: asyncio.Future[None] | None = None) -> None:
        sequel = _Sequel(step.outward, bool(step.writes), safe)
        if step.writes or self._writer.pending:
            self._writer.submit(step.writes, now, sequel)
        elif step.outward or safe:
            self._committed([sequel])

    def _committed(self, sequels: list[_Sequel]) -> None:
        """Do what a commit has made safe to do."""
        for sequel in sequels:
            for action in sequel.outward:
                try:
                    self._do(action)
                except Exception:  # what else this commit made safe has a right to be done
                    self._defect(f"doing {type(action).__name__} broke")
                    if isinstance(action, Transmit):
                        self._tell(TransferFailed(action.key, action.peer, "it could not be sent"))
            if sequel.safe is not None and not sequel.safe.done():
                sequel.safe.set_result(None)
        self._neighbours.flush()
        for file in (self._trace_file, self._record_file):
            if file:
                file.flush()
        if any(sequel.changed for sequel in sequels):
            self._changed()

    def _do(self, action: Outward) -> None:
        match action:
            case Transmit():
                self._transmit(action)
            case Acknowledge(_, transfer):
                self._counts["acknowledged"] += 1
                self._neighbours.acknowledge(transfer)
            case Refuse(_, transfer, reason):
                self._counts["refused"] += 1
                self._neighbours.refuse(transfer, reason)
            case Trace(record):
                if self._trace_file:
                    self._trace_file.write(record.line())

    def _transmit(self, action: Transmit) -> None:
        try:
            data = self.store.body(action.key)
            if action.age_ms is not None:
                data = bundle.with_age(data, action.age_ms)
        except (StoreError, PeerError) as error:
            # Mostly it expired, or was withdrawn, in a batch that was committed together with this one.
            self._tell(TransferFailed(action.key, action.peer, str(error)))
            return
        self._counts["sent"] += 1
        self.departures.append(action)
        self._neighbours.send(action, data)

    def _arm(self) -> None:
        """Set the one timer for the engine's and the post office's next deadline."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        due = self._host.next_wakeup()
        if due is not None:
            delay = min(self.clock.wall_delay_s(due), LONGEST_TIMER_S)
            if self._stumbled:
                delay = max(delay, STUMBLE_S)
            self._timer = asyncio.get_running_loop().call_later(delay, self._handle)

    def _stamp_time(self) -> None:
        """Commit mission time, so that a crash sets the clock back by a second of the wall at most."""
        self._writer.submit([], self.clock.now(), _Sequel([], False, None), stamp=True)
        self._stamp = asyncio.get_running_loop().call_later(STAMP_S, self._stamp_time)

    def _open_files(self) -> None:
        if self.config.trace:
            self._trace_file = Journal(self.config.trace, "a")
        if self.config.record:
            self._record_file = Journal(self.config.record, "w")
            self._recorder = Recorder(self.config.node, self._record_file.write)

    def _record(self, now: int, event: Event, answer: list[Action]) -> None:
        self._recorder(now, event, answer)

    def _say(self, event: TraceEvent) -> None:
        self._do(Trace(Record(self.clock.now(), self._number, event)))
        self._changed()

    def _changed(self) -> None:
        for listener in self._listeners:
            asyncio.get_running_loop().call_soon(listener)  # what breaks in it breaks nothing here

    def _broken(self, error: Exception) -> None:
        """Stop at once: what the disk refused was neither acknowledged nor sent, and peers still have it."""
        _LOG.error("node %d stops: %s", self._number, error)
        self._running = False
        for timer in (self._timer, self._stamp):
            if timer:
                timer.cancel()
        self._neighbours.abort()
        for safe in list(self._asking):
            if not safe.done():
                safe.set_exception(StoreError(f"node {self._number} has stopped: {error}"))
        if not self._stopped.done():
            self._stopped.set_exception(error)
            self._stopped.exception()  # seen here; `wait` raises it for who asks


def _patient(config: DaemonConfig, rate: float) -> DaemonConfig:
    """Return a configuration whose answers may be late by `ANSWER_S` of the wall at least."""
    limits = config.node.limits
    margin = max(limits.answer_margin, round(ANSWER_S * SECOND * rate))
    node = msgspec.structs.replace(config.node, limits=msgspec.structs.replace(limits, answer_margin=margin))
    return msgspec.structs.replace(config, node=node)
