"""Regions hold the truth as often as they say; where belief is wrong, that is measured, they are widened."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.search.lost import CONDUCT, HOUR, SUIT, courses, ground

from starlight.search.calibration import StagedLosses, widened_until_true
from starlight.search.hypotheses import Courses
from starlight.search.slope_graph import SlopeGraph

WHEN = 4 * HOUR


def test_truth_lies_in_regions_as_often_as_they_say() -> None:
    """Of 200 losses 50 and 90 % lie in their regions, within three deviations; validation has a thousand."""
    # Truth misjudges the ground in its own way: a belief is not tried on the very courses that it follows.
    truth = Courses(SlopeGraph(ground()), CONDUCT, 9)
    losses = StagedLosses(truth, CONDUCT, SUIT, 200, WHEN, 20)
    found = losses.coverage(courses(), CONDUCT, ground().coarser(5), 2_500)
    assert found.half == pytest.approx(0.5, abs=3 * (0.25 / 200) ** 0.5)
    assert found.most == pytest.approx(0.9, abs=3 * (0.09 / 200) ** 0.5)


def test_other_speeds_and_intents_are_noticed_and_widened() -> None:
    """Where people are faster and mean other things than believed, 90 % holds less; widened, 85 % or more."""
    other = replace(CONDUCT, weights=(0.2, 0.3, 0.1, 0.4), speed_factor=0.9)
    truth = Courses(SlopeGraph(ground()), other, 9)
    tried = widened_until_true(
        StagedLosses(truth, other, SUIT, 60, WHEN, 21), courses(), CONDUCT, ground().coarser(5), 2_500
    )
    assert tried[0][1].most < 0.85, "the belief should be wrong"
    assert len(tried) > 1
    assert tried[-1][1].most >= 0.85
