"""Windows on a file: the few pieces of it that a task of the media process has, by place.

A film of 256 MB says how long it plays in a hundred bytes that may stand anywhere in it. So a task has only
the windows that were asked for so far; where a reader needs another, it raises `MissingWindow`, and the node
gives the task again with that one, a few times at most.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlight.media.tasks import WINDOW_BYTES


class MissingWindow(Exception):
    """A window is needed that the task does not have.

    Attributes:
        number: which one; it begins at that many times `tasks.WINDOW_BYTES`.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class FileWindows:
    """A file as far as its windows show it.

    Args:
        size: of the whole file, in bytes.
        windows: those that there are, by number.

    Attributes:
        size: the same.
    """

    def __init__(self, size: int, windows: Mapping[int, bytes]) -> None:
        self.size = size
        self._windows = windows

    def read(self, at: int, count: int) -> bytes:
        """Return so many bytes from a place on.

        Raises:
            EOFError: the file has none there, or not so many.
            MissingWindow: they are in a window that is not here.
        """
        if at < 0 or at + count > self.size:
            raise EOFError(f"{count} bytes at {at} of {self.size}")
        first, last = at // WINDOW_BYTES, (at + max(1, count) - 1) // WINDOW_BYTES
        for number in range(first, last + 1):
            if number not in self._windows:
                raise MissingWindow(number)
        data = b"".join(self._windows[number] for number in range(first, last + 1))
        start = at - first * WINDOW_BYTES
        return data[start : start + count]

    def number(self, at: int, count: int) -> int:
        """Return so many bytes from a place on as a number, big-endian; errors as of `read`."""
        return int.from_bytes(self.read(at, count), "big")

    def little(self, at: int, count: int) -> int:
        """Return so many bytes from a place on as a number, little-endian; errors as of `read`."""
        return int.from_bytes(self.read(at, count), "little")
