"""The engine of a node: events in, actions out.

Theory of operation. `Node.handle` takes one fact and the time and returns what is to be done,
in an order in which each store write precedes what depends on it. Whoever drives the node
commits the writes first and acts outwardly after; so at any instant of a crash a bundle is
either still with the sender, who was not answered, or stored here.

A bundle's life here: it is received or submitted, persisted, and answered at once. It is hidden
until light has brought it. Then it is dispatched: to an application of this node that has claimed
its endpoint, or to wait for one; or into the queue of the first contact of its route. It is
transmitted when plan and link agree, and kept until the next hop has acknowledged it, an
application holds it, or its lifetime has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlight.bundle import NEVER, EndpointID
from starlight.contacts import ContactPlan
from starlight.dtntime import WEEK
from starlight.engine.delivery import Delivery
from starlight.engine.dispatch import Dispatcher
from starlight.engine.holdings import Holdings
from starlight.engine.receiver import Receiver
from starlight.engine.requests import Requests
from starlight.forwarding.answer_watch import AnswerWatch
from starlight.forwarding.body_reads import BodyReads
from starlight.forwarding.contact_queues import ContactQueues
from starlight.forwarding.critical_forwarding import CriticalForwarder
from starlight.forwarding.forecaster import EngineForecaster
from starlight.forwarding.forwarding import Forwarding
from starlight.forwarding.fragmentation import Fragmenter
from starlight.forwarding.known_neighbours import KnownNeighbours
from starlight.forwarding.replanning import Replanner
from starlight.forwarding.retries import Retries
from starlight.forwarding.route_booking import RouteBooking
from starlight.forwarding.transfers import Transfers
from starlight.forwarding.transmit_scheduler import TransmitScheduler
from starlight.node import events
from starlight.node.actions import Action, Departed, Fetch, Forget, Persist, Transmit
from starlight.node.admission import Admissions
from starlight.node.application import Claim, HeardClock, Submit, Unclaim, Withdraw
from starlight.node.bundle_state import BundleState, Cause
from starlight.node.config import NodeConfig
from starlight.node.core import Core
from starlight.node.events import Event
from starlight.node.links import LinkState
from starlight.node.reception import Reception, naming_bytes
from starlight.node.reports import Reports
from starlight.node.retention import Retention
from starlight.node.source_clocks import SourceClocks
from starlight.node.stored import Stored, unpack
from starlight.node.submission_news import SubmissionNews
from starlight.node.trace_events import ExpiryPaused, PlanAdopted
from starlight.routing import Route, Router


class Node:
    """A node of the network. See the module's docstring.

    Args:
        config: who it is and what it may take on.

    Attributes:
        router: over the plan in force. Others may ask it for routes; only the node books on it.
        forecaster: foresees what the node does with a bundle that is submitted.
        neighbours: whom it sends to, and what queues for each.
        holdings: why each stored bundle is held.
        admissions: what of the bundles of each peer is kept out.
    """

    def __init__(self, config: NodeConfig) -> None:
        self.config = config
        self.number = config.number
        self.router = Router(config.plan, naming=naming_bytes)
        # Each part is handed those below it, and none above: where two need each other, what one has to
        # say is returned by a call or waits until the loop of `_run` asks for it.
        self._core = core = Core.of(config)
        self._ledger, self._deadlines = core.ledger, core.deadlines
        self._reception = Reception(config)
        self._submissions = SubmissionNews(core.ledger)
        self._reports = Reports(core, self._reception)
        self._retention = Retention(core, self._submissions, self._reports)
        booking, reads = RouteBooking(core, self.router), BodyReads(config.limits.bundle_bytes)
        self._critical = CriticalForwarder(core, booking, reads)
        self._fragmenter = Fragmenter(core, booking, reads)
        self._watch = AnswerWatch(core, self.router)
        self.neighbours = KnownNeighbours(core.links)
        queues = ContactQueues(self.neighbours)
        self._forwarding = Forwarding(
            core, booking, queues, self._critical, self._fragmenter, self._retention
        )
        self.forecaster = EngineForecaster(
            core, self._reception, booking, queues, self._fragmenter, self._watch
        )
        retries = Retries(core, self.neighbours, booking, self._forwarding)
        self._replanner = Replanner(core, booking, queues, self._forwarding)
        self._scheduler = TransmitScheduler(
            core, booking, queues, self._forwarding, self._replanner, retries, self._submissions,
            self._watch,
        )  # fmt: skip
        self._transfers = Transfers(
            core, self._scheduler, self._forwarding, booking, retries, self._watch, self._retention
        )
        self._delivery = Delivery(core, self._reports)
        self._dispatcher = Dispatcher(
            core, self._forwarding, booking, self._delivery, self._reception, self._reports
        )
        self.holdings = Holdings(core, self._forwarding, self._delivery, self._dispatcher, self._retention)
        self.admissions = Admissions(config.admission)
        self._receiver = Receiver(
            core, self._reception, self._delivery, self._dispatcher, self._reports, self.admissions
        )
        self._requests = Requests(
            core, self._reception, self._forwarding, self._fragmenter, self._dispatcher, self._delivery,
            self._submissions,
        )  # fmt: skip
        self._handlers = self._handlers_of_events()

    def _handlers_of_events(self) -> dict[type, Callable[[Any, int], None]]:
        return {
            events.BundleReceived: self._received,
            events.LinkUp: self._scheduler.link_up,
            events.LinkDown: lambda event, now: self._scheduler.link_down(event.peer, now),
            events.TransmissionSent: self._transfers.sent,
            events.TransmissionAcknowledged: self._acknowledged,
            events.TransmissionFailed: self._transfers.failed,
            Submit: self._requests.submit,
            Withdraw: self._requests.withdraw,
            Claim: self._requests.claim,
            Unclaim: self._requests.unclaim,
            HeardClock: self._requests.heard_clock,
            events.Fetched: self._fetched,
            events.Delivered: lambda event, now: self._delivery.delivered(event.keys, now),
            events.Undeliverable: lambda event, now: self._delivery.declined(event.keys, event.reason, now),
            events.Left: lambda event, now: self._delivery.leave(event.keys, now),
            events.Drop: self.holdings.drop,
            events.PlanChanged: self._plan_changed,
            events.ExpiryHeld: self._hold_expiry,
            events.ClockWentOn: self._clock_went_on,
            events.Wakeup: lambda event, now: None,
        }

    # The two calls of a driver.

    def handle(self, event: Event, now: int) -> list[Action]:
        """Take one fact and return what is to be done about it.

        Args:
            event: the fact.
            now: mission time in ns; never earlier than in the call before.

        Returns:
            Actions, each store write before what depends on it.

        Raises:
            StoreError: a restored record is not one that this engine persisted.
        """
        kind = type(event)
        if kind is events.Restored or kind is events.Remembered:
            # The store is read back whole before anything else happens.
            self._restore(event, now)
        else:
            try:
                self._run(now)
                self._handlers[kind](event, now)
                self._run(now)
            except Exception:
                self.undo(self._ledger.take_actions(), now)
                raise
        return self._ledger.take_actions()

    def undo(self, dropped: Sequence[Action], now: int) -> None:
        """Take back what a step that broke has asked for, of which nothing is done.

        What was taken in it is not here, so its sender, who gets no answer, still counts as the one who
        has it. What was sent in it rests and is sent again. What it let go of, or offered to an
        application, stays in the store, which offers it again at the next start.
        """
        for action in dropped:
            stored = self.stored.get(getattr(action, "key", ""))
            if type(action) is Departed:
                self._submissions.undo(action.key)
            elif type(action) is Fetch:
                self._forwarding.place(self._fragmenter.dropped(action.key, now), now)
                self._critical.dropped(action.key)
            elif type(action) is Transmit and stored is not None and stored.state is BundleState.UNDER_WAY:
                self._transfers.fail(stored, now, "the step that sent it broke")
            if isinstance(action, Persist | Forget):
                self._core.duplicates.forget(action.key)
        for action in dropped:
            taken_in = self.stored.get(action.key) if type(action) is Persist else None
            if taken_in is not None:
                self._dispatcher.take_back(taken_in)
                self._ledger.drop(taken_in, Cause.UNDONE)
                if taken_in.meta.copy_of is not None:
                    self._critical.unmade(taken_in.meta.copy_of)
        self._deadlines.at(now, lambda nothing, now: None, None)  # so that what waits is looked at

    def next_wakeup(self) -> int | None:
        """Return when the next deadline is, in ns, or None when nothing is to come."""
        due, expiry = self._deadlines.next(), self._ledger.index.expiries.next()
        if due is None or expiry is None:
            return expiry if due is None else due
        return min(due, expiry)

    # What others may look at.

    @property
    def stored(self) -> Mapping[str, Stored]:
        """The index of what is stored, by key."""
        return self._ledger.index.entries

    @property
    def node_id(self) -> str:
        """The node's administrative endpoint, ``ipn:N.0``."""
        return str(self._reception.node_id)

    @property
    def plan(self) -> ContactPlan:
        """The contact plan in force."""
        return self.router.plan

    @property
    def clocks(self) -> SourceClocks:
        """Return what the bundles of its peers say of their clocks."""
        return self._core.clocks

    def link(self, peer: int, now: int) -> LinkState:
        """Return what is known of the link to a peer at a time, in ns."""
        return self._core.links.state(peer, now)

    def booked(self, key: str) -> tuple[Route, ...]:
        """Return what is booked for a bundle that waits or is under way, for each fragment and copy of it."""
        return self._submissions.booked(key)

    def summary(self) -> dict[str, object]:
        """Return what a person would ask of a node: how much is stored, in which states, for whom."""
        states = {state.name.lower(): 0 for state in BundleState if state is not BundleState.GONE}
        for stored in self.stored.values():
            states[stored.state.name.lower()] += 1
        return {
            "node": self.number,
            "bundles": len(self.stored),
            "bytes": self._ledger.index.bytes,
            "states": states,
            "peers": self.neighbours.summary(),
            "claims": self._delivery.offers.claims,
            "plan_version": self.router.plan.version,
        }

    # Inside.

    def _received(self, event: events.BundleReceived, now: int) -> None:
        self._core.links.hear(event.peer, event.arrives, now)
        self._receiver.receive(event, now)

    def _acknowledged(self, event: events.TransmissionAcknowledged, now: int) -> None:
        self._core.links.hear(event.peer, event.known, now)
        self._transfers.acknowledged(event, now)

    def _fetched(self, event: events.Fetched, now: int) -> None:
        self._forwarding.place(self._critical.fetched(event.key, event.data, now), now)
        self._forwarding.place(self._fragmenter.fetched(event.key, event.data, now), now)
        self._requests.fragmented(event.key)

    def _plan_changed(self, event: events.PlanChanged, now: int) -> None:
        self._replanner.change_plan(event.plan, now)
        self._ledger.trace(now, PlanAdopted(len(event.plan.contacts), event.plan.version))

    def _hold_expiry(self, event: events.ExpiryHeld, now: int) -> None:
        self._ledger.index.expiries.held = event.held
        self._ledger.trace(now, ExpiryPaused(event.held))

    def _clock_went_on(self, event: events.ClockWentOn, now: int) -> None:
        for stored in self.stored.values():
            meta = stored.meta
            meta.arrives, meta.expires = meta.arrives + event.by, min(meta.expires + event.by, NEVER)
            self._ledger.update(stored)
        self._ledger.index.expiries.rebuild(self.stored.values())

    def _run(self, now: int) -> None:
        """Do what is due, until nothing is.

        What may leave leaves first, so that a lifetime that ends at the same instant does not keep it.
        """
        scheduler, deadlines, expiries = self._scheduler, self._deadlines, self._ledger.index.expiries
        while True:
            if self._watch.has_overdue:
                self._transfers.give_up_overdue(now)
            elif scheduler.has_work:
                scheduler.pump(now)
            elif self._reports.has_made:
                self._dispatcher.dispatch_reports(now)
            elif deadlines.is_due(now):
                deadlines.run(now)
            elif expiries.is_due(now):
                for stored in expiries.due(now):
                    self._lifetime_ended(stored, now)
            else:
                return

    def _lifetime_ended(self, stored: Stored, now: int) -> None:
        # What is under way may have arrived in time; only when its transfer fails is it known to have not.
        if stored.state not in (BundleState.UNDER_WAY, BundleState.HANDED, BundleState.DELIVERING):
            self._dispatcher.take_back(stored)
            self._retention.expired(stored, now)

    def _restore(self, event: Event, now: int) -> None:
        self._reception.restarted(now)
        if isinstance(event, events.Remembered):
            if event.until >= now:
                self._core.duplicates.deliver(event.key, event.until)
            return
        assert isinstance(event, events.Restored)
        meta = unpack(event.key, event.meta)
        node = self._reception.node_of(EndpointID.parse(meta.destination))
        stored = self._ledger.restore(event.key, meta, node)
        if meta.handed_until is not None:
            self._transfers.restored(stored)
        else:
            # Not at once, though light has mostly brought it: the others that were stored are here only
            # then, and what came first goes first. No light takes a week: that was a clock of another year.
            arrives = meta.arrives if meta.arrives <= now + WEEK else now
            self._dispatcher.dispatch_at(arrives, stored)
