"""Find every interval in which a function of time is positive, without missing one between grid points.

The function comes with a bound M on its second derivative. On a cell of width w with values f0 and f1
at its ends that bound settles what can happen between them:

* the function differs from its chord by at most M w^2 / 8, so when both values have the same sign and
  the smaller one is further than that from zero, there is no root in the cell;
* its slope differs from the chord's by at most M w, so when the chord is steeper than that, the function is
  monotonic in the cell, which has then one root or none, as the signs at its ends say.

Of a function with kinks only its slope is bounded, by L: its values then keep it from zero on a cell
where they have one sign and |f0| + |f1| > L w.

A bound may be a number, or a function that gives one for each cell: what is far away turns slowly.

A cell that no rule settles is halved. Cells only stop at `FINEST_S` unsettled: an interval can only be
missed if it is shorter than that, a gap likewise. The cost lies near grazing extrema, where few cells are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from starlight.sky.timescales import Floats

Function = Callable[[Floats], Floats]
Bound = float | Callable[[Floats, Floats], Floats]
"""A number, or what gives it for cells from their left and right ends, (n,)."""

FINEST_S = 0.05
"""Shorter intervals, and shorter gaps, may be missed."""
ROOT_S = 1e-3
"""An edge lies inside its interval, no further than this from the root."""

_CELLS_AT_ONCE = 40_000  # keeps the arrays of one evaluation within some tens of MB
_ROUNDS = 80  # bisection alone needs 30 from a day to a millisecond


def positive(function: Function, bound: Bound, step: float, spans: Floats, *, order: int = 2) -> Floats:
    """Return where a function is positive.

    Args:
        function: takes times (n,) in seconds, returns values (n,).
        bound: at least the magnitude of its second derivative, per s^2; or of its first, per s.
        step: the width of the first cells, in seconds; a matter of speed alone.
        spans: intervals to search (m, 2), ascending and disjoint.
        order: which derivative `bound` bounds, 2 or 1.

    Returns:
        Intervals (k, 2), ascending and disjoint, each edge inside, where the function is positive, or the
        end of a span.
    """
    found = [_in_chunk(function, bound, order, chunk) for chunk in _chunks(spans, step)]
    return _joined(np.concatenate(found)) if found else np.zeros((0, 2))


def _chunks(spans: Floats, step: float) -> list[Floats]:
    """Cut spans into cells (n, 2), in groups of a limited number."""
    counts = np.maximum(np.ceil((spans[:, 1] - spans[:, 0]) / step), 1).astype(np.int64)
    owner = np.repeat(np.arange(len(spans)), counts)
    within = np.arange(owner.size) - np.repeat(np.cumsum(counts) - counts, counts)
    left = spans[owner, 0] + (spans[owner, 1] - spans[owner, 0]) * (within / counts[owner])
    right = spans[owner, 0] + (spans[owner, 1] - spans[owner, 0]) * ((within + 1) / counts[owner])
    # Whatever rounding leaves of the last cell, it ends where the span does.
    right[np.cumsum(counts) - 1] = spans[:, 1]
    cells = np.stack([left, right], axis=1)
    return [cells[k : k + _CELLS_AT_ONCE] for k in range(0, len(cells), _CELLS_AT_ONCE)]


def _in_chunk(function: Function, bound: Bound, order: int, cells: Floats) -> Floats:
    t0, t1, f0, f1 = _settled(function, bound, order, cells)
    up0, up1 = f0 > 0, f1 > 0
    edges = np.stack([t0, t1], axis=1)
    cross = up0 != up1
    root = inner_roots(function, t0[cross], t1[cross], f0[cross], f1[cross])
    # A cell that rises keeps its right part, one that falls its left part.
    rises = up1[cross]
    crossing = np.flatnonzero(cross)
    edges[crossing[rises], 0] = root[rises]
    edges[crossing[~rises], 1] = root[~rises]
    return edges[up0 | up1]


def _settled(
    function: Function, bound: Bound, order: int, cells: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Halve cells until each is settled; return left and right ends and their values, in order of time."""
    # Neighbours share a node, which is evaluated once, so that they agree on its sign.
    nodes, where = np.unique(cells, return_inverse=True)
    values = function(nodes)[where.reshape(cells.shape)]
    t0, t1, f0, f1 = cells[:, 0], cells[:, 1], values[:, 0], values[:, 1]
    done: list[tuple[Floats, Floats, Floats, Floats]] = []
    while t0.size:
        width = t1 - t0
        most = bound(t0, t1) if callable(bound) else bound
        same = (f0 > 0) == (f1 > 0)
        if order == 1:
            good = same & (np.abs(f0) + np.abs(f1) > most * width)
        else:
            steep = np.abs(f1 - f0) > most * width * width
            good = steep | same & (np.minimum(np.abs(f0), np.abs(f1)) > most * width * width / 8)
        good |= width <= FINEST_S
        done.append((t0[good], t1[good], f0[good], f1[good]))
        t0, t1, f0, f1 = t0[~good], t1[~good], f0[~good], f1[~good]
        if t0.size:
            middle = (t0 + t1) / 2
            value = function(middle)
            t0, t1 = np.concatenate([t0, middle]), np.concatenate([middle, t1])
            f0, f1 = np.concatenate([f0, value]), np.concatenate([value, f1])
    left, right, low, high = (np.concatenate(parts) for parts in zip(*done, strict=True))
    sequence = np.argsort(left, kind="stable")
    return left[sequence], right[sequence], low[sequence], high[sequence]


