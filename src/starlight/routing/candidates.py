"""The K best loopless routes, one after another, exactly in the order of `RouteKey`.

Yen's partition (J. Y. Yen, Finding the K shortest loopless paths in a network, 1971) as E. L. Lawler
improved it (1972): when the best route of a set is taken out, the others of the set fall apart
into one set for each of its hops, those that share the hops before and not this one. The best of
each set is found by the search that also finds the best of all, from the node where they part
and without the nodes before it. What a set begins with is kept in the keys: it may be the first
contact to end, and it has settled the entry node.

Nothing is searched before it is asked for, and of a set only the earliest arrival until its turn
comes; so one candidate costs what the best route costs. Most sets have their best within a short
while after the best of all. So for a horizon a little later than that, it is found once when each
node needs the bundle at the latest; the searches of all sets then keep to the few nodes and times
that count. A set that has nothing up to the horizon waits until its turn comes and moves it on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush

from starlight.routing.following import follow
from starlight.routing.index import PlanIndex
from starlight.routing.link_contacts import NEVER, Busy
from starlight.routing.request import NOBODY, RouteRequest
from starlight.routing.search import Search, search_after
from starlight.routing.tie_break import Path, RouteKey, route_key

LAST = NEVER - 1
"""A horizon that is beyond every arrival."""

Bound = tuple[int, ...] | RouteKey
"""A key, or as much of its beginning as is known: no route has a smaller one."""

MAX_NEAR = 4
"""Arrivals whose deadlines are kept: the one whose turn it is, and the next."""

MAX_IN_VAIN = 16
"""Sets in which ties are looked for in vain, before only earlier arrivals are."""


class _Branch:
    """Routes that share their first hops.

    Attributes:
        prefix: their first contacts.
        without: contacts not to go on by.
        tried: it is known that none of them has this arrival, in ns, or an earlier one.
        wide: for an arrival they have been looked for among those with few hops, in vain.
        search: for the best of them; None as long as none is in sight.
        path: the best of them, once it is their turn.
    """

    __slots__ = ("path", "prefix", "search", "tried", "wide", "without")

    def __init__(self, prefix: Path, without: frozenset[int]) -> None:
        self.prefix = prefix
        self.without = without
        self.tried = -NEVER
        self.wide = False
        self.search: Search | None = None
        self.path: Path | None = None


def best_first(index: PlanIndex, busy: Busy, request: RouteRequest) -> Iterator[tuple[RouteKey, Path]]:
    """Yield the key and the contacts of every loopless route that carries the bundle, the best first.

    Bookings must not change while it runs.

    Args:
        index: the plan.
        busy: what is booked.
        request: as `RouteRequest.to_search` returns it; source and destination are not the same.
    """
    view = _MovingHorizon(index, busy, request)
    order = 0  # Of what is equal, the first in is the first out; it never shows, as keys differ.
    heap: list[tuple[Bound, int, _Branch]] = []
    bound: Bound = (-NEVER,)
    sets = [_Branch((), NOBODY)]
    while True:
        for each in sets:
            order += 1
            heappush(heap, (bound, order, each))
        while heap and heap[0][2].path is None:
            bound, _, each = heappop(heap)
            better = view.look(each, bound) if each.search is None else view.best(each, bound)
            if better is not None:
                order += 1
                heappush(heap, (better, order, each))
        if not heap:
            return
        key, _, best = heappop(heap)
        assert best.path is not None
        yield key, best.path  # type: ignore[misc]  # Of a set that has its path the key is whole.
        view.begin(key[0])
        bound, sets = key[:2], _parted(best, best.path)


class _MovingHorizon:
    """The arrival up to which a plan is searched, and all that is known up to it; it moves on.

    It is the arrival of the latest route first: many sets have another route with that one, and
    few nodes and times lead to it. Then it is a horizon, which is moved on as it is reached.
    """

    def __init__(self, index: PlanIndex, busy: Busy, request: RouteRequest) -> None:
        self._index = index
        self._busy = busy
        self._request = request
        self._first: int | None = None  # The earliest arrival of all.
        self._in_vain = 0  # Sets in which no other route had the arrival that was looked for.
        self._ahead = 0
        self._horizon = LAST
        self._settled: Search | None = None  # Up to the horizon.
        self._until: dict[int, int] | None = None  # For the horizon.
        self._near: dict[int, dict[int, int]] = {}  # Arrivals of late, and the deadlines for them.
        self._found: list[int] = []  # Arrivals of routes that have been found, as a heap.
        self._hops = 0  # Of the route that was found last.
        self._remaining = index.remaining_hops(request.destination, request.ready, request.source)

    def begin(self, arrival: int) -> None:
        """Take a horizon for what follows, the first time a route is found."""
        if self._first is None:
            self._first = arrival
            self._ahead = max((arrival - self._request.ready) // 4, self._index.pace // 8, 1)
            self._take(arrival + self._ahead)

    def look(self, each: _Branch, bound: Bound) -> Bound | None:
        """Return a better bound of the keys of a set, None when it is empty.

        Args:
            each: a set of which none is in sight.
            bound: no route of it has a smaller key.
        """
        if self._first is None:
            return self._look_up_to(each, NEVER, None)
        arrival = bound[0]
        if each.tried < arrival <= self._horizon and len(bound) > 1 and self._in_vain < MAX_IN_VAIN:
            return self._look_for_ties(each, arrival, bound[1])
        while arrival > self._horizon:
            self._ahead *= 4
            horizon = self._first + self._ahead
            self._take(horizon if horizon <= self._index.last_end else LAST)
        while self._found and self._found[0] <= arrival:
            heappop(self._found)
        if self._found and self._found[0] <= self._horizon:
            # Before what is found already few nodes and times count; with it, it is a tie.
            nearest = self._found[0]
            node = each.prefix[-1].to_node if each.prefix else self._request.source
            found = self._look_up_to(each, nearest - 1, self._deadlines(nearest - 1))
            return found or (nearest, len(each.prefix) + self._remaining[node])
        found = self._look_up_to(each, self._horizon, self._until)
        if found is not None:
            self._in_vain -= found[0] == arrival
            return found
        return None if self._horizon == LAST else (self._horizon + 1,)

    def best(self, each: _Branch, bound: Bound) -> Bound:
        """Return a better bound of a set that has a route in sight, or the key of its best route."""
        assert each.search is not None
        if self._first is None:
            rest = each.search.best()
        else:
            until = self._deadlines(bound[0])
            if len(bound) == 1:
                hops = each.search.fewest(bound[0], each.search.earliest()[1], until)
                if hops is not None:
                    self._hops = len(each.prefix) + hops
                    return bound[0], self._hops
            rest = each.search.best_within(until)
        assert rest is not None, "the earliest arrival belongs to a route"
        each.search = None  # It is not needed any more, and large.
        each.path = (*each.prefix, *rest)
        timings = follow(each.path, self._request.ready, self._request.size, self._busy)
        assert timings is not None, "the search found contacts that can't carry the bundle"
        return route_key(each.path, timings[-1][2])

    def _look_for_ties(self, each: _Branch, arrival: int, hops: int) -> Bound:
        """Return a better bound of a set whose routes have at least an arrival, and with it some hops."""
        until = self._deadlines(arrival)
        search = self._search(each, arrival, until)
        hops = max(hops, self._hops)
        most = len(until) if each.wide else hops - len(each.prefix)
        found = search.fewest(arrival, most, until)
        if found is not None:
            each.search = search
            self._in_vain = 0
            self._hops = len(each.prefix) + found
            return arrival, self._hops
        if not each.wide:  # Mostly what ties has as many hops, and is found among few nodes.
            each.wide = True
            return arrival, hops + 1
        each.tried, each.wide = arrival, False
        self._in_vain += 1
        return (arrival + 1,)

    def _look_up_to(self, each: _Branch, horizon: int, until: Mapping[int, int] | None) -> Bound | None:
        search = self._search(each, horizon, until)
        arrival, _ = search.earliest()
        if arrival == NEVER:
            return None
        each.search = search
        heappush(self._found, arrival)
        return (arrival,)

    def _search(self, each: _Branch, horizon: int, until: Mapping[int, int] | None) -> Search:
        """Return a search for the routes of a set, less their first hops, that arrive by a horizon."""
        return search_after(
            self._index,
            self._busy,
            self._request,
            each.prefix,
            each.without,
            until=until,
            horizon=horizon,
            remaining=self._remaining,
        )

    def _deadlines(self, arrival: int) -> dict[int, int]:
        """Return when each node needs the bundle for an arrival up to the horizon."""
        until = self._near.get(arrival)
        if until is None:
            assert self._settled is not None
            while len(self._near) >= MAX_NEAR:
                del self._near[next(iter(self._near))]
            until = self._near[arrival] = self._settled.arrivals.deadlines(arrival)
        return until

    def _take(self, horizon: int) -> None:
        self._settled = Search(self._index, self._busy, self._request)
        self._settled.arrivals.settle(horizon)
        self._horizon, self._until = horizon, self._settled.arrivals.deadlines(horizon)


def _parted(taken: _Branch, path: Path) -> list[_Branch]:
    """Return the sets that the routes beside the best one of a set fall apart into."""
    depth = len(taken.prefix)
    return [
        _Branch(path[:hops], (taken.without if hops == depth else NOBODY) | {path[hops].id})
        for hops in range(depth, len(path))
    ]
