"""The moments at which someone does something: given dates, or an interval."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from starlight.messages.correspondent import Act, Desk


class Dates:
    """Given moments: each is kept, however late it is noticed, as a promise to write is.

    Args:
        moments: in ns; their numbers count from 0 as they are given, in whatever order.
    """

    def __init__(self, moments: Iterable[int]) -> None:
        # By moment, as jitter may swap two dates; the number still says which letter it is.
        numbered = sorted((moment, number) for number, moment in enumerate(moments))
        self._moments = [moment for moment, _ in numbered]
        self._numbers = [number for _, number in numbered]

    def next_after(self, time: int) -> int | None:
        """Return the first moment later than a time, or None."""
        at = bisect_right(self._moments, time)
        return self._moments[at] if at < len(self._moments) else None

    def due(self, after: int, now: int) -> list[tuple[int, int]]:
        """Return the moments later than `after` and not later than `now`, with their numbers."""
        first, last = bisect_right(self._moments, after), bisect_right(self._moments, now)
        return list(zip(self._moments[first:last], self._numbers[first:last], strict=True))


class Interval:
    """Moments that recur: of those that were missed only the latest is made up for, as with a habit.

    Args:
        first: in ns; its number is 0.
        length: in ns.
        last: in ns; nothing is later. None for no end.
    """

    def __init__(self, first: int, length: int, last: int | None = None) -> None:
        self._first, self._length, self._last = first, length, last

    def next_after(self, time: int) -> int | None:
        """Return the first moment later than a time; None where the last has passed."""
        passed = (time - self._first) // self._length + 1
        moment = self._first + max(0, passed) * self._length
        return moment if self._last is None or moment <= self._last else None

    def due(self, after: int, now: int) -> list[tuple[int, int]]:
        """Return the latest moment that is later than `after` and not later than `now`, with its number."""
        until = now if self._last is None else min(now, self._last)
        number = (until - self._first) // self._length
        moment = self._first + number * self._length
        return [(moment, number)] if number >= 0 and moment > after else []


class Series(NamedTuple):
    """Something that is done at some moments.

    Attributes:
        moments: when.
        acts: returns what is done at the moment of a number.
    """

    moments: Dates | Interval
    acts: Callable[[int, Desk], Sequence[Act]]
