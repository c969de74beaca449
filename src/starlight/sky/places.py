"""Who can hold a radio: a site on a world, an orbiter around one, or the middle of one.

Angles are in degrees, east longitudes and northern latitudes positive. Latitudes are
geodetic (on Mars: planetographic): the angle of the plumb line of the ellipsoid with the equator.
"""

from __future__ import annotations

import math

import msgspec

from starlight.errors import InputError


class World(msgspec.Struct, frozen=True):
    """A body with a surface.

    Attributes:
        name: as sites call it.
        equatorial_km, polar_km: semi-axes of its ellipsoid.
        gm_km3_s2: its gravity.
        spin_rad_s: its sidereal rotation.
    """

    name: str
    equatorial_km: float
    polar_km: float
    gm_km3_s2: float
    spin_rad_s: float


WORLDS = {
    # WGS 84 (NGA.STND.0036, 2014); rotation: IERS Conventions 2010, equation 5.15.
    "earth": World(
        "earth", 6378.137, 6356.752314245, 398_600.4418, 2 * math.pi * 1.00273781191135448 / 86_400
    ),
    # IAU 2015 ellipsoid and rotation (Archinal et al. 2018); GM of Mars alone: DE440 (Park et al. 2021).
    "mars": World("mars", 3396.19, 3376.20, 42_828.373_62, math.radians(350.891982443297) / 86_400),
}
SUN_RADIUS_KM = 695_700.0  # IAU 2015, resolution B3
CENTRES = ("sun", "earth", "mars")


def _world(body: str, where: str) -> World:
    world = WORLDS.get(body)
    if world is None:
        raise InputError(f"{body!r} is no world", where=where, right=f"Allowed: {', '.join(WORLDS)}")
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
        mask_deg: the lowest elevation over the ellipsoid's horizon at which it can talk.
    """

    body: str
    latitude_deg: float
    longitude_deg: float
    height_m: float = 0.0
    mask_deg: float = 0.0

    def __post_init__(self) -> None:
        _world(self.body, "site.body")
        _within(self.latitude_deg, -90, 90, "site.latitude_deg")
        _within(self.longitude_deg, -360, 360, "site.longitude_deg")
        _within(self.height_m, -50_000, 100_000, "site.height_m")
        _within(self.mask_deg, -30, 89, "site.mask_deg")

    @property
    def world(self) -> World:
        """The world that it stands on."""
        return WORLDS[self.body]


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
    def world(self) -> World:
        """The world that it circles."""
        return WORLDS[self.body]

    @property
    def motion_rad_s(self) -> float:
        """Its angular rate in rad/s."""
        return self.rate_rad_s or math.sqrt(self.world.gm_km3_s2 / self.radius_km**3)


class Centre(msgspec.Struct, frozen=True):
    """The middle of a body: ``sun``, ``earth`` or ``mars``; nothing hides it but the Sun."""

    body: str

    def __post_init__(self) -> None:
        if self.body not in CENTRES:
            raise InputError(
                f"{self.body!r} is no body", where="centre.body", right=f"Allowed: {', '.join(CENTRES)}"
            )


Place = Site | Orbiter | Centre


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
