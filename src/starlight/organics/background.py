"""The background of an instrument: how the ion fractions of its runs usually lie, and vary together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from starlight.errors import InputError
from starlight.organics.gas_run import GasRun, Matrix
from starlight.organics.reference_spectra import FIRST_MZ

SHRINKAGE = 1e-3
"""Added to each variance, as its part: ions that always go together would else cancel to nothing."""

FLOOR = 1e-10
"""Variance of an ion fraction below which no quadrupole of ours measures (a fraction of 1e-5)."""

PRESENT = 3
"""m/z that a temperature bin must hold to be a spectrum at all."""


def fractions(run: GasRun, size: int) -> tuple[Matrix, Matrix]:
    """Return the spectra of a run as fractions of each bin's ion current from m/z 12 up, and their bins.

    Negative abundances (a subtracted baseline) are taken as none.

    Args:
        run: the run.
        size: one more than the largest m/z that is looked at.

    Returns:
        Fractions of shape (spectrum, m/z from 12 to size - 1), and the bin of each spectrum.
    """
    part = np.full((size - FIRST_MZ, run.abundance.shape[1]), np.nan)
    seen = run.abundance[FIRST_MZ:size]
    part[: len(seen)] = seen
    # A bin with two ions would have fractions near 1 whatever gas came off.
    kept = np.flatnonzero(np.isfinite(part).sum(axis=0) >= PRESENT)
    # Below a subtracted baseline there is no ion current, only noise of the subtraction.
    spectra = np.maximum(np.nan_to_num(part[:, kept].T), 0.0)
    total = spectra.sum(axis=1, keepdims=True)
    kept, spectra, total = kept[total[:, 0] > 0], spectra[total[:, 0] > 0], total[total[:, 0] > 0]
    return spectra / total, kept


@dataclass(frozen=True)
class Background:
    """Median and covariance of an instrument's ion fractions.

    Args:
        size: one more than the largest m/z.
        median: shape (m/z from 12,).
        covariance: about the median, shrunk; shape (m/z from 12, m/z from 12).
    """

    size: int
    median: Matrix
    covariance: Matrix

    @classmethod
    def of(cls, runs: Sequence[GasRun], size: int) -> Background:
        """Return the background that runs show.

        Raises:
            InputError: they hold fewer spectra than there are m/z: the covariance would be a guess.
        """
        parts = [fractions(run, size)[0] for run in runs]
        spectra = np.concatenate(parts) if parts else np.zeros((0, size - FIRST_MZ))
        if len(spectra) < size - FIRST_MZ:
            raise InputError(
                f"{len(runs)} runs hold {len(spectra)} spectra for {size - FIRST_MZ} m/z",
                right=f"A background needs at least {size - FIRST_MZ} spectra, 25 degC each",
            )
        # The median: a few runs that are full of one gas would move a mean.
        median = np.median(spectra, axis=0)
        apart = spectra - median
        covariance = apart.T @ apart / len(apart)
        covariance += np.diag(SHRINKAGE * np.diag(covariance) + FLOOR)
        return cls(size, median, covariance)

    def precision(self, recorded: Matrix) -> Matrix:
        """Return the inverse covariance of the m/z that were recorded, zero for the others.

        Args:
            recorded: True or False by m/z from 12; those that were not are marginalised, not taken as zero.
        """
        # Of a Gaussian, the marginal over some m/z is the block of its covariance (not of its inverse).
        places = np.flatnonzero(recorded)
        precision = np.zeros_like(self.covariance)
        precision[np.ix_(places, places)] = np.linalg.inv(self.covariance[np.ix_(places, places)])
        return precision
