"""The busy time of a link as blocks: intervals that ascend and stand apart from each other.

A queue that is sent back to back is one block however long it is, so what is asked of the blocks costs
little where thousands of bundles are booked. Starts and ends lie in two lists, because bisection over a
plain list of integers is several times faster than over pairs.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right


class BusyBlocks:
    """Half-open intervals ``[start, end)`` of time, in ns.

    Attributes:
        starts, ends: of each block, ascending; changed here alone, but read in place, as copies take time.
    """

    __slots__ = ("ends", "starts")

    def __init__(self, starts: list[int], ends: list[int]) -> None:
        self.starts = starts
        self.ends = ends

    def copy(self) -> BusyBlocks:
        """Return the same blocks, to be changed apart from these."""
        return BusyBlocks(self.starts.copy(), self.ends.copy())

    def gaps(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return the free intervals between two times, ascending."""
        found = []
        for block in range(bisect_right(self.ends, start), len(self.ends)):
            if self.starts[block] >= end:
                break
            if self.starts[block] > start:
                found.append((start, self.starts[block]))
            start = self.ends[block]
        if start < end:
            found.append((start, end))
        return found

    def take(self, start: int, end: int) -> bool:
        """Take an interval; where it is taken already, as much of the next free time instead.

        Returns:
            Whether the interval was free, so that exactly it was taken.
        """
        starts, ends = self.starts, self.ends
        if not ends or start > ends[-1]:  # Mostly a queue grows at its end.
            starts.append(start)
            ends.append(end)
            return True
        block = bisect_right(ends, start)
        if block == len(ends) or starts[block] >= end:
            self._merge(start, end)
            return True
        # It meets what is taken. Both keep their need: the length is taken from the gaps that follow.
        left = end - start
        for begin, finish in self.gaps(start, max(ends[-1], end)):
            taken = min(left, finish - begin)
            self._merge(begin, begin + taken)
            left -= taken
            if not left:
                return False
        self._merge(ends[-1], ends[-1] + left)
        return False

    def carve(self, start: int, end: int) -> None:
        """Free an interval that lies in one block."""
        starts, ends = self.starts, self.ends
        if start == starts[0] and end < ends[0]:  # Mostly a queue shrinks at its head.
            starts[0] = end
            return
        block = bisect_right(starts, start) - 1
        begin, finish = starts[block], ends[block]
        # A part of a block may remain before and after; of a whole block nothing does.
        left = [each for each in ((begin, start), (end, finish)) if each[0] < each[1]]
        starts[block : block + 1] = [each[0] for each in left]
        ends[block : block + 1] = [each[1] for each in left]

    def cut_before(self, time: int) -> int:
        """Drop what is before a time; return how much that was, in ns."""
        starts, ends = self.starts, self.ends
        dropped = 0
        if ends and ends[0] <= time:
            over = bisect_right(ends, time)
            dropped = sum(ends[:over]) - sum(starts[:over])
            del starts[:over], ends[:over]
        if starts and starts[0] < time:
            dropped += time - starts[0]
            starts[0] = time
        return dropped

    def _merge(self, start: int, end: int) -> None:
        starts, ends = self.starts, self.ends
        first, after = bisect_left(ends, start), bisect_right(starts, end)
        if first < after:
            start, end = min(start, starts[first]), max(end, ends[after - 1])
        starts[first:after] = [start]
        ends[first:after] = [end]
