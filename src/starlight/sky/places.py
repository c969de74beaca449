"""Places that can hold a radio: a site on a world, an orbiter around one, a ship under way, a body of a file.

Angles are in degrees, east longitudes and northern latitudes positive. Latitudes are
geodetic (on Mars: planetographic): the angle of the plumb line of the ellipsoid with the equator.
"""

from __future__ import annotations

import math

import msgspec

from starlight.errors import InputError
from starlight.sky.horizon_mask import Mask, check_mask, check_within, mask_rows


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


def _world(body: str, where: str) -> CelestialBody:
    world = CELESTIAL_BODIES.get(body)
    if world is None:
        raise InputError(
            f"{body!r} is no world", where=where, right=f"Allowed: {', '.join(CELESTIAL_BODIES)}"
        )
    return world


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
        check_within(self.latitude_deg, -90, 90, "site.latitude_deg")
        check_within(self.longitude_deg, -360, 360, "site.longitude_deg")
        check_within(self.height_m, -50_000, 100_000, "site.height_m")
        check_mask(self.mask_deg)

    @property
    def world(self) -> CelestialBody:
        """The world that it stands on."""
        return CELESTIAL_BODIES[self.body]

    @property
    def mask_rows(self) -> tuple[tuple[float, float], ...]:
        """Return the mask as rows that go all round, as `mask_rows`."""
        return mask_rows(self.mask_deg)


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
        # Down to 80 km the bounds allow for the world's flattening (`occultation`).
        check_within(self.radius_km, world.equatorial_km + 80, 1_000_000, "orbiter.radius_km")
        check_within(self.inclination_deg, 0, 180, "orbiter.inclination_deg")
        check_within(self.rate_rad_s, 0, 0.01, "orbiter.rate_rad_s")

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
        check_within(self.eccentricity, 0, 0.99, "elements.eccentricity")
        check_within(self.semi_major_km, 1, 1_000_000, "elements.semi_major_km")
        check_within(self.inclination_deg, 0, 180, "elements.inclination_deg")
        for name in ("node_deg", "periapsis_deg", "mean_anomaly_deg"):
            check_within(getattr(self, name), -360, 360, f"elements.{name}")
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
        """Return the body that it moves around."""
        return "sun"

    @property
    def c3_km2_s2(self) -> float:
        """The launch energy: v-infinity at departure, squared."""
        return math.hypot(*self.departure_excess_km_s) ** 2

    @property
    def departure_v_infinity_km_s(self) -> float:
        """Return its speed relative to the world that it leaves."""
        return math.hypot(*self.departure_excess_km_s)

    @property
    def arrival_v_infinity_km_s(self) -> float:
        """Return its speed relative to the world that it reaches."""
        return math.hypot(*self.arrival_excess_km_s)

    @property
    def flight_days(self) -> float:
        """Return the time of flight in days."""
        return (self.arrival - self.departure) / 86_400e9


class SpkBody(msgspec.Struct, frozen=True):
    """A body of an SPK file that a sky was handed by `Sky.carry`, such as a spacecraft's published orbit.

    Attributes:
        naif_id: the number that NAIF gave it; spacecraft have negative ones.
    """

    naif_id: int

    @property
    def body(self) -> str:
        """Return the origin of its position: the Solar System's barycentre."""
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
"""Places that stay with a body."""
Roaming = Trajectory | SpkBody
"""Places that follow a trajectory of their own."""
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
