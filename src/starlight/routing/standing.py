"""Why a route is still the best while it, and everything else, gets slower.

A node routes a bundle, books it, and routes the next to the same destination. Each booking delays
the next bundle a little, mostly by what the one bottleneck of all routes takes, so the same
contacts stay the best, and a search for them is in vain. Two facts, found once up to a horizon,
make that certain without one:

* the route is the best by hops, termination, entry node and ids of all that arrive by the horizon.
  Later questions, bookings and larger bundles only take routes out of these; so as long as it
  arrives by the horizon and *no other arrives earlier*, it is the best;
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

from starlight.routing.candidates import Question
from starlight.routing.index import PlanIndex
from starlight.routing.lanes import Busy, Span
from starlight.routing.search import Search, follow

MAX_STEPS = 64
"""Contacts looked at in one proof; a search looks at some hundreds."""

MAX_TRIES = 3
"""Horizons tried: each route that is better by the keys after the arrival cuts it short."""


class Standing:
    """A route that is the best, and why it will be.

    Attributes:
        horizon: it is the best by the keys after the arrival up to this arrival, in ns.
        now, size: it holds from this time on, in ns, and for this size in bytes and larger ones.
    """

    __slots__ = ("_index", "_into", "_question", "_reached", "_until", "horizon", "now", "size")

    def __init__(
        self,
        index: PlanIndex,
        question: Question,
        horizon: int,
        reached: dict[int, int],
        until: dict[int, int],
    ) -> None:
        self._index = index
        self._question = question
        self._reached = reached
        self._until = until
        self._into: dict[int, list[tuple[int, int, Span]]] = {}
        self.horizon = horizon
        self.now = question.now
        self.size = question.size

    def proves(
        self, path: tuple[Span, ...], timings: list[tuple[int, int, int]], now: int, size: int, busy: Busy
    ) -> bool:
        """Whether it is certain that the route is the best now.

        Args:
            path, timings: of the route, by `follow`.
            now: when the bundle is at the source, in ns.
            size: in bytes.
            busy: what is booked.
        """
        arrival = timings[-1][2]
        if arrival > self.horizon or now < self.now or size < self.size:
            return False
        ready = {span.to_node: timing[2] for span, timing in zip(path, timings, strict=True)}
        return _Proof(self, ready, now, size, busy).not_before(self._question.destination, arrival)

    def into(self, node: int, busy: Busy) -> list[tuple[int, int, Span]]:
        """Return the contacts that bring anything to a node in time, by the earliest time of each."""
        found = self._into.get(node)
        if found is None:
            found = self._into[node] = []
            asked, reached, until = self._question, self._reached, self._until[node]
            for lane in self._index.reaching.get(node, ()):
                ready = reached.get(lane.from_node)
                if ready is None or (lane.from_node == asked.source and node in asked.exclude):
                    continue
                if self._only_from(lane.from_node, node):
                    continue
                for span in lane.alive(ready, until):
                    timing = span.timing(ready, self.size, busy)
                    if timing is not None and timing[2] <= until and span.id not in asked.banned:
                        found.append((timing[2], span.id, span))
            found.sort()
        return found

    def _only_from(self, node: int, other: int) -> bool:
        """Whether all that comes to a node in time has been at another, where it does not go again."""
        if node == self._question.source:
            return False
        reached = self._reached
        lanes = self._index.reaching.get(node, ())
        return all(lane.from_node == other or lane.from_node not in reached for lane in lanes)

    def reached(self, node: int) -> int:
        """Return a time before which nothing is at a node, in ns."""
        return self._reached[node]


class _Proof:
    """One attempt.

    Args:
        standing: what is known.
        own: when the route itself is at its nodes, in ns: more can't be shown of them.
        now, size, busy: of the question.
    """

    __slots__ = ("_busy", "_known", "_left", "_own", "_size", "_standing", "_under_way")

    def __init__(self, standing: Standing, own: dict[int, int], now: int, size: int, busy: Busy) -> None:
        self._standing = standing
        self._own = own
        self._size = size
        self._busy = busy
        self._known = {standing._question.source: now}
        self._left = MAX_STEPS
        self._under_way: set[int] = {standing._question.source}

    def not_before(self, node: int, time: int) -> bool:
        """Whether it is certain that nothing is at a node before a time, in ns."""
        standing, size, busy, known = self._standing, self._size, self._busy, self._known
        source = standing._question.source
        self._under_way.add(node)
        for earliest, _, span in standing.into(node, busy):
            if earliest >= time:
                break
            peer = span.from_node
            ready = known.get(peer)
            if ready is None:
                ready = standing.reached(peer)
            while True:
                self._left -= 1
                timing = span.timing(ready, size, busy)
                if timing is None or timing[2] >= time:
                    break
                if peer in self._under_way:
                    if peer == source:
                        return False
                    break  # What has come by that node is no earlier than what is shown of it.
                own = self._own.get(peer)
                target = timing[0] + time - timing[2]
                if own is not None and own < target:
                    target = own
                if self._left < 0 or target <= ready or not self.not_before(peer, target):
                    return False
                known[peer] = ready = target
        self._under_way.discard(node)
        return True


def stand(
    index: PlanIndex, busy: Busy, question: Question, path: tuple[Span, ...], horizon: int
) -> Standing | None:
    """Return why a route stays the best, or None when that does not hold for any time.

    Args:
        index: the plan.
        busy: what is booked.
        question: what the route is the best answer to.
        path: its contacts.
        horizon: an arrival in ns up to which it is of interest; a nearer one is taken where
            another route is the best by the keys after the arrival.
    """
    timings = follow(path, question.now, question.size, busy)
    if timings is None:
        return None
    for _ in range(MAX_TRIES):
        search = Search(
            index,
            busy,
            question.source,
            question.destination,
            question.now,
            question.size,
            question.exclude,
            question.banned,
            question.avoid,
        )
        search.settle(horizon)
        until = search.deadlines(horizon)
        best = search.best_by(horizon, len(path), until)
        if best is None:
            return None
        if best == path:
            reached = search.reached(until)
            return Standing(index, question, horizon, reached, until)
        others = follow(best, question.now, question.size, busy)
        if others is None or others[-1][2] <= timings[-1][2]:
            return None
        horizon = others[-1][2] - 1
    return None
