"""Values that programs send each other in a part of a letter: JSON, compressed, read behind bounds.

What comes from elsewhere is read by the types of a struct. A struct that is read so says with its own checks
what its numbers may be; JSON knows no NaN and no infinity, so none comes in.
"""

from __future__ import annotations

import zlib
from typing import Annotated, TypeVar

import msgspec

from starlight.errors import PeerError

PACKED_MAX_BYTES = 1 << 20
UNPACKED_MAX_BYTES = 8 << 20
"""A map of 4 000 sectors at 50 moments has 1 MB of digits; this is read in a tenth of a second."""

Moment = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A time in ns, as a field of such a struct."""

Words = Annotated[str, msgspec.Meta(max_length=200)]
"""A name, or a sentence."""

Kind = TypeVar("Kind")


def pack(value: msgspec.Struct) -> bytes:
    """Return a value as the bytes of a part."""
    return zlib.compress(msgspec.json.encode(value), 9)


def unpack(data: bytes, kind: type[Kind]) -> Kind:
    """Return the value in the bytes of a part.

    Args:
        data: what came.
        kind: the struct that it is read as.

    Raises:
        PeerError: the bytes are no such value, or too many.
    """
    if len(data) > PACKED_MAX_BYTES:
        raise PeerError(f"a part of {len(data)} bytes; at most {PACKED_MAX_BYTES} are read")
    try:
        reader = zlib.decompressobj()
        raw = reader.decompress(data, UNPACKED_MAX_BYTES + 1)
    except zlib.error as error:
        raise PeerError(f"the part does not unpack: {error}") from None
    if len(raw) > UNPACKED_MAX_BYTES or not reader.eof or reader.unused_data:
        raise PeerError(f"the part does not unpack to at most {UNPACKED_MAX_BYTES} bytes")
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise PeerError(f"the part is no {kind.__name__}: {error}") from None
