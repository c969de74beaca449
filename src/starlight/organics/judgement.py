"""Judge runs: which markers stand above the background, with which p-value, or why there is no answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from starlight.errors import InputError
from starlight.organics.calibration import Calibration
from starlight.organics.conformal import discoveries, least_runs, p_value, too_many
from starlight.organics.detector import Peak, RunLook
from starlight.organics.gas_run import GasRun
from starlight.organics.reference_spectra import FIRST_MZ, Spectrum

STRANGE_P = 0.02
"""Runs stranger than all but 2 % of the calibration's get no answer: so many good ones are given up too."""

IONS = 6
"""Ions that are shown as evidence."""


@dataclass(frozen=True)
class Ion:
    """One of a target's ions, as evidence.

    Args:
        mz: mass to charge.
        expected: its share of the target's ion current.
        excess: its fraction of the run's ion current at the peak, less the background's median.
    """

    mz: int
    expected: float
    excess: float


@dataclass(frozen=True)
class Finding:
    """A target that was looked for in a run.

    Args:
        target: the record.
        p: split-conformal.
        found: it is below alpha, and among the run's discoveries.
        peak: where in the run it is most alike.
        ions: the evidence, strongest expected first.
    """

    target: Spectrum
    p: float
    found: bool
    peak: Peak
    ions: tuple[Ion, ...]


@dataclass(frozen=True)
class Judgement:
    """The answer for a run.

    Args:
        run: its name.
        abstained: why there is no answer; empty where there is one.
        strange_p: how usual the run is among the calibration's, as a p-value.
        findings: by target, smallest p first; none where there is no answer.
        not_judged: names of targets whose ions the run did not record.
    """

    run: str
    abstained: str
    strange_p: float
    findings: tuple[Finding, ...] = ()
    not_judged: tuple[str, ...] = ()

    @property
    def best(self) -> Finding | None:
        """Return the found target of smallest p that is no instrument background; None without one."""
        return next((each for each in self.findings if each.found and not each.target.background), None)

    @property
    def statement(self) -> str:
        """Return the answer in words."""
        if self.abstained:
            return f"no answer: {self.abstained}"
        if self.best is not None:
            return f"organic marker above background, p = {self.best.p:.2g} ({self.best.target.family})"
        if any(each.found for each in self.findings):
            return "instrument background only (siloxanes or phthalates)"
        least = min((each.p for each in self.findings), default=None)
        return "no target could be judged" if least is None else f"nothing above background, p >= {least:.2g}"


def judge(
    runs: Sequence[GasRun], calibration: Calibration, alpha: float = 0.01, rate: float = 0.05
) -> list[Judgement]:
    """Return the answer for each run.

    Args:
        runs: one or more.
        calibration: of the instrument that made them.
        alpha: a target is found at this p-value or less; the rate of false alarms for each target.
        rate: the false discovery rate among the targets of a run.

    Raises:
        InputError: alpha or rate is no probability, or the calibration has too few runs for alpha.
    """
    for name, value in (("alpha", alpha), ("the false discovery rate", rate)):
        if not 0 < value < 1:
            raise InputError(f"{name} is {value}", right="It lies between 0 and 1, such as 0.01")
    if len(calibration.strangeness) < least_runs(alpha):
        told = f"a calibration by {len(calibration.strangeness)} scored runs knows no p-value of {alpha}"
        raise InputError(told, right=f"That takes {least_runs(alpha)}, besides those of the background")
    usual = [p_value(calibration.strangeness, calibration.typicality.strangeness(run)) for run in runs]
    reasons = _reasons(runs, calibration, usual)
    return [
        Judgement(run.name, reason, p) if reason else _judged(run, calibration, p, alpha, rate)
        for run, reason, p in zip(runs, reasons, usual, strict=True)
    ]


def _reasons(runs: Sequence[GasRun], calibration: Calibration, usual: Sequence[float]) -> list[str]:
    """Return by run why it can't be compared with the calibration; empty where it can."""
    strange = sum(p <= STRANGE_P for p in usual)
    # Where a whole batch has drifted, the runs that happen to look usual have drifted too.
    if len(runs) > 1 and too_many(strange, len(runs), STRANGE_P):
        return [f"{strange} of {len(runs)} runs are unlike the calibration's: recalibrate"] * len(runs)
    return [
        f"made by {run.instrument}, and {calibration.instrument} is calibrated"
        if run.instrument not in ("", calibration.instrument)
        else f"the run is unlike the calibration's (p = {p:.2g})"
        if p <= STRANGE_P
        else ""
        for run, p in zip(runs, usual, strict=True)
    ]


def _judged(run: GasRun, calibration: Calibration, usual: float, alpha: float, rate: float) -> Judgement:
    detector = calibration.detector
    # Only what could be judged counts in the correction for many targets.
    look = detector.look(run)
    scores = detector.scores(run, look)
    places = np.flatnonzero(np.isfinite(scores)).tolist()
    p_values = [p_value(calibration.scores[place], scores[place]) for place in places]
    chosen = discoveries(p_values, rate)
    findings = [
        Finding(
            detector.targets[place],
            p,
            bool(p <= alpha and discovered),
            detector.peak(look, place),
            ions(look, calibration, place),
        )
        for place, p, discovered in zip(places, p_values, chosen, strict=True)
    ]
    findings.sort(key=lambda each: (each.p, -each.peak.score))
    absent = (target.name for place, target in enumerate(detector.targets) if place not in places)
    return Judgement(run.name, "", usual, tuple(findings), tuple(absent))


def ions(look: RunLook, calibration: Calibration, place: int) -> tuple[Ion, ...]:
    """Return the evidence for a target, named by its place, at its peak in a run."""
    background = calibration.detector.background
    peak = calibration.detector.peak(look, place)
    excess = look.spectra[int(np.flatnonzero(look.bins == peak.place)[0])] - background.median
    shares = calibration.detector.targets[place].shares(background.size)[FIRST_MZ:]
    strongest = np.argsort(-shares, kind="stable")[:IONS]
    return tuple(
        Ion(int(mz) + FIRST_MZ, float(shares[mz]), float(excess[mz])) for mz in strongest if shares[mz] > 0
    )
