"""The answer when nothing leads there in time: why, and for what else that holds.

Theory of operation. A bundle that is larger, is ready later, or waits for more, finds no route where another
found none: it would be at each contact no earlier, and through it no sooner. So a negative answer covers
other requests until something gets better, and only two things do: the plan gets contacts, or time that was
booked becomes free. Waiting alone never helps; whoever holds a bundle without a route need not ask again on
a timer.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from starlight.routing.request import RouteRequest


class NoRouteCode(StrEnum):
    """The reasons why there is no route, by what ends them."""

    UNREACHABLE = "unreachable"  # no contacts that have yet to end lead there; until the plan gets others
    NOTHING_CARRIES = (
        "nothing_carries"  # they are missed, too small, booked or excluded; or until room is freed
    )
    ARRIVES_TOO_LATE = "arrives_too_late"  # after the bundle expires; or until room is freed


class NoRoute(msgspec.Struct, frozen=True, gc=False):
    """No route: false in a condition, where a `Route` is true.

    Attributes:
        code: the reason.
        request: what it is the answer to.
        arrival: of `ARRIVES_TOO_LATE`, the projected arrival of the best route, in ns.
    """

    code: NoRouteCode
    request: RouteRequest
    arrival: int | None = None

    def __bool__(self) -> Literal[False]:
        return False

    def holds_for(self, other: RouteRequest) -> bool:
        """Return whether another request has no route either, as long as nothing gets better.

        Args:
            other: asked of the same router, since which the plan got no contact and no booked time became
                free (`Bookings.releases` counts how often that was), nor does any link take more than it did.
        """
        known = self.request
        if (other.source, other.destination) != (known.source, known.destination):
            return False
        if other.ready < known.ready:
            return False
        if self.code is NoRouteCode.UNREACHABLE:
            return True
        if self.arrival is not None and (other.expires is None or other.expires >= self.arrival):
            return False
        return (
            other.size >= known.size
            and other.size + other.growth >= known.size + known.growth
            and other.priority <= known.priority
            and other.not_entered >= known.not_entered
            and other.exclude_contacts >= known.exclude_contacts
            and other.avoid >= known.avoid
        )


class KnownNegatives:
    """Negative answers of a moment at which nothing gets better, to ask no more for what they cover.

    Those that a wider one covers go, so that few are kept however many bundles wait: to go through all of
    them for each would take as long as to ask.
    """

    def __init__(self) -> None:
        self._by_destination: dict[int, list[NoRoute]] = {}

    def add(self, answer: NoRoute) -> None:
        """Keep an answer."""
        destination = answer.request.destination
        others = self._by_destination.get(destination, [])
        kept = [each for each in others if not answer.holds_for(each.request)]
        self._by_destination[destination] = [*kept, answer]

    def cover(self, request: RouteRequest) -> bool:
        """Return whether it is known that a request has no route."""
        return any(each.holds_for(request) for each in self._by_destination.get(request.destination, ()))
