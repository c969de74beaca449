"""Voices: sizes, what other software makes of them, and what a part of one plays."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile

from starlight.errors import InputError
from starlight.media import voice
from starlight.media.codec2_frames import MODES, mode_of, packed, packed_bytes, unpacked
from starlight.media.tasks import SOUND_MAX_S, DecodeSound, EncodeSound

ROOT = Path(__file__).parents[2]
AUTHORITIES = ROOT / "tests" / "authorities" / "voice"
SPEECH = (AUTHORITIES / "speech_16k.flac").read_bytes()
HEADER_BYTES = 7
"""Of a file of c2enc."""


def samples_of(name: str) -> voice.Samples:
    """Return the samples of a recording."""
    return voice.read((AUTHORITIES / name).read_bytes())[0]


def wav(seconds: float, rate: int = 16_000, channels: int = 1) -> bytes:
    """Return a recording of two tones."""
    at = np.arange(round(seconds * rate)) / rate
    tone = 8000 * np.sin(2 * np.pi * 220 * at) + 4000 * np.sin(2 * np.pi * 1100 * at)
    file = BytesIO()
    soundfile.write(file, np.repeat(tone.astype(np.int16)[:, None], channels, axis=1), rate, format="WAV")
    return file.getvalue()


def half_minute() -> bytes:
    """Return thirty seconds of speech as WAV."""
    speech = samples_of("speech_16k.flac")
    file = BytesIO()
    soundfile.write(file, np.resize(speech, (30 * 16_000, 1)), 16_000, format="WAV")
    return file.getvalue()


@pytest.mark.parametrize("mode", ["700C", "1200", "2400"])
def test_codec2_frames_are_those_of_the_codecs_own_tool(mode: str) -> None:
    """What is encoded of 8-kHz samples is, packed, byte for byte what c2enc of Debian makes of them."""
    known = MODES[mode]
    frames = (AUTHORITIES / f"speech_{mode}.c2").read_bytes()[HEADER_BYTES:]
    whole = len(frames) // known.frame_bytes * known.frame_ms * 8
    recording = BytesIO()
    soundfile.write(recording, samples_of("speech_8k.flac")[:whole], 8000, format="WAV")
    made = voice.encode(EncodeSound(recording.getvalue(), f"codec2-{mode.lower()}"))
    assert made.data == packed(frames, known)
    assert unpacked(made.data, known) == frames


def test_what_codec2_decodes_is_what_its_own_tool_decodes() -> None:
    """A decoded voice of mode 700C has the samples of c2dec of Debian, to one part in 10 000."""
    frames = (AUTHORITIES / "speech_700C.c2").read_bytes()[HEADER_BYTES:]
    expected = np.frombuffer((AUTHORITIES / "speech_700C_decoded.raw").read_bytes(), "<i2").astype(float)
    mode = MODES["700C"]
    played, rate = voice.read(voice.decode(DecodeSound(packed(frames, mode), mode.media_type)).data)
    assert rate == 8000
    assert np.abs(played[: len(expected), 0] - expected).max() <= np.abs(expected).max() * 1e-4 + 1


def test_the_documented_vector_is_packed_so() -> None:
    """The frames of the vector in the reference, packed, are the part that stands there, and back."""
    text = (ROOT / "docs" / "reference" / "voice-format.md").read_text(encoding="utf-8")
    frames, part = (bytes.fromhex(each) for each in re.findall(r"```hex\n([^`]*)```", text))
    assert packed(frames, MODES["700C"]) == part
    assert unpacked(part, MODES["700C"]) == frames


def test_the_documented_modes_are_those_that_there_are() -> None:
    """The table of modes in the reference has each mode with its bits, its time and the bytes of 30 s."""
    text = (ROOT / "docs" / "reference" / "voice-format.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| `(\w+)` \| (\d+) \| (\d+) ms \| ([\d ]+) bytes \|", text)
    told = {name: (int(bits), int(ms), int(size.replace(" ", ""))) for name, bits, ms, size in rows}
    assert told == {
        mode.name: (mode.frame_bits, mode.frame_ms, packed_bytes(30_000, mode)) for mode in MODES.values()
    }


def test_half_a_minute_of_speech_is_as_small_as_promised() -> None:
    """30 s of speech have 2 625 bytes in Codec2 700C, and at most 25.7 kB in Opus at 6 kbit/s."""
    recording = half_minute()
    thin = voice.encode(EncodeSound(recording, "codec2-700c"))
    assert (len(thin.data), thin.duration_ms) == (2625, 30_000)
    own = voice.encode(EncodeSound(recording, "opus-6"))
    assert len(own.data) <= 25_700


@pytest.mark.parametrize("choice", sorted(voice.CHOICES))
def test_a_choice_says_beforehand_how_large_it_will_be(choice: str) -> None:
    """A recording of speech is in no choice larger than its estimate, and not much smaller."""
    chosen = voice.CHOICES[choice]
    made = voice.encode(EncodeSound(SPEECH, choice))
    assert made.media_type == chosen.media_type
    assert 0.6 * chosen.estimate(made.duration_ms) <= len(made.data) <= chosen.estimate(made.duration_ms)
    if mode_of(made.media_type):
        assert len(made.data) == chosen.estimate(made.duration_ms)


@pytest.mark.parametrize(("choice", "step_ms"), [("opus-6", 1100), ("codec2-700c", 40), ("codec2-2400", 20)])
def test_what_has_come_of_a_voice_can_be_played(choice: str, step_ms: int) -> None:
    """The first half of the bytes plays nearly half of the time, and each byte more never less."""
    made = voice.encode(EncodeSound(half_minute(), choice))
    played = [
        voice.decode(DecodeSound(made.data[: len(made.data) * part // 8], made.media_type)).duration_ms
        for part in range(1, 9)
    ]
    assert played == sorted(played)
    assert abs(played[3] - 15_000) <= step_ms + 800  # The bytes of Opus are not spread evenly.
    assert abs(played[-1] - 30_000) <= step_ms


def test_a_song_keeps_both_its_channels() -> None:
    """A recording of two channels has two in the choice for songs, and one in those for speech."""
    song = voice.encode(EncodeSound(wav(2, 44_100, 2), "opus-64"))
    assert soundfile.info(BytesIO(song.data)).channels == 2
    speech = voice.encode(EncodeSound(wav(2, 44_100, 2), "opus-12"))
    assert soundfile.info(BytesIO(speech.data)).channels == 1
    assert abs(song.duration_ms - 2000) <= 1


@pytest.mark.parametrize(
    ("recording", "told"),
    [
        (b"", "0 bytes"),
        (b"<script>alert(1)</script>" * 40, "no recording"),
        (SPEECH[:40], "no recording"),
        (wav(0), "no sound"),
    ],
)
def test_what_is_no_recording_is_refused_in_words(recording: bytes, told: str) -> None:
    """An empty file, words, a file cut off in its header, and one of no samples are refused with a reason."""
    with pytest.raises(InputError, match=told):
        voice.encode(EncodeSound(recording, "opus-6"))


def test_a_recording_of_hours_is_refused_before_it_is_decoded() -> None:
    """A file whose header claims more than half an hour is refused by that; so is a Codec2 part of hours."""
    silence = BytesIO()
    soundfile.write(silence, np.zeros((SOUND_MAX_S + 60) * 1000, np.int16), 1000, format="FLAC")
    with pytest.raises(InputError, match="30 minutes"):
        voice.decode(DecodeSound(silence.getvalue(), "audio/flac"))
    hours = bytes(packed_bytes(SOUND_MAX_S * 1000 + 60_000, MODES["700C"]))
    with pytest.raises(InputError, match="30 minutes"):
        voice.decode(DecodeSound(hours, MODES["700C"].media_type))


@pytest.mark.parametrize(
    ("media_type", "mode"),
    [
        ("audio/x-codec2; mode=700C", "700C"),
        ('AUDIO/X-CODEC2;mode="2400"', "2400"),
        ("audio/x-codec2", None),
        ("audio/x-codec2; mode=9", None),
        ("audio/ogg; codecs=opus", None),
    ],
)
def test_a_media_type_names_its_mode(media_type: str, mode: str | None) -> None:
    """The mode is the parameter of the media type; without a known one there is none."""
    found = mode_of(media_type)
    assert (found.name if found else None) == mode
