"""The numbers of a run that a classifier looks at."""

from __future__ import annotations

import numpy as np

from starlight.organics.gas_run import BINS, GasRun, Matrix

SIZE = 100
"""m/z 0 to 99: what commercial instruments and flight ones share; heavier ions are left out."""

SLICES = BINS // 2
"""Slices of 50 K: half of the bins' noise, and gas comes off over more than that."""

LIGHT = 12
CARRIER = 4
HYDROGEN = 2


def above_least(run: GasRun) -> Matrix:
    """Return each ion's abundance above its least over the run, in slices of 50 K; shape (SIZE, SLICES).

    Of the light ions only hydrogen is kept: helium is the carrier.
    """
    part = np.full((SIZE, BINS), np.nan)
    seen = run.abundance[:SIZE]
    part[: len(seen)] = seen
    sampled = np.isfinite(part)
    least = np.min(np.where(sampled, part, np.inf), axis=1, keepdims=True)
    # Above the ion's own least: a baseline that never moves is the instrument's, not the sample's.
    above = np.where(sampled, np.maximum(part - np.where(np.isfinite(least), least, 0.0), 0.0), 0.0)
    light = np.arange(SIZE) < LIGHT
    light[HYDROGEN] = False
    above[light] = 0.0
    count = sampled.reshape(SIZE, SLICES, 2).sum(axis=2)
    return np.asarray(above.reshape(SIZE, SLICES, 2).sum(axis=2) / np.maximum(count, 1))


def features(above: Matrix) -> Matrix:
    """Return what `above_least` gave as one row: its square root relative to the richest slice, and by ion
    the log10 of its share, the centre and the largest of its slices; shape (SIZE * (SLICES + 3),).
    """
    total = max(float(above.sum()), 1e-300)
    # A root, so that one gas of a thousand times the rest leaves something of it to be seen.
    shape = np.sqrt(above / max(float(above.sum(axis=0).max()), 1e-300))
    share = np.log10(1e-16 + above.sum(axis=1) / total)
    by_ion = above.sum(axis=1)
    centre = (above * np.arange(SLICES)).sum(axis=1) / np.maximum(by_ion, 1e-300)
    return np.concatenate([shape.ravel(), share, centre, above.argmax(axis=1)])
