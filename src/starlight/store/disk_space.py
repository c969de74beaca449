"""The space of a disk: how much of it may be filled with bodies, and which errors are for want of it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import apsw

COPIES = 4
"""Bytes of disk that one byte of a body takes at most: the body and its mailbox's own copy of it, each in
the log and then in its place."""
RESERVE_BYTES = 16 << 20
RESERVE_PART = 16
"""Kept free are `RESERVE_BYTES`, or of a small disk this part (1/16): to deliver, forward and forget what is
stored is committed too, and makes room."""
LOG_PART = 4
"""The log is copied back once it is as large as a part (1/4) of what is free, as it can't be when it has
filled the disk: what it holds that is new needs as much once more."""
_FAILED_WRITES = (apsw.SQLITE_IOERR_WRITE, apsw.SQLITE_IOERR_SHMOPEN, apsw.SQLITE_IOERR_SHMSIZE)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def free_of(folder: Path) -> tuple[int, int]:
    """Return how many bytes are free on the disk of a folder, for this user, and how many it has."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize


def room(folder: Path) -> int:
    """Return how many bytes of bodies may yet be taken into a folder; 0 when its disk is full."""
    free, total = free_of(folder)
    return max(0, free - min(RESERVE_BYTES, total // RESERVE_PART)) // COPIES


def is_full(error: Exception) -> bool:
    """Return whether a write was refused for want of space: a full disk, a quota, or a limit of files."""
    if isinstance(error, apsw.IOError):
        # SQLite tells a limit of files, and an index of its log that can't grow, as failed writes; nothing of
        # those was kept, so they may be tried again.
        return getattr(error, "extendedresult", 0) in _FAILED_WRITES
    return isinstance(error, apsw.FullError) or (isinstance(error, OSError) and error.errno in _FULL)
