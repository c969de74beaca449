"""Sending bundles on: each queues for the first contact of its route, and leaves when its turn comes.

Theory of operation. A bundle that is to be sent on gets a route from the router, which books its
size on every contact of it, at its priority; the bundle then queues for the route's first contact, in
the order of the booked times of leaving. As long as nothing goes wrong, and
nothing more urgent comes, every bundle leaves at exactly the booked ns, and so what was predicted
is what happens. When a wake-up comes late (a real clock is never exact) the bundle is sent at once
but its time of leaving stays the booked one: mission time doesn't depend on the load of a machine.
When the link was down a bundle leaves later than booked, and what is queued behind it is booked anew.

Priorities. What is booked at a priority waits for that and for what is more urgent, not for what is
less. So an urgent bundle may be given time that others had: they are overtaken. They keep their
places behind each other and as much time, from the next that is free, and leave then; what they
were promised before is stale until they do, or until they are booked anew. To book all of them
anew at once would cost as much as they are, for each that overtakes; only those at the end that do
not fit into the window any more are booked anew at once, so that they find another before others
do. What is on the air is never broken off: the router is told when a transmission begins, and gives
nobody the time until it is through. So what an expedited bundle is promised holds. Urgent traffic
may fill a contact; then bulk waits, which is what it is for, and expires if it comes to that.

Whatever can't be sent before its contact ends is booked anew, without that contact. A transfer
that failed rests, longer after each failure, before it is booked again; so nothing here repeats
without time passing.
"""

from __future__ import annotations

from functools import partial

from starlight.contacts import ContactPlan
from starlight.forwarding.answer_watch import AnswerWatch
from starlight.forwarding.contact_queue import ContactQueue, Neighbour
from starlight.forwarding.contact_queues import ContactQueues
from starlight.forwarding.forwarding import Forwarding
from starlight.forwarding.prospects import improvable
from starlight.forwarding.retries import Retries
from starlight.forwarding.route_booking import RouteBooking
from starlight.node.actions import Transmit
from starlight.node.bundle_state import Cause
from starlight.node.core import Core
from starlight.node.events import LinkUp
from starlight.node.stored import NOBODY, Stored, transfer_bytes
from starlight.node.submission_news import SubmissionNews
from starlight.node.trace_events import BundleSent
from starlight.routing import KnownNegatives


