"""Light time between places: how long a signal is under way, and as polynomials for a contact plan.

A signal leaves `a` at t and reaches `b` at t + tau, with ``c tau = |b(t + tau) - a(t)|`` in the barycentric
frame (the "XCN" of SPICE). The Sun's gravity delays it by up to 0.2 ms more at conjunction, 20 us
usually; that is left out, as SPICE leaves it out.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from starlight.sky.places import Centre, Place, SpkBody, Trajectory
from starlight.sky.sky import Anchored, Sky
from starlight.sky.timescales import Floats

C_KM_S = 299_792.458  # exact (SI)


class Ray(msgspec.Struct, frozen=True, gc=False):
    """A signal's flight, for n times at once.

    Attributes:
        light_s: the light time (n,).
        vector_km: from where it is sent to where it is received (3, n), in the ICRF.
    """

    light_s: Floats
    vector_km: Floats


def transmitted(sky: Sky, a: Place, b: Place, tdb: Floats, here: Anchored | None = None) -> Ray:
    """Return the flight of signals that leave `a` at TDB seconds (n,) and reach `b`.

    Args:
        here: `Sky.anchored` of `a` at these times, where that is at hand.
    """
    return _solve(sky, a, b, tdb, 1, here)


def received(sky: Sky, a: Place, b: Place, tdb: Floats, here: Anchored | None = None) -> Ray:
    """Return the flight of signals that leave `a` so that they reach `b` at TDB seconds (n,).

    Args:
        here: `Sky.anchored` of `b` at these times, where that is at hand.
    """
    ray = _solve(sky, b, a, tdb, -1, here)
    return Ray(ray.light_s, -ray.vector_km)


def _solve(sky: Sky, near: Place, far: Place, tdb: Floats, sign: int, known: Anchored | None) -> Ray:
    """Solve for light time by Newton's rule, with the far end at ``tdb + sign * tau``.

    The first guess, from the bodies' centres at one time, errs by 0.2 s at most; each step squares the
    error times (acceleration / 2 c), 1e-8 per s, so two steps leave less than rounding does.
    """
    anchor, here, _ = sky.anchored(near, tdb) if known is None else known
    if near.body == far.body and not isinstance(far, Trajectory | SpkBody):
        tau = np.zeros_like(tdb)
    else:
        tau = _length(_anchor(sky, far, tdb) - anchor) / C_KM_S
    for _ in range(2):
        there, speed = sky.state(far, tdb + sign * tau)
        vector = there - here
        distance = _length(vector)
        closing = sign * np.einsum("in,in->n", vector, speed) / np.maximum(distance, 1e-9)
        step = (distance - C_KM_S * tau) / (C_KM_S - closing)
        tau = tau + step
    # The far end moves on by the last step, too; to first order that needs no third look at the sky.
    return Ray(tau, vector + sign * step * speed)


def _anchor(sky: Sky, place: Place, tdb: Floats) -> Floats:
    """Return where a place is, or for what stays with a body, the body's centre."""
    if isinstance(place, Trajectory | SpkBody):
        return sky.state(place, tdb)[0]
    return sky.body(place.body, tdb)[0]


def _length(vector: Floats) -> Floats:
    result: Floats = np.sqrt(np.einsum("in,in->n", vector, vector))
    return result


def light_time_s(sky: Sky, a: Place, b: Place, times: ArrayLike) -> Floats:
    """Return the light time in seconds of signals that leave `a` at `times` and reach `b`.

    Args:
        times: transmission times in ns, any shape.

    Returns:
        Seconds, of the same shape; converged below 1e-9 s.

    Raises:
        RangeError: a time that the ephemeris doesn't cover.
    """
    tdb = sky.tdb(times)
    return transmitted(sky, a, b, tdb.ravel()).light_s.reshape(tdb.shape)


def light_time_received_s(sky: Sky, a: Place, b: Place, times: ArrayLike) -> Floats:
    """Return the light time in seconds of signals from `a` that reach `b` at `times` (ns, any shape)."""
    tdb = sky.tdb(times)
    return received(sky, a, b, tdb.ravel()).light_s.reshape(tdb.shape)


def earth_mars_light_time_s(sky: Sky, times: ArrayLike) -> Floats:
    """Return the light time in seconds from Mars' centre, received at Earth's centre at `times` (ns)."""
    return light_time_received_s(sky, Centre("mars"), Centre("earth"), times)
