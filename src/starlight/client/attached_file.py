"""A file that goes with a letter: looked at before a byte of it is sent, then read a piece at a time."""

from __future__ import annotations

import mimetypes
import stat
from collections.abc import Iterator
from pathlib import Path

from starlight.errors import InputError
from starlight.messages.parts import OCTETS, PART_MAX_BYTES

PIECE_BYTES = 256 * 1024
"""Read at a time; whatever the size of a file, so much of it is in memory."""


class AttachedFile:
    """A file on this machine that is to be uploaded.

    Args:
        path: where it is.
        option: by which it was named, for errors.

    Attributes:
        path, option: the same.
        size: in bytes, as it was found.
        media_type: as its name tells.

    Raises:
        InputError: there is none, it is no file that has an end, or it is larger than a part may be.
    """

    def __init__(self, path: Path, option: str = "--file") -> None:
        self.path = path
        self.option = option
        try:
            found = path.stat()
        except OSError as error:
            raise _unreadable(path, option, error) from None
        if stat.S_ISDIR(found.st_mode):
            raise InputError(f"{path} is a folder", where=self.option, right="Attach the files in it")
        # Before it is opened: to open a pipe waits for whoever writes to it, and a device may have no end.
        if not stat.S_ISREG(found.st_mode):
            right = "Attach a regular file; what comes from a device or a pipe is to be saved first"
            raise InputError(f"{path} is no regular file", where=self.option, right=right)
        if found.st_size > PART_MAX_BYTES:
            right = f"A part has at most {PART_MAX_BYTES} bytes; a larger file goes in several"
            raise InputError(f"{path} has {found.st_size} bytes", where=self.option, right=right)
        self.size = found.st_size
        self.media_type = mimetypes.guess_type(path.name)[0] or OCTETS
        self._changed_at = found.st_mtime_ns

    def pieces(self) -> Iterator[bytes]:
        """Yield its bytes, a piece at a time.

        Raises:
            InputError: it can't be read, or is not the same as it was found.
        """
        left = self.size
        try:
            with self.path.open("rb") as file:
                # One byte beyond its size is asked for, so that one that grows is noticed, too.
                while piece := file.read(min(PIECE_BYTES, left + 1)):
                    left -= len(piece)
                    if left < 0:
                        break
                    yield piece
            changed = left != 0 or self.path.stat().st_mtime_ns != self._changed_at
        except OSError as error:
            raise _unreadable(self.path, self.option, error) from None
        if changed:
            right = "Attach it again once nobody writes to it"
            raise InputError(f"{self.path} changed while it was read", where=self.option, right=right)


def _unreadable(path: Path, option: str, error: OSError) -> InputError:
    right = "Give a file that this user may read"
    return InputError(f"{path} can't be read: {error.strerror}", where=option, right=right)
