"""Bundles that are looked at again, as the plan, a neighbour or the room on contacts is not what it was.

Theory of operation. A booking stays as long as nothing it rests on changes, so whatever does change has to
name the bundles that it makes a difference to: those that lose by it, and those that might win. These are
taken out of their queues and choose again, all together and the most urgent first, so that who comes first
at the code does not come first on the air. What no change can help is left alone, as to look again at all
that waits would cost a node with a long queue a search for each, at every flap of a link.
"""

from __future__ import annotations

from starlight.contacts import ContactPlan
from starlight.forwarding.contact_queue import ContactQueue, Neighbour
from starlight.forwarding.contact_queues import ContactQueues
from starlight.forwarding.forwarding import Forwarding
from starlight.forwarding.prospects import improvable
from starlight.forwarding.route_booking import RouteBooking
from starlight.node.core import Core
from starlight.node.stored import NOBODY, Stored, transfer_bytes
from starlight.routing import KnownNegatives


class Replanner:
    """Lets bundles choose again where something has changed that they chose by.

    Args:
        core: the node's.
        booking: books routes.
        queues: of the contacts.
        forwarding: lets bundles queue.
    """

    def __init__(
        self, core: Core, booking: RouteBooking, queues: ContactQueues, forwarding: Forwarding
    ) -> None:
        self._ledger = core.ledger
        self._booking = booking
        self._queues = queues
        self._forwarding = forwarding

    def change_plan(self, plan: ContactPlan, now: int) -> None:
        """Take a new plan, and look again at what it can change: the most urgent first, else as it came.

        Where the plans differ little, what is booked on contacts that are in both stays. Looked at again
        is what has no route, what has one over a contact that went, and what might do better over one
        that came. Where they differ in much, all that queues or waits is.
        """
        router = self._booking.router
        changes = router.difference(plan)
        if changes is None:
            moving = self._forwarding.take_out(self._queues.bundles())
            self._end(self._queues.every())
            self._booking.rebuild(plan)
        else:
            came, went = changes
            gone = {contact.id for contact in went}
            moving = self._forwarding.take_out(_over(self._queues.bundles(), gone)) if gone else []
            self._end([queue for queue in self._queues.every() if queue.contact.id in gone])
            self._booking.amend(came, went, plan, now)
            better = improvable(self._queues.bundles(), router, self._booking.number, came, now)
            moving += self._forwarding.take_out(better)
        self._booking.has_freed = False
        moving += self._ledger.waiting.values()
        # Who is more urgent, and among equals who came first, chooses first of what the plan now has. The
        # fragments of a bundle have its order: the first of them goes first.
        for stored in sorted(moving, key=_order):
            stored.refused_by = NOBODY
            self._forwarding.enqueue(stored, now)
        self._forwarding.copy_further(self._queues.bundles(), now)

    def change_limit(self, peer: Neighbour, now: int) -> None:
        """Look again at what a link that takes less, or more, as one transfer makes a difference to."""
        before, most = self._booking.limit(peer.number), peer.link.transfer_max
        if before == most:
            return
        self._booking.set_limit(peer.number, most)
        if most is not None and (before is None or most < before):
            queued = [stored for queue in peer.queues for stored in queue.entries()]
            moving = [stored for stored in queued if transfer_bytes(stored.meta) > most]
        else:
            assert before is not None
            queued = self._queues.bundles()
            moving = [stored for stored in queued if transfer_bytes(stored.meta) > before]
        # Those that wait may go when room is given back, or when the peer takes more, as now.
        for stored in sorted(self._forwarding.take_out(moving), key=_order):
            self._forwarding.enqueue(stored, now)
        self.retry_waiting(now)

    def retry_waiting(self, now: int) -> None:
        """Look again for routes, as room was given back; not for bundles that a negative answer covers.

        What is booked meanwhile only takes room, so these answers hold until all have been looked at.
        """
        self._booking.has_freed = False
        known = KnownNegatives()
        for stored in sorted(self._ledger.waiting.values(), key=_urgency):
            if stored.node is None:
                continue
            if not known.cover(self._booking.request(stored, stored.node, now)):
                found = self._booking.find(stored, now)
                if found:
                    self._forwarding.enqueue(stored, now)
                    continue
                if found is not None:
                    known.add(found)
            self._forwarding.strand(stored, now, now)

    def _end(self, queues: list[ContactQueue]) -> None:
        """Close the queues of contacts that the plan has no more; what is on the air stays there."""
        for queue in queues:
            queue.peer.busy_until = max(queue.peer.busy_until, queue.free_at)
            self._queues.close(queue)


def _over(queued: list[Stored], gone: set[int]) -> list[Stored]:
    """Return the bundles whose routes lead over one of some contacts, by their ids."""
    return [
        stored
        for stored in queued
        if stored.route is not None and any(hop.contact.id in gone for hop in stored.route.hops)
    ]


def _order(stored: Stored) -> tuple[int, int, int]:
    extent = stored.meta.fragment
    return -stored.meta.priority, stored.meta.order, 0 if extent is None else extent[0]


def _urgency(stored: Stored) -> int:
    return -stored.meta.priority
