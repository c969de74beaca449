"""Access to a data folder: one node or demo at a time, and programs of the same user that speak with it.

The process that runs on a folder holds its lock. Two small files in it, ``token`` with the secret
of its page, and ``access.json`` that says where the page is as long as it is served (`client.access`).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from starlight.client.access import read_access
from starlight.errors import InputError, StoreError
from starlight.store.folder_lock import FolderInUse, FolderLock

TOKEN_FILE = "token"
"""In the data folder: the secret of its page."""
UNFINISHED = ".starlight-unfinished-"
"""So begin the names of files that are not whole yet; a process that was killed may leave one."""


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Keep a data folder for this process, making it first; dying lets go of it, too.

    Raises:
        InputError: it can't be made or written, or something runs on it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FolderLock(folder)
    except OSError as error:
        right = "Give a folder that can be written"
        raise InputError(f"can't be used ({error.strerror})", where=str(folder), right=right) from None
    except FolderInUse:
        right = "Use that one, or give another folder"
        raise InputError(_running(folder), where=str(folder), right=right) from None
    try:
        # The lock is ours, so whoever wrote these has died.
        for left in folder.glob(UNFINISHED + "*"):
            left.unlink()
        yield
    finally:
        lock.release()


def _running(folder: Path) -> str:
    try:
        access = read_access(folder)
    except InputError:
        # The lock is taken long before there is a page to tell of.
        return "another process is starting on it"
    return f"process {access.pid} runs on it, with its page at {access.url}"


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all.

    Raises:
        StoreError: the disk refuses it.
    """
    try:
        _write_private(path, data)
    except OSError as error:
        told = f"{path} can't be written: {error.strerror}"
        raise StoreError(f"{told}. Make room, or give a folder that can be written") from None


def _write_private(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # Synced before it gets its name: a power cut leaves the old file or the new one, never half of one.
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def token_of(folder: Path) -> str:
    """Return the token of a data folder; it is drawn once, so that an open page survives a restart."""
    path = folder / TOKEN_FILE
    try:
        token = path.read_text(encoding="ascii").strip()
        # token_urlsafe(32) has 43 characters; what is much shorter was cut off, or is not ours.
        if len(token) >= 32:
            return token
    except (OSError, UnicodeDecodeError):
        pass  # There is none yet, or none that can be used: a new one is drawn.
    token = secrets.token_urlsafe(32)
    write_private(path, token.encode())
    return token
