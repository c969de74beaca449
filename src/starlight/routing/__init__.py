"""Which way: schedule-aware bundle routing (CCSDS 734.3-B-1) over a contact plan."""

from starlight.routing.route import FOREVER, Hop, Route
from starlight.routing.router import Router
from starlight.routing.volume import HopLimit, Priority

__all__ = ["FOREVER", "Hop", "HopLimit", "Priority", "Route", "Router"]
