"""Ships between two worlds: published transfers, SPICE, the porkchop of 2050."""

from __future__ import annotations

import math

import numpy as np
import pytest
import spiceypy as spice

from starlight.dtntime import DAY, SECOND, from_text
from starlight.errors import InputError, RangeError
from starlight.sky import (
    Centre,
    Site,
    Sky,
    light_time_s,
    porkchop,
    sun_earth_probe_angle_deg,
    transfer,
    windows,
)
from starlight.sky.conic import lambert
from starlight.sky.pieces import light_pieces
from starlight.sky.places import SUN_GM_KM3_S2
from starlight.sky.transfer import escape_km_s

NORTH = np.array([0.0, -math.sin(math.radians(23.44)), math.cos(math.radians(23.44))])
LEAVES, COMES = from_text("2050-05-26"), from_text("2051-01-20")
YEOJU = Site("earth", 37.2, 127.6, 100.0, 10.0)


def test_a_published_transfer_is_met(sky: Sky) -> None:
    """Curtis 2014, example 8.8: Earth 7 November 1996 to Mars 12 September 1997, 3.1656 and 2.8852 km/s.

    His planets move on mean elements, 0.02 km/s from the ephemeris.
    """
    ship = transfer(sky, "earth", "mars", from_text("1996-11-07"), from_text("1997-09-12"))
    assert ship.departure_v_infinity_km_s == pytest.approx(3.1656, abs=0.02)
    assert ship.arrival_v_infinity_km_s == pytest.approx(2.8852, abs=0.02)
    assert ship.flight_days == 309


@pytest.mark.parametrize(
    ("leaves", "comes", "c3"),
    [
        # Launch energies flown, km^2/s^2: MSL and Mars 2020, by their launch and landing dates (JPL press
        # kits); they aim off the planet's centre.
        ("2011-11-26", "2012-08-06", 11.0),
        ("2020-07-30", "2021-02-18", 14.5),
    ],
)
def test_launch_energies_are_those_flown(sky: Sky, leaves: str, comes: str, c3: float) -> None:
    """The launch energy of flown missions is met to half a unit."""
    ship = transfer(sky, "earth", "mars", from_text(leaves), from_text(comes))
    assert ship.c3_km2_s2 == pytest.approx(c3, abs=0.7)


def test_a_ship_moves_as_spice_propagates_it(sky: Sky) -> None:
    """Along the way a ship is where SPICE's `prop2b` has it; it starts at Earth and ends at Mars."""
    ship = transfer(sky, "earth", "mars", LEAVES, COMES)
    times = np.linspace(LEAVES, COMES, 50).astype(np.int64)
    tdb = sky.tdb(times)
    position, velocity, _ = sky.around(ship, tdb)
    start = np.array([*ship.position_km, *ship.velocity_km_s])
    theirs = np.array([spice.prop2b(SUN_GM_KM3_S2, start, t - tdb[0]) for t in tdb]).T
    assert np.abs(position - theirs[:3]).max() < 0.01
    assert np.abs(velocity - theirs[3:]).max() < 1e-8
    ends = sky.state(ship, tdb[[0, -1]])[0]
    assert np.abs(ends[:, 0] - sky.body("earth", tdb[:1])[0][:, 0]).max() < 0.01
    assert np.abs(ends[:, 1] - sky.body("mars", tdb[-1:])[0][:, 0]).max() < 0.1


HOME = from_text("2052-06-26"), from_text("2053-01-03")


def test_a_ship_home_moves_as_spice_propagates_it(sky: Sky) -> None:
    """From Mars to Earth, too, a ship is where `prop2b` has it; it starts and ends at the worlds' centres."""
    ship = transfer(sky, "mars", "earth", *HOME)
    tdb = sky.tdb(np.linspace(*HOME, 50).astype(np.int64))
    position, velocity, _ = sky.around(ship, tdb)
    start = np.array([*ship.position_km, *ship.velocity_km_s])
    theirs = np.array([spice.prop2b(SUN_GM_KM3_S2, start, t - tdb[0]) for t in tdb]).T
    assert np.abs(position - theirs[:3]).max() < 0.01
    assert np.abs(velocity - theirs[3:]).max() < 1e-8
    ends = sky.state(ship, tdb[[0, -1]])[0]
    assert np.abs(ends[:, 0] - sky.body("mars", tdb[:1])[0][:, 0]).max() < 0.01
    assert np.abs(ends[:, 1] - sky.body("earth", tdb[-1:])[0][:, 0]).max() < 0.1


def test_a_ship_home_keeps_its_energy_and_its_plane(sky: Sky) -> None:
    """v^2 / 2 - GM / r and r x v are the same all the way, to 1e-9; it goes round as worlds do."""
    ship = transfer(sky, "mars", "earth", *HOME)
    position, velocity, _ = sky.around(ship, sky.tdb(np.linspace(*HOME, 200).astype(np.int64)))
    energy = (velocity**2).sum(axis=0) / 2 - SUN_GM_KM3_S2 / np.linalg.norm(position, axis=0)
    momentum = np.cross(position, velocity, axis=0)
    assert np.ptp(energy) < 1e-9 * abs(energy[0])
    assert np.ptp(momentum, axis=1).max() < 1e-9 * np.linalg.norm(momentum[:, 0])
    assert energy[0] < 0 < momentum[2, 0]


def test_a_way_back_is_the_way_out_run_backwards(sky: Sky) -> None:
    """Turned round in time the same orbit joins the same two points: velocities change sign and order."""
    ship = transfer(sky, "mars", "earth", *HOME)
    tdb = sky.tdb(np.array(HOME))
    place, velocity, _ = sky.around(ship, tdb)
    v1, v2 = lambert(place[:, 1:], place[:, :1], tdb[1:] - tdb[:1], SUN_GM_KM3_S2, -NORTH)
    assert np.abs(v1[:, 0] + velocity[:, 1]).max() < 1e-7
    assert np.abs(v2[:, 0] + velocity[:, 0]).max() < 1e-7


