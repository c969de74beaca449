"""The planner turns a scenario and the sky into contacts."""

from __future__ import annotations

import pytest

from starlight import dtntime
from starlight.dtntime import DAY, HOUR, MILLISECOND, SECOND
from starlight.planner.planner import announcements, known_plan, place_of, plan_channels
from starlight.reports.sky_snapshot import sky_view
from starlight.scenario.kernels import open_sky
from starlight.scenario.reading import load, parse
from starlight.sky import light_time_s

SCENARIO = load("lost-in-starlight")
SKY = open_sky()


def at(text: str) -> int:
    """Return a time in ns."""
    return dtntime.from_text(text)


def test_light_time_from_mars_agrees_with_spice() -> None:
    """DE440 by SPICE, received at Earth's centre at 2050-01-01T00:00:00 TDB: 1004.000226 s, to 1 ms."""
    tdb_minus_utc = 32.184 + 37.0  # no leap second is announced after 2017
    view = sky_view(SCENARIO, SKY, at("2050-01-01T00:00:00Z") - round(tdb_minus_utc * SECOND))
    assert view["earth_mars_light_time_s"] == pytest.approx(1004.000226, abs=1e-3)


def test_a_contact_carries_the_light_time_of_the_sky() -> None:
    """Light time inside a contact is the ephemeris' to a fraction of a millisecond, at every moment."""
    start = at("2051-04-07")
    channels = plan_channels(SCENARIO, SKY, start, start + 2 * DAY)
    places = {node.name: place_of(SKY, node) for node in SCENARIO.node}
    seen = 0
    for channel in channels:
        if channel.link.kind == "wire":
            continue
        for contact in channel.contacts:
            times = [contact.start + (contact.end - contact.start) * step // 17 for step in range(18)]
            here, there = places[channel.from_node], places[channel.to_node]
            assert here is not None
            assert there is not None
            for time, exact in zip(times, light_time_s(SKY, here, there, times), strict=True):
                assert abs(contact.light_time(time) - exact * SECOND) < MILLISECOND // 10
                seen += 1
    assert seen > 500


def test_a_one_way_link_is_planned_one_way() -> None:
    """The father's radio reaches the facility a few hours a day, and nothing ever comes back."""
    start = at("2026-01-01")
    plan = known_plan(plan_channels(SCENARIO, SKY, start, start + 60 * DAY), start)
    calls = plan.between(15, 21)
    assert 30 < len(calls) < 60
    assert all(contact.one_way and contact.end - contact.start < 13 * HOUR for contact in calls)
    assert not plan.between(21, 15)


def test_planning_further_keeps_the_ids_of_contacts() -> None:
    """A contact keeps its id when the same plan is made for a longer time."""
    start = at("2051-04-07")
    short = known_plan(plan_channels(SCENARIO, SKY, start, start + DAY), start)
    long = known_plan(plan_channels(SCENARIO, SKY, start, start + 3 * DAY), start)
    assert {c.id for c in short.contacts} <= {c.id for c in long.contacts}
    assert len({c.id for c in long.contacts}) == len(long.contacts)


def test_links_are_known_from_their_announcement() -> None:
    """The network learns of a new link when the scenario announces it, not before."""
    start = at("2051-04-07")
    channels = plan_channels(SCENARIO, SKY, start, start + 5 * DAY)
    times = announcements(channels, start)
    assert times == sorted(times)
    assert times[0] == at("2051-04-08T09:00:00Z")
    assert not known_plan(channels, start).between(20, 11)
    assert known_plan(channels, times[0]).between(20, 11)


ONE_WAY_COMPUTED = """
[conjunction]
blackout_below_deg = 1
lowered_below_deg = 30
lowered_to = 0.5

[[node]]
name = "goldstone"
number = 1
world = "earth"
site = { body = "earth", latitude_deg = 35.34, longitude_deg = -116.87 }
antennas = [{ terminal = "dsn-34m" }]

[[node]]
name = "relay"
number = 2
world = "mars"
orbit = { body = "mars", stationary_over_deg = 0 }
antennas = [{ terminal = "areostationary-relay" }]

[[link]]
between = ["goldstone", "relay"]
kind = "radio"
band = "X"
back_rate_bps = 1000
"""


def test_the_sun_lowers_a_given_rate_also_where_the_other_way_is_computed() -> None:
    """Near the Sun a direction with a given rate has its part of it; a computed one is not lowered twice."""
    scenario = parse(ONE_WAY_COMPUTED, where="test")
    # Mars stands a few degrees from the Sun, seen from Earth.
    start = at("2051-09-01")
    there, back = plan_channels(scenario, SKY, start, start + 2 * DAY)
    assert {rate for contact in back.contacts for _, rate in contact.rates} == {500}
    bare = parse(ONE_WAY_COMPUTED.replace("lowered_to = 0.5", "lowered_to = 1.0"), where="test")
    assert there.contacts == plan_channels(bare, SKY, start, start + 2 * DAY)[0].contacts != ()
