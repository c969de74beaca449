"""Codec2 frames, packed: the bits of one after those of the other (`docs/reference/voice-format.md`).

The codec's own library gives each frame in whole bytes. A frame of 700C has 28 bits, so one bit in eight
would be empty: on a link of 209 bit/s that is 14 s of every 100.
"""

from __future__ import annotations

import msgspec
import numpy as np

MEDIA_TYPE = "audio/x-codec2"


class Codec2Mode(msgspec.Struct, frozen=True):
    """A mode of Codec2.

    Attributes:
        name: such as ``700C``, as the parameter of the media type has it.
        bit_rate: the number by which the library calls it, in bit/s.
        frame_bits: of one frame.
        frame_ms: how long a frame plays.
    """

    name: str
    bit_rate: int
    frame_bits: int
    frame_ms: int

    @property
    def frame_bytes(self) -> int:
        """Return the bytes of a frame as the library has it."""
        return -(-self.frame_bits // 8)

    @property
    def media_type(self) -> str:
        """Return the media type of frames of this mode."""
        return f"{MEDIA_TYPE}; mode={self.name}"


MODES = {
    mode.name: mode
    for mode in (
        Codec2Mode("700C", 700, 28, 40),
        Codec2Mode("1200", 1200, 48, 40),
        Codec2Mode("1300", 1300, 52, 40),
        Codec2Mode("1400", 1400, 56, 40),
        Codec2Mode("1600", 1600, 64, 40),
        Codec2Mode("2400", 2400, 48, 20),
        Codec2Mode("3200", 3200, 64, 20),
    )
}
"""All that codec2 1.0 and 1.2 have in common."""


def packed(frames: bytes, mode: Codec2Mode) -> bytes:
    """Return frames, each in whole bytes, without the empty bits between them, filled up at the end."""
    rows = np.frombuffer(frames, np.uint8).reshape(-1, mode.frame_bytes)
    bits = np.unpackbits(rows, axis=1)[:, : mode.frame_bits]
    return np.packbits(bits.reshape(-1)).tobytes()


def unpacked(data: bytes, mode: Codec2Mode) -> bytes:
    """Return packed frames each in whole bytes; of one that is not there whole, nothing."""
    bits = np.unpackbits(np.frombuffer(data, np.uint8))
    count = bits.size // mode.frame_bits
    rows = bits[: count * mode.frame_bits].reshape(count, mode.frame_bits)
    return np.packbits(rows, axis=1).tobytes()


def packed_bytes(duration_ms: int, mode: Codec2Mode) -> int:
    """Return how many bytes a recording has."""
    frames = -(-duration_ms // mode.frame_ms)
    return -(-frames * mode.frame_bits // 8)


def mode_of(media_type: str) -> Codec2Mode | None:
    """Return the mode that a media type names; None where it is of another codec, or of an unknown mode."""
    kind, _, parameters = media_type.partition(";")
    if kind.strip().lower() != MEDIA_TYPE:
        return None
    named = dict(each.strip().partition("=")[::2] for each in parameters.split(";"))
    return MODES.get(named.get("mode", "").strip('"').upper())
