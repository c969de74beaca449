"""Who can hold a radio: a site on a world, an orbiter around one, a ship on its way, any body of a file.

Angles are in degrees, east longitudes and northern latitudes positive. Latitudes are
geodetic (on Mars: planetographic): the angle of the plumb line of the ellipsoid with the equator.
"""

from __future__ import annotations

import math
from itertools import pairwise

import msgspec

from starlight.errors import InputError


class CelestialBody(msgspec.Struct, frozen=True):
    """A body with a surface.

    Attributes:
        name: as sites call it.
        equatorial_km, polar_km: semi-axes of its ellipsoid.
        gm_km3_s2: its gravity.
        spin_rad_s: its sidereal rotation.
        j2: how oblate its gravity is, with `j2_radius_km`, the radius that it is told for.
    """

    name: str
    equatorial_km: float
    polar_km: float
    gm_km3_s2: float
    spin_rad_s: float
    j2: float
    j2_radius_km: float


CELESTIAL_BODIES = {
    # WGS 84 (NGA.STND.0036, 2014); rotation: IERS Conventions 2010, equation 5.15; J2: EGM2008.
    "earth": CelestialBody(
        "earth",
        6378.137,
        6356.752314245,
        398_600.4418,
        2 * math.pi * 1.00273781191135448 / 86_400,
        1.082_626_35e-3,
        6378.1363,
    ),
    # IAU 2015 ellipsoid and rotation (Archinal et al. 2018); GM of Mars alone: DE440 (Park et al. 2021);
    # J2: MRO120D (Konopliv et al. 2016), C20 = -8.750211e-4 normalised.
    "mars": CelestialBody(
        "mars", 3396.19, 3376.20, 42_828.373_62, math.radians(350.891982443297) / 86_400, 1.956_607e-3, 3396.0
    ),
}
SUN_RADIUS_KM = 695_700.0  # IAU 2015, resolution B3
MOON_RADIUS_KM = 1_737.4  # IAU 2015 (Archinal et al. 2018), mean; its mountains reach 8 km above
SUN_GM_KM3_S2 = 132_712_440_041.279419  # DE440 (Park et al. 2021)
CENTRES = ("sun", "earth", "moon", "mars")
MASK_GAP_DEG = 90.0
"""A mask's neighbouring azimuths may be this far apart."""

Mask = float | tuple[tuple[float, float], ...]
"""One elevation for all directions, or rows of azimuth and elevation, in degrees."""


def _world(body: str, where: str) -> CelestialBody:
    world = CELESTIAL_BODIES.get(body)
    if world is None:
        raise InputError(
            f"{body!r} is no world", where=where, right=f"Allowed: {', '.join(CELESTIAL_BODIES)}"
        )
    return world


def _within(value: float, low: float, high: float, where: str) -> None:
    if not low <= value <= high:  # Also what is not a number.
        raise InputError(f"{value!r} is out of range", where=where, right=f"Allowed: {low:g} to {high:g}")


class Site(msgspec.Struct, frozen=True):
    """A place on a world's surface.

    Attributes:
        body: ``earth`` (WGS 84) or ``mars`` (IAU 2015 ellipsoid).
        latitude_deg: geodetic.
        longitude_deg: east.
        height_m: above the ellipsoid.
        mask_deg: the lowest elevation over the ellipsoid's horizon at which it can talk: a number, or
            rows (azimuth, elevation), azimuths from north over east, ascending from 0 to less than 360 (or to
            360 with the elevation of 0). Between rows it is interpolated, across north too.
    """

    body: str
    latitude_deg: float
    longitude_deg: float
    height_m: float = 0.0
    mask_deg: Mask = 0.0

    def __post_init__(self) -> None:
        _world(self.body, "site.body")
        _within(self.latitude_deg, -90, 90, "site.latitude_deg")
        _within(self.longitude_deg, -360, 360, "site.longitude_deg")
        _within(self.height_m, -50_000, 100_000, "site.height_m")
        if isinstance(self.mask_deg, tuple):
            _check_mask(self.mask_deg)
        else:
            _within(self.mask_deg, -30, 89, "site.mask_deg")

    @property
    def world(self) -> CelestialBody:
        """The world that it stands on."""
        return CELESTIAL_BODIES[self.body]

    @property
    def mask_rows(self) -> tuple[tuple[float, float], ...]:
        """The mask as rows that go all the way round: the first lies before 0 and the last after 360."""
        if not isinstance(self.mask_deg, tuple):
            return ((-1.0, self.mask_deg), (361.0, self.mask_deg))
        rows = self.mask_deg
        if rows[-1][0] == 360 and rows[0][0] == 0:
            rows = rows[:-1]
        return ((rows[-1][0] - 360, rows[-1][1]), *rows, (rows[0][0] + 360, rows[0][1]))


