"""When a signal sent from one place reaches another.

A window holds transmission times. A signal sent at t reaches the other end at t + light time, and each
end's condition is judged at that end's own time:

* a site sees the other end at its mask or above, over the horizon of the ellipsoid. Refraction is off.
  Stellar aberration is on: the direction is the one in the rest frame of the site, in which it would
  point its dish (SPICE's "XCN+S" at the transmitter, "CN+S" at the receiver);
* an orbiter's own world does not hide the other end: the ray misses its ellipsoid, in the rest frame of
  that world, so that light's way past a moving limb is right;
* the Sun's disc is not between the ends. Noise of the corona is the planner's business, not geometry.

Left out: hiding by the Moon, by Phobos and Deimos, by mountains (the mask stands for those), and by an
atmosphere. A window's edges are good to a few milliseconds of the model; the model's own limits are in
`rotation` and `Sky.notes`.

Each condition is a smooth function with a bound on its second derivative, derived below from how fast the
ends can turn and move, and `search.positive` finds where it holds without missing anything.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np

from starlight.sky.light import C_KM_S, Ray, received, transmitted
from starlight.sky.places import SUN_RADIUS_KM, WORLDS, Centre, Orbiter, Place, Site, geodetic_km
from starlight.sky.search import Function, positive, union
from starlight.sky.sky import Sky
from starlight.sky.timescales import Floats

# The least distances between bodies from 1900 to 2100, in km, less a little: Mars came to 5.576e7 in 2003.
_LEAST_KM = {
    frozenset(("earth", "mars")): 5.4e7,
    frozenset(("earth", "sun")): 1.46e8,
    frozenset(("mars", "sun")): 2.05e8,
}
_BODY_SPEED_KM_S = 60.0  # Earth and Mars pass each other with 57 km/s at most
_BODY_ACCELERATION_KM_S2 = 1e-5  # by the Sun (6e-6, 2.6e-6) and the Moon
# First cells are this coarse: M w^2 / 8 is 2 % of the function's range. Finer gains nothing.
_COARSENESS = 0.02
_LONGEST_STEP_S = 86_400.0
_SLACK = 1.05  # for what bounds leave out: aberration (1e-4), retardation (2e-4), precession


class _Motion(msgspec.Struct, frozen=True):
    """How far from its body's centre a place is (km), how fast it turns (rad/s)."""

    radius: float
    rate: float

    @property
    def speed(self) -> float:
        return self.radius * self.rate

    @property
    def acceleration(self) -> float:
        return self.radius * self.rate**2


class _Condition(msgspec.Struct, frozen=True):
    """A function that is positive when it holds, its curvature's bound, and its range."""

    function: Function
    bound: float
    scale: float

    def where(self, spans: Floats) -> Floats:
        step = min(_LONGEST_STEP_S, math.sqrt(8 * _COARSENESS * self.scale / self.bound))
        return positive(self.function, self.bound, step, spans)


def windows(sky: Sky, a: Place, b: Place, start: int, end: int) -> list[tuple[int, int]]:
    """Return when signals sent from `a` reach `b`.

    Args:
        start, end: the interval of transmission to search, in ns.

    Returns:
        Pairs (start, end) of transmission times in ns, ascending and disjoint; both edges belong to the
        window. A window shorter than 0.05 s may be missed; no other.

    Raises:
        RangeError: `start` or `end` is outside what the ephemeris covers.
    """
    limits = sky.tdb([start, end])
    if start > end:
        return []
    spans = limits.reshape(1, 2)
    for alternatives in conditions(sky, a, b):
        held = [condition.where(spans) for condition in alternatives]
        spans = held[0]
        for more in held[1:]:
            spans = union(spans, more)
        if not len(spans):
            return []
    edges = sky.utc(spans)
    # Conversion rounds by 0.2 us; the ends of the search keep what was asked.
    edges = np.clip(edges, start, end)
    return [(int(first), int(last)) for first, last in edges if last > first]


def conditions(sky: Sky, a: Place, b: Place) -> list[list[_Condition]]:
    """Return what must hold: of each inner list at least one, of the outer list all."""
    wanted: list[list[_Condition]] = []
    for place, other, sends in ((a, b, True), (b, a, False)):
        if isinstance(place, Site):
            wanted.append([_mask(sky, place, other, sends)])
    if a.body == b.body:
        if isinstance(a, Orbiter) and isinstance(b, Orbiter):
            wanted.append(_misses_own_world(sky, a, b))
        return wanted
    for place, other, sends in ((a, b, True), (b, a, False)):
        if isinstance(place, Orbiter):
            wanted.append([_limb(sky, place, other, sends)])
    if "sun" not in (a.body, b.body):
        wanted.append([_sun(sky, a, b, True), _sun(sky, b, a, False)])
    return wanted


def _motion(place: Place) -> _Motion:
    if isinstance(place, Site):
        return _Motion(math.hypot(*geodetic_km(place)), place.world.spin_rad_s)
    if isinstance(place, Orbiter):
        return _Motion(place.radius_km, place.motion_rad_s)
    return _Motion(0.0, 0.0)


