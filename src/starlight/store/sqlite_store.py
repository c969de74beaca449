"""The durable store of a node: SQLite through apsw, large bodies in segment files.

Write-ahead log with ``synchronous=FULL``: when `Store.commit` returns, what it was
given survives loss of power. One connection writes, another reads, so the thread that
commits never waits for a reader. The standard library's SQLite is not used because its
write-ahead log has a known corruption bug in the version that Python 3.11 ships with.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

import apsw

from starlight.errors import DiskFullError, StoreError
from starlight.node.application import Save, SetAside
from starlight.node.events import Remembered, Restored
from starlight.node.store import Write
from starlight.store import disk_space, quarantine
from starlight.store.batch import Batch
from starlight.store.contract import Quarantined
from starlight.store.database import FILE, Database, mission_time
from starlight.store.folder_lock import FolderInUse, FolderLock
from starlight.store.lost_index import check_index
from starlight.store.record_rows import blob
from starlight.store.segments import SEGMENT_BYTES, Place, sync_folder
from starlight.store.stored_bodies import StoredBodies
from starlight.store.stored_records import StoredRecords
from starlight.store.transactions import Transactions, number

SEGMENT_FROM = 64 * 1024
"""Bodies from this many bytes go to segment files: above it SQLite's overflow pages cost
more than a second file does, and the log would be written twice."""
REMEMBERED = 1_000_000
"""How many identities of forgotten bundles are kept at most: about 100 MB of disk, and at
ten bundles a second still a day, far more than a duplicate on a lost acknowledgement needs."""


class SqliteStore:
    """A live node's store (`store.contract.Store`) in one directory.

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
        self._file = self.path / FILE
        self._open = True
        self._listeners: list[Callable[[Collection[tuple[str, str]]], None]] = []
        try:
            new = not self.path.exists()
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = FolderLock(self.path)
        except OSError as error:
            raise StoreError(f"{self.path} can't hold a store: {error.strerror}") from error
        except FolderInUse:
            raise StoreError(f"{self.path} is in use by another node; stop that one first") from None
        self._database: Database | None = None
        try:
            check_index(self.path)
            self._database = Database(self._file)
            self._shorten_log = self._database.shorten_log
            self._reader = self._database.reader
            self._records = StoredRecords(self._reader, str(self._file))
            self._transactions = Transactions(self._database.writer, remembered)
            self._bodies = StoredBodies(self.path, self._reader, segment_from, segment_bytes)
            sync_folder(self.path)
            if new:
                sync_folder(self.path.parent)
        except (apsw.Error, OSError, StoreError) as error:
            self._close_database()
            if isinstance(error, StoreError):
                raise
            raise self._unusable(error) from error

    @property
    def syncs(self) -> int:
        """Return how often the disk was asked to make something durable, since this store was opened."""
        return (self._database.syncs if self._database else 0) + self._bodies.syncs

    @property
    def records(self) -> StoredRecords:
        """Return the mailboxes' records."""
        return self._records

    def saved(self, mailbox: str) -> list[tuple[str, bytes]]:
        """Return the keys and records that are committed under one name, by key.

        Raises:
            StoreError: the disk can't give them back.
        """
        query = "select key, data from saves where mailbox = ? order by key"
        with _reading(self._file):
            return [(key, blob(data)) for key, data in self._reader.execute(query, (mailbox,))]

    def hold(self, writes: Iterable[Write]) -> int:
        """Make the bodies of writes readable before they are committed.

        Returns:
            A mark for `commit`, which lets go of what it has committed.
        """
        return self._bodies.hold(writes)

    def left_over(self, asked: Iterable[Write]) -> list[Save | SetAside]:
        """Return the records of a step that broke; see `StoredRecords.left_over`."""
        return self._records.left_over(asked)

    def commit(self, writes: Sequence[Write], *, now: int | None = None, held: int = 0) -> None:
        """Make writes durable, all or none, as one transaction.

        Args:
            writes: in order; for one key, later ones override earlier ones.
            now: mission time in ns, kept as a fact, and by which old identities are forgotten.
            held: the mark of `hold`, when these writes were held.

        Raises:
            DiskFullError: there was no room; nothing of it was kept, and it may be tried again.
            StoreError: the disk refused; nothing of it was kept.
        """
        batch = Batch(writes)
        places: dict[str, Place] = {}
        try:
            places = self._bodies.append(batch)
            self._transactions.write(batch, places, self._bodies.emptied_by(batch), now)
        except (apsw.Error, OSError) as error:
            self._bodies.give_back(places)
            kind = StoreError
            if disk_space.is_full(error):
                kind = DiskFullError
                self._shorten_log(beyond=0)
            raise kind(f"{self.path} refused a commit: {error}") from error
        self._bodies.committed(batch, places, held)
        self._records.committed(batch.saves.values())
        self._records.erased(batch.erases)
        if letters := batch.letters:
            for listener in self._listeners:
                listener(letters)
        self._shorten_log(beyond=disk_space.free_of(self.path)[0] // disk_space.LOG_PART)
        self._bodies.compact(self._transactions.move)

    def watch(self, listener: Callable[[Collection[tuple[str, str]]], None]) -> None:
        """Tell a listener which letters each commit concerns; see the contract."""
        self._listeners.append(listener)

    def body(self, key: str) -> bytes:
        """Return the bytes of a stored bundle, committed or held.

        Raises:
            StoreError: it is not stored, or the disk can't give it back.
        """
        with _reading(self._file):
            found = self._bodies.get(key)
        if found is None:
            raise StoreError(f"no bundle {key} is stored in {self.path}")
        return found

    def restore(self) -> list[Restored | Remembered]:
        """Return what the engine is told at its start: identities first, then bundles in order."""
        seen = "select key, until from seen where typeof(until) = 'integer' order by key"
        with _reading(self._file):
            events: list[Restored | Remembered] = [Remembered(*row) for row in self._reader.execute(seen)]
            hidden = quarantine.hidden_bundles(self._reader)
            for key, meta in self._reader.execute("select key, meta from bundles order by position"):
                if key not in hidden:
                    events.append(Restored(key, meta))
        return events

    def mission_time(self) -> int | None:
        """Return the mission time of the last commit that had one, in ns."""
        with _reading(self._file):
            return mission_time(self._reader)

    def set_time_back(self, now: int) -> None:
        """Record a mission time that is before the last one, in ns: that was of a clock that was wrong."""
        with _reading(self._file):
            self._transactions.set_time_back(now)

    @property
    def set_aside(self) -> list[SetAside]:
        """Return what was set aside when this store was opened."""
        return self._database.set_aside if self._database else []

    def quarantined(self) -> list[Quarantined]:
        """Return what is in quarantine, in the order in which it came there."""
        with _reading(self._file):
            return quarantine.quarantined(self._reader)

    def room(self) -> int:
        """Return how many bytes of bodies it may yet take; 0 when its disk is full. Any thread may ask."""
        return disk_space.room(self.path)

    def counts(self) -> dict[str, int]:
        """Return how much is stored: ``bundles``, ``bytes`` of their bodies, ``remembered``, ``saves``."""
        return {
            "bundles": number(self._reader, "select count(*) from bundles"),
            "bytes": number(self._reader, "select ifnull(sum(size), 0) from bundles"),
            "remembered": self._transactions.identities,
            "saves": number(self._reader, "select count(*) from saves"),
        }

    def close(self) -> None:
        """Close every file and let another process open the store; what is only held is dropped."""
        if self._open:
            self._open = False
            self._bodies.close()
            self._close_database()

    def _unusable(self, error: Exception) -> StoreError:
        if disk_space.is_full(error):
            return DiskFullError(f"the disk of {self.path} is full. Make room on it and start again")
        right = f"Put back a copy of it, or move the folder {self.path} elsewhere to begin anew"
        return StoreError(f"{self._file} is damaged or not a store of Starlight: {error}. {right}")

    def _close_database(self) -> None:
        if self._database is not None:
            self._database.close()
        self._lock.release()


@contextlib.contextmanager
def _reading(file: Path) -> Iterator[None]:
    """Tell of a database that can't be read as of a store."""
    try:
        yield
    except apsw.Error as error:
        raise StoreError(f"{file} can't be read: {error}") from error
