"""The K best loopless routes, one after another, exactly in the order of the four keys.

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

from collections.abc import Iterator
from heapq import heappop, heappush

import msgspec

from starlight.dtntime import YEAR
from starlight.routing.index import PlanIndex
from starlight.routing.lanes import NEVER, Busy, Span
from starlight.routing.search import Search, follow

Key = tuple[int, int, int, int, tuple[int, ...]]
"""Projected arrival, hops, termination (negated), entry node, ids from the last hop to the first."""


class Question(msgspec.Struct, frozen=True, gc=False):
    """What a route is asked for.

    Attributes:
        source, destination: node numbers, not the same.
        now: when the bundle is at the source, in ns.
        size: in bytes.
        exclude: neighbours of the source not to be entered by.
        banned: ids of contacts not to be used.
        avoid: nodes not to be passed.
    """

    source: int
    destination: int
    now: int
    size: int
    exclude: frozenset[int] = frozenset()
    banned: frozenset[int] = frozenset()
    avoid: frozenset[int] = frozenset()


class _Set:
    """Routes that share their first hops.

    Attributes:
        prefix: their first contacts.
        without: contacts not to go on by.
        search: for the best of them; None when it is not among what the horizon shows.
        path: the best of them, once it is their turn.
    """

    __slots__ = ("path", "prefix", "search", "without")

    def __init__(self, prefix: tuple[Span, ...], without: frozenset[int]) -> None:
        self.prefix = prefix
        self.without = without
        self.search: Search | None = None
        self.path: tuple[Span, ...] | None = None


def key_of(path: tuple[Span, ...], arrival: int) -> Key:
    """Return what ranks a route that arrives at a time, in ns: the smaller, the better."""
    termination = min(span.end for span in path)
    ids = tuple(span.id for span in reversed(path))
    return (arrival, len(path), -termination, path[0].contact.to_node, ids)


def best_first(index: PlanIndex, busy: Busy, question: Question) -> Iterator[tuple[Key, tuple[Span, ...]]]:
    """Yield the key and the contacts of every loopless route that carries the bundle, the best first.

    Bookings must not change while it runs.

    Args:
        index: the plan.
        busy: what is booked.
        question: from where to where, and what.
    """
    view = _View(index, busy, question)
    order = 0  # Of what is equal, the first in is the first out; it never shows, as keys differ.
    heap: list[tuple[tuple[int, ...] | Key, int, _Set]] = []
    sets = [_Set((), question.banned)]
    while True:
        for each in sets:
            bound = view.look(each)
            if bound != NEVER:
                order += 1
                heappush(heap, ((bound,), order, each))
        while heap and heap[0][2].path is None:
            _, _, each = heappop(heap)
            if each.search is None:
                view.look_further()
                bound = view.look(each)
                key: tuple[int, ...] | Key = (bound,)
                if bound == NEVER:
                    continue
            else:
                key = view.best(each)
            order += 1
            heappush(heap, (key, order, each))
        if not heap:
            return
        key, _, best = heappop(heap)
        assert best.path is not None
        view.begin(key[0])
        yield key, best.path  # type: ignore[misc]  # Of a set that has its path the key is whole.
        sets = _parted(best, best.path)


class _View:
    """What is searched of a plan: up to a horizon, which moves on."""

    def __init__(self, index: PlanIndex, busy: Busy, question: Question) -> None:
        self._index = index
        self._busy = busy
        self._question = question
        self._first: int | None = None  # The earliest arrival of all.
        self._ahead = 0
        self._horizon = NEVER
        self._until: dict[int, int] | None = None
        self._remaining = index.remaining_hops(question.destination, question.now)

    def begin(self, arrival: int) -> None:
        """Take a horizon for what follows, the first time a route is found."""
        if self._first is None:
            self._first = arrival
            self._ahead = max((arrival - self._question.now) // 4, self._index.pace // 8)
            self._take(arrival + self._ahead)

    def look_further(self) -> None:
        """Move the horizon on."""
        assert self._first is not None, "nothing is out of sight without a horizon"
        self._ahead *= 4
        self._take(self._first + self._ahead if self._ahead < 100 * YEAR else NEVER)

    def look(self, each: _Set) -> int:
        """Return a bound of the arrivals of a set, `NEVER` when it is empty."""
        question = self._question
        node, ready, ceiling = question.source, question.now, NEVER
        passed: list[int] = []
        if each.prefix:
            timings = follow(each.prefix, ready, question.size, self._busy)
            assert timings is not None, "what a route begins with carries the bundle"
            passed = [span.contact.from_node for span in each.prefix]
            node, ready = each.prefix[-1].to_node, timings[-1][2]
            ceiling = min(span.end for span in each.prefix)
        search = Search(
            self._index,
            self._busy,
            node,
            question.destination,
            ready,
            question.size,
            frozenset() if passed else question.exclude,
            question.banned | each.without,
            question.avoid.union(passed),
            ceiling=ceiling,
            entered=bool(passed),
            until=self._until,
            horizon=self._horizon,
            remaining=self._remaining,
        )
        arrival = search.earliest()[0]
        if arrival != NEVER:
            each.search = search
        elif self._horizon != NEVER:
            return self._horizon + 1
        return arrival

    def best(self, each: _Set) -> Key:
        """Find the best route of a set that has one in sight; return its key."""
        assert each.search is not None
        rest = each.search.best()
        assert rest is not None, "the earliest arrival belongs to a route"
        each.search = None  # It is not needed any more, and large.
        each.path = (*each.prefix, *rest)
        timings = follow(each.path, self._question.now, self._question.size, self._busy)
        assert timings is not None, "the search found contacts that can't carry the bundle"
        return key_of(each.path, timings[-1][2])

    def _take(self, horizon: int) -> None:
        self._horizon, self._until = horizon, None
        if horizon != NEVER:
            asked = self._question
            search = Search(
                self._index,
                self._busy,
                asked.source,
                asked.destination,
                asked.now,
                asked.size,
                asked.exclude,
                asked.banned,
                asked.avoid,
            )
            search.settle(horizon)
            self._until = search.deadlines(horizon)


def _parted(taken: _Set, path: tuple[Span, ...]) -> list[_Set]:
    """Return the sets that the routes beside the best one of a set fall apart into."""
    depth = len(taken.prefix)
    return [
        _Set(path[:hops], (taken.without if hops == depth else frozenset()) | {path[hops].id})
        for hops in range(depth, len(path))
    ]
