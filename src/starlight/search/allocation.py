"""Search effort laid where it finds the most: Koopman's and Stone's optimal allocation over cells."""

from __future__ import annotations

import numpy as np

from starlight.search.terrain import Floats


def allocate(probability: Floats, area_m2: Floats, effort_m2: float) -> Floats:
    """Return the effort for each cell that makes the probability of success the greatest.

    Detection is exponential, so who lays sweeps evenly does better than this says.

    Args:
        probability: that the lost one is in each cell, and can be saved; [cells].
        area_m2: of each cell, [cells].
        effort_m2: sweep width times length of track, of all searchers together.

    Returns:
        effort in m2, [cells]; its sum is `effort_m2` where any cell has a probability.

    Source: Stone (1975), "Theory of optimal search", chapter 2: every cell that is searched ends at the same
    density of what is still undetected.
    """
    density = probability / area_m2
    order = np.argsort(-density, kind="stable")
    order = order[density[order] > 0]
    effort = np.zeros_like(density)
    if order.size == 0 or effort_m2 <= 0:
        return effort
    log_density, area = np.log(density[order]), area_m2[order]
    # With the first n cells the level is such that their efforts sum to what there is; n is right as long as
    # the last of them still lies above it.
    level = (np.cumsum(area * log_density) - effort_m2) / np.cumsum(area)
    searched = int(np.flatnonzero(log_density > level)[-1]) + 1
    effort[order[:searched]] = area[:searched] * (log_density[:searched] - level[searched - 1])
    return effort


def success(probability: Floats, area_m2: Floats, effort_m2: Floats) -> float:
    """Return the probability of success of efforts, all [cells]."""
    return float(np.sum(probability * -np.expm1(-effort_m2 / area_m2)))
