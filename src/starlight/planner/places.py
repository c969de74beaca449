"""The places of a scenario's nodes in the sky."""

from __future__ import annotations

from starlight import dtntime
from starlight.errors import RangeError
from starlight.planner.bodies import body_of
from starlight.scenario.network import CruiseSpec, NodeSpec, OrbitSpec, SiteSpec
from starlight.sky import Elements, Orbiter, Place, Site, Sky, stationary, transfer


def place_of(sky: Sky, node: NodeSpec) -> Place | None:
    """Return where a node is in the sky, or None for one that has wires only.

    Raises:
        InputError: a mask with a gap, elements that are no orbit, a cruise that is none, or a file that
            the sky can't take.
        RangeError: a cruise that the ephemeris does not cover.
    """
    if node.site:
        return _site(node.site)
    if node.orbit:
        return _orbiter(sky, node.orbit)
    if node.cruise:
        try:
            return transfer(sky, node.cruise.origin, node.cruise.to, *flight_of(node.cruise))
        except RangeError as error:
            raise RangeError(f"the flight of {node.name} can't be computed: {error}") from None
    if node.body:
        return body_of(sky, node.body)
    return None


def place_at(sky: Sky, node: NodeSpec, start: int, end: int) -> Place | None:
    """Return where a node is between two times, in ns; None also for a ship that does not fly then.

    So an ephemeris need not cover flights that nobody asked about.

    Raises:
        InputError, RangeError: as `place_of`.
    """
    if node.cruise:
        departure, arrival = flight_of(node.cruise)
        if arrival < start or departure > end:
            return None
    return place_of(sky, node)


def flight_of(cruise: CruiseSpec) -> tuple[int, int]:
    """Return departure and arrival of a cruise, in ns."""
    return dtntime.from_text(cruise.departure), dtntime.from_text(cruise.arrival)


def _site(site: SiteSpec) -> Site:
    mask = tuple(site.mask) or site.mask_deg
    return Site(site.body, site.latitude_deg, site.longitude_deg, site.height_m, mask)


def _orbiter(sky: Sky, orbit: OrbitSpec) -> Orbiter | Elements:
    epoch = dtntime.from_text(orbit.epoch)
    if orbit.stationary_over_deg is not None:
        return stationary(sky, orbit.body, orbit.stationary_over_deg, epoch)
    if orbit.radius_km is not None:
        return Orbiter(
            orbit.body, orbit.radius_km, orbit.inclination_deg, orbit.node_deg, orbit.phase_deg, epoch
        )
    assert orbit.semi_major_axis_km is not None  # The scenario was checked.
    return Elements(
        orbit.body,
        orbit.semi_major_axis_km,
        orbit.eccentricity,
        orbit.inclination_deg,
        orbit.node_deg,
        orbit.periapsis_deg,
        orbit.mean_anomaly_deg,
        epoch,
    )
