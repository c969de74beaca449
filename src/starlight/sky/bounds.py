"""Bounds on how fast things move and turn: they make the search for windows a proof.

For what stays with a body these are formulas. For a ship or a body of a file they are taken from its states
at many instants, with a factor to spare; there the search is as good as those samples.
"""

from __future__ import annotations

import math
from typing import cast

import msgspec
import numpy as np

from starlight.sky.light import C_KM_S, transmitted
from starlight.sky.places import Centre, Elements, Orbiter, Place, Site, SpkBody, Trajectory, geodetic_km
from starlight.sky.sky import Sky
from starlight.sky.timescales import Floats

# Of pairs of bodies from 1900 to 2100: the least distance in km, less a little (Mars came to 5.576e7 in
# 2003); the greatest relative speed, km/s, and acceleration, km/s^2 (by the Sun, 6e-6 and 2.6e-6, and
# the Moon).
_PAIRS = {
    frozenset(("earth", "mars")): (5.4e7, 60.0, 1e-5),
    frozenset(("earth", "sun")): (1.46e8, 31.0, 1e-5),
    frozenset(("mars", "sun")): (2.05e8, 27.0, 5e-6),
    frozenset(("earth", "moon")): (3.5e5, 1.2, 5e-6),
    frozenset(("moon", "mars")): (5.36e7, 61.0, 1.5e-5),
    frozenset(("moon", "sun")): (1.455e8, 32.0, 1.5e-5),
}
MOON_REACH_KM = 4.1e5
"""The Moon is never further from Earth."""
_SPARE = 1.5  # on sampled speeds and accelerations
# A file may hold a low orbiter, which turns within minutes; a ship between worlds takes weeks.
_SAMPLES = {"trajectory": 6 * 3600.0, "spk": 300.0}  # seconds between samples
_MOST_SAMPLES = 200_000
_NEAREST_KM = 1.0  # bounds that fall with distance stop growing here


class Motion(msgspec.Struct, frozen=True):
    """Bounds on a place's motion around its body's centre, in its frame: km, s, rad.

    Attributes:
        radius, least: the greatest and the least distance from the centre.
        speed, acceleration: of the position.
        rate, bend: of the direction from the centre, and of its second derivative.
        rise, lift: of the distance from the centre, and of its second derivative.
    """

    radius: float = 0.0
    least: float = 0.0
    speed: float = 0.0
    acceleration: float = 0.0
    rate: float = 0.0
    bend: float = 0.0
    rise: float = 0.0
    lift: float = 0.0


def motion(place: Place) -> Motion:
    """Return how a place moves around the body that it stays with; nothing for what is a centre or roams."""
    if isinstance(place, Site):
        return _circle(math.hypot(*geodetic_km(place)), place.world.spin_rad_s)
    if isinstance(place, Orbiter):
        return _circle(place.radius_km, place.motion_rad_s)
    if isinstance(place, Elements):
        return _ellipse(place)
    return Motion()


def _circle(radius: float, rate: float) -> Motion:
    return Motion(radius, radius, radius * rate, radius * rate**2, rate, rate**2)


def _ellipse(orbit: Elements) -> Motion:
    """With k = n / (1 - e^2)^1.5 the true anomaly v has v' = k (1 + e cos v)^2 and v'' of 2 e k^2 (1 + e)^3
    at most; |r'| <= n a e / sqrt(1 - e^2), |r''| <= mu e / rp^2. The drifts add to the rates.
    """
    to_node, to_periapsis, mean = orbit.drift_rad_s
    e, a, near = orbit.eccentricity, orbit.semi_major_km, orbit.periapsis_km
    drift = abs(to_node) + abs(to_periapsis)
    k = mean / (1 - e * e) ** 1.5
    rate = k * (1 + e) ** 2 + drift
    rise = mean * a * e / math.sqrt(1 - e * e)
    gm = mean * mean * a**3
    speed = mean * a * math.sqrt((1 + e) / (1 - e)) + drift * orbit.apoapsis_km
    # The drifts' own part of the acceleration is twice their rate times the speed, and less.
    acceleration = gm / near**2 + 3 * drift * speed
    bend = rate * rate + 2 * e * k * k * (1 + e) ** 3
    return Motion(orbit.apoapsis_km, near, speed, acceleration, rate, bend, rise, gm * e / near**2)


