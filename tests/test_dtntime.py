"""Time as integer nanoseconds, to and from text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from starlight import dtntime
from starlight.dtntime import DAY, HOUR, MILLISECOND, MINUTE, SECOND
from starlight.errors import InputError


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2000-01-01T00:00:00Z", 0),
        ("2000-01-01", 0),
        ("2000-01-01T09:00:00+09:00", 0),
        ("1999-12-31T19:30-04:30", 0),
        ("2000-01-01 00:00:00.000000001Z", 1),
        ("2000-01-01T09:00+0900", 0),
        ("2000-01-01T09:00:00+09", 0),
        ("2000-01-01t00:00:00z", 0),
        ("2000-01-01T00:00:01.5", 3 * SECOND // 2),
        ("1999-12-31T23:59:59Z", -SECOND),
        ("2024-02-29T00:00:00Z", 8825 * DAY),
    ],
)
def test_iso_8601_is_read(text: str, time: int) -> None:
    """ISO 8601 dates and date-times are read to the nanosecond, with their offset, UTC without one."""
    assert dtntime.from_text(text) == time


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2051-13-01",
        "2051-02-30",
        "2051-01-01T25:00",
        "2051-01-01T00:00+24:00",
        "2051-01-01T00:00+090",
        "1e9",
        "２０５１-01-01",
    ],
)
def test_what_is_no_time_is_named(text: str) -> None:
    """A wrong time is named with where it stood and what would be right."""
    with pytest.raises(InputError) as caught:
        dtntime.from_text(text, where="--at")
    assert str(caught.value).startswith(f"--at: {text!r} is not a date and time")
    assert "2051-04-02T10:00:00Z" in str(caught.value)


def test_as_many_decimals_as_a_time_has() -> None:
    """A time is written to the second, or to as many decimals as it has, in threes."""
    for time, text in (
        (0, "00:00:00Z"),
        (10**8, "00:00:00.100Z"),
        (10**9 - 1, "00:00:00.999999999Z"),
        (-1, "Z"),
    ):
        assert dtntime.exact_text(time).endswith(text)
        assert dtntime.from_text(dtntime.exact_text(time)) == time


@settings(deadline=None, derandomize=True)
@given(st.integers(-50 * 365 * DAY, 8_000 * 365 * DAY))
def test_text_comes_back(time: int) -> None:
    """What is written with nine digits is read back as it was; with fewer, it is cut."""
    assert dtntime.from_text(dtntime.to_text(time, 9)) == time
    assert dtntime.from_text(dtntime.to_text(time)) == time // SECOND * SECOND
    assert dtntime.to_text(time, 3).endswith(dtntime.to_text(time, 9)[-10:-7] + "Z")


def test_dtn_time_is_posix_time_less_the_epoch() -> None:
    """DTN time counts milliseconds from 2000-01-01T00:00:00Z, POSIX time 946 684 800 s (RFC 9171, 4.2.6)."""
    assert dtntime.from_posix(946_684_800) == 0
    assert dtntime.to_posix(SECOND) == 946_684_801
    assert dtntime.to_wire(1_999_999) == 1
    assert dtntime.from_wire(725_846_400_000) == dtntime.from_text("2023-01-01")
    assert dtntime.from_wire(dtntime.to_wire(5 * MILLISECOND)) == 5 * MILLISECOND


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (0, "0.0 s"),
        (1, "less than 1 ms"),
        (MILLISECOND, "1 ms"),
        (50 * MILLISECOND - 1, "50 ms"),
        (50 * MILLISECOND, "0.1 s"),
        (4_200 * MILLISECOND, "4.2 s"),
        (59 * SECOND, "59 s"),
        (12 * MINUTE + 31 * SECOND, "12 min 31 s"),
        (2 * HOUR + 5 * MINUTE, "2 h 05 min"),
        (3 * DAY + 4 * HOUR, "3 d 4 h"),
        (-MINUTE, "-1 min 00 s"),
    ],
)
def test_durations_are_for_people(span: int, text: str) -> None:
    """A duration is written with the two units that matter."""
    assert dtntime.duration_text(span) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2016-12-31T23:59:60Z", "leap seconds are not counted, so write the second before"),
        ("2051-04-01T24:00:00Z", "hours go to 23"),
        ("2051-04-01T10:00:00.1234567891Z", "at most 9 digits after its point"),
        ("2051-02-29", "no calendar has it"),
    ],
)
def test_a_time_that_other_clocks_have_is_refused_with_the_reason(text: str, why: str) -> None:
    """A leap second, the end of a day as an hour, and finer parts than ns are times elsewhere, not here."""
    with pytest.raises(InputError, match=why):
        dtntime.from_text(text)
