"""The bookings on a contact: the time that earlier transmissions take from later ones.

The model. A booking takes the half-open interval ``[leaves, last_byte)`` of its contact. Where it
meets another (an urgent bundle goes before one that had that time), both keep what they need: the
time that is taken twice is taken once more from the next free time on. So busy time is that of a
link which works off whatever is there, and it does not depend on the order of the bookings. A
transmission is never split: it starts at the first instant, not before it is ready, from which
the whole of it finds free time. So bookings made in order are sent first in, first out, and a gap
in front of a bundle that is still on its way to the contact stays usable for what fits into it. A
transmission that takes no time (no bytes, or an unlimited rate) books nothing, but waits like any
other while the contact is busy.

What keeps its need keeps *time*, not bytes: where a contact changes its rate, what is pushed behind the
change may need more or less than is kept for it. Bytes would have to be timed anew in each free piece,
rounded up to ns each time; then busy time would depend on the order of the bookings, and giving one
back would not be the inverse of taking it. With one rate, as most contacts have, both are the same, and
a node times a bundle by the rates whenever it leaves.

What is on the air is no booking any more: nobody goes before it, and nothing is free before it ends.
What is booked before that end was overtaken and is still to come, so its time is taken from that end
on. So whoever tells when each transmission begins finds here at any time what the link has yet to
do, however often what was booked has been overtaken.

The first instant is a non-decreasing function of the time of readiness, and only grows with
further bookings and with the size; the search and the answers that are kept rest on that.
"""

from __future__ import annotations

from bisect import bisect_right

from starlight.contacts import Contact
from starlight.routing.busy_blocks import BusyBlocks

NEVER_YET = -(2**200)
"""Earlier than every time."""


