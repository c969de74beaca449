"""The letters of a live node's mailboxes, taken out for an export and taken back in; durable on return."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Sequence

from starlight.archive.imported import ImportedLetter
from starlight.archive.keeping import kept_letters
from starlight.archive.kept_letter import KeptLetter
from starlight.errors import InputError
from starlight.live.open_office import OpenOffice
from starlight.node.application import Request
from starlight.postoffice.imports import import_letter, part_to_restore, restore_part


class ArchiveService:
    """Gives letters to an export, and takes them from one.

    Args:
        open_office: the mailboxes of the node.
        require_room: as of `MailService`.
    """

    def __init__(
        self,
        open_office: OpenOffice,
        require_room: Callable[[int], None],
    ) -> None:
        self._office, self._moment, self._carry_out = open_office
        self._require_room = require_room

    def letters(self, address: str, correspondent: str, before: str | None, limit: int) -> list[KeptLetter]:
        """Return letters of a mailbox as an export keeps them, as `kept_letters`."""
        return kept_letters(self._office.mailbox(address), correspondent, before, limit)

    async def import_letters(self, address: str, letters: Sequence[KeptLetter]) -> list[ImportedLetter]:
        """Take letters of an export into a mailbox; those that are here already stay as they are.

        Raises:
            InputError: one is damaged, or there is no room; those before it are kept.
            DiskFullError: there is no room on the disk.
            StoreError: the disk refused.
        """
        now, mailbox = self._moment(), self._office.mailbox(address)
        self._require_room(sum(len(each.payload) for each in letters))
        told: list[ImportedLetter] = []
        requests: list[Request] = []
        try:
            for number, kept in enumerate(letters):
                try:
                    outcome, saves = import_letter(mailbox, kept, now)
                except InputError as error:
                    where = f"letters[{number}].{error.where}".rstrip(".")
                    raise InputError(
                        f"{kept.id[:80]}: {error.what}", where=where, right=error.right
                    ) from None
                told.append(outcome)
                requests += saves
        finally:
            if requests:
                await self._carry_out(requests, now)
        return told

    async def import_part(
        self, address: str, letter_id: str, number: int, pieces: AsyncIterable[bytes]
    ) -> None:
        """Take the bytes of a part that is not here whole, a piece at a time; they are checked by its hash.

        Raises:
            InputError: there is no such part, its bytes are here, or these are not its bytes.
            DiskFullError: the disk has no room.
            StoreError: the disk refused.
        """
        mailbox, uploads = self._office.mailbox(address), self._office.uploads
        part = part_to_restore(mailbox, letter_id, number)
        now = self._moment()
        reference, begun = uploads.begin(mailbox, now, part.chunk_size)
        try:
            await self._carry_out(begun, now)
            size = 0
            async for piece in pieces:
                size += len(piece)
                if size > part.size:
                    raise InputError(f"it has more than the {part.size} bytes of the part", where="part")
                self._require_room(len(piece))
                saves = uploads.add(reference, piece)
                if saves:
                    await self._carry_out(saves, self._moment())
            now = self._moment()
            finished = uploads.finish(reference, now)
            await self._carry_out(finished, now)
            restored = restore_part(mailbox, letter_id, number, reference, now)
            await self._carry_out(restored, now)
        except BaseException:
            # An upload that came to its end and is no part of anything is let go as well.
            dropped = uploads.drop(reference) or mailbox.uploads.drop(reference)
            if dropped:
                await self._carry_out(dropped, self._moment())
            raise
