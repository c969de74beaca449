"""The router of a node: the best route over its contact plan, with what is booked on it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from itertools import islice

from msgspec.structs import replace

from starlight.contacts import Contact, ContactPlan
from starlight.errors import InputError
from starlight.routing.answer_cache import AnswerCache
from starlight.routing.arrival_bounds import earliest_over
from starlight.routing.bookings import Bookings
from starlight.routing.candidates import best_first
from starlight.routing.contact_ids import Ids
from starlight.routing.following import follow, travel
from starlight.routing.index import MAX_CHANGED_PARTS, Unusable, amended_index, difference, index_of
from starlight.routing.no_route import NoRoute, NoRouteCode
from starlight.routing.refusals import RouteRefusal, Takes, refusals
from starlight.routing.request import RouteRequest
from starlight.routing.route import FOREVER, Route, timed
from starlight.routing.tie_break import Path
from starlight.routing.transfer_limits import TransferLimits
from starlight.routing.volume import CRITICAL, BundleSizes

MIN_CHANGED = 16
"""Contacts in which plans may differ, however short they are, for one to be amended to the other."""


class Router:
    """Find routes over a contact plan and book them.

    It is deterministic: an answer depends on the plan, the bookings and the question, and on
    nothing that was asked before.

    Args:
        plan: the contacts; `set_plan` replaces it, `amend` changes it.
        with_margin: routes are chosen as if light needed its margin more (CCSDS 734.3-B-1, 3.2.6.5);
            the times of their hops are without it.
        with_overhead: a bundle is taken to need its estimated volume consumption (2.4.3) of each
            contact; the times of its hops are those of its own bytes.
        naming: returns how many bytes of a bundle name the node that transmits it. By as many a
            bundle has another size at each node of its route, and is timed by that. [default: none]

    Attributes:
        index: of the plan in force.
        bookings: on it; a route is taken from others by `bookings.book`.
        transfers: the most that links take as one transfer; who knows of a limit sets it there.
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
        self._sizes = BundleSizes(with_overhead, naming)
        self.transfers = TransferLimits()
        self.set_plan(plan)

    @property
    def plan(self) -> ContactPlan:
        """Return the plan that routes are found in."""
        return self._plan

    @property
    def unusable(self) -> list[tuple[Contact, Unusable]]:
        """Return the contacts that are never used, each with the reason, such as a missing range."""
        return list(self.index.unusable.values())

    def set_plan(self, plan: ContactPlan) -> None:
        """Take a new plan. All bookings are dropped: who holds routes finds and books them anew."""
        self._plan = plan
        self.index = index_of(plan, self._with_margin)
        self.bookings = Bookings(self._sizes)
        self._answers = AnswerCache(self.index, self.bookings)

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
        unique = len(come) == len(came) and all(id in gone or id not in self.index.ids for id in come)
        return changes if unique else None

    def amend(
        self,
        add: Iterable[Contact] = (),
        remove: Iterable[Contact] = (),
        plan: ContactPlan | None = None,
    ) -> ContactPlan:
        """Change a few contacts of the plan, at the cost of their links; return the new plan.

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
        plan = plan or _changed(self._plan, self.index.ids, add, remove)
        for contact in remove:
            self.bookings.drop(contact.id)
        self._plan = plan
        self.index = amended_index(plan, self.index, add, remove)
        self._answers.amend(self.index, {contact.id for contact in remove}, more=bool(add))
        return plan

    def route(self, request: RouteRequest) -> Route | NoRoute:
        """Return the best route, or why there is none.

        The best is the earliest projected arrival, then the fewest hops, then the latest
        termination, then the smallest entry node (CCSDS 734.3-B-1, 3.2.8.1.4 a); what is booked is not free.
        """
        if request.source == request.destination:
            found = _staying(request)
        else:
            best = self._answers.best(self._to_search(request))
            if best is None:
                leads = self.index.leads(request.source, request.destination, request.ready)
                code = NoRouteCode.NOTHING_CARRIES if leads else NoRouteCode.UNREACHABLE
                return NoRoute(code, request)
            found = self._timed(best[0], request, best[1])
        if request.expires is not None and found.projected > request.expires:
            return NoRoute(NoRouteCode.ARRIVES_TOO_LATE, request, found.projected)
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
        ranked = best_first(self.index, self.bookings.busy[request.priority], self._to_search(request))
        for key, path in islice(ranked, k):
            if request.expires is not None and key[0] > request.expires:
                return
            yield self._timed(path, request, key[0])

    def critical(self, request: RouteRequest) -> list[Route]:
        """Return the best route by each neighbour that one leads over, the best first.

        A critical bundle is sent along all of them (CCSDS 734.3-B-1, 3.2.8.1), before all that is not,
        whatever the priority of the request.
        """
        found: list[Route] = []
        request = replace(request, priority=CRITICAL)
        while request.source != request.destination or not found:
            route = self.route(request)
            if not route:
                break
            found.append(route)
            request = replace(request, exclude=request.exclude | {route.entry_node})
        return found

    def along(self, route: Route, ready: int, size: int, growth: int = 0) -> Route | None:
        """Return the route of another bundle over the contacts of a route, None when they can't carry it.

        Args:
            route: not without hops; the bundle has its priority.
            ready: when the bundle is at the source, in ns.
            size: in bytes.
            growth: as of a `RouteRequest`.
        """
        first = route.hops[0].contact
        if first.to_node in self.transfers.exceeded(first.from_node, size + growth):
            return None
        path = [self.index.search_contact(hop.contact) for hop in route.hops]
        request = RouteRequest(path[0].from_node, path[-1].to_node, ready, size, priority=route.priority)
        timings = follow(path, ready, self._sizes.volume(size), self.bookings.busy[route.priority])
        return self._timed(tuple(path), request, timings[-1][2]) if timings else None

    def onward(self, route: Route, reaches: int) -> Route | None:
        """Return what is left of a route after its first hop, timed anew; None when it can't be carried.

        Args:
            route: of two hops or more, which are not booked beyond the first.
            reaches: when its bundle is at the end of the first, in ns.
        """
        size = self._sizes.at_each([hop.contact for hop in route.hops], route.size)[1]
        return self.along(replace(route, hops=route.hops[1:]), reaches, size)

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
        return earliest_over(self.index, contacts, source, ready, self._sizes.volume(size), until)

    def refusals(self, request: RouteRequest, *, most: int = 3) -> list[RouteRefusal]:
        """Return why routes that look faster than the answer of `route` are not.

        Args:
            request: what is asked for.
            most: how many at most.
        """
        if request.source == request.destination:
            return []
        chosen = self.route(request) or None
        busy = self.bookings.busy[request.priority]
        needs = request.size + request.growth
        exceeded = self.transfers.exceeded(request.source, needs) - request.not_entered
        takes = {peer: self.transfers.of(request.source, peer) or 0 for peer in exceeded}
        return refusals(self.index, busy, self._to_search(request), chosen, most, Takes(needs, takes))

    def without(self, routes: Iterable[Route]) -> Router:
        """Return a router with the same plan and bookings of now, but for those of these routes.

        It answers what a bundle can expect that has a booking itself, which is no reason for it to wait.
        """
        other = copy(self)
        other.bookings = self.bookings.without(routes)
        other._answers = AnswerCache(self.index, other.bookings)
        return other

    def _to_search(self, request: RouteRequest) -> RouteRequest:
        exceeded = self.transfers.exceeded(request.source, request.size + request.growth)
        return request.to_search(self._sizes.volume(request.size), exceeded)

    def _timed(self, path: Path, request: RouteRequest, projected: int) -> Route:
        """Return the route over some contacts with the times that are promised for it, by geometry."""
        contacts = [contact.planned for contact in path]
        busy, ready, size = self.bookings.busy[request.priority], request.ready, request.size
        # Where it is too late for some bytes more, what is promised is the route of its present size.
        timings = travel(contacts, ready, self._sizes.at_each(contacts, size), busy) or travel(
            contacts, ready, [size] * len(contacts), busy
        )
        assert timings is not None, "without margin and overhead a bundle is in time where it is with them"
        return timed(
            contacts,
            timings,
            ready,
            size,
            projected=projected,
            priority=request.priority,
            with_margin=self._with_margin,
        )


def _changed(plan: ContactPlan, ids: Ids, add: list[Contact], remove: list[Contact]) -> ContactPlan:
    """Return the next version of a plan, with some contacts less and some more; see `Router.amend`."""
    contacts = list(plan.contacts)
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
    return ContactPlan(tuple(contacts), plan.notices, plan.version + 1)


def _staying(request: RouteRequest) -> Route:
    """Return the route of a bundle that is there already."""
    return Route((), request.ready, FOREVER, request.destination, request.size, 0, request.priority)


def _place(contact: Contact) -> tuple[int, int]:
    return contact.start, contact.id
