"""The times at which a bundle leaves and arrives along contacts that are given."""

from __future__ import annotations

from collections.abc import Sequence

from starlight.contacts import Contact
from starlight.routing.link_contacts import Busy, SearchContact

Timing = tuple[int, int, int]
"""When a bundle leaves over a contact, when its last byte does, and when that arrives, in ns."""


def travel(contacts: Sequence[Contact], now: int, sizes: Sequence[int], busy: Busy) -> list[Timing] | None:
    """Return ``(leaves, last_byte, arrives)`` in ns of each hop by geometry alone: light has no margin.

    Args:
        contacts: each from where the one before leads to.
        now: when the bundle is at the first node, in ns.
        sizes: of the bundle on each contact, in bytes.
        busy: what is booked.
    """
    timings = []
    ready = now
    for contact, size in zip(contacts, sizes, strict=True):
        # What is asked for here and in `SearchContact.timing` must agree, but for the margin: a route is
        # chosen by the one and promised by the other.
        leaves = max(ready, contact.start)
        booked = busy.get(contact.id)
        if booked is None:
            last_byte = contact.last_byte(leaves, size)
        else:
            fit = booked.first_fit(contact, leaves, size)
            leaves, last_byte = fit or (leaves, None)
        if last_byte is None:
            return None
        ready = last_byte + contact.light_time(last_byte)
        timings.append((leaves, last_byte, ready))
    return timings


def follow(path: Sequence[SearchContact], now: int, size: int, busy: Busy) -> list[Timing] | None:
    """Return ``(leaves, last_byte, arrives)`` in ns of each hop of a bundle, or None when it misses one.

    The times are the projected ones: where the index has light need its margin, it does.

    Args:
        path: the contacts, each from where the one before leads to.
        now: when the bundle is at the first node, in ns.
        size: in bytes.
        busy: what is booked.
    """
    timings = []
    ready = now
    for contact in path:
        timing = contact.timing(ready, size, busy)
        if timing is None:
            return None
        timings.append(timing)
        ready = timing[2]
    return timings
