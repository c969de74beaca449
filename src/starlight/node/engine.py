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

from starlight.bundle import EndpointID, ReasonCode
from starlight.contacts import ContactPlan
from starlight.errors import PeerError
from starlight.node import events
from starlight.node.actions import (
    Accepted,
    Acknowledge,
    Action,
    Departed,
    Fetch,
    Forget,
    NotWithdrawn,
    Persist,
    Refuse,
    Rejected,
    Reported,
    Trace,
    Transmit,
    Update,
    Withdrawn,
)
from starlight.node.application import Claim, NotKept, Submit, Unclaim, Withdraw
from starlight.node.config import NodeConfig
from starlight.node.critical_forwarding import CriticalForwarder, copies
from starlight.node.deadlines import Deadlines
from starlight.node.delivery import Delivery
from starlight.node.duplicate_filter import DuplicateFilter
from starlight.node.events import Event
from starlight.node.fragmentation import Fragmenter, Reads
from starlight.node.index import Index
from starlight.node.reception import REPORTS, ReceivedBundle, Reception, naming_bytes
from starlight.node.reports import Reporter, read_report
from starlight.node.stored import BundleState, Meta, Stored, identity, pack, unpack, whole_of
from starlight.node.submissions import Submissions
from starlight.node.trace_events import (
    BundleAccepted,
    BundleDeleted,
    BundleDropped,
    BundleDuplicate,
    BundleExpired,
    BundleForwarded,
    BundleRefused,
    BundleSubmitted,
    BundleWithdrawn,
    PlanAdopted,
    ReportHeard,
    ReportMade,
)
from starlight.node.transfers import Transfers
from starlight.node.transmit_scheduler import Keeper, TransmitScheduler
from starlight.routing import Route, Router
from starlight.trace import Record, TraceEvent

IT_CROSSES = "a copy of it is under way from here, whose answer is still out"
"""Why a copy is refused for now. It may be our own, coming back: to say that we hold it while the
peer's answer makes us let go would lose it. Later the answer will have come, or failed to."""


