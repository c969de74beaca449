"""A person's voices and pictures over two real nodes: offered, sent, decoded at the other end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
import soundfile
from msgspec.structs import replace
from PIL import Image
from tests.app.test_real_nodes import NAN_YOUNG, Pair, contacts, pair, run
from tests.media.films import mp4
from tests.media.test_pictures import PHOTO_FILE, with_exif
from tests.media.test_voice import SPEECH

from starlight.app.media_desk import PATIENCE, MediaDesk, voice_chunk_size
from starlight.app.media_work import MediaWork
from starlight.app.shown_media import KEPT_MAX_BYTES, ShownMedia
from starlight.app.upload_lengths import playing_time_of
from starlight.dtntime import MINUTE
from starlight.errors import InputError
from starlight.media import extra
from starlight.media.process import MediaProcess
from starlight.messages.draft import Attachment, Draft
from starlight.views.media import Heard

JAY = "ipn:1.1"
DRAFT = Draft(NAN_YOUNG, "Listen.")


async def sent(pair: Pair, *parts: Attachment) -> str:
    """Send a letter of Jay's with parts, and wait until they are whole at the other end; return its id."""
    view = await pair.page.correspondence("jay").write(replace(DRAFT, parts=parts))
    box = pair.habitat.mail.mailbox(NAN_YOUNG)
    changed = asyncio.Event()
    unsubscribe = pair.habitat.subscribe(changed.set)
    try:
        while True:
            changed.clear()
            for letter in box.page(JAY, None, 9).letters:
                here = box.letter_view(letter.id, pair.habitat.clock.now()).parts
                if all(part.is_here for part in here):
                    return view.id
            await changed.wait()
    finally:
        unsubscribe()


def test_a_voice_is_offered_encoded_sent_and_heard(tmp_path: Path) -> None:
    """Each choice has its arrival; the one that is chosen is encoded, travels, and is heard as sound."""

    async def test() -> None:
        async with pair(tmp_path, "", contacts((-1, 9, 900_000))) as two:
            here, there, work = two.page.media("jay"), *_desk(two)
            offer = await here.voice_offer(DRAFT, 30_000)
            arrivals = [each.arrives for each in offer.choices]
            assert None not in arrivals
            assert arrivals == sorted(arrivals, key=lambda at: at or 0)
            (suggested,) = (each for each in offer.choices if each.is_suggested)
            assert suggested.name == "opus-24"
            made = await here.make_voice(SPEECH, "codec2-1200")
            assert (made.size_bytes, made.attachment.duration_ms) == (822, 5461)
            own = await here.make_voice(SPEECH, "opus-6")
            id = await sent(two, made.attachment, own.attachment)
            for number in (0, 1):
                heard = await there.hear(id, number)
                assert heard.is_whole
                assert abs(heard.duration_ms - 5461) <= 40
                assert soundfile.info(BytesIO(heard.data)).format == "FLAC"
                assert await there.hear(id, number) is heard
            with pytest.raises(InputError, match="is no picture"):
                await there.see(id, 0, preview=False)
            work.close()
            two.page.close()

    run(test)


def test_a_film_says_at_both_ends_how_long_it_plays(tmp_path: Path) -> None:
    """Read where it is attached, in a process that ends then; its reader has it with the words."""
    film = mp4(125, size=700_000, at_end=True)

    async def test() -> None:
        async with pair(tmp_path, "", contacts((-1, 9, 900_000))) as two:
            here, letters = two.page.media("jay"), two.page.correspondence("jay")
            upload = await letters.upload(pieces_of(film))
            lasts = await here.playing_time(upload)
            assert lasts == 125_000
            film_part = Attachment(upload, "film.mp4", "video/mp4", "video", lasts)
            id = await sent(two, film_part)
            there = two.habitat.mail.mailbox(NAN_YOUNG).letter_view(id, two.habitat.clock.now())
            assert [(each.kind, each.duration_ms) for each in there.parts] == [("video", 125_000)]
            words = await letters.upload(pieces_of(b"No film, but words."))
            assert await here.playing_time(words) is None
            two.page.close()

    run(test)


@pytest.mark.parametrize(
    "child",
    [
        "import sys; sys.exit(1)",
        # It asks for the same window for ever.
        "import sys\nfrom starlight.media import worker\nfrom starlight.media.tasks import Playing\n"
        "worker.playing_time = lambda task: Playing(None, len(task.windows) % 2)\nworker.main()",
    ],
)
def test_a_film_that_breaks_its_reader_goes_without_a_length(tmp_path: Path, child: str) -> None:
    """Where the process dies or never has enough, no length is told, and nothing is left of the process."""

    async def test() -> None:
        async with pair(tmp_path, "", contacts((-1, 9, 900_000))) as two:
            upload = await two.page.correspondence("jay").upload(pieces_of(mp4(125, size=200_000)))
            work = MediaWork()
            work.headers = MediaProcess((sys.executable, "-c", child))
            bodies = two.seoul.mail.mailbox(JAY).bodies
            assert await playing_time_of(bodies, upload, work) is None
            assert work.headers._child is None
            work.close()
            two.page.close()

    run(test)


