"""A ship's way between two worlds: the transfer for two dates, and all of them at once: the porkchop.

Patched conics: a heliocentric two-body arc from one world's centre to the other's, of less than a turn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from starlight.dtntime import SECOND, to_text
from starlight.errors import InputError
from starlight.sky.conic import lambert
from starlight.sky.places import CELESTIAL_BODIES, SUN_GM_KM3_S2, Trajectory
from starlight.sky.sky import Sky
from starlight.sky.timescales import DAY_S, Floats, Times

PARKING_KM = {"earth": 300.0, "mars": 400.0}
"""Heights of the circular orbits between which delta-v is told, in km."""

# The ecliptic's north pole in the ICRF: obliquity 84381.406" (IAU 2006). Ships go round it as the worlds do.
_OBLIQUITY = math.radians(84_381.406 / 3600)
_NORTH = np.array([0.0, -math.sin(_OBLIQUITY), math.cos(_OBLIQUITY)])


class Porkchop(msgspec.Struct, frozen=True):
    """Transfers for all pairs of n departures and m arrivals; NaN where there is none.

    Attributes:
        origin, destination: the worlds.
        departures (n,), arrivals (m,): in ns.
        flight_days, c3_km2_s2, departure_v_infinity_km_s, arrival_v_infinity_km_s: (n, m); C3 is the
            square of the first v-infinity.
        delta_v_km_s: (n, m), from a circular orbit at the origin into one at the destination, at the heights
            of `PARKING_KM`.
    """

    origin: str
    destination: str
    departures: Times
    arrivals: Times
    flight_days: Floats
    c3_km2_s2: Floats
    departure_v_infinity_km_s: Floats
    arrival_v_infinity_km_s: Floats
    delta_v_km_s: Floats

    def best(self) -> tuple[int, int]:
        """Return the departure and the arrival, in ns, of the least delta-v.

        Raises:
            InputError: there is no transfer at all.
        """
        if not np.isfinite(self.delta_v_km_s).any():
            raise InputError("no departure comes before an arrival", where="porkchop")
        row, column = np.unravel_index(int(np.nanargmin(self.delta_v_km_s)), self.delta_v_km_s.shape)
        return int(self.departures[row]), int(self.arrivals[column])


def transfer(sky: Sky, origin: str, destination: str, departure: int, arrival: int) -> Trajectory:
    """Return the ship's way from one world to another between two times in ns.

    Raises:
        InputError: no worlds, the arrival not after the departure, or the two places in line with the Sun.
        RangeError: a time that the ephemeris doesn't cover.
    """
    _check(origin, destination)
    if arrival <= departure:
        raise InputError(
            f"the arrival {to_text(arrival)} is not after the departure {to_text(departure)}",
            where="trajectory.arrival",
            right="Fast flights to Mars take 120 days, cheap ones 180 to 330",
        )
    out, back, start, v1, v2 = _flights(sky, origin, destination, [departure], [arrival])
    if not np.isfinite(v1).all():
        raise InputError(
            "origin, Sun and destination stand in one line, so the flight's plane is not defined",
            where="trajectory.arrival",
            right="Move one date by a day",
        )
    return Trajectory(
        origin,
        destination,
        departure,
        arrival,
        _triple(start),
        _triple(v1),
        _triple(v1 - out),
        _triple(v2 - back),
    )


def porkchop(
    sky: Sky,
    departures: ArrayLike | Sequence[int],
    arrivals: ArrayLike | Sequence[int],
    origin: str = "earth",
    destination: str = "mars",
) -> Porkchop:
    """Return what every pair of departure and arrival costs.

    Args:
        departures, arrivals: times in ns, (n,) and (m,).

    Raises:
        InputError: `origin` or `destination` is no world.
        RangeError: a time that the ephemeris doesn't cover.
    """
    _check(origin, destination)
    leave = np.asarray(departures, dtype=np.int64).ravel()
    come = np.asarray(arrivals, dtype=np.int64).ravel()
    out, back, _, v1, v2 = _flights(sky, origin, destination, leave, come)
    shape = (leave.size, come.size)
    leaving, coming = (np.linalg.norm(v, axis=0).reshape(shape) for v in (v1 - out, v2 - back))
    cost = escape_km_s(origin, leaving) + escape_km_s(destination, coming)
    days = (come[None, :] - leave[:, None]) / (DAY_S * SECOND)
    return Porkchop(origin, destination, leave, come, days, leaving**2, leaving, coming, cost)


def escape_km_s(world: str, v_infinity_km_s: ArrayLike, height_km: float | None = None) -> Floats:
    """Return the burn, km/s, between a circular orbit around a world and a hyperbola of some v-infinity.

    Args:
        height_km: of the orbit; `PARKING_KM` if None.

    Source: Curtis (2014), equations 8.40 to 8.42.
    """
    body = CELESTIAL_BODIES[world]
    radius = body.equatorial_km + (PARKING_KM[world] if height_km is None else height_km)
    excess = np.asarray(v_infinity_km_s, dtype=np.float64)
    return cast("Floats", np.sqrt(excess**2 + 2 * body.gm_km3_s2 / radius) - np.sqrt(body.gm_km3_s2 / radius))


def _check(origin: str, destination: str) -> None:
    for key, name in (("origin", origin), ("destination", destination)):
        if name not in CELESTIAL_BODIES:
            raise InputError(
                f"{name!r} is no world",
                where=f"trajectory.{key}",
                right=f"Allowed: {', '.join(CELESTIAL_BODIES)}",
            )
    if origin == destination:
        raise InputError(f"goes from {origin} to {origin}", where="trajectory.destination")


def _flights(
    sky: Sky, origin: str, destination: str, departures: ArrayLike, arrivals: ArrayLike
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return, for all pairs (3, n * m): the worlds' velocities, the start, and the ship's velocities."""
    leave, come = sky.tdb(departures), sky.tdb(arrivals)
    ends = []
    for body, tdb in ((origin, leave), (destination, come)):
        place, velocity = sky.body(body, tdb)
        sun, its_velocity = sky.body("sun", tdb)
        # The conic is around the Sun; the ephemeris counts from the barycentre.
        ends.append((place - sun, velocity - its_velocity))
    n, m = leave.size, come.size
    start, out = (np.repeat(value, m, axis=1) for value in ends[0])
    finish, back = (np.tile(value, (1, n)) for value in ends[1])
    flight = (come[None, :] - leave[:, None]).ravel()
    v1, v2 = lambert(start, finish, flight, SUN_GM_KM3_S2, _NORTH)
    return out, back, start, v1, v2


def _triple(vector: Floats) -> tuple[float, float, float]:
    x, y, z = vector[:, 0].tolist()
    return (x, y, z)
