"""Mission time: rate, offset, and what it never does."""

from __future__ import annotations

import asyncio
import time
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from starlight.dtntime import SECOND, from_text
from starlight.errors import InputError
from starlight.live.clock import MissionClock, MissionTimers


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


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 10**10), st.sampled_from([0, 1, 60, 0.5, 3600])), max_size=90))
def test_a_change_of_the_rate_never_makes_it_jump(turns: list[tuple[int, float]]) -> None:
    """Mission time goes on from where it is, at the new rate, however often that changes; 0 lets it stand."""
    wall = Wall()
    clock = MissionClock(1_000, 120, fastest=3600, wall=wall)
    expected, rate = Fraction(1_000), Fraction(120)
    for elapsed, turned in turns:
        wall.time += elapsed
        expected += elapsed * rate
        before = clock.now()
        clock.change_rate(turned)
        assert clock.now() == before
        # Each change rounds down to a nanosecond.
        assert 0 <= expected - before <= len(turns)
        rate = Fraction(turned)
    wall.time += SECOND
    assert 0 <= expected + SECOND * rate - clock.now() <= len(turns) + 1


def test_what_the_wall_says_of_the_past_is_read_at_the_rate_of_then() -> None:
    """Ten seconds of the wall before a change of the rate are worth what they were then, not now."""
    wall = Wall()
    clock = MissionClock(0, 600, fastest=3600, wall=wall)
    wall.time += 100 * SECOND
    clock.change_rate(0)
    wall.time += 10 * SECOND
    assert (clock.now(), clock.ago(4), clock.ago(20)) == (60_000 * SECOND,) * 2 + (54_000 * SECOND,)
    clock.change_rate(1)
    wall.time += 10 * SECOND
    assert clock.ago(4) == 60_006 * SECOND
    assert clock.ago(30) == 54_000 * SECOND
    # Before it ran it is taken to have run as it did at first.
    assert clock.ago(121) == -600 * SECOND


def test_timers_wait_anew_when_the_rate_changes() -> None:
    """A call for a mission time is made when that comes: sooner where time goes faster, later where it is
    slower, never while it stands; one by the wall comes at its own time."""

    async def test() -> None:
        loop = asyncio.get_running_loop()
        clock = MissionClock(0, 1, fastest=3600, wall=lambda: round(loop.time() * SECOND))
        timers = MissionTimers(clock)
        made: list[str] = []
        timers.at(100 * SECOND, made.append, "mission")
        timers.after_s(50, made.append, "wall")
        waits = loop.create_task(clock.reached(100 * SECOND))
        for seconds, rate, expected in (
            (40, 0, []),
            (20, 0, ["wall"]),
            (1_000, 2, ["wall"]),
            (29, 2, ["wall"]),
            (2, 2, ["wall", "mission"]),
        ):
            turning.seconds += seconds
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            clock.change_rate(rate)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert made == expected
            assert waits.done() == ("mission" in expected)
        timers.cancel()

    turning = TurningLoop()
    with asyncio.Runner(loop_factory=lambda: turning) as runner:
        runner.run(test())


class TurningLoop(asyncio.SelectorEventLoop):
    """An event loop whose time goes on when a test says so."""

    seconds = 1_000.0

    def time(self) -> float:
        """Return the time of the test."""
        return self.seconds


def test_no_delay_to_what_has_passed() -> None:
    """The delay to a mission time that has passed is 0, not negative."""
    assert MissionClock(5 * SECOND).wall_delay_s(4 * SECOND) == 0.0


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this system's monotonic clock has no other")
def test_mission_time_goes_on_while_the_machine_sleeps() -> None:
    """One that follows the day counts by the clock that a closed lid does not stop."""
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    assert before <= MissionClock.of_day().wall_now() <= time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def test_two_clocks_of_the_day_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocks that follow the system's time agree across processes, whenever they began."""
    moment = from_text("2026-01-01T00:00:00Z")
    mission = from_text("2051-01-01T00:00:00Z")
    elapsed = [7 * SECOND]
    monkeypatch.setattr("starlight.live.clock.elapsed_ns", lambda: elapsed[0])

    def begin() -> MissionClock:
        return MissionClock.of_day(10, mission=mission, wall=moment, today=lambda: moment + elapsed[0])

    first = begin()
    elapsed[0] += 3 * SECOND + 1
    second = begin()
    assert first.now() == second.now() == mission + 10 * elapsed[0]


@pytest.mark.parametrize("rate", [0, -1, 10**7])
def test_an_impossible_rate_is_refused(rate: int) -> None:
    """A rate is above 0 and at most a million; the error says so."""
    with pytest.raises(InputError, match="at most 1e\\+06"):
        MissionClock(0, rate)


@pytest.mark.parametrize("rate", [-1, 601, float("nan"), float("inf")])
def test_a_rate_beyond_what_was_foreseen_is_refused(rate: float) -> None:
    """A running clock takes rates from 0 to the fastest that it was made for; else it goes on as it is."""
    clock = MissionClock(0, 1, fastest=600)
    with pytest.raises(InputError, match="from 0 and at most 600"):
        clock.change_rate(rate)
    assert clock.rate == 1


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
