"""The letters written in one mailbox that open later at their readers' end, so that they are found again."""

from __future__ import annotations

from starlight.errors import InputError
from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.records import OPENING
from starlight.node.application import Save

OPENING_MAX = 1_024
"""As many as a mailbox hides for its own reader; some 40 kB, saved whole."""


class OpeningLetters:
    """The ids of the letters of one mailbox that have not opened yet, in the order of writing.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, address: str, records: DecodedRecords) -> None:
        self._address = address
        self._decoded = records

    def all(self) -> tuple[str, ...]:
        """Return them."""
        return self._decoded.read(self._address, OPENING, stored_format.OPENING) or ()

    def add(self, letter_id: str) -> list[Save]:
        """Add a letter.

        Raises:
            InputError: there are too many.
        """
        known = self.all()
        if len(known) >= OPENING_MAX:
            right = "Wait until some have opened, or take some back"
            raise InputError(f"{OPENING_MAX} letters open later already", where="open_at", right=right)
        return [self._save((*known, letter_id))]

    def drop(self, letter_ids: set[str]) -> list[Save]:
        """Let go of some that have opened, or were taken back."""
        left = tuple(each for each in self.all() if each not in letter_ids)
        return [self._save(left)] if len(left) < len(self.all()) else []

    def _save(self, ids: tuple[str, ...]) -> Save:
        save = Save(self._address, OPENING, stored_format.OPENING.encode(ids))
        self._decoded.records.put(save)
        return save
