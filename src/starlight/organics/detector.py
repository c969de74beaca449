"""The adaptive cosine estimator: how well a spectrum's excess over the background points at a target.

With x the ion fractions less the background's median, t the target's shares and R the background's
covariance, the statistic is t'R^-1 x / sqrt(t'R^-1 t * x'R^-1 x), a cosine in the space in which the
background is white (Kraut, Scharf, McWhorter 2001, IEEE Trans. Signal Processing 49(1), eq. 10, signed here
because an abundance is never negative). It does not change with the size of the excess, so one strong ion
that no target explains lowers it instead of raising it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from starlight.organics.background import Background, fractions
from starlight.organics.gas_run import GasRun, Matrix
from starlight.organics.reference_spectra import FIRST_MZ, Spectrum

SEEN_SHARE = 0.3
"""The least share of a target's ion current that has to lie in an instrument's range to be looked for."""

SEEN_IONS = 1.6
"""The least effective number of ions there (1 / sum of squares): one ion alone belongs to many molecules."""

RECORDED_SHARE = 0.5
"""The least share of a target's visible ion current that a run must have recorded to be judged for it."""


def visible(target: Spectrum, size: int) -> bool:
    """Return whether an instrument that ends below m/z `size` sees enough of a target to look for it."""
    shares = target.shares(size)
    seen = shares.sum()
    return bool(seen >= SEEN_SHARE and seen**2 / (shares**2).sum() >= SEEN_IONS)


class RunLook(NamedTuple):
    """A run held beside all targets, once for whatever is asked of it.

    Attributes:
        spectra: ion fractions of shape (spectrum, m/z from 12).
        bins: of temperature, of each spectrum.
        cosines: of shape (spectrum, target).
    """

    spectra: Matrix
    bins: Matrix
    cosines: Matrix


@dataclass(frozen=True)
class Peak:
    """The place in a run at which a target is most alike.

    Args:
        score: the cosine, -1 to 1.
        place: the temperature bin.
        window: first and last bin around it whose cosine is at least half of it.
    """

    score: float
    place: int
    window: tuple[int, int]


class Detector:
    """Scores runs against targets over one background.

    Args:
        background: of the instrument.
        targets: all of them are scored, visible or not; the caller picks.
    """

    def __init__(self, background: Background, targets: Sequence[Spectrum]) -> None:
        self.background = background
        self.targets = tuple(targets)
        size = background.size
        shares = [target.shares(size)[FIRST_MZ:] for target in self.targets]
        self._shares = np.array(shares).reshape(-1, size - FIRST_MZ)
        # Runs of one instrument record one of few sets of m/z; the inverse costs more than the scores.
        self._whitening = lru_cache(maxsize=32)(self._whitened)

    def _whitened(self, recorded: bytes) -> tuple[Matrix, Matrix, Matrix]:
        precision = self.background.precision(np.frombuffer(recorded, dtype=bool))
        pointed = self._shares @ precision
        return precision, pointed, np.sqrt(np.maximum((pointed * self._shares).sum(axis=1), 1e-300))

    def recorded(self, run: GasRun) -> Matrix:
        """Return which m/z from 12 a run recorded, within the background's range."""
        recorded = np.zeros(self.background.size - FIRST_MZ, dtype=bool)
        seen = run.recorded[FIRST_MZ : self.background.size]
        recorded[: len(seen)] = seen
        return recorded

    def judged(self, run: GasRun) -> Matrix:
        """Return by target whether the run recorded enough of what the instrument's range shows of it."""
        visible_share = np.maximum(self._shares.sum(axis=1), 1e-300)
        return np.asarray((self._shares @ self.recorded(run)) / visible_share >= RECORDED_SHARE)

    def look(self, run: GasRun) -> RunLook:
        """Return a run beside all targets: the cosine of each of its spectra with each of them."""
        # All targets in one product: a run costs milliseconds, its inverse is kept.
        spectra, bins = fractions(run, self.background.size)
        precision, pointed, norm = self._whitening(self.recorded(run).tobytes())
        apart = spectra - self.background.median
        length = np.sqrt(np.maximum(((apart @ precision) * apart).sum(axis=1), 1e-300))
        return RunLook(spectra, bins, (apart @ pointed.T) / length[:, None] / norm[None])

    def scores(self, run: GasRun, look: RunLook | None = None) -> Matrix:
        """Return the largest cosine in the run for each target, NaN where it can't be judged.

        Args:
            look: at the run, where somebody has it already.
        """
        cosines = (look or self.look(run)).cosines
        # The largest over temperature: the calibration's runs get the same chance to be high somewhere.
        best = cosines.max(axis=0) if len(cosines) else np.full(len(self.targets), np.nan)
        return np.where(self.judged(run), best, np.nan)

    def peak(self, look: RunLook, target: int) -> Peak:
        """Return where a target, named by its place, is most alike in a run that has spectra."""
        line, bins = look.cosines[:, target], look.bins
        best = int(line.argmax())
        # Grown from the peak, so that a second peak elsewhere is no part of the window.
        first = last = best
        while first > 0 and line[first - 1] >= line[best] / 2:
            first -= 1
        while last < len(line) - 1 and line[last + 1] >= line[best] / 2:
            last += 1
        return Peak(float(line[best]), int(bins[best]), (int(bins[first]), int(bins[last])))
