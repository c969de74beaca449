"""Self-affine terrain: made up where nobody has measured, as rough as a place that somebody has."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from starlight.search.terrain import Floats, Terrain


class Roughness(NamedTuple):
    """The roughness of a place: root mean square slope at 1 m, and how it falls with the lag.

    Attributes:
        slope_1m_deg: root mean square slope between points 1 m apart.
        hurst: the deviation of heights grows with the lag to this power.
    """

    slope_1m_deg: float
    hurst: float

    def slope_deg(self, lag_m: float) -> float:
        """Return the root mean square slope at another lag."""
        return float(np.degrees(np.arctan(np.tan(np.radians(self.slope_1m_deg)) * lag_m ** (self.hurst - 1))))


PATHFINDER = Roughness(5.9, 0.61)
"""The landing site of Mars Pathfinder: 5.4, 2.5 and 1.7 degrees (each +-1) at 1, 10 and 100 m, Hurst exponent
0.54 to 0.61 (Shepard and others 2001). One exponent can't have all three means; these lie in their bands."""


def field(rows: int, columns: int, hurst: float, rng: np.random.Generator) -> Floats:
    """Return a self-affine surface without unit: mean 0, deviation 1.

    Source: spectral synthesis, Turcotte (1997), "Fractals and chaos in geology and geophysics": power falls
    with the wave number to -2 (hurst + 1).
    """
    # Twice as large, of which a quarter is kept: the whole is periodic, so its edges would fit each other.
    tall, wide = 2 * rows, 2 * columns
    wave = np.hypot(np.fft.fftfreq(tall)[:, None], np.fft.rfftfreq(wide)[None, :])
    wave[0, 0] = np.inf
    noise = np.fft.rfft2(rng.standard_normal((tall, wide)))
    surface = np.fft.irfft2(noise * wave ** -(hurst + 1), (tall, wide))[:rows, :columns]
    kept: Floats = (surface - surface.mean()) / surface.std()
    return kept


def made_up(rows: int, columns: int, cell_m: float, like: Roughness, seed: int) -> Terrain:
    """Return terrain that is declared synthetic, with the upper left corner at (0, height of the map)."""
    surface = field(rows, columns, like.hurst, np.random.default_rng(seed))
    lag_m = max(cell_m, 1.0)
    terrain = Terrain(surface, cell_m, 0.0, rows * cell_m, f"self-affine, seed {seed}", synthetic=True)
    scale = np.tan(np.radians(like.slope_deg(lag_m))) / np.tan(np.radians(terrain.rms_slope_deg(lag_m)))
    return Terrain(surface * scale, cell_m, 0.0, rows * cell_m, terrain.source, synthetic=True)
