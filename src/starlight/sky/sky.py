"""Positions of everything: the ephemeris, the turning of Earth and Mars, and places on and around them.

Positions are barycentric, in the ICRF, in km and km/s, arrays of shape (3, n). The ephemeris is a
JPL SPK kernel; DE421 holds Mars' centre (NAIF 499) as equal to the barycentre of Mars and its moons
(4), and so do we: they are never more than 0.2 m apart in truth.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from starlight.dtntime import DAY, HOUR, SECOND, to_text
from starlight.errors import InputError, RangeError
from starlight.sky.conic import eccentric_anomaly, propagated
from starlight.sky.places import (
    SUN_GM_KM3_S2,
    Centre,
    Elements,
    Orbiter,
    Place,
    Site,
    SpkBody,
    Trajectory,
    geodetic_km,
    orbit_radius_km,
    zenith,
)
from starlight.sky.planets import BodySegments, Kernel, common, segments_of
from starlight.sky.rotation import EarthTurning, MarsTurning, Turning
from starlight.sky.spk import BodyKernel, SpkBodies
from starlight.sky.tables import BY_SLOPES, Samples, hermite
from starlight.sky.timescales import DAY_S, UTC_BEGINS, EarthTurn, Floats, Times, tdb_from_utc, utc_from_tdb

# Cubic interpolation over three hours errs by 1 cm at most (Earth's swing around the Earth-Moon barycentre).
_EPHEMERIS_STEP_S = DAY_S / 8
# 2290-01-01: nanoseconds since 2000 in 64 bits last until 2292.
_LAST_DAY = 105_921.0
LAST_TIME = int(_LAST_DAY - 30) * DAY + 12 * HOUR
"""The latest epoch of an orbit, in ns, with room for the tables of how worlds turn."""
# Room for light to come from, or go to, the other end; and for the tables' outer nodes.
_MARGIN = 48 * HOUR
_NAMES = {10: "sun", 399: "earth", 301: "moon", 4: "mars", 499: "mars"}
_BARYCENTRE, _EMB = 0, 3
# NAIF ids of the segments that lead from the Solar System's barycentre to each body.
_CHAINS = {
    "sun": ((0, 10),),
    "earth": ((0, 3), (3, 399)),
    "moon": ((0, 3), (3, 301)),
    "mars": ((0, 4),),
}

Anchored = tuple[Floats, Floats, Floats]
"""The centre of a place's body, its own position (km) and its velocity (km/s), barycentric, each (3, n)."""


