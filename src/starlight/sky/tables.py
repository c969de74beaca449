"""Functions of time that are dear to compute and smooth: sampled once, interpolated ever after.

A table has nodes at fixed instants, whatever was asked first, so results never depend on the order
of questions. Nodes are computed in blocks, when a question first touches the block.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from starlight.sky.timescales import Floats

_BLOCK = 256


class Samples:
    """Values of a vector function at the nodes of a regular grid, computed when first needed.

    Args:
        compute: takes node times, seconds of TDB past J2000, shape (n,); returns shape (n, width).
        width: how many numbers a node has.
        start, end: what the grid covers, in seconds; `step` between nodes.

    Attributes:
        start, end, step: as given.
    """

    def __init__(
        self, compute: Callable[[Floats], Floats], width: int, start: float, end: float, step: float
    ) -> None:
        self._compute = compute
        self.start = start
        self.end = end
        self.step = step
        blocks = int((end - start) / step) // _BLOCK + 2
        # Zeros cost no memory until a block is written.
        self._values = np.zeros((blocks * _BLOCK, width))
        self._known = np.zeros(blocks, dtype=bool)

    def cells(self, tdb: Floats, before: int, after: int) -> tuple[Floats, list[Floats]]:
        """Return where each time lies in its cell (0 to 1), and the nodes around that cell.

        Args:
            tdb: seconds, shape (n,), inside the grid with `before` and `after` nodes to spare.
            before, after: how many nodes before the cell's first and after it to return.

        Returns:
            The fraction (n,), and ``before + 1 + after`` arrays of shape (width, n).
        """
        position = (tdb - self.start) / self.step
        index = position.astype(np.int64)
        self._fill(index, before, after)
        # Turned round here, as whatever follows goes along the times: over rows of three numbers each
        # operation would cost four times as much.
        nodes = (self._values.take(index + k, axis=0).T for k in range(-before, after + 1))
        return position - index, [np.ascontiguousarray(each) for each in nodes]

    def _fill(self, index: np.ndarray[tuple[int], np.dtype[np.int64]], before: int, after: int) -> None:
        if not index.size:
            return
        first, last = (int(index.min()) - before) // _BLOCK, (int(index.max()) + after) // _BLOCK
        if self._known[first : last + 1].all():
            return
        needed = np.zeros_like(self._known)
        needed[(index - before) // _BLOCK] = True
        needed[(index + after) // _BLOCK] = True
        for block in np.flatnonzero(needed & ~self._known):
            rows = slice(block * _BLOCK, (block + 1) * _BLOCK)
            times = self.start + self.step * np.arange(rows.start, rows.stop)
            # Nodes of the last block may lie past the end; nobody asks for them.
            self._values[rows] = self._compute(np.minimum(times, self.end))
            self._known[block] = True


def lagrange(samples: Samples, tdb: Floats) -> Floats:
    """Interpolate by the cubic through four nodes; shape (width, n)."""
    x, (a, b, c, d) = samples.cells(tdb, 1, 2)
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

    Args:
        samples: rows are a vector, then its derivative per second.

    Returns:
        The vector and its derivative, both of shape (width / 2, n).
    """
    x, (left, right) = samples.cells(tdb, 0, 1)
    half = len(left) // 2
    p0, p1 = left[:half], right[:half]
    m0, m1 = left[half:] * samples.step, right[half:] * samples.step
    # p0 + x m0 + x^2 (bend + x twist): the cubic by its Taylor coefficients at the left node.
    rise = p1 - p0
    bend = 3 * rise - 2 * m0 - m1
    twist = m0 + m1 - 2 * rise
    value: Floats = p0 + x * (m0 + x * (bend + x * twist))
    slope: Floats = (m0 + x * (2 * bend + 3 * x * twist)) / samples.step
    # Vector by vector, as sums over the coordinates round by how these lie in memory, and with them the last
    # digits of each plan.
    return np.asfortranarray(value), np.asfortranarray(slope)
