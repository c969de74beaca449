"""The announcements in one mailbox that its owner has not read: they are shown above all else."""

from __future__ import annotations

from collections import Counter

from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.mailbox_index import MailboxIndex
from starlight.messages.announced import Announced
from starlight.messages.letter import Act, Letter
from starlight.node.application import Save

ANNOUNCEMENTS = "announcements"

OF_ONE_AUTHOR = 8
"""Kept of one author: who announces without end displaces what they announced, and nobody else's."""

KEPT_MAX = 64
"""Of all authors; each stays a letter of its conversation in any case."""


class Announcements:
    """The announcements of one mailbox.

    Args:
        address: of the mailbox.
        index: of its letters.
        records: of all mailboxes of the node.
    """

    def __init__(self, address: str, index: MailboxIndex, records: DecodedRecords) -> None:
        self._address = address
        self._index = index
        self._decoded = records

    def unread(self) -> list[str]:
        """Return the ids of the announcements that have not been read, the latest first."""
        entries = [self._index.entry(each.letter) for each in self._kept() if self._is_unread(each.letter)]
        return [each.id for each in sorted(entries, key=lambda each: (-each.written_at, each.id))]

    def note(self, letter: Letter) -> list[Save]:
        """Keep that a letter is an announcement, if it came; those that have been read make room."""
        if letter.act != Act.ANNOUNCEMENT or letter.sender == self._address:
            return []
        before = [each for each in self._kept() if self._is_unread(each.letter)]
        of_author: Counter[str] = Counter()
        kept: list[Announced] = []
        for each in (Announced(letter.id, letter.sender), *reversed(before)):
            of_author[each.author] += 1
            if of_author[each.author] <= OF_ONE_AUTHOR and len(kept) < KEPT_MAX:
                kept.append(each)
        data = stored_format.ANNOUNCED.encode(tuple(reversed(kept)))
        save = Save(self._address, ANNOUNCEMENTS, data)
        self._decoded.records.put(save)
        return [save]

    def _kept(self) -> tuple[Announced, ...]:
        return self._decoded.read(self._address, ANNOUNCEMENTS, stored_format.ANNOUNCED) or ()

    def _is_unread(self, letter: str) -> bool:
        return self._index.has(letter) and self._index.entry(letter).unread
