"""The K best loopless routes, one after another, exactly in the order of the four keys.

Yen's partition (J. Y. Yen, Finding the K shortest loopless paths in a network, 1971) as E. L. Lawler
improved it (1972): when the best route of a set is taken out, the others of the set fall apart
into one set for each of its hops, those that share the hops before and not this one. The best of
each set is found by the search that also finds the best of all, from the node where they part
and without the nodes before it. What a set begins with is kept in the keys: it may be the first
contact to end, and it has settled the entry node.

Nothing is searched before it is asked for, and of a set only the earliest arrival until its turn
comes; so one candidate costs what the best route costs.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

import msgspec

from starlight.routing.lanes import NEVER, Busy, PlanIndex, Span
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


class _Set(msgspec.Struct, gc=False):
    """Routes that share their first hops: a number of them to begin with, and contacts not to go on by."""

    prefix: tuple[Span, ...]
    without: frozenset[int]
    path: tuple[Span, ...] | None = None  # The best of them, once searched.


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
    order = 0  # Of what is equal, the first in is the first out; it never shows, as keys differ.
    heap: list[tuple[tuple[object, ...], int, _Set]] = []
    sets = [_Set((), question.banned)]
    while True:
        for each in sets:
            arrival = _search(index, busy, question, each).earliest()[0]
            if arrival != NEVER:
                order += 1
                heappush(heap, ((arrival,), order, each))
        if not heap:
            return
        while heap[0][2].path is None:
            _, _, each = heappop(heap)
            rest = _search(index, busy, question, each).best()
            assert rest is not None, "the earliest arrival belongs to a route"
            each.path = (*each.prefix, *rest)
            timings = follow(each.path, question.now, question.size, busy)
            assert timings is not None, "the search found contacts that can't carry the bundle"
            order += 1
            heappush(heap, (key_of(each.path, timings[-1][2]), order, each))
        key, _, best = heappop(heap)
        assert best.path is not None
        yield key, best.path  # type: ignore[misc]  # Of a set that was searched the key is whole.
        sets = _parted(best, best.path)


def _parted(taken: _Set, path: tuple[Span, ...]) -> list[_Set]:
    """Return the sets that the routes beside the best one of a set fall apart into."""
    depth = len(taken.prefix)
    return [
        _Set(path[:hops], (taken.without if hops == depth else frozenset()) | {path[hops].id})
        for hops in range(depth, len(path))
    ]


def _search(index: PlanIndex, busy: Busy, question: Question, each: _Set) -> Search:
    node, ready, ceiling = question.source, question.now, NEVER
    passed: list[int] = []
    if each.prefix:
        timings = follow(each.prefix, ready, question.size, busy)
        assert timings is not None, "what a route begins with carries the bundle"
        passed = [span.contact.from_node for span in each.prefix]
        node, ready = each.prefix[-1].contact.to_node, timings[-1][2]
        ceiling = min(span.end for span in each.prefix)
    return Search(
        index,
        busy,
        node,
        question.destination,
        ready,
        question.size,
        frozenset() if passed else question.exclude,
        question.banned | each.without,
        question.avoid.union(passed),
        ceiling=ceiling,
        entered=bool(passed),
    )
