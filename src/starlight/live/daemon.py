"""A node in real time: engine, post office, store and links, on one event loop.

Whatever arrives within one turn of the loop is handled as a batch at one mission time (`engine_loop`). The
store writes of the batch are committed by a thread, several batches at once when they wait
(`commit_pipeline`, `batch_commit`), and only then its outward actions are done (`outward_actions`): so what
is acknowledged or sent is always safe first, and the loop handles batch n + 1 while batch n commits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from starlight.contacts import ContactPlan
from starlight.dtntime import SECOND
from starlight.engine.applications import MAIL, Applications
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.engine.step import Step
from starlight.errors import StarlightError, StoreError
from starlight.live.archive_service import ArchiveService
from starlight.live.assembly import amendment_service_of, neighbours_of, post_office_of
from starlight.live.bundle_service import BUNDLES, BundleService
from starlight.live.change_listeners import ChangeListeners
from starlight.live.clock import MissionClock
from starlight.live.commit_pipeline import CommitPipeline
from starlight.live.config import DaemonConfig, DaemonStatus, Resident, patient
from starlight.live.disk_watch import DiskWatch
from starlight.live.engine_loop import Defects, EngineLoop
from starlight.live.engine_requests import EngineRequests
from starlight.live.fact_exchange import FactExchange
from starlight.live.journal import RunRecord, TraceLog
from starlight.live.letter_search import LetterSearch
from starlight.live.mail_service import MailService
from starlight.live.open_office import OpenOffice
from starlight.live.outward_actions import OutwardActions
from starlight.live.own_clock_watch import OwnClockWatch
from starlight.live.plan_service import PlanService
from starlight.live.planned_links import as_planned
from starlight.live.services import services_of
from starlight.live.settings_service import SettingsService
from starlight.live.storage_service import StorageService
from starlight.live.stored_bundles import StoredBundles
from starlight.messages.correspondent import Maker
from starlight.neighbours.address import LinkAddress
from starlight.neighbours.kinds import KINDS, LinkKind
from starlight.neighbours.link_driver import Tap
from starlight.neighbours.link_status import LinkStatus
from starlight.node.actions import Outward, Refuse, Trace
from starlight.node.application import Restorable
from starlight.node.clock_offsets import Disagreement
from starlight.node.events import BundleReceived, Event, ExpiryHeld
from starlight.node.trace_events import BundleRefused, RecordSetAside
from starlight.services.announcements import NAME as AMENDMENTS
from starlight.services.programs import Programs
from starlight.services.registry import Registry
from starlight.store.contract import Store
from starlight.store.sqlite_store import SqliteStore
from starlight.trace import Record, TraceEvent

__all__ = ["Daemon", "DaemonConfig", "DaemonStatus", "Resident"]

_LOG = logging.getLogger(__name__)


class Daemon:
    """One live node.

    Making it opens the store and moves the clock up to what that has seen, so make all the daemons
    that share a clock before starting the first.

    Args:
        config: who it is.
        clock: mission time; daemons of one process share it.
        correspondents: make the programs that live at its mailboxes, which `residents` opens.
        tap: sees all bytes of all its links; for captures in tests.
        kinds: the protocols that its links speak, by the schemes of their addresses.
        open_store: opens its store, which is in the folder `config.data`.
        log: takes each record of the trace, as `NodeLog.add` does; None for none.
        trust_clock: a person says that the machine's clock is right, whatever the store recorded last.

    Attributes:
        mail: the mailboxes, for people.
        bundles: the bundle API, for programs.
        plan: the contact plan, for who amends it.
        facts: of the mission, as they hold here, and who says something else.
        held: the bundles that it stores, for who looks after it.
        own_clock: what is known of this machine's clock.
        departures: the last transmissions that went out, the oldest first.
        listening: the addresses at which peers may reach it.

    Raises:
        InputError: a correspondent is at no address of this node, or two are at the same.
        StoreError: the store can't be opened, or is in use.
    """

    def __init__(
        self,
        config: DaemonConfig,
        clock: MissionClock,
        *,
        correspondents: Sequence[Maker] = (),
        tap: Tap | None = None,
        kinds: Mapping[str, LinkKind] = KINDS,
        open_store: Callable[[str], Store] = SqliteStore,
        log: Callable[[Record], None] | None = None,
        trust_clock: bool = False,
    ) -> None:
        self.config = config = patient(config, float(clock.fastest))
        self.clock = clock
        self.store = open_store(config.data)
        # All but the clock and the store is made below, and needed only when it starts.
        self.own_clock = OwnClockWatch(
            clock,
            self.store.mission_time(),
            lambda: self._neighbours.clocks.offsets,
            lambda event: self._requests.tell_first(event),
            self._say,
            trusted=trust_clock,
        )
        number = self._number = config.node.number
        self.node = Node(config.node)
        self._trace = TraceLog(config.trace, log)
        self._record = RunRecord(config.node, config.record)
        self._defects = Defects(number)
        self._amendments = amendment_service_of(config)
        self.office = post_office_of(self.node, self.store, config, clock, correspondents, self._amendments)
        self.search = LetterSearch(self.store.path)
        self.store.watch(self.search.note)
        self._disk = DiskWatch(self.store, lambda: self._commits.pending, lambda: self._listeners.notify())
        registry = Registry(number)
        applications: dict[str, Restorable] = {
            MAIL: self.office,
            AMENDMENTS: self._amendments,
            BUNDLES: Programs(registry),
            **services_of(number, config.services),
        }
        self._applications = Applications(applications, lambda what, error: self._defects.note(what))
        host = self._host = Host(
            self.node, self._applications, self.store.body, self._record.add if config.record else None
        )
        self._commits = CommitPipeline(self.store, clock, self._committed, self._broken, self._disk.told)
        self._engine = EngineLoop(host, clock, self._commits.submit, self._defects)
        # Whoever reads a damaged record has it set aside in a commit of its own, though nothing else is due.
        self.office.mailboxes.records.asides.watch_all(self._engine.wake)
        requests = self._requests = EngineRequests(
            host, self._applications, self._engine, self._commits, clock
        )
        # Each application has a face for whoever asks in this process: people, programs, planners.
        moment, carry_out, room = requests.moment, requests.carry_out, self._disk.require
        open_office = OpenOffice(self.office, moment, partial(carry_out, MAIL))
        self.mail = MailService(open_office, clock, room)
        self.storage = StorageService(open_office)
        self.settings = SettingsService(open_office)
        self.archive = ArchiveService(open_office, room)
        self.bundles = BundleService(registry, moment, partial(carry_out, BUNDLES), host.payload, room)
        self.plan = PlanService(self._amendments, moment, partial(carry_out, AMENDMENTS))
        self.held = StoredBundles(self.node, moment, requests.tell)
        put = partial(requests.put, AMENDMENTS)
        self.facts = FactExchange(
            number, config.facts, config.peers, self._amendments, clock.now, put, self._say
        )
        self._neighbours = neighbours_of(config, clock, self._hear, self._say, self.facts, tap, kinds)
        self.listening = self._neighbours.listening
        self._outward = OutwardActions(
            self.store, self._neighbours, self._trace, self._engine.tell, self._defects
        )
        self.departures = self._outward.departures
        self._listeners = ChangeListeners()
        self._started = False
        self._stopped: asyncio.Future[None]

    @property
    def port(self) -> int | None:
        """Return the port of the first address at which it listens; None when it does not."""
        return self.listening[0].port if self.listening else None

    async def start(
        self, *, plan: ContactPlan | None = None, addresses: Mapping[int, LinkAddress] | None = None
    ) -> None:
        """Restore what is stored, open the mailboxes, listen, and begin to connect to the peers.

        Args:
            plan: the contact plan to begin with, in place of the configuration's.
            addresses: where peers listen, by node number, that were not known when this was configured.

        Raises:
            InputError: it can't listen, or a resident's address is not of this node.
            StoreError: the store holds what we can't read.
        """
        self._stopped = asyncio.get_running_loop().create_future()
        self._commits.start()
        self._engine.start()
        self._requests.running = self._started = True
        try:
            self._trace.open()
            self._record.open()
            if self.own_clock.goes_back:
                self.store.set_time_back(self.clock.now())
            self._restore(plan)
            self.own_clock.start()
            self.subscribe(self.own_clock.look)
            # Only now, so that no peer is heard before it is known what has come already.
            for address in self.config.listen:
                await self._neighbours.listen(address)
            await self.settled()
            self.search.start()
            self._neighbours.reach(addresses or {})
        except StarlightError:
            await self.stop()
            raise
        self._commits.stamp_time()

    async def stop(self) -> None:
        """End sessions in order, commit what is handled, and close the store. Again changes nothing."""
        self._requests.running = False
        self.own_clock.stop()
        self._engine.stop()
        self.bundles.wake()
        if self._started:
            self._started = False
            # While the thread still commits, so that what is handled can yet be acknowledged.
            await self._neighbours.close()
            await self._commits.stop()
            if not self._stopped.done():
                self._stopped.set_result(None)
        # Last of all: until the links have closed in order nothing else may take the loop's time.
        await self.search.close()
        self.store.close()
        self._trace.close()
        self._record.close()

    async def wait(self) -> None:
        """Wait until the daemon has stopped.

        Raises:
            StoreError: it stopped because the disk refused a commit; nothing of that was acknowledged.
        """
        await asyncio.shield(self._stopped)

    def status(self) -> DaemonStatus:
        """Return the status of this daemon."""
        doubt, now = self.own_clock.doubt, self.clock.now()
        return DaemonStatus(
            node=self._number,
            time=now,
            rate=float(self.clock.rate),
            port=self.port,
            up=self._neighbours.links.up,
            connected=self._neighbours.links.connected,
            stored=self.store.counts(),
            syncs=self.store.syncs,
            commits=self._commits.commits,
            received=self._engine.received,
            sent=self._outward.sent,
            acknowledged=self._outward.acknowledged,
            refused=self._outward.refused,
            defects=self._defects.count,
            plan_version=self.node.router.plan.version,
            listening=[str(address) for address in self.listening],
            links=self.link_status(),
            strangers=self._neighbours.datagrams.strangers.count,
            amendments=self._amendments.held.digest(),
            amended_by=self._amendments.held.version().text(),
            plan_file=self.plan.file_trouble,
            facts=self.facts.here,
            facts_differ=self.facts.disagreements(),
            clock_trouble="" if doubt is None else doubt.trouble.value,
            clock_apart_s=0.0 if doubt is None else doubt.apart / SECOND,
            expiry_held=self.own_clock.holds_expiry,
            disk=self._disk.trouble,
        )

    def link_status(self) -> list[LinkStatus]:
        """Return how the links with each peer stand, with what the engine and the plan have for it."""
        now = self.clock.now()
        return [as_planned(link, self.node, now) for link in self._neighbours.status()]

    def disagreements(self) -> list[Disagreement]:
        """Return which peers' clocks differ from ours, by peer."""
        return self._neighbours.clocks.offsets.disagreements()

    async def change_plan(self, plan: ContactPlan) -> None:
        """Put another base plan in force, below the amendments; it is not kept: give it after a restart."""
        await self.plan.change_base(plan)

    def cut(self, links: Collection[tuple[int, int]]) -> None:
        """Cut these directed links, ``(from, to)``, and mend all others."""
        self._neighbours.links.cut(links)

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call a listener whenever something changed and is committed; return what ends that."""
        return self._listeners.add(listener)

    async def settled(self) -> None:
        """Return once all that has happened so far is handled and committed."""
        await self._requests.carry_out(MAIL, (), self._requests.moment())

    def _restore(self, plan: ContactPlan | None) -> None:
        """Give the engine what the store holds, and open the residents' mailboxes."""
        now = self.clock.now()
        if self.own_clock.holds_expiry:  # before it knows of anything that might
            self._requests.tell_first(ExpiryHeld(True))
        if plan is not None:
            self._amendments.held.set_base(plan)
        for aside in self.store.set_aside:
            self._say(RecordSetAside(aside.mailbox, aside.key, aside.why))
        for key, data in self.store.saved(AMENDMENTS):
            self._applications.restore(AMENDMENTS, key, data)
        self._commits.submit(self._host.resume(self.store.restore(), now), now)
        for resident in self.config.residents:
            requests = self.office.mailboxes.open(resident.address, resident.person, now)
            asked = self._applications.asked(MAIL, requests)
            self._commits.submit(self._host.ask(asked, now), now)
        self._neighbours.set_plan(self.node.router.plan)
        self.facts.look()

    def _committed(self, actions: list[Outward], changed: bool) -> None:
        """Do what a commit has made safe to do, and write to each connection once for all of it."""
        # What the engine has in force: applications amend the plan as well.
        self._neighbours.set_plan(self.node.router.plan)
        for action in actions:
            self._outward.do(action)
        self._neighbours.clocks.infer(self.node.clocks)
        self._neighbours.drivers.flush()
        self._trace.flush()
        self._record.flush()
        self.facts.look()
        if changed:
            self._listeners.notify()

    def _hear(self, event: Event) -> None:
        """Take an event of a link; a bundle that has no room on the disk stays with its sender."""
        if isinstance(event, BundleReceived) and not self._disk.take(len(event.data)):
            reason, now = "no resources", self.clock.now()
            refused = BundleRefused(event.peer, reason, "the disk is full")
            outward: list[Outward] = [Trace(Record(now, self._number, refused))]
            if event.transfer is not None:
                outward.append(Refuse(event.peer, event.transfer, reason))
            # In its turn, because answers on a link go in the order of the transfers.
            self._commits.submit(Step([], outward), now)
        else:
            self._engine.tell(event)

    def _say(self, event: TraceEvent) -> None:
        self._trace.add(Record(self.clock.now(), self._number, event))
        self._listeners.notify()

    def _broken(self, error: Exception) -> None:
        """Stop at once: what the disk refused was neither acknowledged nor sent, and peers still have it."""
        _LOG.error("node %d stops: %s", self._number, error)
        self._requests.running = False
        self._engine.stop()
        self.bundles.wake()
        # Without a word: an orderly end would answer transfers, and no answer is true any more.
        self._neighbours.abort()
        self._commits.fail(StoreError(f"node {self._number} has stopped: {error}"))
        if not self._stopped.done():
            self._stopped.set_exception(error)
            self._stopped.exception()  # seen here; `wait` raises it for who asks
