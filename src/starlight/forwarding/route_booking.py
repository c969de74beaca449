"""The routes of stored bundles: found, booked, and given back.

Theory of operation. A bundle's size is booked on every contact of its route, at its priority, so that what
is predicted for others takes it into account. What is booked at a priority waits for that and for
what is more urgent, not for what is less. The bookings live in the router; here is known which bundle
has which, and which of them a change of the plan took away. What is given back without having been
booked would free the time of somebody else, and two transmissions would meet on the air.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from starlight.contacts import Contact, ContactPlan
from starlight.forwarding.onward_booking import rebooked
from starlight.node.core import Core
from starlight.node.stored import Stored, transfer_bytes
from starlight.routing import NoRoute, Route, Router, RouteRequest


class RouteBooking:
    """Finds and books routes; the only one that books on the node's router.

    Args:
        core: the node's.
        router: over its plan.

    Attributes:
        number: of the node.
        router: the same.
        releases: how often room was given back, or the plan changed.
        changes: the same, and how often room was taken.
        has_freed: room was given back since it was last set to False.
    """

    def __init__(self, core: Core, router: Router) -> None:
        self.router = router
        self.releases = 0
        self.changes = 0
        self.has_freed = False
        self.number = core.config.number
        self._return_gain = core.config.limits.return_gain
        self._deadlines = core.deadlines
        self._neighbours: frozenset[int] | None = None
        self._epoch = 0  # the count of plan changes
        self._rebuilt = 0  # the one at which all bookings were dropped
        self._gone: dict[int, tuple[int, int]] = {}  # contacts that went: at which, and when they end

    def find(
        self, stored: Stored, since: int, without: frozenset[int] = frozenset(), by: int | None = None
    ) -> Route | NoRoute | None:
        """Return a bundle's best route, or why there is none even back to its sender.

        Args:
            since: when it may leave at the earliest, in ns.
            without: ids of contacts that it must not use.
            by: the neighbour that it is to go by. [default: any]

        Returns:
            None for a bundle to a node that is not known.
        """
        if stored.node is None:
            return None
        request = self.request(stored, stored.node, since, without)
        if by is not None:
            request = replace(request, exclude=request.exclude | (self._all_neighbours() - {by}))
        if stored.sender is None:
            return self.router.route(request)
        found = self.router.route(replace(request, sender=stored.sender))
        if found and found.arrival <= since + self._return_gain:
            return found
        # Straight back to who sent it only where that gains much: they chose this node, and if they knew
        # no less the bundle would only come again.
        back = self.router.route(request)
        if not back:
            return back  # Nor is there one that is not back: it would be among these.
        gains = not found or found.arrival - back.arrival > self._return_gain
        return back if gains else found

    def request(
        self, stored: Stored, destination: int, since: int, without: frozenset[int] = frozenset()
    ) -> RouteRequest:
        """Return what a bundle needs; it may go back to its sender."""
        meta, exclude = stored.meta, self.excluded(stored)
        here, size, priority = self.number, meta.size, meta.priority
        growth = transfer_bytes(meta) - size
        return RouteRequest(
            here, destination, since, size, meta.expires, priority, exclude, without, growth=growth
        )

    def excluded(self, stored: Stored) -> frozenset[int]:
        """Return the neighbours that a bundle must not be handed to."""
        via = stored.meta.via
        return stored.refused_by if via is None else stored.refused_by | (self._all_neighbours() - {via})

    def _all_neighbours(self) -> frozenset[int]:
        # Kept until the plan changes: each copy of a critical bundle asks for it with each question.
        if self._neighbours is None:
            self._neighbours = self.router.index.neighbours(self.number)
        return self._neighbours

    def book(self, stored: Stored, route: Route) -> None:
        """Give a bundle a route and the time of its contacts."""
        self.router.bookings.book(route)
        self.changes += 1
        stored.route = route
        stored.epoch = self._epoch

    def release(self, stored: Stored) -> None:
        """Give back what the route of a bundle had booked."""
        route = stored.route
        if route is not None:
            stored.route = None
            if self._give_back(route, stored.epoch):
                self._note_freed()

    def depart(
        self, stored: Stored, last_byte: int, reaches: int, overtaken: Callable[[], Sequence[Stored]]
    ) -> None:
        """Take note that a bundle begins to leave, so that nobody is given its time.

        Args:
            last_byte: when its last byte leaves, in ns.
            reaches: when that reaches the next hop, in ns.
            overtaken: returns the bundles of its priority that queue behind it for the same contact, if any
                was overtaken since it was asked last.
        """
        route = stored.route
        assert route is not None
        self.router.bookings.depart(route, last_byte)
        onward = route.hops[1:]
        stored.route = rest = replace(route, hops=onward) if onward else None
        if rest is not None and last_byte > route.hops[0].last_byte:
            # It was overtaken, or its link was late: elsewhere too it will need another time.
            self.router.bookings.release(rest)
            stored.route = rebooked(self.router, route, reaches, overtaken)
            if stored.route is None or _intervals(stored.route) != _intervals(rest):
                self._note_freed()

    def passed(self, stored: Stored, now: int) -> None:
        """Give back what a bundle that was handed on had booked, once it is through.

        Until then the bookings further along tell where it probably is, so that what is predicted for
        others takes it into account.
        """
        route = stored.route
        if route is None:
            return
        # What takes no time, as where a rate is unlimited, has booked none.
        through = max(hop.last_byte if hop.last_byte > hop.leaves else 0 for hop in route.hops)
        if through > now:
            self._deadlines.at(through, self._release_passed, (route, stored.epoch))
        elif through:
            self._give_back(route, stored.epoch)

    def _release_passed(self, booked: tuple[Route, int], now: int) -> None:
        self._give_back(*booked)

    def _give_back(self, route: Route, epoch: int) -> bool:
        """Give back what is booked for a route since a plan change; return whether anything may be.

        A contact that went took the bookings on it along. What is booked since on another one of the same
        id, or on the same when it came again, is not this route's to give back.
        """
        if epoch < self._rebuilt:
            return False
        if self._gone:
            hops = tuple(hop for hop in route.hops if self._gone.get(hop.contact.id, (0, 0))[0] <= epoch)
            if len(hops) < len(route.hops):
                route = replace(route, hops=hops)
        self.router.bookings.release(route)
        return True

    def limit(self, peer: int) -> int | None:
        """Return the most bytes that the link to a peer is known to take as one transfer; None for any."""
        return self.router.transfers.of(self.number, peer)

    def set_limit(self, peer: int, most: int | None) -> None:
        """Let the link to a peer take at most so many bytes as one transfer; None for any.

        What was found in vain counts no more: a link that takes more is room, as a booking is
        that is given back.
        """
        self.router.transfers.set(self.number, peer, most)
        self._note_freed()

    def _note_freed(self) -> None:
        self.has_freed = True
        self.releases += 1
        self.changes += 1

    def amend(self, came: list[Contact], went: list[Contact], plan: ContactPlan, now: int) -> None:
        """Take a plan that differs in some contacts: what is booked on the others stays."""
        self._change()
        # Nothing is given back on a contact that is over, so it need not be remembered that it went.
        self._gone = {id: (since, end) for id, (since, end) in self._gone.items() if end >= now}
        self._gone |= {contact.id: (self._epoch, contact.end) for contact in went}
        self.router.amend(came, went, plan)

    def rebuild(self, plan: ContactPlan) -> None:
        """Take a plan that has little in common with the one in force: nothing stays booked."""
        self._change()
        self._rebuilt = self._epoch
        self._gone.clear()
        self.router.set_plan(plan)

    def _change(self) -> None:
        self._epoch += 1
        self._neighbours = None
        self.releases += 1
        self.changes += 1


def _intervals(route: Route) -> list[tuple[int, int]]:
    return [(hop.leaves, hop.last_byte) for hop in route.hops]
