"""The database file of a store: its schema, its versions, and connections that count their syncs."""

from __future__ import annotations

import contextlib
from itertools import count
from pathlib import Path

import apsw

from starlight.errors import StoreError
from starlight.node.application import SetAside
from starlight.store import quarantine

APPLICATION_ID = 0x53544C54  # "STLT", in the header of the database file
VERSION = 4
FILE = "starlight.db"
"""In the folder of a store: its database."""
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
"""The index over letters (`mailboxes/records.py`), since version 2."""

_TOPICS = """
alter table letters add column thread text not null default '';
alter table letters add column starred integer not null default 0;
alter table letters add column asks integer not null default 0;
alter table letters add column hidden integer not null default 0;
create index letters_in_topics on letters(mailbox, correspondent, thread, place) where thread != '';
create index letters_starred on letters(mailbox) where starred;
create index letters_asks on letters(mailbox) where asks;
create index letters_hidden on letters(mailbox) where hidden;
"""
"""Topics, stars, questions and letters for later, since version 4; what was written before has none."""

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

    Attributes:
        set_aside: what was set aside when it was opened.

    Raises:
        StoreError: it is not, or no longer, ours.
        apsw.Error: it can't be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._vfs = _CountingVFS()
        self._connections: list[apsw.Connection] = []
        self.set_aside: list[SetAside] = []
        try:
            check(path)
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
        """Close the connections; where the disk has no room for what the log holds, that stays in the log."""
        for connection in self._connections:
            with contextlib.suppress(apsw.FullError, apsw.IOError):
                connection.close()
        self._vfs.unregister()

    def shorten_log(self, *, beyond: int) -> None:
        """Copy the log back into the file and give its bytes to the disk, where it has more than so many.

        Where that fails all stays as it is: the log is copied back another time.
        """
        with contextlib.suppress(apsw.Error, OSError):
            if self._path.with_name(f"{self._path.name}-wal").stat().st_size > beyond:
                self.writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def _connect(self) -> apsw.Connection:
        connection = apsw.Connection(str(self._path), vfs=self._vfs.name)
        self._connections.append(connection)
        connection.pragma("journal_mode", "wal")
        # With a write-ahead log "normal" syncs at checkpoints
        # only: a loss of power would take commits back.
        connection.pragma("synchronous", "full")
        connection.pragma("wal_autocheckpoint", LOG_PAGES)
        # What is deleted is overwritten: who erases a letter need not fear for what the file still holds.
        connection.pragma("secure_delete", True)
        return connection

    def _bring_up_to_date(self) -> None:
        """Make what is missing, and mend what is not whole, in one transaction.

        A crash leaves the version before, or this one.
        """
        writer = self.writer
        version = writer.pragma("user_version")
        with writer:
            if version == 0:
                writer.execute(_SCHEMA)
                writer.pragma("application_id", APPLICATION_ID)
            if version < 2:
                writer.execute(_LETTERS)
            if version < 3:
                writer.execute(quarantine.TABLE)
            if version < 4:
                writer.execute(_TOPICS)
                writer.pragma("user_version", VERSION)
            self.set_aside = quarantine.mended(writer, mission_time(writer))


def check(path: Path) -> None:
    """Check that a file, if it is there, is a store that this version reads; nothing in it is changed.

    Raises:
        StoreError: it is another program's, or a newer Starlight's.
    """
    if not path.exists() or path.stat().st_size == 0:
        return
    with contextlib.closing(read_only(path)) as connection:
        found = connection.pragma("application_id")
        version = connection.pragma("user_version")
        empty = connection.execute("select count(*) from sqlite_schema").fetchone() == (0,)
    if found != APPLICATION_ID and not empty:
        raise StoreError(f"{path} is a database, but not a store of Starlight")
    if found == APPLICATION_ID and not 1 <= version <= VERSION:
        right = "Open it with the Starlight that wrote it, or a later one" if version > VERSION else ""
        reads = f"{path} has version {version}; this Starlight reads 1 to {VERSION}"
        raise StoreError(f"{reads}. {right}" if right else reads)


def read_only(path: Path) -> apsw.Connection:
    """Return a connection to a database that can't change it, also while another process has it open."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    # Else the last connection that closes copies the log back into the file, and deletes it.
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    return connection


def mission_time(connection: apsw.Connection) -> int | None:
    """Return the mission time of the last commit that had one, in ns; None where there is none to be read."""
    row = connection.execute("select value from facts where name = 'mission time'").fetchone()
    return row[0] if row is not None and isinstance(row[0], int) else None