def inner_roots(function: Function, t0: Floats, t1: Floats, f0: Floats, f1: Floats) -> Floats:
    """Return, for each bracket of a root, a time within `ROOT_S` of it on the positive side.

    Source: Chandrupatla (1997), Adv. Eng. Softw. 28:145: inverse quadratic interpolation where it is safe,
    bisection elsewhere; here for all brackets at once.
    """
    result = np.zeros_like(t0)
    live = np.arange(t0.size)
    # x1 is the newest point, x2 the other end of the bracket, x3 the point before.
    x1, x2, y1, y2 = t1.copy(), t0.copy(), f1.copy(), f0.copy()
    fraction = np.clip(y1 / np.where(y1 == y2, 1, y1 - y2), 0.01, 0.99)
    for _ in range(_ROUNDS):
        if not live.size:
            break
        x = x1 + fraction * (x2 - x1)
        y = function(x)
        same = (y > 0) == (y1 > 0)
        x3, y3 = np.where(same, x1, x2), np.where(same, y1, y2)
        x2, y2 = np.where(same, x2, x1), np.where(same, y2, y1)
        x1, y1 = x, y
        gap = np.abs(x2 - x1)
        ready = gap <= ROOT_S
        result[live[ready]] = np.where(y1 > 0, x1, x2)[ready]
        keep = ~ready
        live, x1, x2, x3 = live[keep], x1[keep], x2[keep], x3[keep]
        y1, y2, y3, gap = y1[keep], y2[keep], y3[keep], gap[keep]
        # A guess too near to one end would shorten the bracket
        # from one side only, and it would never close.
        fraction = _next_fraction(x1, x2, x3, y1, y2, y3, 0.45 * ROOT_S / gap)
    return result


def _next_fraction(
    x1: Floats, x2: Floats, x3: Floats, y1: Floats, y2: Floats, y3: Floats, least: Floats
) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        xi = (x1 - x2) / (x3 - x2)
        phi = (y1 - y2) / (y3 - y2)
        safe = (phi * phi < xi) & ((1 - phi) ** 2 < 1 - xi)
        alpha = (x3 - x1) / (x2 - x1)
        guess = y1 / (y2 - y1) * y3 / (y2 - y3) + alpha * y1 / (y3 - y1) * y2 / (y3 - y2)
    return np.clip(np.where(safe, guess, 0.5), least, 1 - least)


def _joined(intervals: Floats) -> Floats:
    """Join intervals that touch."""
    if not len(intervals):
        return intervals
    opens: NDArray[np.bool_] = np.r_[True, intervals[1:, 0] > intervals[:-1, 1]]
    closes = np.r_[opens[1:], True]
    return np.stack([intervals[opens, 0], intervals[closes, 1]], axis=1)


def union(a: Floats, b: Floats) -> Floats:
    """Return the union of two lists of intervals (n, 2)."""
    both = np.concatenate([a, b])
    both = both[np.argsort(both[:, 0], kind="stable")]
    if not len(both):
        return both
    reach = np.maximum.accumulate(both[:, 1])
    opens = np.r_[True, both[1:, 0] > reach[:-1]]
    closes = np.r_[opens[1:], True]
    return np.stack([both[opens, 0], reach[closes]], axis=1)


def less(a: Floats, b: Floats) -> Floats:
    """Return what is left of intervals (n, 2) without others; both ascending and disjoint."""
    if not len(a) or not len(b):
        return a
    # Between the edges of both, each stretch lies in one, in the other, in both or in none.
    edges = np.unique(np.concatenate([a.ravel(), b.ravel()]))
    middle = (edges[:-1] + edges[1:]) / 2
    # What lies inside an interval has an odd number of edges before it.
    inside = [np.searchsorted(each.ravel(), middle) % 2 == 1 for each in (a, b)]
    keep = inside[0] & ~inside[1]
    return _joined(np.stack([edges[:-1], edges[1:]], axis=1)[keep])
