"""The outcome of an import: what became of each letter of an export."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class ImportOutcome(StrEnum):
    """The outcome of a letter of an export."""

    ADDED = "added"
    HERE = "here"  # the very same is here already
    DIFFERS = "differs"  # another with its id is here, and stays


class ImportedLetter(msgspec.Struct, frozen=True):
    """The outcome of one letter of an export.

    Attributes:
        id: of the letter.
        outcome: what became of it.
        parts: the numbers of its parts whose bytes are not here, and would be taken.
    """

    id: str
    outcome: ImportOutcome
    parts: tuple[int, ...] = ()
