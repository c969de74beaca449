"""Occultation: by an orbiter's own world, and by any other body between two ends.

Each returns a `Condition`: a function that is positive while the ray is free, with the bound that makes the
search for its sign changes complete.
"""

from __future__ import annotations

import math
from typing import cast

import msgspec
import numpy as np

from starlight.sky.bounds import MOON_REACH_KM, Motion, Pair, least_between, motion, own_body, speed_past
from starlight.sky.light import Ray, transmitted
from starlight.sky.places import (
    CELESTIAL_BODIES,
    MOON_RADIUS_KM,
    SUN_RADIUS_KM,
    CelestialBody,
    Elements,
    Orbiter,
    Place,
)
from starlight.sky.pointing import dot, seen, unit
from starlight.sky.search import Bound, Function, positive
from starlight.sky.sky import Sky
from starlight.sky.timescales import Floats

# First cells are this coarse: M w^2 / 8 is 15 % of the function's range. Finer gains nothing.
_COARSENESS = 0.15
_LONGEST_STEP_S = 86_400.0
_FLAT = 1.3  # for the worlds' flattening, which makes heights swing by some percent; plenty down to 80 km
SLACK = 1.05  # for what bounds leave out: aberration (1e-4), retardation (2e-4), precession
_RADII_KM = {
    "sun": SUN_RADIUS_KM,
    "moon": MOON_RADIUS_KM,
    **{name: world.equatorial_km for name, world in CELESTIAL_BODIES.items()},
}
_ROAMING_STEP_S = 6 * 3600.0


class Condition(msgspec.Struct, frozen=True):
    """A function that is positive when something holds.

    Attributes:
        function: of TDB seconds of transmission.
        bound: on the magnitude of its second derivative, or of its first if `order` is 1.
        scale: its range.
        order: 2 or 1.
    """

    function: Function
    bound: Bound
    scale: float
    order: int = 2

    def where(self, spans: Floats) -> Floats:
        """Return the part of spans (n, 2) in which it holds."""
        if callable(self.bound):
            step = _ROAMING_STEP_S
        elif self.order == 1:
            step = min(_LONGEST_STEP_S, self.scale / self.bound)
        else:
            step = min(_LONGEST_STEP_S, math.sqrt(8 * _COARSENESS * self.scale / self.bound))
        return positive(self.function, self.bound, step, spans, order=self.order)


def line(sky: Sky, place: Place, other: Place, sends: bool, tdb: Floats) -> tuple[Floats, Ray, Floats]:
    """Return a place's own time, the ray, and the vector to the other end, of what is sent at `tdb`."""
    if sends:
        ray = transmitted(sky, place, other, tdb)
        return tdb, ray, ray.vector_km
    ray = transmitted(sky, other, place, tdb)
    return tdb + ray.light_s, ray, -ray.vector_km


def _squash(sky: Sky, body: str, tdb: Floats, vector: Floats) -> Floats:
    """Return a vector in the space in which a body's ellipsoid is the unit sphere."""
    world = CELESTIAL_BODIES.get(body)
    if world is None:
        return vector / _RADII_KM[body]
    matrix, _ = sky.frame(body, tdb)
    radii = np.array([[world.equatorial_km], [world.equatorial_km], [world.polar_km]])
    return cast("Floats", np.einsum("ijn,in->jn", matrix, vector) / radii)


def limb(sky: Sky, orbiter: Orbiter | Elements, other: Place, sends: bool, pair: Pair) -> Condition:
    """Return how far the other end, seen from an orbiter, is from behind its own world's limb.

    In the space where the ellipsoid is the unit sphere, with the orbiter at p and the ray along u, they
    meet when ``u.p/|p| < -sqrt(1 - 1/|p|^2)``. The function is the difference of the two sides. With W and B
    the bounds on the orbit's turning and on its rate's rate, the left side is bounded by B + 2 W |u'| +
    |u''|; the right side as in `_horizon`.
    """

    def clear(tdb: Floats) -> Floats:
        own, _, vector = line(sky, orbiter, other, sends, tdb)
        _, orbital = sky.body(orbiter.body, own)
        ray = unit(_squash(sky, orbiter.body, own, seen(vector, orbital, sends)))
        point = _squash(sky, orbiter.body, own, sky.around(orbiter, own)[0])
        height = dot(point, point)
        return dot(ray, point) / np.sqrt(height) + np.sqrt(1 - 1 / height)

    moves = motion(orbiter)
    _, sinking = _horizon(moves, orbiter.world)

    def bound(t0: Floats, t1: Floats) -> Floats:
        turn, bend = pair.turn(pair.distance(t0, t1))
        # The last term spreads a number that all cells share over the cells.
        return _FLAT * (moves.bend + 2 * moves.rate * turn + bend + sinking) + 0 * t0

    return Condition(clear, settled(bound, pair), 1.0)


