"""Checksums of blocks (RFC 9171, 4.2.1 and 4.2.2): X-25 CRC-16 and Castagnoli CRC-32."""

from __future__ import annotations

from typing import Final

from fastcrc import crc16, crc32

NONE: Final = 0
CRC16: Final = 1
CRC32C: Final = 2

SIZES: Final = (0, 2, 4)  # bytes of the checksum, by CRC type

# The CRC field as it is hashed: "temporarily populated with all bytes set to zero" (4.3.1, 4.3.2).
_ZEROED: Final = (b"", b"\x42\0\0", b"\x44\0\0\0\0")

_SMALL = 4096  # Below this a copy is cheaper than a second call with a view.


def checksum(crc_type: int, data: bytes | memoryview, initial: int | None = None) -> int:
    """Return the checksum of data, continued from `initial` when given."""
    function = crc32.iscsi if crc_type == CRC32C else crc16.ibm_sdlc
    value: int = function(data, initial)
    return value


def seal(crc_type: int, block: bytes) -> bytes:
    """Return a block with its CRC field.

    Args:
        block: the encoded array head and fields, all but the CRC; the head already counts it.
    """
    if crc_type == CRC32C:
        return block + b"\x44" + crc32.iscsi(block + b"\x44\0\0\0\0").to_bytes(4, "big")
    if crc_type == CRC16:
        return block + b"\x42" + crc16.ibm_sdlc(block + b"\x42\0\0").to_bytes(2, "big")
    return block


def field(crc_type: int, head: bytes, data: bytes) -> bytes:
    """Return the CRC field of a block whose encoding is `head`, then `data`, then the field.

    Large data are hashed where they lie, not copied behind their head.
    """
    if len(data) <= _SMALL:
        return seal(crc_type, head + data)[len(head) + len(data) :]
    if crc_type == NONE:
        return b""
    value = checksum(crc_type, _ZEROED[crc_type], checksum(crc_type, data, checksum(crc_type, head)))
    return _ZEROED[crc_type][:1] + value.to_bytes(SIZES[crc_type], "big")


def holds(crc_type: int, data: bytes, start: int, field: int, end: int) -> bool:
    """Say whether a received block's checksum is right.

    Args:
        start, end: the block's byte range in data.
        field: where its CRC field, with the head of the byte string, starts.
    """
    zeroed = _ZEROED[crc_type]
    after = field + len(zeroed)
    if end - start <= _SMALL:
        computed = checksum(crc_type, data[start:field] + zeroed + data[after:end])
    else:
        view = memoryview(data)
        computed = checksum(crc_type, zeroed, checksum(crc_type, view[start:field]))
        if after != end:  # An indefinite-length array's break is hashed too.
            computed = checksum(crc_type, view[after:end], computed)
    return computed == int.from_bytes(data[field + 1 : after], "big")
