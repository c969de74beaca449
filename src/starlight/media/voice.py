"""Voices: the ways in which a recording is encoded, how large each makes it, and the codecs themselves.

The codecs run in the media process alone, which is why they are imported where they are used; what a choice
is, and how many bytes it makes of a minute, a node knows without them.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from starlight.errors import InputError
from starlight.media.codec2_frames import (
    MEDIA_TYPE,
    MODES,
    Codec2Mode,
    mode_of,
    packed,
    packed_bytes,
    unpacked,
)
from starlight.media.tasks import SOUND_MAX_S, DecodeSound, EncodeSound, Sound

if TYPE_CHECKING:
    import soundfile

Samples: TypeAlias = npt.NDArray[np.int16]
"""A row for each moment, a column for each channel."""

OPUS = "audio/ogg; codecs=opus"
FLAC = "audio/flac"
WIDE_HZ, TELEPHONE_HZ, MUSIC_HZ = 16_000, 8_000, 48_000
CHANNELS_MAX, RATE_MAX_HZ = 8, 192_000
"""More than recorders have; a header may claim anything."""

OGG_HEAD_BYTES = 400
"""Its first two pages and the last one, and what the encoder spends before it has settled."""


class Choice(msgspec.Struct, frozen=True):
    """A way to encode a recording.

    Attributes:
        name: by which a request calls it.
        bit_rate: of the sound, in bit/s.
        media_type: of what it makes.
        channels: 1, or 2 of a song.
        rate_hz: of the samples that the codec is given.
        bytes_per_s: of Opus, as measured of speech or song, with a page of Ogg a second; 0 of Codec2.
    """

    name: str
    bit_rate: int
    media_type: str
    channels: int = 1
    rate_hz: int = WIDE_HZ
    bytes_per_s: int = 0

    def estimate(self, duration_ms: int) -> int:
        """Return the bytes of so long a recording: exact of Codec2, hardly ever more of Opus."""
        mode = mode_of(self.media_type)
        if mode is not None:
            return packed_bytes(duration_ms, mode)
        return OGG_HEAD_BYTES + self.bytes_per_s * duration_ms // 1000


CHOICES = {
    choice.name: choice
    for choice in (
        Choice("codec2-700c", 700, MODES["700C"].media_type, rate_hz=TELEPHONE_HZ),
        Choice("codec2-1200", 1200, MODES["1200"].media_type, rate_hz=TELEPHONE_HZ),
        Choice("codec2-2400", 2400, MODES["2400"].media_type, rate_hz=TELEPHONE_HZ),
        Choice("opus-6", 6_000, OPUS, bytes_per_s=905),
        Choice("opus-12", 12_000, OPUS, bytes_per_s=1_700),
        Choice("opus-24", 24_000, OPUS, bytes_per_s=3_000),
        Choice("opus-64", 64_000, OPUS, channels=2, rate_hz=MUSIC_HZ, bytes_per_s=8_500),
    )
}
"""From the thinnest to that for songs. Below 6 kbit/s Opus has nothing (RFC 6716, 2.1.1)."""


def choice_of(name: str) -> Choice:
    """Return a choice by its name.

    Raises:
        InputError: there is none.
    """
    if name not in CHOICES:
        raise InputError(f"{name[:40]!r} is no way to encode a voice", where="choice", right=_such())
    return CHOICES[name]


def _such() -> str:
    return f"Such are {', '.join(CHOICES)}"


def is_playable(media_type: str) -> bool:
    """Return whether a voice of a media type can be decoded here."""
    kind = media_type.partition(";")[0].strip().lower()
    known = ("audio/ogg", "application/ogg", "audio/opus", "audio/flac", "audio/x-flac", "audio/mpeg")
    return kind in (*known, "audio/wav", "audio/x-wav", "audio/vnd.wave") or mode_of(media_type) is not None


# In the media process.


def encode(task: EncodeSound) -> Sound:
    """Encode a recording.

    Raises:
        InputError: it is none, or is empty or too long.
    """
    choice = choice_of(task.choice)
    samples, rate = read(task.recording)
    duration_ms = len(samples) * 1000 // rate
    samples = _at_rate(_in_channels(samples, choice.channels), rate, choice.rate_hz)
    mode = mode_of(choice.media_type)
    data = _opus(samples, choice) if mode is None else _codec2(samples[:, 0], mode)
    return Sound(data, choice.media_type, max(1, duration_ms))


def decode(task: DecodeSound) -> Sound:
    """Decode a voice to FLAC; of one that is not here whole, as much as there is.

    Raises:
        InputError: it is none, or nothing of it can be played yet.
    """
    if task.media_type.partition(";")[0].strip().lower() == MEDIA_TYPE:
        samples, rate = _from_codec2(task.data, task.media_type), TELEPHONE_HZ
    else:
        samples, rate = read(task.data)
    return Sound(_flac(samples, rate), FLAC, len(samples) * 1000 // rate)


def measure(recording: bytes) -> Sound:
    """Return how long a recording plays; errors as of `encode`."""
    with _opened(recording) as file:
        return Sound(b"", "", max(1, file.frames * 1000 // file.samplerate))


def read(recording: bytes) -> tuple[Samples, int]:
    """Return the samples of a recording and how many it has a second.

    Raises:
        InputError: it is none, or is empty or too long.
    """
    with _opened(recording) as file:
        rate = file.samplerate
        # By the second, because a header may claim fewer samples than there are, or far more.
        seconds = [file.read(rate, dtype="int16", always_2d=True) for _ in range(SOUND_MAX_S + 1)]
    samples = np.concatenate(seconds)
    if len(samples) == 0:
        raise InputError("there is no sound in the recording", where="recording", right="Record it again")
    if len(samples) > SOUND_MAX_S * rate:
        raise _too_long()
    return samples, rate


def _opened(recording: bytes) -> soundfile.SoundFile:
    import soundfile

    if not recording:
        raise InputError("the recording has 0 bytes", where="recording", right="Record it again")
    try:
        file = soundfile.SoundFile(BytesIO(recording))
    except soundfile.SoundFileError:
        right = "Such are WAV, FLAC, Ogg (Opus, Vorbis) and MP3; send anything else as a file"
        raise InputError("it is no recording that can be read here", where="recording", right=right) from None
    if not (1 <= file.channels <= CHANNELS_MAX and 1000 <= file.samplerate <= RATE_MAX_HZ):
        claimed = f"{file.channels} channels of {file.samplerate} samples a second"
        right = f"1 to {CHANNELS_MAX} channels, 1000 to {RATE_MAX_HZ} samples a second"
        raise InputError(f"the recording has {claimed}", where="recording", right=right)
    if file.frames > SOUND_MAX_S * file.samplerate:
        raise _too_long()
    return file


def _too_long() -> InputError:
    told = f"the recording plays for more than {SOUND_MAX_S // 60} minutes"
    return InputError(told, where="recording", right="Send it in several, or as a file")


def _in_channels(samples: Samples, channels: int) -> Samples:
    if samples.shape[1] == channels:
        return samples
    if channels == 1 or samples.shape[1] > 2:
        samples = samples.mean(axis=1, keepdims=True).astype(np.int16)
    return np.repeat(samples, channels, axis=1) if samples.shape[1] < channels else samples


def _at_rate(samples: Samples, rate: int, wanted: int) -> Samples:
    if rate == wanted:
        return samples
    import soxr

    resampled: Samples = soxr.resample(samples, rate, wanted)
    return resampled


def _opus(samples: Samples, choice: Choice) -> bytes:
    import soundfile

    file = BytesIO()
    # libsndfile's scale from the coarsest (1) to the finest (0) is linear in bit/s, of each channel (its
    # ogg_opus.c: 6 to 256 kbit/s).
    level = 1 - (choice.bit_rate / choice.channels - 6_000) / 250_000
    soundfile.write(file, samples, choice.rate_hz, format="OGG", subtype="OPUS", compression_level=level)
    return file.getvalue()


def _flac(samples: Samples, rate: int) -> bytes:
    import soundfile

    file = BytesIO()
    soundfile.write(file, samples, rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def _codec2(samples: npt.NDArray[np.int16], mode: Codec2Mode) -> bytes:
    codec = _codec(mode)
    each = codec.samples_per_frame()
    # The last frame is filled with silence.
    padded = np.concatenate((samples, np.zeros(-len(samples) % each, np.int16)))
    frames = [codec.encode(padded[at : at + each]) for at in range(0, len(padded), each)]
    return packed(b"".join(frames), mode)


def _from_codec2(data: bytes, media_type: str) -> Samples:
    mode = mode_of(media_type)
    if mode is None:
        right = f"Such are {', '.join(MODES)}"
        raise InputError(f"{media_type[:80]!r} names no mode of Codec2", where="media_type", right=right)
    frames, each = unpacked(data, mode), mode.frame_bytes
    if not frames:
        right = "Wait for more of it"
        raise InputError("there is no sound in what is here of it", where="recording", right=right)
    if len(frames) // each * mode.frame_ms > SOUND_MAX_S * 1000:
        raise _too_long()
    codec = _codec(mode)
    decoded = [codec.decode(frames[at : at + each]) for at in range(0, len(frames), each)]
    return np.concatenate(decoded).reshape(-1, 1)


def _codec(mode: Codec2Mode) -> Any:
    from pycodec2 import Codec2

    return Codec2(mode.bit_rate)
