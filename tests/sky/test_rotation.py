"""How Earth and Mars are turned, against SPICE and Skyfield."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import spiceypy as spice
from skyfield.api import wgs84
from tests.sky.authority import MARS_FLATTENING, MARS_RADIUS_KM, ets_of, kernels, moment_of

from starlight.dtntime import DAY, HOUR, from_text
from starlight.sky import Centre, Site, Sky, stationary
from starlight.sky.light import received
from starlight.sky.places import geodetic_km

TIMES = from_text("2018-01-01") + np.arange(0, 3000, 13) * DAY + np.arange(231) * HOUR


@pytest.fixture(scope="module", autouse=True)
def _spice() -> Iterator[None]:
    with kernels():
        yield


def test_mars_is_turned_as_spice_turns_it(sky: Sky) -> None:
    """Sites on Mars are where pck00011 puts them, from 1990 to 2052, to 1 cm; and they move as it says."""
    site = Site("mars", 18.38, 77.58, -2500.0)
    ets = np.linspace(-3.1e8, 1.65e9, 400)
    fixed = spice.georec(*np.radians([77.58, 18.38]), -2.5, MARS_RADIUS_KM, MARS_FLATTENING)
    states = np.array([spice.sxform("IAU_MARS", "J2000", et)[:, :3] @ fixed for et in ets]).T
    position, velocity, _ = sky.around(site, ets)
    assert np.abs(position - states[:3]).max() < 1e-5
    assert np.abs(velocity - states[3:]).max() < 1e-8


def test_the_subsolar_longitude_agrees_with_spice(sky: Sky) -> None:
    """The Sun stands over the meridian of Mars over which SPICE's `subslr` puts it, within 1e-6 deg."""
    ets = ets_of(TIMES)
    sun = -received(sky, Centre("sun"), Centre("mars"), ets).vector_km
    matrix, meridian = sky.frame("mars", ets)
    x, y, _ = np.einsum("ijn,in->jn", matrix, sun)
    ours = np.degrees(np.arctan2(y, x) - meridian)
    # The direction by light time alone, without aberration, from Mars' centre: SPICE's spkpos in IAU_MARS.
    theirs = np.array(
        [spice.recrad(spice.mxv(spice.pxform("J2000", "IAU_MARS", et), _sun(et)))[1] for et in ets]
    )
    assert np.abs((ours - np.degrees(theirs) + 180) % 360 - 180).max() < 1e-6


def _sun(et: float) -> np.ndarray:
    position: np.ndarray = spice.spkpos("SUN", et, "J2000", "CN", "MARS")[0]
    return position


def test_earth_is_turned_as_skyfield_turns_it(sky: Sky) -> None:
    """Stations on Earth are where Skyfield puts them with the same UT1, within 0.1 m (IAU 2000B to A)."""
    site = Site("earth", -35.4024, 148.9813, 688.0)
    theirs = wgs84.latlon(-35.4024, 148.9813, 688.0).at(moment_of(TIMES))
    position, velocity, _ = sky.around(site, ets_of(TIMES))
    assert np.abs(position - theirs.position.km).max() < 1e-4
    assert np.abs(velocity - theirs.velocity.km_per_s).max() < 1e-7


def test_geodetic_positions_agree_with_spice() -> None:
    """Geodetic coordinates on either ellipsoid are where SPICE's `georec` puts them."""
    for body, radius, flattening in (
        ("earth", 6378.137, 1 / 298.257223563),
        ("mars", MARS_RADIUS_KM, MARS_FLATTENING),
    ):
        for latitude, longitude, height in ((0, 0, 0), (37.2, 127.6, 350), (-89.5, -10, 3000), (90, 0, -20)):
            theirs = spice.georec(*np.radians([longitude, latitude]), height / 1000, radius, flattening)
            assert geodetic_km(Site(body, latitude, longitude, height)) == pytest.approx(theirs, abs=1e-6)


def test_a_stationary_orbiter_keeps_its_longitude(sky: Sky) -> None:
    """In SPICE's frame an areostationary orbiter stays within 0.001 deg of its longitude for 26 years."""
    orbiter = stationary(sky, "mars", -120.0, from_text("2050-01-01"))
    ets = ets_of(from_text("2026-01-01") + np.arange(0, 9490, 100) * DAY)
    position, _, _ = sky.around(orbiter, ets)
    places = [
        spice.recrad(spice.mxv(spice.pxform("J2000", "IAU_MARS", et), at.copy()))
        for et, at in zip(ets, position.T, strict=True)
    ]
    longitude = np.degrees([place[1] for place in places])
    assert np.abs(longitude % 360 - 240).max() < 0.001
    assert np.abs([place[2] for place in places]).max() < 1e-9
    assert places[0][0] == pytest.approx(20_427.7, abs=1)  # Areostationary radius, km


def test_a_geostationary_orbiter_keeps_its_longitude(sky: Sky) -> None:
    """Over Earth it stays, too, at 42 164 km."""
    orbiter = stationary(sky, "earth", 128.2, from_text("2030-01-01"))
    assert orbiter.radius_km == pytest.approx(42_164, abs=1)
    tdb = sky.tdb(from_text("2030-01-01") + np.arange(0, 3000, 100) * DAY)
    matrix, meridian = sky.frame("earth", tdb)
    x, y, _ = np.einsum("ijn,in->jn", matrix, sky.around(orbiter, tdb)[0])
    longitude = np.degrees(np.arctan2(y, x) - meridian) % 360
    assert longitude == pytest.approx(128.2, abs=0.01)
