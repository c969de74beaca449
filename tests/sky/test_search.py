"""The search for intervals, on functions whose answer is known."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from starlight.sky.search import FINEST_S, ROOT_S, less, positive, union
from starlight.sky.timescales import Floats

WAVE = st.tuples(st.floats(0.1, 1), st.floats(1e-4, 3e-2), st.floats(0, 6.3))


def test_a_sine_is_positive_half_the_time() -> None:
    """Of a sine every half wave is found, each edge inside and within the tolerance of the root."""
    rate = 2 * np.pi / 1000
    found = positive(lambda t: np.sin(rate * t), rate**2, 100.0, np.array([[0.0, 9_990.0]]))
    starts = np.arange(10) * 1000.0
    assert found.shape == (10, 2)
    assert np.all(found[:, 0] >= starts)
    assert np.all(found[:, 0] - starts <= 2 * ROOT_S)
    assert np.all(found[:, 1] <= starts + 500)
    assert np.all(starts + 500 - found[:, 1] <= 2 * ROOT_S)


def test_a_peak_that_just_shows_is_found_however_coarse_the_cells() -> None:
    """A half wave that shows for 0.6 s in a thousand is not missed between cells of a third of a wave."""
    rate = 2 * np.pi / 1000
    level = np.cos(rate * 0.3)
    found = positive(lambda t: np.cos(rate * t) - level, rate**2, 333.0, np.array([[200.0, 5200.0]]))
    assert found.shape == (5, 2)
    assert np.allclose(found.mean(axis=1), [1000, 2000, 3000, 4000, 5000], atol=0.01)
    assert np.allclose(np.diff(found, axis=1), 0.6, atol=0.01)


def test_edges_of_spans_are_kept() -> None:
    """Where the function is positive all along, spans come back as they are; where never, nothing."""
    spans = np.array([[0.0, 10.0], [20.0, 30.0]])
    assert np.array_equal(positive(np.ones_like, 1e-9, 3.0, spans), spans)
    assert positive(lambda t: -np.ones_like(t), 1e-9, 3.0, spans).shape == (0, 2)
    assert positive(np.ones_like, 1e-9, 3.0, np.zeros((0, 2))).shape == (0, 2)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(WAVE, min_size=1, max_size=4), st.floats(-1.5, 1.5), st.floats(50, 2000))
def test_sums_of_waves_agree_with_a_fine_grid(
    waves: list[tuple[float, float, float]], level: float, step: float
) -> None:
    """Wherever a fine grid finds the function positive there is an interval, and nowhere else."""

    def function(t: Floats) -> Floats:
        return np.asarray(sum(a * np.sin(w * t + p) for a, w, p in waves)) - level

    bound = sum(a * w * w for a, w, _ in waves)
    found = positive(function, bound, step, np.array([[0.0, 20_000.0]]))
    assert np.all(np.diff(found.ravel()) > 0)
    grid = np.arange(0.0, 20_000.0, 3.7)
    edges = found.ravel()
    inside = np.searchsorted(edges, grid) % 2 == 1
    index = np.searchsorted(edges, grid)
    padded = np.concatenate([[-1e9], edges, [1e9]])
    clear = np.minimum(padded[index + 1] - grid, grid - padded[index]) > 2 * FINEST_S
    clear &= np.abs(function(grid)) > bound * FINEST_S**2
    assert np.array_equal((function(grid) > 0)[clear], inside[clear])


def test_unions_join_what_overlaps() -> None:
    """The union of two lists of intervals is ascending and disjoint."""
    a = np.array([[0.0, 2.0], [5.0, 6.0]])
    b = np.array([[1.0, 3.0], [6.0, 8.0], [10.0, 11.0]])
    assert union(a, b).tolist() == [[0.0, 3.0], [5.0, 8.0], [10.0, 11.0]]
    assert union(np.zeros((0, 2)), np.zeros((0, 2))).shape == (0, 2)


@settings(deadline=None, derandomize=True, max_examples=15)
@given(st.lists(WAVE, min_size=1, max_size=3), st.floats(-1.5, 1.5), st.floats(50, 2000))
def test_functions_with_kinks_are_searched_by_their_slope(
    waves: list[tuple[float, float, float]], level: float, step: float
) -> None:
    """A function with kinks, of which only the slope is bounded, is found wherever a grid finds it."""

    def function(t: Floats) -> Floats:
        return np.asarray(sum(a * np.abs(np.sin(w * t + p)) for a, w, p in waves)) - level

    bound = sum(a * w for a, w, _ in waves)
    found = positive(function, bound, step, np.array([[0.0, 10_000.0]]), order=1)
    edges = found.ravel()
    assert np.all(np.diff(edges) > 0)
    grid = np.arange(0.1, 10_000.0, 3.7)
    clear = np.abs(function(grid)) > bound * FINEST_S
    assert np.array_equal((function(grid) > 0)[clear], (np.searchsorted(edges, grid) % 2 == 1)[clear])


def test_a_bound_may_differ_from_cell_to_cell() -> None:
    """Where a function bends more, a bound that says so for each cell finds what a number finds."""

    def chirp(t: Floats) -> Floats:
        return np.sin(t * t / 1000)

    def bound(t0: Floats, t1: Floats) -> Floats:
        return (t1 / 500) ** 2 + 1 / 500 + 0 * t0

    spans = np.array([[0.0, 500.0]])
    by_cell = positive(chirp, bound, 50.0, spans)
    whole = positive(chirp, float(bound(np.zeros(1), np.array([500.0]))[0]), 50.0, spans)
    assert by_cell.shape == whole.shape == (40, 2)
    assert np.abs(by_cell - whole).max() < 2 * ROOT_S


def test_what_is_left_of_intervals() -> None:
    """Intervals without others are what lies in the first and not in the second."""
    a = np.array([[0.0, 4.0], [5.0, 6.0], [8.0, 9.0]])
    b = np.array([[1.0, 2.0], [3.0, 5.5], [7.0, 10.0]])
    assert less(a, b).tolist() == [[0.0, 1.0], [2.0, 3.0], [5.5, 6.0]]
    assert less(a, np.zeros((0, 2))).tolist() == a.tolist()
    assert less(np.zeros((0, 2)), b).shape == (0, 2)
    assert less(a, a).shape == (0, 2)
