"""The backend of the view of the room that one person's letters and media take."""

from __future__ import annotations

from typing import Protocol

from starlight.messages.storage import Erased, EraseOrder, Released, ReleaseOrder, Storage


class StorageBackend(Protocol):
    """The room that one person's letters and media take."""

    async def storage(self) -> Storage:
        """Return it."""
        ...

    async def erase(self, order: EraseOrder) -> Erased:
        """Erase the letters with a correspondent here; InputError where the order is not sure, or none is."""
        ...

    async def release(self, order: ReleaseOrder) -> Released:
        """Let go of media that both ends had; return what was let go, or would be."""
        ...
