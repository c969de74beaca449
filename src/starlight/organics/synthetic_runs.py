"""An oven that makes runs of evolved gas from a seed, for rehearsals: declared synthetic, of no instrument.

Imitated is what a flight oven gives off where no marker is: gas of the sample in the order of its abundance
(water, SO2, CO2, O2, far less HCl: Archer 2014, J. Geophys. Res. Planets 119, abstract), chloromethane that
comes off together with O2 and the products of a derivatisation agent (Glavin 2013, J. Geophys. Res. Planets
118, abstract), residual N2, CO and argon, and siloxanes that bleed the more the hotter it is. The ions of
each gas are the few that everybody knows, to some 10 %; amounts, temperatures, scatter and noise are
declared here, not measured. So how well markers are found in such runs says nothing about any instrument.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from starlight.errors import InputError
from starlight.organics.gas_run import BIN_DEGC, BINS, FIRST_DEGC, GasRun, Matrix
from starlight.organics.reference_spectra import FIRST_MZ, Spectrum, shipped

SIZE = 100
"""One more than the largest m/z, as commercial instruments record; the fewer, the faster is a calibration."""

BLEED = "MSBNK-NILU-NL0019"
"""The shipped spectrum that bleeds: decamethylcyclopentasiloxane, by its ions below `SIZE`."""

CURRENT = 1e-9
"""A of ion current at the apex of a gas of level 1; only ratios are used of a run."""

SPIKE_DEGC = 25.0
"""Standard deviation of the peak of a marker over temperature, as in validation.md's spikes."""

NOISE = 0.03
"""Relative, of each ion in each bin."""

FLOOR = 2e-6
"""Of `CURRENT`: the standard deviation of an ion without any gas."""

DRIFT, TRACE_DRIFT = 0.15, 0.6
"""Of the logarithm of a gas's amount, from run to run: of the main ones, and of traces. `DRIFT_DEGC` the same
of its temperature."""

DRIFT_DEGC = 8.0
TUNE = 4e-4
"""Of the logarithm of sensitivity by m/z, from run to run."""

OVEN_SPREAD, OVEN_DEGC, OVEN_TUNE = 0.6, 40.0, 4e-3
"""The same three, from oven to oven: two seeds are two instruments, neither calibrated by the other."""


@dataclass(frozen=True)
class Gas:
    """A gas as an oven gives it off.

    Args:
        ions: relative intensity by m/z.
        level: of its ion current at the apex, in parts of `CURRENT`.
        degc: its apex; None for what is there at all temperatures.
        width_degc: standard deviation.
        drift: of the logarithm of its amount, from run to run.
    """

    ions: Mapping[int, float]
    level: float
    degc: float | None = None
    width_degc: float = 60.0
    drift: float = DRIFT


GASES: Mapping[str, Gas] = {
    "water": Gas({18: 100, 17: 22, 16: 1}, 1.0, 220, 120),
    "sulfur dioxide": Gas({64: 100, 48: 49, 32: 10, 66: 5, 50: 2}, 0.5, 640, 80),
    "carbon dioxide": Gas({44: 100, 28: 10, 16: 9, 12: 8, 22: 2, 45: 1}, 0.4, 480, 90),
    "oxygen": Gas({32: 100, 16: 20}, 0.2, 400, 50),
    "hydrogen chloride": Gas({36: 100, 38: 32, 35: 17, 37: 5}, 0.01, 560, 120),
    "chloromethane": Gas({50: 100, 15: 70, 52: 32, 49: 9, 47: 6}, 4e-3, 390, 60, TRACE_DRIFT),
    "silylated water": Gas({75: 100, 73: 20, 45: 10, 47: 8, 76: 7, 61: 6}, 4e-3, 260, 60, TRACE_DRIFT),
    "aromatics of the trap": Gas(
        {78: 100, 77: 25, 91: 60, 92: 35, 51: 20, 65: 8, 39: 20, 50: 15, 52: 15}, 3e-3, 330, 150, TRACE_DRIFT
    ),
    "acetone and nitriles": Gas(
        {43: 100, 58: 30, 41: 60, 40: 30, 39: 15, 27: 15, 26: 8, 15: 20}, 4e-3, 300, 120, TRACE_DRIFT
    ),
    "residual nitrogen and carbon monoxide": Gas({28: 100, 14: 10, 12: 2, 29: 1}, 0.1),
    "residual argon": Gas({40: 100, 20: 14}, 4e-3),
    "residual water": Gas({18: 100, 17: 22, 16: 1}, 0.05),
}
"""In the order of the papers above; levels and widths are declared."""

BLEED_LEVEL = 2e-3
"""At the hottest; it falls to a tenth at the coldest."""

HAZE, HAZE_FALLS, HAZE_OVEN, HAZE_DRIFT = 3e-4, 0.02, 0.5, 0.35
"""What an ion has of everything that was never cleaned away: the level at m/z 12, its fall by m/z, and how
its logarithm differs by ion from oven to oven and from run to run."""


def _centres() -> Matrix:
    return np.asarray(FIRST_DEGC + BIN_DEGC * (np.arange(BINS) + 0.5))


