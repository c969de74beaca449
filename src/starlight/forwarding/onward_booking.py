"""The bookings further along of bundles that were overtaken here: made anew when the first of them leaves.

Theory of operation. Who is overtaken keeps its place in the queue of a contact and leaves later; what is
booked for it on the contacts after that tells of the time before. To book all of a queue anew for each
that overtakes would cost as much as they are. So it is left until one of them leaves, late, and finds the
next contact taken. It may be taken by those behind it, who come to the next node after it. So they are
booked anew with it for when their turns come, and as each of them leaves then, it finds its own time free:
until others overtake them, that is done once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from starlight.node.stored import Stored
from starlight.routing import Hop, Route, Router, Turns


class Behind(NamedTuple):
    """A bundle that leaves after one that is late, and goes further than to the next node."""

    stored: Stored
    booked: Route
    first: Hop
    """The first hop as it will be."""

    @property
    def rest(self) -> Route:
        """Return the route after the first hop, as it is booked."""
        return replace(self.booked, hops=self.booked.hops[1:])


def rebooked(
    router: Router, late: Route, reaches: int, overtaken: Callable[[], Sequence[Stored]]
) -> Route | None:
    """Book anew what is left of a route whose first hop was late; return it, or None where that can't be.

    Args:
        router: the node's.
        late: what is booked of it is the first hop at most.
        reaches: when its bundle is at the end of that, in ns.
        overtaken: returns the bundles of its priority that leave over the same contact after it, if any was
            overtaken since it was asked last.
    """
    bookings = router.bookings
    found = router.onward(late, reaches)
    moving: list[Behind] = []
    # Most find the next contact free, and need not look at a whole queue. Who misses it looks for another
    # when it is there.
    if found is not None and any(hop.leaves > hop.waits_until for hop in found.hops):
        moving = _behind(Turns(bookings), overtaken())
        for each in moving:
            bookings.release(each.rest)
        found = router.onward(late, reaches) if moving else found
    if found is not None:
        bookings.book(found)
    for each in moving:
        _move(router, each)
    return found


def _behind(turns: Turns, queue: Sequence[Stored]) -> list[Behind]:
    """Return those of a queue that go further, in the order in which they leave."""
    found = []
    for stored in queue:
        booked = stored.route
        assert booked is not None, "what queues is booked"
        # Not those alone that are late: who was booked meanwhile is on time, and in front of them further on.
        first = turns.first_hop(booked)
        if first is not None and len(booked.hops) > 1:
            found.append(Behind(stored, booked, first))
    return sorted(found, key=lambda each: each.first.leaves)


def _move(router: Router, behind: Behind) -> None:
    """Book for a bundle what it needs after its first hop; of that nothing is booked."""
    stored, booked, first = behind
    # Who is too late for the contacts that it had looks for others when it is there. Until it has left, it
    # may yet catch them, and others are to see that.
    onward = router.onward(booked, first.arrives) or behind.rest
    router.bookings.book(onward)
    # The first hop stays as it is booked: by that it is known there, and keeps its place.
    stored.route = replace(booked, hops=(booked.hops[0], *onward.hops), arrival=onward.arrival)
