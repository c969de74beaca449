"""Windows: the intervals in which a signal sent from one place reaches another.

A window holds transmission times. A signal sent at t reaches the other end at t + light time, and each
end's condition is judged at that end's own time:

* a site sees the other end at its mask or above, over the horizon of the ellipsoid. By default directions are
  those in which an antenna points: refracted by the air over stations on Earth, and in the rest frame of the
  site (stellar aberration: SPICE's "XCN+S" at the transmitter, "CN+S" at the receiver). `Conventions`
  switches either off;
* an orbiter's own world does not hide the other end: the ray misses its ellipsoid, in the rest frame of
  that world, so that the ray past a moving limb is right;
* no other body occults the ray: the Sun's disc, Earth, Mars, the Moon. Noise of the corona is
  the planner's business, not geometry;
* a ship exists between its departure and its arrival.

Left out: occultation by Phobos and Deimos, by mountains (the mask stands for those), and by Mars'
atmosphere. A window's edges are good to a few milliseconds of the model; the model's own limits are in
`rotation` and `Sky.notes`.

Each condition is a smooth function with a bound on its second derivative, or one with kinks and a bound on
its first, derived from how fast the ends can turn and move (`bounds`), and `search.positive` finds where it
holds without missing anything.
"""

from __future__ import annotations

import math

import numpy as np

from starlight.errors import RangeError
from starlight.sky.bounds import Pair, motion, own_body
from starlight.sky.light import C_KM_S, light_time_received_s
from starlight.sky.occultation import SLACK, Condition, limb, line, misses_body, misses_own_world, settled
from starlight.sky.places import Elements, Orbiter, Place, Site, SpkBody, Trajectory
from starlight.sky.pointing import (
    AS_POINTED,
    Conventions,
    azimuth,
    direction,
    dot,
    elevation_deg,
    lowest_deg,
    mask_limits_deg,
)
from starlight.sky.search import Bound, less, union
from starlight.sky.sky import Sky
from starlight.sky.timescales import Floats

__all__ = ["conditions", "elevation_deg", "windows"]


def windows(
    sky: Sky, a: Place, b: Place, start: int, end: int, conventions: Conventions = AS_POINTED
) -> list[tuple[int, int]]:
    """Return when signals sent from `a` reach `b`.

    Args:
        start, end: the interval of transmission to search, in ns.
        conventions: what "sees" means.

    Returns:
        Pairs (start, end) of transmission times in ns, ascending and disjoint; both edges belong to the
        window. A window shorter than 0.05 s may be missed; no other.

    Raises:
        RangeError: `start` or `end` is outside what the ephemeris, or an SPK file, covers.
    """
    # For its error: a ship's lifetime may cut off the part that the ephemeris does not cover.
    sky.tdb([start, end])
    first, last = _lifetime(sky, a, b, start, end)
    if first > last:
        return []
    spans = sky.tdb([first, last]).reshape(1, 2)
    for alternatives in conditions(sky, a, b, conventions, (float(spans[0, 0]), float(spans[0, 1]))):
        held = np.zeros((0, 2))
        for condition in alternatives:
            # Each alternative is asked only about what those before it left open.
            held = union(held, condition.where(less(spans, held)))
        spans = held
        if not len(spans):
            return []
    edges = sky.utc(spans)
    # Conversion rounds by 0.2 us; the ends of the search keep what was asked.
    edges = np.clip(edges, first, last)
    return [(int(first), int(last)) for first, last in edges if last > first]