class TransmitScheduler:
    """Books what is to be sent on, and sends it when plan and link agree.

    Args:
        core: the node's.
        booking: books routes.
        queues: of the contacts.
        forwarding: finds another contact for what can't be sent.
        retries: has what failed and rests.
        submissions: tells applications of what leaves.
        watch: of the answers to transfers.
    """

    def __init__(
        self,
        core: Core,
        booking: RouteBooking,
        queues: ContactQueues,
        forwarding: Forwarding,
        retries: Retries,
        submissions: SubmissionNews,
        watch: AnswerWatch,
    ) -> None:
        self._limits = core.config.limits
        self._ledger = core.ledger
        self._links = core.links
        self._deadlines = core.deadlines
        self._booking = booking
        self._queues = queues
        self._forwarding = forwarding
        self._retries = retries
        self._submissions = submissions
        self._watch = watch

    def answered(self, stored: Stored, now: int) -> None:
        """Note that a transfer is no longer under way."""
        peer = self._queues.neighbour(stored.peer)
        self._watch.end(peer, stored)
        if peer.stalled:
            peer.stalled = False
            for queue in peer.queues:
                if queue.unlimited:
                    queue.free_at = max(queue.free_at, now)
                    self._queues.look_at(queue)

    # Links and plans.

    def link_up(self, event: LinkUp, now: int) -> None:
        """Serve a neighbour whose link has come up; of one that is up, take what has changed."""
        peer = self._queues.neighbour(event.peer)
        link, was_up = peer.link, peer.link.up
        link.rise(event.transfer_max, event.acknowledged, now)
        self._limit(peer, now)
        if was_up:
            return
        self._retries.link_up(peer, now)
        for queue in list(peer.queues):
            if queue.is_late(now) and not queue.unlimited:
                self._forwarding.enqueue_all(self._forwarding.take_out(queue.entries()), now)
            self._queues.look_at(queue)

    def _limit(self, peer: Neighbour, now: int) -> None:
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
        self._retry_waiting(now)

    def link_down(self, number: int, now: int) -> None:
        """Send nothing to a neighbour until its link comes up; what is under way fails by itself."""
        peer = self._queues.neighbour(number)
        peer.link.fall(now)
        # Nothing is on the air any more; what else waits for the end of it would wait for nothing.
        for queue in peer.queues:
            if queue.free_at > now:
                queue.free_at = now
                self._booking.router.bookings.occupy(queue.contact.id, now)
        idle = self._queues.forget_idle(peer)
        if idle and self._booking.router.index.link(self._booking.number, number) is None:
            # No plan leads to it, so nobody needs to know what it takes until it comes again and says so.
            self._links.let_go(number)
            if self._booking.limit(number) is not None:
                self._booking.set_limit(number, None)

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

    def _end(self, queues: list[ContactQueue]) -> None:
        """Close the queues of contacts that the plan has no more; what is on the air stays there."""
        for queue in queues:
            queue.peer.busy_until = max(queue.peer.busy_until, queue.free_at)
            self._queues.close(queue)

    # Sending.

    @property
    def has_work(self) -> bool:
        """True when `pump` has anything to look at."""
        return self._queues.has_changed

    def pump(self, now: int) -> None:
        """Send whatever may leave now."""
        while self._queues.has_changed:
            self._await_ends()
            queue = self._queues.next_changed()
            if queue is not None and queue.overtaken:
                self._make_room(queue, now)
            if queue is not None and not queue.closed and queue.peer.link.up:
                self._serve(queue, now)

    def summary(self) -> list[dict[str, object]]:
        """Return for each neighbour its link and how much queues for it, by node number."""
        return self._queues.summary()

    def _await_ends(self) -> None:
        """Be woken when the contacts are over whose queues were opened."""
        for queue in self._queues.take_opened():
            # Window ends are closed, so a bundle may still leave at the end itself.
            self._deadlines.at(queue.contact.end + 1, self._close, queue)

    def _close(self, queue: ContactQueue, now: int) -> None:
        """Book anew what a contact, now over, has not carried."""
        if queue.closed:
            return
        left = self._forwarding.take_out(queue.entries())
        self._queues.close(queue)
        self._booking.router.bookings.drop(queue.contact.id)
        self._forwarding.enqueue_all(left, now)
        if self._booking.has_freed:
            self._retry_waiting(now)

    def _make_room(self, queue: ContactQueue, now: int) -> None:
        """Book anew at once what urgent bundles have pushed out of the window of a contact."""
        queue.overtaken = False
        bookings, contact = self._booking.router.bookings, queue.contact
        pushed: list[Stored] = []
        while not queue.closed and bookings.busy_until(contact.id) > contact.end:
            least = queue.least()
            if not least:
                break
            while least and bookings.busy_until(contact.id) > contact.end:
                pushed.append(least.pop())
                self._forwarding.dequeue(pushed[-1])
        # The last that was promised something was pushed first; the first of them chooses first.
        self._forwarding.enqueue_all(reversed(pushed), now)

    def _retry_waiting(self, now: int) -> None:
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

    def _woken(self, queue: ContactQueue, now: int) -> None:
        if queue.wake_at is not None and queue.wake_at <= now:
            queue.wake_at = None
            if not queue.closed and queue.peer.link.up:
                self._serve(queue, now)

    def _serve(self, queue: ContactQueue, now: int) -> None:
        peer, contact = queue.peer, queue.contact
        while (turn := queue.next()) is not None:
            leaves, stored = turn
            if leaves > now:
                if queue.wake_at is None or leaves < queue.wake_at:
                    queue.wake_at = leaves
                    self._deadlines.at(leaves, self._woken, queue)
                return
            if queue.unlimited and peer.under_way >= self._limits.under_way:
                peer.stalled = True
                return
            last_byte = contact.last_byte(leaves, stored.meta.size)
            if last_byte is None:
                self._forwarding.dequeue(stored)
                self._forwarding.enqueue(stored, now, without=frozenset((contact.id,)))
                continue
            queue.drop(stored)
            queue.free_at = last_byte
            self._transmit(stored, queue, leaves, last_byte, now)

    def _transmit(self, stored: Stored, queue: ContactQueue, leaves: int, last_byte: int, now: int) -> None:
        meta, key, contact, ledger = stored.meta, stored.key, queue.contact, self._ledger
        peer = contact.to_node
        reaches = last_byte + contact.light_time(last_byte)
        if last_byte > leaves:
            overtaken = partial(queue.take_overtaken, meta.priority)
            self._booking.depart(stored, last_byte, reaches, overtaken)
        ledger.move(stored, Cause.SENT)
        stored.peer = peer
        answered = None if contact.one_way else reaches
        self._watch.begin(self._queues.neighbour(peer), stored, last_byte, answered, now)
        if meta.own and not meta.departed:
            self._submissions.departs(stored, leaves, last_byte, reaches)
        # RFC 9171, 4.4.2: the age counts what is known of the propagation over contacts as well.
        age_ms = None if meta.age_ms is None else meta.age_ms + (reaches - meta.arrives) // 1_000_000
        ledger.act(Transmit(key, peer, contact.id, leaves, last_byte, reaches, age_ms, contact.one_way))
        ledger.trace(now, BundleSent(key, contact.id, leaves, last_byte, peer, reaches))


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
