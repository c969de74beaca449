"""Planetary states from the segments of an SPK kernel, of which several may hold one body.

JPL ships long ephemerides in pieces, and excerpts are merged: so a body's segments are taken together. They
cover the union of their intervals; where they overlap, the last one of the file counts (NAIF's SPK Required
Reading, "Segment order and priority").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from starlight.errors import InputError
from starlight.sky.timescales import DAY_S, Floats

_J2000_JD = 2_451_545.0
FARTHEST_KM = 1e11
"""Ten times as far as any planet is from the barycentre: what is farther is no position of one."""

Interval = tuple[float, float]
"""From when until when, in seconds of TDB past J2000."""


class Segment(Protocol):
    """A segment of an open kernel, as jplephem has it."""

    center: int
    target: int
    start_second: float
    end_second: float

    def compute_and_differentiate(self, tdb: float, tdb2: Floats) -> tuple[Floats, Floats]:
        """Return the position in km and the velocity in km/day, both (3, n)."""


class Kernel(Protocol):
    """An open SPK kernel: what ``jplephem.spk.SPK.open(path)`` returns."""

    segments: Iterable[Segment]


class BodySegments:
    """All segments of a kernel that lead from one body to another.

    Args:
        segments: in the order of the file.

    Attributes:
        covers: the intervals that they cover together, ascending and disjoint.
    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments
        self.covers = joined((s.start_second, s.end_second) for s in segments)

    def state(self, tdb: Floats) -> tuple[Floats, Floats]:
        """Return position (km) and velocity (km/s) at TDB seconds (n,); each (3, n), NaN in gaps."""
        if len(self._segments) == 1:
            return _state(self._segments[0], tdb)
        position, velocity = np.full((3, tdb.size), np.nan), np.full((3, tdb.size), np.nan)
        missing = np.ones(tdb.size, dtype=bool)
        for segment in reversed(self._segments):
            here = missing & (tdb >= segment.start_second) & (tdb <= segment.end_second)
            if here.any():
                position[:, here], velocity[:, here] = _state(segment, tdb[here])
                missing &= ~here
        return position, velocity


def segments_of(kernel: Kernel, centre: int, target: int) -> BodySegments:
    """Return a kernel's segments from one body to another, by NAIF ids.

    Raises:
        KeyError: there is none; its argument is the pair.
    """
    found = [s for s in kernel.segments if (int(s.center), int(s.target)) == (centre, target)]
    if not found:
        raise KeyError((centre, target))
    return BodySegments(found)


def joined(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the union of intervals, ascending and disjoint; those that touch are one."""
    union: list[Interval] = []
    for start, end in sorted(intervals):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(end, union[-1][1]))
        else:
            union.append((start, end))
    return union


def common(many: Iterable[list[Interval]], first: float, last: float) -> list[Interval]:
    """Return what all of several lists of intervals cover between two times, ascending and disjoint."""
    rest = [(first, last)]
    for intervals in many:
        both = ((max(a, c), min(b, d)) for a, b in rest for c, d in intervals)
        rest = [(start, end) for start, end in both if start < end]
    return rest


def _state(segment: Segment, tdb: Floats) -> tuple[Floats, Floats]:
    try:
        position, velocity = segment.compute_and_differentiate(_J2000_JD, tdb / DAY_S)
    # What jplephem raises depends on where a damaged segment misleads it first.
    except (ValueError, IndexError, TypeError, OverflowError, ZeroDivisionError, MemoryError):
        raise _damaged(segment) from None
    # Written so that what is no number is damage, too.
    if not (np.abs(position) < FARTHEST_KM).all():
        raise _damaged(segment)
    return position, velocity / DAY_S


def _damaged(segment: Segment) -> InputError:
    told = f"the ephemeris' segment from {segment.center} to {segment.target} (as NAIF numbers bodies)"
    right = "Fetch the file again, or give another planetary SPK file such as de440.bsp"
    return InputError(f"{told} is damaged, or of a type other than 2 and 3", right=right)
