"""Bodies too large for the database: append-only segment files.

A body is written and synced before the row that names it is committed, so a row never
points at bytes that a crash could take back. Bytes whose row was never committed are
waste, given back when their segment empties or is compacted. No file is deleted before a commit
has released the last body in it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

import fastcrc
import msgspec

from starlight.errors import StoreError

SEGMENT_BYTES = 64 << 20
"""A segment is closed at this size: large enough that opening files costs nothing beside
writing them, small enough that one compaction stays under a second on a slow disk."""

COMPACT_BELOW = 4
"""A closed segment is compacted when less than a quarter of it (1/4) is still in use: the disk
holds at most four times what is stored, and each byte is copied a few times at most."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """The place of a body: segment number, offset and size in bytes, CRC-32C."""

    segment: int
    offset: int
    size: int
    crc: int


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable: those of new files must survive a crash as well as their bytes."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class _Segment:
    def __init__(self, path: Path, descriptor: int, size: int) -> None:
        self.path = path
        self.descriptor = descriptor
        self.size = size  # bytes appended, used or not
        self.used = 0  # bytes that a stored body still needs


class Segments:
    """The segment files of one store; one thread writes, any thread reads.

    Args:
        directory: where the files lie; made when it is not there.
        places: where the stored bodies lie.
        segment_bytes: when a segment is closed.
        released: the sizes of segments whose last body a commit has released, by number: their files are
            deleted where a crash has left them.

    Attributes:
        unnamed: the files that no place names and no commit has released. They are kept: an index that was
            put back from a backup does not know what came after it.

    Raises:
        StoreError: a file that a place names is missing or too short.
    """

    def __init__(
        self,
        directory: Path,
        places: Iterable[Place],
        segment_bytes: int = SEGMENT_BYTES,
        released: Mapping[int, int] = {},
    ) -> None:
        self.syncs = 0
        self.unnamed: list[Path] = []
        self._directory = directory
        self._segment_bytes = segment_bytes
        self._segments: dict[int, _Segment] = {}
        self._lock = threading.Lock()  # no file is closed while another thread reads it
        self._current: int | None = None
        self._dirty = False
        directory.mkdir(exist_ok=True)
        used: dict[int, int] = {}
        reach: dict[int, int] = {}
        for place in places:
            used[place.segment] = used.get(place.segment, 0) + place.size
            reach[place.segment] = max(reach.get(place.segment, 0), place.offset + place.size)
        try:
            for number, count in sorted(used.items()):
                self._open(number, count, reach[number])
        except StoreError:
            self.close()
            raise
        self._last = max(used, default=0)
        for path in sorted(directory.glob("*.segment")):
            if path.stem.isdecimal() and int(path.stem) not in self._segments:
                self._last = max(self._last, int(path.stem))
                self._give_back(path, released.get(int(path.stem), 0))

    def append(self, body: bytes) -> Place:
        """Write a body at the end of the current segment; it is durable after `sync`."""
        current = self._current
        if current is None or self._segments[current].size + len(body) > self._segment_bytes:
            # `sync` knows the current segment only, so it has to be synced before it is left.
            self.sync()
            current = self._begin()
        segment = self._segments[current]
        view = memoryview(body)
        written = 0
        # The system may write less than it was asked to.
        while written < len(body):
            written += os.pwrite(segment.descriptor, view[written:], segment.size + written)
        place = Place(current, segment.size, len(body), fastcrc.crc32.iscsi(body))
        segment.size += len(body)
        segment.used += len(body)
        self._dirty = True
        return place

    def sync(self) -> None:
        """Make everything appended durable; costs nothing when nothing was appended."""
        if self._dirty and self._current is not None:
            os.fdatasync(self._segments[self._current].descriptor)
            self.syncs += 1
            self._dirty = False

    def read(self, place: Place) -> bytes:
        """Return a body.

        Raises:
            StoreError: its segment is gone, or the bytes are not those that were written.
        """
        with self._lock:
            segment = self._segments.get(place.segment)
            if segment is None:
                raise StoreError(f"segment {place.segment} of {self._directory} is no longer there")
            body = os.pread(segment.descriptor, place.size, place.offset)
        if len(body) != place.size or fastcrc.crc32.iscsi(body) != place.crc:
            raise StoreError(f"{segment.path}: {place.size} bytes at {place.offset} fail their CRC-32C")
        return body

    def release(self, place: Place) -> None:
        """Give a body's bytes back, after the commit that dropped its row."""
        segment = self._segments[place.segment]
        segment.used -= place.size
        if segment.used == 0 and place.segment != self._current:
            self._delete(place.segment)
        # A small one is filled further: else bundles that
        # pass one by one would each make and sync a new file.
        elif segment.used == 0 and segment.size >= self._segment_bytes // 2:
            self._current = None
            self._delete(place.segment)

    def emptied(self, freed: Iterable[Place]) -> dict[int, int]:
        """Return the sizes of the segments that `release` of these places would empty, by number."""
        left: dict[int, int] = {}
        for place in freed:
            number = place.segment
            left[number] = left.get(number, self._segments[number].used) - place.size
        return {number: self._segments[number].size for number, used in left.items() if used == 0}

    def sparse(self) -> list[int]:
        """Return the closed segments that are mostly waste, ascending."""
        return [
            number
            for number, segment in self._segments.items()
            if number != self._current and segment.used * COMPACT_BELOW < segment.size
        ]

    def close(self) -> None:
        """Close every file."""
        with self._lock:
            for segment in self._segments.values():
                os.close(segment.descriptor)
            self._segments.clear()

    def _path(self, number: int) -> Path:
        return self._directory / f"{number:08d}.segment"

    def _give_back(self, path: Path, released: int) -> None:
        """Delete the file of a segment that no place names, if it holds nothing that was not released."""
        # One that is longer than when it was released has taken bodies since, unknown to this index.
        if path.stat().st_size <= released:
            path.unlink()
        else:
            self.unnamed.append(path)

    def _open(self, number: int, used: int, reach: int) -> None:
        path = self._path(number)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            told = f"{path} holds stored bodies and can't be opened: {error.strerror}"
            raise StoreError(f"{told}. Put it back, from a backup of the same time as the index") from error
        size = os.fstat(descriptor).st_size
        if size < reach:
            os.close(descriptor)
            raise StoreError(f"{path} has {size} bytes, but stored bodies reach to byte {reach}")
        self._segments[number] = _Segment(path, descriptor, size)
        self._segments[number].used = used

    def _begin(self) -> int:
        closed = self._current
        self._last += 1
        path = self._path(self._last)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._segments[self._last] = _Segment(path, descriptor, 0)
        sync_folder(self._directory)
        self.syncs += 1
        self._current = self._last
        if closed is not None and self._segments[closed].used == 0:
            self._delete(closed)
        return self._last

    def _delete(self, number: int) -> None:
        with self._lock:
            segment = self._segments.pop(number)
            os.close(segment.descriptor)
            segment.path.unlink()
