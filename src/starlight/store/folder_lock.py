"""The lock of a folder: one process at a time works on what is in it.

The system keeps the lock and lets go of it when its process ends, however that ends, so a crash leaves
nothing to clean up. Where Python has no way to ask the system (no ``fcntl``, and not Windows), the library
warns and falls back to a marker file that names the process; one whose process is gone counts for nothing.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from filelock import FileLock, Timeout

LOCK_FILE = "lock"
"""In the folder: the file that is locked. A killed process leaves it behind; alone it means nothing."""


class FolderLock:
    """A lock that is held from its making until `release`.

    Args:
        folder: there already, and writable.

    Raises:
        FolderInUse: somebody else holds it, be it in this process.
        OSError: the lock's file can't be opened.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK_FILE
        # Whoever closes a store need not be the thread that opened it.
        self._lock = FileLock(self._path, mode=0o600, thread_local=False)
        try:
            # One try: who waits for a folder in use would seem to hang, and the holder may run for years.
            self._lock.acquire(blocking=False)
        except Timeout:
            raise FolderInUse from None

    def release(self) -> None:
        """Let go of the folder, and leave it without the file, so that a refused one stays as it was."""
        # Removed while it is held: who has opened it meanwhile sees, once it gets the lock, that the
        # name has gone, and tries again; removed later it could be another's. Windows removes it itself.
        with contextlib.suppress(OSError):
            self._path.unlink()
        self._lock.release()


class FolderInUse(Exception):
    """Somebody else holds the folder's lock."""
