"""Text as terms: the pieces by which letters are found, the same for a letter and for what is asked.

Scripts that write spaces give a term for each word, folded: without case, and without accents where those are
a matter of care (Latin, Greek, Cyrillic, Hebrew, Arabic), so that "Zurich" finds "Zürich". Scripts that
write none between what people look for (Korean with its endings, Chinese, Japanese, Thai) give a term for
each two characters that stand beside each other, and one for the last: so 온실 is found inside 화성온실에서,
as two terms that overlap are a phrase. This is how text search does it where it has no dictionary (bigrams;
Foo and Li, 2004, 3.1).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

TERM_MAX = 64
"""Characters of a term; what is longer is no word that anybody types."""

_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Myanmar
    "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"  # Hangul
    "\u1780-\u17ff"  # Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_RUN = re.compile(rf"([{_UNSPACED}]+)|(?:[^\W_{_UNSPACED}])+")
_PLAIN = re.compile(r"[a-z0-9]+")

_ALIKE = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
"""Letters that no decomposition of Unicode takes apart, but that people type without their mark."""

_MARKED_UNTIL = 0x0700
"""Marks on letters below are accents or points (Latin to Arabic); above they are vowels, which make the
word."""


class Term(NamedTuple):
    """A term of a text, and the place where it stands: from which character, and up to which."""

    text: str
    start: int
    end: int


def folded(word: str) -> str:
    """Return a word without case, without accents, and in one form where Unicode has several."""
    word = unicodedata.normalize("NFKD", word).casefold().translate(_ALIKE)
    kept: list[str] = []
    base = 0
    for char in unicodedata.normalize("NFKD", word):
        if not unicodedata.combining(char):
            base = ord(char)
        elif base < _MARKED_UNTIL:
            continue
        kept.append(char)
    found = unicodedata.normalize("NFC", "".join(kept))
    # Such as the brackets of ⑴, which are no part of a word.
    return found if found.isalnum() else "".join(c for c in found if c.isalnum() or unicodedata.combining(c))


def terms(text: str) -> Iterator[str]:
    """Give the terms of a text, in order."""
    if text.isascii():
        # Most text; ten times as fast as the way below, with the same result.
        yield from (word[:TERM_MAX] for word in _PLAIN.findall(text.lower()))
        return
    for term in placed_terms(unicodedata.normalize("NFC", text)):
        yield term.text


def placed_terms(text: str) -> Iterator[Term]:
    """Give the terms of a text in Unicode's form NFC, in order, with their places."""
    for run in _RUN.finditer(text):
        word = folded(run[0])
        if not word:
            continue
        if run[1] is None:
            yield Term(word[:TERM_MAX], *run.span())
        else:
            yield from _pairs(word, *run.span())


def is_unspaced(text: str) -> bool:
    """Return whether a term is of a script that writes no spaces where words end."""
    run = _RUN.match(text)
    return run is not None and run[1] is not None


def _pairs(word: str, start: int, end: int) -> Iterator[Term]:
    # Folding may change the length (half-width kana): then each term stands for the whole run.
    exact = len(word) == end - start
    for number in range(len(word)):
        pair = word[number : number + 2]
        place = (start + number, start + number + len(pair)) if exact else (start, end)
        yield Term(pair, *place)
