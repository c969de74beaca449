"""The choices of the people of a live node for their pages; durable on return."""

from __future__ import annotations

from starlight.live.open_office import OpenOffice
from starlight.messages.settings import Settings


class SettingsService:
    """Tells and keeps the settings of mailboxes.

    Args:
        open_office: the mailboxes of the node.
    """

    def __init__(self, open_office: OpenOffice) -> None:
        self._office, self._moment, self._carry_out = open_office

    def settings(self, address: str) -> Settings:
        """Return what the owner of a mailbox has chosen; InputError where there is no such mailbox."""
        return self._office.mailbox(address).settings.get()

    async def choose(self, address: str, settings: Settings) -> None:
        """Keep what the owner of a mailbox chooses.

        Raises:
            InputError: no such mailbox.
            StoreError: the disk refused.
        """
        now = self._moment()
        await self._carry_out([self._office.mailbox(address).settings.choose(settings)], now)
