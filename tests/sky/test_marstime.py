"""Time on Mars, against published values."""

from __future__ import annotations

import csv

import pytest
from tests.sky.conftest import AUTHORITIES

from starlight.dtntime import DAY, from_text
from starlight.sky import SOL_DAYS, local_sol_date, mars_clock, sol_since
from starlight.sky.marstime import local_mean_solar_time_h, mars_sol_date

with (AUTHORITIES / "mars-time.csv").open() as _file:
    ROWS = list(csv.DictReader(_file))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['utc']}-{row['what']}")
def test_published_times_on_mars(row: dict[str, str]) -> None:
    """Mars24's worked example and the landings of Curiosity and Perseverance come out as published."""
    time, longitude, value = from_text(row["utc"]), float(row["east_longitude_deg"]), row["value"]
    if row["what"] == "mars_sol_date":
        digits = len(value.partition(".")[2])
        assert mars_sol_date(time) == pytest.approx(float(value), abs=0.5 * 10**-digits)
    elif row["what"] == "mean_solar_time_h":
        assert local_mean_solar_time_h(time, longitude) == pytest.approx(float(value), abs=5e-6)
    elif row["what"] == "midnight_s":
        since = local_sol_date(time, longitude) % 1 * 86_400
        assert min(since, 86_400 - since) < 3
    else:
        assert mars_clock(time, longitude)[1] == value


def test_curiosity_counts_its_thousandth_sol_in_may_2015() -> None:
    """Curiosity's sol 1000 fell on 30 May 2015; it landed on sol 0."""
    landing = from_text("2012-08-06T05:17:57Z")
    assert sol_since(landing, landing, 137.4) == 0
    day = from_text("2015-05-30")
    assert sol_since(landing, day, 137.4) <= 1000 <= sol_since(landing, day + DAY, 137.4)


def test_a_sol_later_the_clock_shows_the_same() -> None:
    """A sol later it is the next sol at the same time of day, within a rounding of the minute."""
    time = from_text("2051-03-01T12:00:00Z")
    later = time + round(SOL_DAYS * DAY) + 1000
    sol, clock = mars_clock(time, -120.5)
    assert mars_clock(later, -120.5) == (sol + 1, clock)


def test_longitudes_east_and_west_name_one_meridian() -> None:
    """239.5 degrees east is 120.5 degrees west, and the sol begins at local midnight."""
    time = from_text("2051-03-01T12:00:00Z")
    assert local_sol_date(time, 239.5) == local_sol_date(time, -120.5)
    assert local_sol_date(time, 90.0) - mars_sol_date(time) == pytest.approx(0.25)
