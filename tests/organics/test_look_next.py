"""The next sample is where a marker is probable and the drive is worth it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.organics import reference

from starlight.errors import InputError
from starlight.organics import calibration
from starlight.organics.judgement import judge
from starlight.organics.library import shipped
from starlight.organics.look_next import Field, Place, rank

FIELD = Field(length=100.0)


def free(_: Place) -> float:
    return 0.0


def test_a_find_draws_the_robot_near_and_a_blank_sends_it_away() -> None:
    """Beside a find a marker is more probable than its prior, beside a blank less, far off as before."""
    known = (Place("find", (0.0, 0.0), 0.2, 0.95), Place("blank", (1000.0, 0.0), 0.2, 0.02))
    picks = rank(
        [
            *known,
            Place("near find", (30.0, 0.0), 0.2),
            Place("far", (0.0, 5000.0), 0.2),
            Place("near blank", (970.0, 0.0), 0.2),
        ],
        FIELD,
        free,
    )
    assert [pick.place.name for pick in picks] == ["near find", "far", "near blank"]
    assert picks[0].probability > 0.7
    assert picks[1].probability == pytest.approx(0.2, abs=1e-6)
    assert picks[2].probability < 0.05
    assert all(pick.low <= pick.probability <= pick.high for pick in picks)


def test_travel_that_costs_more_than_the_odds_changes_the_pick() -> None:
    """A place of equal odds is passed over where its drive costs more; the cost is the caller's."""
    places = [Place("a", (0.0,), 0.5), Place("b", (10_000.0,), 0.5)]
    assert rank(places, FIELD, lambda place: 1.0 if place.name == "a" else 0.0)[0].place.name == "b"


def test_a_posterior_of_one_sample_is_the_equations() -> None:
    """At the sampled coordinates the mean is prior + k / (k + noise^2) of the surprise (eq. 2.25)."""
    here = rank([Place("a", (0.0,), 0.5, 0.9), Place("b", (0.0,), 0.5)], Field(1.0, 2.0, 1.0, 0.0), free)[0]
    assert here.worth == pytest.approx(4 / 5 * np.log(9))


def test_places_that_make_no_sense_are_refused() -> None:
    """A probability above 1, a coordinate that is no number and a length of 0 are errors that name them."""
    with pytest.raises(InputError, match="probability of a"):
        rank([Place("a", (0.0,), 1.5)], FIELD, free)
    with pytest.raises(InputError, match="a is at"):
        rank([Place("a", (float("nan"),), 0.5)], FIELD, free)
    with pytest.raises(InputError, match="length"):
        rank([Place("a", (0.0,), 0.5)], Field(0.0), free)
    assert rank([Place("a", (0.0,), 0.5, 1.0)], FIELD, free) == []


@reference.needed
def test_nine_of_the_first_ten_picks_hold_the_marker() -> None:
    """On a made-up field of held-out runs, a fifth of them with a marker in two veins, the first ten picks
    after one find hold at least nine, though every sample is only told by the detector."""
    calibrated = calibration.calibrate(reference.runs("commercial", "train"), shipped(), "commercial")
    target = next(each for each in shipped() if each.name.startswith("S-Ethyl thiophene"))
    draw = np.random.default_rng(12)
    runs = reference.runs("commercial", "val")[:200]
    at = draw.uniform(0, 1000, (len(runs), 2))
    vein = np.minimum(np.hypot(*(at - (300, 300)).T), np.hypot(*(at - (750, 650)).T)) < 180
    held = [
        reference.spiked(run, target, draw) if there else run for run, there in zip(runs, vein, strict=True)
    ]

    def sampled(place: int) -> float:
        answer = judge([held[place]], calibrated)[0]
        return 0.5 if answer.abstained else 0.97 if answer.best else 0.03

    share = float(vein.mean())
    assert 0.1 < share < 0.3
    places = [Place(str(number), (float(x), float(y)), share) for number, (x, y) in enumerate(at)]
    start = int(np.flatnonzero(vein)[0])
    places[start] = replace(places[start], observed=sampled(start))
    true = 0
    for _ in range(10):
        pick = int(rank(places, FIELD, free)[0].place.name)
        true += bool(vein[pick])
        places[pick] = replace(places[pick], observed=sampled(pick))
    assert true >= 9
