"""The room of one person's mailbox, over the storage service of their node."""

from __future__ import annotations

from starlight.live.storage_service import StorageService
from starlight.messages.storage import Erased, EraseOrder, Released, ReleaseOrder, Storage


class MailboxStorage:
    """Tells the room of one mailbox, and lets go of its media.

    Args:
        address: of the mailbox.
        service: of the node that it is at.
    """

    def __init__(self, address: str, service: StorageService) -> None:
        self._address = address
        self._service = service

    async def storage(self) -> Storage:
        """Return the room that the mailbox takes."""
        return self._service.storage(self._address)

    async def erase(self, order: EraseOrder) -> Erased:
        """Erase the letters with a correspondent here."""
        return await self._service.erase(self._address, order)

    async def release(self, order: ReleaseOrder) -> Released:
        """Let go of media that both ends had; return what was let go, or would be."""
        return await self._service.release(self._address, order)