class Sky:
    """The Solar System as far as radio between Earth and Mars needs it.

    Args:
        kernel: an open JPL kernel with the Sun, the Earth-Moon barycentre, Earth and Mars' barycentre.
        turn: Earth's UT1.
        name: what the kernel is called, for errors; empty: DE421, which is built in.

    Attributes:
        covers: the first and the last time, in ns, at which everything can be computed but in a gap.
        ut1_until: the last time, in ns, of which the IERS file knows UT1; after it UT1 = UTC.

    Raises:
        KeyError: the kernel lacks a pair of bodies.
        InputError: it covers no time for all of them.
    """

    def __init__(self, kernel: Kernel, turn: EarthTurn, name: str = "") -> None:
        self._name = name
        segments = {pair: segments_of(kernel, *pair) for chain in _CHAINS.values() for pair in chain}
        # Five days of room, more than `_MARGIN`, so that UTC's first hours are covered as well.
        earliest, latest = float(tdb_from_utc(UTC_BEGINS)) - 5 * DAY_S, _LAST_DAY * DAY_S
        spans = common((each.covers for each in segments.values()), earliest, latest)
        margin_s = _MARGIN / SECOND
        spans = [(first, last) for first, last in spans if last - first > 2 * margin_s]
        if not spans:
            right = "Give a planetary SPK file that covers Sun, Earth, Moon and Mars for some days at a time"
            raise InputError("covers no days for all of Sun, Earth, Moon and Mars", where=name, right=right)
        begins, last = spans[0][0], spans[-1][1]
        self._spans = [
            (max(UTC_BEGINS, int(first) + _MARGIN), int(end) - _MARGIN)
            for first, end in utc_from_tdb(np.array(spans))
        ]
        self.covers = (self._spans[0][0], self._spans[-1][1])
        # Between two spans nothing is known, nor is it where a node of the tables lies there.
        self._gaps = [(before[1] - margin_s, after[0] + margin_s) for before, after in pairwise(spans)]
        self.ut1_until = turn.until
        self._bodies = {
            body: Samples(
                partial(_states, [segments[pair] for pair in chain]),
                6,
                begins,
                last,
                _EPHEMERIS_STEP_S,
                BY_SLOPES,
            )
            for body, chain in _CHAINS.items()
        }
        # Worlds turn whatever the kernel covers: an orbit's epoch may lie before it.
        self._turnings: dict[str, Turning] = {
            "earth": EarthTurning(turn, earliest, latest),
            "mars": MarsTurning(earliest, latest),
        }
        self._emb = partial(_states, [segments[0, 3]])
        self._carried = SpkBodies(self._by_id, frozenset((*_NAMES, _BARYCENTRE, _EMB)))
        self._conics: dict[Trajectory, Samples] = {}

    @classmethod
    def from_kernel(cls, kernel: Kernel, eop_text: str, name: str = "") -> Sky:
        """Return the sky of an open kernel, called `name`, and the text of the IERS's ``finals2000A.all``."""
        return cls(kernel, EarthTurn.from_finals(eop_text), name)

    def notes(self) -> list[str]:
        """Return what is assumed and what is left out, a sentence each, for people."""
        return [
            f"Earth's turning is known until {to_text(self.ut1_until)[:10]}; later, UT1 is taken as UTC.",
            "No leap second is assumed after 2017-01-01.",
            "Stellar aberration and light time are on; polar motion (10 m at most) is left out.",
            "At stations on Earth the air bends rays as Bennett's formula has it, unless it is switched off.",
            "Mars is at the barycentre of Mars and its moons.",
        ]

    def tdb(self, times: ArrayLike) -> Floats:
        """Return TDB, in seconds past J2000, of times in ns.

        Raises:
            RangeError: a time that the kernel doesn't cover.
        """
        array = np.asarray(times, dtype=np.int64)
        if array.size:
            for time in (int(array.min()), int(array.max())):
                if not any(first <= time <= last for first, last in self._spans):
                    raise RangeError(self._out_of_range(time))
        return tdb_from_utc(array)

    def utc(self, tdb: Floats) -> Times:
        """Return times in ns of TDB in seconds past J2000."""
        return utc_from_tdb(tdb)

    def ends_text(self) -> str:
        """Return when the ephemeris ends and how to go further, for people."""
        ends = f"the ephemeris ({self._name or 'DE421'}) ends on {to_text(self.covers[1])[:10]}"
        return f"{ends}; --ephemeris takes a longer one"

    def _out_of_range(self, time: int) -> str:
        covered = " and ".join(f"{to_text(a)[:10]} to {to_text(b)[:10]}" for a, b in self._spans)
        between = "in a gap of" if self.covers[0] <= time <= self.covers[1] else "outside"
        outside = f"{to_text(time)} is {between} what the ephemeris covers ({covered})"
        if time < UTC_BEGINS:
            return f"{outside}. UTC as Starlight counts it begins on 1972-01-01"
        if self._name:
            return f"{outside}. That is all of {self._name}: ask within it, or give --ephemeris another file"
        return (
            f"{outside}. DE421 ends in October 2053; hand in a larger kernel, such as JPL's de440.bsp, to go "
            "further (nanoseconds in 64 bits reach 2290): --ephemeris takes it, and "
            "https://naif.jpl.nasa.gov/pub/naif/generic_kernels/spk/planets/ has it"
        )

    def body(self, name: str, tdb: Floats) -> tuple[Floats, Floats]:
        """Return a body's position (km) and velocity (km/s) at TDB seconds (n,); each (3, n)."""
        if name == "barycentre":
            return np.zeros((3, tdb.size)), np.zeros((3, tdb.size))
        for begins, ends in self._gaps:
            inside = (tdb > begins) & (tdb < ends)
            # An interval may begin before a gap and end after it, so its edges alone don't tell.
            if inside.any():
                raise RangeError(self._out_of_range(int(utc_from_tdb(tdb[inside])[0])))
        return hermite(self._bodies[name], tdb)

    def carry(self, kernel: BodyKernel) -> tuple[int, ...]:
        """Take the bodies of another open SPK file, so that `SpkBody` can name them; return their NAIF ids.

        Args:
            kernel: ``jplephem.spk.SPK.open(path)``; it must stay open as long as the sky is used.

        Raises:
            InputError: the file has no body of its own, or segments that can't be read.
        """
        return self._carried.add(kernel)

    def coverage(self, place: Trajectory | SpkBody) -> list[tuple[int, int]]:
        """Return the intervals, in ns, in which something that roams is known; ascending and disjoint."""
        if isinstance(place, Trajectory):
            return [(place.departure, place.arrival)]
        spans = self._carried.covers(place.naif_id)
        return [(int(first), int(last)) for first, last in utc_from_tdb(np.array(spans))]

    def _by_id(self, naif_id: int, tdb: Floats) -> tuple[Floats, Floats]:
        if naif_id == _BARYCENTRE:
            return np.zeros((3, tdb.size)), np.zeros((3, tdb.size))
        if naif_id == _EMB:
            rows = self._emb(tdb).T
            return rows[:3], rows[3:]
        return self.body(_NAMES[naif_id], tdb)

    def frame(self, body: str, tdb: Floats) -> tuple[Floats, Floats]:
        """Return a world's equatorial frame in the ICRF (3, 3, n), and its prime meridian's angle (n,)."""
        return self._turnings[body].frame(tdb)

    def around(self, place: Place, tdb: Floats) -> tuple[Floats, Floats, Floats]:
        """Return a place's position (km) and velocity (km/s) from its body's centre, and its zenith.

        All in the ICRF, (3, n). The zenith is a unit vector; of what flies, away from the centre; of a
        centre, zero. The turning of the pole itself is left out of velocities: 1e-7 km/s.
        """
        if isinstance(place, Centre):
            zero = np.zeros((3, tdb.size))
            return zero, zero, zero
        if isinstance(place, Trajectory | SpkBody):
            position, velocity = self._roaming(place, tdb)
            return position, velocity, position / np.sqrt(np.einsum("in,in->n", position, position))
        matrix, position, velocity, up = self._bound(place, tdb)
        return _turn(matrix, position), _turn(matrix, velocity), _turn(matrix, up)

    def _bound(self, place: Site | Elements | Orbiter, tdb: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return a world's frame, and position, velocity and zenith of what stays with it, in that frame."""
        matrix, meridian = self.frame(place.body, tdb)
        if isinstance(place, Site):
            return matrix, *_on_ground(place, meridian)
        epoch = float(tdb_from_utc(place.epoch))
        if isinstance(place, Elements):
            return matrix, *_on_ellipse(place, tdb - epoch)
        return matrix, *_in_orbit(place, tdb, epoch)

    def state(self, place: Place, tdb: Floats) -> tuple[Floats, Floats]:
        """Return a place's barycentric position (km) and velocity (km/s), each (3, n)."""
        return self.anchored(place, tdb)[1:]

    def anchored(self, place: Place, tdb: Floats) -> Anchored:
        """Return what `state` does, and before it where the place is anchored: what roams, at itself."""
        centre, speed_there = self.body(place.body, tdb)
        if isinstance(place, Centre):
            return centre, centre, speed_there
        if isinstance(place, SpkBody):
            position, velocity = self._carried.state(place.naif_id, tdb)
            return position, position, velocity
        if isinstance(place, Trajectory):
            local, speed = self._roaming(place, tdb)
            return centre + local, centre + local, speed_there + speed
        # The zenith, which `around` tells as well, is of no interest to most who ask.
        matrix, local, speed, _ = self._bound(place, tdb)
        return centre, centre + _turn(matrix, local), speed_there + _turn(matrix, speed)

    def _roaming(self, place: Trajectory | SpkBody, tdb: Floats) -> tuple[Floats, Floats]:
        if isinstance(place, SpkBody):
            return self._carried.state(place.naif_id, tdb)
        samples = self._conics.get(place)
        if samples is None:
            begins, ends = self.tdb([place.departure, place.arrival])
            margin = _MARGIN / SECOND
            compute = partial(_conic_rows, place, begins)
            samples = Samples(compute, 6, begins - margin, ends + margin, _EPHEMERIS_STEP_S, BY_SLOPES)
            self._conics[place] = samples
        outside = (tdb < samples.start) | (tdb > samples.end)
        if outside.any():
            raise RangeError(
                f"{to_text(int(utc_from_tdb(tdb[outside])[0]))} is outside the ship's flight "
                f"({to_text(place.departure)} to {to_text(place.arrival)}). Ask within it"
            )
        return hermite(samples, tdb)


def stationary(sky: Sky, body: str, longitude_deg: float, epoch: int) -> Orbiter:
    """Return the orbiter that stays over an east longitude of a world's equator.

    Its rate is the world's own sidereal rotation, so it does stay there, as station keeping would have it:
    within 0.001 deg over 26 years at Mars.

    Args:
        body: ``mars`` or ``earth``.
        longitude_deg: east.
        epoch: in ns.
    """
    if body not in ("earth", "mars"):
        raise InputError(f"{body!r} is no world", where="body", right="Allowed: earth, mars")
    # By the scale of time alone: an epoch may lie before what the ephemeris covers.
    if not UTC_BEGINS <= epoch <= LAST_TIME:
        first, last = to_text(UTC_BEGINS)[:10], to_text(LAST_TIME)[:10]
        raise RangeError(f"the epoch {to_text(epoch)} is outside {first} to {last}")
    _, meridian = sky.frame(body, tdb_from_utc(np.array([epoch])))
    phase = (float(np.degrees(meridian[0])) + longitude_deg) % 360
    probe = Site(body, 0, 0).world
    radius = orbit_radius_km(body, 2 * np.pi / probe.spin_rad_s)
    return Orbiter(body, float(radius), 0.0, 0.0, phase, epoch, probe.spin_rad_s)


def _states(segments: list[BodySegments], tdb: Floats) -> Floats:
    rows = np.zeros((tdb.size, 6))
    for each in segments:
        position, velocity = each.state(tdb)
        rows[:, :3] += position.T
        rows[:, 3:] += velocity.T
    return rows


def _turn(matrix: Floats, vector: Floats) -> Floats:
    result: Floats = np.einsum("ijn,jn->in", matrix, vector)
    return result


def _on_ground(site: Site, meridian: Floats) -> tuple[Floats, Floats, Floats]:
    cos, sin = np.cos(meridian), np.sin(meridian)
    x, y, z = geodetic_km(site)
    position = np.array([x * cos - y * sin, x * sin + y * cos, np.full_like(cos, z)])
    spin = site.world.spin_rad_s
    velocity = np.array([-spin * position[1], spin * position[0], np.zeros_like(cos)])
    x, y, z = zenith(site)
    return position, velocity, np.array([x * cos - y * sin, x * sin + y * cos, np.full_like(cos, z)])


def _in_orbit(orbiter: Orbiter, tdb: Floats, epoch: float) -> tuple[Floats, Floats, Floats]:
    rate = orbiter.motion_rad_s
    angle = np.radians(orbiter.phase_deg) + rate * (tdb - epoch)
    cos, sin = np.cos(angle), np.sin(angle)
    cn, sn = np.cos(np.radians(orbiter.node_deg)), np.sin(np.radians(orbiter.node_deg))
    ci, si = np.cos(np.radians(orbiter.inclination_deg)), np.sin(np.radians(orbiter.inclination_deg))
    up = np.array([cn * cos - sn * ci * sin, sn * cos + cn * ci * sin, si * sin])
    along = np.array([-cn * sin - sn * ci * cos, -sn * sin + cn * ci * cos, si * cos])
    return orbiter.radius_km * up, orbiter.radius_km * rate * along, up


def _on_ellipse(orbit: Elements, elapsed_s: Floats) -> tuple[Floats, Floats, Floats]:
    """Return position, velocity and the direction up from Keplerian elements with secular drift.

    Source: Vallado (2013), algorithm 10 (COE2RV); velocities have the drift of node and periapsis in them.
    """
    to_node, to_periapsis, motion = orbit.drift_rad_s
    e, root = orbit.eccentricity, np.sqrt(1 - orbit.eccentricity**2)
    anomaly = eccentric_anomaly(np.radians(orbit.mean_anomaly_deg) + motion * elapsed_s, e)
    cos, sin = np.cos(anomaly), np.sin(anomaly)
    a = orbit.semi_major_km
    x, y = a * (cos - e), a * root * sin
    rate = motion / (1 - e * cos)
    turn = np.radians(orbit.periapsis_deg) + to_periapsis * elapsed_s
    vx, vy = -a * sin * rate - to_periapsis * y, a * root * cos * rate + to_periapsis * x
    cw, sw = np.cos(turn), np.sin(turn)
    x, y, vx, vy = cw * x - sw * y, sw * x + cw * y, cw * vx - sw * vy, sw * vx + cw * vy
    node = np.radians(orbit.node_deg) + to_node * elapsed_s
    cn, sn = np.cos(node), np.sin(node)
    ci, si = np.cos(np.radians(orbit.inclination_deg)), np.sin(np.radians(orbit.inclination_deg))
    position = np.array([cn * x - sn * ci * y, sn * x + cn * ci * y, si * y])
    velocity = np.array([cn * vx - sn * ci * vy, sn * vx + cn * ci * vy, si * vy])
    velocity += to_node * np.array([-position[1], position[0], np.zeros_like(x)])
    return position, velocity, position / np.sqrt(np.einsum("in,in->n", position, position))


def _conic_rows(ship: Trajectory, begins: float, tdb: Floats) -> Floats:
    position, velocity = np.array(ship.position_km), np.array(ship.velocity_km_s)
    return np.concatenate(propagated(position, velocity, SUN_GM_KM3_S2, tdb - begins)).T
