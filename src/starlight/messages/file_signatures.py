"""A guess at a payload of unknown origin: text for people, or a file of some media type.

It goes by the first bytes (the signatures of WHATWG's MIME Sniffing, 6, and of the formats themselves), for
people alone: nothing here opens, runs or draws what it is a guess about.
"""

from __future__ import annotations

import unicodedata

from starlight.messages.letter import TEXT_MAX_BYTES
from starlight.messages.parts import OCTETS

TEXT = "text/plain"

SIGNATURES: tuple[tuple[int, bytes, str, str], ...] = (
    # where, which bytes, media type, ending of a file's name
    (0, b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (0, b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (0, b"GIF87a", "image/gif", "gif"),
    (0, b"GIF89a", "image/gif", "gif"),
    (8, b"WEBPVP", "image/webp", "webp"),
    (8, b"WAVE", "audio/wav", "wav"),
    (0, b"OggS\x00", "application/ogg", "ogg"),
    (0, b"ID3", "audio/mpeg", "mp3"),
    # A first frame of Layer III with no tag before it: of MPEG-1, of MPEG-2, of the half rates.
    (0, b"\xff\xfb", "audio/mpeg", "mp3"),
    (0, b"\xff\xf3", "audio/mpeg", "mp3"),
    (0, b"\xff\xe3", "audio/mpeg", "mp3"),
    (0, b"fLaC", "audio/flac", "flac"),
    (4, b"ftyp", "video/mp4", "mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm", "webm"),
    (0, b"%PDF-", "application/pdf", "pdf"),
    (0, b"PK\x03\x04", "application/zip", "zip"),
    (0, b"\x1f\x8b\x08", "application/gzip", "gz"),
)


def text_in(payload: bytes) -> str:
    """Return a payload as text where people can read it: UTF-8 without controls; else nothing.

    Ends of lines are made newlines, and the mark of byte order in front is left out.
    """
    if len(payload) > TEXT_MAX_BYTES or not _is_text(payload):
        return ""
    return payload.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def media_type_of(payload: bytes) -> tuple[str, str]:
    """Return the media type that a payload seems to have, and how the name of such a file ends."""
    for at, signature, media_type, ending in SIGNATURES:
        if payload.startswith(signature, at):
            return media_type, ending
    return (TEXT, "txt") if _is_text(payload) else (OCTETS, "bin")


def _is_text(payload: bytes) -> bool:
    try:
        words = payload.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    # What joins or turns letters (Cf) is text, and is shown for what it is wherever it matters.
    return all(each in "\n\r\t" or unicodedata.category(each) not in ("Cc", "Cn", "Co") for each in words)
