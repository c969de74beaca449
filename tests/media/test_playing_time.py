"""Playing times of files: as encoders and cameras write them, and never more than a file can mean."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from random import Random

import numpy as np
import pytest
import soundfile
from tests.media.films import box, element, movie_header, mp4, webm

from starlight.media import extra
from starlight.media.playing_time import LONGEST_MS, PLAYING, playing_time
from starlight.media.process import MediaProcess
from starlight.media.tasks import WINDOW_BYTES, MeasureFile
from starlight.messages.file_signatures import SIGNATURES, media_type_of

LOOKS_MAX = 8
"""Windows that any file of these tests needs."""


def sound(container: str, subtype: str | None = None, *, lasts_s: float = 12.5, rate: int = 48_000) -> bytes:
    """Return a tone that libsndfile has encoded."""
    file = BytesIO()
    tone = np.sin(np.arange(round(lasts_s * rate)) / 20).astype(np.float32) / 4
    with soundfile.SoundFile(file, "w", rate, 1, subtype, format=container) as out:
        out.write(tone)
    return file.getvalue()


def lasts(data: bytes, media_type: str | None = None) -> int | None:
    """Return how long a file plays, in ms, by the windows of it that are asked for."""
    windows: dict[int, bytes] = {}
    kind = media_type or media_type_of(data[:64])[0]
    for _ in range(LOOKS_MAX):
        found = playing_time(MeasureFile(kind, len(data), windows))
        if found.wanted is None:
            return found.duration_ms
        assert found.wanted not in windows
        windows[found.wanted] = data[found.wanted * WINDOW_BYTES :][:WINDOW_BYTES]
        assert windows[found.wanted]
    raise AssertionError("it goes on asking")


@pytest.mark.parametrize(
    ("container", "subtype"),
    [
        ("WAV", "PCM_16"),
        ("WAV", "ULAW"),
        ("WAV", "FLOAT"),
        ("FLAC", None),
        ("OGG", "VORBIS"),
        ("OGG", "OPUS"),
        ("MP3", None),
    ],
)
def test_a_sound_plays_as_long_as_was_recorded(container: str, subtype: str | None) -> None:
    """Of each container that libsndfile writes its length is read, to a frame of its codec."""
    assert lasts(sound(container, subtype)) == pytest.approx(12_500, abs=60)


@pytest.mark.parametrize("rate", [44_100, 22_050, 11_025])
def test_an_mp3_plays_as_long_with_a_tag_before_it(rate: int) -> None:
    """Of each version of MPEG the frames are counted, behind a cover picture as well."""
    song = sound("MP3", rate=rate)
    cover = 3 * WINDOW_BYTES
    size = bytes(cover >> shift & 0x7F for shift in (21, 14, 7, 0))
    tagged = b"ID3\4\0\0" + size + bytes(cover) + song
    assert lasts(tagged) == lasts(song) == pytest.approx(12_500, abs=160)


@pytest.mark.parametrize(
    "film",
    [
        mp4(125),
        mp4(125, wide=True),
        mp4(125, at_end=True, size=700_000),
        box(b"ftyp", b"qt  ") + box(b"wide") + mp4(125, at_end=True)[20:],
        webm(125),
        webm(125, scale=1000),
        webm(125, live=True),
    ],
)
def test_a_film_plays_as_long_as_its_header_says(film: bytes) -> None:
    """In front or behind the pictures, in 32 bits or 64, in any unit: two minutes and five seconds."""
    assert lasts(film) == 125_000


def test_a_film_in_fragments_plays_as_long_as_they_say() -> None:
    """A film whose header says nothing is as long as its fragments are together, where that is told."""
    total = box(b"mvex", box(b"mehd", struct.pack(">II", 0, 6000)))
    film = box(b"ftyp", b"isom") + box(b"moov", movie_header(600, 0), total) + box(b"moof", bytes(900))
    assert lasts(film) == 10_000
    assert lasts(film.replace(b"mehd", b"free")) is None


@pytest.mark.parametrize(
    "data",
    [
        webm(None),
        mp4(0),
        mp4(LONGEST_MS / 1000 + 1, size=2**20),
        mp4(86_400, size=1000),
        webm(float("nan")),
        webm(float("inf")),
        webm(-5.0),
        box(b"ftyp", b"isom") + box(b"moov", movie_header(0, 600)),
        box(b"ftyp", b"isom") + box(b"moov", movie_header(600, 2**32 - 1)),
        box(b"ftyp", b"isom") + struct.pack(">I4s", 3, b"moov"),
        box(b"ftyp", b"isom") + box(b"free") * 100_000 + mp4(125),
        element(b"\x1a\x45\xdf\xa3") + element(b"\x18\x53\x80\x67", element(b"\xec") * 10_000),
        b"\x1a\x45\xdf\xa3" + b"\x00" * 500,
        b"RIFF\0\0\0\0WAVE"
        + b"fmt \x10\0\0\0"
        + struct.pack("<HHIIHH", 1, 1, 8000, 1, 2, 16)
        + b"data\xff\xff\xff\xff",
        b"RIFF\0\0\0\0WAVE" + b"LIST\0\0\0\0" * 50_000,
        b"fLaC\0\0\0\x22" + bytes(34),
        b"OggS\0" + bytes(400),
        b"ID3\4\0\0\x7f\x7f\x7f\x7f" + bytes(500),
        b"ID3\4\0\0\0\0\0\0" + b"\xff\xfb\x90\0" + bytes(900),
    ],
)
def test_what_says_nothing_or_lies_has_no_length(data: bytes) -> None:
    """A film of days in a kilobyte, one without end, one of nothing but empty boxes: no length is told."""
    assert lasts(data) is None


def test_a_piece_cut_out_of_a_longer_one_has_no_length() -> None:
    """An Ogg whose clock begins an hour in was cut out of a stream: its last moment is not its length."""
    whole = sound("OGG", "OPUS")
    pages = [at for at in range(len(whole)) if whole.startswith(b"OggS\0", at)]
    late = bytearray(whole)
    for at in pages[2:]:
        granule = int.from_bytes(whole[at + 6 : at + 14], "little")
        late[at + 6 : at + 14] = (granule + 3600 * 48_000).to_bytes(8, "little")
    assert lasts(whole) is not None
    assert lasts(bytes(late)) is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: sound("WAV", lasts_s=0.5),
        lambda: sound("FLAC", lasts_s=0.5),
        lambda: sound("OGG", "OPUS", lasts_s=0.5),
        lambda: sound("MP3", lasts_s=0.5),
        lambda: mp4(5, size=2000, at_end=True),
        lambda: webm(5, size=2000),
    ],
    ids=["wav", "flac", "ogg", "mp3", "mp4", "webm"],
)
def test_whatever_is_in_a_file_it_has_a_length_or_none(make: Callable[[], bytes]) -> None:
    """Of 400 files that are damaged or cut off each has a length within bounds or none; none is an error."""
    whole, random = make(), Random(7)
    kind, _ = media_type_of(whole[:64])
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(random.randint(0, 8)):
            at = random.randrange(min(len(data), random.choice((100, 600, len(data)))))
            data[at] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
        cut = random.choice((len(data), random.randrange(len(data))))
        found = lasts(bytes(data[:cut]), kind)
        assert found is None or 1 <= found <= LONGEST_MS


def test_only_what_is_known_by_its_first_bytes_is_read() -> None:
    """Each type with a length has a signature; of another type nothing is read, whatever is in it."""
    assert {media_type for _, _, media_type, _ in SIGNATURES} >= PLAYING
    assert playing_time(MeasureFile("application/pdf", 9, {})).wanted is None


def test_a_length_needs_no_codec(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node without the extra tells how long a film plays, too: its process reads headers alone."""
    monkeypatch.setattr(extra, "LIBRARIES", ("no_such_library",))
    extra.available.cache_clear()
    bare, film = MediaProcess(), mp4(125)
    try:
        assert bare.look(MeasureFile("video/mp4", len(film), {})).wanted == 0
        found = bare.look(MeasureFile("video/mp4", len(film), {0: film[:WINDOW_BYTES]}))
        assert found.duration_ms == 125_000
    finally:
        bare.close()
        extra.available.cache_clear()
