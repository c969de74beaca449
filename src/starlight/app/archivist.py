"""One person's letters for exports and imports, over the archive service of their node."""

from __future__ import annotations

from collections.abc import AsyncIterable, Sequence

from starlight.archive.imported import ImportedLetter
from starlight.archive.kept_letter import KeptLetter
from starlight.live.archive_service import ArchiveService


class MailboxArchivist:
    """Gives and takes the letters of one mailbox.

    Args:
        address: of the mailbox.
        service: of the node that it is at.
    """

    def __init__(self, address: str, service: ArchiveService) -> None:
        self._address = address
        self._service = service

    async def letters(self, correspondent: str, before: str | None, limit: int) -> list[KeptLetter]:
        """Return the last letters with a correspondent, or those before one."""
        return self._service.letters(self._address, correspondent, before, limit)

    async def take(self, letters: Sequence[KeptLetter]) -> list[ImportedLetter]:
        """Take letters of an export; those that are here already stay as they are."""
        return await self._service.import_letters(self._address, letters)

    async def take_part(self, letter: str, number: int, pieces: AsyncIterable[bytes]) -> None:
        """Take the bytes of a part that is not here whole."""
        await self._service.import_part(self._address, letter, number, pieces)
