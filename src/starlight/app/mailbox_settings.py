"""The choices of one person for their pages, over the settings service of their node."""

from __future__ import annotations

from starlight.live.settings_service import SettingsService
from starlight.messages.settings import Settings


class MailboxSettings:
    """Tells and keeps the settings of one mailbox's owner.

    Args:
        address: of the mailbox.
        service: of the node that it is at.
    """

    def __init__(self, address: str, service: SettingsService) -> None:
        self._address = address
        self._service = service

    async def settings(self) -> Settings:
        """Return what was chosen last."""
        return self._service.settings(self._address)

    async def choose(self, settings: Settings) -> None:
        """Keep what is chosen; durable on return."""
        await self._service.choose(self._address, settings)
