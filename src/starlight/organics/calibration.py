"""Calibrations: the word of an instrument's own runs about false alarms, one each, kept as a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from starlight.errors import InputError
from starlight.input_files import read_text, write_bytes
from starlight.organics.background import Background
from starlight.organics.detector import Detector, visible
from starlight.organics.gas_run import MOST_MZ, GasRun, Matrix
from starlight.organics.reference_spectra import FIRST_MZ, Spectrum
from starlight.organics.typicality import Typicality

FORMAT = 1

EVERY = 4
"""Every fourth run describes the background, the other three give the scores: a covariance needs few runs,
a small p-value many, and no run may do both, or the p-values would not hold."""

RECORDED_RUNS = 0.5
"""An m/z belongs to an instrument's range where at least this share of its runs recorded it."""


class _CalibrationFile(msgspec.Struct):
    format: int
    instrument: str
    runs: int
    size: int
    median: list[float]
    covariance: list[list[float]]
    typical_mean: list[float]
    typical_covariance: list[list[float]]
    strangeness: list[float]
    scores: dict[str, list[float]]


class Calibration:
    """The background of an instrument, and how its runs score.

    Args:
        instrument: as its operator calls it.
        detector: over the targets that the instrument can see.
        typicality: of its runs.
        strangeness: of the calibration runs, ascending.
        scores: by target, of the calibration runs that could be judged for it, ascending.
        runs: how many there were, those of the background included.
    """

    def __init__(
        self,
        instrument: str,
        detector: Detector,
        typicality: Typicality,
        strangeness: Matrix,
        scores: Sequence[Matrix],
        runs: int,
    ) -> None:
        self.instrument = instrument
        self.detector = detector
        self.typicality = typicality
        self.strangeness = strangeness
        self.scores = tuple(scores)
        self.runs = runs


def calibrate(runs: Sequence[GasRun], library: Sequence[Spectrum], instrument: str) -> Calibration:
    """Return the calibration that runs of one instrument give, none of which should hold a target.

    A target that they do hold raises its own threshold: what is found is above *this* background.

    Raises:
        InputError: there are too few of them, or they were made by another instrument.
    """
    other = {run.instrument for run in runs} - {instrument, ""}
    if other:
        told = f"runs of {', '.join(sorted(other))} can't calibrate {instrument}"
        raise InputError(told, right="A calibration is of one instrument")
    if len(runs) < 2 * EVERY:
        raise InputError(f"{len(runs)} runs", right="A calibration needs 132 for p-values of 1 %")
    size = _size(runs)
    # By turns and not by halves: runs come in the order of their making, and an instrument drifts.
    describing = runs[::EVERY]
    scoring = [run for place, run in enumerate(runs) if place % EVERY]
    targets = [each for each in library if visible(each, size)]
    detector = Detector(Background.of(describing, size), targets)
    typicality = Typicality.of(describing, size)
    # A run that did not record a target's ions says nothing about its false alarms.
    table = np.array([detector.scores(run) for run in scoring]).reshape(len(scoring), -1)
    scores = [np.sort(line[np.isfinite(line)]) for line in table.T]
    strange = np.sort(np.array([typicality.strangeness(run) for run in scoring]))
    return Calibration(instrument, detector, typicality, strange, scores, len(runs))


def _size(runs: Sequence[GasRun]) -> int:
    recorded = np.zeros(MOST_MZ + 1)
    for run in runs:
        recorded[: len(run.recorded)] += run.recorded
    often = np.flatnonzero(recorded >= RECORDED_RUNS * len(runs))
    size = int(often[-1]) + 1 if len(often) else 0
    if size <= FIRST_MZ + 8:
        raise InputError(f"half of the runs record no m/z above {size - 1}", right="Calibrate with full runs")
    return size


def write(calibration: Calibration, path: Path) -> None:
    """Write a calibration as JSON.

    Raises:
        InputError: the file can't be written.
    """
    detector = calibration.detector
    # JSON has no infinity; a run that recorded nothing would only make others look usual.
    strange = calibration.strangeness[np.isfinite(calibration.strangeness)]
    file = _CalibrationFile(
        FORMAT,
        calibration.instrument,
        calibration.runs,
        detector.background.size,
        detector.background.median.tolist(),
        detector.background.covariance.tolist(),
        calibration.typicality.mean.tolist(),
        calibration.typicality.covariance.tolist(),
        strange.tolist(),
        {
            each.accession: line.tolist()
            for each, line in zip(detector.targets, calibration.scores, strict=True)
        },
    )
    write_bytes(path, msgspec.json.encode(file) + b"\n")


def _are_covariances(file: _CalibrationFile) -> bool:
    """Return whether the matrices of a file are positive definite, so that they can be inverted."""
    try:
        for each in (file.covariance, file.typical_covariance):
            np.linalg.cholesky(np.array(each))
    except np.linalg.LinAlgError:
        return False
    return True


def read(path: Path, library: Sequence[Spectrum]) -> Calibration:
    """Return the calibration of a file.

    Raises:
        InputError: it can't be read, is none, does not fit together, or needs spectra that are not there.
    """
    right = "`starlight organics calibrate` writes it"
    try:
        file = msgspec.json.decode(read_text(path, right=right), type=_CalibrationFile)
    except msgspec.DecodeError as error:
        raise InputError(f"no calibration: {error}", where=str(path), right=right) from None
    # The file names spectra and does not hold them: their licences stay with the library.
    known = {each.accession: each for each in library}
    absent = [each for each in file.scores if each not in known]
    wide = file.size - FIRST_MZ
    square = all(
        len(each) == wide and all(len(line) == wide for line in each)
        for each in (file.covariance, file.typical_covariance)
    )
    fits = wide > 0 and square and len(file.median) == wide and len(file.typical_mean) == wide
    if file.format != FORMAT or not fits or not _are_covariances(file):
        raise InputError("the calibration does not fit together", where=str(path), right=right)
    if absent:
        told = f"it holds scores of {', '.join(absent[:3])}, whose spectra are not there"
        raise InputError(told, where=str(path), right="Name the library that it was made with")
    background = Background(file.size, np.array(file.median), np.array(file.covariance))
    return Calibration(
        file.instrument,
        Detector(background, [known[each] for each in file.scores]),
        Typicality(np.array(file.typical_mean), np.array(file.typical_covariance)),
        np.array(file.strangeness),
        [np.array(line) for line in file.scores.values()],
        file.runs,
    )
