"""Bundles written by hand, field by field, so that any field can be wrong.

The checksums are computed bit by bit from their definitions, not by the library that the code uses.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from starlight.errors import BundleError, CborError

AUTHORITIES = Path(__file__).parent.parent / "authorities" / "bundle"

NULL = bytes.fromhex("820100")
FROM = bytes.fromhex("8202820701")  # ipn:7.1
TO = bytes.fromhex("8202820902")  # ipn:9.2
TIMESTAMP = bytes.fromhex("821b000000a8ffd11c0003")  # 2023-01-01T00:00:00Z, 3
LIFETIME = bytes.fromhex("1a05265c00")  # a day
ZERO_TIME = bytes.fromhex("820003")


def crc16_x25(data: bytes) -> int:
    """X-25: polynomial 0x1021 reflected, all ones before and after."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x8408 if value & 1 else 0)
    return value ^ 0xFFFF


def crc32c(data: bytes) -> int:
    """Castagnoli: polynomial 0x1EDC6F41 reflected, all ones before and after."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def block(
    fields: list[bytes], crc_type: int, *, head: bytes | None = None, indefinite: bool = False
) -> bytes:
    """Write a block of encoded fields with a right checksum of a type."""
    count = len(fields) + (crc_type != 0)
    head = b"\x9f" if indefinite else head or bytes((0x80 + count,))
    stop = b"\xff" if indefinite else b""
    body = head + b"".join(fields)
    if crc_type == 1:
        return body + b"\x42" + crc16_x25(body + b"\x42\0\0" + stop).to_bytes(2, "big") + stop
    if crc_type == 2:
        return body + b"\x44" + crc32c(body + b"\x44\0\0\0\0" + stop).to_bytes(4, "big") + stop
    return body + stop


def uint(value: int) -> bytes:
    """Encode an unsigned integer below 2**32."""
    if value < 24:
        return bytes((value,))
    if value < 256:
        return bytes((0x18, value))
    return b"\x19" + value.to_bytes(2, "big") if value < 65536 else b"\x1a" + value.to_bytes(4, "big")


def string(data: bytes) -> bytes:
    """Encode a byte string of less than 65 536 bytes."""
    head = uint(len(data))
    return bytes((head[0] | 0x40,)) + head[1:] + data


def primary(
    *,
    version: bytes = b"\x07",
    flags: bytes | int = 0,
    crc: int = 1,
    crc_type: bytes | None = None,
    to: bytes = TO,
    source: bytes = FROM,
    report_to: bytes = NULL,
    timestamp: bytes = TIMESTAMP,
    lifetime: bytes = LIFETIME,
    extra: bytes | None = None,
    head: bytes | None = None,
    indefinite: bool = False,
) -> bytes:
    """Write a primary block; any field can be given as encoded bytes.

    Args:
        crc: the type of the checksum that is computed.
        crc_type: what the CRC type field says; by default the same.
        extra: what comes between lifetime and CRC: fragment offset and total length.
    """
    fields = [
        version,
        uint(flags) if isinstance(flags, int) else flags,
        uint(crc) if crc_type is None else crc_type,
        to,
        source,
        report_to,
        timestamp,
        lifetime,
    ]
    if extra is not None:
        fields += [extra[:1], extra[1:]]
    return block(fields, crc, head=head, indefinite=indefinite)


def canonical(
    kind: bytes | int,
    number: bytes | int,
    data: bytes,
    *,
    flags: bytes | int = 0,
    crc: int = 0,
    crc_type: bytes | None = None,
    raw_data: bytes | None = None,
    head: bytes | None = None,
    indefinite: bool = False,
) -> bytes:
    """Write a canonical block; `raw_data` replaces the encoded byte string."""
    fields = [
        uint(kind) if isinstance(kind, int) else kind,
        uint(number) if isinstance(number, int) else number,
        uint(flags) if isinstance(flags, int) else flags,
        uint(crc) if crc_type is None else crc_type,
        string(data) if raw_data is None else raw_data,
    ]
    return block(fields, crc, head=head, indefinite=indefinite)


PAYLOAD = canonical(1, 1, b"hello", crc=1)


def bundle(*parts: bytes) -> bytes:
    """Write a bundle of encoded blocks."""
    return b"\x9f" + b"".join(parts) + b"\xff"


PLAIN = bundle(primary(), PAYLOAD)


def rfc9173() -> dict[str, bytes]:
    """Return the bundles of RFC 9173, appendix A, by section."""
    found: dict[str, bytes] = {}
    for paragraph in (AUTHORITIES / "rfc9173_appendix_a.txt").read_text().split("\n\n"):
        title, *lines = paragraph.strip().splitlines()
        found[title.split()[0]] = bytes.fromhex("".join(lines))
    return found


def refusal(
    read: Callable[[bytes], object], data: bytes, kind: type[BundleError | CborError] = BundleError
) -> BundleError | CborError | None:
    """Return the error of a kind with which bytes are refused, or None; any other exception escapes."""
    try:
        read(data)
    except kind as error:
        return error
    return None
