"""The forecaster of a node: what the engine would do with a bundle now, found by its own rules.

Theory of operation. The bundle is built as the engine builds it, but for its payload, so its size is exact.
Then all is decided as `Forwarding` and `Fragmenter` decide it when it is submitted: the same requests to the
same router, over the same bookings, with what the links take. Where bookings have to be made on the way, for
one fragment beside the other, that happens in a copy. So as long as nothing happens in between, what is
foreseen is what the engine answers to the submission, to the nanosecond.

The links as they are do not change what is expected: the plan says when, and a bundle waits for its link.
They are told beside it as doubts.
"""

from __future__ import annotations

from msgspec.structs import replace

from starlight.bundle import fragment_bytes, overhead_bound
from starlight.contacts import Contact
from starlight.dtntime import MINUTE
from starlight.errors import InputError
from starlight.forwarding.answer_watch import AnswerWatch
from starlight.forwarding.contact_queues import ContactQueues
from starlight.forwarding.fragmentation import RELAY_BYTES, Fragmenter, overhead_of
from starlight.forwarding.route_booking import RouteBooking
from starlight.node.application import NotKept
from starlight.node.core import Core
from starlight.node.forecast import (
    Forecast,
    ForecastDoubt,
    ForecastDoubtCode,
    ForecastFragment,
    Outgoing,
)
from starlight.node.reception import Reception, urgency_of
from starlight.node.stored import Stored
from starlight.routing import Fragment, NoRoute, NoRouteCode, RefusalCode, Route, Router, RouteRequest, split

QUIET = 10 * MINUTE
"""How long after an answer should have been here its peer counts as silent. Acknowledgements are small and go
at once; but a pass may begin late, and people need not be told of each minute."""

PEERS_MAX = 3
"""Refused routes that are looked through for a peer that takes too little."""


