"""The index of one mailbox: its letters' entries, in order, and a line for each correspondent.

The entries are records like all others (`records.py`); what is summed up over them is kept in memory and
counted on, since asking the store for it takes a walk over all of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from starlight.dtntime import MILLISECOND
from starlight.errors import StoreError
from starlight.mailboxes.index_entries import IndexEntry
from starlight.mailboxes.records import Mark, Records, count, index_save, without_entry
from starlight.messages.conversation import Conversation, correspondent_of
from starlight.messages.conversation_order import Answer, keys_after
from starlight.messages.letter import Act, Letter
from starlight.messages.letter_acts import answers, says_nothing, topic_of
from starlight.node.application import Save


class MailboxIndex:
    """The index over the letters of one mailbox.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, address: str, records: Records) -> None:
        self.address = address
        self._records = records
        self._conversations: dict[str, Conversation] = {}

    def load(self) -> None:
        """Take up what the records hold."""
        self._conversations = {each.correspondent: each for each in self._records.conversations(self.address)}

    def has(self, letter_id: str) -> bool:
        """Return whether a letter is here."""
        return self._records.entry(self.address, letter_id) is not None

    def entry(self, letter_id: str) -> IndexEntry:
        """Return the index entry of a letter that is here."""
        entry = self._records.entry(self.address, letter_id)
        if entry is None:
            raise StoreError(f"{self.address} index/{letter_id}: no such letter")
        return entry

    def answers(self, letter_id: str) -> list[IndexEntry]:
        """Return the entries of the letters here that say that they answer a letter."""
        return self._records.answers(self.address, letter_id)

    def add(self, letter: Letter, now: int | None, correspondent: str = "") -> list[Save]:
        """Put a new letter into the index, and those into their new places that it holds back.

        Args:
            letter: the letter.
            now: when it was written, or came, by our clock, in ns; None where that is not known any more.
            correspondent: the other end, of a letter from another mailbox of the same person; else as it
                says.
        """
        own, moved = self._placed(letter, now, correspondent or correspondent_of(letter, self.address))
        own = replace(own, asks=letter.act == Act.QUESTION and not self._is_answered(letter))
        # Saved in this order: whoever is restored from them never sees an entry overtaken by an older one.
        saves = [*self.change(None, own), *self._reordered(moved)]
        return saves + self._answered_by(letter, own.reply_to)

    def move(self, letter: Letter, came_at: int, correspondent: str) -> list[Save]:
        """Put a letter that is here into the conversation with another correspondent, at its place there.

        Args:
            letter: it keeps its marks.
            came_at: when it came, or was written here, in ns.
            correspondent: an address or a group.
        """
        before = self.entry(letter.id)
        there, moved = self._placed(letter, came_at, correspondent)
        own = replace(
            before,
            correspondent=correspondent,
            order=there.order,
            written_at=there.written_at,
            reply_to=there.reply_to,
        )
        saves = [*self.change(before, own), *self._reordered(moved)]
        return saves + self._answered_by(letter, own.reply_to)

    def _reordered(self, keys: Mapping[str, bytes]) -> list[Save]:
        saves: list[Save] = []
        for id, key in keys.items():
            entry = self.entry(id)
            saves += self.change(entry, replace(entry, order=key))
        return saves

    def _placed(
        self, letter: Letter, now: int | None, correspondent: str
    ) -> tuple[IndexEntry, dict[str, bytes]]:
        """Return the entry of a letter in a conversation, and the new order keys of those it holds back."""
        reply_to = self._answered(letter.reply_to, correspondent)
        written_at = self._place(letter, correspondent, now)

        def placed(entry: IndexEntry | None) -> list[tuple[Answer, bytes]]:
            if entry is None or entry.correspondent != correspondent:
                return []  # Only within a conversation does an answer follow its question.
            return [(Answer(entry.id, entry.written_at, entry.reply_to), entry.order)]

        keys = keys_after(
            Answer(letter.id, written_at, reply_to),
            lambda id: next(iter(placed(self._records.entry(self.address, id))), None),
            lambda id: [each for e in self._records.answers(self.address, id) for each in placed(e)],
        )
        own = IndexEntry(
            letter.id,
            correspondent,
            keys.pop(letter.id),
            written_at,
            reply_to,
            letter.kept_bytes,
            thread=topic_of(letter),
            hidden=says_nothing(letter),
        )
        return own, keys

    def marked(self, mark: Mark) -> list[IndexEntry]:
        """Return the entries of the letters that are shown and have a mark, in order."""
        return [entry for entry in self._records.marked(self.address, mark) if not entry.hidden]

    def mark(self, letter_id: str, *, starred: bool) -> list[Save]:
        """Put a star to a letter, or take it away."""
        entry = self.entry(letter_id)
        return self.change(entry, replace(entry, starred=starred))

    def _is_answered(self, letter: Letter) -> bool:
        """Return whether a letter that answers a question is here already; it may come first."""
        return any(not entry.hidden for entry in self._records.answers(self.address, letter.id))

    def _answered_by(self, letter: Letter, asked: str | None) -> list[Save]:
        """Return the saves by which the question that a letter answers is open no more."""
        entry = None if asked is None else self._records.entry(self.address, asked)
        if entry is None or not entry.asks or not answers(letter):
            return []
        return self.change(entry, replace(entry, asks=False))

    def _place(self, letter: Letter, correspondent: str, now: int | None) -> int:
        """Return the time by which a letter takes its place: when it was written, as far as that can be.

        Its author's clock may be wrong. What its author had seen was written before, so a clock that is
        behind takes no letter up past those; and nothing was written after it came, so one that is ahead
        keeps no letter at the end. Where clocks agree this is when it was written, the same at both ends.
        """
        written_at = letter.written_at
        for id in letter.seen:
            name = self._answered(id, correspondent)
            entry = None if name is None else self._records.entry(self.address, name)
            if entry is not None and entry.correspondent == correspondent:
                written_at = max(written_at, entry.written_at + MILLISECOND)
        return written_at if now is None else min(written_at, now)

    def _answered(self, id: str | None, correspondent: str) -> str | None:
        """Return the id by which a letter that is answered is known here: that of its own conversation."""
        # Where somebody else had used up an id, the true letter has its author's address before it.
        names = () if id is None else (id, f"{correspondent}/{id}", f"{self.address}/{id}")
        entries = (self._records.entry(self.address, name) for name in names)
        return next((e.id for e in entries if e is not None and e.correspondent == correspondent), id)

    def change(self, before: IndexEntry | None, now: IndexEntry) -> list[Save]:
        """Put an entry in place of the one before, None for none, and count it; return the saves."""
        if now == before:
            return []
        count(self._conversations, before, now)
        save = index_save(self.address, now)
        self._records.put(save)
        return [save]

    def last(self, correspondent: str, before: bytes | None, limit: int) -> list[IndexEntry]:
        """Return the last entries of a conversation before an order key, or of all; in order."""
        return self._records.page(self.address, correspondent, before, limit)

    def remove(self, entry: IndexEntry) -> None:
        """Leave an entry out of what is counted, as its letter can't be read, or is erased."""
        so_far = self._conversations.get(entry.correspondent)
        if so_far is not None:
            self._conversations[entry.correspondent] = without_entry(so_far, entry)

    def has_correspondent(self, address: str) -> bool:
        """Return whether a letter went to an address, or came from there."""
        found = self._conversations.get(address)
        return found is not None and found.letters > 0

    @property
    def counter(self) -> int:
        """Return the highest number in the id of a letter written here."""
        return max((each.number for each in self._conversations.values()), default=0)

    def letters(self) -> int:
        """Return how many letters there are, those that are not shown among them."""
        return sum(each.letters + each.hidden for each in self._conversations.values())

    def text_bytes(self) -> int:
        """Return the size of all their texts."""
        return sum(each.text_bytes for each in self._conversations.values())

    def conversations(self) -> list[Conversation]:
        """Return the conversations with everyone whom letters went to or came from, the latest first."""
        found = (each for each in self._conversations.values() if each.letters)
        return sorted(found, key=lambda each: (-each.last_at, each.correspondent))
