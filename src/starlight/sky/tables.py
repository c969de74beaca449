"""Functions of time that are dear to compute and smooth: sampled once, interpolated ever after.

A table has nodes at fixed instants, whatever was asked first, so results never depend on the order
of questions. What interpolates between them is kept by the cell, from one node to the next, so that a
question takes it as it is. Cells are computed in blocks, when a question first touches the block.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from starlight.sky.timescales import Floats

_BLOCK = 256


class Cell(NamedTuple):
    """The interpolation of a table.

    Attributes:
        before, after: how many nodes before a cell's first and after it count.
        width: how many numbers are kept of a cell, for each one of a node.
        numbers: makes them, (n, width), of these nodes, each (n, its numbers), and the step between in s.
    """

    before: int
    after: int
    width: int
    numbers: Callable[[Sequence[Floats], float], Floats]


def _taylor(nodes: Sequence[Floats], step: float) -> Floats:
    """Return the cubics through two nodes with their slopes, as Taylor coefficients at the left one."""
    half = nodes[0].shape[1] // 2
    p0, p1 = (node[:, :half] for node in nodes)
    m0, m1 = (node[:, half:] * step for node in nodes)
    rise = p1 - p0
    bend = 3 * rise - 2 * m0 - m1
    twist = m0 + m1 - 2 * rise
    return np.concatenate([p0, m0, bend, twist], axis=1)


def _as_they_are(nodes: Sequence[Floats], _step: float) -> Floats:
    return np.concatenate(nodes, axis=1)


BY_SLOPES = Cell(0, 1, 2, _taylor)
"""For `hermite`; a node is a vector, then its derivative per second."""

BY_FOUR = Cell(1, 2, 4, _as_they_are)
"""For `lagrange`."""


class Samples:
    """A vector function at the nodes of a regular grid, computed when first needed.

    Args:
        compute: takes node times, seconds of TDB past J2000, shape (n,); returns shape (n, width).
        width: how many numbers a node has.
        start, end: what the grid covers, in seconds; `step` between nodes.
        cell: how it is interpolated.

    Attributes:
        start, end, step: as given.
    """

    def __init__(
        self,
        compute: Callable[[Floats], Floats],
        width: int,
        start: float,
        end: float,
        step: float,
        cell: Cell,
    ) -> None:
        self._compute = compute
        self._cell = cell
        self.start = start
        self.end = end
        self.step = step
        blocks = int((end - start) / step) // _BLOCK + 2
        # Zeros cost no memory until a block is written. A row for each number, as what follows goes along the
        # times: over rows of three numbers each operation would cost four times as much.
        self._rows = np.zeros((cell.width * width, blocks * _BLOCK))
        self._known = np.zeros(blocks, dtype=bool)

    def cells(self, tdb: Floats) -> tuple[Floats, Floats]:
        """Return where each time lies in its cell (0 to 1), and what is kept of that cell.

        Args:
            tdb: seconds, shape (n,), inside the grid with the nodes to spare that the kind of cell needs.

        Returns:
            The fraction (n,), and its numbers (width, n).
        """
        position = (tdb - self.start) / self.step
        index = position.astype(np.int64)
        self._fill(index)
        return position - index, self._rows.take(index, axis=1)

    def _fill(self, index: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        if not index.size:
            return
        first, last = int(index.min()) // _BLOCK, int(index.max()) // _BLOCK
        if self._known[first : last + 1].all():
            return
        needed = np.zeros_like(self._known)
        needed[index // _BLOCK] = True
        before, after, _, numbers = self._cell
        for block in np.flatnonzero(needed & ~self._known):
            begin = block * _BLOCK
            nodes = np.arange(begin - before, begin + _BLOCK + after)
            # Nodes at the edges of the table may lie outside; nobody asks for their cells.
            values = self._compute(np.clip(self.start + self.step * nodes, self.start, self.end))
            parts = [values[k : k + _BLOCK] for k in range(before + 1 + after)]
            self._rows[:, begin : begin + _BLOCK] = numbers(parts, self.step).T
            self._known[block] = True


def lagrange(samples: Samples, tdb: Floats) -> Floats:
    """Interpolate by the cubic through four nodes; shape (width, n)."""
    x, nodes = samples.cells(tdb)
    a, b, c, d = nodes.reshape(4, -1, x.size)
    below, above = x + 1, x - 1
    beyond = x - 2
    result: Floats = (
        a * (-x * above * beyond / 6)
        + b * (below * above * beyond / 2)
        + c * (-below * x * beyond / 2)
        + d * (below * x * above / 6)
    )
    return result


def hermite(samples: Samples, tdb: Floats) -> tuple[Floats, Floats]:
    """Interpolate by the cubic through two nodes with their slopes.

    Returns:
        The vector and its derivative per second, both of shape (width / 2, n).
    """
    x, coefficients = samples.cells(tdb)
    start, slope_there, bend, twist = coefficients.reshape(4, -1, x.size)
    value: Floats = start + x * (slope_there + x * (bend + x * twist))
    slope: Floats = (slope_there + x * (2 * bend + 3 * x * twist)) / samples.step
    # Vector by vector, as sums over the coordinates round by how these lie in memory, and with them the last
    # digits of each plan.
    return np.asfortranarray(value), np.asfortranarray(slope)
