"""The parts of a letter that `starlight send` sends: voices, pictures and files, made and uploaded first."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from starlight import dtntime
from starlight.cli.output import echo
from starlight.dtntime import MILLISECOND
from starlight.errors import InputError
from starlight.visible_text import visible

if TYPE_CHECKING:
    from starlight.client.attached_file import AttachedFile
    from starlight.client.client import Client, PredictionView
    from starlight.client.media_client import MadePart, MediaClient
    from starlight.messages.draft import Attachment
    from starlight.messages.letter_view import LetterView
    from starlight.messages.premiere import PremiereView

SHOWN_FROM_BYTES = 8 * 2**20
"""A file of this size is sent in a moment; of a larger one a person at a terminal sees how far it is."""


class PartFiles(NamedTuple):
    """The files that go with a letter, as the command line names them.

    Attributes:
        voices: recordings, to be encoded.
        voice_as: the name of the way to encode them; empty for the one that the node suggests.
        pictures: to be sent in steps.
        keep: what the camera wrote into them stays there.
        files: to be sent as they are.
    """

    voices: tuple[Path, ...]
    voice_as: str
    pictures: tuple[Path, ...]
    keep: bool
    files: tuple[Path, ...]


def uploaded(client: Client, folder: Path, person: str, to: str, asked: PartFiles) -> tuple[Attachment, ...]:
    """Have the files that go with a letter made and uploaded; all are looked at before the first is sent.

    Args:
        client: of the node that runs on the folder.
        folder: its data folder.
        person: whose letter, by id.
        to: the address that it goes to.
        asked: the files.

    Raises:
        InputError: one of them can't be sent.
    """
    from starlight.client.attached_file import AttachedFile
    from starlight.client.media_client import MediaClient
    from starlight.messages.parts import PARTS_MAX

    voices = [AttachedFile(path, "--voice") for path in asked.voices]
    pictures = [AttachedFile(path, "--picture") for path in asked.pictures]
    files = [AttachedFile(path, "--file") for path in asked.files]
    count = len(voices) + 2 * len(pictures) + len(files)
    if count > PARTS_MAX:
        right = f"A letter has at most {PARTS_MAX}; a picture is two"
        raise InputError(f"{count} parts", where="--file", right=right)
    parts: list[Attachment] = []
    # In the order in which they leave: what is small is not held up by what is large.
    if voices or pictures:
        media = MediaClient(folder)
        for voice in voices:
            made = media.make_voice(person, voice, to, asked.voice_as)
            parts.append(_described(made.attachment, name=voice.path.name))
        for picture in pictures:
            parts += _steps(media, person, picture, len(parts), keep=asked.keep)
    parts += (_whole(client, person, file) for file in files)
    return tuple(parts)


def _steps(
    media: MediaClient, person: str, picture: AttachedFile, before: int, *, keep: bool
) -> list[Attachment]:
    """Return the steps of a picture, after so many other parts, and say what was done to it."""
    offer = media.make_picture(person, picture, keep=keep)
    for note in offer.notes:
        echo(f"{picture.path.name}: {note.text()}", err=True)
    return [_after(each, before) for each in offer.parts]


def _after(made: MadePart, before: int) -> Attachment:
    larger = made.attachment.smaller_of
    return made.attachment if larger is None else _described(made.attachment, smaller_of=larger + before)


def _described(attachment: Attachment, **more: object) -> Attachment:
    from msgspec.structs import replace

    return replace(attachment, **more)


def _whole(client: Client, person: str, file: AttachedFile) -> Attachment:
    if file.size < SHOWN_FROM_BYTES:
        return client.upload(person, file, lambda count: None)
    # On standard error, because the letter is told on standard output; a file gets only the name.
    with click.progressbar(length=file.size, label=visible(file.path.name), file=sys.stderr) as bar:
        return client.upload(person, file, bar.update)


def show_parts(letter: LetterView, foreseen: PredictionView) -> None:
    """Print the parts of a letter that is stored: how large each is, and when it is foreseen to be there."""
    for part, expected in zip(letter.parts, foreseen.parts, strict=False):
        at = "no route is known" if expected.arrives is None else dtntime.to_text(expected.arrives, 3)
        certain = "" if expected.arrives is None else "  (predicted)"
        size = f"{part.size_bytes:,}".replace(",", " ")
        lasts = f", {played_words(part.duration_ms)}" if part.duration_ms else ""
        echo(f"  {part.kind} {part.name or part.number}{lasts}, {size} bytes: there {at}{certain}")
        if part.premiere is not None:
            echo(f"    {premiere_words(part.premiere)}")


def premiere_words(premiere: PremiereView) -> str:
    """Return when a piece begins at both ends, in words."""
    here, there = dtntime.to_text(premiere.starts), dtntime.to_text(premiere.starts_there)
    late = "; it is whole there only after that" if premiere.is_late else ""
    return f"premiere: {here} here, {there} there{late}"


def played_words(duration_ms: int) -> str:
    """Return how long a part plays, in words."""
    return dtntime.duration_text(duration_ms * MILLISECOND)
