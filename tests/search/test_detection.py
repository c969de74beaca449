"""Probabilities of detection are those of the theory, and of searches that are simulated pass by pass."""

from __future__ import annotations

import numpy as np
import pytest

from starlight.search.detection import detection, lateral_range

COVERAGES = np.array([0.5, 1.0, 2.0])
EXPONENTIAL = [0.393469, 0.632121, 0.864665]
INVERSE_CUBE = [0.469116, 0.789909, 0.987811]


def test_detection_has_the_exact_values() -> None:
    """Random tracks and navigated sweeps find what Koopman's formulas say, to six digits."""
    assert detection(COVERAGES, "exponential") == pytest.approx(EXPONENTIAL, abs=5e-7)
    assert detection(COVERAGES, "inverse-cube") == pytest.approx(INVERSE_CUBE, abs=5e-7)


@pytest.mark.parametrize(("coverage", "expected"), list(zip(COVERAGES, EXPONENTIAL, strict=True)))
def test_random_tracks_simulated_find_as_many(coverage: float, expected: float) -> None:
    """Short passes of definite range laid at random find 1 - exp(-C) of those in the area, within 0.01."""
    rng = np.random.default_rng(11)
    side, width, length, targets = 1_000.0, 20.0, 50.0, 16_000
    east, north = rng.uniform(0, side, (2, targets))
    found = np.zeros(targets, dtype=bool)
    for _ in range(round(coverage * side**2 / width / length)):
        x, y, heading = *rng.uniform(0, side, 2), rng.uniform(0, 2 * np.pi)
        # On a torus, so that no pass leaves the area.
        dx = (east - x + side / 2) % side - side / 2
        dy = (north - y + side / 2) % side - side / 2
        on = dx * np.cos(heading) + dy * np.sin(heading)
        beside = dy * np.cos(heading) - dx * np.sin(heading)
        found |= (np.abs(on) < length / 2) & (np.abs(beside) < width / 2)
    assert found.mean() == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(("coverage", "expected"), list(zip(COVERAGES, INVERSE_CUBE, strict=True)))
def test_parallel_sweeps_simulated_find_as_many(coverage: float, expected: float) -> None:
    """Parallel passes whose lateral range is the inverse cube's find erf(sqrt(pi) C / 2), within 0.01."""
    rng = np.random.default_rng(12)
    width = 20.0
    spacing = width / coverage
    offset = rng.uniform(0, spacing, 60_000)
    missed = np.ones(offset.size)
    for sweep in range(-60, 61):
        missed *= 1 - lateral_range(offset + sweep * spacing, width)
    found = rng.random(offset.size) > missed
    assert found.mean() == pytest.approx(expected, abs=0.01)
