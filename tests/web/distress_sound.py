"""The sound of a distress call, synthesised: two rising tones, twice, soft at both ends, in 1.6 s.

``python tests/web/distress_sound.py`` writes it to where the page has it.
"""

from __future__ import annotations

import io
import math
import wave
from pathlib import Path

RATE_HZ = 16_000
TONES_HZ = (587.33, 880.0, 587.33, 880.0)
TONE_S = 0.4
FADE_S = 0.04
LOUDNESS = 0.35
SHIPPED = Path(__file__).parents[2] / "src/starlight/web/static/distress.wav"


def sound() -> bytes:
    """Return it as a WAV file: mono, 8 bits a sample, 16 000 Hz."""
    per_tone = int(RATE_HZ * TONE_S)
    samples = bytearray()
    for tone in TONES_HZ:
        for number in range(per_tone):
            at = number / RATE_HZ
            fade = min(1.0, at / FADE_S, (TONE_S - at) / FADE_S)
            wave_ = math.sin(2 * math.pi * tone * at) + 0.3 * math.sin(4 * math.pi * tone * at)
            samples.append(128 + round(127 * LOUDNESS * fade * wave_))
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(RATE_HZ)
        file.writeframes(bytes(samples))
    return made.getvalue()


if __name__ == "__main__":
    SHIPPED.write_bytes(sound())
