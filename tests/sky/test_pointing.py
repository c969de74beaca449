"""Where antennas point: refraction, aberration, azimuths and masks that depend on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import spiceypy as spice
from skyfield.api import wgs84
from skyfield.earthlib import refract, refraction
from tests.sky.authority import ets_of, kernels, moment_of

from starlight.dtntime import DAY, MINUTE, SECOND, from_text
from starlight.errors import InputError
from starlight.sky import Centre, Elements, Place, Site, Sky, light_time_s, windows
from starlight.sky.pointing import (
    GEOMETRIC,
    Conventions,
    apparent_deg,
    elevation_azimuth,
    elevation_deg,
    lowest_deg,
    refraction_deg,
)

START = from_text("2025-03-01")
SKYFIELD_DEG = 6e-4
"""Skyfield rounds Bennett's factors to 0.28 and 0.016667: 0.07 % of at most 0.8 degrees."""
AIRLESS = Conventions(refraction="none")
WALL = ((0.0, 6.0), (90.0, 12.0), (92.0, 30.0), (180.0, 15.0), (250.0, 40.0), (251.0, 8.0), (320.0, 8.0))
STATION = Site("earth", 35.4259, -116.8889, 1001.0, 10.0)
WALLED = Site("earth", 35.4259, -116.8889, 1001.0, WALL)
CRATER = Site("mars", 18.38, 77.58, -2500.0, WALL)


def test_refraction_is_bennetts() -> None:
    """Bennett's formula as Skyfield has it at 10 degrees and 1010 mbar: 34.5' at the horizon."""
    apparent = np.linspace(-0.9, 89.5, 500)
    assert np.abs(refraction_deg(apparent) - refraction(apparent, 10.0, 1010.0)).max() < SKYFIELD_DEG
    assert refraction_deg(0.0) == pytest.approx(34.5 / 60, abs=1e-3)
    assert refraction_deg(5.0, 2635.0) / refraction_deg(5.0) == pytest.approx(0.725, abs=0.005)  # ISO 2533


def test_the_air_lifts_what_skyfield_lifts() -> None:
    """Apparent elevations of true ones agree with Skyfield's iteration, and lead back to the true ones."""
    true = np.linspace(0.0, 89.0, 300)
    theirs = np.array([refract(float(h), 10.0, 1010.0) for h in true])
    assert np.abs(apparent_deg(true) - theirs).max() < SKYFIELD_DEG
    low = np.linspace(-20, 5, 400)
    lifted = apparent_deg(low, 1001.0)
    assert np.all(np.diff(lifted) > 0)
    assert np.abs(lifted - refraction_deg(lifted, 1001.0) - low).max() < 1e-6


def test_azimuth_and_elevation_agree_with_skyfield(sky: Sky, planets: Any) -> None:
    """Of Mars over a station, refracted as Skyfield refracts it."""
    times = START + np.arange(0, 30 * DAY, 3 * 3600 * SECOND)
    place = planets["earth"] + wgs84.latlon(STATION.latitude_deg, STATION.longitude_deg, STATION.height_m)
    seen = place.at(moment_of(times)).observe(planets["mars barycenter"]).apparent()
    pressure = 1010 * (1 - 2.25577e-5 * STATION.height_m) ** 5.25588
    altitude, azimuth, _ = seen.altaz(temperature_C=10.0, pressure_mbar=pressure)
    ours, direction = elevation_azimuth(sky, STATION, Centre("mars"), times, sends=False)
    up = altitude.degrees > 0
    assert np.abs(ours - altitude.degrees)[up].max() < SKYFIELD_DEG
    assert np.abs((direction - azimuth.degrees + 180) % 360 - 180).max() < 2e-4
    bare, _ = elevation_azimuth(sky, STATION, Centre("mars"), times, sends=False, conventions=AIRLESS)
    assert np.abs(bare - seen.altaz()[0].degrees).max() < 1e-5


def test_azimuths_on_mars_agree_with_spice(sky: Sky) -> None:
    """Of Earth over a site on Mars, north over east, as SPICE's `azlcpo` has it."""
    times = START + np.arange(0, 10 * DAY, 5 * 3600 * SECOND)
    fixed = spice.georec(
        *np.radians([CRATER.longitude_deg, CRATER.latitude_deg]), -2.5, 3396.19, 19.99 / 3396.19
    )
    with kernels():
        theirs = np.array(
            [
                spice.azlcpo("ELLIPSOID", "EARTH", et, "CN+S", False, True, fixed, "MARS", "IAU_MARS")[0][1:3]
                for et in ets_of(times)
            ]
        )
    elevation, azimuth = elevation_azimuth(sky, CRATER, Centre("earth"), times, sends=False)
    assert np.abs(elevation - np.degrees(theirs[:, 1])).max() < 1e-5
    assert np.abs((azimuth - np.degrees(theirs[:, 0]) + 180) % 360 - 180).max() < 1e-5


