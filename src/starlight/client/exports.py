"""Letters of a person, taken out of a running node into an export, and put back from one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from msgspec.structs import replace

from starlight import dtntime
from starlight.archive.book import BookOrder, Chapters, Clocks, write_book
from starlight.archive.export_file import ExportFile
from starlight.archive.export_reading import ExportReading
from starlight.archive.imported import ImportedLetter, ImportOutcome
from starlight.archive.kept_letter import KeptLetter, KeptPart
from starlight.archive.manifest import FORMAT, VERSION, KnownPerson, Manifest
from starlight.client.client import Client
from starlight.client.local_api import Streamed
from starlight.errors import InputError
from starlight.web import localtime

LETTERS_AT_ONCE = 20
IMPORT_BYTES = 1 << 20
"""Of letters that are sent to the node at a time, unless one alone is longer."""


class ImportCount(msgspec.Struct):
    """The outcome of an import: letters that were added, were here, or differ; parts; and what was wrong."""

    added: int = 0
    here: int = 0
    differ: list[str] = []
    parts: int = 0
    refused: list[str] = []


def export_letters(
    client: Client,
    person: str,
    target: Path,
    told: Callable[[int, int], object],
    only: str | None = None,
    add: Callable[[Path, Manifest], object] | None = None,
) -> Manifest:
    """Write the letters of a person into an export; return what it says of itself.

    Args:
        client: of the node.
        person: by id.
        target: the folder or zip file to write.
        told: is told after each letter how many are written, and of how many.
        only: the address of the one correspondent whose letters are wanted; None for all.
        add: adds files to the folder before it is packed.

    Raises:
        InputError: the target is there already, or can't be written.
    """
    owner, mailbox = client.person(person), client.mailbox(person)
    everyone = [*mailbox.conversations, *mailbox.hidden]
    wanted = [each for each in everyone if each.letters and only in (None, each.address)]
    now = max(each.time for each in client.nodes())
    known = (
        KnownPerson(owner.address, owner.name, owner.place, owner.world),
        *(KnownPerson(each.address, each.name, each.place, each.world) for each in everyone),
    )
    manifest = Manifest(FORMAT, VERSION, owner.name, owner.address, dtntime.to_text(now, 9), known)
    count, total = 0, sum(each.letters for each in wanted)
    with ExportFile(target) as out:
        for each in wanted:
            for letter in _conversation(client, person, each.address):
                out.add(replace(letter, parts=tuple(_with_media(client, person, letter, out))))
                count += 1
                told(count, total)
        out.close_letters(manifest)
        if add is not None:
            add(out.folder, manifest)
        out.finish()
    return replace(manifest, letters=count)


def book_writer(client: Client, person: str, by: str, order: str) -> Callable[[Path, Manifest], object]:
    """Return what adds the book to an export.

    Args:
        client, person: by whose world's clock days are.
        by: `day` or `topic`.
        order: `here`, `there` or `written`.
    """
    world, clock = client.person(person).world, client.clock()

    def day(at: int, where: str) -> str:
        shown = where if where in clock.worlds else world
        face, read = clock.worlds[shown], localtime.reading(clock, shown, at)
        return f"{read.day} {read.year}, {face.place or face.title}".replace(" ,", ",")

    def readings(at: int) -> list[tuple[str, str]]:
        told = []
        for name, face in clock.worlds.items():
            read = localtime.reading(clock, name, at)
            told.append((face.title, f"{read.day} {read.year}".strip() + f", {read.time} {read.zone}"))
        return told

    clocks = Clocks(day, readings, world)
    return lambda folder, manifest: write_book(folder, manifest, Chapters(by), BookOrder(order), clocks)


def import_letters(
    client: Client, person: str, source: Path, told: Callable[[int, int], object]
) -> ImportCount:
    """Put the letters of an export into a person's mailbox; what is there already stays as it is.

    Args:
        client: of the node.
        person: by id.
        source: the folder or zip file.
        told: is told how many letters are done, and of how many.

    Raises:
        InputError: it is no export, or damaged; what was put back before stays.
    """
    count, done = ImportCount(), 0
    with ExportReading(source) as export:
        # All of it is looked at before the first letter is taken.
        export.check()
        for letters in _batches(export):
            by_id = {letter.id: letter for letter in letters}
            for each in client.import_letters(person, letters):
                _count(count, each)
                for part in by_id[each.id].parts:
                    if part.number in each.parts and part.file:
                        _import_part(client, person, export, each.id, part, count)
            done += len(letters)
            told(done, export.manifest.letters)
    return count


def _conversation(client: Client, person: str, address: str) -> Iterator[KeptLetter]:
    """Give the letters with a correspondent, the newest page first."""
    before: str | None = None
    while letters := client.kept_letters(person, address, before, LETTERS_AT_ONCE):
        yield from letters
        before = letters[0].id


def _with_media(client: Client, person: str, letter: KeptLetter, out: ExportFile) -> Iterator[KeptPart]:
    """Give the parts of a letter with the places of their bytes, which are written."""
    for part in letter.parts:
        if not part.here:
            yield part
            continue
        pieces = client.part_bytes(person, letter.id, part.number)
        path, digest = out.add_media(pieces, part.media_type)
        yield replace(part, file=path, sha256=digest)


def _batches(export: ExportReading) -> Iterator[list[KeptLetter]]:
    batch: list[KeptLetter] = []
    size = 0
    for letter in export.letters():
        length = len(letter.payload) + 4 * len(letter.text) + 1000
        if batch and size + length > IMPORT_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(letter)
        size += length
    if batch:
        yield batch


def _import_part(
    client: Client, person: str, export: ExportReading, letter: str, part: KeptPart, count: ImportCount
) -> None:
    """Put the bytes of a part back; a file that is not what the letter says costs itself alone."""
    try:
        client.restore_part(person, letter, part.number, Streamed(part.size_bytes, export.media(part)))
    except InputError as error:
        count.refused.append(f"part {part.number} of {letter}: {error.what}")
    else:
        count.parts += 1


def _count(count: ImportCount, letter: ImportedLetter) -> None:
    if letter.outcome is ImportOutcome.ADDED:
        count.added += 1
    elif letter.outcome is ImportOutcome.HERE:
        count.here += 1
    else:
        count.differ.append(letter.id)
