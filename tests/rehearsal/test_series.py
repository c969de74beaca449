"""The moments of series: each date once, of an interval the latest alone."""

from __future__ import annotations

import pytest

from starlight.rehearsal.series import Dates, Interval


def test_dates_keep_their_numbers_in_whatever_order_they_come() -> None:
    """Jitter may swap two dates; the text of each goes with its number."""
    dates = Dates([30, 10, 20])
    assert dates.due(0, 100) == [(10, 1), (20, 2), (30, 0)]


@pytest.mark.parametrize(
    ("after", "now", "due"),
    [(9, 9, []), (9, 10, [10]), (10, 10, []), (10, 19, []), (9, 20, [10, 20]), (20, 1_000, [])],
)
def test_every_date_is_kept_once_however_late(after: int, now: int, due: list[int]) -> None:
    """What fell due between two looks is all there; the boundaries belong to one look each."""
    assert [moment for moment, _ in Dates([10, 20]).due(after, now)] == due


@pytest.mark.parametrize(("time", "following"), [(0, 10), (9, 10), (10, 20), (19, 20), (20, None)])
def test_the_next_date_is_later_than_the_time(time: int, following: int | None) -> None:
    """The next date after a date is another one; after the last there is none."""
    assert Dates([10, 20]).next_after(time) == following


@pytest.mark.parametrize(
    ("after", "now", "due"),
    [
        (0, 99, []),
        (99, 100, [(100, 0)]),
        (100, 109, []),
        (100, 110, [(110, 1)]),
        (99, 145, [(140, 4)]),
        (140, 145, []),
    ],
)
def test_of_an_interval_only_the_latest_is_made_up_for(
    after: int, now: int, due: list[tuple[int, int]]
) -> None:
    """A habit that was interrupted goes on; what was missed is not done all at once."""
    assert Interval(100, 10).due(after, now) == due


@pytest.mark.parametrize(("time", "following"), [(-50, 100), (99, 100), (100, 110), (109, 110), (110, 120)])
def test_an_interval_has_no_end_and_keeps_its_hours(time: int, following: int) -> None:
    """The next moment is on the grid that began with the first."""
    assert Interval(100, 10).next_after(time) == following


def test_an_interval_may_end() -> None:
    """Up to its last moment and not later it goes on as one without end does."""
    ending = Interval(100, 10, 125)
    assert [ending.next_after(time) for time in (0, 109, 110, 119, 120)] == [100, 110, 120, 120, None]
    assert ending.due(99, 145) == [(120, 2)]
    assert ending.due(120, 145) == []
