"""UTC, TAI, TT, TDB and UT1."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sky.authority import ets_of, moment_of
from tests.sky.conftest import DATA

from starlight.dtntime import DAY, HOUR, SECOND, from_text
from starlight.errors import InputError, RangeError
from starlight.sky import Sky
from starlight.sky.timescales import (
    EarthTurn,
    leap_instants,
    tai_from_tdb,
    tai_minus_utc_s,
    tdb_from_utc,
    tt_from_utc,
    utc_from_tdb,
)


def test_tai_minus_utc_is_37_s_since_2017() -> None:
    """IERS Bulletin C 52: from 2017-01-01 on, until further notice, UTC - TAI = -37 s."""
    assert tai_minus_utc_s(from_text("2016-12-31T23:59:59Z")) == 36
    assert tai_minus_utc_s(from_text("2017-01-01")) == 37
    assert tai_minus_utc_s(from_text("2051-01-01")) == 37


def test_before_1972_there_are_no_leap_seconds() -> None:
    """A time before UTC had whole leap seconds is a RangeError."""
    with pytest.raises(RangeError, match="1972"):
        tai_minus_utc_s(from_text("1971-12-31"))


def test_j2000_in_utc() -> None:
    """J2000 is 2000-01-01T11:58:55.816 UTC (TT)."""
    assert float(tt_from_utc(from_text("2000-01-01T11:58:55.816Z"))) == pytest.approx(0.0, abs=1e-7)


def test_tdb_agrees_with_skyfield() -> None:
    """TDB agrees with Skyfield's within what a float64 can hold."""
    times = from_text("2018-01-01") + np.arange(0, 12_000, 7) * (DAY + HOUR)
    assert np.abs(tdb_from_utc(times) - ets_of(times)).max() < 3e-6


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.integers(from_text("1972-01-01"), from_text("2100-01-01")))
def test_utc_survives_the_way_to_tdb_and_back(time: int) -> None:
    """Back from TDB, a time is the same to the resolution of a float64 (0.24 us until 2053)."""
    assert abs(int(utc_from_tdb(tdb_from_utc(np.array([time])))[0]) - time) <= 1000


def test_a_second_before_and_after_a_leap_second_are_two_apart() -> None:
    """Between 2016-12-31T23:59:59 and 2017-01-01T00:00:00 two seconds of TDB pass."""
    midnight = from_text("2017-01-01")
    before, after = tdb_from_utc(np.array([midnight - SECOND, midnight]))
    assert after - before == pytest.approx(2.0, abs=1e-6)
    assert leap_instants(midnight - DAY, midnight + DAY) == [midnight]


def test_ut1_agrees_with_skyfield_on_the_same_file(sky: Sky) -> None:
    """UT1 from finals2000A.all is Skyfield's, from the same file, to a microsecond."""
    turn = EarthTurn.from_finals((DATA / "finals2000A.all").read_text())
    times = from_text("2018-01-01") + np.arange(3000) * DAY + 6 * HOUR
    days = turn.ut1_from_tai(tai_from_tdb(tdb_from_utc(times)))
    moment = moment_of(times)
    theirs = moment.whole - 2_451_545.0 + moment.ut1_fraction
    assert np.abs(days - theirs).max() * 86_400 < 2e-6


def test_after_the_file_ends_ut1_is_utc_and_the_sky_says_so(sky: Sky) -> None:
    """Beyond the last row UT1 = UTC, and the sky's notes name the day."""
    turn = EarthTurn.from_finals((DATA / "finals2000A.all").read_text())
    late = np.array([turn.until + 10 * DAY + HOUR])
    days = turn.ut1_from_tai(tai_from_tdb(tdb_from_utc(late)))
    assert days[0] * 86_400 == pytest.approx((late[0] / SECOND) - 43_200, abs=2e-6)
    assert sky.ut1_until == turn.until
    assert "UT1 is taken as UTC" in sky.notes()[0]


def test_a_broken_orientation_file_names_its_line() -> None:
    """A row whose number can't be read is an InputError that says which line."""
    good = "73 1 2 41684.00 I  0.120733 0.009786  0.136966 0.015902  I 0.8084178 0.0002710"
    bad = good.replace("0.8084178", "0.80x4178")
    with pytest.raises(InputError, match="line 2"):
        EarthTurn.from_finals(f"{good}\n{bad}\n")
    with pytest.raises(InputError, match="two rows"):
        EarthTurn.from_finals("")