def _check_mask(rows: tuple[tuple[float, float], ...]) -> None:
    """Refuse rows that don't say once, for every direction, how high the horizon is."""
    where = "site.mask_deg"
    if len(rows) < 2 or any(len(row) != 2 for row in rows):
        raise InputError(
            "a table needs two rows (azimuth, elevation) or more", where=where, right="Or give one number"
        )
    for index, (azimuth, elevation) in enumerate(rows):
        _within(azimuth, 0, 360, f"{where}[{index}] azimuth")
        _within(elevation, -30, 89, f"{where}[{index}] elevation")
    azimuths = [azimuth for azimuth, _ in rows]
    for before, after in pairwise(azimuths):
        if before == after:
            raise InputError(f"azimuth {after:g} is there twice", where=where, right="Give each azimuth once")
        if before > after:
            raise InputError(
                f"azimuth {after:g} comes after {before:g}", where=where, right="Sort the rows by azimuth"
            )
    if azimuths[0] == 0 and azimuths[-1] == 360 and rows[0][1] != rows[-1][1]:
        raise InputError(
            f"north is there twice, as azimuth 0 ({rows[0][1]:g}) and 360 ({rows[-1][1]:g})",
            where=where,
            right="Give both the same elevation, or one of them",
        )
    steps = [after - before for before, after in pairwise(azimuths)]
    closing = azimuths[0] + 360 - azimuths[-1]
    # A table that goes round has no larger step across north than it has elsewhere.
    if closing > max(steps):
        _gap(azimuths[-1], azimuths[0], closing)
    widest = max(steps)
    if widest > MASK_GAP_DEG:
        index = steps.index(widest)
        _gap(azimuths[index], azimuths[index + 1], widest)


def _gap(before: float, after: float, width: float) -> None:
    raise InputError(
        f"the table has a gap of {width:g} deg between azimuths {before:g} and {after:g}",
        where="site.mask_deg",
        right="Add rows there, with the elevation of the horizon",
    )


class Orbiter(msgspec.Struct, frozen=True):
    """A spacecraft on a circular two-body orbit around a world.

    The orbit's frame is the world's true equator at the moment of evaluation, with the x axis at
    the equator's ascending node on the ICRF equator (Mars; where the IAU counts W from) or at the
    Celestial Intermediate Origin (Earth). Nothing perturbs it: no oblateness, Moon or Sun.

    Attributes:
        body: ``earth`` or ``mars``.
        radius_km: from the centre.
        inclination_deg, node_deg: of the orbit in that frame.
        phase_deg: angle from the ascending node at `epoch`, along the motion.
        epoch: in ns.
        rate_rad_s: the motion; 0 means by Kepler's third law. A stationary orbiter has the world's own
            rotation here, so that it stays over its longitude for decades.
    """

    body: str
    radius_km: float
    inclination_deg: float
    node_deg: float
    phase_deg: float
    epoch: int
    rate_rad_s: float = 0.0

    def __post_init__(self) -> None:
        world = _world(self.body, "orbiter.body")
        _within(self.radius_km, world.equatorial_km + 80, 1_000_000, "orbiter.radius_km")
        _within(self.inclination_deg, 0, 180, "orbiter.inclination_deg")
        _within(self.rate_rad_s, 0, 0.01, "orbiter.rate_rad_s")

    @property
    def world(self) -> CelestialBody:
        """The world that it circles."""
        return CELESTIAL_BODIES[self.body]

    @property
    def motion_rad_s(self) -> float:
        """Its angular rate in rad/s."""
        return self.rate_rad_s or math.sqrt(self.world.gm_km3_s2 / self.radius_km**3)


