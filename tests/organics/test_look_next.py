"""The next sample is where a marker is probable and the drive is worth it."""

from __future__ import annotations

import numpy as np
import pytest
from tests.organics import fields, reference

from starlight.errors import InputError
from starlight.organics import calibration
from starlight.organics.look_next import Candidate, Field, rank
from starlight.organics.reference_spectra import shipped

FIELD = Field(length=100.0)


def free(_: Candidate) -> float:
    return 0.0


def test_a_find_draws_the_robot_near_and_a_blank_sends_it_away() -> None:
    """Beside a find a marker is more probable than its prior, beside a blank less, far off as before."""
    known = (Candidate("find", (0.0, 0.0), 0.2, 0.95), Candidate("blank", (1000.0, 0.0), 0.2, 0.02))
    picks = rank(
        [
            *known,
            Candidate("near find", (30.0, 0.0), 0.2),
            Candidate("far", (0.0, 5000.0), 0.2),
            Candidate("near blank", (970.0, 0.0), 0.2),
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
    places = [Candidate("a", (0.0,), 0.5), Candidate("b", (10_000.0,), 0.5)]
    assert rank(places, FIELD, lambda place: 1.0 if place.name == "a" else 0.0)[0].place.name == "b"


def test_a_posterior_of_one_sample_is_the_equations() -> None:
    """At the sampled coordinates the mean is prior + k / (k + noise^2) of the surprise (eq. 2.25)."""
    here = rank(
        [Candidate("a", (0.0,), 0.5, 0.9), Candidate("b", (0.0,), 0.5)], Field(1.0, 2.0, 1.0, 0.0), free
    )[0]
    assert here.worth == pytest.approx(4 / 5 * np.log(9))


def test_places_that_make_no_sense_are_refused() -> None:
    """A probability above 1, a coordinate that is no number and a length of 0 are errors that name them."""
    with pytest.raises(InputError, match="probability of a"):
        rank([Candidate("a", (0.0,), 1.5)], FIELD, free)
    with pytest.raises(InputError, match="a is at"):
        rank([Candidate("a", (float("nan"),), 0.5)], FIELD, free)
    with pytest.raises(InputError, match="length"):
        rank([Candidate("a", (0.0,), 0.5)], Field(0.0), free)
    assert rank([Candidate("a", (0.0,), 0.5, 1.0)], FIELD, free) == []


@reference.needed
def test_without_a_map_eight_of_ten_picks_hold_the_marker() -> None:
    """On five made-up fields of held-out runs, a fifth of them with a marker in two veins, ten picks after
    one find hold eight in the mean, where chance gives two; each sample is told by the detector alone."""
    calibrated = calibration.calibrate(reference.runs("commercial", "train"), shipped(), "commercial")
    target = next(each for each in shipped() if each.name.startswith("S-Ethyl thiophene"))
    held = reference.runs("commercial", "val")
    true = [fields.true_without_prior(held, target, calibrated, seed) for seed in range(5)]
    assert np.mean(true) >= 8, true
