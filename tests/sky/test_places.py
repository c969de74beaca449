"""Places refuse what no place can be."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from starlight.dtntime import from_text
from starlight.errors import InputError
from starlight.sky import Centre, Orbiter, Site, Sky, orbit_radius_km, stationary


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


def test_no_orbiter_is_stationary_over_the_sun(sky: Sky) -> None:
    """Only worlds with a surface have stationary orbiters here."""
    with pytest.raises(InputError):
        stationary(sky, "sun", 0.0, from_text("2050-01-01"))


def test_periods_and_radii_follow_kepler() -> None:
    """A two-hour orbit of Mars has the radius that gives two hours."""
    radius = orbit_radius_km("mars", 7200)
    assert Orbiter("mars", radius, 0, 0, 0, 0).motion_rad_s == pytest.approx(2 * math.pi / 7200)
