"""Marks of a letter: what other letters have done to it, as they came; times in ns."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace


class CopiedBy(msgspec.Struct, frozen=True, gc=False):
    """Somebody who has read and understood a letter, and when that was written, in ns."""

    address: str
    at: int


class Claim(msgspec.Struct, frozen=True, gc=False):
    """A letter that says it stands in the place of another: who wrote it, which it is, and when, in ns."""

    author: str
    letter: str
    at: int


class LetterMarks(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """All that other letters say about one; believed as far as they are of who may say so.

    Attributes:
        replaced_by, replaced_at, replaced_of: the letter in its place, when that was written, by whom: the
            first author who said so.
        obsolete_of: who say that it no longer holds.
        copied: who have read and understood it.
        others: the same, of the latest letter of each other author: only that of its own counts, and who that
            is may not be known yet.
        pinned: the ids of letters that are pinned to a moment of one of its parts.
    """

    replaced_by: str | None = None
    replaced_at: int = 0
    replaced_of: str = ""
    obsolete_of: tuple[str, ...] = ()
    copied: tuple[CopiedBy, ...] = ()
    others: tuple[Claim, ...] = ()
    pinned: tuple[str, ...] = ()

    def claims(self) -> tuple[Claim, ...]:
        """Return the letters that say they stand in its place, one of each author."""
        if self.replaced_by is None:
            return ()
        return (Claim(self.replaced_of, self.replaced_by, self.replaced_at), *self.others)

    def with_claim(self, claim: Claim, most: int) -> LetterMarks:
        """Return them with one more letter that stands in its place, of at most so many authors."""
        known = {each.author: each for each in self.claims()}
        before = known.get(claim.author)
        # The latest of one author; by when they were written, as at every end.
        if before is not None and (claim.at, claim.letter) < (before.at, before.letter):
            return self
        known[claim.author] = claim
        first, *others = list(known.values())[:most]
        return replace(
            self,
            replaced_by=first.letter,
            replaced_at=first.at,
            replaced_of=first.author,
            others=tuple(others),
        )

    def replacement(self, author: str) -> str | None:
        """Return the letter in its place, if its own author has written that."""
        return next((each.letter for each in self.claims() if each.author == author), None)

    def is_obsolete(self, author: str) -> bool:
        """Return whether its own author says that it no longer holds."""
        return author in self.obsolete_of
