"""The correspondents whom a person has taken off the list of a mailbox, until something new comes.

Only the list forgets them: letters, their course and what is owed stay, so a receipt that comes is kept as
ever. A new letter, either way, brings its correspondent back, in the same commit.
"""

from __future__ import annotations

from starlight.errors import InputError
from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.records import HIDDEN
from starlight.node.application import Save

HIDDEN_MAX = 4_096
"""Addresses that one mailbox remembers as hidden: one a day for eleven years; some 100 kB, saved whole."""


class HiddenCorrespondents:
    """The hidden correspondents of one mailbox.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, address: str, records: DecodedRecords) -> None:
        self._address = address
        self._decoded = records
        self._hidden: dict[str, None] | None = None  # in the order in which they were hidden

    def __contains__(self, correspondent: str) -> bool:
        return correspondent in self._loaded()

    def hide(self, correspondent: str) -> list[Save]:
        """Hide a correspondent; nothing where that is so.

        Raises:
            InputError: there are too many.
        """
        hidden = self._loaded()
        if correspondent in hidden:
            return []
        if len(hidden) >= HIDDEN_MAX:
            right = "Show some of them again, or leave this one in the list"
            raise InputError(f"{HIDDEN_MAX} correspondents are hidden already", where="of", right=right)
        hidden[correspondent] = None
        return [self._save(hidden)]

    def show(self, correspondent: str) -> list[Save]:
        """Show a correspondent again; nothing where it is shown."""
        hidden = self._loaded()
        if correspondent not in hidden:
            return []
        del hidden[correspondent]
        return [self._save(hidden)]

    def _save(self, hidden: dict[str, None]) -> Save:
        save = Save(self._address, HIDDEN, stored_format.HIDDEN.encode(tuple(hidden)))
        self._decoded.records.put(save)
        return save

    def _loaded(self) -> dict[str, None]:
        if self._hidden is None:
            # A damaged record is set aside; then all are in the list again, and nothing is lost.
            kept = self._decoded.read(self._address, HIDDEN, stored_format.HIDDEN)
            self._hidden = dict.fromkeys(kept or ())
        return self._hidden
