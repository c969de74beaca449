"""One person's voices and pictures, over the mail service of their node and the media process.

What the process does takes seconds, so each task is waited for in a thread; the node's loop goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from msgspec.structs import replace

from starlight.app.media_work import MediaWork
from starlight.app.upload_lengths import playing_time_of
from starlight.dtntime import MINUTE
from starlight.errors import InputError
from starlight.live.mail_service import MailService
from starlight.mailboxes.part_reading import beginning, preview_of
from starlight.media import extra, voice
from starlight.media.tasks import IN_MAX_BYTES, Picture
from starlight.messages.draft import Attachment, Draft
from starlight.messages.parts import CHUNK_BYTES, Part, PartKind
from starlight.postoffice.composer import INLINE_UP_TO
from starlight.postoffice.part_forecasts import PartSize
from starlight.views.media import Heard, MadePart, PictureOffer, Seen, VoiceChoice, VoiceOffer
from starlight.words import media as words

PATIENCE = 10 * MINUTE
"""So much later than the thinnest voice a finer one may be there, to be suggested."""

VOICE_CHUNK_BYTES, VOICE_CHUNKS = 4096, 32
"""A voice goes in chunks of so many bytes, as five seconds of Opus at 6 kbit/s have, so that it can be played
while it comes; a longer one in about so many."""

SHOWN_SIDE = 2048
"""Pixels of the longer side of what a page shows: as wide as most screens. The file has the rest."""

PREVIEW_SIDE = 256


class MediaDesk:
    """The voices and pictures of one person.

    Args:
        address: of the mailbox.
        mail: of its node.
        work: has it done.
    """

    def __init__(self, address: str, mail: MailService, work: MediaWork) -> None:
        self._address = address
        self._mail = mail
        self._work = work

    async def voice_offer(self, draft: Draft, duration_ms: int) -> VoiceOffer:
        """Return the ways to send a recording of so long with a draft, each with its size and arrival."""
        if not extra.available():
            return VoiceOffer(available=False, how=extra.HOW)
        offered = []
        for choice in voice.CHOICES.values():
            size = choice.estimate(duration_ms)
            alone = PartSize(0 if size <= INLINE_UP_TO else size, voice_chunk_size(size))
            *_, foreseen = self._mail.predict_parts(self._address, draft, (alone,))
            offered.append(
                VoiceChoice(
                    choice.name,
                    words.VOICES[choice.name],
                    choice.media_type,
                    choice.bit_rate,
                    size,
                    foreseen.leaves,
                    foreseen.arrives,
                )
            )
            # Other letters are read and sent meanwhile.
            await asyncio.sleep(0)
        return VoiceOffer(available=True, choices=_with_suggestion(offered))

    async def make_voice(self, recording: bytes, choice: str, to: str = "") -> MadePart:
        """Encode a recording in the way of a choice, or as suggested for an address; keep it as an upload."""
        if not choice:
            found = await self._work.do(partial(self._work.process.measure, recording))
            offer = await self.voice_offer(Draft(to, ""), found.duration_ms)
            choice = next(each.name for each in offer.choices if each.is_suggested)
        made = await self._work.do(partial(self._work.process.encode, recording, choice))
        upload = await self._upload(made.data, voice_chunk_size(len(made.data)))
        attachment = Attachment(
            upload, media_type=made.media_type, kind="voice", duration_ms=made.duration_ms
        )
        return MadePart(attachment, len(made.data))

    async def make_picture(self, picture: bytes, name: str, *, keep: bool) -> PictureOffer:
        """Make the steps of a picture and keep them as uploads."""
        steps = await self._work.do(partial(self._work.process.steps, picture, keep=keep))
        preview = await self._upload(steps.preview.data)
        made = []
        if steps.middle is not None:
            small = await self._picture_part(steps.middle, _named(name, steps.middle.media_type))
            made.append(replace(small, attachment=replace(small.attachment, smaller_of=1)))
        full_name = name if keep else _named(name, steps.full.media_type)
        made.append(await self._picture_part(steps.full, full_name))
        first = replace(made[0].attachment, preview=preview, preview_type=steps.preview.media_type)
        made[0] = replace(made[0], attachment=first)
        notes = words.picture_notes(steps.removed, steps.frames, kept=keep)
        return PictureOffer(tuple(made), len(steps.preview.data), notes)

    async def playing_time(self, upload: str) -> int | None:
        """Return how long an upload plays, in ms, by its own headers; None where they don't tell."""
        return await playing_time_of(self._mail.mailbox(self._address).bodies, upload, self._work)

    async def hear(self, letter: str, part: int) -> Heard:
        """Return a voice of a letter, as far as it is here, for a browser."""
        described, data = self._part(letter, part, PartKind.VOICE)
        key = (self._address, letter, part, len(data), "sound")
        found = self._work.shown.find(key)
        if isinstance(found, Heard):
            return found
        made = await self._work.do(partial(self._work.process.decode, data, described.media_type))
        heard = Heard(made.data, made.media_type, made.duration_ms, len(data) == described.size)
        self._work.shown.keep(key, heard)
        return heard

    async def see(self, letter: str, part: int, *, preview: bool) -> Seen:
        """Return a picture of a letter, or its preview, for a browser."""
        if preview:
            data = preview_of(self._mail.mailbox(self._address), letter, part)
        else:
            described, data = self._part(letter, part, PartKind.PICTURE)
            if len(data) < described.size:
                told = f"{len(data)} of its {described.size} bytes are here"
                raise InputError(told, where="part", right="Wait for the rest")
        key = (self._address, letter, part, len(data), "preview" if preview else "picture")
        found = self._work.shown.find(key)
        if isinstance(found, Seen):
            return found
        side = PREVIEW_SIDE if preview else SHOWN_SIDE
        drawn = (await self._work.do(partial(self._work.process.show, data, side))).picture
        seen = Seen(drawn.data, drawn.media_type)
        self._work.shown.keep(key, seen)
        return seen

    def _part(self, letter: str, number: int, kind: PartKind) -> tuple[Part, bytes]:
        described, data = beginning(self._mail.mailbox(self._address), letter, number, IN_MAX_BYTES)
        if described.kind != kind:
            told = f"part {number} is no {kind.name.lower()}"
            raise InputError(told, where="part", right="Save it as a file")
        return described, data

    async def _picture_part(self, picture: Picture, name: str) -> MadePart:
        upload = await self._upload(picture.data)
        attachment = Attachment(
            upload,
            name=name,
            media_type=picture.media_type,
            kind="picture",
            width=picture.width,
            height=picture.height,
        )
        return MadePart(attachment, len(picture.data))

    async def _upload(self, data: bytes, chunk_size: int = CHUNK_BYTES) -> str:
        async def pieces() -> AsyncIterator[bytes]:
            for at in range(0, len(data), CHUNK_BYTES):
                yield data[at : at + CHUNK_BYTES]

        return await self._mail.upload(self._address, pieces(), chunk_size)


def voice_chunk_size(size: int) -> int:
    """Return in chunks of how many bytes a voice of a size travels."""
    chunk_size = VOICE_CHUNK_BYTES
    while chunk_size < CHUNK_BYTES and chunk_size * VOICE_CHUNKS < size:
        chunk_size *= 2
    return chunk_size


def _with_suggestion(offered: list[VoiceChoice]) -> tuple[VoiceChoice, ...]:
    """Return choices with the finest for speech marked that is there soon after the thinnest."""
    thinnest, best = offered[0].arrives, offered[0]
    for each in offered:
        is_speech = voice.CHOICES[each.name].channels == 1
        if is_speech and thinnest is not None and each.arrives is not None:
            best = each if each.arrives <= thinnest + PATIENCE else best
    return tuple(replace(each, is_suggested=each is best) for each in offered)


def _named(name: str, media_type: str) -> str:
    """Return the name of a picture's file with the ending of what it is now; none for one without a name."""
    stem = name.rpartition(".")[0] or name
    return f"{stem}.{media_type.partition('/')[2]}" if stem else ""
