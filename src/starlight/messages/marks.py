"""Marks of a letter: what other letters have done to it, as they came; times in ns."""

from __future__ import annotations

import msgspec


class CopiedBy(msgspec.Struct, frozen=True, gc=False):
    """Somebody who has read and understood a letter, and when that was written, in ns."""

    address: str
    at: int


class LetterMarks(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """All that other letters say about one; believed as far as they are of who may say so.

    Attributes:
        replaced_by, replaced_at, replaced_of: the letter in its place, when that was written, by whom.
        obsolete_of: who say that it no longer holds.
        copied: who have read and understood it.
    """

    replaced_by: str | None = None
    replaced_at: int = 0
    replaced_of: str = ""
    obsolete_of: tuple[str, ...] = ()
    copied: tuple[CopiedBy, ...] = ()

    def replacement(self, author: str) -> str | None:
        """Return the letter in its place, if its own author has written that."""
        return self.replaced_by if self.replaced_of == author else None

    def is_obsolete(self, author: str) -> bool:
        """Return whether its own author says that it no longer holds."""
        return author in self.obsolete_of
