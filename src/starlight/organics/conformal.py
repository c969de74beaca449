"""p-values that hold for finite samples, and decisions over several of them.

Split-conformal p-values (Vovk, Gammerman, Shafer 2005, Algorithmic Learning in a Random World, section 2.2):
where a run is exchangeable with those of the calibration, p <= a happens with a probability of at most a,
whatever the distribution. Benjamini and Hochberg 1995, J. R. Statist. Soc. B 57(1), for many at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from starlight.organics.gas_run import Matrix


def p_value(calibration: Matrix, score: float) -> float:
    """Return the share of the calibration's scores, and this one, that are at least as large; 1 for NaN."""
    if not np.isfinite(score) and not score > 0:
        return 1.0
    # Ties count against the run: the p-value may be too large by that, never too small.
    return float((1 + (calibration >= score).sum()) / (1 + len(calibration)))


def least_runs(alpha: float) -> int:
    """Return how many calibration runs it takes for a p-value of `alpha` or less to be possible."""
    return int(np.ceil(1 / alpha - 1e-9)) - 1


def discoveries(p_values: Sequence[float], rate: float) -> list[bool]:
    """Return which hypotheses are rejected at a false discovery rate (Benjamini-Hochberg step-up)."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    count = len(order)
    # Step-up: the last that passes takes all before it along, also those that fail by themselves.
    last = max(
        (rank for rank, place in enumerate(order, 1) if p_values[place] <= rate * rank / count), default=0
    )
    chosen = set(order[:last])
    return [place in chosen for place in range(count)]


def too_many(strange: int, count: int, share: float) -> bool:
    """Return whether so many strange runs of a batch have a probability below 1 % (binomial, exact)."""
    # Summed upwards from none, each term from the one before: no factorials.
    term, below = (1 - share) ** count, 0.0
    for k in range(strange):
        below += term
        term *= (count - k) / (k + 1) * share / (1 - share)
    return 1 - below < 0.01
