"""The tasks of the media process, and what comes back: values alone, so that a node loads no media library.

A task and its result travel as MessagePack over a pipe, each after its length in four bytes, big-endian.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

IN_MAX_BYTES = 64 * 2**20
"""Of a recording or a picture: half an hour of speech as 16-kHz samples, six minutes of a song as those of a
compact disc, and more than the largest photographs of telephones have."""

OUT_MAX_BYTES = 96 * 2**20
"""Of a result: half an hour of music as FLAC. What claims more is not read, and its process ends."""

SOUND_MAX_S = 30 * 60
"""A lecture. A longer piece goes as a file, which nothing decodes."""

PIXELS_MAX = 64 * 10**6
"""More than the cameras of telephones have; 192 MB once decoded."""


WINDOW_BYTES = 64 * 1024
"""Of a file, given at a time to find out how long it plays."""


class EncodeSound(msgspec.Struct, frozen=True, tag=True):
    """Encode a recording.

    Attributes:
        recording: a file of any format that libsndfile reads: WAV, FLAC, Ogg, MP3.
        choice: the name of a `voice.Choice`.
    """

    recording: bytes
    choice: str


class DecodeSound(msgspec.Struct, frozen=True, tag=True):
    """Decode a voice, or as much of it as is here, to FLAC.

    Attributes:
        data: its bytes from the first on.
        media_type: of it, as its letter says.
    """

    data: bytes
    media_type: str


class MeasureSound(msgspec.Struct, frozen=True, tag=True):
    """Find out how long a recording plays."""

    recording: bytes


class MeasureFile(msgspec.Struct, frozen=True, tag=True):
    """Find out how long a file plays, by its headers; nothing of it is decoded.

    Attributes:
        media_type: of it, by its first bytes.
        size: of all of it, in bytes.
        windows: what there is of it, by number: each has `WINDOW_BYTES`, the last one of a file what is left.
    """

    media_type: str
    size: int
    windows: dict[int, bytes]


class MakeSteps(msgspec.Struct, frozen=True, tag=True):
    """Make the steps in which a picture travels.

    Attributes:
        picture: a file of any format that `pictures` reads.
        keep: send the full picture as the very file that it is, with all that the camera wrote into it.
    """

    picture: bytes
    keep: bool = False


class ShowPicture(msgspec.Struct, frozen=True, tag=True):
    """Draw a picture anew for a browser, as WebP.

    Attributes:
        picture: its bytes, as somebody sent them.
        side_max: of the longer side, in pixels; a larger picture is made smaller.
    """

    picture: bytes
    side_max: int


class Sound(msgspec.Struct, frozen=True, tag=True):
    """A recording as it was encoded or decoded.

    Attributes:
        data: its bytes; none where it was only measured.
        media_type: of them.
        duration_ms: how long it plays.
    """

    data: bytes
    media_type: str
    duration_ms: int


class Playing(msgspec.Struct, frozen=True, tag=True):
    """The playing time of a file.

    Attributes:
        duration_ms: as it says itself; None where it does not, or can't be right.
        wanted: the number of another window that is needed to tell; None where none is.
    """

    duration_ms: int | None
    wanted: int | None = None


class Picture(msgspec.Struct, frozen=True):
    """A picture, encoded.

    Attributes:
        data: its bytes.
        media_type: of them.
        width, height: in pixels, as it is to be looked at.
    """

    data: bytes
    media_type: str
    width: int
    height: int


class Steps(msgspec.Struct, frozen=True, tag=True):
    """The steps in which a picture travels.

    Attributes:
        preview: goes with the words; at most `pictures.PREVIEW_BYTES`.
        middle: at most `pictures.MIDDLE_BYTES`; None where the full picture is hardly larger.
        full: the whole of it.
        removed: what the camera had written into it and no longer is: ``place``, ``camera``.
        frames: how many there were; of a moving picture the first one goes.
    """

    preview: Picture
    middle: Picture | None
    full: Picture
    removed: tuple[str, ...] = ()
    frames: int = 1


class Drawn(msgspec.Struct, frozen=True, tag=True):
    """A picture drawn anew for a browser."""

    picture: Picture


class Refused(msgspec.Struct, frozen=True, tag=True):
    """A task that was not done, because what it was given is wrong, in words for people."""

    what: str
    right: str = ""


Task: TypeAlias = EncodeSound | DecodeSound | MeasureSound | MeasureFile | MakeSteps | ShowPicture
Result: TypeAlias = Sound | Playing | Steps | Drawn | Refused
