"""The router of a node: the best route over its contact plan, with what is booked on it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from itertools import islice

from msgspec.structs import replace

from starlight.contacts import UNLIMITED_BPS, Contact, ContactPlan
from starlight.errors import InputError
from starlight.routing.answers import AnswerMemory
from starlight.routing.bookings import NEVER_YET, Bookings
from starlight.routing.candidates import best_first
from starlight.routing.earliest import earliest_over
from starlight.routing.following import follow, travel
from starlight.routing.index import MAX_CHANGED_PARTS, Unusable, amended_index, difference, index_of
from starlight.routing.link_contacts import Busy, SearchContact
from starlight.routing.refusals import Refusal, refusals
from starlight.routing.request import RouteRequest
from starlight.routing.route import FOREVER, Route, timed
from starlight.routing.volume import HopLimit, Priority, consumption, effective_limits, free_volume

MIN_CHANGED = 16
"""Contacts in which plans may differ, however short they are, for one to be amended to the other."""


class Router:
    """Find routes over a contact plan and book them.

    It is deterministic: an answer depends on the plan, the bookings and the question, and on
    nothing that was asked before.

    Args:
        plan: the contacts; `set_plan` replaces it.
        with_margin: routes are chosen as if light needed its margin more (CCSDS 734.3-B-1, 3.2.6.5);
            the times of their hops are without it.
        with_overhead: a bundle is taken to need its estimated volume consumption (2.4.3) of each
            contact; the times of its hops are those of its own bytes.
        naming: returns how many bytes of a bundle name the node that transmits it. By as many a
            bundle has another size at each node of its route, and is timed by that. [default: none]
    """

    def __init__(
        self,
        plan: ContactPlan,
        *,
        with_margin: bool = True,
        with_overhead: bool = False,
        naming: Callable[[int], int] | None = None,
    ) -> None:
        self._with_margin = with_margin
        self._naming = naming
        self._with_overhead = with_overhead
        self.set_plan(plan)

    @property
    def plan(self) -> ContactPlan:
        """Return the plan that routes are found in."""
        return self._plan

    @property
    def unusable(self) -> list[tuple[Contact, Unusable]]:
        """Return the contacts that are never used, each with the reason, such as a missing range."""
        return list(self._index.unusable.values())

    @property
    def freed(self) -> int:
        """Return how often time that was booked has become free since the plan was set."""
        return self._answers.epoch

    def set_plan(self, plan: ContactPlan) -> None:
        """Take a new plan. All bookings are dropped: who holds routes finds and books them anew."""
        self._plan = plan
        self._index = index_of(plan, self._with_margin)
        # By priority: what is booked at it or above.
        self._busy: tuple[Busy, ...] = tuple({} for _ in Priority)
        self._answers = AnswerMemory(self._index)

    def difference(self, plan: ContactPlan) -> tuple[list[Contact], list[Contact]] | None:
        """Return the contacts that only another plan has, and those that only the plan in force has.

        None where so much differs that to `amend` the plan would cost more than to set the other one.
        A contact of the same id that has another value is in both lists.
        """
        most = max(MIN_CHANGED, len(plan.contacts) // MAX_CHANGED_PARTS)
        changes = difference(self._plan.contacts, plan.contacts, most)
        if changes is None:
            return None
        came, went = changes
        gone, come = {contact.id for contact in went}, {contact.id for contact in came}
        # Two contacts of one id are nobody's plan, but only an index made anew copes with them.
        unique = len(come) == len(came) and all(id in gone or id not in self._index.ids for id in come)
        return changes if unique else None

    def amend(
        self,
        add: Iterable[Contact] = (),
        remove: Iterable[Contact] = (),
        plan: ContactPlan | None = None,
    ) -> ContactPlan:
        """Change a few contacts of the plan, at the cost of their lanes; return the new plan.

        Bookings stay, but for those on contacts that are taken out: who holds a route over one of
        them finds another. Nothing is booked on a contact that comes anew.

        Args:
            add: contacts whose ids the plan does not have.
            remove: contacts of the plan.
            plan: the plan that this makes, where it is at hand, as `difference` has compared it.
                [default: the one in force with these changes, as its next version]

        Raises:
            InputError: a contact to be taken out is not in the plan, or the id of a new one is.
        """
        add, remove = list(add), list(remove)
        plan = plan or self._changed(add, remove)
        for contact in remove:
            for busy in self._busy:
                busy.pop(contact.id, None)
        self._plan = plan
        self._index = amended_index(plan, self._index, add, remove)
        self._answers.amend(self._index, {contact.id for contact in remove}, more=bool(add))
        return plan

    def _changed(self, add: list[Contact], remove: list[Contact]) -> ContactPlan:
        contacts = list(self._plan.contacts)
        ids = self._index.ids
        gone = {contact.id for contact in remove}
        come: set[int] = set()
        for contact in remove:
            place = bisect_left(contacts, (contact.start, contact.id), key=_place)
            if place == len(contacts) or contacts[place] != contact:
                raise InputError(f"contact {contact.id} is not in the plan, or is another there")
            del contacts[place]
        for contact in add:
            if contact.id in come or (contact.id in ids and contact.id not in gone):
                raise InputError(f"the plan has a contact {contact.id} already", right="Each has its own id")
            contacts.insert(bisect_left(contacts, (contact.start, contact.id), key=_place), contact)
            come.add(contact.id)
        return ContactPlan(tuple(contacts), self._plan.notices, self._plan.version + 1)

    def route(self, request: RouteRequest) -> Route | None:
        """Return the best route, or None when the plan has none.

        The best is the earliest projected arrival, then the fewest hops, then the latest
        termination, then the smallest entry node (CCSDS 734.3-B-1, 3.2.8.1.4 a); what is booked is not free.
        """
        if request.source == request.destination:
            found: Route | None = _staying(request)
        else:
            best = self._answers.best(self._to_search(request), self._busy[request.priority])
            found = None if best is None else self._timed(best[0], request, best[1])
        if found is None or (request.expires is not None and found.projected > request.expires):
            return None
        return found

    def candidates(self, request: RouteRequest, *, k: int | None = None) -> Iterator[Route]:
        """Yield the loopless routes, the best first, each searched only when it is asked for.

        Bookings and plan must not change while it runs.

        Args:
            request: what is asked for.
            k: how many at most. [default: all]
        """
        if request.source == request.destination:
            yield _staying(request)
            return
        ranked = best_first(self._index, self._busy[request.priority], self._to_search(request))
        for key, path in islice(ranked, k):
            if request.expires is not None and key[0] > request.expires:
                return
            yield self._timed(path, request, key[0])

    def critical(self, request: RouteRequest) -> list[Route]:
        """Return the best route by each neighbour that one leads over, the best first.

        A critical bundle is sent along all of them (CCSDS 734.3-B-1, 3.2.8.1), as the most urgent,
        whatever the priority of the request.
        """
        found: list[Route] = []
        request = replace(request, priority=Priority.EXPEDITED)
        while request.source != request.destination or not found:
            route = self.route(request)
            if route is None:
                break
            found.append(route)
            request = replace(request, exclude=request.exclude | {route.entry_node})
        return found

    def along(self, route: Route, now: int, size: int) -> Route | None:
        """Return the route of another bundle over the contacts of a route, None when they can't carry it."""
        path = [self._index.span(hop.contact) for hop in route.hops]
        timings = follow(path, now, self._volume(size), self._busy[route.priority])
        if not timings:
            return None
        return self._timed_at(tuple(path), now, size, timings[-1][2], route.priority)

    def earliest_over(
        self, contacts: Iterable[Contact], source: int, ready: int, size: int, until: int
    ) -> dict[int, int]:
        """Return for each node a time, in ns, before which no route over one of some contacts arrives there.

        It is the projected arrival, by which routes are chosen, as if nothing was booked.

        Args:
            contacts: of the plan, one of which is used.
            source, ready: where a bundle is, and from when on, in ns.
            size: of the smallest bundle that it is asked for, in bytes.
            until: later arrivals are of no interest and may be missing, in ns.
        """
        return earliest_over(self._index, contacts, source, ready, self._volume(size), until)

    def carries(self, route: Route, now: int, *, expires: int | None = None) -> int:
        """Return the size of the largest bundle that the contacts of a route carry in time, in bytes.

        Args:
            route: not without hops; what is booked is not free.
            now: when the bundle is at the source, in ns.
            expires: it must arrive by this time, in ns.
        """

        def carried(size: int) -> bool:
            found = self.along(route, now, size)
            return found is not None and (expires is None or found.projected <= expires)

        low, high = 0, min(limit.volume for limit in self.limits(route))
        if carried(high + 1):  # An instant has no volume, but at an unlimited rate all leaves in it.
            low, high = high + 1, UNLIMITED_BPS
        while low < high:
            middle = (low + high + 1) // 2
            if carried(middle):
                low = middle
            else:
                high = middle - 1
        return low

    def refusals(self, request: RouteRequest, *, most: int = 3) -> list[Refusal]:
        """Return why routes that look faster than the answer of `route` are not.

        Args:
            request: what is asked for.
            most: how many at most.
        """
        if request.source == request.destination:
            return []
        chosen = self.route(request)
        busy = self._busy[request.priority]
        return refusals(self._index, busy, self._to_search(request), chosen, most)

    def book(self, route: Route) -> None:
        """Take the time that a route needs on each of its contacts from later routes.

        Those of a higher priority do not see it. Where it takes time that is booked at a lower
        one, what is booked there keeps as much time, from the next that is free.
        """
        for hop in route.hops:
            until = self._booked_until(hop.contact, hop.leaves, hop.last_byte, route.size)
            if until > hop.leaves:
                for level in range(route.priority + 1):
                    busy = self._busy[level]
                    bookings = busy.get(hop.contact.id)
                    if bookings is None:
                        bookings = busy[hop.contact.id] = Bookings()
                    bookings.add(hop.leaves, until)

    def release(self, route: Route) -> None:
        """Give back what `book` took for this route; hops that are not booked are passed over.

        A node does so when the bundle has left or goes another way; not for routes that were
        booked before `set_plan`, which has dropped them.
        """
        for hop in route.hops:
            until = self._booked_until(hop.contact, hop.leaves, hop.last_byte, route.size)
            for level in range(route.priority + 1):
                self._note_freed(self._free(level, hop.contact.id, hop.leaves, until))

    def depart(self, route: Route, until: int) -> None:
        """Take note that a bundle begins to leave over the first contact of its route, which is booked.

        That hop is not booked any more, so it must not be released: what is on the air is there for
        every priority, as nobody goes before it.

        Args:
            until: when its last byte leaves, in ns.
        """
        hop = route.hops[0]
        booked_until = self._booked_until(hop.contact, hop.leaves, hop.last_byte, route.size)
        for level, bookings in enumerate(self._all_bookings(hop.contact.id)):
            if level <= route.priority:
                self._note_freed(bookings.depart(hop.leaves, booked_until, until))
            else:
                self._note_freed(bookings.occupy(until))

    def occupy(self, contact: Contact, until: int) -> None:
        """Let nothing leave over a contact before a time, in ns, at any priority."""
        for bookings in self._all_bookings(contact.id):
            self._note_freed(bookings.occupy(until))

    def close(self, contact: Contact) -> None:
        """Forget what is booked on a contact that is over, and what was on the air."""
        for busy in self._busy:
            busy.pop(contact.id, None)

    def busy_until(self, contact: Contact, priority: int = Priority.BULK) -> int:
        """Return until when a contact is busy with what a bundle of a priority waits for, in ns."""
        bookings = self._busy[priority].get(contact.id)
        return bookings.end if bookings else NEVER_YET

    def without(self, routes: Iterable[Route]) -> Router:
        """Return a router with the same plan and bookings of now, but for those of these routes.

        It answers what a bundle can expect that has a booking itself, which is no reason for it to wait.
        """
        other, routes = copy(self), list(routes)
        other._answers = AnswerMemory(self._index)
        ids = {hop.contact.id for route in routes for hop in route.hops}
        other._busy = tuple(
            {id: b.copy() if id in ids else b for id, b in busy.items()} for busy in self._busy
        )
        for route in routes:
            other.release(route)
        return other

    def turns(self, contact: int, priority: int) -> dict[tuple[int, int], int]:
        """Return when what is booked on a contact at one priority leaves, by booked interval, in ns."""
        levels = [busy.get(contact) or Bookings() for busy in self._busy[priority : priority + 2]]
        return levels[0].turns(levels[1] if len(levels) > 1 else Bookings())

    def bookings(self, contact: int, priority: int = Priority.BULK) -> list[tuple[int, int]]:
        """Return the busy time ``(from, to)`` of a contact, in ns, ascending, what touches joined.

        Args:
            contact: its id.
            priority: only what a bundle of this priority waits for.
        """
        bookings = self._busy[priority].get(contact)
        return bookings.busy() if bookings else []

    def residual_volume(self, contact: Contact, now: int, priority: int = Priority.BULK) -> int:
        """Return how many bytes a contact can still carry at a priority from a time on, in ns."""
        return free_volume(contact, now, contact.end, self._busy[priority].get(contact.id))

    def limits(self, route: Route) -> list[HopLimit]:
        """Return for each hop what its contact can carry for the route, which must not be booked."""
        busy = self._busy[route.priority]
        return effective_limits(
            [hop.contact for hop in route.hops],
            [hop.leaves for hop in route.hops],
            [busy.get(hop.contact.id) for hop in route.hops],
        )

    def _to_search(self, request: RouteRequest) -> RouteRequest:
        return request.to_search(self._volume(request.size))

    def _volume(self, size: int) -> int:
        return consumption(size) if self._with_overhead else size

    def _booked_until(self, contact: Contact, leaves: int, last_byte: int, size: int) -> int:
        if not self._with_overhead:
            return last_byte
        until = contact.last_byte(leaves, consumption(size))
        return contact.end if until is None else until

    def _all_bookings(self, contact: int) -> list[Bookings]:
        found = []
        for busy in self._busy:
            bookings = busy.get(contact)
            if bookings is None:
                bookings = busy[contact] = Bookings()
            found.append(bookings)
        return found

    def _note_freed(self, until: int | None) -> None:
        """Take note until when time has become free, if any has."""
        if until is not None:
            self._answers.free(until)

    def _free(self, level: int, contact: int, leaves: int, until: int) -> int | None:
        bookings = self._busy[level].get(contact)
        if bookings is None:
            return None
        freed = bookings.remove(leaves, until)
        if bookings.empty:
            del self._busy[level][contact]
        return freed

    def _timed(self, path: tuple[SearchContact, ...], request: RouteRequest, projected: int) -> Route:
        return self._timed_at(path, request.ready, request.size, projected, request.priority)

    def _timed_at(
        self, path: tuple[SearchContact, ...], now: int, size: int, projected: int, priority: int
    ) -> Route:
        contacts = [span.contact for span in path]
        busy, sizes = self._busy[priority], [size] * len(contacts)
        if self._naming is not None:
            plain = size - self._naming(contacts[0].from_node)
            sizes = [plain + self._naming(contact.from_node) for contact in contacts]
        # Where it is too late for some bytes more, what is promised is the route of its present size.
        timings = travel(contacts, now, sizes, busy) or travel(contacts, now, [size] * len(contacts), busy)
        assert timings is not None, "without margin and overhead a bundle is in time where it is with them"
        return timed(
            contacts,
            timings,
            now,
            size,
            projected=projected,
            priority=priority,
            with_margin=self._with_margin,
        )


def _staying(request: RouteRequest) -> Route:
    """Return the route of a bundle that is there already."""
    return Route((), request.ready, FOREVER, request.destination, request.size, 0, request.priority)


def _place(contact: Contact) -> tuple[int, int]:
    return contact.start, contact.id
