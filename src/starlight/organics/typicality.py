"""The distance at which a run as a whole lies from those of the calibration: the test of exchangeability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from starlight.organics.background import fractions
from starlight.organics.gas_run import GasRun, Matrix
from starlight.organics.reference_spectra import FIRST_MZ

LOWEST = 1e-7
"""The ion fraction below which all are taken as alike: noise."""

RIDGE = 0.03
"""Variance (in log10 squared) that is added to each m/z: a factor of 1.5 in a fraction is nothing strange."""


def profile(run: GasRun, size: int) -> Matrix:
    """Return log10 of the mean ion fraction of each m/z from 12; NaN where it was not recorded."""
    spectra, _ = fractions(run, size)
    mean = spectra.mean(axis=0) if len(spectra) else np.full(size - FIRST_MZ, np.nan)
    recorded = np.zeros(size - FIRST_MZ, dtype=bool)
    recorded[: len(run.recorded[FIRST_MZ:size])] = run.recorded[FIRST_MZ:size]
    return np.where(recorded, np.log10(np.maximum(mean, LOWEST)), np.nan)


@dataclass(frozen=True)
class Typicality:
    """Mean and covariance of the runs' profiles.

    Args:
        mean: shape (m/z from 12,).
        covariance: shape (m/z from 12, m/z from 12).
    """

    mean: Matrix
    covariance: Matrix

    @classmethod
    def of(cls, runs: Sequence[GasRun], size: int) -> Typicality:
        """Return what is typical of runs."""
        profiles = np.array([profile(run, size) for run in runs])
        count = np.isfinite(profiles).sum(axis=0)
        mean = np.nan_to_num(profiles).sum(axis=0) / np.maximum(count, 1)
        # What a run did not record counts as usual here, and is left out where it is judged.
        apart = np.nan_to_num(profiles - mean)
        covariance = apart.T @ apart / len(runs) + RIDGE * np.eye(len(mean))
        return cls(mean, covariance)

    def strangeness(self, run: GasRun) -> float:
        """Return the Mahalanobis distance of a run's profile, squared, over the m/z that it recorded, each.

        Infinite where it recorded none of them: such a run is like none.
        """
        apart = profile(run, FIRST_MZ + len(self.mean)) - self.mean
        places = np.flatnonzero(np.isfinite(apart))
        if not len(places):
            return float("inf")
        # By the number of m/z, so that runs that recorded fewer stay comparable.
        solved = np.linalg.solve(self.covariance[np.ix_(places, places)], apart[places])
        return float(apart[places] @ solved / len(places))
