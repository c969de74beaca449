"""Which way: schedule-aware bundle routing (CCSDS 734.3-B-1) over a contact plan."""

from starlight.routing.fragments import Fragment, split
from starlight.routing.refusals import Refusal
from starlight.routing.request import RouteRequest
from starlight.routing.route import FOREVER, Hop, Route
from starlight.routing.router import Router
from starlight.routing.volume import HopLimit, Priority

__all__ = [
    "FOREVER",
    "Fragment",
    "Hop",
    "HopLimit",
    "Priority",
    "Refusal",
    "Route",
    "RouteRequest",
    "Router",
    "split",
]