def test_light_time_grows_along_the_way(sky: Sky) -> None:
    """A ship that leaves in May 2050 is further in light every week; at the end it is Mars' light time."""
    ship = transfer(sky, "earth", "mars", LEAVES, COMES)
    light = light_time_s(sky, YEOJU, ship, np.arange(LEAVES + DAY, COMES - DAY, 7 * DAY))
    assert np.all(np.diff(light) > 0)
    at_mars = light_time_s(sky, Centre("mars"), Centre("earth"), COMES)
    assert light_time_s(sky, ship, Centre("earth"), COMES) == pytest.approx(at_mars, abs=1e-6)
    pieces = light_pieces(sky, ship, YEOJU, LEAVES + 30 * DAY, LEAVES + 31 * DAY)
    assert len(pieces) < 10
    assert 0 < sun_earth_probe_angle_deg(sky, LEAVES + 30 * DAY, ship) < 180


def test_windows_of_a_ship_lie_within_its_flight(sky: Sky) -> None:
    """Windows with a ship begin after it leaves and end before it comes, at its own times."""
    ship = transfer(sky, "earth", "mars", LEAVES, COMES)
    start, end = LEAVES - 30 * DAY, COMES + 30 * DAY
    for a, b in ((ship, YEOJU), (YEOJU, ship)):
        found = windows(sky, a, b, start, end)
        assert 230 < len(found) < 250
        light = [int(1e9 * t) if b is ship else 0 for t in light_time_s(sky, a, b, [w[1] for w in found])]
        assert found[0][0] >= LEAVES
        assert found[-1][1] + light[-1] <= COMES + SECOND
    assert windows(sky, ship, YEOJU, COMES + DAY, end) == []


def test_the_porkchop_finds_the_window_of_2050(sky: Sky) -> None:
    """In 2050 ships for Mars leave cheapest in May or June and land before or around the new year."""
    departures = np.arange(from_text("2050-03-01"), from_text("2050-09-01"), 2 * DAY)
    arrivals = np.arange(from_text("2050-10-01"), from_text("2051-09-01"), 2 * DAY)
    chart = porkchop(sky, departures, arrivals)
    assert chart.delta_v_km_s.shape == (len(departures), len(arrivals)) == chart.flight_days.shape
    leaves, comes = chart.best()
    assert from_text("2050-05-01") < leaves < from_text("2050-07-01")
    assert from_text("2050-11-15") < comes < from_text("2051-03-01")
    assert 5.5 < np.nanmin(chart.delta_v_km_s) < 6
    # One cell is the transfer of its two dates.
    row, column = 40, 60
    one = transfer(sky, "earth", "mars", int(departures[row]), int(arrivals[column]))
    assert chart.c3_km2_s2[row, column] == pytest.approx(one.c3_km2_s2)
    assert chart.arrival_v_infinity_km_s[row, column] == pytest.approx(one.arrival_v_infinity_km_s)
    late = porkchop(sky, departures, [from_text("2051-01-05"), from_text("2051-02-10")])
    assert np.nanmin(late.delta_v_km_s) < 6.5


def test_the_porkchop_of_2026_has_the_published_launch_energy(sky: Sky) -> None:
    """NASA/TM-2010-216764 (Burke et al.), Earth to Mars 2026, type II: the least C3 is 9.144 km^2/s^2."""
    departures = np.arange(from_text("2026-09-01"), from_text("2027-01-15"), 2 * DAY)
    arrivals = np.arange(from_text("2027-06-01"), from_text("2028-01-01"), 2 * DAY)
    least = float(np.nanmin(porkchop(sky, departures, arrivals).c3_km2_s2))
    assert least == pytest.approx(9.144, abs=0.05)


def test_cells_without_a_flight_are_not_a_number(sky: Sky) -> None:
    """Where the arrival is not after the departure there is no flight, and if nowhere, that is said."""
    chart = porkchop(sky, [COMES], [LEAVES, COMES])
    assert np.isnan(chart.delta_v_km_s).all()
    with pytest.raises(InputError, match="no departure comes before an arrival"):
        chart.best()


def test_burns_are_those_of_the_textbook() -> None:
    """Curtis 2014, example 8.4: from 300 km at Earth to Mars, v-infinity 2.943 km/s, costs 3.590 km/s."""
    assert escape_km_s("earth", 2.943) == pytest.approx(3.590, abs=2e-3)


def test_wrong_transfers_are_named(sky: Sky) -> None:
    """Dates in the wrong order, no worlds, one world twice, and dates beyond the ephemeris are told."""
    with pytest.raises(InputError, match=r"trajectory.arrival: the arrival 2050-05-26.* is not after"):
        transfer(sky, "earth", "mars", COMES, LEAVES)
    with pytest.raises(InputError, match="'venus' is no world"):
        transfer(sky, "earth", "venus", LEAVES, COMES)
    with pytest.raises(InputError, match="goes from mars to mars"):
        porkchop(sky, [LEAVES], [COMES], "mars", "mars")
    with pytest.raises(RangeError, match="--ephemeris"):
        transfer(sky, "earth", "mars", LEAVES, from_text("2054-01-01"))
    ship = transfer(sky, "earth", "mars", LEAVES, COMES)
    with pytest.raises(RangeError, match="outside the ship's flight"):
        light_time_s(sky, ship, YEOJU, COMES + 10 * DAY)
