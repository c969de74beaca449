"""The bundles that a node holds, for whoever looks after it: why each is here still, and the end of some.

Theory of operation. Nothing leaves a store of itself but by delivery, by handing on, or at the end of its
lifetime, which may be years away. So who runs a node may drop a bundle (RFC 9171, 5.10): it is taken out of
whatever holds it, its identity is remembered until its lifetime ends, so that a neighbour who sends it again
is answered as for one that has been here, and whoever asked to be told of a deletion is told.
"""

from __future__ import annotations

from starlight.engine.delivery import Delivery
from starlight.engine.dispatch import Dispatcher
from starlight.forwarding.forwarding import Forwarding
from starlight.node.actions import Forget
from starlight.node.application import NotKept
from starlight.node.bundle_state import BundleState
from starlight.node.core import Core
from starlight.node.events import Drop
from starlight.node.holding import ELSEWHERE, STUCK, Holding, HoldingCode
from starlight.node.retention import Retention
from starlight.node.stored import Stored, identity, whole_key

_OF_STATE = {
    BundleState.HIDDEN: HoldingCode.IN_FLIGHT,
    BundleState.QUEUED: HoldingCode.QUEUED,
    BundleState.UNDER_WAY: HoldingCode.UNDER_WAY,
    BundleState.HANDED: HoldingCode.HANDED,
    BundleState.DELIVERING: HoldingCode.UNTAKEN,
}


class Holdings:
    """Tells why bundles are held, and drops them when asked.

    Args:
        core: the node's.
        forwarding: knows which will be looked at again.
        delivery: knows which wait for an application.
        dispatcher: takes them out of whatever holds them.
        retention: lets go of them.
    """

    def __init__(
        self,
        core: Core,
        forwarding: Forwarding,
        delivery: Delivery,
        dispatcher: Dispatcher,
        retention: Retention,
    ) -> None:
        self._ledger = core.ledger
        self._duplicates = core.duplicates
        self._links = core.links
        self._forwarding = forwarding
        self._delivery = delivery
        self._dispatcher = dispatcher
        self._retention = retention

    def of(self, stored: Stored, now: int) -> Holding:
        """Return why a bundle is held, at a time in ns."""
        code, offers = self._code(stored), self._delivery.offers
        stuck = code in STUCK or (code is HoldingCode.INCOMPLETE and not offers.is_claimed(stored))
        peer = until = None
        if code is HoldingCode.QUEUED and stored.route is not None:
            hop = stored.route.hops[0]
            peer, until = hop.contact.to_node, hop.leaves
            link = self._links.state(peer, now)
            if hop.contact.start <= now and not link.up:
                code, until = HoldingCode.LINK_DOWN, link.since
        elif code in ELSEWHERE:
            # After a restart nobody remembers who had it.
            peer, until = stored.peer or None, stored.meta.handed_until
        elif code is HoldingCode.IN_FLIGHT:
            until = stored.meta.arrives
        return Holding(code, stuck, peer, until)

    def named(self, name: str) -> list[Stored]:
        """Return the bundles that a name means: one by its key, else all parts and copies of an identity."""
        entries = self._ledger.index.entries
        if name in entries:
            return [entries[name]]
        # A search through all, as the index knows only the fragments of what was submitted here; it is asked
        # by a person, and a million entries are looked through in a second.
        return [each for each in entries.values() if name in (identity(each), whole_key(each))]

    def drop(self, event: Drop, now: int) -> None:
        """Let go of what a name means, as far as it is not elsewhere already."""
        for stored in self.named(event.name):
            held = self.of(stored, now)
            if held.code in ELSEWHERE or stored.state is BundleState.DELIVERING:
                continue
            self._dispatcher.take_back(stored, NotKept.DROPPED)
            self._retention.dropped(stored, now, held.report_reason)
            whole = whole_key(stored)
            if whole != identity(stored) and event.name == whole:
                # Its other fragments, which may still come, are not wanted either.
                self._duplicates.deliver(whole, stored.meta.expires)
                self._ledger.act(Forget(whole, stored.meta.expires))

    def _code(self, stored: Stored) -> HoldingCode:
        state = stored.state
        if state is BundleState.WAITING:
            if self._forwarding.is_resting(stored):
                return HoldingCode.RESTING
            return HoldingCode.UNKNOWN_NODE if stored.node is None else HoldingCode.NO_ROUTE
        if state is not BundleState.LOCAL:
            return _OF_STATE[state]
        if not self._delivery.offers.holds(stored):
            return HoldingCode.INCOMPLETE
        return HoldingCode.UNTAKEN if self._delivery.offers.is_claimed(stored) else HoldingCode.UNCLAIMED
