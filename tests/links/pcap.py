"""A capture file of one TCP connection, or of datagrams, written by hand so that a foreign dissector can
judge our octets.

Formats: libpcap's file format (draft-ietf-opsawg-pcap, link type 1), Ethernet II, IPv4 (RFC 791), TCP (RFC
    9293).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

_ACTIVE = (bytes((127, 0, 0, 1)), 49_152)
_PASSIVE = (bytes((127, 0, 0, 2)), 4_556)
_TCP, _UDP = 6, 17  # protocol numbers
_MSS = 1_448  # TCP data in an Ethernet frame of 1 500 with options


def _sum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def _frame(
    source: tuple[bytes, int], target: tuple[bytes, int], seq: int, ack: int, flags: int, data: bytes
) -> bytes:
    head = struct.pack("!HHIIBBHHH", source[1], target[1], seq, ack, 5 << 4, flags, 65_535, 0, 0)
    pseudo = source[0] + target[0] + struct.pack("!BBH", 0, _TCP, len(head) + len(data))
    head = head[:16] + struct.pack("!H", _sum(pseudo + head + data)) + head[18:]
    return _packet(source, target, _TCP, head + data)


def _packet(source: tuple[bytes, int], target: tuple[bytes, int], protocol: int, data: bytes) -> bytes:
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(data), 0, 0x4000, 64, protocol, 0) + source[0] + target[0]
    ip = ip[:10] + struct.pack("!H", _sum(ip)) + ip[12:]
    return bytes(12) + b"\x08\x00" + ip + data


def capture(said: Iterable[tuple[bool, bytes]]) -> bytes:
    """Return a capture file of what was said: pairs of whether the active side spoke, and its octets."""
    frames: list[bytes] = []
    sent = {True: 1_000, False: 2_000}
    ends = {True: (_ACTIVE, _PASSIVE), False: (_PASSIVE, _ACTIVE)}

    def add(active: bool, flags: int, data: bytes = b"", size: int = 0) -> None:
        source, target = ends[active]
        acknowledged = sent[not active] if flags & 0x10 else 0
        frames.append(_frame(source, target, sent[active], acknowledged, flags, data))
        sent[active] += len(data) + size

    add(True, 0x02, size=1)  # SYN
    add(False, 0x12, size=1)
    add(True, 0x10)
    for active, octets in said:
        for at in range(0, len(octets), _MSS):
            add(active, 0x18, octets[at : at + _MSS])
    add(True, 0x11, size=1)  # FIN
    add(False, 0x11, size=1)
    add(True, 0x10)
    return _file(frames)


def capture_datagrams(said: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Return a capture file of UDP datagrams (RFC 768): source port, destination port and data of each."""
    frames = []
    for source_port, target_port, data in said:
        source, target = (_ACTIVE[0], source_port), (_PASSIVE[0], target_port)
        size = 8 + len(data)
        pseudo = source[0] + target[0] + struct.pack("!BBH", 0, _UDP, size)
        head = struct.pack("!HHHH", source_port, target_port, size, 0)
        head = head[:6] + struct.pack("!H", _sum(pseudo + head + data))
        frames.append(_packet(source, target, _UDP, head + data))
    return _file(frames)


def _file(frames: list[bytes]) -> bytes:
    packets = b"".join(
        struct.pack("<IIII", 1_000_000_000, number * 1000, len(frame), len(frame)) + frame
        for number, frame in enumerate(frames)
    )
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1) + packets
