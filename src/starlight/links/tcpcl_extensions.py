"""Extension items of TCPCLv4, in SESS_INIT and in a transfer's first segment (RFC 9174, 4.8 and 5.2.5).

An item that is marked critical must be understood or refused; any other may be skipped, which is what lets
ours pass by every other implementation: the clock and the greeting in SESS_INIT, and the departure of a
transfer. Clock and departure both have the number 0x8A57, each in a registry of its own (RFC 9174, 8.3 and
8.4), so they are two types.
"""

from __future__ import annotations

from struct import Struct, error

import msgspec

from starlight.errors import LinkError
from starlight.links.tcpcl_messages import RefuseReason

CRITICAL = 0x01  # flag of an extension item (RFC 9174, tables 3 and 7)

TRANSFER_LENGTH = 0x0001
"""The transfer extension that announces the whole size, u64 octets (RFC 9174, 5.2.5.1)."""

DEPARTURE_EXTENSION = 0x8A57
"""Our transfer extension: mission time at which the last byte left, u64 ns since 2000-01-01T00:00:00Z.

It lies in the range for private use (RFC 9174, 8.4), is never critical, and lets a receiver
that imposes light time do so exactly.
"""

CLOCK_EXTENSION = 0x8A57
"""Our session extension: the mission time of its SESS_INIT, u64 ns since 2000-01-01T00:00:00Z.

It lies in the range for private use (RFC 9174, 8.3) and is never critical. A SESS_INIT answers a message
of the other side, so each has a reading of the other's clock between two of its own, whatever the way takes.
"""

GREETING_EXTENSION = 0x8A58
"""Our session extension for what the nodes tell each other as a session begins, which no link looks into.

It lies in the range for private use (RFC 9174, 8.3) and is never critical.
"""

GREETING_MAX = 3_072
"""Octets of a greeting: with the other items it stays below the 4 096 that earlier versions take as a list
(`TcpclConfig.max_items`)."""

_ITEM = Struct("!BHH")
_U64 = Struct("!Q")


class Extension(msgspec.Struct, frozen=True, gc=False):
    """A session or transfer extension item (RFC 9174, 4.8 and 5.2.5).

    Attributes:
        type: 0x0001 to 0x7FFF registered, 0x8000 to 0xFFFF for private use.
        data: at most 65 535 octets.
        critical: the receiver must handle it or refuse.
    """

    type: int
    data: bytes
    critical: bool = False


def read_items(octets: bytes) -> tuple[Extension, ...]:
    """Read a list of extension items (RFC 9174, 4.8 and 5.2.5).

    Raises:
        LinkError: the items disagree with the length of their list.
    """
    items = []
    at = 0
    # The list's own length rules: an item that reaches beyond it would read what belongs to the next field.
    while at < len(octets):
        try:
            flags, kind, length = _ITEM.unpack_from(octets, at)
        except error:
            raise LinkError("an extension item's head ends with its list (RFC 9174, 4.8)") from None
        at += 5
        if at + length > len(octets):
            raise LinkError("the last item claims more octets than the list has (RFC 9174, 4.6, 5.2.2)")
        items.append(Extension(kind, octets[at : at + length], bool(flags & CRITICAL)))
        at += length
    return tuple(items)


def write_items(items: tuple[Extension, ...]) -> bytes:
    """Write a list of extension items (RFC 9174, 4.8 and 5.2.5)."""
    return b"".join(
        _ITEM.pack(CRITICAL if item.critical else 0, item.type, len(item.data)) + item.data for item in items
    )


def transfer_length(octets: int) -> Extension:
    """Return the item that announces a transfer's whole size (RFC 9174, 5.2.5.1)."""
    return Extension(TRANSFER_LENGTH, _U64.pack(octets))


def departure(last_byte: int) -> Extension:
    """Return the item that says when the last byte left, in ns since 2000-01-01T00:00:00Z."""
    return Extension(DEPARTURE_EXTENSION, _U64.pack(last_byte))


def clock_reading(mission: int) -> Extension:
    """Return the item that tells our clock's reading, in ns since 2000-01-01T00:00:00Z."""
    return Extension(CLOCK_EXTENSION, _U64.pack(mission))


def u64(item: Extension) -> int:
    """Return the value of an item that holds one u64.

    Raises:
        LinkError: it holds anything else.
    """
    if len(item.data) != 8:
        raise LinkError(
            f"extension {item.type:#06x} has 8 octets, not {len(item.data)}", RefuseReason.EXTENSION_FAILURE
        )
    return int.from_bytes(item.data, "big")
