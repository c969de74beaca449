"""Forests of extremely randomised trees as plain tables: learnt with scikit-learn, read without it or pickle.

A pickle runs whatever its writer put in; tables of numbers can only be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starlight.extras import require
from starlight.organics.gas_run import Matrix

TREES = 150
"""On the reference runs the log-loss of 400 is 0.002 better, for thrice the time (Geurts 2006, section 3)."""

COLUMNS = ("left", "right", "feature", "threshold", "share")


@dataclass(frozen=True)
class Forest:
    """The nodes of all trees of a label, one after the other.

    Args:
        roots: the first node of each tree.
        left: the next node where the feature is at most the threshold; -1 at a leaf.
        right: the next node elsewhere.
        feature: the column that is looked at.
        threshold: in the feature's unit.
        share: of the training runs there that had the label.
    """

    roots: NDArray[np.int32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    share: NDArray[np.float32]

    def probability(self, rows: Matrix) -> Matrix:
        """Return the mean share of the leaves that rows, of shape (run, feature), fall into; shape (run,)."""
        told = rows.astype(np.float32)
        # All rows go down all trees at once, a level a turn; at a leaf they stay.
        nodes = np.broadcast_to(self.roots, (len(rows), len(self.roots))).copy()
        lines = np.arange(len(rows))[:, None]
        while (inner := self.left[nodes] >= 0).any():
            lower = told[lines, np.maximum(self.feature[nodes], 0)] <= self.threshold[nodes]
            after = np.where(lower, self.left[nodes], self.right[nodes])
            nodes = np.where(inner, after, nodes)
        return np.asarray(self.share[nodes].mean(axis=1), dtype=float)

    def sound(self, features: int) -> bool:
        """Return whether every step leads to a later node of the tables, so that reading comes to an end."""
        count = self.left.size
        places = np.arange(count)
        inner = self.left >= 0
        return bool(
            count
            and all(getattr(self, name).shape == (count,) for name in COLUMNS)
            and all(getattr(self, name).dtype == np.int32 for name in ("roots", "left", "right", "feature"))
            and all(getattr(self, name).dtype == np.float32 for name in ("threshold", "share"))
            and self.roots.ndim == 1
            and len(self.roots)
            and (self.roots >= 0).all()
            and (self.roots < count).all()
            and (self.left[inner] > places[inner]).all()
            and (self.right[inner] > places[inner]).all()
            and (self.left < count).all()
            and (self.right[inner] < count).all()
            and (self.feature[inner] >= 0).all()
            and (self.feature < features).all()
            and np.isfinite(self.share).all()
        )


def learn(rows: Matrix, labels: NDArray[np.bool_], seed: int) -> Forest:
    """Return a forest that tells one label.

    Args:
        rows: shape (run, feature).
        labels: shape (run,).
        seed: of the trees' choices.

    Raises:
        InputError: scikit-learn is not installed.
    """
    require("sklearn", "classify", "train")
    from sklearn.ensemble import ExtraTreesClassifier

    model = ExtraTreesClassifier(TREES, max_features=0.1, random_state=seed, n_jobs=2)
    model.fit(rows.astype(np.float32), labels)
    return _tables([each.tree_ for each in model.estimators_], list(model.classes_).index(True))


def _tables(trees: list[Any], column: int) -> Forest:
    sizes = [each.node_count for each in trees]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
    placed = list(zip(trees, starts, strict=True))
    left = [np.where(each.children_left >= 0, each.children_left + start, -1) for each, start in placed]
    right = [np.where(each.children_right >= 0, each.children_right + start, -1) for each, start in placed]
    shares = [each.value[:, 0, column] / each.value[:, 0].sum(axis=1) for each in trees]
    # scikit-learn compares float32 features with float64 thresholds: rounded down, no feature changes sides.
    threshold = np.concatenate([each.threshold for each in trees])
    narrow = threshold.astype(np.float32)
    narrow = np.where(narrow > threshold, np.nextafter(narrow, np.float32(-np.inf)), narrow)
    return Forest(
        starts,
        np.concatenate(left).astype(np.int32),
        np.concatenate(right).astype(np.int32),
        np.concatenate([each.feature for each in trees]).astype(np.int32),
        narrow.astype(np.float32),
        np.concatenate(shares).astype(np.float32),
    )
