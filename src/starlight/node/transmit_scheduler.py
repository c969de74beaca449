"""Which way a bundle goes, and when: the booking of routes, and the serving of the lanes.

Theory of operation. A bundle that is to be sent on gets a route from the router, which books its
size on every contact of it, at its priority; the bundle then queues in the lane of the route's
first contact, in the order of the booked times of leaving. As long as nothing goes wrong, and
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
without time passing. What is sent to a peer is watched in the order of sending, by one deadline a
peer: when an answer is overdue, the way back considered, the transfer is given up.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import NamedTuple

from msgspec.structs import replace

from starlight.contacts import Contact, ContactPlan
from starlight.node.actions import Action, Trace, Transmit
from starlight.node.config import NodeConfig
from starlight.node.contact_queue import ContactQueue, Neighbour
from starlight.node.deadlines import Deadlines
from starlight.node.prospects import may_improve
from starlight.node.reception import naming_bytes
from starlight.node.stored import NOBODY, BundleState, Stored
from starlight.node.trace_events import BundleSent, BundleWaiting
from starlight.routing import KnownNegatives, NoRoute, Route, Router, RouteRequest
from starlight.trace import Record

NO_CONTACTS: frozenset[int] = frozenset()

COPY_TRIES = 3
"""How often a copy that its neighbour refuses is sent again. Want of room passes; but two neighbours that
send each other copies of a critical bundle may refuse them, as they cross, for ever."""


class Keeper(NamedTuple):
    """Who keeps the bundles that queue here, as calls.

    Attributes:
        overdue: ``(stored, now)``: the answer to a transfer is overdue; it calls `answered`.
        departs: ``(stored, leaves, last_byte, reaches)``: an own bundle leaves for the first time.
        critical: ``(stored, now, since)``: a critical bundle of which no copies were made is to be queued;
            says whether it has to wait a moment.
        stranded: ``(stored, now, since)``: a bundle has no route; says whether it will be cut in this step.
        surplus: ``(stored, now)``: a copy's neighbour has no road; forgets the copy and says so, or else
            frees it to go by any.
    """

    overdue: Callable[[Stored, int], None]
    departs: Callable[[Stored, int, int, int], None]
    critical: Callable[[Stored, int, int], bool]
    stranded: Callable[[Stored, int, int], bool]
    surplus: Callable[[Stored, int], bool]


class TransmitScheduler:
    """The queues of a node towards its neighbours.

    Args:
        config: the node's.
        router: over the node's plan; this is the only one that books on it.
        deadlines: the node's.
        out: where actions are put.
        keeper: told of what becomes of bundles.

    Attributes:
        waiting: the bundles for which no route is known.
        releases: how often room was given back, or the plan changed.
        changes: the same, and how often room was taken.
    """

    def __init__(
        self,
        config: NodeConfig,
        router: Router,
        deadlines: Deadlines,
        out: list[Action],
        keeper: Keeper,
    ) -> None:
        self.router = router
        self.waiting: dict[str, Stored] = {}
        self.releases = 0
        self.changes = 0
        self._number = config.number
        self._limits = config.limits
        self._deadlines = deadlines
        self._out = out
        self._keeper = keeper
        self._ways_back: dict[int, list[Contact]] = {}
        self._neighbours: frozenset[int] | None = None
        self._peers: dict[int, Neighbour] = {}
        self._lanes: dict[int, ContactQueue] = {}
        self._tickets = count(1)
        self._dirty: dict[int, ContactQueue] = {}
        self._freed = False
        self._epoch = 0
        self._rebuilt = 0
        self._gone: dict[int, tuple[int, int]] = {}

    # Into a queue and out of it.

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
        if stored.meta.critical and not stored.meta.flooded and self._keeper.critical(stored, now, since):
            stored.state = BundleState.WAITING
            self.waiting[stored.key] = stored
            return None
        found = self._road(stored, since, without, over)
        if found is None and stored.failures > COPY_TRIES and stored.meta.via in stored.refused_by:
            if self._keeper.surplus(stored, now):
                return None
            found = self._road(stored, since, without)
        if found is None and stored.refused_by:
            # Every road leads over someone who refused: ask again later, as want of room passes.
            stored.refused_by = NOBODY
            rest = max(self._limits.rest(stored.failures), self._limits.pause(stored.returns))
            since = max(since, now + rest)
            found = self._road(stored, since, without)
        if found is None and stored.meta.via is not None:
            if self._keeper.surplus(stored, now):
                return None
            found = self._road(stored, since, without)
        if found is None:
            stored.state = BundleState.WAITING
            self.waiting[stored.key] = stored
            # What missed its window is looked at again when that is over: until then it would be cut for it.
            if not without and self._keeper.stranded(stored, now, since):
                return None
            lacks = BundleWaiting(stored.key, since, tuple(sorted(without)))
            self._out.append(Trace(Record(now, self._number, lacks)))
            return None
        route, lane = found
        self.router.bookings.book(route)
        self.changes += 1
        stored.state = BundleState.QUEUED
        stored.route = route
        stored.epoch = self._epoch
        lane.put(stored, route.hops[0].leaves, next(self._tickets))
        self._dirty[lane.contact.id] = lane
        return route

    def dequeue(self, stored: Stored) -> None:
        """Take a bundle out of its queue, and give back what its route had booked."""
        if stored.state is BundleState.WAITING:
            del self.waiting[stored.key]
        elif stored.state is BundleState.QUEUED:
            assert stored.lane is not None
            stored.lane.drop(stored)
            self.release(stored)

    def release(self, stored: Stored) -> None:
        """Give back what the route of a bundle had booked."""
        route = stored.route
        if route is not None:
            stored.route = None
            if self._give_back(route, stored.epoch):
                self._note_room()

    def _give_back(self, route: Route, epoch: int) -> bool:
        """Give back what is booked for a route since a plan change; return whether anything may be.

        A contact that went took the bookings on it along. What is booked since on another one of the same
        id, or on the same when it came again, is not this route's to give back.
        """
        if epoch < self._rebuilt:
            return False
        if self._gone:
            hops = tuple(hop for hop in route.hops if self._gone.get(hop.contact.id, (0, 0))[0] <= epoch)
            if len(hops) < len(route.hops):
                route = replace(route, hops=hops)
        self.router.bookings.release(route)
        return True

    def _note_room(self) -> None:
        self._freed = True
        self.releases += 1
        self.changes += 1

    def passed(self, stored: Stored, now: int) -> None:
        """Give back what a bundle that was handed on had booked, once it is through.

        Until then the bookings further along tell where it probably is, so that what is predicted for
        others takes it into account.
        """
        route = stored.route
        if route is None:
            return
        through = max(hop.last_byte if hop.last_byte > hop.leaves else 0 for hop in route.hops)
        if through > now:
            self._deadlines.at(through, self._release_passed, (route, stored.epoch))
        elif through:
            self._give_back(route, stored.epoch)

    def _release_passed(self, booked: tuple[Route, int], now: int) -> None:
        self._give_back(*booked)

    def answered(self, stored: Stored, now: int) -> None:
        """Note that a transfer is no longer under way."""
        peer = self._peers[stored.peer]
        peer.under_way -= 1
        peer.unanswered.pop(stored, None)
        if peer.stalled:
            peer.stalled = False
            for lane in peer.lanes:
                if lane.unlimited:
                    lane.free_at = max(lane.free_at, now)
                    self._dirty[lane.contact.id] = lane

    # Links and plans.

    def link_up(self, number: int, now: int) -> None:
        """Serve a neighbour whose link has come up."""
        peer = self._peer(number)
        if peer.up:
            return
        peer.up = True
        peer.since = now
        for lane in list(peer.lanes):
            if lane.is_late(now) and not lane.unlimited:
                self._rebook(lane.entries(), now)
            self._dirty[lane.contact.id] = lane

    def link_down(self, number: int, now: int) -> None:
        """Send nothing to a neighbour until its link comes up; what is under way fails by itself."""
        peer = self._peers.get(number)
        if peer is None:
            return
        peer.up = False
        for lane in peer.lanes:
            if lane.free_at > now:
                lane.free_at = now
                self.router.bookings.occupy(lane.contact.id, now)
        if not peer.lanes and not peer.under_way:
            del self._peers[number]  # so that passers-by take no memory

    def change_plan(self, plan: ContactPlan, now: int) -> None:
        """Take a new plan, and look again at what it can change: the most urgent first, else as it came.

        Where the plans differ little, what is booked on contacts that are in both stays. Looked at again
        is what has no route, what has one over a contact that went, and what might do better over one
        that came. Where they differ in much, all that queues or waits is.
        """
        self._epoch += 1
        changes = self.router.difference(plan)
        if changes is None:
            moving = self._drop_all(plan)
        else:
            came, went = changes
            moving = self._drop_over(went, now)
            self.router.amend(came, went, plan)
            better = may_improve(self._queued(), self.router, self._number, came, now)
            for stored in better:
                self.dequeue(stored)
            moving += better
        moving += self.waiting.values()
        self.waiting.clear()
        self._ways_back.clear()
        self._neighbours = None
        self.releases += 1
        self.changes += 1
        self._freed = False
        for stored in sorted(moving, key=_order):
            stored.refused_by = NOBODY
            self.enqueue(stored, now)

    def _queued(self) -> list[Stored]:
        return [stored for lane in self._lanes.values() for stored in lane.entries()]

    def _drop_all(self, plan: ContactPlan) -> list[Stored]:
        """Forget all bookings with the plan they were made on; return what queued."""
        moving = self._queued()
        for stored in moving:
            self.dequeue(stored)
        for lane in list(self._lanes.values()):
            self._end(lane)
        self.router.set_plan(plan)
        self._rebuilt = self._epoch
        self._gone.clear()
        return moving

    def _drop_over(self, went: list[Contact], now: int) -> list[Stored]:
        """End the queues of contacts that went; take out what queued there, or would pass them further on.

        Returns:
            What was taken out.
        """
        gone = {contact.id for contact in went}
        # Nothing is given back on a contact that is over, so it need not be remembered that it went.
        self._gone = {id: (since, end) for id, (since, end) in self._gone.items() if end >= now}
        self._gone |= {contact.id: (self._epoch, contact.end) for contact in went}
        moving = []
        if gone:
            for stored in self._queued():
                assert stored.route is not None
                if any(hop.contact.id in gone for hop in stored.route.hops):
                    moving.append(stored)
        for stored in moving:
            self.dequeue(stored)
        for id in gone & self._lanes.keys():
            self._end(self._lanes[id])
        return moving

    def _end(self, lane: ContactQueue) -> None:
        """Close the queue of a contact that the plan has no more; what is on the air stays there."""
        lane.end()
        lane.peer.busy_until = max(lane.peer.busy_until, lane.free_at)
        lane.peer.lanes.remove(lane)
        del self._lanes[lane.contact.id]
        self._dirty.pop(lane.contact.id, None)

    @property
    def has_work(self) -> bool:
        """Whether `pump` has anything to look at."""
        return bool(self._dirty)

    def pump(self, now: int) -> None:
        """Send whatever may leave now."""
        while self._dirty:
            _, lane = self._dirty.popitem()
            if lane.overtaken:
                self._make_room(lane, now)
            if not lane.closed and lane.peer.up:
                self._serve(lane, now)

    def summary(self) -> list[dict[str, object]]:
        """Return for each neighbour its link and what queues for it, by node number."""
        return [
            {
                "node": number,
                "up": peer.up,
                "queued": sum(lane.count for lane in peer.lanes),
                "under_way": peer.under_way,
            }
            for number, peer in sorted(self._peers.items())
        ]

    # Inside.

    def _road(
        self, stored: Stored, now: int, without: frozenset[int], over: Route | None = None
    ) -> tuple[Route, ContactQueue] | None:
        """Find a route, and open the lane of its first contact."""
        decided = None if over is None else self.router.along(over, now, stored.meta.size)
        while True:
            route, decided = decided or self._route(stored, now, without), None
            if not route:
                return None
            contact = route.hops[0].contact
            lane = self._lanes.get(contact.id) or self._open(contact)
            if lane.free_at <= route.leaves:
                return route, lane
            # The router does not know of what began before the plan changed, or by a clock that was ahead.
            self.router.bookings.occupy(contact.id, lane.free_at)

    def _route(self, stored: Stored, now: int, without: frozenset[int]) -> Route | NoRoute | None:
        """Return a bundle's route, or why there is none even back to its sender; None for an unknown node."""
        if stored.node is None:
            return None
        request = self._request(stored, stored.node, now, without)
        if stored.sender is None:
            return self.router.route(request)
        found = self.router.route(replace(request, sender=stored.sender))
        if found and found.arrival <= now + self._limits.return_gain:
            return found
        back = self.router.route(request)
        if not back:
            return back  # Nor is there one that is not back: it would be among these.
        gains = not found or found.arrival - back.arrival > self._limits.return_gain
        return back if gains else found

    def _request(self, stored: Stored, destination: int, now: int, without: frozenset[int]) -> RouteRequest:
        """Return what a bundle needs; it may go back to its sender."""
        meta, exclude = stored.meta, self.excluded(stored)
        here, size, priority = self._number, meta.size, meta.priority
        return RouteRequest(here, destination, now, size, meta.expires, priority, exclude, without)

    def excluded(self, stored: Stored) -> frozenset[int]:
        """Return the neighbours that a bundle must not be handed to."""
        via = stored.meta.via
        if via is None:
            return stored.refused_by
        if self._neighbours is None:
            contacts = self.router.plan.contacts
            self._neighbours = frozenset(c.to_node for c in contacts if c.from_node == self._number)
        return stored.refused_by | (self._neighbours - {via})

    def _peer(self, number: int) -> Neighbour:
        peer = self._peers.get(number)
        if peer is None:
            peer = self._peers[number] = Neighbour(number)
        return peer

    def _open(self, contact: Contact) -> ContactQueue:
        peer = self._peer(contact.to_node)
        lane = self._lanes[contact.id] = ContactQueue(contact, peer)
        peer.lanes.append(lane)
        # Window ends are closed, so a bundle may still leave at the end itself.
        self._deadlines.at(contact.end + 1, self._close, lane)
        return lane

    def _close(self, lane: ContactQueue, now: int) -> None:
        """Book anew what a contact, now over, has not carried."""
        if lane.closed:
            return
        lane.closed = True
        del self._lanes[lane.contact.id]
        lane.peer.lanes.remove(lane)
        self.router.bookings.drop(lane.contact.id)
        self._rebook(lane.entries(), now)
        if self._freed:
            self._retry_waiting(now)

    def _rebook(self, entries: list[Stored], now: int) -> None:
        for stored in entries:
            self.dequeue(stored)
        for stored in entries:
            self.enqueue(stored, now)

    def _make_room(self, lane: ContactQueue, now: int) -> None:
        """Book anew at once what urgent bundles have pushed out of the window of a contact."""
        lane.overtaken = False
        pushed: list[Stored] = []
        while not lane.closed and self.router.bookings.busy_until(lane.contact.id) > lane.contact.end:
            least = lane.least()
            if not least:
                break
            while least and self.router.bookings.busy_until(lane.contact.id) > lane.contact.end:
                pushed.append(least.pop())
                self.dequeue(pushed[-1])
        for stored in reversed(pushed):
            self.enqueue(stored, now)

    def _retry_waiting(self, now: int) -> None:
        """Look again for routes, as room was given back; not for bundles that a negative answer covers.

        What is booked meanwhile only takes room, so these answers hold until all have been looked at.
        """
        self._freed = False
        known = KnownNegatives()
        for stored in sorted(self.waiting.values(), key=_urgency):
            if stored.node is None:
                continue
            if not known.cover(self._request(stored, stored.node, now, NO_CONTACTS)):
                found = self._route(stored, now, NO_CONTACTS)
                if found:
                    del self.waiting[stored.key]
                    self.enqueue(stored, now)
                    continue
                if found is not None:
                    known.add(found)
            self._keeper.stranded(stored, now, now)

    def _wake(self, time: int, lane: ContactQueue) -> None:
        if lane.wake_at is None or time < lane.wake_at:
            lane.wake_at = time
            self._deadlines.at(time, self._woken, lane)

    def _woken(self, lane: ContactQueue, now: int) -> None:
        if lane.wake_at is not None and lane.wake_at <= now:
            lane.wake_at = None
            if not lane.closed and lane.peer.up:
                self._serve(lane, now)

    def _serve(self, lane: ContactQueue, now: int) -> None:
        peer, contact = lane.peer, lane.contact
        while (turn := lane.next()) is not None:
            leaves, stored = turn
            if leaves > now:
                self._wake(leaves, lane)
                return
            if lane.unlimited and peer.under_way >= self._limits.under_way:
                peer.stalled = True
                return
            last_byte = contact.last_byte(leaves, stored.meta.size)
            if last_byte is None:
                self.dequeue(stored)
                self.enqueue(stored, now, without=frozenset((contact.id,)))
                continue
            lane.drop(stored)
            lane.free_at = last_byte
            self._transmit(stored, contact, leaves, last_byte, now)

    def _begin(self, stored: Stored, contact: Contact, last_byte: int, reaches: int) -> None:
        """Tell the router that a transmission has begun, so that nobody is given its time."""
        route = stored.route
        assert route is not None
        self.router.bookings.depart(route, last_byte)
        onward = route.hops[1:]
        stored.route = rest = replace(route, hops=onward) if onward else None
        if rest is not None and reaches > onward[0].leaves:
            # It was overtaken, or its link was late: elsewhere too it will need another time.
            self.router.bookings.release(rest)
            self._note_room()
            size = route.size - naming_bytes(self._number) + naming_bytes(contact.to_node)
            stored.route = rest = self.router.along(rest, reaches, size)
            if rest is not None:
                self.router.bookings.book(rest)

    def _transmit(self, stored: Stored, contact: Contact, leaves: int, last_byte: int, now: int) -> None:
        meta, key, peer = stored.meta, stored.key, contact.to_node
        reaches = last_byte + contact.light_time(last_byte)
        if last_byte > leaves:
            self._begin(stored, contact, last_byte, reaches)
        stored.state = BundleState.UNDER_WAY
        stored.peer = peer
        stored.one_way = contact.one_way
        self._watch(self._peers[peer], stored, last_byte, reaches, now)
        if meta.own and not meta.departed:
            self._keeper.departs(stored, leaves, last_byte, reaches)
        out = self._out
        # RFC 9171, 4.4.2: the age counts what is known of the propagation over contacts as well.
        age_ms = None if meta.age_ms is None else meta.age_ms + (reaches - meta.arrives) // 1_000_000
        out.append(Transmit(key, peer, contact.id, leaves, last_byte, reaches, age_ms, contact.one_way))
        sent = BundleSent(key, contact.id, leaves, last_byte, peer, reaches)
        out.append(Trace(Record(now, self._number, sent)))

    def _watch(self, peer: Neighbour, stored: Stored, last_byte: int, reaches: int, now: int) -> None:
        """Watch a transfer until it is answered; the way back is looked at only if that takes long."""
        peer.under_way += 1
        if stored.one_way:
            return
        # Not in the step that sends it: who gives it up may forget it, before its body has been read.
        due = max(reaches + (reaches - last_byte) + self._limits.answer_margin, now + 1)
        peer.unanswered[stored] = due, reaches
        if not peer.watched:
            peer.watched = True
            self._deadlines.at(due, self._look, peer)

    def _look(self, peer: Neighbour, now: int) -> None:
        """Give up the transfers to a peer whose answers are overdue."""
        peer.watched = False
        for stored, (due, reaches) in list(peer.unanswered.items()):
            if due <= now and reaches is not None:
                due = self._answer_due(peer.number, reaches, due)
                peer.unanswered[stored] = due, None
            if due > now:  # those that left later are not due earlier
                peer.watched = True
                self._deadlines.at(due, self._look, peer)
                return
            self._keeper.overdue(stored, now)

    def _answer_due(self, peer: int, reaches: int, due: int) -> int:
        """Return until when an answer is waited for; `due` where the plan has no way back."""
        ways = self._ways_back.get(peer)
        if ways is None:
            ways = self._ways_back[peer] = self.router.plan.between(peer, self._number)
        later = [contact for contact in ways if contact.end >= reaches]
        if not later:
            return due
        contact = min(later, key=lambda way: max(way.start, reaches))
        leaves = max(contact.start, reaches)
        return leaves + contact.light_time(leaves) + self._limits.answer_margin


def _order(stored: Stored) -> tuple[int, int, int]:
    extent = stored.meta.fragment
    return -stored.meta.priority, stored.meta.order, 0 if extent is None else extent[0]


def _urgency(stored: Stored) -> int:
    return -stored.meta.priority
