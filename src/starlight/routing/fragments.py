"""Where a bundle is cut that no route carries whole: routing decides, the node cuts.

A bundle may exceed every contact of the best route and still fit several of them, one after
another (anticipatory fragmentation, CCSDS 734.3-B-1, 3.2.8.2). Each fragment takes the best
route there is for the least of fragments, and is made as large as that carries; it is booked
before the next is routed.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

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
                least = router.route(replace(request, size=1 + overhead))
                if not least:
                    return None
                length = min(left, router.carries(least, now, expires=request.expires) - overhead)
                carried = router.along(least, now, length + overhead)
                assert carried is not None, "a contact carries what it was found to carry"
                route = carried
            router.bookings.book(route)
            found.append(Fragment(offset, length, route))
            offset += length
    finally:
        for fragment in found:
            router.bookings.release(fragment.route)
    return found if offset == payload else None
