"""The parts of one mailbox's letters, as records: what is here of each."""

from __future__ import annotations

from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.records import PART
from starlight.messages.part_state import PartState
from starlight.node.application import Save


class PartStates:
    """The parts of one mailbox's letters; of a letter that was written here, all chunks are here.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, address: str, records: DecodedRecords) -> None:
        self._address = address
        self._decoded = records

    def get(self, letter_id: str, part: int) -> PartState | None:
        """Return what is known of a part that is not in its letter, or None where nothing is.

        A record that is damaged is set aside: then nothing is known, and the chunks are asked for again.

        Raises:
            StoreError: the disk can't be read.
        """
        return self._decoded.read(self._address, f"{PART}{letter_id}/{part}", stored_format.PART)

    def all(self) -> list[tuple[str, int]]:
        """Return the letters and numbers of all parts of which anything is known."""
        keys = (key.removeprefix(PART) for key, _ in self._decoded.records.of_kind(self._address, PART))
        named = (key.rpartition("/") for key in keys)
        return [(letter, int(number)) for letter, _, number in named if number.isascii() and number.isdigit()]

    def put(self, letter_id: str, part: int, state: PartState) -> Save:
        """Keep what is known of a part."""
        save = Save(self._address, f"{PART}{letter_id}/{part}", stored_format.PART.encode(state))
        self._decoded.records.put(save)
        return save
