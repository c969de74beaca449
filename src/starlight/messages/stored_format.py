"""The format of stored records: each carries the version in which it was written, apart from the wire's.

A record is a MessagePack array of two, a version and what was kept. Records of version 1 have no such
frame: a map, where this begins with the byte of an array of two.
"""

from __future__ import annotations

import msgspec

from starlight.messages import older_records
from starlight.messages.dispatch import Sent

SENT_VERSION = 2
"""Since version 2 the course of a letter is kept by its dispatches."""

_FRAME = b"\x92"  # MessagePack's array of two
_DECODE_SENT = msgspec.msgpack.Decoder(tuple[int, Sent])


def encode_sent(sent: Sent) -> bytes:
    """Return what is known of the course of a letter as a record."""
    return msgspec.msgpack.encode((SENT_VERSION, sent))


def decode_sent(data: bytes) -> Sent:
    """Return what is known of the course of a letter from a record of this or an earlier version.

    Raises:
        msgspec.DecodeError: it is no such record.
    """
    if not data.startswith(_FRAME):
        return older_records.decode_sent(data)
    version, sent = _DECODE_SENT.decode(data)
    if version != SENT_VERSION:
        raise msgspec.ValidationError(f"version {version}; this Starlight reads 1 to {SENT_VERSION}")
    return sent
