"""Strangers: whoever is no peer of this node, however many of them there are."""

from __future__ import annotations

from collections.abc import Callable

from starlight.trace import TraceEvent


class Strangers:
    """Counts what strangers do of one kind, and tells of the first, second, fourth, eighth and so on.

    Nothing is kept of any of them, and the trace grows by a few dozen lines at most: names and addresses cost
    their sender nothing, so that every table and every file of them could be filled.

    Args:
        say: takes what is to be traced.

    Attributes:
        count: how often it happened.
    """

    def __init__(self, say: Callable[[TraceEvent], None]) -> None:
        self.count = 0
        self._say = say

    def add(self, told: Callable[[int], TraceEvent]) -> None:
        """Count another; `told` makes what is traced of the n-th."""
        self.count += 1
        if self.count & (self.count - 1) == 0:
            self._say(told(self.count))
