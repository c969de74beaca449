"""Pointing of antennas: elevation and azimuth, the air's refraction, aberration, a site's mask.

What is assumed is a value, `Conventions`, so that two answers can be compared that assume different things.
"""

from __future__ import annotations

from typing import Literal, cast

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from starlight.errors import InputError
from starlight.sky.light import C_KM_S, Ray, received, transmitted
from starlight.sky.places import CENTRES, Place, Site
from starlight.sky.sky import Sky
from starlight.sky.timescales import Floats

_ROUNDS = 12  # of a map that shrinks errors to a fifth: 1e-9 of what it starts with
_LOWEST_DEG = -1.0  # below it Bennett's formula means nothing, and its value there is kept


class Conventions(msgspec.Struct, frozen=True):
    """The meaning of "sees".

    Attributes:
        refraction: ``bennett``: the air over a station on Earth lifts what it sees, by Bennett's formula
            (1982), at 10 degrees Celsius and the pressure of the standard atmosphere at the station's height;
            masks and elevations are apparent ones, as antennas point. ``none``: they are geometric. Mars'
            thin air lifts by less than 0.01 deg, which is left out.
        aberration: whether directions are those in the rest frame of the site, as antennas point, or those in
            the barycentric frame. (Light time is always on.)
        blockers: the bodies that hide one end from the other, besides a site's own, whose mask does that.

    Earth's turning is not a choice: UT1 - UTC of the IERS's file, interpolated linearly between midnights
    with leap seconds taken out, and UT1 = UTC after its end.
    """

    refraction: Literal["bennett", "none"] = "bennett"
    aberration: bool = True
    blockers: tuple[str, ...] = CENTRES

    def __post_init__(self) -> None:
        if self.refraction not in ("bennett", "none"):
            raise InputError(
                f"{self.refraction!r} is unknown",
                where="conventions.refraction",
                right="Allowed: bennett, none",
            )
        for body in self.blockers:
            if body not in CENTRES:
                raise InputError(
                    f"{body!r} is no body",
                    where="conventions.blockers",
                    right=f"Allowed: {', '.join(CENTRES)}",
                )

    def refracts(self, site: Site) -> bool:
        """Return whether rays bend at a site."""
        return self.refraction == "bennett" and site.body == "earth"


AS_POINTED = Conventions()
"""What antennas meet: refraction and aberration on, the Sun, Earth, Mars and the Moon in the way."""
GEOMETRIC = Conventions(refraction="none", aberration=False)
"""Straight lines in the barycentric frame."""


def refraction_deg(apparent_deg: ArrayLike, height_m: float = 0.0) -> Floats:
    """Return by how much Earth's air lifts what is seen at apparent elevations, in degrees.

    Source: Bennett (1982), Journal of Navigation 35:255, as Meeus, Astronomical Algorithms, formula 16.3:
    34.5' at the horizon; good to 0.1' for light. The pressure falls with height as ISO 2533 has it.
    """
    apparent = np.maximum(np.asarray(apparent_deg, dtype=np.float64), _LOWEST_DEG)
    pressure = (1 - 2.25577e-5 * min(height_m, 40_000)) ** 5.25588  # of that at sea level, 1010 mbar
    lift = 1 / 60 / np.tan(np.radians(apparent + 7.31 / (apparent + 4.4)))
    return cast("Floats", np.maximum(lift, 0) * pressure)


def apparent_deg(true_deg: Floats, height_m: float = 0.0) -> Floats:
    """Return the apparent elevations of true ones, degrees: the inverse of ``h - refraction_deg(h)``."""
    apparent = true_deg
    for _ in range(_ROUNDS):
        apparent = true_deg + refraction_deg(apparent, height_m)
    return apparent


def unit(vector: Floats) -> Floats:
    """Return vectors (3, n) scaled to length 1."""
    return cast("Floats", vector / np.sqrt(np.einsum("in,in->n", vector, vector)))


def dot(a: Floats, b: Floats) -> Floats:
    """Return the products (n,) of vectors (3, n)."""
    return cast("Floats", np.einsum("in,in->n", a, b))


def seen(vector: Floats, velocity: Floats, sends: bool) -> Floats:
    """Return the unit vector to the other end in the rest frame of something moving at `velocity` (km/s).

    To first order in v/c (the second is 1 mas): light comes from the direction ``u + v/c``, and must be sent
    to ``u - v/c``.
    """
    return unit(unit(vector) + velocity * ((-1 if sends else 1) / C_KM_S))


