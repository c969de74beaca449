"""What is booked on a contact: the time that earlier transmissions take from later ones.

The model. A booking takes the half-open interval ``[leaves, last_byte)`` of its contact. Where it
meets another (an urgent bundle goes before one that had that time), both keep what they need: the
time that is taken twice is taken once more from the next free time on. So busy time is that of a
link which works off whatever is there, and it does not depend on the order of the bookings. A
transmission is never split: it starts at the first instant, not before it is ready, from which
the whole of it finds free time. So bookings made in order are sent first in, first out, and a gap
in front of a bundle that is still on its way to the contact stays usable for what fits into it. A
transmission that takes no time (no bytes, or an unlimited rate) books nothing, but waits like any
other while the contact is busy.

The first instant is a non-decreasing function of the time of readiness, and only grows with
further bookings and with the size; the search and the cache of the router rest on that.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from starlight.contacts.contact import Contact


class Bookings:
    """The booked time of one contact, in ns.

    Busy time is kept merged (a queue sent back to back is a single block), and the bookings
    themselves are counted, so that giving one back is the exact inverse of taking it.
    """

    __slots__ = ("_ends", "_held", "_pushed", "_starts")

    def __init__(self) -> None:
        self._held: dict[tuple[int, int], int] = {}
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._pushed = False  # Some bookings met others.

    @property
    def empty(self) -> bool:
        """Whether nothing is booked."""
        return not self._held

    def busy(self) -> list[tuple[int, int]]:
        """Return the busy blocks ``(from, to)``, ascending, apart from each other."""
        return list(zip(self._starts, self._ends, strict=True))

    def first_fit(self, contact: Contact, ready: int, size: int) -> tuple[int, int] | None:
        """Return ``(leaves, last_byte)`` of the first transmission that finds free time, or None.

        Args:
            contact: the one that these bookings are on.
            ready: when the transmission may start, in ns; not before the contact does.
            size: in bytes.
        """
        starts, ends = self._starts, self._ends
        leaves = ready
        for block in range(bisect_right(ends, leaves), len(ends)):
            start = starts[block]
            if leaves < start:
                last_byte = contact.last_byte(leaves, size)
                if last_byte is None:
                    return None  # What does not end in time from here does not from any later instant.
                if last_byte <= start:
                    return leaves, last_byte
            leaves = ends[block]
        last_byte = contact.last_byte(leaves, size)
        return None if last_byte is None else (leaves, last_byte)

    def free(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return the free intervals between two times, ascending."""
        found = []
        for block in range(bisect_right(self._ends, start), len(self._ends)):
            if self._starts[block] >= end:
                break
            if self._starts[block] > start:
                found.append((start, self._starts[block]))
            start = self._ends[block]
        if start < end:
            found.append((start, end))
        return found

    def add(self, leaves: int, last_byte: int) -> None:
        """Book an interval; one of no length takes nothing."""
        if last_byte <= leaves:
            return
        interval = (leaves, last_byte)
        self._held[interval] = self._held.get(interval, 0) + 1
        self._take(leaves, last_byte)

    def remove(self, leaves: int, last_byte: int) -> int | None:
        """Give an interval back; return until when time may have become free, None when it was not booked."""
        interval = (leaves, last_byte)
        count = self._held.get(interval, 0)
        if not count:
            return None
        if count > 1:
            self._held[interval] = count - 1
        else:
            del self._held[interval]
        if not self._pushed:
            self._carve(leaves, last_byte)
            return last_byte
        until = self._ends[-1]
        self._starts, self._ends, self._pushed = [], [], False
        for start, end in sorted(self._held):
            for _ in range(self._held[start, end]):
                self._take(start, end)
        return until

    def _take(self, leaves: int, last_byte: int) -> None:
        starts, ends = self._starts, self._ends
        if not ends or leaves > ends[-1]:  # Mostly a queue grows at its end.
            starts.append(leaves)
            ends.append(last_byte)
            return
        block = bisect_right(ends, leaves)
        if block == len(ends) or starts[block] >= last_byte:
            self._merge(leaves, last_byte)
            return
        self._pushed = True
        left = last_byte - leaves
        for begin, finish in self.free(leaves, max(ends[-1], last_byte)):
            taken = min(left, finish - begin)
            self._merge(begin, begin + taken)
            left -= taken
            if not left:
                return
        self._merge(self._ends[-1], self._ends[-1] + left)

    def _merge(self, start: int, end: int) -> None:
        starts, ends = self._starts, self._ends
        first, after = bisect_left(ends, start), bisect_right(starts, end)
        if first < after:
            start, end = min(start, starts[first]), max(end, ends[after - 1])
        starts[first:after] = [start]
        ends[first:after] = [end]

    def _carve(self, start: int, end: int) -> None:
        starts, ends = self._starts, self._ends
        if start == starts[0] and end < ends[0]:  # Mostly a queue shrinks at its head.
            starts[0] = end
            return
        block = bisect_right(starts, start) - 1
        begin, finish = starts[block], ends[block]
        pieces = [piece for piece in ((begin, start), (end, finish)) if piece[0] < piece[1]]
        starts[block : block + 1] = [piece[0] for piece in pieces]
        ends[block : block + 1] = [piece[1] for piece in pieces]
