"""Schedule-aware bundle routing (CCSDS 734.3-B-1) over a contact plan."""

from starlight.routing.fragments import Fragment, split
from starlight.routing.refusals import NOTHING_FASTER, Refusal, never_used
from starlight.routing.request import RouteRequest
from starlight.routing.route import Hop, Route, name_of, time_text
from starlight.routing.router import Router
from starlight.routing.volume import HopLimit, Priority, margin

__all__ = [
    "NOTHING_FASTER",
    "Fragment",
    "Hop",
    "HopLimit",
    "Priority",
    "Refusal",
    "Route",
    "RouteRequest",
    "Router",
    "margin",
    "name_of",
    "never_used",
    "split",
    "time_text",
]
