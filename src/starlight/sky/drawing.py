"""Positions for a drawing of the Solar System, and the angles that explain a silence."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from starlight.sky.light import received
from starlight.sky.places import Centre, Place
from starlight.sky.sky import Sky
from starlight.sky.timescales import Floats

AU_KM = 149_597_870.7  # exact (IAU 2012, resolution B2)
_OBLIQUITY = math.radians(84_381.406 / 3600)  # of the ecliptic at J2000 (IAU 2006)


def heliocentric(sky: Sky, time: int) -> dict[str, tuple[float, float]]:
    """Return where Sun, Earth and Mars are at a time in ns, in au, seen from the north of the ecliptic.

    x points to the equinox of J2000, y 90 degrees ahead; what is above or below the ecliptic is left out.
    """
    tdb = sky.tdb([time])
    sun, _ = sky.body("sun", tdb)
    result = {"sun": (0.0, 0.0)}
    for body in ("earth", "mars"):
        x, y, z = ((sky.body(body, tdb)[0] - sun)[:, 0] / AU_KM).tolist()
        result[body] = (x, y * math.cos(_OBLIQUITY) + z * math.sin(_OBLIQUITY))
    return result


def sun_earth_probe_angle_deg(sky: Sky, times: ArrayLike, probe: str | Place = "mars") -> Floats:
    """Return the angle at Earth's centre between the Sun and a probe as light shows them, in degrees.

    Args:
        times: of reception at Earth, in ns, any shape.
        probe: a body's name, or a place, whose angle it is.
    """
    tdb = sky.tdb(times)
    target = Centre(probe) if isinstance(probe, str) else probe
    return sep_angle_deg(sky, tdb.ravel(), target).reshape(tdb.shape)


def sep_angle_deg(sky: Sky, tdb: Floats, probe: Place) -> Floats:
    """Return the Sun-Earth-probe angle (n,) in degrees at TDB seconds (n,) of reception at Earth's centre."""
    earth = Centre("earth")
    sun, other = (-received(sky, place, earth, tdb).vector_km for place in (Centre("sun"), probe))
    cross = np.linalg.norm(np.cross(sun, other, axis=0), axis=0)
    # By the tangent, because the cosine is flat near 0, just where the angle matters.
    angle: Floats = np.degrees(np.arctan2(cross, np.einsum("in,in->n", sun, other)))
    return angle


def distance_km(sky: Sky, a: Place, b: Place, times: ArrayLike) -> Floats:
    """Return the distance of two places at the same instants (ns, any shape), in km; no light time."""
    tdb = sky.tdb(times)
    flat = tdb.ravel()
    apart = sky.state(a, flat)[0] - sky.state(b, flat)[0]
    distance: Floats = np.linalg.norm(apart, axis=0)
    return distance.reshape(tdb.shape)
