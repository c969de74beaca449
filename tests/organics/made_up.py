"""Runs that are made up: a smooth background with noise, of one kind of instrument, from a seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from starlight.organics.gas_run import BINS, COLUMNS, GasRun

SIZE = 100


def run(seed: int, instrument: str = "lab", slope: float = 0.05) -> GasRun:
    """Return a run whose ions fall off with m/z, by `slope` each, with noise of 20 %."""
    draw = np.random.default_rng(seed)
    mass = np.arange(SIZE)
    level = 1e-9 * np.exp(-slope * mass)[:, None] * np.ones(BINS)[None]
    return GasRun(f"R{seed:04}", instrument, level * draw.lognormal(0, 0.2, (SIZE, BINS)))


def write(made: GasRun, folder: Path) -> Path:
    """Write a run as a CSV file, one sample a bin; return its path."""
    path = folder / f"{made.name}.csv"
    lines = [",".join(COLUMNS)]
    for place in range(BINS):
        degc = 37.5 + 25 * place
        lines += [
            f"{60 * place},{degc},{mz}.0,{made.abundance[mz, place]:.6e}" for mz in range(len(made.abundance))
        ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
