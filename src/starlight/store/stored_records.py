"""The mailboxes' records in a database, with those over it that are not committed yet.

A step puts its records here, reads some of them back, and only then asks for their commit, which another
thread makes while the next step is under way. So each answer is what is on disk, overridden by what was
put. A record leaves the upper layer when the very save that put it has been committed; one that was
put again meanwhile stays until its own commit. Every read looks at the upper layer first: what leaves it
between the two looks is on disk by then, and is only seen twice.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

import apsw

from starlight.mailboxes.index_entries import IndexEntry, Topic, add_to_topics, take_from_topics
from starlight.mailboxes.records import INDEX, Mark, MemoryRecords, count
from starlight.messages.conversation import Conversation
from starlight.node.application import Erase, Save, SetAside
from starlight.store.record_rows import RecordRows


class StoredRecords:
    """Records on disk (`mailboxes.records.Records`).

    Args:
        reader: a connection of the thread that handles events.
        where: the database's name, for errors.
    """

    def __init__(self, reader: apsw.Connection, where: str) -> None:
        self._rows = RecordRows(reader, where)
        self._lock = threading.Lock()
        self._put: dict[tuple[str, str], Save] = {}
        self._unasked: dict[int, Save | SetAside] = {}  # put, and not asked to be committed yet; by identity
        self._fresh = MemoryRecords()
        self._aside: set[tuple[str, str]] = set()  # not to be read, though a row may still be there
        self._erased: set[tuple[str, str]] = set()  # those of them that are in no quarantine afterwards

    def put(self, save: Save | SetAside) -> None:
        """Make a record readable before its commit, or unreadable."""
        at = (save.mailbox, save.key)
        with self._lock:
            self._unasked[id(save)] = save
            self._fresh.put(save)
            if isinstance(save, SetAside):
                self._aside.add(at)
                self._put.pop(at, None)
                if isinstance(save, Erase):
                    self._erased.add(at)
            else:
                self._aside.discard(at)
                self._erased.discard(at)
                self._put[at] = save

    def left_over(self, asked: Iterable[object]) -> list[Save | SetAside]:
        """Return the saves that were put and are not among those that a step now asks to be committed.

        They are of a step that broke between putting and asking. Mailboxes go on from what was put, so it
        is committed as well: else a letter would be known in memory and lost with the next restart.
        """
        with self._lock:
            for write in asked:
                self._unasked.pop(id(write), None)
            left = list(self._unasked.values())
            self._unasked.clear()
            # One that was put once more since is not the last word on its record.
            return [
                each
                for each in left
                if isinstance(each, SetAside) or self._put.get((each.mailbox, each.key)) is each
            ]

    def committed(self, saves: Iterable[Save]) -> None:
        """Take note that saves are on disk; called by the thread that commits."""
        with self._lock:
            for save in saves:
                if self._put.get((save.mailbox, save.key)) is save:
                    del self._put[save.mailbox, save.key]
                    self._fresh.drop(save.mailbox, save.key)

    def erased(self, erases: Iterable[SetAside]) -> None:
        """Take note that records are gone from the disk; called by the thread that commits."""
        with self._lock:
            for each in erases:
                at = (each.mailbox, each.key)
                # Where it was put anew meanwhile, it is not among them any more.
                if at in self._erased:
                    self._erased.discard(at)
                    self._aside.discard(at)

    def get(self, mailbox: str, key: str) -> bytes | None:
        """Return a record, or None."""
        with self._lock:
            fresh, aside = self._fresh.get(mailbox, key), (mailbox, key) in self._aside
        if fresh is not None or aside:
            return fresh
        return self._rows.get(mailbox, key)

    def entry(self, mailbox: str, letter_id: str) -> IndexEntry | None:
        """Return the index entry of a letter, or None."""
        with self._lock:
            fresh = self._fresh.entry(mailbox, letter_id)
            aside = (mailbox, INDEX + letter_id) in self._aside
        return None if aside else fresh or self._rows.entry(mailbox, letter_id)

    def answers(self, mailbox: str, letter_id: str) -> list[IndexEntry]:
        """Return the entries of the letters in a mailbox that say that they answer a letter."""
        with self._lock:
            fresh = self._fresh.answers(mailbox, letter_id)
            ids = {entry.id for entry in fresh} | self._hidden(mailbox)
        stored = self._rows.answers(mailbox, letter_id)
        return [*(entry for entry in stored if entry.id not in ids), *fresh]

    def page(
        self, mailbox: str, correspondent: str, before: bytes | None, limit: int, thread: str | None = None
    ) -> list[IndexEntry]:
        """Return the last `limit` entries of a conversation before an order key, or of all; in order."""
        with self._lock:
            # All of them, not only those before the bound: one
            # that has moved past it still hides its old row.
            fresh = self._fresh.page(mailbox, correspondent, None, len(self._put), thread)
            # An entry that was put overrides the one on disk: it may stand elsewhere now, or be hidden.
            ids = set(self._fresh.letters(mailbox)) | self._hidden(mailbox)
        # So many may have moved.
        stored = self._rows.page(mailbox, correspondent, before, limit + len(ids), thread)
        found = [entry for entry in stored if entry.id not in ids]
        found += [entry for entry in fresh if before is None or entry.order < before]
        found.sort(key=lambda entry: entry.order)
        return found[max(0, len(found) - limit) :]

    def marked(self, mailbox: str, mark: Mark) -> list[IndexEntry]:
        """Return the entries of a mailbox with a mark, by order key."""
        with self._lock:
            found = self._fresh.marked(mailbox, mark)
            ids = self._fresh.letters(mailbox).keys() | self._hidden(mailbox)
        stored = self._rows.marked(mailbox, mark)
        found += [entry for entry in stored if entry.id not in ids]
        return sorted(found, key=lambda entry: entry.order)

    def mailboxes(self) -> list[str]:
        """Return the mailboxes of which there is a record, in order."""
        with self._lock:
            found = self._fresh.mailboxes()
        return sorted(self._rows.mailboxes().union(found))

    def of_kind(self, mailbox: str, prefix: str) -> list[tuple[str, bytes]]:
        """Return the keys and records of a kind, such as `TELEMETRY`."""
        with self._lock:
            fresh, aside = dict(self._fresh.of_kind(mailbox, prefix)), set(self._aside)
        stored = self._rows.of_kind(mailbox, prefix)
        left = {key: data for key, data in stored.items() if (mailbox, key) not in aside}
        return list((left | fresh).items())

    def asides(self, mailbox: str) -> int:
        """Return how many records of a mailbox are in quarantine, or on their way there."""
        there = self._rows.quarantined(mailbox)
        with self._lock:  # A quiet node commits only with its next step what a reader has found.
            found = {key for of, key in self._aside - self._erased if of == mailbox}
        return len(there) + len(found.difference(there))

    def topics(self, mailbox: str) -> list[Topic]:
        """Return the topics of a mailbox."""
        with self._lock:
            fresh, hidden = self._fresh.letters(mailbox), self._hidden(mailbox)
        if not fresh and not hidden:
            return list(self._rows.topics(mailbox).values())
        # What is not committed yet are a few letters: those of their topics are counted one by one.
        found = self._rows.topics(mailbox)
        for id in {*fresh, *hidden}:
            before = self._rows.entry(mailbox, id)
            if before is not None:
                take_from_topics(found, before)
            if id in fresh:
                add_to_topics(found, fresh[id])
        return [each for each in found.values() if each.letters]

    def conversations(self, mailbox: str) -> list[Conversation]:
        """Return a mailbox's conversations."""
        with self._lock:
            fresh = self._fresh.letters(mailbox)
        found = self._rows.conversations(mailbox)
        for entry in fresh.values():
            count(found, self._rows.entry(mailbox, entry.id), entry)
        return list(found.values())

    def _hidden(self, mailbox: str) -> set[str]:
        """Return the letters of a mailbox whose entries on disk are set aside; the lock is held."""
        return {key.removeprefix(INDEX) for of, key in self._aside if of == mailbox and key.startswith(INDEX)}