class EngineForecaster:
    """Foresees what the engine does; nothing that it is asked changes anything.

    Args:
        core: the node's.
        reception: builds bundles.
        booking: knows routes and bookings.
        queues: of the contacts.
        fragmenter: decides where a bundle is cut.
        watch: knows which answers are awaited.

    Attributes:
        number: of the node.
        router: what it routes with.
    """

    def __init__(
        self,
        core: Core,
        reception: Reception,
        booking: RouteBooking,
        queues: ContactQueues,
        fragmenter: Fragmenter,
        watch: AnswerWatch,
    ) -> None:
        self.number = core.config.number
        self.router = booking.router
        self._index = core.ledger.index
        self._links = core.links
        self._reception = reception
        self._booking = booking
        self._neighbours = queues.neighbours
        self._queues = queues
        self._fragmenter = fragmenter
        self._watch = watch

    def bundle_bytes(self, outgoing: Outgoing, now: int) -> int:
        """Return the bytes of a bundle of any node as it leaves there whole; errors as `forecast`."""
        return self._reception.bytes_at_source(outgoing, now)

    def forecast(self, outgoing: Outgoing, now: int) -> Forecast:
        """Return what to expect of a bundle that is submitted now.

        Raises:
            InputError: its source or destination is no endpoint id, or no application may ask for it.
        """
        size = outgoing.payload_bytes
        objection = self._reception.refusal(outgoing)
        if objection is NotKept.TOO_LARGE:
            return Forecast(None, now, size, doubts=(ForecastDoubt(ForecastDoubtCode.TOO_LARGE),))
        if objection is not None:
            raise InputError(objection)
        made = self._reception.foresee(outgoing, now)
        found = Forecast(made.node, now, size, made.meta.size)
        if self._index.is_full(size):
            return _doubted(found, ForecastDoubt(ForecastDoubtCode.STORE_FULL))
        if made.node == self.number:
            return replace(found, leaves=now, arrives=now)
        if made.node is None:
            return _doubted(found, ForecastDoubt(ForecastDoubtCode.UNKNOWN_NODE))
        stored = Stored(made.key, made.meta, made.node)
        request = self._booking.request(stored, made.node, now)
        found = self._on_its_way(found, stored, request, now)
        return _doubted(found, *self._doubts(found, request, now))

    def elsewhere(
        self, node: int, outgoing: Outgoing, at: int, expires: int | None, *, may_fragment: bool = False
    ) -> Forecast:
        """Return what to expect of a bundle that is at another node, as far as it is known here; no doubts.

        Nobody here knows what that node has booked meanwhile: it is the best guess from the plan, and from
        what is booked for bundles that went by here.
        """
        router, payload = self._booking.router, outgoing.payload_bytes
        destination = self._reception.node_at(outgoing.destination)
        size = self.bundle_bytes(outgoing, at)
        found = Forecast(destination, at, payload, size)
        if destination is None:
            return found
        request = RouteRequest(node, destination, at, size, expires, urgency_of(outgoing))
        route = router.route(request)
        if route:
            return replace(found, leaves=route.leaves, arrives=route.arrival, routes=(route,))
        if not may_fragment or route.code is NoRouteCode.UNREACHABLE:
            return found
        overhead = overhead_bound(size, payload, payload) + RELAY_BYTES
        parts = split(router, replace(request, size=max(1, payload) + overhead), overhead)
        routes = tuple(part.route for part in parts or ())
        if not routes:
            return found
        leaves, arrives = min(each.leaves for each in routes), max(each.arrival for each in routes)
        return replace(found, leaves=leaves, arrives=arrives, routes=routes)

    def about_link(self, peer: int, now: int) -> list[ForecastDoubt]:
        """Return what speaks against the link to a neighbour at a time, in ns."""
        link, planned = self._links.state(peer, now), self._booking.router.index.link(self.number, peer)
        doubts = []
        if not link.up and planned is not None and planned.is_open(now):
            doubts.append(ForecastDoubt(ForecastDoubtCode.LINK_DOWN, peer, link.since))
        neighbour = self._neighbours.known(peer)
        expected = self._watch.expected(neighbour) if neighbour is not None else None
        heard = link.last_heard
        if expected is not None and now >= expected + QUIET and (heard is None or heard < expected):
            code = ForecastDoubtCode.NEVER_HEARD if heard is None else ForecastDoubtCode.NOT_HEARD
            doubts.append(ForecastDoubt(code, peer, heard))
        # A link says so itself once it has risen; of a radio that is never answered the plan knows.
        if not link.acknowledged or (planned is not None and planned.one_way):
            doubts.append(ForecastDoubt(ForecastDoubtCode.UNACKNOWLEDGED, peer))
        return doubts

    # What the engine would do.

    def _on_its_way(self, found: Forecast, stored: Stored, request: RouteRequest, now: int) -> Forecast:
        """Return the route of a bundle, or of its fragments."""
        route = self._whole(stored, request, now)
        if route:
            return replace(found, leaves=route.leaves, arrives=route.arrival, routes=(route,))
        fragments = self._fragmenter.split(stored, now)
        if not fragments:
            return _doubted(found, self._no_route(route, request))
        more = len(fragments) * overhead_of(stored.meta) - (stored.meta.size - stored.meta.payload_bytes)
        if not self._index.has_room(len(fragments), stored.meta.size + more):
            return _doubted(found, ForecastDoubt(ForecastDoubtCode.STORE_FULL))
        return self._in_fragments(found, stored, request, fragments)

    def _whole(self, stored: Stored, request: RouteRequest, now: int) -> Route | NoRoute:
        """Return the route of a bundle that is not cut; of a critical one that of its first copy."""
        if stored.meta.critical:
            routes = self._booking.router.critical(request)
            if len(routes) > 1:
                stored.meta.via = routes[0].entry_node
                request = self._booking.request(stored, request.destination, now)
        return self._free(self._booking.router, request, None)[0]

    def _free(
        self, router: Router, request: RouteRequest, decided: Route | None
    ) -> tuple[Route | NoRoute, Router]:
        """Return the route of a bundle whose first contact is free by then, and the router that knows so.

        Args:
            router: where it is looked for.
            request: what it needs.
            decided: the route that it takes if it can.
        """
        scratch = router is not self._booking.router
        while True:
            route: Route | NoRoute = decided or router.route(request)
            if not route:
                return route, router
            contact: Contact = route.hops[0].contact
            free_at = self._queues.free_at(contact)
            if free_at <= route.leaves:
                return route, router
            # What is on the air since before the plan changed, the router learns when it is in the way.
            router, scratch, decided = router if scratch else router.without(()), True, None
            router.bookings.occupy(contact.id, free_at)

    def _in_fragments(
        self, found: Forecast, stored: Stored, request: RouteRequest, fragments: list[Fragment]
    ) -> Forecast:
        """Return what becomes of fragments: each is placed by its own size, after those before it."""
        meta, router = stored.meta, self._booking.router.without(())
        routes: list[Route] = []
        told: list[ForecastFragment] = []
        for each in fragments:
            extent = each.offset, each.length
            size = fragment_bytes(meta.size, meta.payload_bytes, extent, meta.payload_bytes)
            over = router.along(each.route, request.ready, size)
            route, router = self._free(router, replace(request, size=size), over)
            if route:
                router.bookings.book(route)
                routes.append(route)
            leaves, arrives = (route.leaves, route.arrival) if route else (None, None)
            told.append(ForecastFragment(*extent, size, leaves, arrives))
        found = replace(found, fragments=tuple(told), routes=tuple(routes))
        if len(routes) < len(told):
            return found
        leaves, arrives = min(route.leaves for route in routes), max(route.arrival for route in routes)
        return replace(found, leaves=leaves, arrives=arrives)

    # What speaks against it.

    def _no_route(self, answer: Route | NoRoute, request: RouteRequest) -> ForecastDoubt:
        assert isinstance(answer, NoRoute)
        leads = answer.code is not NoRouteCode.UNREACHABLE
        # Without this, people would be told that no route is planned while smaller letters leave.
        if leads and self._booking.router.route(replace(request, size=1, growth=0)):
            return ForecastDoubt(ForecastDoubtCode.TOO_LARGE)
        return ForecastDoubt(ForecastDoubtCode.NO_ROUTE, route=answer.code)

    def _doubts(self, found: Forecast, request: RouteRequest, now: int) -> list[ForecastDoubt]:
        doubts: list[ForecastDoubt] = []
        firsts = [route.hops[0].contact for route in found.routes]
        for peer in dict.fromkeys(contact.to_node for contact in firsts):
            doubts += self.about_link(peer, now)
        doubts += self._too_small(request)
        texts = self._notices(found, request.destination)
        if texts:
            doubts.append(ForecastDoubt(ForecastDoubtCode.NOTICE, texts=texts))
        return doubts

    def _too_small(self, request: RouteRequest) -> list[ForecastDoubt]:
        """Return the neighbours that would be the faster ones if they took it."""
        router = self._booking.router
        if not router.transfers.exceeded(self.number, request.size + request.growth):
            return []
        refused = router.refusals(request, most=PEERS_MAX)
        return [
            ForecastDoubt(ForecastDoubtCode.PEER_TAKES, each.slow.to_node, takes_bytes=each.room_bytes)
            for each in refused
            if each.code is RefusalCode.PEER_TAKES
        ]

    def _notices(self, found: Forecast, destination: int) -> tuple[str, ...]:
        """Return the plan's notices about the nodes of a route, while the bundle is on its way."""
        nodes = {self.number, destination}
        nodes.update(hop.contact.to_node for route in found.routes for hop in route.hops)
        until = found.arrives
        return tuple(
            notice.text
            for notice in self._booking.router.plan.notices
            if notice.end >= found.at
            and (until is None or notice.start <= until)
            and (not notice.nodes or not nodes.isdisjoint(notice.nodes))
        )


def _doubted(found: Forecast, *doubts: ForecastDoubt) -> Forecast:
    return replace(found, doubts=(*found.doubts, *doubts))
