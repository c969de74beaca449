"""The letters that were written in one mailbox: what is known of their course, and which bundles carry them.

Each step of a node asks for what is open, so the course of an open letter is kept in memory whole; that of
all others is read when it is shown.
"""

from __future__ import annotations

from msgspec.structs import replace

from starlight.errors import StoreError
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.mailbox_index import MailboxIndex
from starlight.mailboxes.records import CARRIER
from starlight.messages.dispatch import Sent
from starlight.messages.letter import Letter
from starlight.node.application import Save


class OutgoingLetters:
    """The course of the letters that were written in one mailbox.

    Args:
        index: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, index: MailboxIndex, records: DecodedRecords) -> None:
        self._index = index
        self._mailbox = index.address
        self._decoded = records
        self._records = records.records
        self._open: dict[str, tuple[str, Sent]] = {}  # letters of which something is still foreseen

    def load(self) -> None:
        """Take up those that are open, from the index."""
        for entry in self._records.marked(self._mailbox, "open"):
            sent = self._decoded.sent(self._mailbox, entry.id)
            if sent is not None:
                self._open[entry.id] = (entry.correspondent, sent)

    def put(self, letter_id: str, sent: Sent) -> list[Save]:
        """Keep what is known about the course of a letter that was written here."""
        before = self.get(letter_id)
        known = {copy.key for copy in before.copies} if before else set()
        saves = [self._decoded.put_sent(self._mailbox, letter_id, sent)]
        # What the node tells, it tells of a bundle, perhaps years later: so its letter is found by that.
        for copy in sent.copies:
            if copy.key not in known:
                carrier = Save(self._mailbox, CARRIER + copy.key, letter_id.encode())
                self._records.put(carrier)
                saves.append(carrier)
        entry = self._index.entry(letter_id)
        if sent.is_open:
            self._open[letter_id] = (entry.correspondent, sent)
        else:
            self._open.pop(letter_id, None)
        return saves + self._index.change(entry, replace(entry, number=sent.number, open=sent.is_open))

    def get(self, letter_id: str) -> Sent | None:
        """Return what is known about the course of a letter, or None when it was not written here."""
        open_one = self._open.get(letter_id)
        return open_one[1] if open_one else self._decoded.sent(self._mailbox, letter_id)

    def written(self, letter_id: str) -> tuple[Letter, Sent] | None:
        """Return a letter that was written here, and what is known about its course; None without either."""
        letter, sent = self._decoded.letter(self._mailbox, letter_id), self.get(letter_id)
        return (letter, sent) if letter is not None and sent is not None else None

    def course(self, letter_id: str) -> Sent:
        """Return what is known about the course of a letter that was written here.

        Raises:
            StoreError: nothing is, as it was not, or as that was set aside.
        """
        sent = self.get(letter_id)
        if sent is None:
            raise StoreError(f"{self._mailbox} sent/{letter_id}: no such letter was written here")
        return sent

    def open(self) -> list[tuple[str, str, Sent]]:
        """Return the letters of which something is still foreseen: id, correspondent, what is known."""
        return [(id, correspondent, sent) for id, (correspondent, sent) in self._open.items()]

    def of_bundle(self, bundle: str) -> str | None:
        """Return the id of the letter that a bundle carries, or None when it carries none of this mailbox."""
        data = self._records.get(self._mailbox, CARRIER + bundle)
        try:
            return None if data is None else data.decode()
        except UnicodeDecodeError as error:
            self._decoded.set_aside(self._mailbox, CARRIER + bundle, str(error))
            return None

    def was_set_aside(self, letter_id: str) -> None:
        """Let go of a letter that can't be read any more, or of which the course can't."""
        self._open.pop(letter_id, None)
