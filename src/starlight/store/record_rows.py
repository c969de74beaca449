"""The rows of the mailboxes' records in a database, and the columns of the index over letters."""

from __future__ import annotations

from typing import Any

import apsw

from starlight.errors import StoreError
from starlight.mailboxes.index_entries import IndexEntry, Topic
from starlight.mailboxes.records import Mark
from starlight.messages.conversation import Conversation

ENTRY_COLUMNS = (
    "id, correspondent, place, written_at, reply_to, text_bytes, number, open, owed, unread,"
    " thread, starred, asks, hidden"
)
"""The columns of an index entry, in the order of `IndexEntry`'s fields."""

PUT_ENTRY = f"""
insert into letters(mailbox, {ENTRY_COLUMNS}) values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict(mailbox, id) do update set correspondent = excluded.correspondent, place = excluded.place,
text_bytes = excluded.text_bytes,
number = excluded.number, open = excluded.open, owed = excluded.owed, unread = excluded.unread,
thread = excluded.thread, starred = excluded.starred, asks = excluded.asks, hidden = excluded.hidden
"""
PUT_SAVE = (
    "insert into saves(mailbox, key, data) values(?, ?, ?)"
    " on conflict(mailbox, key) do update set data = excluded.data"
)

_ENTRY = f"select {ENTRY_COLUMNS} from letters where mailbox = ?"


class RecordRows:
    """Read the committed records of mailboxes; all raise StoreError where the database can't be read.

    Args:
        reader: a connection of the thread that handles events.
        where: the database's name, for errors.
    """

    def __init__(self, reader: apsw.Connection, where: str) -> None:
        self._reader = reader
        self._where = where

    def get(self, mailbox: str, key: str) -> bytes | None:
        """Return a record, or None."""
        rows = self._rows("select data from saves where mailbox = ? and key = ?", mailbox, key)
        return blob(rows[0][0]) if rows else None

    def entry(self, mailbox: str, letter_id: str) -> IndexEntry | None:
        """Return the index entry of a letter, or None."""
        return next(iter(self._entries(f"{_ENTRY} and id = ?", mailbox, letter_id)), None)

    def answers(self, mailbox: str, letter_id: str) -> list[IndexEntry]:
        """Return the entries of the letters that say that they answer a letter."""
        return self._entries(f"{_ENTRY} and reply_to = ?", mailbox, letter_id)

    def page(
        self, mailbox: str, correspondent: str, before: bytes | None, limit: int, thread: str | None = None
    ) -> list[IndexEntry]:
        """Return the last `limit` entries of a conversation before an order key, or of all; last first."""
        bindings: list[str | bytes | int] = [mailbox, correspondent]
        query = f"{_ENTRY} and correspondent = ?"
        for clause, value in ((" and thread = ?", thread), (" and place < ?", before)):
            if value is not None:
                query += clause
                bindings.append(value)
        return self._entries(f"{query} and not hidden order by place desc limit ?", *bindings, limit)

    def topics(self, mailbox: str) -> dict[tuple[str, str], Topic]:
        """Return the topics of a mailbox, by correspondent and thread."""
        rows = self._rows(
            "select correspondent, thread, count(*), sum(unread), sum(asks), max(written_at) from letters"
            " where mailbox = ? and thread != '' and not hidden group by correspondent, thread",
            mailbox,
        )
        return {(row[0], row[1]): Topic(*row) for row in rows}

    def marked(self, mailbox: str, mark: Mark) -> list[IndexEntry]:
        """Return the entries of a mailbox with a mark, in any order."""
        # Of a hundred thousand letters a handful has a mark, which the planner can't know.
        query = _ENTRY.replace("from letters", f"from letters indexed by letters_{mark}")
        return self._entries(f"{query} and {mark}", mailbox)

    def mailboxes(self) -> set[str]:
        """Return the mailboxes of which there is a record."""
        # From one to the next along the index; `distinct` would walk over all the records of each.
        rows = self._rows(
            "with recursive found(mailbox) as (select min(mailbox) from saves union all"
            " select (select min(mailbox) from saves where mailbox > found.mailbox) from found"
            " where found.mailbox is not null) select mailbox from found where mailbox is not null"
        )
        return {mailbox for (mailbox,) in rows}

    def of_kind(self, mailbox: str, prefix: str) -> dict[str, bytes]:
        """Return the records of a kind, such as `TELEMETRY`, by key."""
        # A range of keys, which the index answers: a prefix ends with a slash, and after that comes "0".
        query = "select key, data from saves where mailbox = ? and key >= ? and key < ?"
        rows = self._rows(query, mailbox, prefix, prefix.removesuffix("/") + "0")
        return {key: blob(data) for key, data in rows}

    def quarantined(self, mailbox: str) -> list[str]:
        """Return the keys of a mailbox's records in quarantine, once for each."""
        return [key for (key,) in self._rows("select key from quarantine where mailbox = ?", mailbox)]

    def conversations(self, mailbox: str) -> dict[str, Conversation]:
        """Return a mailbox's conversations, by correspondent."""
        rows = self._rows(
            "select correspondent, sum(not hidden), sum(unread and not hidden),"
            " max(case when hidden then 0 else written_at end), sum(text_bytes), max(number), sum(hidden)"
            " from letters where mailbox = ? group by correspondent",
            mailbox,
        )
        return {row[0]: Conversation(*row) for row in rows}

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
        entry.thread,
        entry.starred,
        entry.asks,
        entry.hidden,
    )


def _entry(row: tuple[Any, ...]) -> IndexEntry:
    id, correspondent, order, written_at, reply_to, text_bytes, number, *marks = row
    is_open, owed, unread, thread, starred, asks, hidden = marks
    return IndexEntry(
        id,
        correspondent,
        order,
        written_at,
        reply_to,
        text_bytes,
        number,
        bool(is_open),
        bool(owed),
        bool(unread),
        thread,
        bool(starred),
        bool(asks),
        bool(hidden),
    )
