"""The classifier of families: learnt from a user's folder and labels, and never shipped trained."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from starlight.errors import InputError
from starlight.input_files import read_bytes, read_text, write_bytes
from starlight.organics import forest
from starlight.organics.features import SIZE, SLICES, above_least, features
from starlight.organics.forest import Forest
from starlight.organics.gas_run import GasRun, Matrix

FEW = 10
"""Runs with a label, and without it, that it takes at least: fewer teach the runs, not the label."""

MODEL_BYTES = 256 * 1024 * 1024
"""A model of ten labels by 766 runs has some 2 MB."""

LEAST = 1e-3
"""No probability is nearer to 0 or 1: of 766 runs nobody learns more."""


@dataclass(frozen=True)
class Classifier:
    """A forest for each label.

    Args:
        labels: their names.
        forests: one each.
    """

    labels: tuple[str, ...]
    forests: tuple[Forest, ...]

    def probabilities(self, runs: Sequence[GasRun]) -> Matrix:
        """Return the probability of each label for each run; shape (run, label)."""
        return self.by_shapes([above_least(run) for run in runs])

    def by_shapes(self, shapes: Sequence[Matrix]) -> Matrix:
        """Return the same for what `above_least` gave, or a thumbnail of it."""
        rows = np.array([features(each) for each in shapes])
        told = np.array([each.probability(rows) for each in self.forests]).T
        return np.asarray(np.clip(told, LEAST, 1 - LEAST))


def read_labels(path: Path) -> dict[str, dict[str, bool]]:
    """Return by run's name its labels, of a CSV file with the columns sample_id and one for each label.

    Raises:
        InputError: it can't be read, lacks a column, or holds what is not 0 or 1.
    """
    right = "The first line is sample_id,LABEL,..., the others a run's name and 0 or 1 each"
    rows = list(csv.DictReader(io.StringIO(read_text(path, right=right))))
    if not rows or "sample_id" not in rows[0] or len(rows[0]) < 2:
        raise InputError("no labels", where=str(path), right=right)
    labels: dict[str, dict[str, bool]] = {}
    for number, row in enumerate(rows, 2):
        values = {name: value for name, value in row.items() if name != "sample_id"}
        if any(value not in ("0", "1") for value in values.values()):
            raise InputError(f"line {number}: {values} are not 0 or 1 each", where=str(path), right=right)
        labels[row["sample_id"]] = {name: value == "1" for name, value in values.items()}
    return labels


def train(
    runs: Sequence[GasRun],
    labels: dict[str, dict[str, bool]],
    seed: int,
    seen: Callable[[GasRun], Matrix] = above_least,
) -> Classifier:
    """Return the classifier that labelled runs teach.

    Args:
        runs: of one kind of instrument.
        labels: by run's name.
        seed: of the trees' choices.
        seen: what it will see of a run: `above_least`, or a thumbnail of that.

    Raises:
        InputError: a run has no labels, a label has too few runs, or scikit-learn is not installed.
    """
    unknown = [run.name for run in runs if run.name not in labels]
    if unknown or not runs:
        told = f"no labels for {', '.join(unknown[:5])}" if unknown else "no runs"
        raise InputError(told, right="Each run of the folder has a line in the file of labels")
    names = tuple(labels[runs[0].name])
    rows = np.array([features(seen(run)) for run in runs])
    learnt = []
    for name in names:
        truth: NDArray[np.bool_] = np.array([labels[run.name][name] for run in runs])
        if min(truth.sum(), (~truth).sum()) < FEW:
            told = f"{truth.sum()} of {len(runs)} runs have the label {name}"
            raise InputError(told, right=f"It takes {FEW} with and {FEW} without, or leave the label out")
        learnt.append(forest.learn(rows, truth, seed))
    return Classifier(names, tuple(learnt))


def write(model: Classifier, path: Path) -> None:
    """Write a classifier as tables of numbers (.npz).

    Raises:
        InputError: the file can't be written.
    """
    tables: dict[str, NDArray[np.generic]] = {"labels": np.array(model.labels)}
    for place, each in enumerate(model.forests):
        tables |= {f"{place}.{name}": getattr(each, name) for name in ("roots", *forest.COLUMNS)}
    packed = io.BytesIO()
    np.savez_compressed(packed, **tables)  # type: ignore[arg-type]
    write_bytes(path, packed.getvalue())


def read(path: Path) -> Classifier:
    """Return the classifier of a file.

    Raises:
        InputError: it can't be read, or is none of ours.
    """
    right = "`starlight organics train` writes it"
    data = read_bytes(path, MODEL_BYTES, right=right)
    try:
        # Told by the archive's own directory, before any of it is unpacked.
        if sum(each.file_size for each in zipfile.ZipFile(io.BytesIO(data)).infolist()) > MODEL_BYTES:
            raise InputError(f"it unpacks to more than {MODEL_BYTES} bytes", where=str(path), right=right)
        # Never with pickle: that runs what the file's writer put in.
        tables = np.load(io.BytesIO(data), allow_pickle=False)
        labels = tuple(str(each) for each in tables["labels"])
        forests = tuple(
            Forest(*(tables[f"{place}.{name}"] for name in ("roots", *forest.COLUMNS)))
            for place in range(len(labels))
        )
        sound = all(each.sound(SIZE * (SLICES + 3)) for each in forests)
    except (ValueError, KeyError, OSError, EOFError, TypeError, zlib.error, zipfile.BadZipFile) as error:
        raise InputError(f"no classifier ({error})", where=str(path), right=right) from None
    if not sound or not labels:
        raise InputError("the tables of the classifier lead nowhere", where=str(path), right=right)
    return Classifier(labels, forests)