def _bell(degc: float, width_degc: float) -> Matrix:
    return np.asarray(np.exp(-0.5 * ((_centres() - degc) / width_degc) ** 2))


@dataclass(frozen=True)
class Spike:
    """A marker in a synthetic sample.

    Args:
        target: whose ions it has; what lies beyond the oven's m/z is lost.
        ion_share: its ion current at its apex, as a share of the background's from m/z 12 up there.
        peak_degc: where that is.

    Raises:
        InputError: the share is not above 0 and at most 1, or the temperature lies outside the bins.
    """

    target: Spectrum
    ion_share: float
    peak_degc: float

    def __post_init__(self) -> None:
        """Check it where it is made."""
        last = FIRST_DEGC + BIN_DEGC * BINS
        if not 0 < self.ion_share <= 1:
            raise InputError(f"a share of {self.ion_share}", right="It lies above 0 and at most at 1")
        if not FIRST_DEGC <= self.peak_degc <= last:
            raise InputError(f"{self.peak_degc} degC", right=f"It lies in {FIRST_DEGC:g} to {last:g} degC")


@dataclass(frozen=True)
class Oven:
    """Makes runs; the same seed and numbers make the same runs, bit by bit on one machine.

    Args:
        seed: draws how this oven differs from others, and all that it makes.
        instrument: what its runs say made them.
    """

    seed: int
    instrument: str
    gases: Mapping[str, Gas] = field(default_factory=lambda: GASES)

    @cached_property
    def _ions(self) -> Matrix:
        """Return the share of each m/z in each gas, siloxanes last; shape (gas, m/z)."""
        rows = np.zeros((len(self.gases) + 1, SIZE))
        for row, gas in zip(rows, self.gases.values(), strict=False):
            row[list(gas.ions)] = list(gas.ions.values())
        rows[-1] = next(each for each in shipped() if each.accession == BLEED).shares(SIZE)
        return np.asarray(rows / rows.sum(axis=1, keepdims=True))

    @cached_property
    def _make(self) -> tuple[Matrix, Matrix, float]:
        """Return what is its own: logarithms of its gases' levels, shifts in degC, and its tune."""
        draw = np.random.default_rng((self.seed, 0))
        count = len(self.gases) + 1
        return draw.normal(0, OVEN_SPREAD, count), draw.normal(0, OVEN_DEGC, count), draw.normal(0, OVEN_TUNE)

    @cached_property
    def _haze(self) -> Matrix:
        """Return the haze of its own by m/z."""
        draw = np.random.default_rng((self.seed, 2))
        masses = np.arange(SIZE)
        fall = np.exp(-HAZE_FALLS * (masses - FIRST_MZ)) * (masses >= FIRST_MZ)
        return np.asarray(HAZE * fall * np.exp(draw.normal(0, HAZE_OVEN, SIZE)))

    def run(self, name: str, number: int, spike: Spike | None = None) -> GasRun:
        """Return a run.

        Args:
            name: of the run.
            number: which of the oven's runs it is, from 0: it draws the run's drift and noise.
            spike: the marker that the sample holds.
        """
        draw = np.random.default_rng((self.seed, 1, number))
        levels, shifts, tune = self._make
        count = len(levels)
        drifts = [*(gas.drift for gas in self.gases.values()), DRIFT]
        levels = np.exp(levels + draw.normal(0, drifts))
        shifts = shifts + draw.normal(0, DRIFT_DEGC, count)
        sensitivity = np.exp((tune + draw.normal(0, TUNE)) * (np.arange(SIZE) - SIZE / 2))
        curves = [
            gas.level * (np.ones(BINS) if gas.degc is None else _bell(gas.degc + shift, gas.width_degc))
            for gas, shift in zip(self.gases.values(), shifts, strict=False)
        ]
        curves.append(BLEED_LEVEL * 10 ** -np.linspace(1, 0, BINS))
        clean = (self._ions * sensitivity).T @ (levels[:, None] * np.array(curves))
        clean += (self._haze * sensitivity * np.exp(draw.normal(0, HAZE_DRIFT, SIZE)))[:, None]
        if spike is not None:
            clean += _of_spike(spike, clean) * sensitivity[:, None]
        noisy = clean * draw.lognormal(0, NOISE, clean.shape) + draw.normal(0, FLOOR, clean.shape)
        return GasRun(name, self.instrument, CURRENT * noisy)

    def blanks(self, count: int) -> Sequence[GasRun]:
        """Return the first runs of it, none of which holds a marker; to calibrate with."""
        return [self.run(f"blank {number}", number) for number in range(count)]


def _of_spike(spike: Spike, clean: Matrix) -> Matrix:
    """Return the ion current of a marker; shape (m/z, bin)."""
    apex = int(np.abs(_centres() - spike.peak_degc).argmin())
    current = spike.ion_share * clean[FIRST_MZ:, apex].sum()
    return np.asarray(current * spike.target.shares(SIZE)[:, None] * _bell(spike.peak_degc, SPIKE_DEGC))
