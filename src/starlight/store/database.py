"""The database file of a store: its schema, its versions, and connections that count their syncs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import apsw

from starlight.errors import StoreError
from starlight.messages.records import INDEX, index_entry
from starlight.messages.reindex import index_of
from starlight.node.application import Save
from starlight.store.stored_records import ENTRY_COLUMNS, entry_row

APPLICATION_ID = 0x53544C54  # "STLT", in the header of the database file
VERSION = 2
LOG_PAGES = 4_000  # a write-ahead log of 16 MB, copied back once in a while

_SCHEMA = """
create table bundles(
  position integer primary key, key text not null unique, meta blob not null,
  body blob, segment integer, start integer, size integer not null, crc integer);
create table seen(key text primary key, until integer not null) without rowid;
create index seen_by_until on seen(until);
create table saves(position integer primary key, mailbox text not null, key text not null,
  data blob not null, unique(mailbox, key));
create table facts(name text primary key, value any) without rowid, strict;
"""

_LETTERS = """
create table letters(
  mailbox text not null, id text not null, correspondent text not null, place blob not null,
  written_at integer not null, reply_to text, text_bytes integer not null, number integer not null,
  open integer not null, owed integer not null, unread integer not null,
  primary key(mailbox, id)) without rowid, strict;
create index letters_in_order on letters(mailbox, correspondent, place);
create index letters_answering on letters(mailbox, reply_to) where reply_to is not null;
create index letters_open on letters(mailbox) where open;
create index letters_owed on letters(mailbox) where owed;
create index letters_unread on letters(mailbox) where unread;
"""
"""The index over letters (`messages/records.py`), since version 2."""

PUT_ENTRY = f"""
insert into letters(mailbox, {ENTRY_COLUMNS}) values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict(mailbox, id) do update set place = excluded.place, number = excluded.number,
open = excluded.open, owed = excluded.owed, unread = excluded.unread
"""
PUT_SAVE = (
    "insert into saves(mailbox, key, data) values(?, ?, ?)"
    " on conflict(mailbox, key) do update set data = excluded.data"
)

# SQLite knows a VFS by its name in the whole process, and a process may have several stores open.
_names = count()


class _CountedFile(apsw.VFSFile):
    """A database file that counts its syncs."""

    def __init__(self, vfs: _CountingVFS, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._vfs = vfs

    def xSync(self, flags: int) -> None:  # noqa: N802 (apsw's name)
        self._vfs.syncs += 1
        super().xSync(flags)


class _CountingVFS(apsw.VFS):
    """The system's files, with a count of the syncs that SQLite asks for."""

    def __init__(self) -> None:
        self.name = f"starlight-{next(_names)}"
        self.syncs = 0
        super().__init__(self.name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> _CountedFile:  # noqa: N802
        return _CountedFile(self, name, flags)


class Database:
    """A database file, with a connection that writes and one that reads.

    The thread that commits never waits for a reader: with a write-ahead log a reader sees what was
    committed when it began.

    Args:
        path: of the file; made when it is not there.

    Raises:
        StoreError: it is not, or no longer, ours, or it holds records that are damaged.
        apsw.Error: it can't be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._vfs = _CountingVFS()
        self._connections: list[apsw.Connection] = []
        try:
            self.writer = self._connect()
            self._bring_up_to_date()
            self.reader = self._connect()
        except BaseException:
            self.close()
            raise

    @property
    def syncs(self) -> int:
        """Return how often the disk was asked to make something durable."""
        return self._vfs.syncs

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections:
            connection.close()
        self._vfs.unregister()

    def _connect(self) -> apsw.Connection:
        connection = apsw.Connection(str(self._path), vfs=self._vfs.name)
        self._connections.append(connection)
        # All checks come before the first pragma that writes,
        # so that a file of another program stays as it is.
        found = connection.pragma("application_id")
        version = connection.pragma("user_version")
        empty = connection.execute("select count(*) from sqlite_schema").fetchone() == (0,)
        if found != APPLICATION_ID and not empty:
            raise StoreError(f"{self._path} is a database, but not a store of Starlight")
        if found == APPLICATION_ID and not 1 <= version <= VERSION:
            raise StoreError(f"{self._path} has version {version}; this Starlight reads 1 to {VERSION}")
        connection.pragma("journal_mode", "wal")
        # With a write-ahead log "normal" syncs at checkpoints
        # only: a loss of power would take commits back.
        connection.pragma("synchronous", "full")
        connection.pragma("wal_autocheckpoint", LOG_PAGES)
        return connection

    def _bring_up_to_date(self) -> None:
        """Make what is missing, in one transaction: a crash leaves the version before, or this one."""
        writer = self.writer
        version = writer.pragma("user_version")
        if version == VERSION:
            return
        with writer:
            if version == 0:
                writer.execute(_SCHEMA)
                writer.pragma("application_id", APPLICATION_ID)
            writer.execute(_LETTERS)
            # A store of version 1 has letters without an index; a new one has none of both.
            for save in index_of(self._of_kind) if version == 1 else ():
                if save.key.startswith(INDEX):
                    writer.execute(PUT_ENTRY, (save.mailbox, *entry_row(index_entry(save))))
                else:
                    writer.execute(PUT_SAVE, (save.mailbox, save.key, save.data))
            writer.pragma("user_version", VERSION)

    def _of_kind(self, kind: str) -> Iterator[Save]:
        rows = self.writer.execute(
            "select mailbox, key, data from saves where key >= ? and key < ? order by position",
            (f"{kind}/", f"{kind}0"),  # "0" follows "/"
        )
        for mailbox, key, data in rows:
            yield Save(mailbox, key, bytes(data))
