"""The turns of bundles that are booked: when each leaves over the first contact of its route."""

from __future__ import annotations

from msgspec.structs import replace

from starlight.routing.bookings import Bookings
from starlight.routing.route import Hop, Route


class Turns:
    """The turns of bundles, as things are booked now; what is booked after the first question may be missing.

    A queue is gone through once, whatever number of its bundles is asked for.

    Args:
        bookings: on which the routes of the bundles are booked.
    """

    def __init__(self, bookings: Bookings) -> None:
        self._bookings = bookings
        self._found: dict[tuple[int, int], dict[tuple[int, int], int]] = {}  # by contact and priority

    def first_hop(self, route: Route) -> Hop | None:
        """Return the first hop of a bundle as it will be, None where its turn comes too late for the contact.

        Args:
            route: as it is booked, not without hops. Where nothing has overtaken it the very hop is returned.
        """
        first = route.hops[0]
        where = first.contact.id, route.priority
        if where not in self._found:
            self._found[where] = self._bookings.turns(*where)
        leaves = self._found[where].get((first.leaves, first.last_byte), first.leaves)
        if leaves == first.leaves:
            return first
        last_byte = first.contact.last_byte(leaves, route.size)
        if last_byte is None:
            return None
        arrives = last_byte + first.contact.light_time(last_byte)
        return replace(first, leaves=leaves, last_byte=last_byte, arrives=arrives)
