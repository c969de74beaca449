"""Effort is laid where it finds the most: Koopman's closed form, and never worse than an even disc."""

from __future__ import annotations

import numpy as np
import pytest

from starlight.search.allocation import allocate, success

SIGMA = 1.0
STEP = 0.05


def circular_normal() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return probability, area and distance from the middle of the cells of a circular normal."""
    axis = np.arange(-6, 6, STEP) + STEP / 2
    east, north = np.meshgrid(axis, axis)
    distance = np.hypot(east, north).ravel()
    probability = np.exp(-(distance**2) / 2)
    return probability / probability.sum(), np.full(distance.size, STEP**2), distance


@pytest.mark.parametrize(
    ("effort", "expected", "radius"),
    [
        (1.0, 0.110256, 1.0623),
        (np.pi, 0.264241, 1.4142),
        (2 * np.pi, 0.413064, 1.6818),
        (4 * np.pi, 0.593994, 2.0),
    ],
)
def test_a_circular_normal_is_searched_as_koopman_says(effort: float, expected: float, radius: float) -> None:
    """Success is the closed form's to 0.001, inside its radius, and never below the best even disc."""
    probability, area, distance = circular_normal()
    laid = allocate(probability, area, effort)
    assert laid.sum() == pytest.approx(effort)
    best = success(probability, area, laid)
    assert best == pytest.approx(expected, abs=1e-3)
    assert distance[laid > 0].max() == pytest.approx(radius, abs=2 * STEP)
    for disc in np.linspace(0.3, 4, 60):
        inside = distance <= disc
        even = np.where(inside, effort / inside.sum(), 0.0)
        assert success(probability, area, even) <= best + 1e-12


def test_cells_that_are_searched_end_at_one_density() -> None:
    """What is left undetected has one density in all searched cells, and no more anywhere else."""
    rng = np.random.default_rng(3)
    probability, area = rng.dirichlet(np.ones(50)), rng.uniform(1, 5, 50)
    laid = allocate(probability, area, 40.0)
    left = probability / area * np.exp(-laid / area)
    level = left[laid > 0].max()
    assert left[laid > 0] == pytest.approx(level)
    assert (left[laid == 0] <= level + 1e-12).all()


def test_nothing_is_laid_where_nothing_can_be_found() -> None:
    """Without a probability, or without effort, nothing is laid."""
    assert allocate(np.zeros(4), np.ones(4), 3.0).sum() == 0
    assert allocate(np.ones(4) / 4, np.ones(4), 0.0).sum() == 0
