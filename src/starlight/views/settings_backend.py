"""The backend of the view of what one person has chosen for their pages."""

from __future__ import annotations

from typing import Protocol

from starlight.messages.settings import Settings


class SettingsBackend(Protocol):
    """The choices of one person."""

    async def settings(self) -> Settings:
        """Return what was chosen last; asked for at each page."""
        ...

    async def choose(self, settings: Settings) -> None:
        """Keep what is chosen; durable on return."""
        ...
