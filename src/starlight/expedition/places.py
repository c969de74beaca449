"""Where a scenario's nodes are in the sky."""

from __future__ import annotations

from starlight import dtntime
from starlight.expedition.scenario import NodeSpec
from starlight.sky import Orbiter, Place, Site, Sky, stationary


def place_of(sky: Sky, node: NodeSpec) -> Place | None:
    """Return where a node is in the sky, or None for one that has wires only."""
    if node.site:
        site = node.site
        return Site(site.body, site.latitude_deg, site.longitude_deg, site.height_m, site.mask_deg)
    if node.orbit is None:
        return None
    orbit = node.orbit
    if orbit.stationary_over_deg is not None:
        return stationary(sky, orbit.body, orbit.stationary_over_deg, dtntime.from_text(orbit.epoch))
    assert orbit.radius_km is not None  # The scenario was checked.
    return Orbiter(
        orbit.body,
        orbit.radius_km,
        orbit.inclination_deg,
        orbit.node_deg,
        orbit.phase_deg,
        dtntime.from_text(orbit.epoch),
    )
