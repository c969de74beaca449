"""The headers of films: how long an MP4, a QuickTime film, a WebM or a Matroska file says that it plays.

Only lengths and the one number are read; no picture and no sound is decoded. A film that was cut off, or that
was written while it was recorded, often has no length: then there is none to tell.

Sources: ISO/IEC 14496-12:2022, 4.2 (boxes), 8.2.2 (`mvhd`), 8.8.2 (`mehd`); RFC 8794, 4 and 5 (numbers of
EBML); RFC 9559, 5.1.2 (`Info`).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from starlight.media.file_windows import FileWindows

BOXES_MAX = 64
"""Boxes or elements that are passed over in search of the one: a film has a handful before it, and a file
that is made of nothing but small ones must not be walked from end to end."""

EBML, SEGMENT, CLUSTER, INFO = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1549A966
TIMESTAMP_SCALE, DURATION = 0x2AD7B1, 0x4489
DEFAULT_SCALE_NS = 1_000_000


class _Element(NamedTuple):
    """A box or an element: its name, and from where to where its content goes."""

    name: int | bytes
    start: int
    end: int


def mp4_ms(file: FileWindows) -> float | None:
    """Return how long an MP4 or a QuickTime film plays, in ms; None where it does not say."""
    movie = _first(_boxes(file, 0, file.size), b"moov")
    header = None if movie is None else _first(_boxes(file, movie.start, movie.end), b"mvhd")
    if movie is None or header is None:
        return None
    wide = 8 if file.number(header.start, 1) == 1 else 4
    # After version and flags come the times when it was made and changed.
    at = header.start + 4 + 2 * wide
    scale, lasts = file.number(at, 4), file.number(at + 4, wide)
    if lasts == 0:
        lasts = _fragments_last(file, movie)
    if not scale or lasts == 256**wide - 1:
        return None
    return lasts * 1000 / scale


def _fragments_last(file: FileWindows, movie: _Element) -> int:
    """Return how long the fragments of a film play together, in its units; 0 where it does not say."""
    extended = _first(_boxes(file, movie.start, movie.end), b"mvex")
    header = None if extended is None else _first(_boxes(file, extended.start, extended.end), b"mehd")
    if header is None:
        return 0
    return file.number(header.start + 4, 8 if file.number(header.start, 1) == 1 else 4)


def _boxes(file: FileWindows, start: int, end: int) -> Iterator[_Element]:
    """Yield the boxes between two places, as many as are looked at."""
    for _ in range(BOXES_MAX):
        if start + 8 > end:
            return
        size, name, head = file.number(start, 4), file.read(start + 4, 4), 8
        if size == 1:
            size, head = file.number(start + 8, 8), 16
        elif size == 0:
            size = end - start  # The last one goes to the end.
        if size < head:
            return
        yield _Element(name, start + head, min(start + size, end))
        start += size


def webm_ms(file: FileWindows) -> float | None:
    """Return how long a WebM or a Matroska file plays, in ms; None where it does not say."""
    segment = _first(_elements(file, 0, file.size), SEGMENT)
    info = None if segment is None else _first(_elements(file, segment.start, segment.end), INFO)
    if info is None:
        return None
    scale, lasts = DEFAULT_SCALE_NS, None
    for each in _elements(file, info.start, info.end):
        length = each.end - each.start
        if each.name == TIMESTAMP_SCALE and length <= 8:
            scale = file.number(each.start, length)
        elif each.name == DURATION and length in (4, 8):
            (lasts,) = struct.unpack(">f" if length == 4 else ">d", file.read(each.start, length))
    return None if lasts is None else lasts * scale / 1e6


def _elements(file: FileWindows, start: int, end: int) -> Iterator[_Element]:
    """Yield the elements between two places, as many as are looked at, and none after the first pictures."""
    for _ in range(BOXES_MAX):
        if start >= end:
            return
        name, start = _vint(file, start, 4, keep_marker=True)
        size, start = _vint(file, start, 8, keep_marker=False)
        # Of unknown size, where it was written as it was recorded: to the end of what it is in.
        stop = end if size is None else min(start + size, end)
        if name is None or name == CLUSTER:
            return
        yield _Element(name, start, stop)
        start = stop


def _vint(file: FileWindows, at: int, most: int, *, keep_marker: bool) -> tuple[int | None, int]:
    """Return a number of variable size, and where it ends; None for the one that says that it is unknown.

    Raises:
        ValueError: it is longer than it may be.
    """
    count = 9 - file.number(at, 1).bit_length()
    if count > most:
        raise ValueError(f"a number of {count} bytes")
    number = file.number(at, count)
    bits = (1 << 7 * count) - 1
    if number & bits == bits:
        return None, at + count
    return number if keep_marker else number & bits, at + count


def _first(spans: Iterator[_Element], name: int | bytes) -> _Element | None:
    return next((each for each in spans if each.name == name), None)
