"""Films of a few bytes, as cameras and browsers lay them out; nothing in them can be seen."""

from __future__ import annotations

import struct


def box(name: bytes, *content: bytes, wide: bool = False) -> bytes:
    """Return a box of MP4 (ISO/IEC 14496-12, 4.2); a wide one has its size in 64 bits."""
    data = b"".join(content)
    if wide:
        return struct.pack(">I4sQ", 1, name, 16 + len(data)) + data
    return struct.pack(">I4s", 8 + len(data), name) + data


def movie_header(scale: int, lasts: int, *, wide: bool = False) -> bytes:
    """Return the `mvhd` of a film: so many units, of which a second has so many."""
    form = ">B3xQQIQ" if wide else ">B3xIIII"
    return box(b"mvhd", struct.pack(form, int(wide), 1, 2, scale, lasts), bytes(80))


def mp4(lasts_s: float, *, size: int = 40_000, at_end: bool = False, wide: bool = False) -> bytes:
    """Return an MP4 that plays so long; many cameras write its header after its pictures."""
    movie = box(b"moov", movie_header(600, round(lasts_s * 600), wide=wide), box(b"trak", bytes(64)))
    film = box(b"mdat", bytes(size), wide=wide)
    return box(b"ftyp", b"isom\0\0\2\0mp42") + (film + movie if at_end else movie + film)


def element(name: bytes, *content: bytes, size: bytes | None = None) -> bytes:
    """Return an element of EBML (RFC 8794); its size in eight bytes where none is given."""
    data = b"".join(content)
    return name + (struct.pack(">Q", 1 << 56 | len(data)) if size is None else size) + data


def webm(lasts_s: float | None, *, scale: int = 1_000_000, live: bool = False, size: int = 40_000) -> bytes:
    """Return a WebM that plays so long; None for one that does not say, as browsers record them."""
    told = b"" if lasts_s is None else element(b"\x44\x89", struct.pack(">d", lasts_s * 1e9 / scale))
    info = element(b"\x15\x49\xa9\x66", element(b"\x2a\xd7\xb1", scale.to_bytes(4, "big")), told)
    unknown = b"\x01" + b"\xff" * 7 if live else None
    cluster = element(b"\x1f\x43\xb6\x75", bytes(size))
    head = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", b"webm"))
    return head + element(b"\x18\x53\x80\x67", element(b"\xec", bytes(30)), info, cluster, size=unknown)
