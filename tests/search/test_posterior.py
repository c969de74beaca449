"""Reports of searches that found nothing change the map by when those searched, not by when reports came."""

from __future__ import annotations

import numpy as np
import pytest
from tests.search.lost import FIX, HOUR, REPORTS, SUIT, courses, ground, hypotheses

from starlight.errors import InputError
from starlight.search.detection import detection
from starlight.search.hypotheses import INTENTS, Conduct, draw
from starlight.search.posterior import Posterior, region
from starlight.search.search_report import SearchedArea, SearchReport, counted

LATE = 6 * HOUR


def test_order_delay_and_repetition_of_reports_change_nothing() -> None:
    """For a moving explorer the map is the same to 1e-9 in any order of reports, however often each came."""
    believed = hypotheses()
    expected = Posterior(believed, REPORTS, LATE)
    east, _ = believed.positions(HOUR)
    assert np.abs(believed.positions(4 * HOUR)[0] - east).mean() > 300, "they should move"
    rng = np.random.default_rng(5)
    for _ in range(6):
        mixed = [REPORTS[each] for each in rng.integers(0, len(REPORTS), 6)] + REPORTS
        rng.shuffle(mixed)
        found = Posterior(believed, [SearchReport(*each) for each in mixed], LATE)
        assert found.left == pytest.approx(expected.left, abs=1e-9)
        assert np.abs(found.weights - expected.weights).max() <= 1e-9
        assert np.abs(found.map(ground())[0] - expected.map(ground())[0]).max() <= 1e-9


def test_reports_that_come_one_by_one_end_at_the_same_map() -> None:
    """Asked again after each late report, the last answer is that of all reports at once."""
    believed, come = hypotheses(), []
    for report in reversed(REPORTS):
        come.append(report)
        answer = Posterior(believed, come, LATE)
    assert np.abs(answer.weights - Posterior(believed, REPORTS, LATE).weights).max() <= 1e-9


def test_a_search_counts_where_the_walker_was_then() -> None:
    """The same area searched an hour after the fix, and five hours after it, leaves different maps."""
    area = SearchedArea(((FIX.east_m, FIX.north_m),), 700.0)
    early, late = (
        Posterior(hypotheses(), [SearchReport("one", at, at, area, 2.0, "exponential")], LATE).left
        for at in (300.0, 5 * HOUR)
    )
    assert early < late - 0.2


def test_one_who_stays_is_weighed_by_the_formula() -> None:
    """For one who stays, p becomes p exp(-C) over the sum inside the searched area."""
    conduct = Conduct((0.0, 0.0, 1.0, 0.0), unknown_share=0.0)
    believed = draw(courses_of_who_stays(conduct), FIX, conduct, SUIT, 20_000, 3)
    area = SearchedArea(((6_500.0, 3_500.0), (8_000.0, 3_500.0), (8_000.0, 5_000.0), (6_500.0, 5_000.0)))
    inside = area.holds(*believed.positions(0.0))
    assert 0.2 < inside.mean() < 0.3
    found = Posterior(believed, [SearchReport("a", 0.0, HOUR, area, 1.0, "exponential")], HOUR)
    left = 1 - inside.mean() * (1 - np.exp(-1))
    assert found.left == pytest.approx(left, abs=1e-12)
    assert found.weights[inside].sum() == pytest.approx(inside.mean() * np.exp(-1) / left, abs=1e-12)
    assert 1 - detection(np.array(1.0), "exponential") == pytest.approx(np.exp(-1))


def courses_of_who_stays(conduct: Conduct):  # type: ignore[no-untyped-def]
    """Return no courses: who stays follows none."""
    from starlight.search.hypotheses import Courses
    from starlight.search.slope_graph import SlopeGraph

    return Courses(SlopeGraph(ground()), conduct, 1)


def test_what_contradicts_is_told() -> None:
    """A report of the future, two of one id that differ, one from before the loss: each is told as that."""
    report = REPORTS[1]
    with pytest.raises(InputError, match="'r1' is of a search that ends 600 s after that moment"):
        counted([report], report.end_s - 600)
    with pytest.raises(InputError, match="two reports 'r1' say different things"):
        counted([report, report._replace(coverage=2.0)], LATE)
    with pytest.raises(InputError, match="'r1' is of a search that began before the last fix"):
        counted([report._replace(begin_s=-5.0)], LATE)


def test_reports_that_leave_nothing_are_no_map() -> None:
    """Where searches leave a millionth of what was believed, the contradiction is told instead of a map."""
    everywhere = SearchedArea(((5_000.0, 5_000.0),), 20_000.0)
    with pytest.raises(InputError, match="they contradict it"):
        Posterior(hypotheses(), [SearchReport("all", 0.0, 1.0, everywhere, 20.0, "exponential")], LATE)


def test_a_life_ends_where_the_body_is() -> None:
    """P(alive) falls from 1 to 0, and the part of the map that lives is no more than the map."""
    answer = Posterior(hypotheses(), REPORTS, LATE)
    alive = answer.alive([0.0, 5 * HOUR, 8 * HOUR, 30 * HOUR])
    assert alive[0] == pytest.approx(1)
    assert alive[-1] == 0
    assert (np.diff(alive) <= 1e-12).all()
    whole, outside = answer.map(ground())
    living, _ = answer.map(ground(), alive=True)
    assert whole.sum() + outside == pytest.approx(1)
    assert (living <= whole + 1e-15).all()
    assert living.sum() < whole.sum()


def test_intents_go_where_they_mean_to() -> None:
    """After hours who walks back is nearer home, and who stays is where they were."""
    believed = hypotheses()
    start = np.hypot(believed.east_m - 5_000, believed.north_m - 5_000)
    east, north = believed.positions(5 * HOUR)
    then = np.hypot(east - 5_000, north - 5_000)
    back = believed.intent == INTENTS.index("back")
    stays = believed.intent == INTENTS.index("stay")
    assert (then < start)[back].mean() > 0.95
    assert then[back].mean() < start[back].mean() / 2
    assert np.array_equal(then[stays], start[stays])
    assert courses().terrain is ground()


def test_a_region_is_the_fewest_cells_of_a_share() -> None:
    """The likeliest cells come first, until they have the share."""
    assert region(np.array([0.1, 0.5, 0.15, 0.25]), 0.7).tolist() == [1, 3]


def test_who_has_left_the_map_is_in_no_region() -> None:
    """Where no cell has any probability there is no region to search, however small."""
    assert region(np.zeros(4), 0.9).size == 0


def test_a_map_of_another_moment_has_the_same_belief() -> None:
    """What reports have left is the same at each moment; only where the walkers are by then differs."""
    answer, grid = Posterior(hypotheses(), REPORTS, 5 * HOUR), ground().coarser(5)
    later, outside = answer.map(grid, at_s=7 * HOUR)
    anew, still_outside = Posterior(hypotheses(), REPORTS, 7 * HOUR).map(grid)
    assert later == pytest.approx(anew, abs=1e-12)
    assert outside == pytest.approx(still_outside, abs=1e-12)
