"""The durable store of a node: SQLite through apsw, large bodies in segment files.

Write-ahead log with ``synchronous=FULL``: when `Store.commit` returns, what it was
given survives loss of power. One connection writes, another reads, so the thread that
commits never waits for a reader. The standard library's SQLite is not used because its
write-ahead log has a known corruption bug in the version that Python 3.11 ships with.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path

import apsw

from starlight.errors import StoreError
from starlight.live.folder_lock import FolderInUse, FolderLock
from starlight.live.segments import SEGMENT_BYTES, Place, Segments, sync_folder
from starlight.node.actions import Forget, Persist, StoreWrite, Update
from starlight.node.application import Save
from starlight.node.events import Remembered, Restored

_LOG = logging.getLogger(__name__)

APPLICATION_ID = 0x53544C54  # "STLT", in the header of the database file
VERSION = 1
SEGMENT_FROM = 64 * 1024
"""Bodies from this many bytes go to segment files: above it SQLite's overflow pages cost
more than a second file does, and the log would be written twice."""
REMEMBERED = 1_000_000
"""How many identities of forgotten bundles are kept at most: about 100 MB of disk, and at
ten bundles a second still a day, far more than a duplicate on a lost acknowledgement needs."""
PRUNE_EVERY = 4_096  # forgotten bundles between two prunings, so that pruning stays out of most commits
RECENT_BYTES = 32 << 20
"""Bodies kept in memory after their commit, because forwarding reads what it has just written."""

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

Write = StoreWrite | Save

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


class _Batch:
    """The writes of one transaction, each key's last word only."""

    def __init__(self, writes: Iterable[Write]) -> None:
        self.persists: dict[str, Persist] = {}
        self.updates: dict[str, bytes] = {}
        self.forgets: dict[str, int] = {}
        self.saves: dict[tuple[str, str], bytes] = {}
        for write in writes:
            if isinstance(write, Persist):
                self.persists[write.key] = write
                self.updates.pop(write.key, None)
            elif isinstance(write, Update):
                self.updates[write.key] = write.meta
            elif isinstance(write, Forget):
                self.persists.pop(write.key, None)
                self.updates.pop(write.key, None)
                self.forgets[write.key] = write.remember_until
            else:
                self.saves[write.mailbox, write.key] = write.data


