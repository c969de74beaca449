"""Probability of detection of who is there, by coverage.

Coverage is sweep width times length of track over area (Koopman 1946; US Coast Guard 1996, "The theory of
search").
"""

from __future__ import annotations

from math import pi, sqrt
from typing import Literal

import numpy as np

from starlight.search.terrain import Floats

Law = Literal["exponential", "inverse-cube"]
"""How tracks lie: at random, or as sweeps that are navigated, parallel and evenly spaced."""


def detection(coverage: Floats, law: Law) -> Floats:
    """Return the probability of detection of who is in the area, by coverage, 0 or more."""
    covered = np.asarray(coverage, dtype=np.float64)
    if law == "exponential":
        return -np.expm1(-covered)
    from scipy.special import erf

    return np.asarray(erf(sqrt(pi) / 2 * covered), dtype=np.float64)


def lateral_range(distance_m: Floats, sweep_width_m: float) -> Floats:
    """Return how likely one straight pass finds who is so far beside it, by the inverse cube law.

    Its integral over all distances, both sides, is the sweep width.
    """
    return -np.expm1(-(sweep_width_m**2) / (4 * pi * np.maximum(np.abs(distance_m), 1e-9) ** 2))
