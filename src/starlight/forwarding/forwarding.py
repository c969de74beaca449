"""Forwarding (RFC 9171, 5.4): each bundle that is to be sent on gets a route, or waits, or becomes others.

A critical bundle may get copies first; one without a route may be cut into fragments. Both need its body,
which is fetched within the step, so what they decide here comes to pass a moment later (`place`). A copy
whose neighbour has no route any more is dropped, unless it is the last one, which is then copied anew.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlight.forwarding.contact_queues import ContactQueues
from starlight.forwarding.critical_forwarding import CriticalForwarder
from starlight.forwarding.fragmentation import Fragmenter
from starlight.forwarding.placement import Placement
from starlight.forwarding.route_booking import RouteBooking
from starlight.node.bundle_state import BundleState, Cause
from starlight.node.core import Core
from starlight.node.retention import Retention
from starlight.node.stored import NOBODY, Stored, identity, transfer_bytes
from starlight.node.trace_events import BundleWaiting
from starlight.routing import Route

NO_CONTACTS: frozenset[int] = frozenset()

COPY_TRIES = 3
"""A copy that its neighbour refuses is sent again so often. Want of room passes; but two neighbours that
send each other copies of a critical bundle may refuse them, as they cross, for ever."""


class Forwarding:
    """Lets bundles queue for the first contacts of their routes, or wait for one.

    Args:
        core: the node's.
        booking: finds and books routes.
        queues: of the contacts.
        critical: decides on copies of critical bundles.
        fragmenter: decides on fragments of bundles without a route.
        retention: lets go of copies without a route.
    """

    def __init__(
        self,
        core: Core,
        booking: RouteBooking,
        queues: ContactQueues,
        critical: CriticalForwarder,
        fragmenter: Fragmenter,
        retention: Retention,
    ) -> None:
        self._limits = core.config.limits
        self._ledger = core.ledger
        self._deadlines = core.deadlines
        self._booking = booking
        self._queues = queues
        self._critical = critical
        self._fragmenter = fragmenter
        self._retention = retention
        self._resting: set[Stored] = set()

    def enqueue(
        self,
        stored: Stored,
        now: int,
        *,
        not_before: int = 0,
        without: frozenset[int] = NO_CONTACTS,
        over: Route | None = None,
    ) -> Route | None:
        """Book a route and queue for its first contact; without a route, wait for another plan.

        Args:
            not_before: when the bundle may leave at the earliest, in ns.
            without: contacts that shall not be used.
            over: a route over whose contacts it goes if it can.
        """
        since = max(now, not_before)
        again = self._critical.consider(stored, now, since)
        if again is not None:
            self._ledger.move(stored, Cause.UNROUTED)
            self.look_again(stored, again, since)
            return None
        route = self._find(stored, since, without, over)
        if route is None and stored.failures > COPY_TRIES and stored.meta.via in stored.refused_by:
            if self._drop_surplus(stored, now):
                return None
            route = self._find(stored, since, without)
        if route is None and stored.refused_by:
            # Every route leads over someone who refused: ask again later, as want of room passes.
            stored.refused_by = NOBODY
            rest = max(self._limits.rest(stored.failures), self._limits.pause(stored.returns))
            since = max(since, now + rest)
            route = self._find(stored, since, without)
        if route is None and (via := stored.meta.via) is not None:
            dropped = self._drop_surplus(stored, now)
            # What a missed window keeps from its neighbour for a while only is not to be copied again.
            left = None if without else self._critical.reopen(identity(stored), via)
            if left is stored:
                return self.enqueue(stored, now, not_before=not_before)
            if left is not None:
                self._deadlines.at(now, self._copy_anew, left)
            if dropped:
                return None
            route = self._find(stored, since, without)
        if route is None:
            self._wait(stored, now, since, without)
            return None
        self._booking.book(stored, route)
        self._ledger.move(stored, Cause.BOOKED)
        self._queues.put(stored)
        return route

    def _wait(self, stored: Stored, now: int, since: int, without: frozenset[int]) -> None:
        """Let a bundle wait that has no route, unless it goes in fragments."""
        self._ledger.move(stored, Cause.UNROUTED)
        # What missed its window is looked at again when that is over: until then it would be cut for it.
        if not without and self.strand(stored, now, since):
            return
        self._ledger.trace(now, BundleWaiting(stored.key, since, tuple(sorted(without))))

    def strand(self, stored: Stored, now: int, since: int) -> bool:
        """Let the fragmenter look at a bundle without a route; return whether it is cut in this step."""
        stranded = self._fragmenter.consider(stored, now, since)
        if stranded.again is not None:
            self.look_again(stored, stranded.again, since)
        return stranded.is_cut

    def _drop_surplus(self, stored: Stored, now: int) -> bool:
        """Drop a copy whose neighbour has no route any more; the last one is freed to go by any."""
        if self._critical.free(stored):
            return False
        self._retention.surplus(stored, now)
        return True

    def place(self, placement: Placement, now: int) -> None:
        """Queue the copies or fragments that were made of a bundle, or look again at the whole later."""
        if placement.again is not None:
            self.look_again(*placement.again, placement.since)
        for stored, route in placement.parts:
            self.enqueue(stored, now, not_before=placement.since, over=route)

    def look_again(self, stored: Stored, time: int, since: int) -> None:
        """Look at a bundle that waits again at a time, in ns; before another it must not leave."""
        if stored not in self._resting:
            self._resting.add(stored)
            self._deadlines.at(time, self._again, (stored, since))

    def is_resting(self, stored: Stored) -> bool:
        """Tell whether a bundle that waits is looked at again though the plan stays as it is."""
        return stored in self._resting

    def _again(self, rested: tuple[Stored, int], now: int) -> None:
        stored, since = rested
        self._resting.discard(stored)
        if stored.state is BundleState.WAITING:
            self.enqueue(stored, now, not_before=since)

    def copy_further(self, queued: Iterable[Stored], now: int) -> None:
        """Give copies of critical bundles to the neighbours that a changed plan has new routes over."""
        self._critical.extend(queued, now)

    def _copy_anew(self, stored: Stored, now: int) -> None:
        # Only after the step that dropped the others: there it may have been taken out of its queue itself.
        if stored.state is BundleState.QUEUED and not stored.meta.copied:
            self.dequeue(stored)
            self.enqueue(stored, now)

    def dequeue(self, stored: Stored) -> None:
        """Take a bundle out of its queue, if it is in one, and give back what its route had booked."""
        if stored.state is BundleState.QUEUED:
            self._queues.take_out(stored)
            self._booking.release(stored)

    def take_out(self, moving: list[Stored]) -> list[Stored]:
        """Take bundles out of their queues, and return them."""
        for stored in moving:
            self.dequeue(stored)
        return moving

    def enqueue_all(self, moving: Iterable[Stored], now: int) -> None:
        """Let bundles queue, one after the other."""
        for stored in moving:
            self.enqueue(stored, now)

    def _find(
        self, stored: Stored, since: int, without: frozenset[int], over: Route | None = None
    ) -> Route | None:
        """Find a route, and open the queue of its first contact."""
        router = self._booking.router
        size = stored.meta.size
        growth = transfer_bytes(stored.meta) - size
        decided = None if over is None else router.along(over, since, size, growth)
        while True:
            route, decided = decided or self._booking.find(stored, since, without), None
            if not route:
                return None
            contact = route.hops[0].contact
            queue = self._queues.of(contact) or self._queues.open(contact)
            if queue.free_at <= route.leaves:
                return route
            # The router does not know of what began before the plan changed, or by a clock that was ahead.
            router.bookings.occupy(contact.id, queue.free_at)