class Node:
    """A node of the network. See the module's docstring.

    Args:
        config: who it is and what it may take on.

    Attributes:
        router: over the plan in force. Others may ask it for routes; only the node books on it.
    """

    def __init__(self, config: NodeConfig) -> None:
        self.config = config
        self.number = config.number
        self.router = Router(config.plan, naming=naming_bytes)
        self._out: list[Action] = []
        self._deadlines = Deadlines()
        self._identities = DuplicateFilter(config.limits.remembered)
        self._intake = Reception(config)
        self._reporter = Reporter(config)
        self._index = Index(config.limits)
        self._stored = self._index.entries
        self._submissions = Submissions(self._index, self._out)
        keeper = Keeper(
            overdue=lambda stored, now: self._transfers.overdue(stored, now),
            departs=self._submissions.departs,
            critical=lambda stored, now, since: self._flooder.consider(stored, now, since),
            stranded=lambda stored, now, since: self._cutter.consider(stored, now, since),
            surplus=self._surplus,
        )
        self._forwarder = TransmitScheduler(config, self.router, self._deadlines, self._out, keeper)
        reads = Reads(config.limits.bundle_bytes)
        self._cutter = Fragmenter(
            config,
            self._index,
            self._forwarder,
            self._identities,
            self._deadlines,
            self._out,
            reads,
            store=self._store,
            say=self._trace,
        )
        self._flooder = CriticalForwarder(
            self.number,
            self._index,
            self._forwarder,
            self._deadlines,
            self._out,
            reads,
            store=self._store,
            say=self._trace,
        )
        self._transfers = Transfers(
            config.limits,
            self._index,
            self._forwarder,
            self._deadlines,
            self._out,
            say=self._trace,
            handed=self._handed,
            expire=self._expire,
        )
        self._unaccepted: dict[str, str] = {}  # submitted bundles that are cut in this step, and their tokens
        self._orders = 0
        self._delivery = Delivery(
            config.limits.fragments,
            self._index,
            self._identities,
            self._out,
            forget=self._forget,
            say=self._trace,
            report=lambda stored, now: self._report(stored.key, stored.meta, "delivered", now, 0),
        )
        self._handlers: dict[type, Callable[[Any, int], None]] = {
            events.BundleReceived: self._received,
            events.LinkUp: lambda event, now: self._forwarder.link_up(event.peer, now),
            events.LinkDown: lambda event, now: self._forwarder.link_down(event.peer, now),
            events.TransferSent: lambda event, now: self._transfers.sent(event, now),
            events.TransferAcknowledged: lambda event, now: self._transfers.acknowledged(event, now),
            events.TransferFailed: lambda event, now: self._transfers.failed(event, now),
            Submit: self._submit,
            Withdraw: self._withdraw,
            Claim: self._claim,
            Unclaim: self._unclaim,
            events.Fetched: self._fetched,
            events.Delivered: lambda event, now: self._delivery.delivered(event.keys, now),
            events.PlanChanged: self._plan_changed,
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
                broken = self._out.copy()
                self._out.clear()
                self.undo(broken, now)
                raise
        actions = self._out.copy()
        self._out.clear()
        return actions

    def undo(self, dropped: Sequence[Action], now: int) -> None:
        """Take back what a step that broke has asked for, of which nothing is done.

        What was taken in it is not here, so its sender, who gets no answer, still counts as the one who
        has it. What was sent in it rests and is sent again. What it let go of, or offered to an
        application, stays in the store, which offers it again at the next start.
        """
        taken = [action.key for action in dropped if type(action) is Persist]
        for action in dropped:
            stored = self._stored.get(getattr(action, "key", ""))
            if type(action) is Departed:
                self._submissions.undo(action.key)
            elif type(action) is Fetch:
                self._cutter.dropped(action.key, now)
                self._flooder.dropped(action.key)
            elif type(action) is Transmit and stored is not None and stored.state is BundleState.UNDER_WAY:
                self._transfers.fail(stored, now, "the step that sent it broke")
            if isinstance(action, Persist | Forget):
                self._identities.forget(action.key)
        for key in taken:
            taken_in = self._stored.get(key)
            if taken_in is not None:
                self._remove(taken_in)
                if taken_in.meta.copy_of is not None:
                    self._flooder.unmade(taken_in.meta.copy_of)
        self._deadlines.at(now, lambda nothing, now: None, None)  # so that what waits is looked at

    def next_wakeup(self) -> int | None:
        """Return when the next deadline is, in ns, or None when nothing is to come."""
        due, expiry = self._deadlines.next(), self._index.expiries.next()
        if due is None or expiry is None:
            return expiry if due is None else due
        return min(due, expiry)

    # What others may look at.

    @property
    def stored(self) -> Mapping[str, Stored]:
        """The index of what is stored, by key."""
        return self._stored

    @property
    def node_id(self) -> str:
        """The node's administrative endpoint, ``ipn:N.0``."""
        return str(self._intake.node_id)

    @property
    def plan(self) -> ContactPlan:
        """The contact plan in force."""
        return self.router.plan

    def booked(self, key: str) -> tuple[Route, ...]:
        """Return what is booked for a bundle that waits or is under way, for each piece and copy of it."""
        return tuple(part.route for part in self._index.kin(key) if part.route is not None)

    def summary(self) -> dict[str, object]:
        """Return what a person would ask of a node: how much is stored, in which states, for whom."""
        states = {state.name.lower(): 0 for state in BundleState if state is not BundleState.GONE}
        for stored in self._stored.values():
            states[stored.state.name.lower()] += 1
        return {
            "node": self.number,
            "bundles": len(self._stored),
            "bytes": self._index.bytes,
            "states": states,
            "peers": self._forwarder.summary(),
            "claims": self._delivery.claims,
            "plan_version": self.router.plan.version,
        }

    # Receiving.

    def _received(self, event: events.BundleReceived, now: int) -> None:
        limits = self.config.limits
        if len(event.data) > limits.bundle_bytes:
            self._refuse(event, now, "no resources", f"larger than {limits.bundle_bytes} B")
            return
        try:
            reception = self._intake.receive(event.data, event.arrives)
        except PeerError as error:
            self._refuse(event, now, "not acceptable", str(error))
            self._report_unintelligible(event, now)
            return
        stored = self._stored.get(reception.key)
        held = copies(self._index, reception.key)
        if stored is None and self._has_been_here(reception, now):
            self._duplicate(event, reception, now)
        elif not all(self._is_newer(copy, reception) for copy in held):
            if any(copy.state is BundleState.UNDER_WAY and copy.peer == event.peer for copy in held):
                self._refuse(event, now, "no resources", IT_CROSSES)
            else:
                for copy in held:
                    copy.returned = True  # who sent it may let go of it now: ours may be the only ones
                self._duplicate(event, reception, now)
        elif any(copy.state is BundleState.UNDER_WAY for copy in held):
            self._refuse(event, now, "no resources", IT_CROSSES)
        elif reception.refusal is not None:
            self._acknowledge(event)
            self._discard(reception, now)
        elif self._index.is_full(reception.meta.size):
            self._refuse(event, now, "no resources", "the store is full")
        elif reception.node == self.number and not self._delivery.has_room(reception):
            self._refuse(event, now, "no resources", f"in more than {limits.fragments} fragments")
        else:
            if stored is not None:
                if stored.state is BundleState.HANDED:
                    self._identities.hand(stored.key, stored.meta.hops)
                self._remove(stored)
            reception.meta.flooded = reception.meta.critical and (
                bool(held) or self._was_flooded(reception, now)
            )
            self._take(event, reception, now)

    def _is_newer(self, stored: Stored, reception: ReceivedBundle) -> bool:
        """Tell whether a copy has come further than the stored one (see `identities`)."""
        hops, kept = reception.meta.hops, stored.meta.hops
        if hops is None or kept is None:
            return stored.state is BundleState.HANDED
        return hops > kept

    def _has_been_here(self, reception: ReceivedBundle, now: int) -> bool:
        identities, meta = self._identities, reception.meta
        if reception.node == self.number:
            whole = whole_of(reception.key) if meta.fragment else reception.key
            return identities.was_delivered(reception.key, now) or identities.was_delivered(whole, now)
        return identities.was_handed(reception.key, meta.hops)

    def _was_flooded(self, reception: ReceivedBundle, now: int) -> bool:
        """Tell whether copies of a critical bundle were sent on before, as far as is remembered."""
        key = reception.key
        return self._identities.times_handed(key) > 0 or self._identities.was_delivered(key, now)

    def _take(self, event: events.BundleReceived, reception: ReceivedBundle, now: int) -> None:
        meta = reception.meta
        stored = self._store(reception.key, meta, reception.node, reception.data)
        stored.sender = event.peer
        stored.returns = self._identities.times_handed(stored.key)
        if stored.returns and event.peer is not None:
            stored.refused_by = frozenset((event.peer,))  # whoever sent it back would do so again
        self._acknowledge(event)
        size = len(event.data)
        self._trace(now, BundleAccepted(stored.key, meta.destination, event.peer, meta.arrives, size))
        if meta.arrives > now:
            self._deadlines.at(meta.arrives, self._dispatch, stored)
        else:
            self._dispatch(stored, now)

    def _store(self, key: str, meta: Meta, node: int | None, data: bytes) -> Stored:
        if not meta.order:  # else it takes the place of the bundle that it is a part or a copy of
            self._orders += 1
            meta.order = self._orders
        stored = Stored(key, meta, node)
        self._index.add(stored)
        self._out.append(Persist(key, data, pack(meta)))
        return stored

    def _duplicate(self, event: events.BundleReceived, reception: ReceivedBundle, now: int) -> None:
        self._acknowledge(event)
        self._trace(now, BundleDuplicate(reception.key, event.peer))

    def _discard(self, reception: ReceivedBundle, now: int) -> None:
        """Delete, by rule, a bundle that was not stored yet (RFC 9171, 5.10)."""
        assert reception.refusal is not None
        self._trace(now, BundleDeleted(reception.key, reception.refusal.name.lower()))
        self._report_deletion(reception, now)

    def _report_unintelligible(self, event: events.BundleReceived, now: int) -> None:
        """Report, if asked, that a bundle with a mangled block is deleted (RFC 9171, 5.6, step 3)."""
        told = self._intake.unintelligible(event.data, event.arrives)
        if told is not None and told.key not in self._stored:  # another copy of it may be here whole
            self._report_deletion(told, now)

    def _report_deletion(self, reception: ReceivedBundle, now: int) -> None:
        """Report what was deleted at its reception: it was received all the same (RFC 9171, 5.6, step 2)."""
        key, meta = reception.key, reception.meta
        self._report(key, meta, "received", now, ReasonCode.NO_ADDITIONAL_INFORMATION)
        self._report(key, meta, "deleted", now, reception.refusal or 0)

    def _acknowledge(self, event: events.BundleReceived) -> None:
        if event.transfer is not None:
            self._out.append(Acknowledge(event.peer, event.transfer))

    def _refuse(self, event: events.BundleReceived, now: int, reason: str, why: str) -> None:
        if event.transfer is not None:
            self._out.append(Refuse(event.peer, event.transfer, reason))
        self._trace(now, BundleRefused(event.peer, reason, why))

    # Dispatching: once light has brought it.

    def _dispatch(self, stored: Stored, now: int) -> None:
        if stored.state is not BundleState.HIDDEN:
            return
        meta = stored.meta
        if not meta.own and not meta.reported:
            self._report_reception(stored, now)
        if stored.node != self.number:
            self._forwarder.enqueue(stored, now, not_before=now + self.config.limits.pause(stored.returns))
        elif meta.report is not None:
            self._hear(stored, now)
        else:
            self._delivery.take(stored, now)

    def _hear(self, stored: Stored, now: int) -> None:
        """Take a status report that came to this node."""
        meta = stored.meta
        assert meta.report is not None
        for told in read_report(meta.report, self._intake):
            if told.source_node == self.number:
                self._out.append(Reported(told.known_as, meta.source, told.status, told.time, told.reason))
            self._trace(now, ReportHeard(told.key, meta.source, told.status))
        self._identities.deliver(stored.key, meta.expires)
        self._forget(stored, meta.expires)

    def _claim(self, event: Claim, now: int) -> None:
        endpoint = self._intake.own_endpoint(event.endpoint)
        if endpoint is not None:
            self._delivery.claim(endpoint, now)

    def _unclaim(self, event: Unclaim, now: int) -> None:
        endpoint = self._intake.own_endpoint(event.endpoint)
        if endpoint is not None:
            self._delivery.unclaim(endpoint)

    def _handed(self, stored: Stored, now: int) -> None:
        """Let go of a bundle that the next hop has."""
        meta, key = stored.meta, identity(stored)
        if not meta.critical or not self._identities.was_handed(key, meta.hops):  # of copies, one counts
            self._identities.hand(key, meta.hops)
        self._let_go(stored, now)
        self._submissions.handed(stored)
        self._trace(now, BundleForwarded(stored.key, stored.peer or None))
        self._report(stored.key, meta, "forwarded", now, 0)

    # Submitting.

    def _submit(self, event: Submit, now: int) -> None:
        refusal = self._intake.objection(event)
        if refusal is None and self._index.is_full(len(event.payload)):
            refusal = NotKept.STORE_FULL
        if refusal is not None:
            self._out.append(Rejected(event.token, refusal))
            return
        made = self._intake.submit(event, now)
        stored = self._store(made.key, made.meta, made.node, made.data)
        self._trace(now, BundleSubmitted(made.key, made.meta.destination))
        if made.node == self.number:
            self._out.append(Accepted(event.token, made.key, now, now))
            self._dispatch(stored, now)
            return
        route = self._forwarder.enqueue(stored, now)
        if self._cutter.is_asked(made.key):
            self._unaccepted[made.key] = event.token
            return
        leaves, arrives = (route.leaves, route.arrival) if route else (None, None)
        self._out.append(Accepted(event.token, made.key, leaves, arrives))

    def _fetched(self, event: events.Fetched, now: int) -> None:
        self._flooder.fetched(event.key, event.data, now)
        self._cutter.fetched(event.key, event.data, now)
        token = self._unaccepted.pop(event.key, None)
        if token is not None:
            routes = self.booked(event.key)
            known = bool(routes) and len(routes) == len(self._index.kin(event.key))
            leaves = min(route.leaves for route in routes) if known else None
            arrives = max(route.arrival for route in routes) if known else None
            self._out.append(Accepted(token, event.key, leaves, arrives))

    def _withdraw(self, event: Withdraw, now: int) -> None:
        parts = self._submissions.withdrawable(event.key)
        if not parts:
            self._out.append(NotWithdrawn(event.key))
            return
        for stored in parts:
            self._forwarder.dequeue(stored)
            self._forget(stored, now)
        self._out.append(Withdrawn(event.key))
        self._trace(now, BundleWithdrawn(event.key))

    def _report_reception(self, stored: Stored, now: int) -> None:
        if self._report(stored.key, stored.meta, "received", now, ReasonCode.NO_ADDITIONAL_INFORMATION):
            # So that a restart does not report it again.
            stored.meta.reported = True
            self._out.append(Update(stored.key, pack(stored.meta)))

    def _report(self, key: str, meta: Meta, status: str, now: int, reason: int) -> bool:
        """Make the status reports that are asked for; return whether any was made."""
        if not (meta.flags & REPORTS or meta.unsupported):
            return False
        any_made = False
        for made in self._reporter.reports(meta, status, now, reason, self._intake):
            if not self._index.is_full(made.meta.size):
                stored = self._store(made.key, made.meta, made.node, made.data)
                self._trace(now, ReportMade(key, made.key, status))
                self._deadlines.at(now, self._dispatch, stored)
                any_made = True
        return any_made

    # Plan, time, memory.

    def _plan_changed(self, event: events.PlanChanged, now: int) -> None:
        self._forwarder.change_plan(event.plan, now)
        self._trace(now, PlanAdopted(len(event.plan.contacts), event.plan.version))

    def _run(self, now: int) -> None:
        """Do what is due, until nothing is."""
        forwarder, deadlines, expiries = self._forwarder, self._deadlines, self._index.expiries
        while True:
            if forwarder.has_work:
                forwarder.pump(now)
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
            self._expire(stored, now)

    def _expire(self, stored: Stored, now: int) -> None:
        self._remove(stored)
        self._out.append(Forget(stored.key, now))
        ended = self._submissions.ended(stored)
        self._trace(now, BundleExpired(stored.key))
        if ended:
            self._report(stored.key, stored.meta, "deleted", now, ReasonCode.LIFETIME_EXPIRED)

    def _surplus(self, stored: Stored, now: int) -> bool:
        """Drop a copy whose neighbour has no road any more, unless it is the last."""
        if self._flooder.free(stored):
            return False
        self._let_go(stored, now)
        self._trace(now, BundleDropped(stored.key, stored.meta.via))
        return True

    def _remove(self, stored: Stored) -> None:
        """Take a bundle out of the index and of whatever holds it."""
        if stored.state in (BundleState.QUEUED, BundleState.WAITING):
            self._forwarder.dequeue(stored)
        elif stored.state in (BundleState.LOCAL, BundleState.DELIVERING):
            self._delivery.drop(stored)
        elif stored.state is BundleState.HANDED:
            self._forwarder.release(stored)  # one that came back replaces it
        self._index.drop(stored)

    def _let_go(self, stored: Stored, now: int) -> None:
        """Forget a bundle that is elsewhere; of a critical one remember that it was flooded."""
        meta = stored.meta
        self._forget(stored, meta.expires if meta.critical and meta.flooded else now)

    def _forget(self, stored: Stored, until: int) -> None:
        """Let go of a bundle, whose identity the store remembers until a time."""
        self._index.drop(stored)
        self._out.append(Forget(stored.key, until))

    def _restore(self, event: Event, now: int) -> None:
        self._intake.restarted(now)
        if isinstance(event, events.Remembered):
            if event.until >= now:
                self._identities.deliver(event.key, event.until)
            return
        assert isinstance(event, events.Restored)
        meta = unpack(event.key, event.meta)
        node = self._intake.node_of(EndpointID.parse(meta.destination))
        stored = Stored(event.key, meta, node)
        self._index.add(stored)
        self._orders = max(self._orders, meta.order)
        if meta.handed_until is not None:
            stored.state = BundleState.HANDED
            self._deadlines.at(meta.handed_until, self._transfers.known, stored)
        else:
            self._deadlines.at(meta.arrives, self._dispatch, stored)

    def _trace(self, now: int, event: TraceEvent) -> None:
        self._out.append(Trace(Record(now, self.number, event)))
