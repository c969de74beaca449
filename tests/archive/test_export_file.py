"""Exports as files: what is written is read back, and nothing that a hostile one says is believed."""

from __future__ import annotations

import json
import shutil
import zipfile
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from starlight.archive import export_reading
from starlight.archive.export_file import ExportFile
from starlight.archive.export_reading import ExportReading
from starlight.archive.kept_letter import KeptComing, KeptLetter, KeptPart
from starlight.archive.manifest import FORMAT, LETTERS, MANIFEST, VERSION, Manifest
from starlight.errors import InputError

AT = "2051-04-02T10:00:00.000000000Z"
SONG = b"OggS" * 1000


def letter(number: int, *parts: KeptPart) -> KeptLetter:
    """Return a letter that came, by its number."""
    return KeptLetter(
        id=f"{number:032x}",
        correspondent="ipn:2.1",
        payload="oA==",
        source="ipn:2.1",
        destination="ipn:1.1",
        created=AT,
        placed_at=AT,
        author="ipn:2.1",
        to="ipn:1.1",
        written_at=AT,
        text=f"Letter {number}, 온실",
        came=KeptComing(AT),
        parts=parts,
    )


def written(target: Path, count: int = 3) -> Path:
    """Write an export of some letters, the last with a song."""
    with ExportFile(target) as out:
        file, digest = out.add_media([SONG[:100], SONG[100:]], "audio/ogg; codecs=opus")
        song = KeptPart(0, "voice", "audio/ogg", len(SONG), "song.ogg", here=True, file=file, sha256=digest)
        for number in range(count):
            out.add(letter(number, *([song] if number == count - 1 else [])))
        out.close_letters(Manifest(FORMAT, VERSION, "Jay", "ipn:1.1", AT))
        out.finish()
    return target


@pytest.fixture(params=["export", "export.zip"])
def export(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return an export, as a folder and as a file."""
    return written(tmp_path / request.param)


def test_what_is_written_is_read_back(export: Path) -> None:
    """Letters in order, media by the hash of their bytes, and what the export says of both."""
    with ExportReading(export) as found:
        found.check()
        letters = list(found.letters())
        assert [each.text for each in letters] == [f"Letter {number}, 온실" for number in range(3)]
        (song,) = letters[-1].parts
        assert song.file == f"media/{sha256(SONG).hexdigest()}.ogg"
        assert b"".join(found.media(song)) == SONG
        assert (found.manifest.letters, found.manifest.media, found.manifest.media_bytes) == (3, 1, len(SONG))
    assert sorted(path.name for path in export.parent.iterdir()) == [export.name]


def test_what_breaks_off_leaves_nothing_under_its_name(tmp_path: Path) -> None:
    """Neither a folder nor a file is there that could be taken for an export."""

    def broken() -> None:
        with ExportFile(tmp_path / "export.zip") as out:
            out.add(letter(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(export: Path) -> None:
    """A name that is taken is refused before anything is written."""
    with pytest.raises(InputError, match="there already"):
        ExportFile(export)
    (export.parent / "new.part").mkdir()
    with pytest.raises(InputError, match="broke off"):
        ExportFile(export.parent / "new")


def read_all(path: Path) -> None:
    """Read an export as an import does."""
    with ExportReading(path) as found:
        found.check()
        for each in found.letters():
            for part in each.parts:
                list(found.media(part))


def refused(path: Path) -> str:
    """Return why an export is refused, read as an import reads it."""
    with pytest.raises(InputError) as told:
        read_all(path)
    assert told.value.right
    return told.value.what


def changed(folder: Path, name: str, data: bytes) -> None:
    """Change a file of an export."""
    (folder / name).write_bytes(data)


def test_foreign_files_are_refused_with_clear_words(tmp_path: Path) -> None:
    """A folder of something else, a file that is no zip, a zip of something else, nothing at all."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("Dear Ada")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("photo.jpg", b"?")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / MANIFEST).write_text('{"format": "mbox", "version": 1}')
    for name in ("empty", "text", "other.zip", "other", "nowhere"):
        assert "is no export that can be taken" in refused(tmp_path / name)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("format", "another", "its format is 'another'"),
        ("version", 2, "it is of version 2"),
        ("letters", 4, "3 of 4 lines"),
        ("letters_sha256", "0" * 64, "are not those that it had"),
    ],
)
def test_a_manifest_that_says_otherwise_is_refused(
    tmp_path: Path, key: str, value: object, told: str
) -> None:
    """Before the first letter is taken."""
    folder = written(tmp_path / "export")
    manifest = json.loads((folder / MANIFEST).read_text())
    changed(folder, MANIFEST, json.dumps(manifest | {key: value}).encode())
    assert told in refused(folder)


