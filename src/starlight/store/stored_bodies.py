"""The bodies of a store: in memory until they are committed, then in a row, or a segment file if large.

Theory of operation. The thread that commits moves bodies while the one that handles events reads them, and
neither waits for the other: a reader looks in memory, then for a place in a segment, then in the row. Each
move makes the new copy findable before the old one goes, so what a reader misses at one look it finds at
the next; a place that was replaced while it was read is simply looked up once more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import apsw

from starlight.errors import StoreError
from starlight.node.store import Write
from starlight.store import quarantine
from starlight.store.batch import Batch
from starlight.store.bodies import BodiesInMemory
from starlight.store.lost_index import SEGMENTS
from starlight.store.released import released
from starlight.store.segments import Place, Segments
from starlight.store.transactions import number

Move = Callable[[Mapping[str, Place], Mapping[int, int]], None]
"""Writes bodies' new places into their rows, and the sizes of the segments that are empty then, by number."""

_LOG = logging.getLogger(__name__)


class StoredBodies:
    """Bodies of bundles, held and committed.

    Args:
        folder: of the store.
        reader: a connection of the thread that handles events.
        segment_from: bodies of at least this many bytes go to segment files.
        segment_bytes: when a segment is closed.

    Raises:
        StoreError: a segment that a row names is missing or too short.
        apsw.Error: the database can't be read.
    """

    def __init__(self, folder: Path, reader: apsw.Connection, segment_from: int, segment_bytes: int) -> None:
        self._folder = folder
        self._reader = reader
        self._segment_from = segment_from
        self._in_memory = BodiesInMemory()
        self._uncompactable: set[int] = set()
        rows = reader.execute(
            "select key, segment, start, size, crc from bundles where segment is not null"
            f" and {quarantine.BUNDLE_WHOLE}"
        )
        self._places = {key: Place(*place) for key, *place in rows}
        self._segments = self._opened(segment_bytes)

    @property
    def syncs(self) -> int:
        """Return how often the disk was asked to make bodies durable."""
        return self._segments.syncs

    def hold(self, writes: Iterable[Write]) -> int:
        """Make the bodies of writes readable before they are committed; return a mark for `committed`."""
        return self._in_memory.hold(writes)

    def get(self, key: str) -> bytes | None:
        """Return a body; None if no bundle of that key is stored.

        Raises:
            StoreError: its segment can't give it back.
            apsw.Error: the database can't.
        """
        in_memory = self._in_memory.get(key)
        if in_memory is not None:
            return in_memory
        while (place := self._places.get(key)) is not None:
            try:
                return self._segments.read(place)
            except StoreError:
                if self._places.get(key) is place:  # else it was moved meanwhile
                    raise
        row = self._reader.execute("select body from bundles where key = ?", (key,)).fetchone()
        return None if row is None or row[0] is None else bytes(row[0])

    def append(self, batch: Batch) -> dict[str, Place]:
        """Write the large bodies of a batch to segments, durably; return where they lie.

        Raises:
            OSError: the disk refused; nothing of it is kept.
        """
        places: dict[str, Place] = {}
        try:
            for key, write in batch.persists.items():
                if len(write.data) >= self._segment_from:
                    places[key] = self._segments.append(write.data)
            self._segments.sync()
        except OSError:
            self.give_back(places)
            raise
        return places

    def give_back(self, places: Mapping[str, Place]) -> None:
        """Give back the room of bodies whose rows were refused."""
        for place in places.values():
            self._segments.release(place)

    def emptied_by(self, batch: Batch) -> dict[int, int]:
        """Return the sizes of the segments that a batch leaves without a body, by number."""
        return self._segments.emptied(self._freed(batch))

    def committed(self, batch: Batch, places: Mapping[str, Place], held: int) -> None:
        """Take note that a batch is on disk, with its large bodies at `places`."""
        freed = self._freed(batch)
        for key in (*batch.forgets, *batch.persists):
            self._places.pop(key, None)
        # Places before bodies, because a reader looks in memory first: what it misses there must have a
        # place. The bytes replaced are released last, when no place names them any more.
        self._places.update(places)
        self._in_memory.committed(batch.persists, batch.forgets, held)
        for place in freed:
            self._segments.release(place)

    def compact(self, move: Move) -> None:
        """Move what is still stored in segments that are nearly empty to the current one.

        What has been committed is safe wherever it lies, so a compaction that fails, because the disk
        is full or one body can't be read back, leaves everything in its place and ends nothing.

        Args:
            move: writes new places into the rows, and which segments hold nothing then, all or nothing.
        """
        for segment in self._segments.sparse():
            # What failed once would fail again, with every commit from now on.
            if segment not in self._uncompactable:
                self._empty(segment, move)

    def close(self) -> None:
        """Close the segment files."""
        self._segments.close()

    def _opened(self, segment_bytes: int) -> Segments:
        # Where a row no longer says in which segment its body lies, it may be in any.
        torn = number(self._reader, f"select count(*) from bundles where not ({quarantine.BUNDLE_WHOLE})")
        given_back = {} if torn else released(self._reader)
        opened = Segments(self._folder / SEGMENTS, self._places.values(), segment_bytes, given_back)
        if opened.unnamed:
            size = sum(path.stat().st_size for path in opened.unnamed)
            _LOG.warning(
                "%s: the index names nothing in %d segment files (%d bytes, from %s on); they are kept, as it"
                " may be older than they are",
                self._folder, len(opened.unnamed), size, opened.unnamed[0].name,
            )  # fmt: skip
        return opened

    def _freed(self, batch: Batch) -> list[Place]:
        """Return the places of the bodies that a batch lets go of."""
        keys = {*batch.forgets, *batch.persists}
        return [self._places[key] for key in keys if key in self._places]

    def _empty(self, segment: int, move: Move) -> None:
        moved: dict[str, Place] = {}
        try:
            for key, place in list(self._places.items()):
                if place.segment == segment:
                    moved[key] = self._segments.append(self._segments.read(place))
            self._segments.sync()
            move(moved, self._segments.emptied([self._places[key] for key in moved]))
        except (apsw.Error, OSError, StoreError) as error:
            _LOG.error("%s: segment %d stays as it is until the next start: %s", self._folder, segment, error)
            self._uncompactable.add(segment)
            self.give_back(moved)
            return
        for key, place in moved.items():
            old, self._places[key] = self._places[key], place
            self._segments.release(old)
