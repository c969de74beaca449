"""An export as it is written: a folder, or one zip file, with letters as lines of JSON and their media
beside them.

It is written under another name beside its own and renamed once it is whole, so that what breaks off is
never taken for one. Media are named by their hash: no name that somebody gave a file becomes a path, and the
same bytes lie there once.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from types import TracebackType

import msgspec

from starlight.archive.kept_letter import KeptLetter
from starlight.archive.manifest import ENDINGS, LETTERS, MANIFEST, MEDIA, Manifest
from starlight.errors import InputError

PART = ".part"
"""Ends the name of what is not whole yet."""

ZIP = ".zip"
COPY_BYTES = 1 << 20


class ExportFile:
    """An export under way; a context manager, at whose end it has its own name, or is gone.

    Args:
        target: the folder to make, or the file, whose name then ends with `.zip`.

    Raises:
        InputError: it is there already, or can't be made.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._is_zip = target.suffix.lower() == ZIP
        self._folder = target.with_name(target.name + PART)
        self._hash = sha256()
        self._media: dict[str, int] = {}
        self._letters = 0
        if target.exists() or target.is_symlink():
            raise InputError(f"{target} is there already", where="TARGET", right="Give a name that is free")
        try:
            self._folder.mkdir(parents=True)
            (self._folder / MEDIA).mkdir()
        except FileExistsError:
            right = "Delete it, if no export is under way"
            raise InputError(f"{self._folder} is there, of an export that broke off", right=right) from None
        except OSError as error:
            told = f"{target} can't be written: {error.strerror}"
            raise InputError(told, where="TARGET", right="Give a place where this user may write") from None
        self._lines = (self._folder / LETTERS).open("wb")

    @property
    def folder(self) -> Path:
        """Return where it is written now."""
        return self._folder

    def __enter__(self) -> ExportFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.close()
        if kind is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, letter: KeptLetter) -> None:
        """Write a letter as the next line."""
        line = msgspec.json.encode(letter) + b"\n"
        self._lines.write(line)
        self._hash.update(line)
        self._letters += 1

    def add_media(self, pieces: Iterable[bytes], media_type: str) -> tuple[str, str]:
        """Write the bytes of a part; return the path in the export, and their SHA-256 in hexadecimal."""
        found, size = sha256(), 0
        spool = self._folder / MEDIA / "next"
        with spool.open("wb") as file:
            for piece in pieces:
                file.write(piece)
                found.update(piece)
                size += len(piece)
        digest = found.hexdigest()
        path = f"{MEDIA}/{digest}{ENDINGS.get(media_type.partition(';')[0].strip().lower(), '.bin')}"
        spool.replace(self._folder / path)
        self._media[path] = size
        return path, digest

    def close_letters(self, manifest: Manifest) -> None:
        """End the letters, and write what there is; afterwards files may be added to the folder."""
        self._lines.close()
        whole = msgspec.structs.replace(
            manifest,
            letters=self._letters,
            letters_sha256=self._hash.hexdigest(),
            media=len(self._media),
            media_bytes=sum(self._media.values()),
        )
        data = msgspec.json.format(msgspec.json.encode(whole), indent=2)
        (self._folder / MANIFEST).write_bytes(data + b"\n")

    def finish(self) -> None:
        """Give the export its own name, as one file where that is asked for."""
        if not self._is_zip:
            self._folder.rename(self._target)
            return
        packed = self._target.with_name(self._target.name + PART + ZIP)
        try:
            # Stored and not deflated: media are compressed already, and letters are few.
            with zipfile.ZipFile(packed, "x", zipfile.ZIP_STORED, allowZip64=True) as file:
                for path in sorted(each for each in self._folder.rglob("*") if each.is_file()):
                    name = path.relative_to(self._folder).as_posix()
                    # Away with each as it is packed, so that the disk need not hold all of it twice.
                    file.write(path, name, zipfile.ZIP_DEFLATED if name == LETTERS else None)
                    path.unlink()
            packed.rename(self._target)
        except BaseException:
            packed.unlink(missing_ok=True)
            raise
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
