"""The share of a contact that a bundle takes: volume, priorities, and the light-time margin.

CCSDS 734.3-B-1 speaks of volumes; what is booked here are intervals of a contact's time, so the
volume that is left is what the free time of a contact can carry at its rates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum

import msgspec

from starlight.contacts import UNLIMITED_BPS, Contact
from starlight.routing.contact_bookings import ContactBookings

MARGIN_NUMERATOR, MARGIN_DENOMINATOR = 125, 186_282
"""Two nodes draw apart at 125 miles a second at most, and light travels 186 282.

CCSDS 734.3-B-1 (2.4.2) wants a margin and leaves it to the mission; this is ION's, of 450 000 miles an hour.
"""

MIN_OVERHEAD_BYTES = 100
"""The least that a convergence layer is taken to add to a bundle, in Unibo-CGR as here."""

OVERHEAD_PERCENT = 3
"""What a convergence layer is taken to add to a large bundle, in Unibo-CGR as here."""


class Priority(IntEnum):
    """The urgency of a bundle; it waits for what is booked at its priority and above."""

    BULK = 0
    NORMAL = 1
    EXPEDITED = 2


CRITICAL = Priority.EXPEDITED + 1
"""The urgency of a critical bundle: it waits for others like it alone, and for what is on the air. Nobody
asks for it as a `Priority`: it comes with copies over every neighbour (CCSDS 734.3-B-1, 3.2.8.1.3)."""

URGENCIES = CRITICAL + 1
"""How many there are, from 0 on."""


class HopLimit(msgspec.Struct, frozen=True, gc=False):
    """The limit that one contact of a route sets to its volume.

    Attributes:
        starts: when the bundle begins to leave, in ns: the effective start time.
        stops: when this or a later contact of the route ends, in ns: the effective stop time.
        stopped_by: the id of the contact that ends then, the last of several.
        volume: bytes that are free between the two: the effective volume limit.
        booked: ns between the two that are not free.
    """

    starts: int
    stops: int
    stopped_by: int
    volume: int
    booked: int


def consumption(size: int) -> int:
    """Return the estimated volume consumption of a bundle, in bytes (CCSDS 734.3-B-1, 2.4.3)."""
    return size + max(-(-size * OVERHEAD_PERCENT // 100), MIN_OVERHEAD_BYTES)


def margin(light_time: int) -> int:
    """Return the one-way light-time margin of a light time, both in ns, rounded up."""
    return -(-light_time * MARGIN_NUMERATOR // MARGIN_DENOMINATOR)


class BundleSizes(msgspec.Struct, frozen=True):
    """The bytes that a bundle takes of the contacts that it goes over.

    Attributes:
        with_overhead: it is taken to need its estimated volume consumption (CCSDS 734.3-B-1, 2.4.3).
        naming: returns how many bytes of a bundle name the node that transmits it; None where a bundle
            has the same size at each node of its route.
    """

    with_overhead: bool = False
    naming: Callable[[int], int] | None = None

    def volume(self, size: int) -> int:
        """Return what a bundle of a size needs of each contact, in bytes: by this a route is chosen."""
        return consumption(size) if self.with_overhead else size

    def at_each(self, contacts: Sequence[Contact], size: int) -> list[int]:
        """Return the size that a bundle has on each contact of a route, in bytes: by these it is timed.

        Args:
            contacts: of the route, not none.
            size: of the bundle where it is now.
        """
        if self.naming is None:
            return [size] * len(contacts)
        plain = size - self.naming(contacts[0].from_node)
        return [plain + self.naming(contact.from_node) for contact in contacts]

    def booked_until(self, contact: Contact, leaves: int, last_byte: int, size: int) -> int:
        """Return until when a bundle that leaves over a contact takes it from others, in ns.

        Args:
            contact: a hop of its route.
            leaves, last_byte: when its first bit leaves, and its last, in ns.
            size: in bytes.
        """
        if not self.with_overhead:
            return last_byte
        until = contact.last_byte(leaves, consumption(size))
        return contact.end if until is None else until


def free_volume(contact: Contact, start: int, end: int, booked: ContactBookings | None) -> int:
    """Return how many bytes the free time of a contact between two times carries."""
    total = 0
    start, end = max(start, contact.start), min(end, contact.end)
    for begin, finish in booked.free(start, end) if booked is not None else [(start, end)]:
        volume = contact.volume(begin, finish)
        if volume == UNLIMITED_BPS:
            return UNLIMITED_BPS
        total += volume
    return total


def effective_limits(
    contacts: Sequence[Contact], leaves: Sequence[int], booked: Sequence[ContactBookings | None]
) -> list[HopLimit]:
    """Return what each contact of a route can carry for it (CCSDS 734.3-B-1, 3.2.6.8.5 to 3.2.6.8.9).

    Args:
        contacts: of the route, in order.
        leaves: when the bundle begins to leave over each, in ns.
        booked: what is booked on each.
    """
    found = []
    # From the last hop back: what is sent over a contact must go on over all that follow, so it stops being
    # of use when the first of them ends.
    first = contacts[-1]
    for contact, starts, busy in zip(reversed(contacts), reversed(leaves), reversed(booked), strict=True):
        if contact.end < first.end:
            first = contact
        stop = max(starts, min(first.end, contact.end))
        free = [(starts, stop)] if busy is None else busy.free(starts, stop)
        taken = stop - starts - sum(end - begin for begin, end in free)
        volume = free_volume(contact, starts, stop, busy)
        found.append(HopLimit(starts, stop, first.id, volume, taken))
    return found[::-1]