def _lifetime(sky: Sky, a: Place, b: Place, start: int, end: int) -> tuple[int, int]:
    """Return the part of an interval of transmission in which ships exist when they send or receive."""
    for place, other, sends in ((a, b, True), (b, a, False)):
        if isinstance(place, Trajectory):
            edges = np.array([place.departure, place.arrival])
            if not sends:
                edges = edges - np.rint(light_time_received_s(sky, other, place, edges) * 1e9).astype(
                    np.int64
                )
            start, end = max(start, int(edges[0])), min(end, int(edges[1]))
        elif isinstance(place, SpkBody):
            spans = sky.coverage(place)
            if not any(first <= start and end <= last for first, last in spans):
                # The state at the uncovered end says what is covered; it raises, or a gap lies in between.
                sky.state(place, sky.tdb([start, end]))
                raise RangeError(f"the SPK file's coverage of body {place.naif_id} has gaps in the interval")
    return start, end


def conditions(
    sky: Sky,
    a: Place,
    b: Place,
    conventions: Conventions = AS_POINTED,
    span: tuple[float, float] | None = None,
) -> list[list[Condition | TableMask]]:
    """Return what must hold: of each inner list at least one, of the outer list all.

    Args:
        span: the interval in TDB seconds over which it is asked; what roams is sampled over it.
    """
    over = span or _whole(sky, a, b)
    pair = Pair.of(sky, a, b, over)
    wanted: list[list[Condition | TableMask]] = []
    for place, other, sends in ((a, b, True), (b, a, False)):
        if isinstance(place, Site):
            wanted.append(_mask(sky, place, other, sends, conventions, pair))
    homes = {own_body(a), own_body(b)}
    if a.body == b.body and None not in homes:
        if isinstance(a, Orbiter | Elements) and isinstance(b, Orbiter | Elements):
            wanted.append([misses_own_world(sky, a, b)])
        return wanted
    for place, other, sends in ((a, b, True), (b, a, False)):
        if isinstance(place, Orbiter | Elements) and place.body in conventions.blockers:
            wanted.append([limb(sky, place, other, sends, pair)])
    for body in conventions.blockers:
        if body not in homes:
            wanted.append([misses_body(sky, a, b, body, over)])
    return wanted


def _whole(sky: Sky, a: Place, b: Place) -> tuple[float, float]:
    first, last = sky.covers
    for place in (a, b):
        if isinstance(place, Trajectory | SpkBody):
            spans = sky.coverage(place)
            first, last = max(first, spans[0][0]), min(last, spans[-1][1])
    edges = sky.tdb([first, last])
    return float(edges[0]), float(edges[1])


class TableMask:
    """A mask that depends on the azimuth: free above its highest row, never free below its lowest.

    In between the function is the elevation less the mask at the azimuth, which has kinks: with w the
    rate at which the direction turns over the horizon, s the mask's steepest slope and h its highest row, its
    slope is bounded by ``w (1 + s / cos h)``.
    """

    def __init__(self, low: Condition, high: Condition, between: Condition) -> None:
        self.low, self.high, self.between = low, high, between

    def where(self, spans: Floats) -> Floats:
        """Return the part of spans (n, 2) in which the other end stands above the mask."""
        above = self.low.where(spans)
        free = self.high.where(above)
        return union(free, self.between.where(less(above, free)))


def _mask(
    sky: Sky, site: Site, other: Place, sends: bool, conventions: Conventions, pair: Pair
) -> list[Condition | TableMask]:
    low, high, slope = mask_limits_deg(site, conventions)
    if not isinstance(site.mask_deg, tuple):
        return [_above(sky, site, other, sends, low, conventions, pair)]

    def over(tdb: Floats) -> Floats:
        own, _, vector = line(sky, site, other, sends, tdb)
        towards, up = direction(sky, site, vector, own, sends, conventions)
        elevation = np.degrees(np.arcsin(np.clip(dot(towards, up), -1, 1)))
        return elevation - lowest_deg(site, azimuth(sky, site, towards, up, own), conventions)

    steep = 1 + slope / math.cos(math.radians(max(abs(low), abs(high))))
    spin = site.world.spin_rad_s

    def bound(t0: Floats, t1: Floats) -> Floats:
        turn, _ = pair.turn(pair.distance(t0, t1))
        return np.degrees(SLACK * (spin + turn) * steep) + 0 * t0

    rate: Bound = settled(bound, pair)
    if site.body == own_body(other):
        speed, _, least = _near_speeds(site, other)
        # The last part is for the barycentric frame's 1e-4, as in `_near_bound`.
        rate = math.degrees((SLACK * 1.1 * speed / least + 1e-3 * spin) * steep)
    return [
        TableMask(
            _above(sky, site, other, sends, low, conventions, pair),
            _above(sky, site, other, sends, high, conventions, pair),
            Condition(over, rate, 10.0, order=1),
        )
    ]


