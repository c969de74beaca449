"""Mission time: rate, offset, and what it never does."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from starlight.dtntime import SECOND, from_text
from starlight.errors import InputError
from starlight.live.clock import MissionClock


class Wall:
    """A wall clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 77 * SECOND

    def __call__(self) -> int:
        """Return its time in ns."""
        return self.time


def test_it_runs_at_its_rate_from_its_start() -> None:
    """A clock has a rate and an offset, so the demo can run 600 times faster than life in 2051."""
    wall = Wall()
    start = from_text("2051-04-02T10:00:00Z")
    clock = MissionClock(start, 600, wall=wall)
    assert clock.now() == start
    wall.time += SECOND // 10
    assert clock.now() == start + 60 * SECOND


def test_it_begins_no_earlier_than_what_was_committed() -> None:
    """Mission time never goes backwards relative to what was committed; a later one is kept."""
    wall = Wall()
    clock = MissionClock(1000, 2, wall=wall)
    clock.not_before(None)
    clock.not_before(5000)
    assert clock.now() == 5000
    wall.time += 100
    clock.not_before(5001)
    assert clock.now() == 5200


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.integers(1, 10**7), st.integers(0, 10**15), st.integers(0, 10**15))
def test_a_timer_set_to_a_deadline_never_fires_early(thousandths: int, elapsed: int, ahead: int) -> None:
    """After the delay for a mission time has passed on the wall, that time has come, at any rate."""
    wall = Wall()
    clock = MissionClock(0, thousandths / 1000, wall=wall)
    wall.time += elapsed
    deadline = clock.now() + ahead
    wall.time += ceil(Fraction(clock.wall_delay_s(deadline)) * SECOND)
    # Of the delay's floating point; and the time of a clock slower than the wall has whole nanoseconds, too.
    slack = elapsed // 2**50 + ahead // 2**50 + max(int(clock.rate), 1)
    assert clock.now() >= deadline - slack


def test_no_delay_to_what_has_passed() -> None:
    """The delay to a mission time that has passed is 0, not negative."""
    assert MissionClock(5 * SECOND).wall_delay_s(4 * SECOND) == 0.0


def test_two_clocks_of_the_day_agree() -> None:
    """Clocks that follow the system's time agree across processes, whatever their rate."""
    moment = from_text("2026-01-01T00:00:00Z")
    first = MissionClock.of_day(10, mission=from_text("2051-01-01T00:00:00Z"), wall=moment)
    second = MissionClock.of_day(10, mission=from_text("2051-01-01T00:00:00Z"), wall=moment)
    assert 0 <= second.now() - first.now() < 10 * SECOND


@pytest.mark.parametrize("rate", [0, -1, 10**7])
def test_an_impossible_rate_is_refused(rate: int) -> None:
    """A rate is above 0 and at most a million; the error says so."""
    with pytest.raises(InputError, match="above 0 and at most"):
        MissionClock(0, rate)


def test_a_clock_that_is_moved_forward_goes_on_from_there() -> None:
    """The time that it had run before is not counted a second time."""
    wall = 0
    clock = MissionClock(1_000, 2, wall=lambda: wall)
    wall = 100
    assert clock.now() == 1_200
    clock.not_before(5_000)
    assert clock.now() == 5_000
    wall = 101
    assert clock.now() == 5_002
    clock.not_before(4_000)
    assert clock.now() == 5_002
