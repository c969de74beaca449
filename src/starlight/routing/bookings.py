"""What is booked on a contact: the time that earlier transmissions take from later ones.

The model. A booking takes the half-open interval ``[leaves, last_byte)`` of its contact. Busy
time is the union of the bookings. A transmission is never split: it starts at the first instant,
not before it is ready, from which the whole of it finds free time. So bookings made in order are
sent first in, first out, and a gap in front of a bundle that is still on its way to the contact
stays usable for what fits into it. A transmission that takes no time (no bytes, or an unlimited
rate) books nothing, but waits like any other while the contact is busy.

The first instant is a non-decreasing function of the time of readiness, and only grows with
further bookings and with the size; the search and the cache of the router rest on that.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from starlight.contacts.contact import Contact


class Bookings:
    """The booked time of one contact, in ns.

    The union is kept merged (a queue sent back to back is a single block), and the bookings
    themselves are counted, so that giving one back is the exact inverse of taking it, even if
    bookings overlap because a caller booked a route that was found before other bookings.
    """

    __slots__ = ("_booked", "_booked_ns", "_ends", "_held", "_starts")

    def __init__(self) -> None:
        self._held: dict[tuple[int, int], int] = {}
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._booked = 0  # ns of the union
        self._booked_ns = 0  # ns of all bookings; more than the union when some overlap

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

    def add(self, leaves: int, last_byte: int) -> None:
        """Book an interval; one of no length takes nothing."""
        if last_byte <= leaves:
            return
        interval = (leaves, last_byte)
        self._held[interval] = self._held.get(interval, 0) + 1
        self._booked_ns += last_byte - leaves
        self._merge(leaves, last_byte)

    def remove(self, leaves: int, last_byte: int) -> bool:
        """Give an interval back; return whether it was booked."""
        interval = (leaves, last_byte)
        count = self._held.get(interval, 0)
        if not count:
            return False
        overlapping = self._booked_ns != self._booked
        self._booked_ns -= last_byte - leaves
        if count > 1:
            self._held[interval] = count - 1
            return True  # The union still holds it.
        del self._held[interval]
        if overlapping:
            self._rebuild()
        else:
            self._carve(leaves, last_byte)
        return True

    def _merge(self, start: int, end: int) -> None:
        starts, ends = self._starts, self._ends
        if not ends or start > ends[-1]:  # Mostly a queue grows at its end.
            starts.append(start)
            ends.append(end)
            self._booked += end - start
            return
        first, after = bisect_left(ends, start), bisect_right(starts, end)
        if first < after:
            self._booked -= sum(ends[i] - starts[i] for i in range(first, after))
            start, end = min(start, starts[first]), max(end, ends[after - 1])
        starts[first:after] = [start]
        ends[first:after] = [end]
        self._booked += end - start

    def _carve(self, start: int, end: int) -> None:
        starts, ends = self._starts, self._ends
        self._booked -= end - start
        if start == starts[0] and end < ends[0]:  # Mostly a queue shrinks at its head.
            starts[0] = end
            return
        block = bisect_right(starts, start) - 1
        begin, finish = starts[block], ends[block]
        pieces = [piece for piece in ((begin, start), (end, finish)) if piece[0] < piece[1]]
        starts[block : block + 1] = [piece[0] for piece in pieces]
        ends[block : block + 1] = [piece[1] for piece in pieces]

    def _rebuild(self) -> None:
        self._starts, self._ends, self._booked = [], [], 0
        for start, end in sorted(self._held):
            self._merge(start, end)