def _line(sky: Sky, place: Place, other: Place, sends: bool, tdb: Floats) -> tuple[Floats, Ray, Floats]:
    """Return a place's own time, the ray, and the vector to the other end, of what is sent at `tdb`."""
    if sends:
        ray = transmitted(sky, place, other, tdb)
        return tdb, ray, ray.vector_km
    ray = transmitted(sky, other, place, tdb)
    return tdb + ray.light_s, ray, -ray.vector_km


def _unit(vector: Floats) -> Floats:
    result: Floats = vector / np.sqrt(np.einsum("in,in->n", vector, vector))
    return result


def _dot(a: Floats, b: Floats) -> Floats:
    result: Floats = np.einsum("in,in->n", a, b)
    return result


def _seen(vector: Floats, velocity: Floats, sends: bool) -> Floats:
    """Return the unit vector to the other end in the rest frame of something moving at `velocity` (km/s).

    To first order in v/c (the second is 1 mas): light comes from the direction ``u + v/c``, and must be sent
    to ``u - v/c``.
    """
    return _unit(_unit(vector) + velocity * ((-1 if sends else 1) / C_KM_S))


def elevation_deg(sky: Sky, site: Site, other: Place, tdb: Floats, sends: bool) -> Floats:
    """Return the elevation (n,) in degrees of the other end over a site, at the site's own TDB seconds.

    Args:
        sends: whether the site sends to the other end (it is where the signal will meet it) or receives.
    """
    ray = transmitted(sky, site, other, tdb) if sends else received(sky, other, site, tdb)
    _, velocity, up = sky.around(site, tdb)
    _, orbital = sky.body(site.body, tdb)
    seen = _seen(ray.vector_km if sends else -ray.vector_km, velocity + orbital, sends)
    result: Floats = np.degrees(np.arcsin(np.clip(_dot(seen, up), -1, 1)))
    return result


def _far_turn(place: Place, other: Place) -> tuple[float, float]:
    """Bound how fast the direction to another body's place turns, rad/s, and that rate's own rate.

    With v and a the relative speed and acceleration, d the least distance: |u'| <= v / d and
    |u''| <= a / d + 3 (v / d)^2.
    """
    mine, theirs = _motion(place), _motion(other)
    distance = _LEAST_KM[frozenset((place.body, other.body))] - mine.radius - theirs.radius
    turn = (_BODY_SPEED_KM_S + mine.speed + theirs.speed) / distance
    pull = (_BODY_ACCELERATION_KM_S2 + mine.acceleration + theirs.acceleration) / distance
    return turn, pull + 3 * turn * turn


def _mask(sky: Sky, site: Site, other: Place, sends: bool) -> _Condition:
    """Sine of the elevation less the mask's; to something around the same world, times the distance in km.

    Bound, with the zenith n turning at w and the direction u as in `_far_turn`: |(n.u)''| <= w^2 + 2 w |u'| +
    |u''|. Near ends are in `_near_bound`.
    """
    floor = math.sin(math.radians(site.mask_deg))
    near = site.body == other.body

    def above(tdb: Floats) -> Floats:
        own, ray, vector = _line(sky, site, other, sends, tdb)
        _, velocity, up = sky.around(site, own)
        _, orbital = sky.body(site.body, own)
        sine = _dot(_seen(vector, velocity + orbital, sends), up) - floor
        return sine * ray.light_s * C_KM_S if near else sine

    if near:
        return _Condition(above, *_near_bound(site, other, floor))
    turn, bend = _far_turn(site, other)
    spin = site.world.spin_rad_s
    return _Condition(above, _SLACK * (spin * spin + 2 * spin * turn + bend), 1.0)


def _near_bound(site: Site, other: Place, floor: float) -> tuple[float, float]:
    """Bound the curvature of ``n.d - sin(mask) |d|`` (km/s^2), d from a site to a place at its own world.

    In the world's turning frame n and the site stand still, and the other end is a sum of turns at the
    difference of the two rates (weight (1 + cos i) / 2), at their sum ((1 - cos i) / 2) and at its own rate
    (sin i, along the axis), which bounds its speed v and acceleration a there. Then |(n.d)''| <= a and
    ||d|''| <= a + v^2 / |d|. A floor of 1e-3 w^2 r covers the barycentric frame's 1e-4 of distance.
    """
    there, spin = _motion(other), site.world.spin_rad_s
    tilt = math.radians(other.inclination_deg) if isinstance(other, Orbiter) else 0.0
    parts = (
        ((1 + math.cos(tilt)) / 2, abs(there.rate - spin)),
        ((1 - math.cos(tilt)) / 2, there.rate + spin),
        (math.sin(tilt), there.rate),
    )
    if not isinstance(other, Orbiter):
        parts = ((0.0, 0.0),) * 3  # A site, or the centre, stands still in that frame.
    speed = there.radius * sum(weight * rate for weight, rate in parts)
    acceleration = there.radius * sum(weight * rate**2 for weight, rate in parts)
    here = _motion(site).radius
    least = max(abs(there.radius - here), 1.0)
    bound = acceleration + abs(floor) * (acceleration + speed**2 / least)
    scale = max(there.radius, here)
    return _SLACK * bound + 1e-3 * spin**2 * scale, scale


