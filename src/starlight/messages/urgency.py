"""How urgent a letter is, in the words that people, the API and the command line use for it."""

from __future__ import annotations

from starlight.errors import InputError
from starlight.routing import Priority

PRIORITIES = tuple(priority.name.lower() for priority in Priority)
"""The words, the least urgent first: those of `starlight route --priority`."""


def priority_of(word: str) -> int:
    """Return the priority that a word means.

    Raises:
        InputError: it means none; the error names those that do.
    """
    if word not in PRIORITIES:
        right = f"It is {', '.join(PRIORITIES[:-1])} or {PRIORITIES[-1]}"
        raise InputError(f"{word!r} is no priority", where="priority", right=right)
    return PRIORITIES.index(word)


def word_of(priority: int) -> str:
    """Return the word for a priority."""
    return PRIORITIES[priority]
