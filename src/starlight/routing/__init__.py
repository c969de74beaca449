"""Schedule-aware bundle routing (CCSDS 734.3-B-1) over a contact plan."""

from starlight.routing.fragments import Fragment, split
from starlight.routing.index import Unusable
from starlight.routing.no_route import KnownNegatives, NoRoute, NoRouteCode
from starlight.routing.refusals import RefusalCode, RouteRefusal
from starlight.routing.request import RouteRequest
from starlight.routing.route import Hop, Route
from starlight.routing.router import Router
from starlight.routing.turns import Turns
from starlight.routing.volume import CRITICAL, URGENCIES, HopLimit, Priority, margin

__all__ = [
    "CRITICAL",
    "URGENCIES",
    "Fragment",
    "Hop",
    "HopLimit",
    "KnownNegatives",
    "NoRoute",
    "NoRouteCode",
    "Priority",
    "RefusalCode",
    "Route",
    "RouteRefusal",
    "RouteRequest",
    "Router",
    "Turns",
    "Unusable",
    "margin",
    "split",
]
