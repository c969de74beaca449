"""The deadlines of a node: one heap, ties in the order of setting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import heapify, heappop, heappush
from typing import Any

from starlight.node.bundle_state import BundleState
from starlight.node.stored import Stored


class Deadlines:
    """Calls that are due at times."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Callable[[Any, int], None], Any]] = []
        self._count = 0

    def at(self, time: int, call: Callable[[Any, int], None], argument: object) -> None:
        """Call ``call(argument, now)`` when the time has come."""
        self._count += 1  # of equal times the first set is the first due, in every run
        heappush(self._heap, (time, self._count, call, argument))

    def next(self) -> int | None:
        """Return when the next call is due."""
        return self._heap[0][0] if self._heap else None

    def is_due(self, now: int) -> bool:
        """Tell whether a call is due."""
        heap = self._heap
        return bool(heap) and heap[0][0] <= now

    def run(self, now: int) -> None:
        """Make every call that is due, in order of time."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            _, _, call, argument = heappop(heap)
            call(argument, now)


class Expiries:
    """The ends of lifetimes.

    Most bundles are forgotten long before theirs, so entries of forgotten bundles are swept out
    when they outnumber the others; that keeps the heap in proportion to what is stored.

    Attributes:
        held: none ends for now, as the clock may have jumped past it.
    """

    def __init__(self) -> None:
        self.held = False
        self._heap: list[tuple[int, int, Stored]] = []
        self._count = 0

    def add(self, stored: Stored) -> None:
        """Watch a bundle."""
        self._count += 1
        heappush(self._heap, (stored.meta.expires, self._count, stored))

    def rebuild(self, stored: Iterable[Stored]) -> None:
        """Watch these anew, whose lifetimes end at other times than before."""
        self._heap.clear()
        for each in stored:
            self.add(each)

    def sweep(self, stored_count: int) -> None:
        """Drop the entries of forgotten bundles when they are the majority."""
        # The thousand is for small stores: with few bundles a sweep would else follow each that is forgotten.
        if len(self._heap) > 2 * stored_count + 1_024:
            self._heap = [entry for entry in self._heap if entry[2].state is not BundleState.GONE]
            heapify(self._heap)

    def next(self) -> int | None:
        """Return when the next lifetime ends."""
        heap = self._heap
        # Only at the head: to find an entry further in would take a look through all, for each bundle.
        while heap and heap[0][2].state is BundleState.GONE:
            heappop(heap)
        return heap[0][0] if heap and not self.held else None

    def is_due(self, now: int) -> bool:
        """Tell whether a lifetime may have ended."""
        heap = self._heap
        return bool(heap) and heap[0][0] <= now and not self.held

    def due(self, now: int) -> Iterator[Stored]:
        """Yield the bundles whose lifetime has ended, each no longer watched from then on."""
        while self._heap and self._heap[0][0] <= now:
            stored = heappop(self._heap)[2]
            if stored.state is not BundleState.GONE:
                yield stored
