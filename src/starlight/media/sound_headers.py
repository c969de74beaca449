"""The headers of sounds: how long a WAV, FLAC, Ogg or MP3 file says that it plays.

Nothing is decoded. Each is read where its format says the length, or where it follows from what is there; of
an MP3 without the header that counts its frames nothing is told, as a bit rate that changes would make it a
guess.

Sources: RFC 9639, 8.2 (FLAC); RFC 3533, 6 (Ogg); RFC 7845, 4 and 5.1 (Opus); Vorbis I, 4.2.2 and A.2; RFC
9639, 10.1 (FLAC in Ogg); Multimedia Programming Interface 1.0, 3 (WAV); ID3 tag version 2.4.0, 3.1; ISO/IEC
11172-3, 2.4.1.3 (MP3), and the Xing and VBRI headers as LAME and Fraunhofer's encoder write them.
"""

from __future__ import annotations

from typing import NamedTuple

from starlight.media.file_windows import FileWindows

CHUNKS_MAX = 64
"""Chunks, pages or frames that are passed over: a file has a handful before its sound."""

PCM, FLOAT = 1, 3
PAGE_MAX_BYTES = 27 + 255 + 255 * 255
BEGINS_WITHIN_S = 60
"""The first page of sound ends so early at most (RFC 7845, 4, and Vorbis have 255 packets in one). What
begins later was cut out of a longer piece, whose clock it has: its last moment is not its length."""

NO_GRANULE = 2**64 - 1
OPUS_HZ = 48_000
MPEG1, MPEG2, MPEG25, LAYER_3 = 3, 2, 0, 1
MPEG_HZ = (44_100, 48_000, 32_000)


def wav_ms(file: FileWindows) -> float | None:
    """Return how long a WAV file plays, in ms; None where it does not say."""
    at, rate = 12, 0
    for _ in range(CHUNKS_MAX):
        name, size = file.read(at, 4), file.little(at + 4, 4)
        if name == b"fmt ":
            rate = _bytes_per_s(file, at + 8)
        elif name == b"data":
            # One that was written while it was recorded claims more than there is.
            return min(size, file.size - at - 8) * 1000 / rate if rate else None
        at += 8 + size + size % 2
    return None


def _bytes_per_s(file: FileWindows, at: int) -> int:
    """Return the bytes of a second of sound by the form of a WAV file; 0 where it contradicts itself."""
    form, rate, told, block = (
        file.little(at + place, count) for place, count in ((0, 2), (4, 4), (8, 4), (12, 2))
    )
    return 0 if form in (PCM, FLOAT) and told != rate * block else told


def flac_ms(file: FileWindows) -> float | None:
    """Return how long a FLAC file plays, in ms; None where it does not say."""
    # The first block is always its form.
    return _stream_info_ms(file, 8) if file.number(4, 1) & 0x7F == 0 else None


def _stream_info_ms(file: FileWindows, at: int) -> float | None:
    rate, samples = _flac_hz(file, at), file.number(at + 13, 5) & (1 << 36) - 1
    return samples * 1000 / rate if rate and samples else None


def _flac_hz(file: FileWindows, at: int) -> int:
    return file.number(at + 10, 3) >> 4


class _Page(NamedTuple):
    """A page of Ogg: whose it is, the last sample that ends in it, and where its body is."""

    begins: bool
    granule: int
    serial: int
    body: int
    end: int


def ogg_ms(file: FileWindows) -> float | None:
    """Return how long the first sound of an Ogg file plays, in ms; None where it does not say."""
    sound, at = None, 0
    for _ in range(CHUNKS_MAX):
        page = _page(file, at)
        if page.begins and sound is None:
            form = _ogg_form(file, page)
            sound = None if form is None else (page.serial, *form)
        elif sound and page.serial == sound[0] and page.granule not in (0, NO_GRANULE):
            _, rate, skipped = sound
            last = _last_granule(file, page.serial)
            is_whole = rate and page.granule <= BEGINS_WITHIN_S * rate
            return (last - skipped) * 1000 / rate if is_whole and last else None
        at = page.end
    return None


def _page(file: FileWindows, at: int) -> _Page:
    """Return the page at a place; ValueError where there is none."""
    head = file.read(at, 27)
    if head[:5] != b"OggS\0":
        raise ValueError(f"no page at {at}")
    body = at + 27 + head[26]
    end = body + sum(file.read(at + 27, head[26]))
    granule, serial = (int.from_bytes(each, "little") for each in (head[6:14], head[14:18]))
    return _Page(bool(head[5] & 2), granule, serial, body, end)


def _ogg_form(file: FileWindows, page: _Page) -> tuple[int, int] | None:
    """Return the samples a second of a stream by its first page, and how many of them are not played."""
    at = page.body
    start = file.read(at, min(7, page.end - at))
    if start == b"OpusHea":
        return OPUS_HZ, file.little(at + 10, 2)
    if start == b"\x01vorbis":
        return file.little(at + 12, 4), 0
    return (_flac_hz(file, at + 17), 0) if start[:5] == b"\x7fFLAC" else None


def _last_granule(file: FileWindows, serial: int) -> int | None:
    """Return the last sample of a stream, by its last page; None where none is near the end of the file."""
    # Beside it may be the end of a page of pictures.
    start = max(0, file.size - 2 * PAGE_MAX_BYTES)
    data = file.read(start, file.size - start)
    at = data.rfind(b"OggS\0")
    while at >= 0:
        granule, whose = (int.from_bytes(data[at + a : at + b], "little") for a, b in ((6, 14), (14, 18)))
        if len(data) >= at + 27 and whose == serial and granule != NO_GRANULE:
            return granule
        at = data.rfind(b"OggS\0", 0, at)
    return None


def mp3_ms(file: FileWindows) -> float | None:
    """Return how long an MP3 file plays, in ms, by the count of its frames; None where there is none."""
    at = 0
    if file.read(0, 3) == b"ID3":
        has_footer = file.number(5, 1) & 0x10
        at = 10 + _syncsafe(file.read(6, 4)) + (10 if has_footer else 0)
    head = file.number(at, 4)
    version, layer, hz = head >> 19 & 3, head >> 17 & 3, head >> 10 & 3
    if head >> 21 != 0x7FF or layer != LAYER_3 or version not in (MPEG1, MPEG2, MPEG25) or hz == 3:
        return None
    rate = MPEG_HZ[hz] // {MPEG1: 1, MPEG2: 2, MPEG25: 4}[version]
    is_mono = head >> 6 & 3 == 3
    # The count stands where the first frame would have its sound: after what says where that is.
    side = (17 if is_mono else 32) if version == MPEG1 else (9 if is_mono else 17)
    frames = 0
    if file.read(at + 4 + side, 4) in (b"Xing", b"Info") and file.number(at + 8 + side, 4) & 1:
        frames = file.number(at + 12 + side, 4)
    elif file.read(at + 36, 4) == b"VBRI":
        frames = file.number(at + 36 + 14, 4)
    return frames * (1152 if version == MPEG1 else 576) * 1000 / rate if frames else None


def _syncsafe(data: bytes) -> int:
    """Return a number of which each byte has seven bits."""
    number = 0
    for each in data:
        number = number << 7 | each & 0x7F
    return number
