"""The reference runs of evolved gas, which lie beside the project, as values of ours; skipped where absent.

Their licence is not stated, so they are read where they lie and nothing of them is kept here.
"""

from __future__ import annotations

import csv
import io
import lzma
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from starlight.organics.gas_run import GasRun, Matrix
from starlight.organics.reference_spectra import FIRST_MZ, Spectrum

FOLDER = Path(__file__).parents[3] / "shared" / "reference" / "organics"
COMMERCIAL, SAM = "commercial", "sam_testbed"
SCALE = {COMMERCIAL: 1e-13, SAM: 1.0}
LEVEL = 3e-3
"""Of the ion current that a spike adds at its apex, as the acceptance says."""


def present() -> bool:
    """Return whether the reference runs are there."""
    return (FOLDER / "runs.csv").is_file()


needed = pytest.mark.skipif(
    not present(), reason="../shared is not there, which has the reference runs of evolved gas"
)


@cache
def _packed(instrument: str) -> Matrix:
    packed = (FOLDER / f"ega_{instrument}_25C.npy.xz").read_bytes()
    codes = np.load(io.BytesIO(lzma.decompress(packed)))
    return np.where(codes == -32768, np.nan, SCALE[instrument] * np.sinh(0.005 * codes.astype(float)))


@cache
def runs(instrument: str, *splits: str) -> tuple[GasRun, ...]:
    """Return the runs of an instrument that belong to splits of the published challenge."""
    with (FOLDER / "runs.csv").open(encoding="utf-8") as file:
        lines = [
            each
            for each in csv.DictReader(file)
            if each["instrument"] == instrument and each["split"] in splits
        ]
    return tuple(
        GasRun(each["sample_id"], instrument, _packed(instrument)[int(each["row"])]) for each in lines
    )


def spiked(run: GasRun, target: Spectrum, draw: np.random.Generator, level: float = LEVEL) -> GasRun:
    """Return a run with a target in it: at a drawn temperature, over some 60 K, `level` of the ion current.

    The ion current is that from m/z 12 up, without the carrier; of the target's, what lies beyond the run's
    m/z is lost, as it would be.
    """
    current = np.nan_to_num(np.maximum(run.abundance[FIRST_MZ:], 0)).sum(axis=0)
    apex = draw.choice(np.flatnonzero(current > 0))
    shape = np.exp(-0.5 * (np.arange(len(current)) - apex) ** 2)
    added = level * current * shape * target.shares(len(run.abundance))[:, None]
    return GasRun(run.name, run.instrument, run.abundance + added)