def _above(
    sky: Sky, site: Site, other: Place, sends: bool, floor_deg: float, conventions: Conventions, pair: Pair
) -> Condition:
    """Sine of the elevation less the floor's; to something around the same world, times the distance in km.

    Bound, with the zenith n turning at w and the direction u as in `Pair.turn`: |(n.u)''| <= w^2 + 2 w |u'| +
    |u''|. Near ends are in `_near_bound`.
    """
    floor = math.sin(math.radians(floor_deg))
    near = site.body == own_body(other)

    def above(tdb: Floats) -> Floats:
        own, ray, vector = line(sky, site, other, sends, tdb)
        towards, up = direction(sky, site, vector, own, sends, conventions)
        sine = dot(towards, up) - floor
        return sine * ray.light_s * C_KM_S if near else sine

    if near:
        return Condition(above, *_near_bound(site, other, floor))
    spin = site.world.spin_rad_s

    def bound(t0: Floats, t1: Floats) -> Floats:
        turn, bend = pair.turn(pair.distance(t0, t1))
        return SLACK * (spin * spin + 2 * spin * turn + bend) + 0 * t0

    return Condition(above, settled(bound, pair), 1.0)


def _near_speeds(site: Site, other: Place) -> tuple[float, float, float]:
    """Bound the speed and acceleration, in the world's turning frame, of a place at a site's own world.

    On a circle it is a sum of turns at the difference of the two rates (weight (1 + cos i) / 2), at their sum
    ((1 - cos i) / 2) and at its own rate (sin i, along the axis). On an ellipse the turning frame adds its
    own speed, and twice it times the speed, and its square times the distance, to the acceleration. Third:
    the least distance in km.
    """
    there, spin = motion(other), site.world.spin_rad_s
    least = max(abs(there.least - motion(site).radius), 1.0)
    if isinstance(other, Elements):
        least = max(there.least - motion(site).radius, 1.0)
        turning = spin * there.radius
        return there.speed + turning, there.acceleration + spin * (2 * there.speed + turning), least
    if not isinstance(other, Orbiter):
        return 0.0, 0.0, least  # A site, or the centre, stands still in that frame.
    tilt = math.radians(other.inclination_deg)
    parts = (
        ((1 + math.cos(tilt)) / 2, abs(there.rate - spin)),
        ((1 - math.cos(tilt)) / 2, there.rate + spin),
        (math.sin(tilt), there.rate),
    )
    speed = there.radius * sum(weight * rate for weight, rate in parts)
    acceleration = there.radius * sum(weight * rate**2 for weight, rate in parts)
    return speed, acceleration, least


def _near_bound(site: Site, other: Place, floor: float) -> tuple[float, float]:
    """Bound the curvature of ``n.d - sin(mask) |d|`` (km/s^2), d from a site to a place at its own world.

    In the world's turning frame n and the site stand still. With v and a as in `_near_speeds` there,
    |(n.d)''| <= a and ||d|''| <= a + v^2 / |d|. A floor of 1e-3 w^2 r covers the barycentric frame's 1e-4 of
    distance.
    """
    speed, acceleration, least = _near_speeds(site, other)
    bound = acceleration + abs(floor) * (acceleration + speed**2 / least)
    scale = max(motion(other).radius, motion(site).radius)
    return SLACK * bound + 1e-3 * site.world.spin_rad_s**2 * scale, scale