class Elements(msgspec.Struct, frozen=True):
    """A spacecraft on an ellipse around a world, which the world's oblateness turns slowly.

    The frame is `Orbiter`'s. With `j2` node, periapsis and mean anomaly drift at their secular rates to first
    order in J2 (Vallado, Fundamentals of Astrodynamics and Applications (2013), section 9.6.1); the
    elements are mean elements then. Short-period terms (some km in low orbits), other harmonics, drag, Moon
    and Sun are left out.

    Attributes:
        body: ``earth`` or ``mars``.
        semi_major_km: half of the long axis.
        eccentricity: 0 to less than 1.
        inclination_deg, node_deg, periapsis_deg: of the orbit at `epoch`; the periapsis from the node.
        mean_anomaly_deg: at `epoch`.
        epoch: in ns.
        j2: whether it drifts.
    """

    body: str
    semi_major_km: float
    eccentricity: float
    inclination_deg: float
    node_deg: float
    periapsis_deg: float
    mean_anomaly_deg: float
    epoch: int
    j2: bool = True

    def __post_init__(self) -> None:
        world = _world(self.body, "elements.body")
        if self.eccentricity >= 1:
            raise InputError(
                f"{self.eccentricity!r} is no orbit: with 1 or more it never comes back",
                where="elements.eccentricity",
                right="Allowed: 0 to 0.99; a ship on its way to another world is a trajectory",
            )
        _within(self.eccentricity, 0, 0.99, "elements.eccentricity")
        _within(self.semi_major_km, 1, 1_000_000, "elements.semi_major_km")
        _within(self.inclination_deg, 0, 180, "elements.inclination_deg")
        for name in ("node_deg", "periapsis_deg", "mean_anomaly_deg"):
            _within(getattr(self, name), -360, 360, f"elements.{name}")
        height = self.periapsis_km - world.equatorial_km
        if height < 80:
            place = f"{-height:.1f} km below the surface" if height < 0 else f"only {height:.1f} km up"
            raise InputError(
                f"its periapsis, {self.periapsis_km:.1f} km from the centre, is {place}",
                where="elements.semi_major_km",
                right=f"a (1 - e) must be {world.equatorial_km + 80:g} km or more at {self.body.title()}",
            )

    @property
    def world(self) -> CelestialBody:
        """The world that it circles."""
        return CELESTIAL_BODIES[self.body]

    @property
    def periapsis_km(self) -> float:
        """Its least distance from the centre."""
        return self.semi_major_km * (1 - self.eccentricity)

    @property
    def apoapsis_km(self) -> float:
        """Its greatest distance from the centre."""
        return self.semi_major_km * (1 + self.eccentricity)

    @property
    def drift_rad_s(self) -> tuple[float, float, float]:
        """The rates of node, periapsis and mean anomaly in rad/s; the last has the mean motion in it."""
        world = self.world
        motion = math.sqrt(world.gm_km3_s2 / self.semi_major_km**3)
        if not self.j2:
            return 0.0, 0.0, motion
        root = math.sqrt(1 - self.eccentricity**2)
        scale = 0.75 * motion * world.j2 * (world.j2_radius_km / (self.semi_major_km * root * root)) ** 2
        cos = math.cos(math.radians(self.inclination_deg))
        return -2 * scale * cos, scale * (5 * cos * cos - 1), motion + scale * root * (3 * cos * cos - 1)


