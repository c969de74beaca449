"""The words that somebody looks for, as terms: each word, and each phrase in quotes, has to be there.

A word is found also where it begins a longer one ("green" finds "greenhouse"; a single letter only by
itself), and in a script without spaces also inside one. A phrase in quotes is found as it stands. Whatever
is typed can be looked for: what has no word in it looks for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from starlight.lookup.terms import Term, is_unspaced, placed_terms, terms

TEXT_MAX = 1_000
"""Characters that are looked at: a long sentence, and more than anybody types into a search box."""

WANTED_MAX = 16
"""Words and phrases that are looked for; those after them are passed over."""

PHRASE_MAX = 32
"""Terms of a phrase; as above."""

_PIECE = re.compile(r'["“”„‟«»「」『』]([^"“”„‟«»「」『』]*)["“”„‟«»「」『』]?|[^\s"“”„‟«»「」『』]+')


class Wanted(msgspec.Struct, frozen=True):
    """A word or a phrase that has to be in a letter.

    Attributes:
        terms: which stand there one after the other.
        begins: the last is only the beginning of one that stands there.
    """

    terms: tuple[str, ...]
    begins: bool


def wanted(text: str) -> tuple[Wanted, ...]:
    """Return what a text looks for; empty where no word is in it."""
    found: dict[Wanted, None] = {}
    for piece in _PIECE.finditer(text[:TEXT_MAX]):
        quoted = piece[1] is not None
        one = _wanted(piece[1] if quoted else piece[0], quoted=quoted)
        if one is not None:
            found[one] = None
    return tuple(found)[:WANTED_MAX]


def _wanted(text: str, *, quoted: bool) -> Wanted | None:
    found = list(terms(text))[:PHRASE_MAX]
    if not found:
        return None
    last = found[-1]
    if not is_unspaced(last):
        return Wanted(tuple(found), begins=not quoted and len(last) > 1)
    # The last character is a term of its own only where a run ends; one that is looked for may go on.
    if len(last) == 1 and len(found) > 1 and is_unspaced(found[-2]) and found[-2][1:] == last:
        return Wanted(tuple(found[:-1]), begins=False)
    return Wanted(tuple(found), begins=True)


def as_match(asked: Sequence[Wanted]) -> str:
    """Return what is wanted as an expression of SQLite's full-text search (FTS5, section 3)."""
    return " AND ".join(_phrase(each) for each in asked)


def _phrase(one: Wanted) -> str:
    # Terms are letters and digits, so nothing in them can be taken for an operator; quotes are doubled all
    # the same.
    text = " ".join(one.terms).replace('"', '""')
    return f'"{text}"{" *" if one.begins else ""}'


def places(text: str, asked: Sequence[Wanted]) -> Iterator[tuple[int, int, int]]:
    """Give the places in a text, in form NFC, of what is wanted: from where, up to where, and which of it."""
    stand: list[Term] = []
    most = max((len(each.terms) for each in asked), default=0)
    for term in placed_terms(text):
        stand.append(term)
        del stand[:-most]
        # By the ends of phrases, so that a long text is read no further than who asks wants to see.
        for number, one in enumerate(asked):
            found = _at_end(stand, one)
            if found is not None:
                yield (*found, number)


def _at_end(stand: Sequence[Term], one: Wanted) -> tuple[int, int] | None:
    """Return the place of a phrase that ends with the last of some terms; None where it does not."""
    count = len(one.terms)
    if len(stand) < count:
        return None
    last, end = one.terms[-1], stand[-1]
    if not (end.text.startswith(last) if one.begins else end.text == last):
        return None
    before = stand[len(stand) - count : -1]
    if any(term.text != other for term, other in zip(before, one.terms, strict=False)):
        return None
    # Of a pair of which only the first character is wanted, the second is not marked.
    cut = len(end.text) - len(last) if is_unspaced(end.text) and end.end - end.start == len(end.text) else 0
    return stand[len(stand) - count].start, end.end - cut


def names_match(name: str, asked: Sequence[Wanted]) -> bool:
    """Return whether all that is wanted is in a name."""
    found = {number for _, _, number in places(name, asked)}
    return bool(asked) and len(found) == len(asked)
