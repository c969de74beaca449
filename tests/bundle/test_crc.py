"""Checksums (RFC 9171, 4.2.1 and 4.2.2)."""

from __future__ import annotations

import pytest
from tests.bundle import wire

from starlight.bundle import crc


def test_crc32c_of_rfc7143() -> None:
    """For examples of CRC32C CRCs, see Appendix A.4 of [RFC7143]."""
    inputs = (bytes(32), b"\xff" * 32, bytes(range(32)), bytes(range(31, -1, -1)))
    lines = (wire.AUTHORITIES / "rfc7143_appendix_a4.txt").read_text().splitlines()
    for data, line in zip(inputs, lines, strict=True):
        expected = int.from_bytes(bytes.fromhex(line.split(": ")[1]), "little")
        assert crc.checksum(crc.CRC32C, data) == expected


def test_crc16_check_value() -> None:
    """1 indicates "a standard X-25 CRC-16 is present"; its published check value is 0x906E."""
    assert crc.checksum(crc.CRC16, b"123456789") == 0x906E == wire.crc16_x25(b"123456789")


@pytest.mark.parametrize("crc_type", [crc.CRC16, crc.CRC32C])
@pytest.mark.parametrize("size", [0, 100, 4060, 4096, 5000, 100_000])
@pytest.mark.parametrize("stop", [b"", b"\xff"])
def test_large_blocks_are_checked_like_small_ones(crc_type: int, size: int, stop: bytes) -> None:
    """Whether a block is copied or hashed in pieces, the same checksum holds."""
    body = b"\x9f" + bytes(size)
    zeroed = (b"", b"\x42\0\0", b"\x44\0\0\0\0")[crc_type]
    function = (None, wire.crc16_x25, wire.crc32c)[crc_type]
    assert function is not None
    value = function(body + zeroed + stop).to_bytes(len(zeroed) - 1, "big")
    data = b"before" + body + zeroed[:1] + value + stop + b"after"
    field = 6 + len(body)
    end = field + len(zeroed) + len(stop)
    assert crc.holds(crc_type, data, 6, field, end)
    assert not crc.holds(crc_type, data[:7] + b"\1" + data[8:], 6, field, end) or not size
    assert crc.seal(crc_type, body) == body + zeroed[:1] + function(body + zeroed).to_bytes(
        len(zeroed) - 1, "big"
    )
    assert crc.seal(crc.NONE, body) == body
    assert crc.seal(crc_type, body) == body + crc.field(crc_type, body[:1], body[1:])
    assert crc.field(crc.NONE, body[:1], body[1:]) == b""
