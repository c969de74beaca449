"""The backend of the page's voices and pictures: it makes parts of them, and decodes those that came."""

from __future__ import annotations

from typing import Protocol

from starlight.messages.draft import Draft
from starlight.views.media import Heard, MadePart, PictureOffer, Seen, VoiceOffer


class MediaBackend(Protocol):
    """The voices and pictures of one person.

    Any method but `voice_offer` and `playing_time` may raise InputError: where the bytes are no recording or
    picture, are too many, break their decoder, or where there are no media libraries.
    """

    async def voice_offer(self, draft: Draft, duration_ms: int) -> VoiceOffer:
        """Return the ways to send a recording of so long with a draft, each with its size and arrival."""
        ...

    async def make_voice(self, recording: bytes, choice: str, to: str = "") -> MadePart:
        """Encode a recording, and keep it as an upload.

        Args:
            recording: a file.
            choice: the name of the way; empty for the one that is suggested for an address.
            to: that address.
        """
        ...

    async def make_picture(self, picture: bytes, name: str, *, keep: bool) -> PictureOffer:
        """Make the steps of a picture and keep them as uploads.

        Args:
            picture: a file.
            name: of the file.
            keep: its full step is the file itself, with all that the camera wrote into it.
        """
        ...

    async def playing_time(self, upload: str) -> int | None:
        """Return how long an upload plays, in ms, by its own headers.

        None where they don't tell, or tell what can't be: a file goes all the same.
        """
        ...

    async def hear(self, letter: str, part: int) -> Heard:
        """Return a voice of a letter, as far as it is here, for a browser."""
        ...

    async def see(self, letter: str, part: int, *, preview: bool) -> Seen:
        """Return a picture of a letter, or its preview, for a browser."""
        ...
