"""Angles and positions for a drawing, against Skyfield."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from skyfield.framelib import ecliptic_J2000_frame
from tests.sky.authority import moment_of

from starlight.dtntime import DAY, from_text
from starlight.sky import Centre, Sky, distance_km, heliocentric, sun_earth_probe_angle_deg

TIMES = from_text("2025-06-15") + np.arange(0, 9500, 61) * DAY


def test_the_sun_earth_probe_angle_agrees_with_skyfield(sky: Sky, planets: Any) -> None:
    """The angle between the Sun and Mars as light shows them at Earth's centre is Skyfield's."""
    earth = planets["earth"].at(moment_of(TIMES))
    theirs = earth.observe(planets["sun"]).separation_from(earth.observe(planets["mars"])).degrees
    assert np.abs(sun_earth_probe_angle_deg(sky, TIMES) - theirs).max() < 1e-7


def test_places_around_the_sun_agree_with_skyfield(sky: Sky, planets: Any) -> None:
    """Earth and Mars in the ecliptic plane are where Skyfield puts them, to 1e-6 au."""
    time = from_text("2050-08-14")
    moment = moment_of(np.array([time]))
    drawn = heliocentric(sky, time)
    assert drawn["sun"] == (0.0, 0.0)
    for body in ("earth", "mars"):
        x, y, _ = (planets[body] - planets["sun"]).at(moment).frame_xyz(ecliptic_J2000_frame).au[:, 0]
        assert drawn[body] == pytest.approx((x, y), abs=1e-6)


def test_mars_is_in_opposition_on_14_august_2050(sky: Sky) -> None:
    """On 14 August 2050 Mars stands opposite the Sun."""
    days = from_text("2050-08-01") + np.arange(31) * DAY
    assert int(np.argmax(sun_earth_probe_angle_deg(sky, days))) in range(12, 16)


def test_distances_are_of_one_instant(sky: Sky, planets: Any) -> None:
    """The distance is that of both at the same time, as Skyfield has it."""
    theirs = (planets["mars"] - planets["earth"]).at(moment_of(TIMES)).distance().km
    assert np.abs(distance_km(sky, Centre("mars"), Centre("earth"), TIMES) - theirs).max() < 0.01
