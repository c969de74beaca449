"""Light time as pieces of polynomial, for contacts: exact enough to be called exact, and quick to evaluate.

A piece is a quintic through six Chebyshev points; between them it is compared with the light time
itself, and a piece that errs by more than `TOLERANCE_S` is halved until it doesn't. So no orbit, however
quick, needs another rule. A piece never spans a leap second, where the count of POSIX seconds stands still.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from starlight.dtntime import SECOND
from starlight.sky.bounds import motion
from starlight.sky.light import transmitted
from starlight.sky.places import Elements, Orbiter, Place, Site, SpkBody
from starlight.sky.sky import Sky
from starlight.sky.timescales import Floats, Times, leap_instants

Piece = tuple[int, int, tuple[float, ...]]
"""Start in ns, span in ns, and c0, c1, ... of ``sum(c_k * x**k)`` seconds with ``x = (t - start) / span``."""

TOLERANCE_S = 1e-6
"""A piece errs by less, at the points compared; a thousandth of what a bundle's millisecond can hold."""

_DEGREE = 5
_LONGEST_S = 86_400.0
_TURN_RAD = 1.6  # How far the quicker end may turn within a piece: a quintic then errs by 0.3 us for Earth.
_SHORTEST_NS = SECOND
_FASTEST_RAD_S = 1e-3  # of a body of a file, which may be a low orbiter

_NODES = 0.5 - 0.5 * np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))
_FIT = np.linalg.inv(np.vander(_NODES, increasing=True))
# Where the error of interpolation peaks: the Chebyshev extrema.
_CHECKS = 0.5 - 0.5 * np.cos(np.pi * np.arange(_DEGREE + 2) / (_DEGREE + 1))
_CHECK_POWERS = np.vander(_CHECKS, _DEGREE + 1, increasing=True)


def light_pieces(sky: Sky, a: Place, b: Place, start: int, end: int) -> list[Piece]:
    """Return the light time from `a` to `b` over one interval of transmission, in ns."""
    return light_pieces_many(sky, a, b, [(start, end)])[0]


def light_pieces_many(sky: Sky, a: Place, b: Place, windows: Sequence[tuple[int, int]]) -> list[list[Piece]]:
    """Return, for each interval of transmission, the light time from `a` to `b` as polynomials.

    Args:
        windows: pairs (start, end) in ns.

    Returns:
        For each window its pieces, ascending, the first at the window's start; each holds until the next
        begins, the last until the window's end. They err by less than `TOLERANCE_S` where compared.

    Raises:
        RangeError: a time that the ephemeris doesn't cover.
    """
    longest = _longest_ns(a, b)
    owner: list[int] = []
    edges: list[tuple[int, int]] = []
    for index, (start, end) in enumerate(windows):
        stops = [start, *leap_instants(start, end), end]
        for first, last in pairwise(stops):
            count = max(1, -(-(last - first) // longest))
            cuts = [first + (last - first) * k // count for k in range(count + 1)]
            edges.extend(pairwise(cuts))
            owner.extend([index] * count)
    result: list[list[Piece]] = [[] for _ in windows]
    pending = np.array(edges, dtype=np.int64).reshape(-1, 2)
    owners = np.array(owner, dtype=np.int64)
    while pending.size:
        coefficients, error = _fitted(sky, a, b, pending)
        spans = np.maximum(pending[:, 1] - pending[:, 0], 1)
        # At a second it ends in any case: what errs still, errs by rounding, which no halving mends.
        good = (error < TOLERANCE_S) | (spans <= _SHORTEST_NS)
        for which in np.flatnonzero(good):
            piece = (int(pending[which, 0]), int(spans[which]), tuple(coefficients[which].tolist()))
            result[owners[which]].append(piece)
        pending, owners = _halved(pending[~good]), np.repeat(owners[~good], 2)
    for pieces in result:
        # Halves are done a round later than the whole pieces that follow them in time.
        pieces.sort(key=lambda piece: piece[0])
    return result


def _longest_ns(a: Place, b: Place) -> int:
    rates = [0.0]
    for place in (a, b):
        if isinstance(place, Site):
            rates.append(place.world.spin_rad_s)
        elif isinstance(place, Orbiter):
            rates.append(place.motion_rad_s)
        elif isinstance(place, Elements):
            rates.append(motion(place).rate)
        elif isinstance(place, SpkBody):
            rates.append(_FASTEST_RAD_S)
    fastest = max(rates)
    return int(min(_LONGEST_S, _TURN_RAD / fastest if fastest else math.inf) * SECOND)


def _fitted(sky: Sky, a: Place, b: Place, pieces: Times) -> tuple[Floats, Floats]:
    """Return the coefficients (n, degree + 1) of each piece, and its worst error found, in seconds."""
    fractions = np.concatenate([_NODES, _CHECKS])
    spans = pieces[:, 1] - pieces[:, 0]
    times = pieces[:, :1] + np.rint(spans[:, None] * fractions).astype(np.int64)
    # TDB runs evenly with the count of POSIX seconds inside a piece, so that the ends give the rest;
    # the very start may be a leap second's end, and its end the start of another.
    tdb = sky.tdb(times[:, : _DEGREE + 1])
    slope = (tdb[:, -1] - tdb[:, 0]) / np.maximum(times[:, _DEGREE] - times[:, 0], 1)
    checks = tdb[:, :1] + (times[:, _DEGREE + 1 :] - times[:, :1]) * slope[:, None]
    every = np.concatenate([tdb, checks], axis=1)
    light = transmitted(sky, a, b, every.ravel()).light_s.reshape(every.shape)
    coefficients = light[:, : _DEGREE + 1] @ _FIT.T
    error = np.abs(coefficients @ _CHECK_POWERS.T - light[:, _DEGREE + 1 :]).max(axis=1)
    return coefficients, error


def _halved(pieces: Times) -> Times:
    middle = (pieces[:, 0] + pieces[:, 1]) // 2
    return np.stack(
        [np.stack([pieces[:, 0], middle], axis=1), np.stack([middle, pieces[:, 1]], axis=1)], axis=1
    ).reshape(-1, 2)
