"""Sentences about a search: what it can't find yet, and what was not asked."""

from __future__ import annotations

from starlight.lookup.question import Standing
from starlight.words.sentence import Sentence, fill

NOTHING_ASKED = "Write a word to look for, or choose what the letters are to have."
BEHIND = "The search is still being prepared: {count} letters are not in it yet."
ONE_BEHIND = "The search is still being prepared: one letter is not in it yet."
CHECKING = "The search is still being prepared: it may not find all letters yet."
TROUBLE = "The search can't follow the letters now, and may not find all of them: {why}."


def nothing_asked() -> Sentence:
    """Return what would be a question, where none was asked."""
    return fill(NOTHING_ASKED)


def incomplete(standing: Standing) -> Sentence | None:
    """Return why a search may not find all that there is; None where it finds all."""
    if standing.is_whole:
        return None
    if standing.trouble:
        return fill(TROUBLE, why=standing.trouble)
    if not standing.behind:
        return fill(CHECKING)
    return fill(ONE_BEHIND) if standing.behind == 1 else fill(BEHIND, count=standing.behind)
