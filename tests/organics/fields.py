"""Made-up fields for the next sample: real held-out runs at drawn places, to be sampled one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from tests.organics import reference

from starlight.organics.calibration import Calibration
from starlight.organics.gas_run import GasRun, Matrix
from starlight.organics.judgement import judge
from starlight.organics.look_next import Candidate, Field, rank
from starlight.organics.reference_spectra import Spectrum

SIDE = 1000.0
FIELD = Field(length=100.0)
PICKS = 10
FOUND, BLANK, UNANSWERED = 0.97, 0.03, 0.5
"""The probabilities that a sample is entered with."""


def picked(places: list[Candidate], sampled: Callable[[int], float]) -> list[int]:
    """Return the first ten picks, each sampled before the next is chosen, by their place in the list."""
    places = list(places)
    order = {each.name: number for number, each in enumerate(places)}
    picks = []
    for _ in range(PICKS):
        pick = order[rank(places, FIELD, lambda _: 0.0)[0].place.name]
        places[pick] = replace(places[pick], observed=sampled(pick))
        picks.append(pick)
    return picks


def true_by_prior(prior: Matrix, truth: Matrix, seed: int) -> int:
    """Return how many of ten picks have a label, where a classifier gave the prior and a sample the truth.

    Args:
        prior: by run.
        truth: by run.
        seed: of the places, which say nothing about the label.
    """
    at = np.random.default_rng(seed).uniform(0, SIDE, (len(prior), 2))
    places = [
        Candidate(str(number), (float(x), float(y)), float(prior[number])) for number, (x, y) in enumerate(at)
    ]
    return int(sum(truth[pick] for pick in picked(places, lambda pick: FOUND if truth[pick] else BLANK)))


def true_without_prior(held: tuple[GasRun, ...], target: Spectrum, calibrated: Calibration, seed: int) -> int:
    """Return how many of ten picks hold a marker that lies in two veins, from one find and a flat prior.

    Each sample is told by the detector alone, with its misses and false alarms.
    """
    draw = np.random.default_rng(seed)
    at = draw.uniform(0, SIDE, (200, 2))
    vein = np.minimum(np.hypot(*(at - (300, 300)).T), np.hypot(*(at - (750, 650)).T)) < 180
    runs = [
        reference.spiked(run, target, draw) if there else run
        for run, there in zip(held, vein.tolist(), strict=False)
    ]

    def sampled(pick: int) -> float:
        answer = judge([runs[pick]], calibrated)[0]
        return UNANSWERED if answer.abstained else FOUND if answer.best else BLANK

    share = float(vein.mean())
    places = [Candidate(str(number), (float(x), float(y)), share) for number, (x, y) in enumerate(at)]
    start = next(pick for pick in np.flatnonzero(vein).tolist() if sampled(pick) == FOUND)
    places[start] = replace(places[start], observed=FOUND)
    return int(sum(vein[pick] for pick in picked(places, sampled)))
