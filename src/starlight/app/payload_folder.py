"""A folder into which payloads that came are written, each as a file of its own."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path

from starlight import dtntime
from starlight.errors import InputError
from starlight.services.units import ReceivedUnit

SOURCE_MAX = 60
"""Characters of a source's address in a file's name: enough to be recognised, and names stay short."""


class PayloadFolder:
    """A folder of payloads.

    Args:
        path: of the folder; made when it is not there.

    Raises:
        InputError: it can't be made or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            right = "Give a folder that can be written"
            raise InputError(f"can't be used ({error.strerror})", where=str(path), right=right) from None
        if not os.access(path, os.W_OK | os.X_OK):
            raise InputError("can't be written", where=str(path), right="Give a folder that can be written")

    def keep(self, received: ReceivedUnit) -> Path:
        """Write a payload; when this returns, its file is on the disk under its name, whole.

        The same data unit has the same name: given again, it is written again, and is there once.

        Raises:
            OSError: the disk refused; there is no file of that name, or an earlier one.
        """
        path = self._path / _name(received)
        unfinished = path.with_name(f".{path.name}.part")
        try:
            with unfinished.open("wb") as file:
                file.write(received.payload)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, path)  # Only now it has its name, so under that it is whole.
        except OSError:
            with contextlib.suppress(OSError):
                unfinished.unlink()  # it would fill what is left of the disk
            raise
        _sync_folder(self._path)
        return path


def _name(received: ReceivedUnit) -> str:
    """Return the name of a payload's file: when and by whom it was sent, and a digest of its id.

    Nothing of it is taken as it came, because a stranger chose the address: only letters that are safe in
    names of files are kept of it, and the digest tells it from others.
    """
    when = "undated" if received.created is None else dtntime.to_text(received.created, 3).replace(":", "")
    source = re.sub(r"[^A-Za-z0-9.-]+", "-", received.source)[:SOURCE_MAX].strip(".-")
    return f"{when}_{source}_{hashlib.sha256(received.id.encode()).hexdigest()[:16]}.bin"


def _sync_folder(path: Path) -> None:
    """Make a new name in a folder outlive a power cut, where the system lets folders be synced."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
