"""Contacts and ranges of one direction, as ION keeps them, and the light time that ranges give.

ION refuses what overlaps something that it has. A range with the lower node first also holds for
the reverse direction, unless another with the higher node first does; that one says nothing of
its own reverse (ionrc(5), "a range").
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

import msgspec

from starlight.contacts.contact import LightPiece
from starlight.contacts.report import ImportReport
from starlight.dtntime import SECOND

Span = tuple[int, int, int]
"""From when, until when, light time, all in ns."""

SEVERAL = "contact over several ranges, of which ION uses the first only"
PARTIAL = "range that replaces only a part of the one that implies it, which ION refuses"
LATE = "contact that begins before its range"
SHORT = "contact that goes on after its range"


class RangeEntry(msgspec.Struct, frozen=True, gc=False):
    """A line of a contact or range.

    Attributes:
        start, stop: in ns.
        value: bit/s, or the light time in ns.
        confidence: of a contact, where it has one; another dialect writes the range there, in s.
        line: where it stands.
    """

    start: int
    stop: int
    value: int
    confidence: float | None
    line: int


class Timeline:
    """Entries of one direction, by start, none of which overlap; they may touch."""

    def __init__(self) -> None:
        self.entries: list[RangeEntry] = []
        self._starts: list[int] = []

    def insert(self, entry: RangeEntry) -> RangeEntry | None:
        """Put an entry in its place, or return the one that is in its way."""
        index = bisect_left(self._starts, entry.start)
        if index < len(self._starts) and self._starts[index] < entry.stop:
            return self.entries[index]
        if index and self.entries[index - 1].stop > entry.start:
            return self.entries[index - 1]
        self._starts.insert(index, entry.start)
        self.entries.insert(index, entry)
        return None

    def find(self, start: int) -> int | None:
        """Return the place of the entry that begins then."""
        index = bisect_left(self._starts, start)
        return index if index < len(self._starts) and self._starts[index] == start else None

    def remove(self, index: int) -> None:
        """Take an entry out."""
        del self._starts[index], self.entries[index]

    def clear(self) -> None:
        """Take all entries out."""
        self._starts.clear()
        self.entries.clear()


def merged(
    link: tuple[int, int], ranges: Mapping[tuple[int, int], Timeline], report: ImportReport
) -> list[Span]:
    """Return the ranges that hold for one direction: its own, and between them those it is implied by."""
    empty = Timeline()
    entries = ranges.get(link, empty).entries
    own = [(e.start, e.stop, e.value) for e in entries]
    # Only a range with the lower node first implies its reverse, so this direction has none but its own.
    if link[0] < link[1]:
        return own
    implied = ranges.get((link[1], link[0]), empty).entries
    if not own:
        return [(e.start, e.stop, e.value) for e in implied]
    spans = list(own)
    starts = [span[0] for span in own]
    # What is implied fills the gaps between the direction's own ranges, each of which goes before it.
    for entry in implied:
        start = entry.start
        index = max(0, bisect_right(starts, start) - 1)
        while index < len(own) and own[index][0] < entry.stop:
            begin, stop, _ = own[index]
            if begin != entry.start and stop > entry.start:
                text = f"{link[0]} to {link[1]}, with line {entry.line}; it was taken to hold for its time"
                report.add("kept", PARTIAL, text, entries[index].line)
            if start < begin:
                spans.append((start, begin, entry.value))
            start = max(start, stop)
            index += 1
        if start < entry.stop:
            spans.append((start, entry.stop, entry.value))
    return sorted(spans)


def light_of(spans: Sequence[Span], entry: RangeEntry, report: ImportReport) -> tuple[LightPiece, ...]:
    """Return the light time over a contact, or nothing when no range ends after it has begun.

    Each range holds for its time; before the first and after the last that one holds on.
    """
    # The first range that ends after the contact has begun, as ION takes the range at a contact's start.
    index = bisect_right(spans, entry.start, key=lambda span: span[1])
    if index and index == len(spans) and spans[-1][1] == entry.start:
        index -= 1  # For ION, a range that ends as the contact begins has not ended before it.
    if index == len(spans):
        return ()
    begin, stop, light = spans[index]
    pieces = [LightPiece(min(begin, entry.start), SECOND, (light / SECOND,))]
    if begin > entry.start:
        by = (begin - entry.start) / SECOND
        report.add(
            "repaired", LATE, f"the range begins {by:.12g} s later; it was taken to hold before", entry.line
        )
    for place in range(index + 1, len(spans)):
        begin, end, next_light = spans[place]
        if begin >= entry.stop:
            break
        stop = end
        # Ranges that touch and are alike are one piece: whoever exports a plan again should not find it cut.
        if next_light != light:
            pieces.append(LightPiece(begin, SECOND, (next_light / SECOND,)))
            light = next_light
    if len(pieces) > 1:
        report.add("kept", SEVERAL, f"{len(pieces)} ranges; each holds for its time", entry.line)
    if stop < entry.stop:
        by = (entry.stop - stop) / SECOND
        report.add("repaired", SHORT, f"by {by:.12g} s; the range was taken to hold on", entry.line)
    return tuple(pieces)