class ContactBookings:
    """The booked time of one contact, in ns.

    Busy time is kept merged (a queue sent back to back is a single block), and the bookings
    themselves are counted, so that giving one back is the exact inverse of taking it.
    """

    __slots__ = ("_blocks", "_covered", "_floor", "_held", "_pushed", "_stale", "_work")

    def __init__(self) -> None:
        self._held: dict[tuple[int, int], int] = {}
        self._blocks = BusyBlocks([], [])
        self._floor = NEVER_YET  # Nothing is free before.
        self._work = 0  # The ns of all bookings together ...
        self._covered = 0  # ... and of all blocks: the same, unless what was booked could not be sent.
        self._pushed = False  # Some bookings met others, so that blocks don't begin and end with them.
        self._stale = False  # The blocks are to be made anew before they are looked at.

    @property
    def empty(self) -> bool:
        """Return whether nothing is booked, and nothing known to be on the air."""
        return not self._held and self._floor == NEVER_YET

    @property
    def end(self) -> int:
        """Return until when the contact is busy, in ns; `NEVER_YET` where it never was."""
        self._refresh()
        ends = self._blocks.ends
        return ends[-1] if ends else self._floor

    def copy(self) -> ContactBookings:
        """Return the same bookings, to be changed apart from these."""
        other = ContactBookings()
        other._held, other._blocks = self._held.copy(), self._blocks.copy()
        other._floor, other._work, other._covered = self._floor, self._work, self._covered
        other._pushed, other._stale = self._pushed, self._stale
        return other

    def turns(self, above: ContactBookings) -> dict[tuple[int, int], int]:
        """Return when each transmission leaves that is booked here, but not above, by its booked interval.

        Those that are overtaken keep their places behind each other, and leave at the first instant,
        not before the booked one, from which the whole of them finds free time.

        Args:
            above: of what is more urgent, and among these bookings too.
        """
        ahead = above.copy()
        found: dict[tuple[int, int], int] = {}
        for (leaves, last_byte), count in sorted(self._held.items()):
            for _ in range(count - above._held.get((leaves, last_byte), 0)):
                lasts = last_byte - leaves
                ready = max(leaves, self._floor)
                gaps = ahead.free(ready, max(ahead.end, ready) + lasts)
                turn = next(begin for begin, end in gaps if end - begin >= lasts)
                found.setdefault((leaves, last_byte), turn)
                ahead.add(turn, turn + lasts)
        return found

    def busy(self) -> list[tuple[int, int]]:
        """Return the busy blocks ``(from, to)``, ascending, apart from each other."""
        self._refresh()
        return list(zip(self._blocks.starts, self._blocks.ends, strict=True))

    def first_fit(self, contact: Contact, ready: int, size: int) -> tuple[int, int] | None:
        """Return ``(leaves, last_byte)`` of the first transmission that finds free time, or None.

        Args:
            contact: the one that these bookings are on.
            ready: when the transmission may start, in ns; not before the contact does.
            size: in bytes.
        """
        if self._stale:
            self._refresh()
        blocks = self._blocks
        starts, ends = blocks.starts, blocks.ends
        leaves = ready if ready > self._floor else self._floor
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
        self._refresh()
        return self._blocks.gaps(max(start, self._floor), end)

    def add(self, leaves: int, last_byte: int) -> None:
        """Book an interval; one of no length takes nothing."""
        if last_byte <= leaves:
            return
        self._refresh()
        interval = (leaves, last_byte)
        self._held[interval] = self._held.get(interval, 0) + 1
        self._work += last_byte - leaves
        self._take(leaves, last_byte)

    def remove(self, leaves: int, last_byte: int) -> int | None:
        """Give an interval back; return until when time may have become free, None when it was not booked."""
        if not self._let_go(leaves, last_byte):
            return None
        if not self._pushed and not self._stale and leaves >= self._floor:
            self._blocks.carve(leaves, last_byte)
            self._covered -= last_byte - leaves
            return last_byte
        self._stale = True
        ends = self._blocks.ends
        return ends[-1] if ends else last_byte

    def depart(self, leaves: int, last_byte: int, until: int) -> int | None:
        """Let the transmission begin for which an interval was booked; it takes the link until a time.

        Returns:
            Until when time may have become free, in ns, None when none has.
        """
        self._let_go(leaves, last_byte)
        return self.occupy(until)

    def occupy(self, until: int) -> int | None:
        """Leave nothing free before a time, in ns; what is booked and has not departed comes after it.

        Returns:
            Until when time may have become free, in ns, None when none has.
        """
        before, self._floor = self._floor, until
        ends = self._blocks.ends
        if self._stale or not ends:
            return before if until < before else None
        latest = max(before, ends[-1])
        self._covered -= self._blocks.cut_before(until)
        # What was booked before and has not departed was cut off with the rest: it is to come after.
        self._stale = self._covered != self._work or until < before
        return latest if self._stale else None

    def _let_go(self, leaves: int, last_byte: int) -> bool:
        interval = (leaves, last_byte)
        count = self._held.get(interval, 0)
        if not count:
            return False
        if count > 1:
            self._held[interval] = count - 1
        else:
            del self._held[interval]
        self._work -= last_byte - leaves
        return True

    def _refresh(self) -> None:
        """Make the blocks anew if that is due; in order, a booking begins a block or lengthens the last.

        That is left until the blocks are looked at: a queue that is booked anew gives back thousands of
        bookings at once, and each would make them.
        """
        if not self._stale:
            return
        starts: list[int] = []
        ends: list[int] = []
        pushed = False
        reached = self._floor
        held = self._held
        for interval in sorted(held):
            leaves, last_byte = interval
            count = held[interval]
            lasts = last_byte - leaves if count == 1 else (last_byte - leaves) * count
            if leaves < reached or count > 1:
                pushed = True
            if not ends or leaves > reached:
                leaves = max(leaves, reached)
                starts.append(leaves)
                reached = leaves + lasts
                ends.append(reached)
            else:
                reached += lasts
                ends[-1] = reached
        self._blocks, self._covered = BusyBlocks(starts, ends), self._work
        self._pushed, self._stale = pushed, False

    def _take(self, leaves: int, last_byte: int) -> None:
        self._covered += last_byte - leaves
        if leaves < self._floor:
            self._pushed = True
            leaves, last_byte = self._floor, self._floor + last_byte - leaves
        if not self._blocks.take(leaves, last_byte):
            self._pushed = True
