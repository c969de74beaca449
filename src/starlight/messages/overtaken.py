"""The times at which letters leave and arrive that wait here and were overtaken by something more urgent.

Theory of operation. Who is overtaken keeps its place among its equals and leaves later. So it comes later
to the next node, and what is booked for it there tells of the time before. That holds for all that were
overtaken at once: timed one by one, against what the others had booked, each would wait further along for
letters that come after it, or be given the time of one that comes before it. So all that they had booked is
given back first, in a copy of the bookings; then each takes its time again, in the order in which they
reach the next node, as it will be served there. The node itself does so too, when the first of them leaves
and finds the next contact taken.

Known are the letters of this node. What else was overtaken here (receipts, telemetry, what others sent
through this node) is taken to keep its old time further along. So a letter may be foreseen to wait for one
of those that in truth comes after it, and is there sooner; on a contact that all share that is no more than
the time which those need.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from starlight.routing import Hop, Route, Router, RouteRequest, Turns

FOREVER = 2**63 - 1
"""Later than every time, in ns."""


class Waiting(NamedTuple):
    """A bundle that waits here: its booked route, not without hops; its node; when it expires, in ns."""

    booked: Route
    destination: int
    expires: int


def moved(router: Router, waiting: Sequence[Waiting]) -> list[Route | None]:
    """Return for each bundle the route that it takes, None where it can't go by the booked one any more.

    Args:
        router: of their node, on which they are booked; it is only read.
        waiting: bundles that may have been overtaken.
    """
    turns = Turns(router.bookings)
    firsts = [turns.first_hop(each.booked) for each in waiting]
    late_from = _late_from(waiting, firsts)
    routes: list[Route | None] = []
    moving: list[tuple[int, int, Hop]] = []  # when it is at the next node, which, and its first hop
    for place, (each, first) in enumerate(zip(waiting, firsts, strict=True)):
        # Before those that are late nobody has lost a turn, so all that was booked further on stands.
        routes.append(None if first is None else each.booked)
        if first is not None and first.leaves >= late_from.get(_line(each.booked), FOREVER):
            moving.append((first.arrives, place, first))
    if moving:
        others = router.without([waiting[place].booked for _, place, _ in moving])
        for _, place, first in sorted(moving):
            routes[place] = _continued(others, waiting[place], first)
    return routes


def _late_from(waiting: Sequence[Waiting], firsts: Sequence[Hop | None]) -> dict[tuple[int, int], int]:
    """Return for each line when the first leaves that is late, in ns.

    Who leaves behind that one keeps its turn, but further along it may have been given time that is
    before it: that was free while the bookings of the late ones told of the time before.
    """
    found: dict[tuple[int, int], int] = {}
    for each, first in zip(waiting, firsts, strict=True):
        if first is not None and first is not each.booked.hops[0]:
            line = _line(each.booked)
            found[line] = min(first.leaves, found.get(line, FOREVER))
    return found


def _line(booked: Route) -> tuple[int, int]:
    """Return where bundles keep their places behind each other: the first contact, and the priority."""
    return booked.hops[0].contact.id, booked.priority


def _continued(others: Router, waiting: Waiting, first: Hop) -> Route | None:
    """Return the route of a bundle after its first hop, and book it; None where there is none in time.

    Args:
        others: has the bookings of those that come to the next node before it.
        waiting: the bundle.
        first: its first hop, as it will be.
    """
    booked, destination, expires = waiting
    if len(booked.hops) == 1:
        return replace(booked, hops=(first,), arrival=first.arrives)
    onward = others.onward(booked, first.arrives)
    if onward is None or onward.projected > expires:
        node, at = first.contact.to_node, first.arrives
        onward = (
            others.route(RouteRequest(node, destination, at, booked.size, expires, booked.priority)) or None
        )
    if onward is None:
        return None
    others.bookings.book(onward)
    return replace(booked, hops=(first, *onward.hops), arrival=onward.arrival)