def own_body(place: Place) -> str | None:
    """Return the body that a place stays with, if it does."""
    return None if isinstance(place, Trajectory | SpkBody) else place.body


class Pair(msgspec.Struct, frozen=True):
    """Two ends: how near they come, and how fast they move relative to each other.

    Attributes:
        sky, a, b: the ends.
        least: the least distance in km if the ends stay with their bodies; 0: it is found cell by cell.
        speed, acceleration: relative, at most; km/s and km/s^2.
    """

    sky: Sky
    a: Place
    b: Place
    least: float
    speed: float
    acceleration: float

    @classmethod
    def of(cls, sky: Sky, a: Place, b: Place, span: tuple[float, float]) -> Pair:
        """Return the bounds for two ends over an interval of TDB seconds."""
        mine, theirs = motion(a), motion(b)
        speed, acceleration, least = mine.speed + theirs.speed, mine.acceleration + theirs.acceleration, 0.0
        near, far = own_body(a), own_body(b)
        if near is None or far is None:
            fast, pull = _sampled(sky, a, b, span)
            return cls(sky, a, b, 0.0, speed + fast, acceleration + pull)
        if near != far:
            apart, fast, pull = _PAIRS[frozenset((near, far))]
            speed, acceleration = speed + fast, acceleration + pull
            least = apart - mine.radius - theirs.radius
        return cls(sky, a, b, least, speed, acceleration)

    @property
    def steady(self) -> bool:
        """Return whether one least distance serves all cells."""
        return self.least > 0

    def distance(self, t0: Floats, t1: Floats) -> Floats | float:
        """Return the least distance (n,) in cells, in km: both ends' distances, less what can be made up."""
        if self.least:
            return self.least
        first, last = (transmitted(self.sky, self.a, self.b, t).light_s * C_KM_S for t in (t0, t1))
        # What is sent within the cell meets the other end a little later or earlier than the cell is wide.
        nearest = (first + last - 1.01 * self.speed * (t1 - t0)) / 2
        return cast("Floats", np.maximum(nearest, _NEAREST_KM))

    def turn(self, distance: Floats | float) -> tuple[Floats | float, Floats | float]:
        """Bound how fast the direction between the ends turns, rad/s, and that rate's own rate.

        With v and a the relative speed and acceleration, d the least distance: |u'| <= v / d and
        |u''| <= a / d + 3 (v / d)^2.
        """
        turn = self.speed / distance
        return turn, self.acceleration / distance + 3 * turn * turn


def speed_past(sky: Sky, place: Place, body: str, span: tuple[float, float]) -> float:
    """Return how fast a place can move relative to a body's centre, km/s."""
    own = own_body(place)
    if own is None:
        return _sampled(sky, place, Centre(body), span)[0]
    if own == body:
        return motion(place).speed
    return _PAIRS[frozenset((own, body))][1] + motion(place).speed


def least_between(a: str, b: str) -> float:
    """Return the least distance of two bodies' centres in km."""
    return _PAIRS[frozenset((a, b))][0]


def _sampled(sky: Sky, a: Place, b: Place, span: tuple[float, float]) -> tuple[float, float]:
    """Return the greatest relative speed and acceleration of two ends' anchors found, with some to spare.

    An anchor is what roams itself, or the centre of the body that a place stays with.
    """
    anchors = [place if own_body(place) is None else Centre(place.body) for place in (a, b)]
    kind = "spk" if any(isinstance(place, SpkBody) for place in anchors) else "trajectory"
    first, last = span
    for place in anchors:
        if isinstance(place, Trajectory | SpkBody):
            edges = sky.tdb(np.array(sky.coverage(place)))
            first, last = max(first, float(edges.min())), min(last, float(edges.max()))
    count = int(min(max((last - first) / _SAMPLES[kind], 8), _MOST_SAMPLES))
    times = np.linspace(first, max(last, first + 1e-3), count)
    if last <= first:
        times = np.array([first, first])
    (_, here), (_, there) = (sky.state(place, times) for place in anchors)
    relative = here - there
    speed = float(np.sqrt(np.einsum("in,in->n", relative, relative)).max())
    change = np.diff(relative, axis=1)
    steps = np.maximum(np.diff(times), 1e-9)
    pull = float((np.sqrt(np.einsum("in,in->n", change, change)) / steps).max())
    return _SPARE * speed, _SPARE * pull + 1e-6