class Store:
    """Bundles, remembered identities, mailboxes' entries and a few facts, in one directory.

    `hold` and `body` belong to the thread that handles events, `commit` to the one that writes;
    both may be the same thread.

    Args:
        path: the directory; made when it is not there. It belongs to one process at a time.
        segment_from: bodies of at least this many bytes go to segment files.
        remembered: how many identities of forgotten bundles are kept at most.

    Raises:
        StoreError: another process has it open, or it is not, or no longer, a store of ours.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        segment_from: int = SEGMENT_FROM,
        segment_bytes: int = SEGMENT_BYTES,
        remembered: int = REMEMBERED,
    ) -> None:
        self.path = Path(path)
        self._segment_from = segment_from
        self._remembered = remembered
        self._unpruned = 0
        self._held: dict[str, tuple[int, bytes]] = {}
        self._holds = 0
        self._recent: OrderedDict[str, bytes] = OrderedDict()
        self._recent_bytes = 0
        self._memory_lock = threading.Lock()
        self._uncompactable: set[int] = set()
        self._open = True
        try:
            new = not self.path.exists()
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = FolderLock(self.path)
        except OSError as error:
            raise StoreError(f"{self.path} can't hold a store: {error.strerror}") from error
        except FolderInUse:
            raise StoreError(f"{self.path} is in use by another node; stop that one first") from None
        self._vfs = _CountingVFS()
        self._connections: list[apsw.Connection] = []
        try:
            self._writer = self._connect()
            self._reader = self._connect()
            rows = self._writer.execute(
                "select key, segment, start, size, crc from bundles where segment is not null"
            )
            self._places = {key: Place(*place) for key, *place in rows}
            self._segments = Segments(self.path / "segments", self._places.values(), segment_bytes)
            self._seen = _number(self._writer, "select count(*) from seen")
            sync_folder(self.path)
            if new:
                sync_folder(self.path.parent)
        except (apsw.Error, OSError, StoreError) as error:
            self._close_database()
            if isinstance(error, StoreError):
                raise
            raise StoreError(f"{self._database} is damaged or not a store of Starlight: {error}") from error

    @property
    def syncs(self) -> int:
        """How often the disk was asked to make something durable, since this store was opened."""
        return self._vfs.syncs + self._segments.syncs

    def hold(self, writes: Iterable[Write]) -> int:
        """Make the bodies of writes readable before they are committed.

        Returns:
            A mark for `commit`, which lets go of what it has committed.
        """
        self._holds += 1
        with self._memory_lock:
            for write in writes:
                if isinstance(write, Persist):
                    self._held[write.key] = (self._holds, write.data)
        return self._holds

    def commit(self, writes: Sequence[Write], *, now: int | None = None, held: int = 0) -> None:
        """Make writes durable, all or none, as one transaction.

        Args:
            writes: in order; for one key, later ones override earlier ones.
            now: mission time in ns, kept as a fact, and by which old identities are forgotten.
            held: the mark of `hold`, when these writes were held.

        Raises:
            StoreError: the disk refused; nothing of it was kept.
        """
        batch = _Batch(writes)
        places: dict[str, Place] = {}
        try:
            self._append(batch, places)
            self._transact(batch, places, now)
        except (apsw.Error, OSError) as error:
            for place in places.values():
                self._segments.release(place)
            raise StoreError(f"{self.path} refused a commit: {error}") from error
        self._settle(batch, places, held)
        for number in self._segments.sparse():
            if number not in self._uncompactable:
                self._compact(number)

    def body(self, key: str) -> bytes:
        """Return the bytes of a stored bundle, committed or held.

        Raises:
            StoreError: it is not stored, or the disk can't give it back.
        """
        with self._memory_lock:
            held = self._held.get(key)
            recent = held[1] if held is not None else self._recent.get(key)
        if recent is not None:
            return recent
        while (place := self._places.get(key)) is not None:
            try:
                return self._segments.read(place)
            except StoreError:
                if self._places.get(key) is place:  # else it was moved meanwhile
                    raise
        try:
            row = self._reader.execute("select body from bundles where key = ?", (key,)).fetchone()
        except apsw.Error as error:
            raise StoreError(f"{self._database} can't be read: {error}") from error
        if row is None or row[0] is None:
            raise StoreError(f"no bundle {key} is stored in {self.path}")
        return bytes(row[0])

    def restore(self) -> list[Restored | Remembered]:
        """Return what the engine is told at its start: identities first, then bundles in order."""
        events: list[Restored | Remembered] = []
        try:
            for key, until in self._reader.execute("select key, until from seen order by key"):
                events.append(Remembered(key, until))
            for key, meta in self._reader.execute("select key, meta from bundles order by position"):
                events.append(Restored(key, meta))
        except apsw.Error as error:
            raise StoreError(f"{self._database} can't be read: {error}") from error
        return events

    def saves(self) -> list[tuple[str, str, bytes]]:
        """Return (mailbox, key, data) of all that was saved, in the order of first saving."""
        query = "select mailbox, key, data from saves order by position"
        try:
            return [(mailbox, key, bytes(data)) for mailbox, key, data in self._reader.execute(query)]
        except apsw.Error as error:
            raise StoreError(f"{self._database} can't be read: {error}") from error

    def mission_time(self) -> int | None:
        """Return the mission time of the last commit that had one, in ns."""
        try:
            row = self._reader.execute("select value from facts where name = 'mission time'").fetchone()
        except apsw.Error as error:
            raise StoreError(f"{self._database} can't be read: {error}") from error
        return None if row is None else int(row[0])

    def counts(self) -> dict[str, int]:
        """Return how much is stored: ``bundles``, ``bytes`` of their bodies, ``remembered``, ``saves``."""
        return {
            "bundles": _number(self._reader, "select count(*) from bundles"),
            "bytes": _number(self._reader, "select ifnull(sum(size), 0) from bundles"),
            "remembered": self._seen,
            "saves": _number(self._reader, "select count(*) from saves"),
        }

    def close(self) -> None:
        """Close every file and let another process open the store; what is only held is dropped."""
        if self._open:
            self._open = False
            self._segments.close()
            self._close_database()

    @property
    def _database(self) -> Path:
        return self.path / "starlight.db"

    def _close_database(self) -> None:
        for connection in self._connections:
            connection.close()
        self._vfs.unregister()
        self._lock.release()

    def _connect(self) -> apsw.Connection:
        connection = apsw.Connection(str(self._database), vfs=self._vfs.name)
        self._connections.append(connection)
        found = connection.pragma("application_id")
        version = connection.pragma("user_version")
        empty = connection.execute("select count(*) from sqlite_schema").fetchone() == (0,)
        if found != APPLICATION_ID and not empty:
            raise StoreError(f"{self._database} is a database, but not a store of Starlight")
        if found == APPLICATION_ID and version != VERSION:
            raise StoreError(f"{self._database} has version {version}; this Starlight reads {VERSION}")
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "full")
        connection.pragma("wal_autocheckpoint", 4_000)  # pages: a log of 16 MB, copied back once in a while
        if empty:
            with connection:
                connection.execute(_SCHEMA)
                connection.pragma("application_id", APPLICATION_ID)
                connection.pragma("user_version", VERSION)
        return connection

    def _append(self, batch: _Batch, places: dict[str, Place]) -> None:
        for key, write in batch.persists.items():
            if len(write.data) >= self._segment_from:
                places[key] = self._segments.append(write.data)
        self._segments.sync()

    def _transact(self, batch: _Batch, places: dict[str, Place], now: int | None) -> None:
        execute, executemany = self._writer.execute, self._writer.executemany
        with self._writer:
            if batch.forgets:
                executemany("delete from bundles where key = ?", [(key,) for key in batch.forgets])
                executemany(
                    "insert into seen(key, until) values(?, ?)"
                    " on conflict(key) do update set until = excluded.until",
                    list(batch.forgets.items()),
                )
            if batch.persists:
                executemany(
                    "insert into bundles(key, meta, body, segment, start, size, crc)"
                    " values(?, ?, ?, ?, ?, ?, ?) on conflict(key) do update set meta = excluded.meta,"
                    " body = excluded.body, segment = excluded.segment, start = excluded.start,"
                    " size = excluded.size, crc = excluded.crc",
                    [_row(write, batch.updates, places) for write in batch.persists.values()],
                )
            updates = [(meta, key) for key, meta in batch.updates.items() if key not in batch.persists]
            if updates:
                executemany("update bundles set meta = ? where key = ?", updates)
            if batch.saves:
                executemany(
                    "insert into saves(mailbox, key, data) values(?, ?, ?)"
                    " on conflict(mailbox, key) do update set data = excluded.data",
                    [(mailbox, key, data) for (mailbox, key), data in batch.saves.items()],
                )
            if now is not None:
                execute(
                    "insert into facts(name, value) values('mission time', ?)"
                    " on conflict(name) do update set value = max(value, excluded.value)",
                    (now,),
                )
            self._prune(len(batch.forgets), now)

    def _prune(self, forgotten: int, now: int | None) -> None:
        self._unpruned += forgotten
        if self._unpruned < min(PRUNE_EVERY, self._remembered) or now is None:
            return
        self._unpruned = 0
        self._writer.execute("delete from seen where until < ?", (now,))
        self._seen = _number(self._writer, "select count(*) from seen")
        if self._seen > self._remembered:
            self._writer.execute(
                "delete from seen where key in (select key from seen order by until limit ?)",
                (self._seen - self._remembered,),
            )
            self._seen = self._remembered

    def _settle(self, batch: _Batch, places: dict[str, Place], held: int) -> None:
        """Bring what is kept in memory in line with what has just been committed."""
        freed = [self._places.pop(key) for key in (*batch.forgets, *batch.persists) if key in self._places]
        self._places.update(places)
        with self._memory_lock:
            for key in (*batch.forgets, *batch.persists):
                mark = self._held.get(key)
                if mark is not None and mark[0] <= held:
                    del self._held[key]
            for key in batch.forgets:
                self._recent_bytes -= len(self._recent.pop(key, b""))
            for key, write in batch.persists.items():
                self._recent_bytes += len(write.data) - len(self._recent.pop(key, b""))
                self._recent[key] = write.data
            while self._recent_bytes > RECENT_BYTES:
                self._recent_bytes -= len(self._recent.popitem(last=False)[1])
        for place in freed:
            self._segments.release(place)

    def _compact(self, number: int) -> None:
        """Move what is still stored in a segment to the current one, which empties it.

        What has been committed is safe wherever it lies, so a compaction that fails, because the disk
        is full or one body can't be read back, leaves everything in its place and ends nothing.
        """
        moved: dict[str, Place] = {}
        try:
            for key, place in list(self._places.items()):
                if place.segment == number:
                    moved[key] = self._segments.append(self._segments.read(place))
            self._segments.sync()
            with self._writer:
                self._writer.executemany(
                    "update bundles set segment = ?, start = ?, size = ?, crc = ? where key = ?",
                    [(p.segment, p.offset, p.size, p.crc, key) for key, p in moved.items()],
                )
        except (apsw.Error, OSError, StoreError) as error:
            _LOG.error("%s: segment %d stays as it is until the next start: %s", self.path, number, error)
            self._uncompactable.add(number)
            for place in moved.values():
                self._segments.release(place)
            return
        for key, place in moved.items():
            old, self._places[key] = self._places[key], place
            self._segments.release(old)


def _row(write: Persist, updates: dict[str, bytes], places: dict[str, Place]) -> tuple[object, ...]:
    meta = updates.get(write.key, write.meta)
    place = places.get(write.key)
    if place is None:
        return (write.key, meta, write.data, None, None, len(write.data), None)
    return (write.key, meta, None, place.segment, place.offset, place.size, place.crc)


def _number(connection: apsw.Connection, query: str) -> int:
    (number,) = next(connection.execute(query))
    return int(number)
