"""Superior conjunctions, the Sun between Earth and a probe, by the angle between the two at Earth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from starlight.errors import InputError
from starlight.sky.bounds import Pair
from starlight.sky.drawing import sep_angle_deg
from starlight.sky.light import received
from starlight.sky.occultation import SLACK, Condition, settled
from starlight.sky.places import Centre, Place, SpkBody, Trajectory
from starlight.sky.pointing import dot, unit
from starlight.sky.sky import Sky
from starlight.sky.timescales import Floats

_ROUNDS, _POINTS = 4, 401  # Each round narrows the search for the minimum 200-fold: to milliseconds.
_SHORTEST_S = 1.0  # of an interval worth a search


class Conjunction(NamedTuple):
    """One passage of a probe behind the Sun, as light shows it at Earth's centre.

    Attributes:
        enter, minimum, leave: times of reception, in ns; where the search began or ended inside the passage,
            its edge is the search's.
        min_angle_deg: the least Sun-Earth-probe angle.
    """

    enter: int
    minimum: int
    leave: int
    min_angle_deg: float


def conjunctions(
    sky: Sky, start: int, end: int, limit_deg: float = 2.0, probe: Place | None = None
) -> list[Conjunction]:
    """Return when the Sun-Earth-probe angle is below a limit while the probe is beyond the Sun.

    Args:
        start, end: what to search, in ns, by reception at Earth.
        limit_deg: the angle, 0 to 90; 2 is usual for X band, 1 for Ka band.
        probe: whose angle; Mars' centre if None.

    Raises:
        InputError: `limit_deg` is out of range.
        RangeError: the ephemeris doesn't cover the interval.
    """
    if not 0 < limit_deg < 90:
        raise InputError(f"{limit_deg!r} is out of range", where="limit_deg", right="Allowed: 0 to 90")
    target = Centre("mars") if probe is None else probe
    edges = sky.tdb([start, end])
    if isinstance(target, Trajectory | SpkBody):
        known = sky.coverage(target)
        start, end = max(start, known[0][0]), min(end, known[-1][1])
        edges = sky.tdb([start, end])
    if end <= start:
        return []
    near = _near_sun(sky, target, limit_deg, (float(edges[0]), float(edges[1])))
    found = []
    for first, last in near.where(edges.reshape(1, 2)).tolist():
        middle = _least(sky, target, first, last)
        # In front of the Sun it is an inferior conjunction, with no corona in the way.
        if last - first < _SHORTEST_S or not _beyond(sky, target, middle):
            continue
        enter, minimum, leave = sky.utc(np.array([first, middle, last])).tolist()
        angle = float(sep_angle_deg(sky, np.array([middle]), target)[0])
        found.append(Conjunction(max(enter, start), minimum, min(leave, end), angle))
    return found


def _near_sun(sky: Sky, target: Place, limit_deg: float, span: tuple[float, float]) -> Condition:
    """The cosine of the angle less the limit's: |(u.s)''| <= |u''| + 2 |u'| |s'| + |s''|."""
    earth, sun = Centre("earth"), Centre("sun")
    floor = float(np.cos(np.radians(limit_deg)))
    pair, solar = Pair.of(sky, target, earth, span), Pair.of(sky, sun, earth, span)
    swing, curl = solar.turn(solar.least)

    def inside(tdb: Floats) -> Floats:
        u, s = (unit(received(sky, place, earth, tdb).vector_km) for place in (target, sun))
        return dot(u, s) - floor

    def bound(t0: Floats, t1: Floats) -> Floats:
        turn, bend = pair.turn(pair.distance(t0, t1))
        return SLACK * (bend + 2 * turn * swing + curl) + 0 * t0

    return Condition(inside, settled(bound, pair), 1.0)


def _least(sky: Sky, target: Place, first: float, last: float) -> float:
    low, high = first, last
    for _ in range(_ROUNDS):
        times = np.linspace(low, high, _POINTS)
        best = int(np.argmin(sep_angle_deg(sky, times, target)))
        low, high = times[max(best - 1, 0)], times[min(best + 1, _POINTS - 1)]
    return float(times[best])


def _beyond(sky: Sky, target: Place, tdb: float) -> bool:
    earth, when = Centre("earth"), np.array([tdb])
    far, sun = (received(sky, place, earth, when).light_s[0] for place in (target, Centre("sun")))
    return bool(far > sun)
