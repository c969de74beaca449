"""Terrain is measured and whole, or it is declared synthetic and as rough as a place that was measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from starlight.errors import InputError
from starlight.search.self_affine import PATHFINDER, made_up
from starlight.search.terrain import measured
from starlight.search.walking import speed_mps

GALE = Path(__file__).parents[3] / "shared" / "reference" / "search" / "gale_dem_1m.npy"


@pytest.mark.parametrize("seed", range(3))
def test_made_up_ground_is_as_rough_as_pathfinders(seed: int) -> None:
    """RMS slopes lie inside Pathfinder's 5.4, 2.5 and 1.7 (+-1.0, 1.0, 0.9) degrees at 1, 10 and 100 m."""
    terrain = made_up(768, 768, 1.0, PATHFINDER, seed)
    assert terrain.synthetic
    for lag, mean, band in ((1, 5.4, 1.0), (10, 2.5, 1.0), (100, 1.7, 0.9)):
        assert abs(terrain.rms_slope_deg(lag) - mean) <= band
    assert 0.54 <= PATHFINDER.hurst <= 0.61


def test_wide_ground_has_the_roughness_of_its_own_lag() -> None:
    """Ground of 50 m cells has the slope that the law has at 50 m, not at 1 m."""
    terrain = made_up(200, 200, 50.0, PATHFINDER, 4)
    assert terrain.rms_slope_deg(50) == pytest.approx(PATHFINDER.slope_deg(50), rel=1e-3)


@pytest.mark.skipif(not GALE.exists(), reason="../shared is not there, which has the tile of Gale crater")
def test_the_tile_of_gale_has_its_slopes() -> None:
    """The tile of 1 m reads as 337 x 348 heights whose RMS slopes are 6.92, 6.36 and 4.59 degrees."""
    heights = np.load(GALE)
    terrain = measured(heights.astype(np.float64), 1.0, 8_142_406.0, -276_455.0, "HiRISE")
    assert terrain.shape == (337, 348)
    assert not terrain.synthetic
    assert (terrain.height_m.min(), terrain.height_m.max()) == pytest.approx((-4472.67, -4437.88), abs=0.01)
    for lag, slope in ((1, 6.92), (10, 6.36), (100, 4.59)):
        assert terrain.rms_slope_deg(lag) == pytest.approx(slope, abs=0.02)


def test_a_hole_is_told_with_its_place() -> None:
    """Heights with holes are refused with how many there are and where the first is, never filled."""
    heights = np.zeros((5, 6))
    heights[3, 2] = heights[4, 4] = np.nan
    with pytest.raises(InputError, match="2 of 30 heights are missing, the first in row 3, column 2"):
        measured(heights, 1.0, 0.0, 0.0, "a test")


def test_points_lie_in_the_cells_that_they_are_in() -> None:
    """Rows go from north to south, columns from west to east."""
    terrain = measured(np.zeros((4, 5)), 10.0, 100.0, 200.0, "a test")
    east, north = terrain.middles()
    assert terrain.cells_of(east, north).tolist() == list(range(20))
    assert terrain.holds(np.array([99.0, 100.0, 149.0, 151.0]), np.full(4, 190.0)).tolist() == [0, 1, 1, 0]
    assert terrain.coarser(2).shape == (2, 2)


def test_speed_by_slope_is_that_of_marquez() -> None:
    """Speeds are those published, and nowhere jump by more than 0.001 m/s."""
    slopes = np.array([0.0, 3, 6, 10, -5, -10, -15, 15.1, -20, -30])
    speeds = [1.6, 1.0, 0.4, 0.244, 1.3, 1.0, 0.525, 0.05, 0.05, 0.05]
    assert speed_mps(slopes) == pytest.approx(speeds)
    for joint in (-20.0, -10.0, 0.0, 6.0, 15.0):
        below, above = speed_mps(np.array([joint - 1e-9, joint + 1e-9]))
        assert abs(below - above) <= 1.001e-3
