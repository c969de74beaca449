"""An excerpt of a text around what was looked for, with those words marked."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import islice

import msgspec

from starlight.lookup.wanted import Wanted, places

EXCERPT_CHARS = 180
"""Characters of an excerpt: two or three lines on a page."""

LEAD_CHARS = 50
"""Of them before the first word that is marked."""

PLACES_MAX = 400
"""Places that are looked at for the best one: more are in no text but those that consist of one word."""


class Piece(msgspec.Struct, frozen=True, gc=False):
    """A piece of an excerpt, and whether it is what was looked for."""

    text: str
    marked: bool = False


def excerpt(text: str, asked: Sequence[Wanted]) -> tuple[Piece, ...]:
    """Return an excerpt of a text around the best place of what is wanted; its beginning where it has
    none."""
    text = unicodedata.normalize("NFC", text)
    found = list(islice(places(text, asked), PLACES_MAX))
    begin = _best(found)
    start, end = _bounds(text, begin)
    pieces: list[Piece] = [Piece("… ")] if start else []
    at = start
    for first, last in _joined(found):
        if first < at or last > end:
            continue
        if first > at:
            pieces.append(Piece(text[at:first]))
        pieces.append(Piece(text[first:last], marked=True))
        at = last
    if at < end:
        pieces.append(Piece(text[at:end]))
    if end < len(text):
        pieces.append(Piece(" …"))
    return tuple(pieces)


def has_all(text: str, asked: Sequence[Wanted]) -> int:
    """Return how many of what is wanted a text has."""
    found = islice(places(unicodedata.normalize("NFC", text), asked), PLACES_MAX)
    return len({number for _, _, number in found})


def _best(found: Sequence[tuple[int, int, int]]) -> int:
    """Return where the excerpt's first mark is: where most of what is wanted stands close together."""
    best, begin = 0, 0
    for place, (start, _, _) in enumerate(found):
        near = {number for first, _, number in found[place : place + 50] if first < start + EXCERPT_CHARS}
        if len(near) > best:
            best, begin = len(near), start
    return begin


def _bounds(text: str, begin: int) -> tuple[int, int]:
    """Return from where to where the excerpt goes, at the ends of words where those are near."""
    start = max(0, begin - LEAD_CHARS)
    if start:
        space = text.find(" ", start, begin)
        start = space + 1 if space >= 0 else start
    end = min(len(text), start + EXCERPT_CHARS)
    if end < len(text):
        space = text.rfind(" ", max(begin + 1, end - 30), end)
        end = space if space > 0 else end
    return start, end


def _joined(found: Sequence[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """Return the places in order, those that overlap as one."""
    joined: list[tuple[int, int]] = []
    for first, last, _ in sorted(found):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined
