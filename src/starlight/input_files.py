"""Files that people name: read with a bound, written or refused, with errors in our own words.

A path may lead to a device that never ends, to a pipe or to somebody's video. So no more is read than a file
of its kind can have, and one that has more is refused before any of it is looked at.
"""

from __future__ import annotations

import errno
import os
import select
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from starlight.errors import InputError

TEXT_BYTES = 16 * 1024 * 1024
"""A scenario or a node's file that people write has some 100 kB; ten thousand nodes have less than this."""

STATE_BYTES = 1024 * 1024
"""What a node or a demo keeps beside its store, such as how its page is reached, has some 100 bytes."""

LINE_BYTES = 128 * 1024 * 1024
"""A line of a record may hold a bundle, in base64: of 64 MiB at most."""


PIPE_S = 10
"""Seconds for which a pipe is waited for until its first byte: a program that writes it may have to begin."""


def reason(error: OSError | ValueError) -> str:
    """Return why a file can't be opened, read or written, in the system's words."""
    # ValueError: a path with a zero byte, which no system call takes.
    return (
        error.strerror or "the system refuses it" if isinstance(error, OSError) else "no file has that name"
    )


def read_bytes(path: Path, most: int, *, where: str = "", right: str = "") -> bytes:
    """Return the bytes of a file.

    Args:
        path: of the file.
        most: the most bytes that a file of its kind has.
        where: what the message calls it; its path when empty.
        right: what would be right, for the message.

    Raises:
        InputError: it can't be read, or is larger.
    """
    where = where or str(path)
    try:
        with _opened(path, where, right) as file:
            # In parts: asked for all at once, Python would lay out that much memory for a file of 1 kB.
            data = bytearray()
            while len(data) <= most and (part := file.read(min(1 << 20, most + 1 - len(data)))):
                data += part
    except (OSError, ValueError) as error:
        raise InputError(f"can't be read ({reason(error)})", where=where, right=right) from None
    if len(data) > most:
        told = f"it has more than {most} bytes, and no file of its kind has"
        raise InputError(told, where=where, right=right)
    return bytes(data)


def read_text(path: Path, most: int = TEXT_BYTES, *, where: str = "", right: str = "") -> str:
    """Return the text of a file in UTF-8; arguments and errors as in `read_bytes`."""
    data = read_bytes(path, most, where=where, right=right)
    try:
        # As text files are opened: a byte order mark of Windows' editors is no text, line ends are plain.
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        told = f"line {line}: byte {data[error.start]:#04x} is no UTF-8"
        raise InputError(told, where=where or str(path), right=right or "Save it as text in UTF-8") from None


def lines(path: Path, most_line: int = LINE_BYTES) -> Iterator[str]:
    """Yield the lines of a file in UTF-8, with their ends, one at a time in memory.

    Raises:
        InputError: it can't be read, or a line is longer than `most_line` bytes or no UTF-8.
    """
    try:
        with _opened(path, str(path), "") as file:
            number = 0
            while line := file.readline(most_line + 1):
                number += 1
                if len(line) > most_line:
                    raise InputError(f"line {number} has more than {most_line} bytes", where=str(path))
                yield line.decode()
    except UnicodeDecodeError:
        raise InputError(f"line {number} is no UTF-8", where=str(path)) from None
    except OSError as error:
        raise InputError(f"can't be read ({reason(error)})", where=str(path)) from None


def _opened(path: Path, where: str, right: str) -> BinaryIO:
    """Return a file that is open for reading; a pipe to which nobody writes is refused, not waited for."""
    # A pipe is waited for by whoever opens it, until somebody writes: for ever, where that is nobody.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    file = os.fdopen(descriptor, "rb")
    try:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode) and not select.select([file], [], [], PIPE_S)[0]:
            raise InputError(f"it is a pipe, and in {PIPE_S} s nothing came", where=where, right=right)
        os.set_blocking(descriptor, True)
    except BaseException:
        file.close()
        raise
    return file


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file.

    Raises:
        InputError: it can't be written.
    """
    try:
        path.write_bytes(data)
    except (OSError, ValueError) as error:
        raise InputError(f"can't be written ({reason(error)})", where=str(path)) from None