class Trajectory(msgspec.Struct, frozen=True):
    """A ship on its way between two worlds: a conic around the Sun from one's centre to the other's.

    Patched conics: near either world its gravity is left out, so within a million km of them positions are
    those of a sketch. `transfer.transfer` makes one. It exists from departure to arrival.

    Attributes:
        origin, destination: ``earth`` and ``mars``, or the other way round.
        departure, arrival: in ns.
        position_km, velocity_km_s: at departure, from the Sun, in the ICRF.
        departure_excess_km_s, arrival_excess_km_s: relative to the worlds (v-infinity), in the ICRF.
    """

    origin: str
    destination: str
    departure: int
    arrival: int
    position_km: tuple[float, float, float]
    velocity_km_s: tuple[float, float, float]
    departure_excess_km_s: tuple[float, float, float]
    arrival_excess_km_s: tuple[float, float, float]

    @property
    def body(self) -> str:
        """What it moves around."""
        return "sun"

    @property
    def c3_km2_s2(self) -> float:
        """The launch energy: v-infinity at departure, squared."""
        return math.hypot(*self.departure_excess_km_s) ** 2

    @property
    def departure_v_infinity_km_s(self) -> float:
        """How fast it leaves, relative to the world that it leaves."""
        return math.hypot(*self.departure_excess_km_s)

    @property
    def arrival_v_infinity_km_s(self) -> float:
        """How fast it comes in, relative to the world that it reaches."""
        return math.hypot(*self.arrival_excess_km_s)

    @property
    def flight_days(self) -> float:
        """How long it flies, in days."""
        return (self.arrival - self.departure) / 86_400e9


class SpkBody(msgspec.Struct, frozen=True):
    """A body of an SPK file that a sky was handed by `Sky.carry`, such as a spacecraft's published orbit.

    Attributes:
        naif_id: the number that NAIF gave it; spacecraft have negative ones.
    """

    naif_id: int

    @property
    def body(self) -> str:
        """What its position is counted from: the Solar System's barycentre."""
        return "barycentre"


class Centre(msgspec.Struct, frozen=True):
    """The middle of a body: ``sun``, ``earth``, ``moon`` or ``mars``; its own body doesn't hide it."""

    body: str

    def __post_init__(self) -> None:
        if self.body not in CENTRES:
            raise InputError(
                f"{self.body!r} is no body", where="centre.body", right=f"Allowed: {', '.join(CENTRES)}"
            )


Bound = Site | Orbiter | Elements | Centre
"""What stays with a body."""
Roaming = Trajectory | SpkBody
"""What goes its own way."""
Place = Bound | Roaming


def orbit_radius_km(body: str, period_s: float) -> float:
    """Return the radius in km of a circular orbit with a period in seconds (Kepler's third law)."""
    world = _world(body, "body")
    return math.cbrt(world.gm_km3_s2 * (period_s / (2 * math.pi)) ** 2)


def geodetic_km(site: Site) -> tuple[float, float, float]:
    """Return a site's body-fixed position in km.

    Source: Explanatory Supplement to the Astronomical Almanac (2013), equation 4.22.
    """
    world = site.world
    latitude, longitude = math.radians(site.latitude_deg), math.radians(site.longitude_deg)
    squash = (world.polar_km / world.equatorial_km) ** 2
    normal = world.equatorial_km / math.sqrt(math.cos(latitude) ** 2 + squash * math.sin(latitude) ** 2)
    height = site.height_m / 1000
    across = (normal + height) * math.cos(latitude)
    return (
        across * math.cos(longitude),
        across * math.sin(longitude),
        (normal * squash + height) * math.sin(latitude),
    )


def zenith(site: Site) -> tuple[float, float, float]:
    """Return a site's body-fixed unit vector away from the ellipsoid."""
    latitude, longitude = math.radians(site.latitude_deg), math.radians(site.longitude_deg)
    return (
        math.cos(latitude) * math.cos(longitude),
        math.cos(latitude) * math.sin(longitude),
        math.sin(latitude),
    )