def _horizon(moves: Motion, world: CelestialBody) -> tuple[float, float]:
    """Bound how fast g = sqrt(1 - 1/h^2) and 1/h change, and these rates' own rates, with h in radii.

    g' = h'/(g h^3); |g''| <= h'^2 (3/(g h^4) + 1/(g^3 h^6)) + |h''|/(g h^3); |(1/h)'| <= h'/h^2; |(1/h)''| <=
    2 h'^2/h^3 + |h''|/h^2: all greatest where h is least.
    """
    low = moves.least / world.equatorial_km
    g = math.sqrt(1 - low**-2)
    rise, lift = moves.rise / world.polar_km, moves.lift / world.polar_km
    bend = (3 / (g * low**4) + 1 / (g**3 * low**6)) * rise**2 + lift / (g * low**3)
    slope = max(rise / (g * low**3), rise / low**2)
    return slope, max(bend, 2 * rise**2 / low**3 + lift / low**2)


def settled(bound: Bound, pair: Pair) -> Bound:
    """Return a bound as a number where it is the same for all cells."""
    if callable(bound) and pair.steady:
        return float(bound(np.zeros(1), np.zeros(1))[0])
    return bound


def misses_body(sky: Sky, a: Place, b: Place, body: str, span: tuple[float, float]) -> Condition:
    """Return how far the ray, or the nearer end of it, passes from the surface of a body, in km.

    The body is where it is when the ray passes it. The distance of a point from a segment changes no faster
    than the segment's ends move past the point: the greater of both ends' speeds bounds the slope. A body
    near one end alone (the Moon, for an end at Earth) meets the part of the ray near that end, which the
    other end moves in proportion. A flattened body is stretched to a sphere, which
    stretches speeds by 1 % at most.
    """
    radius = _RADII_KM[body]

    def clear(tdb: Floats) -> Floats:
        ray = transmitted(sky, a, b, tdb)
        start, ray_km = sky.state(a, tdb)[0], ray.vector_km
        length = np.maximum(dot(ray_km, ray_km), 1e-18)
        reach = sky.body(body, tdb)[0] - start
        # When the ray passes it; a body moves by 1e-4 of its distance until then.
        for _ in range(2):
            passing = tdb + ray.light_s * np.clip(dot(reach, ray_km) / length, 0, 1)
            reach = sky.body(body, passing)[0] - start
        finish, point = _squash(sky, body, passing, ray_km), _squash(sky, body, passing, reach)
        along = np.clip(dot(point, finish) / np.maximum(dot(finish, finish), 1e-18), 0, 1)
        miss = point - along * finish
        return (np.sqrt(dot(miss, miss)) - 1) * radius

    speeds = [speed_past(sky, place, body, span) for place in (a, b)]
    speed = max(speeds)
    ends = [own_body(place) for place in (a, b)]
    for near, far in ((0, 1), (1, 0)):
        here, there = ends[near], ends[far]
        if here and there and {here, body} == {"earth", "moon"} and there not in ("earth", "moon"):
            share = MOON_REACH_KM / (least_between(here, there) - MOON_REACH_KM)
            speed = speeds[near] + share * speeds[far]
    return Condition(clear, SLACK * speed, 1e6 if body == "sun" else 1e5, order=1)


def misses_own_world(sky: Sky, a: Orbiter | Elements, b: Orbiter | Elements) -> Condition:
    """Return how far the line between two orbiters of one world is from its limb.

    In the space where the ellipsoid is the unit sphere, with p and q the ends, each sees its horizon
    arccos(1/|p|), or arccos(1/|q|), away from its own foot: the line is free while the angle between p and
    q is less than their sum. The function is the difference of the cosines; with g = sqrt(1 - 1/|p|^2), that
    of the sum is ``1 / (|p| |q|) - g_p g_q``, whose two products are bounded by Leibniz's rule.
    The world moves on by 2 km while light passes it; both ends are taken relative to it at their own times.
    """

    def clear(tdb: Floats) -> Floats:
        light = transmitted(sky, a, b, tdb).light_s
        p = _squash(sky, a.body, tdb, sky.around(a, tdb)[0])
        q = _squash(sky, a.body, tdb + light, sky.around(b, tdb + light)[0])
        pp, qq = dot(p, p), dot(q, q)
        return (dot(p, q) - 1) / np.sqrt(pp * qq) + np.sqrt((1 - 1 / pp) * (1 - 1 / qq))

    mine, theirs = motion(a), motion(b)
    (first_p, second_p), (first_q, second_q) = (_horizon(moves, a.world) for moves in (mine, theirs))
    sinking = second_p + 2 * first_p * first_q + second_q
    bound = mine.bend + 2 * mine.rate * theirs.rate + theirs.bend + 2 * sinking
    return Condition(clear, _FLAT * bound, 1.0)
