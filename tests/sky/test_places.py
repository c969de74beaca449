"""Places refuse what no place can be."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from starlight.dtntime import from_text
from starlight.errors import InputError
from starlight.sky import Centre, Elements, Orbiter, Site, Sky, stationary
from starlight.sky.places import orbit_radius_km


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda: Site("venus", 0, 0), "site.body"),
        (lambda: Site("mars", 91, 0), "site.latitude_deg"),
        (lambda: Site("mars", 0, math.nan), "site.longitude_deg"),
        (lambda: Site("mars", 0, 0, 1e6), "site.height_m"),
        (lambda: Site("mars", 0, 0, 0, 90), "site.mask_deg"),
        (lambda: Orbiter("mars", 3396, 0, 0, 0, 0), "orbiter.radius_km"),
        (lambda: Orbiter("mars", 4000, 190, 0, 0, 0), "orbiter.inclination_deg"),
        (lambda: Orbiter("pluto", 4000, 0, 0, 0, 0), "orbiter.body"),
        (lambda: Centre("pluto"), "centre.body"),
        (lambda: orbit_radius_km("moon", 7200), "body"),
    ],
)
def test_wrong_places_name_what_is_wrong(make: Callable[[], object], names: str) -> None:
    """A wrong value is an InputError that names the key, the value and what is allowed."""
    with pytest.raises(InputError, match="Allowed") as caught:
        make()
    assert caught.value.where == names


def table(*rows: tuple[float, float]) -> Site:
    """Return a site with a mask by azimuth."""
    return Site("mars", 0, 0, 0, rows)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda: table(*((float(a), 5.0) for a in range(0, 301, 10))),
            "the table has a gap of 60 deg between azimuths 300 and 0",
        ),
        (
            lambda: table((0.0, 5.0), (60.0, 5.0), (170.0, 5.0), (260.0, 5.0)),
            "the table has a gap of 110 deg between azimuths 60 and 170",
        ),
        (lambda: table((0.0, 5.0), (180.0, 5.0), (90.0, 5.0)), "azimuth 90 comes after 180"),
        (lambda: table((0.0, 5.0), (90.0, 5.0), (90.0, 6.0), (180.0, 5.0)), "azimuth 90 is there twice"),
        (
            lambda: table((0.0, 5.0), (90.0, 5.0), (180.0, 5.0), (270.0, 4.0), (360.0, 6.0)),
            "north is there twice",
        ),
        (lambda: table((0.0, 5.0), (90.0, 5.0), (180.0, 5.0), (400.0, 4.0)), r"mask_deg\[3\] azimuth: 400"),
        (lambda: table((0.0, 5.0), (90.0, math.nan), (180.0, 5.0)), r"mask_deg\[1\] elevation: nan"),
        (lambda: table((0.0, 5.0)), "two rows"),
        (lambda: table(), "two rows"),
    ],
)
def test_masks_that_do_not_go_round_name_where(make: Callable[[], object], says: str) -> None:
    """A table with a gap, out of order, or with an azimuth twice is an InputError that names the azimuths."""
    with pytest.raises(InputError, match=says) as caught:
        make()
    assert caught.value.where.startswith("site.mask_deg")


def test_masks_may_close_at_north_or_across_it() -> None:
    """A table may end at 360 with the elevation of 0, or before it, or begin later."""
    closed = table((0.0, 5.0), (90.0, 6.0), (180.0, 7.0), (270.0, 8.0), (360.0, 5.0))
    opened = table((0.0, 5.0), (90.0, 6.0), (180.0, 7.0), (270.0, 8.0))
    assert closed.mask_rows == opened.mask_rows == ((-90, 8), (0, 5), (90, 6), (180, 7), (270, 8), (360, 5))
    assert table((45.0, 1.0), (135.0, 2.0), (225.0, 3.0), (315.0, 4.0)).mask_rows[0] == (-45, 4)


def orbit(**changes: float | str) -> Elements:
    """Return an orbit of Mars with some elements changed."""
    plain: dict[str, Any] = {
        "body": "mars", "semi_major_km": 4000.0, "eccentricity": 0.01, "inclination_deg": 75.0,
        "node_deg": 0.0, "periapsis_deg": 0.0, "mean_anomaly_deg": 0.0, "epoch": 0,
    }  # fmt: skip
    return Elements(**plain | changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"eccentricity": 1.0}, "elements.eccentricity: 1.0 is no orbit: with 1 or more it never comes back"),
        ({"eccentricity": 1.7}, "is no orbit"),
        ({"eccentricity": -0.1}, "elements.eccentricity: -0.1 is out of range"),
        ({"eccentricity": math.nan}, "elements.eccentricity: nan is out of range"),
        ({"eccentricity": 0.3}, r"periapsis, 2800.0 km from the centre, is 596.2 km below the surface"),
        ({"semi_major_km": 3470.0}, r"is only 39.1 km up. a \(1 - e\) must be 3476.19 km or more at Mars"),
        ({"semi_major_km": -4000.0}, "elements.semi_major_km: -4000.0 is out of range"),
        ({"inclination_deg": 200.0}, "elements.inclination_deg"),
        ({"periapsis_deg": math.inf}, "elements.periapsis_deg"),
        ({"body": "moon"}, "elements.body: 'moon' is no world"),
    ],
)
def test_elements_that_are_no_orbit_are_named(changes: dict[str, Any], says: str) -> None:
    """Elements that never come back, or meet the ground, are an InputError that says so."""
    with pytest.raises(InputError, match=says):
        orbit(**changes)


def test_no_orbiter_is_stationary_over_the_sun(sky: Sky) -> None:
    """Only worlds with a surface have stationary orbiters here."""
    with pytest.raises(InputError):
        stationary(sky, "sun", 0.0, from_text("2050-01-01"))


def test_periods_and_radii_follow_kepler() -> None:
    """A two-hour orbit of Mars has the radius that gives two hours."""
    radius = orbit_radius_km("mars", 7200)
    assert Orbiter("mars", radius, 0, 0, 0, 0).motion_rad_s == pytest.approx(2 * math.pi / 7200)
