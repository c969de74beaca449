"""What the sky command tells of the time to come: conjunctions, ships on their way, a page."""

from __future__ import annotations

from typing import Any

import pytest

from starlight import dtntime
from starlight.dtntime import DAY, HOUR
from starlight.planner.places import place_of
from starlight.reports.sky_report import conjunction_list, next_conjunction, sky_report
from starlight.reports.sky_snapshot import sky_view
from starlight.scenario.kernels import open_sky
from starlight.scenario.reading import load
from starlight.sky import Trajectory, porkchop

SCENARIO = load("lost-in-starlight")
SKY = open_sky()


def at(text: str) -> int:
    """Return a time in ns."""
    return dtntime.from_text(text)


def test_every_superior_conjunction_until_2053_is_listed() -> None:
    """2026 to 2053 Mars passes behind the Sun thirteen times, every 26 months or so, for 10 to 17 days."""
    found = conjunction_list(SCENARIO, SKY, at("2026-01-01"), SKY.covers[1])
    assert len(found) == 13
    for each in found:
        assert each["enter"] < each["minimum"] < each["leave"]
        assert each["min_angle_deg"] < 2
        assert 9 < each["days"] < 18
        assert each["last_safe_departure"]["mars"] < each["enter"]


def test_the_next_conjunction_says_when_to_write_at_the_latest() -> None:
    """From inside a conjunction, and from before it, the same one is told; after it, the next."""
    before = next_conjunction(SCENARIO, SKY, at("2051-04-07"))
    inside = next_conjunction(SCENARIO, SKY, at("2051-09-10"))
    assert before is not None
    assert inside is not None
    assert (before["enter"], before["leave"]) == (inside["enter"], inside["leave"])
    light = at(before["enter"]) - at(before["last_safe_departure"]["mars"])
    assert 22 * 60 < light / 1e9 < 23 * 60
    assert next_conjunction(SCENARIO, SKY, at("2051-09-16")) is None  # the ephemeris ends before the next


def test_the_ships_light_time_grows_along_the_way() -> None:
    """On its way the ship's light time to Earth grows from day to day; before and after there is no ship."""
    lights = []
    for day in range(2, 232, 23):
        (ship,) = _ships(at("2050-06-12") + day * DAY)
        assert ship["day"] == pytest.approx(day)
        lights.append(ship["light_time_s"]["earth"])
    assert lights == sorted(lights)
    assert lights[0] < 10
    assert lights[-1] > 600
    assert _ships(at("2050-06-01")) == _ships(at("2051-02-02")) == []


def _ships(time: int) -> Any:
    return sky_view(SCENARIO, SKY, time)["ships"]


def test_the_cruise_is_the_porkchops_choice() -> None:
    """The scenario's departure is the cheapest of those that land on its date: C3 is 10 km2/s2."""
    node = SCENARIO.node_named("ship")
    assert node.cruise is not None
    assert node.cruise.arrival == SCENARIO.landing
    first = at("2050-06-01")
    found = porkchop(SKY, [first + day * DAY for day in range(60)], [at(node.cruise.arrival)])
    departure = at(node.cruise.departure)
    index = found.departures.tolist().index(departure)
    assert float(found.c3_km2_s2[index, 0]) == pytest.approx(float(found.c3_km2_s2.min()), rel=0.01)
    assert float(found.c3_km2_s2[index, 0]) < 11
    ship = place_of(SKY, node)
    assert ship is not None


def test_the_way_home_is_the_porkchops_cheapest() -> None:
    """Of all returns around the opposition of 2052 the scenario's dates cost least, by the day: 6.3 km/s."""
    node = SCENARIO.node_named("ship-home")
    assert node.cruise is not None
    leave = [at("2052-03-01") + day * DAY for day in range(200)]
    come = [at("2052-10-01") + day * DAY for day in range(270)]
    found = porkchop(SKY, leave, come, "mars", "earth")
    assert found.best() == (at(node.cruise.departure), at(node.cruise.arrival))
    ship = place_of(SKY, node)
    assert isinstance(ship, Trajectory)
    assert ship.c3_km2_s2 == pytest.approx(12.9, abs=0.05)
    assert ship.flight_days == 191


def test_the_page_about_the_sky_has_its_parts() -> None:
    """The page has light time over a synodic cycle, conjunctions, the ship's light time and its porkchop."""
    text = sky_report(SCENARIO, SKY, at("2051-04-07") + HOUR)
    for part in ("Light time", "Superior conjunctions", "The ship: light time", "The ship: porkchop"):
        assert f"<h2>{part}" in text
    assert text.count("<rect") > 800