def test_damaged_letters_and_media_are_refused(tmp_path: Path) -> None:
    """A letter that was changed, a line without end, a file that was changed, cut, or is gone."""
    folder = written(tmp_path / "export")
    lines = (folder / LETTERS).read_bytes()
    changed(folder, LETTERS, lines.replace(b"Letter 1", b"Letter 7"))
    assert "are not those that it had" in refused(folder)
    changed(folder, LETTERS, b"x" * (export_reading.LINE_MAX + 2))
    assert "more than" in refused(folder)
    changed(folder, LETTERS, lines)
    (song,) = (folder / "media").iterdir()
    for data in (SONG[:-1], SONG + b"?", b"?" + SONG[1:]):
        song.write_bytes(data)
        assert "is not what was exported" in refused(folder)
    song.unlink()
    assert "there is no file" in refused(folder)


@pytest.mark.parametrize(
    "path",
    ["../secret", "/etc/passwd", "media/../../secret", "media/" + "0" * 64, "media\\x", "", "media/\0.bin"],
)
def test_paths_that_lead_elsewhere_are_refused(tmp_path: Path, path: str) -> None:
    """Only the names that an export gives are opened."""
    (tmp_path / "secret").write_bytes(SONG)
    part = KeptPart(0, "file", "", len(SONG), here=True, file=path, sha256=sha256(SONG).hexdigest())
    with ExportReading(written(tmp_path / "export")) as found, pytest.raises(InputError, match="no place"):
        list(found.media(part))


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link in the place of a file could lead to any file of this user."""
    folder = written(tmp_path / "export")
    (song,) = (folder / "media").iterdir()
    song.rename(tmp_path / "elsewhere")
    song.symlink_to(tmp_path / "elsewhere")
    assert "there is no file" in refused(folder)
    shutil.move(folder / LETTERS, tmp_path / "letters")
    (folder / LETTERS).symlink_to(tmp_path / "letters")
    assert "there is no file" in refused(folder)


def test_a_size_that_lies_is_not_read_further(tmp_path: Path) -> None:
    """Of five gigabytes that a letter claims nothing is read; of a bomb no more than its part has."""
    target = written(tmp_path / "export.zip")
    with ExportReading(target) as found:
        (song,) = [*found.letters()][-1].parts
        for size in (5 * 2**30, -1):
            with pytest.raises(InputError, match="no place"):
                list(found.media(replace(song, size_bytes=size)))
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(target) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, bytes(64 << 20) if name == song.file else old.read(name))
    read: list[bytes] = []
    with ExportReading(bomb) as found, pytest.raises(InputError, match="is not what was exported"):
        read.extend(found.media(song))
    assert sum(map(len, read)) <= len(SONG)


def test_a_zip_with_a_file_twice_is_refused(tmp_path: Path) -> None:
    """Which of the two is meant, readers do not agree on."""
    target = written(tmp_path / "export.zip")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(target, "a") as file:
        file.writestr(MANIFEST, b"{}")
    assert "a file twice" in refused(target)


def test_what_a_later_version_adds_is_passed_over(tmp_path: Path) -> None:
    """Keys that nobody here knows do not keep a letter from being read."""
    line = msgspec.json.encode(msgspec.to_builtins(letter(1)) | {"mood": "glad"})
    assert msgspec.json.decode(line, type=KeptLetter) == letter(1)
