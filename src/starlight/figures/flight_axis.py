"""The axis of the time line: moments to places across it, true to scale, with long empty times broken.

What crosses between worlds takes minutes and may wait for weeks. On one scale either would vanish, so an
interval in which nothing happens, and which is much longer than all that does, is drawn short and marked as
broken. Times are ns; places are percent of the width.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import msgspec

from starlight.dtntime import HOUR, MINUTE, SECOND
from starlight.views.sky import CivilFace, ClockFace

MARGIN = 3.0
"""Percent at either side: a mark at the end stays whole."""

BROKEN_FROM = 3 * HOUR
"""No shorter interval is broken: a morning is seen as a morning."""

BROKEN_AT = 3
"""An interval is broken that is so many times as long as all shorter ones together, and as any flight."""

TICK_APART = 16.0
"""Percent between two ticks at least, so that their words do not meet on a phone."""

STEPS_S = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000)
"""Steps between ticks, in s of the reader's clock; the last is 30 days, and its multiples follow."""


class Break(msgspec.Struct, frozen=True):
    """An interval that is drawn shorter than it is.

    Attributes:
        start, end: when, in ns.
        left, right: where, in percent.
    """

    start: int
    end: int
    left: float
    right: float


class Tick(msgspec.Struct, frozen=True):
    """A moment that is written below the axis.

    Attributes:
        at: when, in ns.
        x: where, in percent.
    """

    at: int
    x: float


class Axis:
    """The axis of one time line.

    Args:
        moments: all that is shown, in ns; at least two that differ.
        longest: the longest time that anything shown takes without waiting, in ns.

    Attributes:
        knots: moments and their places, ascending; between two of them the scale is even.
        breaks: those intervals between them that are drawn short.
    """

    def __init__(self, moments: Iterable[int], longest: int = 0) -> None:
        times = sorted(set(moments))
        gaps = [after - before for before, after in pairwise(times)]
        limit, shown = _limit(gaps, longest)
        drawn = [shown if gap > limit else gap for gap in gaps]
        scale, place = (100 - 2 * MARGIN) / sum(drawn), MARGIN
        self.knots = [(times[0], place)]
        self.breaks: list[Break] = []
        for (before, after), width in zip(pairwise(times), drawn, strict=True):
            left, place = place, place + width * scale
            self.knots.append((after, place))
            if after - before > limit:
                self.breaks.append(Break(before, after, left, place))
        self._times = times

    @property
    def start(self) -> int:
        """Return the first moment that is shown, in ns."""
        return self._times[0]

    @property
    def end(self) -> int:
        """Return the last moment that is shown, in ns."""
        return self._times[-1]

    def x(self, at: int) -> float:
        """Return where a moment is, in percent; before the first or after the last, at their places."""
        at = min(max(at, self.start), self.end)
        after = min(bisect_right(self._times, at), len(self._times) - 1)
        (start, left), (end, right) = self.knots[after - 1], self.knots[after]
        return left + (right - left) * (at - start) / (end - start)

    def ticks(self, face: ClockFace) -> list[Tick]:
        """Return round moments of a clock to write below, far enough apart to be read."""
        found: list[Tick] = []
        for run in self._runs():
            for tick in self._ticks_of(run, face):
                if not found or tick.x - found[-1].x >= TICK_APART:
                    found.append(tick)
        return found

    def _runs(self) -> Iterator[tuple[int, int]]:
        """Give the intervals between breaks."""
        start = self.start
        for each in self.breaks:
            if each.start > start:
                yield start, each.start
            start = each.end
        if self.end > start:
            yield start, self.end

    def _ticks_of(self, run: tuple[int, int], face: ClockFace) -> Iterator[Tick]:
        start, end = run
        wide = self.x(end) - self.x(start)
        second, zero = _second_of(face)
        least = (end - start) * TICK_APART / wide / second  # in s of that clock
        larger = [step for step in STEPS_S if step >= least]
        steps = larger[:1] or [STEPS_S[-1] * -(-int(least) // STEPS_S[-1])]
        # A short run may lie between two of them: one that is less round is better than none.
        for step in (*steps, *reversed(STEPS_S[: len(STEPS_S) - len(larger)])):
            found = list(_multiples(start, end, zero, step * second))
            if found:
                yield from (Tick(at, self.x(at)) for at in found)
                return


def _multiples(start: int, end: int, zero: int, step: float) -> Iterator[int]:
    """Give the moments that are whole steps after another, from one moment to another; all in ns."""
    number = -(-(start - zero) // round(step)) - 1  # one too early, as a step of Mars is no whole number
    while (at := zero + round(number * step)) <= end:
        if at >= start:
            yield at
        number += 1


def _limit(gaps: Sequence[int], longest: int) -> tuple[int, int]:
    """Return the longest interval that is drawn to scale, and as how long a broken one is drawn; in ns."""
    kept, limit = 0, 0
    for gap in sorted(gaps):
        if gap > max(BROKEN_FROM, BROKEN_AT * kept, BROKEN_AT * longest) and kept:
            return limit, max(kept // 2, MINUTE)
        kept, limit = kept + gap, gap
    return limit, 0


def _second_of(face: ClockFace) -> tuple[float, int]:
    """Return how long a second of a clock is, in ns, and when a day of it began."""
    if isinstance(face, CivilFace):
        return float(SECOND), -face.utc_offset_s * SECOND
    return face.day_s * SECOND / 86_400, face.day_zero
