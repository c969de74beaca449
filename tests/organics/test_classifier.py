"""A classifier is learnt from what its labels say, and a file that is none can only be refused."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from tests.organics import made_up

from starlight.errors import InputError
from starlight.organics import classifier
from starlight.organics.classifier import Classifier
from starlight.organics.gas_run import GasRun


@pytest.fixture(scope="module")
def learnt() -> Classifier:
    """Return a classifier that tells steep backgrounds from flat ones, of 40 made-up runs."""
    return classifier.train(runs(range(40)), labels(range(40)), seed=1)


def runs(seeds: range) -> list[GasRun]:
    return [made_up.run(seed, slope=0.04 if seed % 2 else 0.08) for seed in seeds]


def labels(seeds: range) -> dict[str, dict[str, bool]]:
    return {f"R{seed:04}": {"flat": bool(seed % 2)} for seed in seeds}


def test_what_was_learnt_is_told_of_others_and_survives_its_file(learnt: Classifier, tmp_path: Path) -> None:
    """Runs that were not learnt from get their label, and the same probability from the file."""
    asked = runs(range(100, 120))
    told = learnt.probabilities(asked)[:, 0]
    assert all((p > 0.5) == bool(seed % 2) for p, seed in zip(told, range(100, 120), strict=True))
    classifier.write(learnt, tmp_path / "model.npz")
    again = classifier.read(tmp_path / "model.npz").probabilities(asked)[:, 0]
    np.testing.assert_array_equal(again, told)


def test_the_tables_tell_what_scikit_learn_tells() -> None:
    """The forest as tables gives the probabilities of the trees that it was made from."""
    from sklearn.ensemble import ExtraTreesClassifier

    from starlight.organics import forest

    draw = np.random.default_rng(1)
    rows, truth = draw.normal(size=(80, 6)), draw.random(80) < 0.4
    theirs = ExtraTreesClassifier(forest.TREES, max_features=0.1, random_state=3)
    theirs.fit(rows.astype(np.float32), truth)
    ours = forest.learn(rows, truth, seed=3)
    asked = draw.normal(size=(500, 6))
    expected = theirs.predict_proba(asked.astype(np.float32))[:, 1]
    np.testing.assert_allclose(ours.probability(asked), expected, atol=1e-6)


def test_files_that_are_no_classifier_are_refused(learnt: Classifier, tmp_path: Path) -> None:
    """Bytes, a cut file, objects, a tree that leads back to itself and one of other numbers are errors."""
    path = tmp_path / "model.npz"
    classifier.write(learnt, path)
    whole = path.read_bytes()
    tables = dict(np.load(io.BytesIO(whole)))
    circle = {**tables, "0.left": np.where(tables["0.left"] >= 0, 0, -1).astype(np.int32)}
    beyond = {**tables, "0.feature": tables["0.feature"] + np.int32(10_000)}
    floats = {**tables, "0.left": tables["0.left"].astype(float)}
    objects = {**tables, "labels": np.array([{"a": 1}], dtype=object)}
    bad = [b"", b"PK", whole[: len(whole) // 2]]
    for each in (
        circle,
        beyond,
        floats,
        objects,
        {"labels": tables["labels"]},
        {**tables, "0.left": np.int32(1)},
    ):
        packed = io.BytesIO()
        np.savez(packed, allow_pickle=True, **each)
        bad.append(packed.getvalue())
    for data in bad:
        path.write_bytes(data)
        with pytest.raises(InputError, match=r"model\.npz"):
            classifier.read(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no labels"),
        ("name,wet\nR1,1\n", "no labels"),
        ("sample_id,wet\nR1,maybe\n", "line 2"),
        ("sample_id,wet,dry\nR1,1\n", "line 2"),
        ("sample_id,wet\nR1,1,1\n", "line 2"),
    ],
)
def test_labels_that_say_nothing_are_refused(tmp_path: Path, text: str, told: str) -> None:
    """A file of labels needs its columns, and 0 or 1 in each; the error has the line."""
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=r"labels\.csv") as error:
        classifier.read_labels(path)
    assert told in str(error.value)


def test_runs_without_labels_and_labels_without_runs_are_refused() -> None:
    """A run that no line names, a label that too few runs have, and no runs at all are errors."""
    with pytest.raises(InputError, match="no labels for R0001"):
        classifier.train(runs(range(2)), labels(range(1)), seed=1)
    with pytest.raises(InputError, match="9 of 18 runs have the label flat"):
        classifier.train(runs(range(18)), labels(range(18)), seed=1)
    with pytest.raises(InputError, match="no runs"):
        classifier.train([], {}, seed=1)
