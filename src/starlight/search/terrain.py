"""Terrain as heights on a grid: where a point lies in it, how rough it is, coarser copies of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from starlight.errors import InputError

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

MOST_CELLS = 40_000_000
"""A tile of 6 000 x 6 000; its heights take 320 MB as they are computed with."""


@dataclass(frozen=True)
class Terrain:
    """Heights over a plane, north up.

    Attributes:
        height_m: [rows from north to south, columns from west to east], of the middle of each cell.
        cell_m: side of a cell.
        west_m, north_m: easting and northing of the upper left corner.
        source: where the heights come from, for people.
        synthetic: nobody measured them.
    """

    height_m: Floats
    cell_m: float
    west_m: float
    north_m: float
    source: str
    synthetic: bool

    @property
    def shape(self) -> tuple[int, int]:
        """Return rows and columns."""
        rows, columns = self.height_m.shape
        return rows, columns

    def holds(self, east_m: Floats, north_m: Floats) -> NDArray[np.bool_]:
        """Return which points lie on the grid."""
        rows, columns = self.shape
        inside: NDArray[np.bool_] = (
            (east_m >= self.west_m)
            & (east_m < self.west_m + columns * self.cell_m)
            & (north_m <= self.north_m)
            & (north_m > self.north_m - rows * self.cell_m)
        )
        return inside

    def cells_of(self, east_m: Floats, north_m: Floats) -> Ints:
        """Return the cells of points, counted row by row; a point outside has the nearest one."""
        rows, columns = self.shape
        column = np.clip(((east_m - self.west_m) / self.cell_m).astype(np.int64), 0, columns - 1)
        row = np.clip(((self.north_m - north_m) / self.cell_m).astype(np.int64), 0, rows - 1)
        return np.asarray(row * columns + column, dtype=np.int64)

    def middles(self) -> tuple[Floats, Floats]:
        """Return easting and northing of the middle of each cell, [rows * columns]."""
        rows, columns = self.shape
        east = self.west_m + (np.arange(columns) + 0.5) * self.cell_m
        north = self.north_m - (np.arange(rows) + 0.5) * self.cell_m
        return np.tile(east, rows), np.repeat(north, columns)

    def coarser(self, times: int) -> Terrain:
        """Return the means of blocks of cells; what is left over at the east and the south is cut off."""
        if times == 1:
            return self
        rows, columns = (each // times for each in self.shape)
        blocks = self.height_m[: rows * times, : columns * times].reshape(rows, times, columns, times)
        return Terrain(
            blocks.mean(axis=(1, 3)),
            self.cell_m * times,
            self.west_m,
            self.north_m,
            self.source,
            self.synthetic,
        )

    def at_most(self, cells: int) -> Terrain:
        """Return the finest coarser copy that has no more than so many cells."""
        rows, columns = self.shape
        return self.coarser(max(1, int(np.ceil(np.sqrt(rows * columns / cells)))))

    def rms_slope_deg(self, lag_m: float) -> float:
        """Return the root mean square slope between points one lag apart, along both axes.

        Source: Shepard and others (2001), "The roughness of natural terrain".
        """
        lag = max(1, round(lag_m / self.cell_m))
        south = self.height_m[lag:] - self.height_m[:-lag]
        east = self.height_m[:, lag:] - self.height_m[:, :-lag]
        mean_square = (np.mean(south**2) + np.mean(east**2)) / 2
        return float(np.degrees(np.arctan(np.sqrt(mean_square) / (lag * self.cell_m))))


def measured(height_m: Floats, cell_m: float, west_m: float, north_m: float, source: str) -> Terrain:
    """Return measured heights as terrain.

    Raises:
        InputError: they are no grid, have holes, or are too many.
    """
    if height_m.ndim != 2 or min(height_m.shape) < 3:
        shape = " x ".join(str(each) for each in height_m.shape) or "a single number"
        raise InputError(f"heights of the shape {shape}", right="They are rows by columns, 3 x 3 at least")
    if height_m.size > MOST_CELLS:
        right = f"At most {MOST_CELLS}: cut out what the search is about, or take fewer points"
        raise InputError(f"{height_m.size} heights", right=right)
    holes = ~np.isfinite(height_m)
    if holes.any():
        row, column = (int(each) for each in np.argwhere(holes)[0])
        first = f"the first in row {row}, column {column}"
        told = f"{int(holes.sum())} of {height_m.size} heights are missing, {first}"
        # A filled hole would be ground that nobody has seen, over which people are then said to have walked.
        raise InputError(told, right="Fill them with what is known, or cut out a part without holes")
    return Terrain(height_m.astype(np.float64), cell_m, west_m, north_m, source, synthetic=False)
