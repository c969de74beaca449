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

from starlight.forwarding.answer_watch import AnswerWatch
from starlight.forwarding.contact_queue import ContactQueue
from starlight.forwarding.contact_queues import ContactQueues
from starlight.forwarding.forwarding import Forwarding
from starlight.forwarding.replanning import Replanner
from starlight.forwarding.retries import Retries
from starlight.forwarding.route_booking import RouteBooking
from starlight.node.actions import Transmit
from starlight.node.bundle_state import Cause
from starlight.node.core import Core
from starlight.node.events import LinkUp
from starlight.node.stored import Stored
from starlight.node.submission_news import SubmissionNews
from starlight.node.trace_events import BundleSent


class TransmitScheduler:
    """Books what is to be sent on, and sends it when plan and link agree.

    Args:
        core: the node's.
        booking: books routes.
        queues: of the contacts.
        forwarding: finds another contact for what can't be sent.
        replanner: looks again at what waits or queues.
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
        replanner: Replanner,
        retries: Retries,
        submissions: SubmissionNews,
        watch: AnswerWatch,
    ) -> None:
        self._limits = core.config.limits
        self._ledger = core.ledger
        self._links = core.links
        self._deadlines = core.deadlines
        self._booking = booking
        self._neighbours = queues.neighbours
        self._queues = queues
        self._forwarding = forwarding
        self._replanner = replanner
        self._retries = retries
        self._submissions = submissions
        self._watch = watch

    def answered(self, stored: Stored, now: int) -> None:
        """Note that a transfer is no longer under way."""
        peer = self._neighbours.of(stored.peer)
        self._watch.end(peer, stored)
        if peer.stalled:
            peer.stalled = False
            for queue in peer.queues:
                if queue.unlimited:
                    queue.free_at = max(queue.free_at, now)
                    self._queues.look_at(queue)

    # Links.

    def link_up(self, event: LinkUp, now: int) -> None:
        """Serve a neighbour whose link has come up; of one that is up, take what has changed."""
        peer = self._neighbours.of(event.peer)
        link, was_up = peer.link, peer.link.up
        link.rise(event.transfer_max, event.acknowledged, now)
        self._replanner.change_limit(peer, now)
        if was_up:
            return
        self._retries.link_up(peer, now)
        for queue in list(peer.queues):
            if queue.is_late(now) and not queue.unlimited:
                self._forwarding.enqueue_all(self._forwarding.take_out(queue.entries()), now)
            self._queues.look_at(queue)

    def link_down(self, number: int, now: int) -> None:
        """Send nothing to a neighbour until its link comes up; what is under way fails by itself."""
        peer = self._neighbours.of(number)
        peer.link.fall(now)
        # Nothing is on the air any more; what else waits for the end of it would wait for nothing.
        for queue in peer.queues:
            if queue.free_at > now:
                queue.free_at = now
                self._booking.router.bookings.occupy(queue.contact.id, now)
        idle = self._neighbours.forget_idle(peer)
        if idle and self._booking.router.index.link(self._booking.number, number) is None:
            # No plan leads to it, so nobody needs to know what it takes until it comes again and says so.
            self._links.let_go(number)
            if self._booking.limit(number) is not None:
                self._booking.set_limit(number, None)

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
            self._replanner.retry_waiting(now)

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
        self._watch.begin(self._neighbours.of(peer), stored, last_byte, answered, now)
        if meta.own and not meta.departed:
            self._submissions.departs(stored, leaves, last_byte, reaches)
        # RFC 9171, 4.4.2: the age counts what is known of the propagation over contacts as well.
        age_ms = None if meta.age_ms is None else meta.age_ms + (reaches - meta.arrives) // 1_000_000
        ledger.act(Transmit(key, peer, contact.id, leaves, last_byte, reaches, age_ms, contact.one_way))
        ledger.trace(now, BundleSent(key, contact.id, leaves, last_byte, peer, reaches))
