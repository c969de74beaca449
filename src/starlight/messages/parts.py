"""Parts of a letter: voices, pictures, files, and the chunks in which large ones travel.

A letter describes its parts. The bytes of a small one are in the letter itself; those of any other travel
in bundles of their own, a chunk in each, which come in any order, before the letter or long after it. A
chunk is checked by its hash before anything uses it. To the network, the mailbox and the store a part is
bytes: its kind and media type are for who shows it, and nothing here looks into it.

The keys are those of `docs/reference/letter-format.md`; a part may have some that this version does not know,
which stay with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from hashlib import sha256

import msgspec

from starlight.bundle import cbor
from starlight.messages.hash_tree import leaf_hash, top_of

PARTS_MAX = 64
"""More than a day's pictures; each costs its letter a line, and its reader a row."""

CHUNK_BYTES = 256 * 1024
"""Two minutes at 20 kbit/s: what a storm breaks off is lost that far, and fifty megabytes are 200 bundles."""

CHUNK_MIN_BYTES = 1024
CHUNK_MAX_BYTES = 512 * 1024
"""A chunk and its path fit into a payload (`format.PAYLOAD_MAX_BYTES`); one below a kilobyte would cost
almost as much in headers as it carries."""

INLINE_MAX_BYTES = 64 * 1024
"""What is larger would hold up the words: at 209 bit/s this takes 42 minutes already."""

PART_MAX_BYTES = 256 * 2**20
"""An hour of video at 0.6 Mbit/s; a thousand chunks, so that which are missing is a short list."""

CHUNKS_MAX = 4096
"""Chunks of one part: the largest in chunks of 64 KiB, a smaller one in smaller. Which of them are here is
written with each that comes, in half a kilobyte, and no reader walks over more."""

PATH_MAX = (CHUNKS_MAX - 1).bit_length()
"""Steps from one of them to the top."""

PREVIEW_MAX_BYTES = 16 * 1024
NAME_MAX_BYTES = 255
"""As long as a file's name may be."""

MEDIA_TYPE_MAX_BYTES = 127
"""RFC 6838, 4.2: type and subtype have at most 127 characters each; real ones are far shorter."""

TRANSCRIPT_MAX_BYTES = 64 * 1024
"""An hour of speech, in words."""

OCTETS = "application/octet-stream"

PROGRAM_TYPES = "application/vnd.starlight."
"""What the media types of parts begin with that Starlight's programs make, such as the map of a search."""


def is_of_program(media_type: str) -> bool:
    """Return whether a part is one that Starlight's programs make."""
    return media_type.lower().startswith(PROGRAM_TYPES)


class PartKind(IntEnum):
    """The kinds of parts: what a reader does with one. A kind that is not here is shown as a file."""

    FILE = 0
    VOICE = 1
    PICTURE = 2
    VIDEO = 3


class PremiereCode(IntEnum):
    """The ways in which two worlds begin together; a number that is not here is one of a newer version."""

    EACH_CLOCK = 0  # at the same moment of mission time
    ONE_LIGHT_TIME_LATER = 1  # the second end when it could have heard the first begin


class Premiere(msgspec.Struct, frozen=True, gc=False):
    """The moment at which a piece that was delivered ahead begins, at both ends.

    Attributes:
        time: when it begins where it was written, in ns.
        code: a `PremiereCode`.
        unknown: keys that this version does not know, and their values.
        later_ms: by how much later it begins where it is read: one light time, as its author's node
            foresaw it.
    """

    time: int
    code: int = PremiereCode.EACH_CLOCK
    unknown: dict[int | str, cbor.Value] = {}
    later_ms: int = 0


class Part(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A part as its letter describes it.

    Attributes:
        kind: a `PartKind`, or a number that a newer version knows.
        media_type: such as ``audio/ogg``.
        data: its bytes, if they are in the letter; else None.
        hash: of a part that travels on its own: SHA-256 of its bytes if they are one chunk, else the tree
            hash over its chunks (`hash_tree.py`).
        size: in bytes.
        duration_ms: how long it plays.
        preview: a small picture of it, or its first second.
        preview_type: the media type of the preview.
        name: of the file that it was.
        width, height: in pixels.
        transcript: what is said in it.
        chunk_size: in bytes; the last chunk may be shorter.
        unknown: keys that this version does not know, and their values.
        smaller_of: the number of another part of its letter, of which it is a smaller version, shown until
            that one is here.
        premiere: when it begins at both ends; None for a part to be played at will.
    """

    kind: int = PartKind.FILE
    media_type: str = OCTETS
    data: bytes | None = None
    hash: bytes | None = None
    size: int
    duration_ms: int | None = None
    preview: bytes | None = None
    preview_type: str = ""
    name: str = ""
    width: int | None = None
    height: int | None = None
    transcript: str = ""
    chunk_size: int = CHUNK_BYTES
    unknown: dict[int | str, cbor.Value] = {}
    smaller_of: int | None = None
    premiere: Premiere | None = None

    @property
    def chunks(self) -> int:
        """Return in how many chunks it travels; 0 if its bytes are in the letter."""
        return 0 if self.data is not None else chunk_count(self.size, self.chunk_size)

    def chunk_bytes(self, number: int) -> int:
        """Return the size of one of its chunks."""
        return min(self.chunk_size, self.size - number * self.chunk_size)


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """A piece of a part that travels on its own.

    Attributes:
        letter_id: the letter whose part it is.
        part: which of its parts, from 0.
        number: which chunk of that, from 0.
        data: its bytes.
        path: the hashes from it to the part's hash; none where the part is one chunk.
    """

    letter_id: str
    part: int
    number: int
    data: bytes
    path: tuple[bytes, ...] = ()


def chunk_count(size: int, chunk_size: int = CHUNK_BYTES) -> int:
    """Return in how many chunks a part of a size travels."""
    return -(-size // chunk_size)


def sending_order(parts: Sequence[Part]) -> list[int]:
    """Return the numbers of parts in the order in which they leave: a smaller version before the larger.

    Else in their own order. A circle of versions, as a draft may hold by mistake, is broken where it begins.
    """
    order: dict[int, None] = {}
    for number in range(len(parts)):
        chain = [number]
        # Each step leads to one that has not been placed, so the walk ends.
        while chain:
            last = chain[-1]
            smaller = (
                each
                for each, part in enumerate(parts)
                if part.smaller_of == last and each not in order and each not in chain
            )
            following = next(smaller, None)
            if following is not None:
                chain.append(following)
                continue
            order[chain.pop()] = None
    return list(order)


def is_true(chunk: Chunk, part: Part) -> bool:
    """Return whether a chunk is the one that a part describes: its place, its size and its hash."""
    count = part.chunks
    if not 0 <= chunk.number < count or len(chunk.data) != part.chunk_bytes(chunk.number):
        return False
    if count == 1:
        return sha256(chunk.data).digest() == part.hash and not chunk.path
    return top_of(leaf_hash(chunk.data), chunk.number, count, chunk.path) == part.hash
