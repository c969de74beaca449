"""The durable store of a node: SQLite through apsw, large bodies in segment files.

Write-ahead log with ``synchronous=FULL``: when `Store.commit` returns, what it was
given survives loss of power. One connection writes, another reads, so the thread that
commits never waits for a reader. The standard library's SQLite is not used because its
write-ahead log has a known corruption bug in the version that Python 3.11 ships with.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

import apsw

from starlight.errors import StoreError
from starlight.mailboxes.records import INDEX, index_entry
from starlight.node.actions import Persist
from starlight.node.application import Save, SetAside
from starlight.node.events import Remembered, Restored
from starlight.node.store import Write
from starlight.store import quarantine
from starlight.store.batch import Batch
from starlight.store.bodies import BodiesInMemory
from starlight.store.contract import Quarantined
from starlight.store.database import FILE, Database, mission_time
from starlight.store.folder_lock import FolderInUse, FolderLock
from starlight.store.lost_index import SEGMENTS, check_index
from starlight.store.released import note, released
from starlight.store.segments import SEGMENT_BYTES, Place, Segments, sync_folder
from starlight.store.stored_records import PUT_ENTRY, PUT_SAVE, StoredRecords, blob, entry_row

_LOG = logging.getLogger(__name__)

SEGMENT_FROM = 64 * 1024
"""Bodies from this many bytes go to segment files: above it SQLite's overflow pages cost
more than a second file does, and the log would be written twice."""
REMEMBERED = 1_000_000
"""How many identities of forgotten bundles are kept at most: about 100 MB of disk, and at
ten bundles a second still a day, far more than a duplicate on a lost acknowledgement needs."""
PRUNE_EVERY = 4_096  # forgotten bundles between two prunings, so that pruning stays out of most commits


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
        self._segment_from = segment_from
        self._remembered = remembered
        self._unpruned = 0
        self._bodies = BodiesInMemory()
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
        self._database: Database | None = None
        try:
            check_index(self.path)
            self._database = Database(self._file)
            self._writer, self._reader = self._database.writer, self._database.reader
            self._records = StoredRecords(self._reader, str(self._file))
            rows = self._writer.execute(
                "select key, segment, start, size, crc from bundles where segment is not null"
                f" and {quarantine.BUNDLE_WHOLE}"
            )
            self._places = {key: Place(*place) for key, *place in rows}
            self._segments = self._opened_segments(segment_bytes)
            self._seen = _number(self._writer, "select count(*) from seen")
            self._hidden = quarantine.hidden_bundles(self._reader)
            sync_folder(self.path)
            if new:
                sync_folder(self.path.parent)
        except (apsw.Error, OSError, StoreError) as error:
            self._close_database()
            if isinstance(error, StoreError):
                raise
            right = f"Put back a copy of it, or move the folder {self.path} elsewhere to begin anew"
            raise StoreError(
                f"{self._file} is damaged or not a store of Starlight: {error}. {right}"
            ) from error

    @property
    def syncs(self) -> int:
        """Return how often the disk was asked to make something durable, since this store was opened."""
        return (self._database.syncs if self._database else 0) + self._segments.syncs

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
        try:
            return [(key, blob(data)) for key, data in self._reader.execute(query, (mailbox,))]
        except apsw.Error as error:
            raise StoreError(f"{self._file} can't be read: {error}") from error

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
            StoreError: the disk refused; nothing of it was kept.
        """
        batch = Batch(writes)
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
            # What failed once would fail again, with every commit from now on.
            if number not in self._uncompactable:
                self._compact(number)

    def body(self, key: str) -> bytes:
        """Return the bytes of a stored bundle, committed or held.

        Raises:
            StoreError: it is not stored, or the disk can't give it back.
        """
        in_memory = self._bodies.get(key)
        if in_memory is not None:
            return in_memory
        while (place := self._places.get(key)) is not None:
            try:
                return self._segments.read(place)
            except StoreError:
                if self._places.get(key) is place:  # else it was moved meanwhile
                    raise
        try:
            row = self._reader.execute("select body from bundles where key = ?", (key,)).fetchone()
        except apsw.Error as error:
            raise StoreError(f"{self._file} can't be read: {error}") from error
        if row is None or row[0] is None:
            raise StoreError(f"no bundle {key} is stored in {self.path}")
        return bytes(row[0])

    def restore(self) -> list[Restored | Remembered]:
        """Return what the engine is told at its start: identities first, then bundles in order."""
        events: list[Restored | Remembered] = []
        try:
            for key, until in self._reader.execute(
                "select key, until from seen where typeof(until) = 'integer' order by key"
            ):
                events.append(Remembered(key, until))
            hidden = quarantine.hidden_bundles(self._reader)
            for key, meta in self._reader.execute("select key, meta from bundles order by position"):
                if key not in hidden:
                    events.append(Restored(key, meta))
        except apsw.Error as error:
            raise StoreError(f"{self._file} can't be read: {error}") from error
        return events

    def mission_time(self) -> int | None:
        """Return the mission time of the last commit that had one, in ns."""
        try:
            return mission_time(self._reader)
        except apsw.Error as error:
            raise StoreError(f"{self._file} can't be read: {error}") from error

    @property
    def set_aside(self) -> list[SetAside]:
        """Return what was set aside when this store was opened."""
        return self._database.set_aside if self._database else []

    def quarantined(self) -> list[Quarantined]:
        """Return what is in quarantine, in the order in which it came there."""
        try:
            return quarantine.quarantined(self._reader)
        except apsw.Error as error:
            raise StoreError(f"{self._file} can't be read: {error}") from error

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
    def _file(self) -> Path:
        return self.path / FILE

    def _opened_segments(self, segment_bytes: int) -> Segments:
        # Where a row no longer says in which segment its body lies, it may be in any.
        torn = _number(self._writer, f"select count(*) from bundles where not ({quarantine.BUNDLE_WHOLE})")
        given_back = {} if torn else released(self._writer)
        opened = Segments(self.path / SEGMENTS, self._places.values(), segment_bytes, given_back)
        if opened.unnamed:
            size = sum(path.stat().st_size for path in opened.unnamed)
            _LOG.warning(
                "%s: the index names nothing in %d segment files (%d bytes, from %s on); they are kept, as it"
                " may be older than they are",
                self.path, len(opened.unnamed), size, opened.unnamed[0].name,
            )  # fmt: skip
        return opened

    def _close_database(self) -> None:
        if self._database is not None:
            self._database.close()
        self._lock.release()

    def _append(self, batch: Batch, places: dict[str, Place]) -> None:
        for key, write in batch.persists.items():
            if len(write.data) >= self._segment_from:
                places[key] = self._segments.append(write.data)
        self._segments.sync()

    def _transact(self, batch: Batch, places: dict[str, Place], now: int | None) -> None:
        execute, executemany = self._writer.execute, self._writer.executemany
        with self._writer:
            # What is set aside was there before all that the same batch puts in its place.
            for aside in batch.asides:
                quarantine.set_aside(self._writer, aside, now)
            # Deletions first: what a batch forgets and then stores again has to be there in the end.
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
            saves = [save for save in batch.saves.values() if not save.key.startswith(INDEX)]
            entries = [save for save in batch.saves.values() if save.key.startswith(INDEX)]
            if saves:
                executemany(PUT_SAVE, [(save.mailbox, save.key, save.data) for save in saves])
            if entries:
                executemany(PUT_ENTRY, [(save.mailbox, *entry_row(index_entry(save))) for save in entries])
            replaced = (self._hidden | batch.hidden).intersection((*batch.persists, *batch.forgets))
            if replaced:  # It came again, whole.
                quarantine.let_go(self._writer, replaced)
            # It never falls: the next start moves its clock up
            # to it, and may find a clock that was set back.
            if now is not None:
                execute(
                    "insert into facts(name, value) values('mission time', ?)"
                    " on conflict(name) do update set value = max(value, excluded.value)",
                    (now,),
                )
            note(self._writer, places.values(), self._segments.emptied(self._freed(batch)))
            self._prune(len(batch.forgets), now)

    def _freed(self, batch: Batch) -> list[Place]:
        """Return the places of the bodies that a batch lets go of."""
        keys = {*batch.forgets, *batch.persists}
        return [self._places[key] for key in keys if key in self._places]

    def _prune(self, forgotten: int, now: int | None) -> None:
        self._unpruned += forgotten
        if self._unpruned < min(PRUNE_EVERY, self._remembered) or now is None:
            return
        self._unpruned = 0
        self._writer.execute("delete from seen where until < ?", (now,))
        self._seen = _number(self._writer, "select count(*) from seen")
        if self._seen > self._remembered:
            # Those that would be forgotten first anyway are the least likely to come once more.
            self._writer.execute(
                "delete from seen where key in (select key from seen order by until limit ?)",
                (self._seen - self._remembered,),
            )
            self._seen = self._remembered

    def _settle(self, batch: Batch, places: dict[str, Place], held: int) -> None:
        """Bring what is kept in memory in line with what has just been committed."""
        # In this order, as what is set aside was there before what the same batch puts in its place.
        self._hidden.update(batch.hidden)
        self._hidden.difference_update(batch.persists, batch.forgets)
        freed = self._freed(batch)
        for key in (*batch.forgets, *batch.persists):
            self._places.pop(key, None)
        # Places before bodies, because a reader looks in memory first: what it misses there must have a
        # place. The bytes replaced are released last, when no place names them any more.
        self._places.update(places)
        self._bodies.committed(batch.persists, batch.forgets, held)
        self._records.committed(batch.saves.values())
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
                emptied = self._segments.emptied([self._places[key] for key in moved])
                note(self._writer, moved.values(), emptied)
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
