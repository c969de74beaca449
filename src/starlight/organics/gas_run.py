"""A run of an evolved-gas instrument: abundance over temperature and mass to charge, read and binned."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from starlight.errors import InputError
from starlight.input_files import read_text

FIRST_DEGC = 25.0
BIN_DEGC = 25.0
BINS = 42
"""Ovens of flight and laboratory runs heat to some 1 000 degC: 42 bins of 25 K from 25 degC cover them."""

MOST_MZ = 600
"""Quadrupoles of flight instruments end at 550 (SAM: 2 to 535, Mahaffy 2012); beyond is a wrong column."""

CSV_BYTES = 64 * 1024 * 1024
"""A run of two hours at 100 masses a second has some 20 MB."""

LARGEST = 1e30
"""Of an abundance, in A or counts/s: no instrument comes near, and the squares of larger ones overflow."""

COLUMNS = ("time", "temp", "m/z", "abundance")

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class GasRun:
    """One sample heated once.

    Args:
        name: of the run, as its file is called.
        instrument: that made it, as its operator calls it; empty where nobody said.
        abundance: shape (m/z from 0, temperature bin); mean in the bin, in the instrument's own unit (A or
            counts/s, only ratios are used); NaN where nothing was sampled.
        dropped: samples outside the bins' temperatures or beyond `MOST_MZ`.
    """

    name: str
    instrument: str
    abundance: Matrix
    dropped: int = 0

    @property
    def recorded(self) -> NDArray[np.bool_]:
        """Return which m/z were sampled at all; shape (m/z,)."""
        return np.asarray(np.isfinite(self.abundance).any(axis=1))


def bin_degc(place: int) -> tuple[float, float]:
    """Return the temperatures between which a bin lies, in degC."""
    return FIRST_DEGC + BIN_DEGC * place, FIRST_DEGC + BIN_DEGC * (place + 1)


def checked(run: GasRun, where: str) -> GasRun:
    """Return a run that can be judged; errors name where it is from.

    Raises:
        InputError: nothing was sampled, or it holds infinite values or such as no instrument has.
    """
    if np.isinf(run.abundance).any():
        raise InputError("an abundance is infinite", where=where, right="Leave out what was not measured")
    if not np.isfinite(run.abundance).any():
        raise InputError(
            "the run is empty: no sample between 25 and 1075 degC",
            where=where,
            right=f"A run has lines of {', '.join(COLUMNS)}",
        )
    if np.nanmax(np.abs(run.abundance)) > LARGEST:
        told = f"an abundance of {np.nanmax(np.abs(run.abundance)):.0e}"
        raise InputError(told, where=where, right=f"It is at most {LARGEST:.0e} A or counts/s")
    if not np.nan_to_num(run.abundance).any():
        raise InputError("every abundance is zero", where=where, right="A run has ion current")
    return run


def read_run(path: Path, instrument: str = "") -> GasRun:
    """Return the run that a CSV file holds; as `parse_run`.

    Raises:
        InputError: it can't be read, or as `parse_run`.
    """
    return parse_run(read_text(path, CSV_BYTES), path.stem, instrument, str(path))


def parse_run(text: str, name: str, instrument: str, where: str) -> GasRun:
    """Return the run that CSV text holds, with the columns time [s], temp [degC], m/z, abundance.

    Fractional m/z are rounded to the nearest; temperatures need not rise.

    Args:
        text: of the file.
        name: of the run.
        instrument: that made it; empty where nobody said.
        where: what errors call the file.

    Raises:
        InputError: it lacks a column, holds what is no finite number, or no sample at all.
    """
    lines = csv.reader(text.splitlines())
    try:
        header = [each.strip().lower() for each in next(lines, [])]
        missing = [each for each in COLUMNS if each not in header]
        if missing:
            there = f"its columns are {', '.join(header[:8])[:200]}" if header else "the file is empty"
            right = f"The first line is {','.join(COLUMNS)}"
            raise InputError(f"no column {', '.join(missing)}: {there}", where=where, right=right)
        places = [header.index(each) for each in COLUMNS]
        samples = [_sample(where, number, line, places) for number, line in enumerate(lines, 2) if line]
    except csv.Error as error:
        # Such as a quote that never ends, and takes the rest of the file for one field.
        told = f"line {lines.line_num}: no CSV ({error})"
        raise InputError(told, where=where, right="Numbers need no quotes") from None
    return checked(_binned(name, instrument, np.array(samples, dtype=float).reshape(-1, 4)), where)


def _sample(where: str, number: int, line: list[str], places: list[int]) -> list[float]:
    """Return time, temperature, m/z and abundance of a line."""
    try:
        values = [float(line[place]) for place in places]
    except (IndexError, ValueError):
        values = [math.nan]
    if not all(math.isfinite(value) for value in values):
        raise InputError(
            f"line {number}: {','.join(line)[:60]!r} has no finite number in each column",
            where=where,
            right="Leave out lines that were not measured",
        )
    if values[2] < -0.5:
        raise InputError(f"line {number}: m/z is {values[2]}", where=where, right="It is 0 or more")
    return values


def _binned(name: str, instrument: str, samples: Matrix) -> GasRun:
    # Rounded, not cut: fractional m/z come from scans that step by less than 1.
    place = np.floor((samples[:, 1] - FIRST_DEGC) / BIN_DEGC)
    mass = np.rint(samples[:, 2])
    inside = (place >= 0) & (place < BINS) & (mass >= 0) & (mass <= MOST_MZ)
    top = int(mass[inside].max()) + 1 if inside.any() else 1
    cell = mass[inside].astype(int) * BINS + place[inside].astype(int)
    # One pass over samples in any order: temperatures of real ovens go back and forth.
    count = np.bincount(cell, minlength=top * BINS)
    total = np.bincount(cell, weights=samples[inside, 3], minlength=top * BINS)
    mean = np.full(top * BINS, np.nan)
    # A cell without a sample stays NaN: it is not known, which is not zero.
    np.divide(total, count, out=mean, where=count > 0)
    return GasRun(name, instrument, mean.reshape(top, BINS), int((~inside).sum()))


def read_folder(folder: Path, instrument: str = "") -> list[GasRun]:
    """Return the runs of a folder, one a CSV file, in the order of their names.

    Raises:
        InputError: there is none, or one can't be read.
    """
    files = sorted(folder.glob("*.csv")) if folder.is_dir() else []
    if not files:
        raise InputError(
            "no run is there", where=str(folder), right="It is a folder with one CSV file for each run"
        )
    return [read_run(path, instrument) for path in files]
