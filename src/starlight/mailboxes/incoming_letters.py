"""The letters that came to one mailbox: when they came and were read, and what is still to tell of it."""

from __future__ import annotations

from msgspec.structs import replace

from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.mailbox_index import MailboxIndex
from starlight.messages.delivery import Received
from starlight.node.application import Save


class IncomingLetters:
    """The letters that came to one mailbox, with all that is known of each.

    Args:
        index: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, index: MailboxIndex, records: DecodedRecords) -> None:
        self._index = index
        self._mailbox = index.address
        self._decoded = records

    def put(self, letter_id: str, received: Received) -> list[Save]:
        """Keep what is known about a letter that came here."""
        save = self._decoded.put_received(self._mailbox, letter_id, received)
        entry = self._index.entry(letter_id)
        # Marks of its index entry, so that a start finds both kinds without reading a letter.
        now = replace(entry, owed=received.is_waited_on, unread=received.read_at is None)
        return [save, *self._index.change(entry, now)]

    def get(self, letter_id: str) -> Received | None:
        """Return what is known about a letter that came here, or None when it did not."""
        return self._decoded.received(self._mailbox, letter_id)

    def owing(self) -> list[str]:
        """Return the ids of the letters for which a receipt is owed, or of which parts are awaited."""
        return [entry.id for entry in self._decoded.records.marked(self._mailbox, "owed")]

    def unread(self) -> list[str]:
        """Return the ids of the letters received and not yet read, in order."""
        marked = self._decoded.records.marked(self._mailbox, "unread")
        return [entry.id for entry in marked if not entry.hidden]