async def pieces_of(data: bytes) -> AsyncIterator[bytes]:
    """Yield a file as a browser sends it."""
    for at in range(0, len(data), 50_000):
        yield data[at : at + 50_000]


def _desk(two: Pair) -> tuple[MediaDesk, MediaWork]:
    """Return Nan-young's voices and pictures."""
    work = MediaWork()
    return MediaDesk(NAN_YOUNG, two.habitat.mail, work), work


def test_a_picture_travels_in_steps_and_is_drawn_anew(tmp_path: Path) -> None:
    """The preview comes with the words, then a small picture, then the whole; each is shown as we draw it."""

    async def test() -> None:
        async with pair(tmp_path, "", contacts((-1, 9, 900_000))) as two:
            there, work = _desk(two)
            offer = await two.page.media("jay").make_picture(PHOTO_FILE, "sol 7.JPG", keep=False)
            middle, full = (each.attachment for each in offer.parts)
            assert (middle.smaller_of, full.smaller_of, full.preview) == (1, None, "")
            assert (full.width, full.height, full.name.rpartition(".")[0]) == (1600, 1200, "sol 7")
            foreseen = await two.page.correspondence("jay").predict(replace(DRAFT, parts=(middle, full)))
            first, last = foreseen.parts
            assert foreseen.arrives is not None
            assert first.arrives is not None
            assert last.arrives is not None
            assert foreseen.arrives < first.arrives < last.arrives
            id = await sent(two, middle, full)
            shown = [await there.see(id, 0, preview=True)]
            shown += [await there.see(id, number, preview=False) for number in (0, 1)]
            sizes = [Image.open(BytesIO(each.data)).size for each in shown]
            assert [max(size) for size in sizes] == [192, middle.width, 1600]
            with pytest.raises(InputError, match="is no voice"):
                await there.hear(id, 1)
            kept = await two.page.media("jay").make_picture(with_exif(6), "door.jpg", keep=True)
            assert [each.attachment.name for each in kept.parts] == ["door.jpg"]
            work.close()
            two.page.close()

    run(test)


def test_without_a_route_the_thinnest_voice_is_suggested(tmp_path: Path) -> None:
    """Where nothing is known of the way, or the libraries are missing, that is told, and nothing breaks."""

    async def test() -> None:
        async with pair(tmp_path) as two:
            stranger = Draft("ipn:99.1", "")
            offer = await two.page.media("jay").voice_offer(stranger, 30_000)
            assert {each.arrives for each in offer.choices} == {None}
            assert [each.name for each in offer.choices if each.is_suggested] == ["codec2-700c"]

    run(test)


def test_without_libraries_a_recording_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node without the extra offers no way to encode, and says how they come."""
    monkeypatch.setattr(extra, "LIBRARIES", ("no_such_library",))
    extra.available.cache_clear()

    async def test() -> None:
        async with pair(tmp_path) as two:
            offer = await two.page.media("jay").voice_offer(DRAFT, 30_000)
            assert (offer.available, offer.how, offer.choices) == (False, extra.HOW, ())

    try:
        run(test)
    finally:
        extra.available.cache_clear()


@pytest.mark.parametrize(
    ("size", "chunk"), [(2_625, 4096), (25_630, 4096), (131_072, 4096), (720_000, 32_768), (10**8, 262_144)]
)
def test_a_voice_travels_in_small_chunks(size: int, chunk: int) -> None:
    """Thirty seconds can be played from the first five on, and a song costs no hundreds of bundles."""
    assert voice_chunk_size(size) == chunk
    assert PATIENCE == 10 * MINUTE


def test_what_was_shown_is_kept_within_bounds() -> None:
    """What was shown last stays, what was shown longest ago goes, and what is too large is not kept."""
    shown = ShownMedia()
    song = Heard(bytes(KEPT_MAX_BYTES // 3), "audio/flac", 1, is_whole=True)
    for number in range(3):
        shown.keep(("a", "b", number, 1, "sound"), song)
    assert shown.find(("a", "b", 0, 1, "sound")) is song
    shown.keep(("a", "b", 3, 1, "sound"), song)
    assert shown.find(("a", "b", 1, 1, "sound")) is None
    assert shown.find(("a", "b", 0, 1, "sound")) is song
    shown.keep(("a", "b", 4, 1, "sound"), Heard(bytes(KEPT_MAX_BYTES + 1), "", 1, is_whole=True))
    assert shown.find(("a", "b", 4, 1, "sound")) is None