def test_aberration_has_a_switch(sky: Sky) -> None:
    """Without aberration the direction is that of the barycentric frame, up to 20.5" beside it."""
    times = START + np.arange(0, 300 * DAY, DAY)
    tdb = sky.tdb(times)
    seen = elevation_deg(sky, STATION, Centre("mars"), tdb, False, AIRLESS)
    straight = elevation_deg(sky, STATION, Centre("mars"), tdb, False, GEOMETRIC)
    gap = np.abs(seen - straight).max() * 3600
    assert 10 < gap < 22


def test_refraction_lengthens_windows_by_what_it_lifts(sky: Sky) -> None:
    """At a mask of 10 degrees the air shows Mars half a minute longer at either end, at no mask more."""
    for mask, low, high in ((10.0, 10, 40), (0.0, 120, 260)):
        site = Site("earth", 35.4259, -116.8889, 1001.0, mask)
        bent = windows(sky, Centre("mars"), site, START, START + 5 * DAY)
        plain = windows(sky, Centre("mars"), site, START, START + 5 * DAY, AIRLESS)
        inner = [(b, p) for b, p in zip(bent, plain, strict=True) if b[0] > START and b[1] < START + 5 * DAY]
        for wide, narrow in inner:
            assert low * SECOND < narrow[0] - wide[0] < high * SECOND
            assert low * SECOND < wide[1] - narrow[1] < high * SECOND


@pytest.mark.parametrize("conventions", [Conventions(), AIRLESS], ids=["refracted", "airless"])
@pytest.mark.parametrize(
    ("site", "other"),
    [
        (WALLED, Centre("mars")),
        (CRATER, Centre("earth")),
        (WALLED, Elements("earth", 6978.0, 0.01, 51.6, 10.0, 0.0, 0.0, START)),
        (CRATER, Elements("mars", 3683.7, 0.0088, 92.65, 20.0, 270.0, 0.0, START)),
        (Site("earth", -75.0, 123.0, 3200.0, WALL), Centre("sun")),
    ],
    ids=["station", "crater", "leo", "mro", "pole"],
)
def test_masks_by_azimuth_agree_with_a_grid(
    sky: Sky, site: Site, other: Place, conventions: Conventions
) -> None:
    """Over some days windows of a site with a wall around it are what a grid of ten seconds sees."""
    end = START + 3 * DAY
    found = windows(sky, other, site, START, end, conventions)
    grid = np.arange(START, end, 10 * SECOND)
    arrives = grid + np.rint(light_time_s(sky, other, site, grid) * SECOND).astype(np.int64)
    elevation, azimuth = elevation_azimuth(sky, site, other, arrives, sends=False, conventions=conventions)
    free = elevation > np.interp(azimuth, *np.array([(-40.0, 8.0), *WALL, (360.0, 6.0)]).T)
    edges = np.array(found).ravel()
    index = np.clip(np.searchsorted(edges, grid)[:, None] + [-1, 0], 0, len(edges) - 1)
    clear = np.abs(edges[index] - grid[:, None]).min(axis=1) > SECOND // 10
    assert len(found) > 2
    assert np.array_equal(free[clear], (np.searchsorted(edges, grid) % 2 == 1)[clear])


def test_a_table_of_one_height_is_that_height(sky: Sky) -> None:
    """A table that says 10 degrees everywhere gives the windows of a mask of 10 degrees."""
    flat = Site(
        "earth",
        35.4259,
        -116.8889,
        1001.0,
        ((0.0, 10.0), (120.0 / 2, 10.0), (140.0, 10.0), (220.0, 10.0), (300.0, 10.0)),
    )
    same = windows(sky, Centre("mars"), flat, START, START + 10 * DAY)
    assert same == windows(sky, Centre("mars"), STATION, START, START + 10 * DAY)
    assert len(same) >= 10
    assert same[0][1] - same[0][0] > MINUTE


def test_masks_are_interpolated_across_north() -> None:
    """Between the last row and the first the mask goes on in a straight line."""
    site = Site("earth", 0, 0, 0, ((30.0, 0.0), (100.0, 5.0), (180.0, 5.0), (260.0, 5.0), (330.0, 6.0)))
    assert lowest_deg(site, np.array([330.0, 345.0, 0.0, 15.0, 30.0]), AIRLESS) == pytest.approx(
        [6, 4.5, 3, 1.5, 0]
    )


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"refraction": "radio"}, "conventions.refraction"),
        ({"blockers": ("phobos",)}, "conventions.blockers"),
    ],
)
def test_unknown_conventions_are_named(change: dict[str, Any], where: str) -> None:
    """A convention that there isn't is an InputError that says which there are."""
    with pytest.raises(InputError, match="Allowed") as caught:
        Conventions(**change)
    assert caught.value.where == where
