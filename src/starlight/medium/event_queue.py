"""Mission time, and what is to happen in it.

Theory of operation. A discrete-event simulation: calls wait on one heap, and time jumps from one to the next.
What is to happen at the same instant happens in the order in which it was asked for, never in that of
memory addresses or hashes; without this rule a seed would not give the same world twice.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

PROGRESS_EVERY = 512  # calls between two of a progress callback, which may draw on a terminal


class EventQueue:
    """Calls by time.

    Args:
        start: when time begins, in ns.

    Attributes:
        now: mission time in ns.
    """

    def __init__(self, start: int) -> None:
        self.now = start
        self._handled = 0
        self._heap: list[tuple[int, int, Callable[[Any], None], Any]] = []
        self._order = 0

    def at(self, time: int, call: Callable[[Any], None], argument: object) -> None:
        """Make a call at a time; what was asked for earlier comes before it at the same instant."""
        self._order += 1  # it also keeps the heap from ever comparing two calls
        heappush(self._heap, (time, self._order, call, argument))

    def run(self, until: int, progress: Callable[[int], object] | None = None) -> None:
        """Let time pass.

        Args:
            until: in ns; what is due at that instant still happens.
            progress: is told the time now and then.
        """
        heap = self._heap
        while heap and heap[0][0] <= until:
            time, _, call, argument = heappop(heap)
            self.now = time
            call(argument)
            self._handled += 1
            if progress is not None and self._handled % PROGRESS_EVERY == 0:
                progress(time)
        self.now = max(self.now, until)

    def clear(self) -> None:
        """Forget all that was to come."""
        self._heap.clear()
