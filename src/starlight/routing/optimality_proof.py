"""The proof that a route stays the best while it, and everything else, gets slower.

Theory of operation. A node routes a bundle, books it, and routes the next to the same destination. Each
booking delays the next bundle a little, mostly by what the one bottleneck of all routes takes, so the same
contacts stay the best, and a search for them is in vain. Two facts, found once up to a horizon,
make that certain without one:

* a few routes are the best by hops, termination, entry node and ids of all that arrive by the
  horizon. Later questions, bookings and larger bundles only take routes out of these; so as long
  as the best of the few arrives by the horizon and *nothing arrives earlier*, it is the best;
* the contacts by which anything arrives by the horizon, and the earliest that a bundle can be at
  their transmitters. They show that no other arrives earlier, going back from the destination:
  nothing is at a node before a time when every contact that leads to it brings what could be at
  its transmitter no earlier. Mostly the first step does, for what waits for a window is queued
  there, whenever it has come. Where it does not, what could be at the transmitter is looked at in
  the same way.

The proof may fail although the route is the best (it gives up after some steps); it never
succeeds where another is better.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from starlight.routing.following import Timing, follow
from starlight.routing.index import PlanIndex
from starlight.routing.link_contacts import NEVER, Busy, SearchContact
from starlight.routing.request import NOBODY, RouteRequest
from starlight.routing.search import Search, search_after
from starlight.routing.tie_break import Path, route_key

MAX_STEPS = 64
"""Contacts looked at in one proof; a search looks at some hundreds."""

MAX_TRIES = 3
"""Horizons tried: routes that are better by the keys after the arrival cut it short."""

MAX_ROUTES = 4
"""Such routes that are kept beside: several relays are taken in turn, each as the others are booked."""

MAX_SETS = 16
"""Searches for these, each as long as one for a route."""


class OptimalityProof:
    """The routes that are the best by the keys after the arrival, and why one of them is the best.

    Args:
        index: the plan.
        request: what the best is asked for; all this holds from its time on, for its size and larger ones.
        routes: the best by the keys after the arrival of all that arrive by a horizon, the best first.
        search: has settled what is reached up to the horizon.
        horizon: in ns.

    Attributes:
        routes, horizon: as above.
        source, size: of the request; in bytes.
    """

    __slots__ = (
        "_alone",
        "_edges",
        "_index",
        "_into",
        "_reached",
        "_request",
        "_until",
        "horizon",
        "routes",
        "size",
        "source",
    )

    def __init__(
        self, index: PlanIndex, request: RouteRequest, routes: list[Path], search: Search, horizon: int
    ) -> None:
        self._index = index
        self._request = request
        self._alone: bool | None = None  # Whether there is no other route at all, once that was asked.
        self._until = search.arrivals.deadlines(horizon)
        self._reached = search.arrivals.at(self._until)
        # What leads to a node by the horizon: all contacts, and those that are on no loop through it.
        self._edges: dict[int, list[tuple[int, int, SearchContact]]] = {}
        self._into: dict[int, list[tuple[int, int, SearchContact]]] = {}
        self.routes = routes
        self.horizon = horizon
        self.size = request.size
        self.source = request.source

    def best(
        self, now: int, size: int, busy: Busy, known: Path, known_timings: list[Timing] | None
    ) -> tuple[Path, int] | None:
        """Return the contacts and the arrival of the best route where it is certain which that is.

        Args:
            now: when the bundle is at the source, in ns.
            size: in bytes.
            busy: what is booked.
            known, known_timings: a route that has been followed at this time, and what came of it.
        """
        # Earlier, or for less, there may be contacts that were left out here for being over, or too small.
        if now < self._request.ready or size < self.size:
            return None
        best, arrival = None, self.horizon + 1
        followed: list[tuple[Path, list[Timing]]] = []
        for route in self.routes:
            timings = known_timings if route is known else follow(route, now, size, busy)
            if timings is not None:
                followed.append((route, timings))
                if timings[-1][2] < arrival:  # What is equal comes by the later keys.
                    best, arrival = route, timings[-1][2]
        if best is None:
            return None
        if self._alone is None:
            self._alone = len(self.routes) == 1 and self._is_the_only_route(self.routes[0], busy)
        if not (self._alone or self.proves(arrival, followed, now, size, busy)):
            return None
        return best, arrival

    def _is_the_only_route(self, route: Path, busy: Busy) -> bool:
        """Return whether nothing but its own contacts leads to the nodes of a route by the horizon."""
        return all(len(self.into(contact.to_node, busy)) == 1 for contact in route)

    def proves(
        self, arrival: int, followed: list[tuple[Path, list[Timing]]], now: int, size: int, busy: Busy
    ) -> bool:
        """Return whether it is certain that nothing arrives earlier.

        Args:
            arrival: in ns.
            followed: the routes and how they are followed now.
            now, size, busy: as for `best`.
        """
        return _Attempt(self, followed, now, size, busy).not_before(self._request.destination, arrival)

    def into(self, node: int, busy: Busy) -> list[tuple[int, int, SearchContact]]:
        """Return the contacts that bring anything to a node in time, by the earliest time of each."""
        found = self._into.get(node)
        if found is None:
            found = self._into[node] = [
                edge
                for edge in self._all_into(node, busy)
                if edge[2].from_node == self.source
                or self._comes_from_elsewhere(edge[2].from_node, node, busy)
            ]
        return found

    def _comes_from_elsewhere(self, node: int, other: int, busy: Busy) -> bool:
        """Return whether anything comes to a node that need not have been at another before."""
        return any(contact.from_node != other for _, _, contact in self._all_into(node, busy))

    def _all_into(self, node: int, busy: Busy) -> list[tuple[int, int, SearchContact]]:
        found = self._edges.get(node)
        if found is None:
            found = self._edges[node] = []
            asked, reached, until = self._request, self._reached, self._until[node]
            for link in self._index.reaching.get(node, ()):
                ready = reached.get(link.from_node)
                if ready is None or (link.from_node == asked.source and node in asked.exclude):
                    continue
                for contact in link.alive(ready, until):
                    timing = contact.timing(ready, self.size, busy)
                    if timing is not None and timing[2] <= until and contact.id not in asked.exclude_contacts:
                        found.append((timing[2], contact.id, contact))
            found.sort()
        return found

    def reached(self, node: int) -> int:
        """Return a time before which nothing is at a node, in ns."""
        return self._reached[node]


class _Attempt:
    """One attempt.

    Args:
        proof: what is known.
        followed: the routes and how they are followed now: nobody can show of their nodes that a bundle
            comes later than by them.
        now, size, busy: of the question now.
    """

    __slots__ = ("_busy", "_followed", "_known", "_left", "_own", "_proof", "_size", "_under_way")

    def __init__(
        self,
        proof: OptimalityProof,
        followed: list[tuple[Path, list[Timing]]],
        now: int,
        size: int,
        busy: Busy,
    ) -> None:
        self._proof = proof
        self._followed = followed
        self._own: dict[int, int] | None = None
        self._size = size
        self._busy = busy
        self._known = {proof.source: now}
        self._left = MAX_STEPS
        self._under_way: set[int] = {proof.source}

    def not_before(self, node: int, time: int) -> bool:
        """Return whether it is certain that nothing is at a node before a time, in ns."""
        proof, size, busy, known = self._proof, self._size, self._busy, self._known
        source = proof.source
        self._under_way.add(node)
        for earliest, _, contact in proof.into(node, busy):
            if earliest >= time:  # They are in this order, and bookings only made them later.
                break
            peer = contact.from_node
            ready = known.get(peer)
            if ready is None:
                ready = proof.reached(peer)
            while True:
                self._left -= 1
                timing = contact.timing(ready, size, busy)
                if timing is None or timing[2] >= time:
                    break
                if peer in self._under_way:
                    if peer == source:
                        return False
                    break  # What has come by that node is no earlier than what is shown of it.
                # So late it would have to be at the transmitter, at the least, not to come earlier.
                target = min(timing[0] + time - timing[2], self._by_routes(peer))
                if self._left < 0 or target <= ready or not self.not_before(peer, target):
                    return False
                known[peer] = ready = target
        self._under_way.discard(node)
        return True

    def _by_routes(self, node: int) -> int:
        if self._own is None:
            self._own = {}
            for path, timings in self._followed:
                for contact, (_, _, ready) in zip(path, timings, strict=True):
                    self._own[contact.to_node] = min(ready, self._own.get(contact.to_node, ready))
        return self._own.get(node, NEVER)


def prove(
    index: PlanIndex, busy: Busy, request: RouteRequest, path: Path, horizon: int
) -> OptimalityProof | None:
    """Return why a route is the best, and will be; None when that does not hold for any time.

    Args:
        index: the plan.
        busy: what is booked.
        request: what the route is the best answer to.
        path: its contacts.
        horizon: an arrival in ns up to which it is of interest; a nearer one is taken where a route
            that is better by the keys after the arrival arrives much later, or too many are.
    """
    timings = follow(path, request.ready, request.size, busy)
    if timings is None:
        return None
    arrival = timings[-1][2]
    for _ in range(MAX_TRIES):
        search = _settled(index, busy, request, (), NOBODY, horizon)
        near = arrival + (horizon - arrival) // 4
        routes: list[Path] = []
        nearest = horizon
        for route in _ranked(index, busy, request, search, horizon):
            routes.append(route)
            if route == path:
                routes[-1] = path
                return OptimalityProof(index, request, routes, search, horizon)
            others = follow(route, request.ready, request.size, busy)
            assert others is not None, "what is ranked arrives by the horizon"
            nearest = min(nearest, others[-1][2])
            if nearest > near or len(routes) == MAX_ROUTES:
                break
        if not routes or nearest <= arrival:
            return None
        horizon = nearest - 1
    return None


def _ranked(
    index: PlanIndex, busy: Busy, request: RouteRequest, search: Search, horizon: int
) -> Iterator[Path]:
    """Yield the routes that arrive by a horizon, the best by the keys after the arrival first.

    That is the partition of `candidates`, searched for other keys. It ends where it takes too long.

    Args:
        index, busy, request: where, and what for.
        search: of all of them, settled up to the horizon.
        horizon: in ns.
    """
    heap: list[tuple[tuple[int, int, int, tuple[int, ...]], int, frozenset[int], Path]] = []

    def add(prefix: Path, without: frozenset[int], search: Search) -> None:
        rest = search.best_by(horizon, len(index.leaving), search.arrivals.deadlines(horizon))
        if rest is not None:
            path = (*prefix, *rest)
            heappush(heap, (route_key(path, 0)[1:], len(prefix), without, path))

    add((), NOBODY, search)
    sets = 0
    while heap:
        _, depth, without, path = heappop(heap)
        yield path
        sets += len(path) - depth
        if sets > MAX_SETS:
            return
        for hops in range(depth, len(path)):
            less = (without if hops == depth else NOBODY) | {path[hops].id}
            add(path[:hops], less, _settled(index, busy, request, path[:hops], less, horizon))


def _settled(
    index: PlanIndex, busy: Busy, request: RouteRequest, prefix: Path, without: frozenset[int], horizon: int
) -> Search:
    """Return a search for the routes that begin with some contacts, settled up to a horizon."""
    search = search_after(index, busy, request, prefix, without)
    search.arrivals.settle(horizon)
    return search
