"""Voices and pictures of the fake: nothing is encoded, and whatever comes back says what it was asked."""

from __future__ import annotations

from starlight.dtntime import MINUTE
from starlight.errors import InputError
from starlight.messages.draft import Attachment, Draft
from starlight.views.media import Heard, MadePart, PictureOffer, Seen, VoiceChoice, VoiceOffer
from starlight.views.media_backend import MediaBackend
from starlight.words.sentence import Sentence

START_OF_IT = 1_617_341_460 * 10**9
HEARD = bytes(range(200))


class FakeMedia(MediaBackend):
    """The voices and pictures of anybody.

    Attributes:
        available: whether the libraries are there.
        taken: what was sent to be encoded.
        lasts_ms: how long whatever is uploaded plays.
    """

    def __init__(self) -> None:
        self.available = True
        self.taken: list[bytes] = []
        self.lasts_ms: int | None = None

    async def voice_offer(self, draft: Draft, duration_ms: int) -> VoiceOffer:
        if not self.available:
            return VoiceOffer(available=False, how="pip install it")
        leaves, soon, later = (START_OF_IT + minutes * MINUTE for minutes in (1, 4, 31))
        codec2, opus = "audio/x-codec2; mode=700C", "audio/ogg; codecs=opus"
        thin = VoiceChoice("codec2-700c", "Thinnest", codec2, 700, duration_ms // 11, leaves, soon, True)
        own = VoiceChoice("opus-6", "In your voice", opus, 6000, duration_ms, leaves, later)
        return VoiceOffer(available=True, choices=(thin, own))

    async def make_voice(self, recording: bytes, choice: str, to: str = "") -> MadePart:
        self._take("recording", recording)
        return MadePart(Attachment("voice-1", media_type="audio/ogg", kind="voice", duration_ms=3000), 999)

    async def make_picture(self, picture: bytes, name: str, *, keep: bool) -> PictureOffer:
        self._take("picture", picture)
        middle = Attachment(
            "m", name=name, kind="picture", preview="p", preview_type="image/webp", smaller_of=1
        )
        notes = (Sentence(("It is kept.",)),) if keep else ()
        full = Attachment("f", name=name, kind="picture", width=4000, height=3000)
        return PictureOffer((MadePart(middle, 19_000), MadePart(full, 900_000)), 800, notes)

    async def playing_time(self, upload: str) -> int | None:
        return self.lasts_ms

    async def hear(self, letter: str, part: int) -> Heard:
        if part:
            raise InputError("nothing of its beginning is here", where="part")
        return Heard(HEARD, "audio/flac", 3000, is_whole=False)

    async def see(self, letter: str, part: int, *, preview: bool) -> Seen:
        return Seen(b"small" if preview else b"large", "image/webp")

    def _take(self, what: str, data: bytes) -> None:
        if not data:
            raise InputError(f"the {what} has 0 bytes", where=what)
        self.taken.append(data)
