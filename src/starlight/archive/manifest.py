"""The manifest of an export, and the names of its files (docs/reference/export-format.md)."""

from __future__ import annotations

import re

import msgspec

FORMAT = "starlight-export"
VERSION = 1

MANIFEST = "export.json"
LETTERS = "letters.jsonl"
MEDIA = "media"
BOOK = "book.html"

MEDIA_PATH = re.compile(r"media/[0-9a-f]{64}\.[a-z0-9]{2,5}")
"""The only paths that media have: nothing leads out of the export."""

ENDINGS = {
    # Of media that a reader may open; of all others the letter tells the name.
    "image/webp": ".webp",
    "image/avif": ".avif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "text/plain": ".txt",
    "application/pdf": ".pdf",
}

PICTURES = frozenset({".webp", ".avif", ".jpg", ".png", ".gif"})
SOUNDS = frozenset({".ogg", ".wav", ".mp3", ".m4a"})
"""The endings of what a book shows or plays: nothing that a browser would run."""


class KnownPerson(msgspec.Struct, frozen=True):
    """Someone whom the letters are from or to: at which address, what they are called, and where they are."""

    address: str
    name: str
    place: str = ""
    world: str = ""


class Manifest(msgspec.Struct, frozen=True):
    """The manifest of an export: what it says of itself.

    Attributes:
        format, version: `FORMAT` and `VERSION`.
        person, address: whose letters these are.
        exported_at: when, by the node's clock.
        people: who they are from and to.
        letters, letters_sha256: how many lines `LETTERS` has, and the hash of all of it.
        media, media_bytes: how many files `MEDIA` has, and their size.
    """

    format: str
    version: int
    person: str
    address: str
    exported_at: str
    people: tuple[KnownPerson, ...] = ()
    letters: int = 0
    letters_sha256: str = ""
    media: int = 0
    media_bytes: int = 0
