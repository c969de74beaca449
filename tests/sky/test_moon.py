"""The Moon: where it is, and when it hides Mars."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import spiceypy as spice
from skyfield.api import wgs84
from tests.sky.authority import ets_of, kernels, moment_of
from tests.sky.conftest import DATA

from starlight.dtntime import DAY, HOUR, MINUTE, SECOND, from_text
from starlight.sky import Centre, Orbiter, Place, Site, Sky, light_time_s, windows
from starlight.sky.pointing import Conventions
from starlight.sky.timescales import Times

OPEN = Site("earth", 35.4259, -116.8889, 1001.0, -30.0)
START, END = from_text("2025-01-10"), from_text("2025-01-18")


def test_the_moon_is_where_spice_puts_it(sky: Sky) -> None:
    """The Moon's centre agrees with SPICE on the same ephemeris to 2 m, 1975 to 2052."""
    ets = np.linspace(-7.8e8, 1.65e9, 300)
    with kernels():
        theirs = np.array([spice.spkssb(301, et, "J2000") for et in ets]).T
    position, velocity = sky.body("moon", ets)
    assert np.abs(position - theirs[:3]).max() < 2e-3
    assert np.abs(velocity - theirs[3:]).max() < 1e-6


def hidden(planets: Any, times: Times) -> np.ndarray:
    """Return whether the Moon's disc covers Mars' centre at the station, by Skyfield."""
    place = planets["earth"] + wgs84.latlon(OPEN.latitude_deg, OPEN.longitude_deg, OPEN.height_m)
    at = place.at(moment_of(times))
    moon, mars = at.observe(planets["moon"]), at.observe(planets["mars barycenter"])
    disc = np.degrees(np.arcsin(1737.4 / moon.distance().km))
    return np.asarray(moon.separation_from(mars).degrees < disc)


def test_the_moon_hides_mars_when_skyfield_says_so(sky: Sky, planets: Any) -> None:
    """On 14 January 2025 the Moon passed before Mars over North America; edges agree to a second."""
    found = windows(sky, Centre("mars"), OPEN, START, END)
    without = windows(sky, Centre("mars"), OPEN, START, END, Conventions(blockers=("sun", "earth", "mars")))
    assert len(found) == len(without) + 1
    ((lost, back),) = [(a[1], b[0]) for a, b in pairwise(found) if b[0] - a[1] < 2 * HOUR]
    arrived = np.array([lost, back])
    arrived += np.rint(light_time_s(sky, Centre("mars"), OPEN, arrived) * SECOND).astype(np.int64)
    assert from_text("2025-01-14T01:00") < arrived[0] < arrived[1] < from_text("2025-01-14T04:00")
    assert hidden(planets, arrived - SECOND).tolist() == [False, True]
    assert hidden(planets, arrived + SECOND).tolist() == [True, False]


def test_the_moon_hides_an_orbiter_of_earth_from_mars(sky: Sky) -> None:
    """What is sent from a geostationary height to Mars is judged by the same rule, both ways."""
    high = Orbiter("earth", 42_164.0, 0.0, 0.0, 0.0, START)
    bare = Conventions(blockers=("sun", "earth", "mars"))
    pairs: list[tuple[Place, Place]] = [(high, Centre("mars")), (Centre("mars"), high)]
    for a, b in pairs:
        with_moon = windows(sky, a, b, START, START + 400 * DAY)
        without = windows(sky, a, b, START, START + 400 * DAY, bare)
        lost = sum(end - start for start, end in without) - sum(end - start for start, end in with_moon)
        assert 0 < lost < 12 * HOUR


def test_the_moons_centre_is_a_place(sky: Sky) -> None:
    """A station hears the Moon for some hours a day, 1.3 light seconds away; Earth hides it from none."""
    moon = Centre("moon")
    station = Site("earth", 40.4314, -4.2480, 835.0, 10.0)
    found = windows(sky, station, moon, START, START + 27 * DAY)
    assert 24 <= len(found) <= 28
    assert all(5 * MINUTE < end - start < 18 * HOUR for start, end in found[1:-1])
    assert light_time_s(sky, station, moon, START) == pytest.approx(1.28, abs=0.1)


def test_earth_and_mars_agree_with_spices_events_for_the_moon(sky: Sky) -> None:
    """SPICE's occultation search (`gfoclt`) finds the Moon before Mars, from Earth's centre, when we do."""
    with kernels():
        spice.furnsh(str(DATA / "de421.bsp"))
        spice.boddef("EARTH", 399)
        # The Moon as a sphere; how it is turned doesn't matter.
        spice.pdpool("BODY301_RADII", [1737.4, 1737.4, 1737.4])
        for name, value in (("POLE_RA", 0.0), ("POLE_DEC", 90.0), ("PM", 0.0)):
            spice.pdpool(f"BODY301_{name}", [value, 0.0, 0.0])
        limits = spice.cell_double(2)
        first, last = ets_of(np.array([START, START + 300 * DAY]))
        spice.wninsd(first, last, limits)
        found = spice.gfoclt(
            "ANY", "MOON", "ELLIPSOID", "IAU_MOON", "MARS", "POINT", " ", "CN", "EARTH", 600.0, limits,
            spice.cell_double(100),
        )  # fmt: skip
        theirs = np.array([spice.wnfetd(found, k) for k in range(spice.wncard(found))])
    ours = windows(sky, Centre("mars"), Centre("earth"), START - HOUR, START + 300 * DAY)
    gaps = np.array([(a[1], b[0]) for a, b in pairwise(ours)])
    received = sky.tdb(gaps) + light_time_s(sky, Centre("mars"), Centre("earth"), gaps)
    assert len(theirs) == len(received) > 1
    assert np.abs(received - theirs).max() < 0.1