def direction(
    sky: Sky, site: Site, vector: Floats, tdb: Floats, sends: bool, conventions: Conventions
) -> tuple[Floats, Floats]:
    """Return the direction to the other end, and the zenith, at a site's own times; unit vectors (3, n)."""
    _, velocity, up = sky.around(site, tdb)
    if not conventions.aberration:
        return unit(vector), up
    _, orbital = sky.body(site.body, tdb)
    return seen(vector, velocity + orbital, sends), up


def azimuth(sky: Sky, site: Site, towards: Floats, up: Floats, tdb: Floats) -> Floats:
    """Return azimuths (n,) in degrees, 0 to 360 from north over east, of directions (3, n)."""
    matrix, _ = sky.frame(site.body, tdb)
    pole = matrix[:, 2]
    # At a pole every direction is south (or north); its azimuth is counted from nothing real.
    east = np.cross(pole, up, axis=0)
    north = np.cross(up, east, axis=0)
    return cast("Floats", np.degrees(np.arctan2(dot(towards, east), dot(towards, north))) % 360)


def _pointed(
    sky: Sky, site: Site, ray: Ray, tdb: Floats, sends: bool, conventions: Conventions
) -> tuple[Floats, Floats, Floats]:
    vector = ray.vector_km if sends else -ray.vector_km
    towards, up = direction(sky, site, vector, tdb, sends, conventions)
    true = np.degrees(np.arcsin(np.clip(dot(towards, up), -1, 1)))
    bent = apparent_deg(true, site.height_m) if conventions.refracts(site) else true
    return towards, up, bent


def _ray(sky: Sky, site: Site, other: Place, tdb: Floats, sends: bool) -> Ray:
    return transmitted(sky, site, other, tdb) if sends else received(sky, other, site, tdb)


def elevation_deg(
    sky: Sky,
    site: Site,
    other: Place,
    tdb: Floats,
    sends: bool,
    conventions: Conventions = AS_POINTED,
) -> Floats:
    """Return the elevation (n,) in degrees of the other end over a site, at the site's own TDB seconds.

    Args:
        sends: whether the site sends to the other end (it is where the signal will meet it) or receives.
        conventions: with refraction it is the apparent elevation.
    """
    return elevation_along_deg(sky, site, _ray(sky, site, other, tdb, sends), tdb, sends, conventions)


def elevation_along_deg(
    sky: Sky,
    site: Site,
    ray: Ray,
    tdb: Floats,
    sends: bool,
    conventions: Conventions = AS_POINTED,
) -> Floats:
    """Return what `elevation_deg` does, of rays that are known: sent or received by a site at TDB seconds."""
    return _pointed(sky, site, ray, tdb, sends, conventions)[2]


def elevation_azimuth(
    sky: Sky,
    site: Site,
    other: Place,
    times: ArrayLike,
    *,
    sends: bool,
    conventions: Conventions = AS_POINTED,
) -> tuple[Floats, Floats]:
    """Return where an antenna at a site points: elevation and azimuth in degrees.

    Args:
        times: the site's own, in ns, any shape.
        sends: whether it sends to the other end, or receives from it.

    Returns:
        Elevations over the ellipsoid's horizon and azimuths from north over east, of the shape of `times`.

    Raises:
        RangeError: a time that the ephemeris, or the other end, doesn't cover.
    """
    tdb = sky.tdb(times)
    flat = tdb.ravel()
    ray = _ray(sky, site, other, flat, sends)
    towards, up, elevation = _pointed(sky, site, ray, flat, sends, conventions)
    return elevation.reshape(tdb.shape), azimuth(sky, site, towards, up, flat).reshape(tdb.shape)


def lowest_deg(site: Site, azimuth_deg: Floats, conventions: Conventions) -> Floats:
    """Return a site's mask at azimuths (n,), in degrees of true elevation: less what the air lifts."""
    rows = np.array(site.mask_rows)
    mask: Floats = np.interp(azimuth_deg, rows[:, 0], rows[:, 1])
    return mask - refraction_deg(mask, site.height_m) if conventions.refracts(site) else mask


def mask_limits_deg(site: Site, conventions: Conventions) -> tuple[float, float, float]:
    """Return a mask's lowest and highest true elevation, and its steepest slope in degrees per degree."""
    rows = np.array(site.mask_rows)
    low, high = (
        float(value) - (float(refraction_deg(value, site.height_m)) if conventions.refracts(site) else 0.0)
        for value in (rows[:, 1].min(), rows[:, 1].max())
    )
    slope = float(np.abs(np.diff(rows[:, 1]) / np.diff(rows[:, 0])).max())
    return low, high, slope * 1.4 if conventions.refracts(site) else slope
