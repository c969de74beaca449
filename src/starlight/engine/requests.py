"""The requests of applications: to send a bundle, to take it back, to be given what comes."""

from __future__ import annotations

from starlight.engine.delivery import Delivery
from starlight.engine.dispatch import Dispatcher
from starlight.forwarding.forwarding import Forwarding
from starlight.forwarding.fragmentation import Fragmenter
from starlight.node.actions import Accepted, NotWithdrawn, Rejected, Withdrawn
from starlight.node.application import Claim, HeardClock, NotKept, Submit, Unclaim, Withdraw
from starlight.node.bundle_state import Cause
from starlight.node.core import Core
from starlight.node.reception import Reception
from starlight.node.submission_news import SubmissionNews
from starlight.node.trace_events import BundleSubmitted, BundleWithdrawn


class Requests:
    """Does what applications ask for.

    Args:
        core: the node's.
        reception: builds bundles.
        forwarding: sends them.
        fragmenter: knows which are cut in this step.
        dispatcher: takes those to this node.
        delivery: holds the claims.
        submissions: knows which may be taken back.
    """

    def __init__(
        self,
        core: Core,
        reception: Reception,
        forwarding: Forwarding,
        fragmenter: Fragmenter,
        dispatcher: Dispatcher,
        delivery: Delivery,
        submissions: SubmissionNews,
    ) -> None:
        self._number = core.config.number
        self._ledger, self._clocks = core.ledger, core.clocks
        self._reception = reception
        self._forwarding = forwarding
        self._fragmenter = fragmenter
        self._dispatcher = dispatcher
        self._delivery = delivery
        self._submissions = submissions
        self._unaccepted: dict[str, str] = {}  # submitted bundles that are cut in this step, and their tokens

    def submit(self, event: Submit, now: int) -> None:
        """Store a bundle for an application and send it."""
        ledger = self._ledger
        objection = self._reception.objection(event)
        if objection is None and ledger.index.is_full(len(event.payload)):
            objection = NotKept.STORE_FULL
        if objection is not None:
            ledger.act(Rejected(event.token, objection))
            return
        made = self._reception.submit(event, now)
        stored = ledger.persist(made.key, made.meta, made.node, made.data)
        ledger.trace(now, BundleSubmitted(made.key, made.meta.destination))
        if made.node == self._number:
            ledger.act(Accepted(event.token, made.key, now, now))
            self._dispatcher.dispatch(stored, now)
            return
        route = self._forwarding.enqueue(stored, now)
        if self._fragmenter.is_asked(made.key):
            self._unaccepted[made.key] = event.token
            return
        leaves, arrives = (route.leaves, route.arrival) if route else (None, None)
        ledger.act(Accepted(event.token, made.key, leaves, arrives))

    def fragmented(self, key: str) -> None:
        """Accept a submitted bundle whose fragments are booked: only now is known when they arrive."""
        token = self._unaccepted.pop(key, None)
        if token is not None:
            routes = self._submissions.booked(key)
            known = bool(routes) and len(routes) == len(self._ledger.index.kin(key))
            leaves = min(route.leaves for route in routes) if known else None
            arrives = max(route.arrival for route in routes) if known else None
            self._ledger.act(Accepted(token, key, leaves, arrives))

    def withdraw(self, event: Withdraw, now: int) -> None:
        """Take a bundle back, all that is kept of it, if nothing of it has departed."""
        parts = self._submissions.withdrawable(event.key)
        if not parts:
            self._ledger.act(NotWithdrawn(event.key))
            return
        for stored in parts:
            self._forwarding.dequeue(stored)
            self._ledger.forget(stored, Cause.WITHDRAWN, now)
        self._ledger.act(Withdrawn(event.key))
        self._ledger.trace(now, BundleWithdrawn(event.key))

    def claim(self, event: Claim, now: int) -> None:
        """Deliver what is, and will be, addressed to an endpoint of this node."""
        endpoint = self._reception.own_endpoint(event.endpoint)
        if endpoint is not None:
            self._delivery.offers.claim(endpoint, event.at_most)

    def unclaim(self, event: Unclaim, now: int) -> None:
        """Let what is addressed to an endpoint wait again."""
        endpoint = self._reception.own_endpoint(event.endpoint)
        if endpoint is not None:
            self._delivery.offers.unclaim(endpoint)

    def heard_clock(self, event: HeardClock, now: int) -> None:
        """Note what a peer's clock said, if it was the peer itself who sent that."""
        stored = self._ledger.index.entries.get(event.key)
        if stored is None or stored.sender is None:
            return
        if self._reception.node_at(stored.meta.source) == stored.sender:
            self._clocks.answered(stored.sender, event.theirs, event.left)
