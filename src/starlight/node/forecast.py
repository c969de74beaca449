"""The forecast of a node: what it expects of a bundle that an application would submit now.

Values only; `forwarding.forecaster` makes them, with the very router, bookings and rules by which the engine
then acts. What is expected comes from the plan in force; what speaks against it, such as a link that is down
although the plan has it open, are doubts: codes with facts, of which `words.forecasts` makes sentences.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

from starlight.routing import Hop, NoRouteCode, Route, Router


class Outgoing(msgspec.Struct, frozen=True):
    """A bundle that an application would submit: a `Submit` of which only the size of the payload is known.

    Attributes:
        source, destination: endpoint ids as text.
        payload_bytes: of the application data unit.
        lifetime_ms: how long it is worth carrying.
        report_to, flags, priority, critical: as of a `Submit`.
    """

    source: str
    destination: str
    payload_bytes: int
    lifetime_ms: int
    report_to: str | None = None
    flags: int = 0
    priority: int = 1
    critical: bool = False


class ForecastHop(msgspec.Struct, frozen=True, gc=False):
    """One hop of a route; times are ns since 2000-01-01T00:00:00Z.

    Attributes:
        from_node, to_node: its ends.
        ready: when the bundle is at the first of them.
        opens, contact_end: when the contact begins and ends that carries it.
        leaves, last_byte: when its first and its last bit leave.
        arrives: when its last bit is at the other end.
    """

    from_node: int
    to_node: int
    ready: int
    opens: int
    leaves: int
    last_byte: int
    arrives: int
    contact_end: int

    @classmethod
    def of(cls, hop: Hop) -> ForecastHop:
        """Return a hop of a route."""
        contact = hop.contact
        return cls(
            contact.from_node,
            contact.to_node,
            hop.ready,
            contact.start,
            hop.leaves,
            hop.last_byte,
            hop.arrives,
            contact.end,
        )


class ForecastFragment(msgspec.Struct, frozen=True, gc=False):
    """A part of a payload that no route carries whole.

    Attributes:
        offset, length: of the payload, in bytes.
        bundle_bytes: of the fragment as it leaves.
        leaves, arrives: in ns; None where it finds no route.
    """

    offset: int
    length: int
    bundle_bytes: int
    leaves: int | None
    arrives: int | None


class ForecastDoubtCode(StrEnum):
    """The kinds of `ForecastDoubt`."""

    LINK_DOWN = "link_down"  # although the plan has the contact open
    NOT_HEARD = "not_heard"  # answers of the peer are overdue since it was last heard
    NEVER_HEARD = "never_heard"  # answers of the peer are overdue, and nothing ever came from it
    UNACKNOWLEDGED = "unacknowledged"  # what has left is not known to have come
    PEER_TAKES = "peer_takes"  # less as one transfer, so it is cut, goes by another or waits
    NO_ROUTE = "no_route"
    TOO_LARGE = "too_large"  # for every route, whole and in fragments, or for a bundle
    STORE_FULL = "store_full"
    UNKNOWN_NODE = "unknown_node"  # no node of that name is known
    NOTICE = "notice"  # the plan says something about the nodes of its route


class ForecastDoubt(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A reason for which what is expected may not come.

    Attributes:
        code: the reason.
        peer: the neighbour that it is about.
        since: of `LINK_DOWN`, when it went down, of `NOT_HEARD`, when it was heard last, in ns; None unknown.
        takes_bytes: of `PEER_TAKES`, the largest bundle that the peer takes.
        route: of `NO_ROUTE`, the router's reason.
        texts: of `NOTICE`, the plan's notices.
    """

    code: ForecastDoubtCode
    peer: int | None = None
    since: int | None = None
    takes_bytes: int = 0
    route: NoRouteCode | None = None
    texts: tuple[str, ...] = ()


class Forecast(msgspec.Struct, frozen=True):
    """The expectation of a bundle that is submitted now.

    Attributes:
        destination: the node that it is for; None where none of that name is known.
        at: as of when, in ns.
        size_bytes: of the payload.
        bundle_bytes: of the bundle as it would leave here whole.
        leaves, arrives: of its first and last byte, in ns; None where no route is known, for all of it.
        routes: of the whole, or of its fragments, in order; empty at its own node, or without a route.
        fragments: the parts in which it travels; empty where it goes whole.
        doubts: what speaks against it; what matters most comes first.
    """

    destination: int | None
    at: int
    size_bytes: int
    bundle_bytes: int = 0
    leaves: int | None = None
    arrives: int | None = None
    routes: tuple[Route, ...] = ()
    fragments: tuple[ForecastFragment, ...] = ()
    doubts: tuple[ForecastDoubt, ...] = ()

    @property
    def route(self) -> Route | None:
        """Return its route; of one in fragments that of the last to arrive, as it is read whole."""
        if self.arrives is None:
            return None
        return max(self.routes, key=lambda route: route.arrival, default=None)

    @property
    def hops(self) -> tuple[ForecastHop, ...]:
        """Return the hops of its `route`."""
        route = self.route
        return () if route is None else tuple(ForecastHop.of(hop) for hop in route.hops)

    @property
    def parts(self) -> int:
        """Return in how many bundles it travels."""
        return max(1, len(self.routes))


class Forecaster(Protocol):
    """A node that can be asked what it expects; to ask books nothing and changes nothing.

    Attributes:
        number: the node's.
        router: its router; only to be read.
    """

    number: int
    router: Router

    def forecast(self, outgoing: Outgoing, now: int) -> Forecast:
        """Return what to expect of a bundle that is submitted now.

        Raises:
            InputError: its source or destination is no endpoint id, or no application may ask for it.
        """

    def about_link(self, peer: int, now: int) -> list[ForecastDoubt]:
        """Return what speaks against the link to a neighbour at a time, in ns."""

    def elsewhere(
        self, node: int, outgoing: Outgoing, at: int, expires: int | None, *, may_fragment: bool = False
    ) -> Forecast:
        """Return what to expect of a bundle that is at another node, as far as it is known here; no doubts.

        Args:
            node: where it is.
            outgoing: how it was submitted, here or there.
            at: when it is there, in ns.
            expires: when it does, in ns; None for never.
            may_fragment: where no route carries it whole, it is cut there.
        """

    def bundle_bytes(self, outgoing: Outgoing, now: int) -> int:
        """Return the bytes of a bundle of any node as it leaves there whole; errors as `forecast`."""
