"""Letters for exports and imports, as the local API gives and takes them."""

from __future__ import annotations

from collections.abc import AsyncIterable, Sequence
from typing import Protocol

import msgspec

from starlight.archive.imported import ImportedLetter
from starlight.archive.kept_letter import KeptLetter


class ImportOrder(msgspec.Struct, frozen=True):
    """The body that imports letters."""

    letters: tuple[KeptLetter, ...]


class Archivist(Protocol):
    """Gives and takes the letters of one person."""

    async def letters(self, correspondent: str, before: str | None, limit: int) -> list[KeptLetter]:
        """Return the last letters with a correspondent, or those before one; InputError where it is none."""
        ...

    async def take(self, letters: Sequence[KeptLetter]) -> list[ImportedLetter]:
        """Take letters of an export; those that are here already stay. InputError where one is damaged."""
        ...

    async def take_part(self, letter: str, number: int, pieces: AsyncIterable[bytes]) -> None:
        """Take the bytes of a part that is not here whole; InputError where they are not its bytes."""
        ...
