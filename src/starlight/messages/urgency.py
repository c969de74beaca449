"""The urgency of a letter, by the words that people, the API and the command line use for it."""

from __future__ import annotations

from typing import NamedTuple

from starlight.errors import InputError
from starlight.routing import CRITICAL, Priority

__all__ = ["PRIORITIES", "Precedence", "Priority", "check_priority", "priority_of"]

PRIORITIES = tuple(priority.name.lower() for priority in Priority)
"""The words, the least urgent first: those of `starlight route --priority`."""


class Precedence(NamedTuple):
    """The precedence that bundles are sent with.

    Attributes:
        priority: 0 bulk, 1 normal, 2 expedited.
        critical: a copy goes over every neighbour, as urgent as there is.
    """

    priority: int
    critical: bool

    @property
    def urgency(self) -> int:
        """Return the urgency with which they travel: what is critical goes before all that is not."""
        return CRITICAL if self.critical else self.priority


def priority_of(word: str) -> Priority:
    """Return the priority that a word means.

    Raises:
        InputError: it means none; the error names those that do.
    """
    if word not in PRIORITIES:
        right = f"It is {', '.join(PRIORITIES[:-1])} or {PRIORITIES[-1]}"
        raise InputError(f"{word!r} is no priority", where="priority", right=right)
    return Priority(PRIORITIES.index(word))


def check_priority(priority: int) -> None:
    """Refuse a number that is no priority, which a caller without types may hand in.

    Raises:
        InputError: it is none; the error names those that are.
    """
    if not Priority.BULK <= priority <= Priority.EXPEDITED:
        right = "It is 0 (bulk), 1 (normal) or 2 (expedited)"
        raise InputError(f"{priority} is no priority", where="priority", right=right)
