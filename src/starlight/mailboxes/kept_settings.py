"""The settings of one mailbox's owner: a record beside the letters, so that they hold on every device."""

from __future__ import annotations

from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.records import SETTINGS
from starlight.messages.settings import AT_FIRST, Settings
from starlight.node.application import Save


class KeptSettings:
    """The settings of one mailbox's owner.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, address: str, records: DecodedRecords) -> None:
        self._address = address
        self._decoded = records
        self._settings: Settings | None = None

    def get(self) -> Settings:
        """Return what was chosen last."""
        # Read once: each page asks. A damaged record is set aside, and all is as at first.
        if self._settings is None:
            kept = self._decoded.read(self._address, SETTINGS, stored_format.SETTINGS)
            self._settings = kept or AT_FIRST
        return self._settings

    def choose(self, settings: Settings) -> Save:
        """Choose anew; return what makes it durable."""
        save = Save(self._address, SETTINGS, stored_format.SETTINGS.encode(settings))
        self._decoded.records.put(save)
        self._settings = settings
        return save
