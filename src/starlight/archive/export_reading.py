"""An export as it is read back: nothing that it says is believed before it is checked.

Whoever made it may have meant harm: paths that lead elsewhere, sizes that are no sizes, a bomb in a zip
file. So only the names that an export has are opened, never extracted; each is read with a bound; and the
hash of all letters is looked at before the first is taken.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO

import msgspec

from starlight.archive.kept_letter import KeptLetter, KeptPart
from starlight.archive.manifest import FORMAT, LETTERS, MANIFEST, MEDIA_PATH, VERSION, Manifest
from starlight.errors import InputError
from starlight.messages.parts import PART_MAX_BYTES

MANIFEST_MAX = 4 << 20
"""Bytes: of some ten thousand people."""

LINE_MAX = 4 << 20
"""Bytes of a letter's line, as of what a node takes at a time."""

PIECE_BYTES = 256 << 10
_DAMAGED = "It is damaged, or was changed: take another copy of it"


class ExportReading:
    """An export, open for reading; a context manager.

    Args:
        path: of the folder or the zip file.

    Attributes:
        manifest: what it says of itself.

    Raises:
        InputError: it is no export, or of a version that this Starlight does not read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._zip: zipfile.ZipFile | None = None
        try:
            if path.is_file():
                self._zip = zipfile.ZipFile(path)
                names = self._zip.namelist()
                if len(set(names)) != len(names):
                    raise self._refused("it has a file twice", _DAMAGED)
            self.manifest = self._read_manifest()
        except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
            self.close()
            raise self._refused(f"it can't be read ({error})", _FORM) from None
        except InputError:
            self.close()
            raise

    def __enter__(self) -> ExportReading:
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._zip is not None:
            self._zip.close()

    def check(self) -> None:
        """Read all letters, and compare them with what the export says of them.

        Raises:
            InputError: they are not those.
        """
        found, count = sha256(), 0
        for line in self._lines():
            found.update(line)
            count += 1
        if (count, found.hexdigest()) != (self.manifest.letters, self.manifest.letters_sha256):
            told = f"its letters are not those that it had: {count} of {self.manifest.letters} lines"
            raise self._refused(told, _DAMAGED)

    def letters(self) -> Iterator[KeptLetter]:
        """Give its letters, in the order in which they were written.

        Raises:
            InputError: one is damaged.
        """
        for number, line in enumerate(self._lines(), 1):
            try:
                yield msgspec.json.decode(line, type=KeptLetter)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                raise self._refused(f"line {number} of {LETTERS} is no letter ({error})", _DAMAGED) from None

    def media(self, part: KeptPart) -> Iterator[bytes]:
        """Give the bytes of a part, a piece at a time, no more than it is said to have.

        Raises:
            InputError: they are not there, or not those that the export says.
        """
        if not MEDIA_PATH.fullmatch(part.file) or not 0 <= part.size_bytes <= PART_MAX_BYTES:
            raise self._refused(f"{part.file[:100]!r} is no place of a part", _DAMAGED)
        found, left = sha256(), part.size_bytes
        with self._open(part.file) as file:
            while piece := file.read(min(PIECE_BYTES, left + 1)):
                left -= len(piece)
                if left < 0:
                    break
                found.update(piece)
                yield piece
        if left or found.hexdigest() != part.sha256:
            raise self._refused(f"{part.file} is not what was exported", _DAMAGED)

    def _read_manifest(self) -> Manifest:
        with self._open(MANIFEST) as file:
            data = file.read(MANIFEST_MAX + 1)
        try:
            if len(data) > MANIFEST_MAX:
                raise msgspec.DecodeError("it is too long")
            manifest = msgspec.json.decode(data, type=Manifest)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise self._refused(f"its {MANIFEST} can't be read ({error})", _FORM) from None
        if manifest.format != FORMAT:
            raise self._refused(f"its format is {manifest.format[:40]!r}", _FORM)
        if not 1 <= manifest.version <= VERSION:
            right = f"This Starlight reads versions 1 to {VERSION}; take one that is as new as the export"
            raise self._refused(f"it is of version {manifest.version}", right)
        return manifest

    def _lines(self) -> Iterator[bytes]:
        with self._open(LETTERS) as file:
            while line := file.readline(LINE_MAX + 1):
                if len(line) > LINE_MAX:
                    raise self._refused(f"a line of {LETTERS} has more than {LINE_MAX} bytes", _DAMAGED)
                yield line

    @contextmanager
    def _open(self, name: str) -> Iterator[IO[bytes]]:
        try:
            if self._zip is not None:
                with self._zip.open(name) as packed:
                    yield packed
                return
            path = self._path / name
            # A link could lead to any file that this user may read.
            if path.is_symlink() or not path.is_file():
                raise self._refused(f"there is no file {name} in it", _FORM)
            with path.open("rb") as file:
                yield file
        except KeyError:
            raise self._refused(f"there is no file {name} in it", _FORM) from None
        except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError) as error:
            raise self._refused(f"{name} can't be read ({error})", _DAMAGED) from None

    def _refused(self, told: str, right: str) -> InputError:
        return InputError(f"{self._path} is no export that can be taken: {told}", where="SOURCE", right=right)


_FORM = "Give a folder or a zip file that `starlight export` has written"
