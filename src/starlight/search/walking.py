"""The speed of people who walk in suits, by the slope of the ground."""

from __future__ import annotations

import numpy as np

from starlight.search.terrain import Floats


def speed_mps(slope_deg: Floats) -> Floats:
    """Return the speed of a suited walker, m/s, by the slope in degrees, up positive.

    Source: Marquez (2008), as pextant has it; continuous within 0.001 m/s, never below 0.05.
    """
    s = np.asarray(slope_deg, dtype=np.float64)
    # By the upper end of each piece, from the steepest way down to the steepest way up.
    pieces = [s <= -20, s <= -10, s <= 0, s <= 6, s <= 15]
    speeds = [np.full_like(s, 0.05), 0.095 * s + 1.95, 0.06 * s + 1.6, -0.2 * s + 1.6, -0.039 * s + 0.634]
    return np.maximum(np.select(pieces, speeds, 0.05), 0.05)
