"""The messages that came for a mailbox and were not taken: in another's name, or what breaks a rule.

They are kept as they came, with the rule, so that nothing is lost that somebody may have to look at: whoever
looks after the node lists them with the records that are set aside. Anybody can send such messages, so there
is a bound; beyond it they are refused without being kept, and the trace alone tells of them.
"""

from __future__ import annotations

from starlight.errors import StoreError
from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.records import REFUSED
from starlight.mailboxes.stored_format import RefusedMessage, StoredLetter
from starlight.node.application import Save


class RefusedMessages:
    """The refused messages of one mailbox.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
        most: how many are kept.
        most_bytes: of payloads that are kept.
    """

    def __init__(self, address: str, records: DecodedRecords, most: int, most_bytes: int) -> None:
        self._address = address
        self._decoded = records
        self._most = most
        self._most_bytes = most_bytes
        self._sizes: dict[int, int] | None = None  # of the payloads, by number of the record

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._loaded())

    def keep(self, message: StoredLetter, why: str, now: int) -> list[Save]:
        """Keep a message that is refused; return the save, or none where there is no room.

        Args:
            message: as it came.
            why: the rule that it breaks, in words.
            now: in ns.
        """
        sizes, size = self._loaded(), len(message.payload)
        if len(sizes) >= self._most or sum(sizes.values()) + size > self._most_bytes:
            return []
        # After the highest: where a damaged record was set aside, its place may be filled again one day.
        number = max(sizes, default=-1) + 1
        sizes[number] = size
        refused = RefusedMessage(message, why, now)
        save = Save(self._address, f"{REFUSED}{number}", stored_format.REFUSED.encode(refused))
        self._decoded.records.put(save)
        return [save]

    def _loaded(self) -> dict[int, int]:
        if self._sizes is None:
            self._sizes = {}
            for name, data in self._decoded.records.of_kind(self._address, REFUSED):
                try:
                    number, refused = int(name.removeprefix(REFUSED)), stored_format.REFUSED.decode(data)
                except (StoreError, ValueError) as error:
                    self._decoded.set_aside(self._address, name, str(error))
                else:
                    self._sizes[number] = len(refused.message.payload)
        return self._sizes
