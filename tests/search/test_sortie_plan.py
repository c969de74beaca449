"""Searchers go where they find the most per minute of who still lives, and are sent again as reports come."""

from __future__ import annotations

import pytest
from tests.search.lost import CONDUCT, FIX, HOUR, REPORTS, SUIT, ground, hypotheses

from starlight.search.hypotheses import Courses, draw
from starlight.search.posterior import Posterior
from starlight.search.slope_graph import SlopeGraph
from starlight.search.sortie_plan import Searcher, plan

SEARCHERS = [
    Searcher(
        f"team {each}", 5_000.0, 5_000.0, 5 * HOUR + 600 * each, 9 * HOUR, 2.0, 1.0, 120.0, "exponential"
    )
    for each in range(4)
]


def test_searchers_are_one_at_a_time_in_one_place_and_end_in_time() -> None:
    """Each searcher's searches follow one another with the way between them, and end before they must."""
    planned = plan(Posterior(hypotheses(), REPORTS, 5 * HOUR), ground().coarser(5), SEARCHERS)
    for searcher in SEARCHERS:
        own = [each for each in planned if each.searcher == searcher.name]
        at, free = (searcher.east_m, searcher.north_m), searcher.ready_s
        for each in own:
            way = ((each.east_m - at[0]) ** 2 + (each.north_m - at[1]) ** 2) ** 0.5 / searcher.speed_mps
            assert each.begin_s == pytest.approx(free + way)
            at, free = (each.east_m, each.north_m), each.end_s
        assert free <= searcher.end_s
        assert own
    assert 0 < sum(each.success for each in planned) <= 1


def test_nobody_is_sent_for_who_can_not_live() -> None:
    """After every suit has ended there is nobody to find alive, so nothing is planned."""
    late = [each._replace(ready_s=40 * HOUR, end_s=44 * HOUR) for each in SEARCHERS]
    assert plan(Posterior(hypotheses(), [], 40 * HOUR), ground().coarser(5), late) == []


def test_a_report_changes_the_plan() -> None:
    """What a plan has searched in vain is not where the next one begins."""
    grid = ground().coarser(5)
    first = plan(Posterior(hypotheses(), [], 2 * HOUR), grid, [SEARCHERS[0]._replace(ready_s=2 * HOUR)])[0]
    from starlight.search.search_report import SearchedArea, SearchReport

    area = SearchedArea(((first.east_m, first.north_m),), 1_500.0)
    report = SearchReport("vain", 2 * HOUR, 2 * HOUR + 60, area, 3.0, "inverse-cube")
    after = Posterior(hypotheses(), [report], 2 * HOUR + 60)
    second = plan(after, grid, [SEARCHERS[0]._replace(ready_s=2 * HOUR + 60)])[0]
    assert (second.east_m, second.north_m) != (first.east_m, first.north_m)


def test_what_is_planned_does_not_hang_on_how_many_hypotheses_there_are() -> None:
    """Twice the hypotheses send the first searcher to the same part of the ground."""
    grid, firsts = ground().coarser(5), []
    for count in (50_000, 100_000):
        believed = draw(Courses(SlopeGraph(ground()), CONDUCT, 1), FIX, CONDUCT, SUIT, count, 1)
        planned = plan(Posterior(believed, REPORTS, 5 * HOUR), grid, SEARCHERS)
        firsts.append((planned[0].east_m, planned[0].north_m))
    (one_east, one_north), (two_east, two_north) = firsts
    assert abs(one_east - two_east) + abs(one_north - two_north) <= 1_000


def test_a_plan_ends_however_fast_its_searchers_are() -> None:
    """Whoever needs no time to search would be sent for ever: a plan has no more than people can be told."""
    fast = [each._replace(speed_mps=1e9, search_mps=1e9, sweep_width_m=1e9) for each in SEARCHERS]
    planned = plan(Posterior(hypotheses(), REPORTS, 5 * HOUR), ground().coarser(5), fast, 9)
    assert len(planned) == 9
