"""Voices and pictures as the page offers them before they are sent, and as they are played and shown."""

from __future__ import annotations

import msgspec

from starlight.json_time import Time
from starlight.messages.draft import Attachment
from starlight.words.sentence import Sentence


class VoiceChoice(msgspec.Struct, frozen=True):
    """A way to send a recording.

    Attributes:
        name: by which a request calls it.
        title: what it sounds like, in a word or two.
        media_type: of what it makes.
        bit_rate: of the sound, in bit/s.
        size_bytes: of the recording, if it is of speech.
        leaves, arrives: of its first and its last byte, if it is sent now; None where no route is known.
        is_suggested: the finest that does not keep its hearer waiting for long.
    """

    name: str
    title: str
    media_type: str
    bit_rate: int
    size_bytes: int
    leaves: Time | None = None
    arrives: Time | None = None
    is_suggested: bool = False


class VoiceOffer(msgspec.Struct, frozen=True):
    """The ways to send a recording of some length.

    Attributes:
        available: False where the node has no media libraries: then a recording is a file like any other.
        how: how they come, where they are not here.
        choices: from the thinnest to the finest.
    """

    available: bool
    how: str = ""
    choices: tuple[VoiceChoice, ...] = ()


class MadePart(msgspec.Struct, frozen=True):
    """A part that was made of a recording or a picture, and uploaded.

    Attributes:
        attachment: what a draft says of it.
        size_bytes: of it.
    """

    attachment: Attachment
    size_bytes: int


class PictureOffer(msgspec.Struct, frozen=True):
    """The steps in which a picture can be sent, the smallest first; each can be left out but the last.

    Attributes:
        parts: of a draft, in their order; the first has the preview.
        preview_bytes: the size of the preview, which goes with the words.
        notes: what was done to it, such as that the place was taken out, a sentence each.
    """

    parts: tuple[MadePart, ...]
    preview_bytes: int
    notes: tuple[Sentence, ...] = ()


class Heard(msgspec.Struct, frozen=True):
    """A voice, or its beginning, as a browser plays it.

    Attributes:
        data: its bytes.
        media_type: of them.
        duration_ms: how long they play.
        is_whole: all of the part is here.
    """

    data: bytes
    media_type: str
    duration_ms: int
    is_whole: bool


class Seen(msgspec.Struct, frozen=True):
    """A picture as a browser shows it.

    Attributes:
        data: its bytes, drawn by us.
        media_type: of them.
    """

    data: bytes
    media_type: str
