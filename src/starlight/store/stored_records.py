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
from typing import Any

import apsw

from starlight.errors import StoreError
from starlight.mailboxes.records import INDEX, IndexEntry, Mark, MemoryRecords, with_entry
from starlight.messages.conversation import Conversation
from starlight.node.application import Save, SetAside

ENTRY_COLUMNS = "id, correspondent, place, written_at, reply_to, text_bytes, number, open, owed, unread"
"""The columns of an index entry, in the order of `IndexEntry`'s fields."""

PUT_ENTRY = f"""
insert into letters(mailbox, {ENTRY_COLUMNS}) values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict(mailbox, id) do update set place = excluded.place, text_bytes = excluded.text_bytes,
number = excluded.number, open = excluded.open, owed = excluded.owed, unread = excluded.unread
"""
PUT_SAVE = (
    "insert into saves(mailbox, key, data) values(?, ?, ?)"
    " on conflict(mailbox, key) do update set data = excluded.data"
)

_ENTRY = f"select {ENTRY_COLUMNS} from letters where mailbox = ?"


class StoredRecords:
    """Records on disk (`mailboxes.records.Records`).

    Args:
        reader: a connection of the thread that handles events.
        where: the database's name, for errors.
    """

    def __init__(self, reader: apsw.Connection, where: str) -> None:
        self._reader = reader
        self._where = where
        self._lock = threading.Lock()
        self._put: dict[tuple[str, str], Save] = {}
        self._unasked: dict[int, Save | SetAside] = {}  # put, and not asked to be committed yet; by identity
        self._fresh = MemoryRecords()
        self._aside: set[tuple[str, str]] = set()  # not to be read, though a row may still be there

    def put(self, save: Save | SetAside) -> None:
        """Make a record readable before its commit, or unreadable."""
        at = (save.mailbox, save.key)
        with self._lock:
            self._unasked[id(save)] = save
            self._fresh.put(save)
            if isinstance(save, SetAside):
                self._aside.add(at)
                self._put.pop(at, None)
            else:
                self._aside.discard(at)
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

    def get(self, mailbox: str, key: str) -> bytes | None:
        """Return a record, or None."""
        with self._lock:
            fresh, aside = self._fresh.get(mailbox, key), (mailbox, key) in self._aside
        if fresh is not None or aside:
            return fresh
        rows = self._rows("select data from saves where mailbox = ? and key = ?", mailbox, key)
        return blob(rows[0][0]) if rows else None

    def entry(self, mailbox: str, letter_id: str) -> IndexEntry | None:
        """Return the index entry of a letter, or None."""
        with self._lock:
            fresh = self._fresh.entry(mailbox, letter_id)
            aside = (mailbox, INDEX + letter_id) in self._aside
        return None if aside else fresh or self._on_disk(mailbox, letter_id)

    def answers(self, mailbox: str, letter_id: str) -> list[IndexEntry]:
        """Return the entries of the letters in a mailbox that say that they answer a letter."""
        with self._lock:
            fresh = self._fresh.answers(mailbox, letter_id)
            ids = {entry.id for entry in fresh} | self._hidden(mailbox)
        stored = self._entries(f"{_ENTRY} and reply_to = ?", mailbox, letter_id)
        return [*(entry for entry in stored if entry.id not in ids), *fresh]

    def page(self, mailbox: str, correspondent: str, before: bytes | None, limit: int) -> list[IndexEntry]:
        """Return the last `limit` entries of a conversation before an order key, or of all; in order."""
        with self._lock:
            # All of them, not only those before the bound: one
            # that has moved past it still hides its old row.
            fresh = self._fresh.page(mailbox, correspondent, None, len(self._put))
            # An entry that was put overrides the one on disk, and may stand elsewhere in the order.
            ids = {entry.id for entry in fresh} | self._hidden(mailbox)
        bound, end = ("", ()) if before is None else (" and place < ?", (before,))
        stored = self._entries(
            f"{_ENTRY} and correspondent = ?{bound} order by place desc limit ?",
            mailbox,
            correspondent,
            *end,
            limit + len(ids),  # So many of them may have moved.
        )
        found = [entry for entry in stored if entry.id not in ids]
        found += [entry for entry in fresh if before is None or entry.order < before]
        found.sort(key=lambda entry: entry.order)
        return found[max(0, len(found) - limit) :]

    def marked(self, mailbox: str, mark: Mark) -> list[IndexEntry]:
        """Return the entries of a mailbox with a mark, by order key."""
        with self._lock:
            found = self._fresh.marked(mailbox, mark)
            ids = self._fresh.letters(mailbox).keys() | self._hidden(mailbox)
        # Of a hundred thousand letters a handful has a mark, which the planner can't know.
        query = _ENTRY.replace("from letters", f"from letters indexed by letters_{mark}")
        stored = self._entries(f"{query} and {mark}", mailbox)
        found += [entry for entry in stored if entry.id not in ids]
        return sorted(found, key=lambda entry: entry.order)

    def mailboxes(self) -> list[str]:
        """Return the mailboxes of which there is a record, in order."""
        with self._lock:
            found = set(self._fresh.mailboxes())
        # From one to the next along the index; `distinct` would walk over all the records of each.
        rows = self._rows(
            "with recursive found(mailbox) as (select min(mailbox) from saves union all"
            " select (select min(mailbox) from saves where mailbox > found.mailbox) from found"
            " where found.mailbox is not null) select mailbox from found where mailbox is not null"
        )
        return sorted(found | {mailbox for (mailbox,) in rows})

    def of_kind(self, mailbox: str, prefix: str) -> list[tuple[str, bytes]]:
        """Return the keys and records of a kind, such as `TELEMETRY`."""
        with self._lock:
            fresh, aside = dict(self._fresh.of_kind(mailbox, prefix)), set(self._aside)
        # A range of keys, which the index answers: a prefix ends with a slash, and after that comes "0".
        query = "select key, data from saves where mailbox = ? and key >= ? and key < ?"
        rows = self._rows(query, mailbox, prefix, prefix.removesuffix("/") + "0")
        stored = {key: blob(data) for key, data in rows if (mailbox, key) not in aside}
        return list((stored | fresh).items())

    def asides(self, mailbox: str) -> int:
        """Return how many records of a mailbox are in quarantine, or on their way there."""
        there = [key for (key,) in self._rows("select key from quarantine where mailbox = ?", mailbox)]
        with self._lock:  # A quiet node commits only with its next step what a reader has found.
            found = {key for of, key in self._aside if of == mailbox}
        return len(there) + len(found.difference(there))

    def conversations(self, mailbox: str) -> list[Conversation]:
        """Return a mailbox's conversations."""
        with self._lock:
            fresh = self._fresh.letters(mailbox)
        rows = self._rows(
            "select correspondent, count(*), sum(unread), max(written_at), sum(text_bytes), max(number)"
            " from letters where mailbox = ? group by correspondent",
            mailbox,
        )
        found = {row[0]: Conversation(*row) for row in rows}
        for entry in fresh.values():
            so_far = found.get(entry.correspondent, Conversation(entry.correspondent))
            found[entry.correspondent] = with_entry(so_far, self._on_disk(mailbox, entry.id), entry)
        return list(found.values())

    def _hidden(self, mailbox: str) -> set[str]:
        """Return the letters of a mailbox whose entries on disk are set aside; the lock is held."""
        return {key.removeprefix(INDEX) for of, key in self._aside if of == mailbox and key.startswith(INDEX)}

    def _on_disk(self, mailbox: str, letter_id: str) -> IndexEntry | None:
        return next(iter(self._entries(f"{_ENTRY} and id = ?", mailbox, letter_id)), None)

    def _entries(self, query: str, *bindings: str | bytes | int) -> list[IndexEntry]:
        return [_entry(row) for row in self._rows(query, *bindings)]

    def _rows(self, query: str, *bindings: str | bytes | int) -> list[tuple[Any, ...]]:
        try:
            return self._reader.execute(query, bindings).fetchall()
        except apsw.Error as error:
            raise StoreError(f"{self._where} can't be read: {error}") from error


def blob(value: object) -> bytes:
    """Return a column that should be a blob; of another type it is no record, but bytes all the same."""
    return value if isinstance(value, bytes) else str(value).encode()


def entry_row(entry: IndexEntry) -> tuple[str | bytes | int | None, ...]:
    """Return an index entry as values for `ENTRY_COLUMNS`."""
    return (
        entry.id,
        entry.correspondent,
        entry.order,
        entry.written_at,
        entry.reply_to,
        entry.text_bytes,
        entry.number,
        entry.open,
        entry.owed,
        entry.unread,
    )


def _entry(row: tuple[Any, ...]) -> IndexEntry:
    id, correspondent, order, written_at, reply_to, text_bytes, number, *marks = row
    is_open, owed, unread = map(bool, marks)
    return IndexEntry(
        id, correspondent, order, written_at, reply_to, text_bytes, number, is_open, owed, unread
    )
