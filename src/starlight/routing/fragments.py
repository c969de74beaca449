"""The fragments of a bundle that no route carries whole: routing decides where it is cut, the node cuts.

A bundle may exceed every contact of the best route and still fit several of them, one after
another (anticipatory fragmentation, CCSDS 734.3-B-1, 3.2.8.2). Each fragment takes the best
route there is for the least of fragments, and is made as large as that carries, and as the first
neighbour takes as one transfer; it is booked before the next is routed.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from starlight.contacts import UNLIMITED_BPS
from starlight.routing.request import RouteRequest
from starlight.routing.route import Route
from starlight.routing.router import Router

MAX_FRAGMENTS = 256
"""More fragments than this are a sign of a plan whose contacts are too small for the bundle."""


class Fragment(msgspec.Struct, frozen=True, gc=False):
    """A part of a bundle's payload, and the route that it takes.

    Attributes:
        offset, length: of the payload, in bytes.
        route: of the fragment; not booked.
    """

    offset: int
    length: int
    route: Route


def split(router: Router, request: RouteRequest, overhead: int) -> list[Fragment] | None:
    """Return the fragments in which a bundle arrives in time; one when it needs no cut, None when it can't.

    Args:
        router: its bookings are as before when this returns.
        request: for the bundle as one fragment: of a payload, not empty, and the overhead.
        overhead: bytes of each fragment beside its payload: its blocks, and what carries them.
    """
    payload, now = request.size - overhead, request.ready
    found: list[Fragment] = []
    offset = 0
    try:
        while offset < payload and len(found) < MAX_FRAGMENTS:
            left = payload - offset
            route, length = router.route(replace(request, size=left + overhead)), left
            if not route:
                # No contact carries the rest whole. The best route for a byte is the one that arrives first
                # whatever the length; its contacts are then filled.
                least = router.route(replace(request, size=1 + overhead))
                if not least:
                    return None
                length = min(left, largest(router, least, now, expires=request.expires) - overhead)
                carried = router.along(least, now, length + overhead)
                assert carried is not None, "a contact carries what it was found to carry"
                route = carried
            router.bookings.book(route)
            found.append(Fragment(offset, length, route))
            offset += length
    finally:
        # Each was booked so that the next finds what is left; whoever takes the fragments books them.
        for fragment in found:
            router.bookings.release(fragment.route)
    return found if offset == payload else None


def largest(router: Router, route: Route, ready: int, *, expires: int | None = None) -> int:
    """Return the size of the largest bundle that the contacts of a route carry in time, in bytes.

    It is no larger than the link to the route's first neighbour takes as one transfer.

    Args:
        router: what is booked there is not free.
        route: not without hops.
        ready: when the bundle is at the source, in ns.
        expires: it must arrive by this time, in ns.
    """

    def carried(size: int) -> bool:
        found = router.along(route, ready, size)
        return found is not None and (expires is None or found.projected <= expires)

    first = route.hops[0].contact
    takes = router.transfers.of(first.from_node, first.to_node)
    low, high = 0, min(limit.volume for limit in router.bookings.limits(route))
    if takes is not None and takes <= high:
        high = takes
        if carried(high):  # Mostly: where a peer takes little, it is that and not a window which is filled.
            return high
    elif carried(high + 1):  # An instant has no volume, but at an unlimited rate all leaves in it.
        low, high = high + 1, UNLIMITED_BPS if takes is None else takes
    while low < high:
        middle = (low + high + 1) // 2
        if carried(middle):
            low = middle
        else:
            high = middle - 1
    return low