def _squash(sky: Sky, body: str, tdb: Floats, vector: Floats) -> Floats:
    """Return a vector in the space in which a world's ellipsoid is the unit sphere."""
    world = WORLDS[body]
    matrix, _ = sky.frame(body, tdb)
    radii = np.array([[world.equatorial_km], [world.equatorial_km], [world.polar_km]])
    result: Floats = np.einsum("ijn,in->jn", matrix, vector) / radii
    return result


def _limb(sky: Sky, orbiter: Orbiter, other: Place, sends: bool) -> _Condition:
    """How far the other end, seen from an orbiter, is from behind its own world's limb.

    In the space where the ellipsoid is the unit sphere, with the orbiter at p and the ray along u, they
    meet when ``u.p/|p| < -sqrt(1 - 1/|p|^2)``. The function is the difference of the two sides; it
    turns with the orbit (W) and with u: bounded by W^2 + 2 W |u'| + |u''|, and the flattening adds some
    percent, for which 1.3 is plenty down to 80 km of height.
    """

    def clear(tdb: Floats) -> Floats:
        own, _, vector = _line(sky, orbiter, other, sends, tdb)
        _, orbital = sky.body(orbiter.body, own)
        ray = _unit(_squash(sky, orbiter.body, own, _seen(vector, orbital, sends)))
        point = _squash(sky, orbiter.body, own, sky.around(orbiter, own)[0])
        height = _dot(point, point)
        return _dot(ray, point) / np.sqrt(height) + np.sqrt(1 - 1 / height)

    turn, bend = _far_turn(orbiter, other)
    rate = orbiter.motion_rad_s
    return _Condition(clear, 1.3 * (rate * rate + 2 * rate * turn + bend), 1.0)


def _sun(sky: Sky, place: Place, other: Place, sends: bool) -> _Condition:
    """How far the other end is, seen from a place, from the Sun's disc; only one end need be clear.

    The Sun hides one end from the other when it covers each as seen from the other; seen from the end that is
    nearer the Sun, the other is often in front of the disc, not behind. The Sun stands still to 16 m/s.
    """

    def clear(tdb: Floats) -> Floats:
        own, _, vector = _line(sky, place, other, sends, tdb)
        away = sky.state(place, own)[0] - sky.body("sun", own)[0]
        distance = np.sqrt(_dot(away, away))
        return _dot(_unit(vector), away) / distance + np.sqrt(1 - (SUN_RADIUS_KM / distance) ** 2)

    turn, bend = _far_turn(place, other)
    swing, curl = _far_turn(place, Centre("sun"))
    return _Condition(clear, _SLACK * (bend + 2 * turn * swing + curl), 1.0)


def _misses_own_world(sky: Sky, a: Orbiter, b: Orbiter) -> list[_Condition]:
    """Two orbiters of one world: the line misses it, or its nearest point lies beyond an end.

    In the space where the ellipsoid is the unit sphere, with p and q the ends: |p x q|^2 > |q - p|^2; or
    p.q > p.p (the nearest point is behind p); or p.q > q.q. These are products of turns at the rates P and Q,
    so curvatures are bounded by sums of rates, squared, times their ranges; 1.1 is for the flattening.
    The world moves on by 2 km while light passes it; both ends are taken relative to it at their own times.
    """

    def ends(tdb: Floats) -> tuple[Floats, Floats]:
        light = transmitted(sky, a, b, tdb).light_s
        p = _squash(sky, a.body, tdb, sky.around(a, tdb)[0])
        return p, _squash(sky, a.body, tdb + light, sky.around(b, tdb + light)[0])

    def misses(tdb: Floats) -> Floats:
        p, q = ends(tdb)
        return _dot(p, p) * _dot(q, q) - _dot(p, q) ** 2 - _dot(q - p, q - p)

    def behind_a(tdb: Floats) -> Floats:
        p, q = ends(tdb)
        return _dot(p, q) - _dot(p, p)

    def behind_b(tdb: Floats) -> Floats:
        p, q = ends(tdb)
        return _dot(p, q) - _dot(q, q)

    radius = WORLDS[a.body].polar_km
    rates = (a.motion_rad_s + b.motion_rad_s) ** 2
    wide, tall = a.radius_km / radius, b.radius_km / radius
    product = wide * tall
    square = product**2 + wide**2 + tall**2
    return [
        _Condition(misses, 1.1 * (4 * rates * square + 2 * rates * product), square),
        _Condition(behind_a, 1.1 * rates * (product + 0.05 * wide**2), product),
        _Condition(behind_b, 1.1 * rates * (product + 0.05 * tall**2), product),
    ]
