"""TCPCLv4's messages: bytes to values and values to bytes (RFC 9174, 4.2 to 6.1).

`read_contact` and `read_message` look at a buffer from an offset. They return the
value, or, when the buffer ends too early, how many octets from that offset are
needed before another look is worth while. That number is exact: a caller who
hands over no more than it asked for never holds the beginning of a next message,
and each message is looked at a bounded number of times however it is cut up.

A segment is read up to where its data begins; the data are the caller's to stream.
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct

import msgspec

from starlight.errors import LinkError

MAGIC = b"dtn!"
VERSION = 4
PORT = 4556
"""The registered port (RFC 9174, 4.1)."""

END = 0x01  # flags of XFER_SEGMENT and XFER_ACK (RFC 9174, table 5)
START = 0x02
REPLY = 0x01  # flag of SESS_TERM (RFC 9174, table 8)


class MessageType(IntEnum):
    """Message type codes (RFC 9174, table 2)."""

    XFER_SEGMENT = 0x01
    XFER_ACK = 0x02
    XFER_REFUSE = 0x03
    KEEPALIVE = 0x04
    SESS_TERM = 0x05
    MSG_REJECT = 0x06
    SESS_INIT = 0x07


class RefuseReason(IntEnum):
    """Reason codes of XFER_REFUSE (RFC 9174, table 6)."""

    UNKNOWN = 0x00
    COMPLETED = 0x01
    NO_RESOURCES = 0x02
    RETRANSMIT = 0x03
    NOT_ACCEPTABLE = 0x04
    EXTENSION_FAILURE = 0x05
    SESSION_TERMINATING = 0x06


class TermReason(IntEnum):
    """Reason codes of SESS_TERM (RFC 9174, table 9)."""

    UNKNOWN = 0x00
    IDLE_TIMEOUT = 0x01
    VERSION_MISMATCH = 0x02
    BUSY = 0x03
    CONTACT_FAILURE = 0x04
    RESOURCE_EXHAUSTION = 0x05


class RejectReason(IntEnum):
    """Reason codes of MSG_REJECT (RFC 9174, table 4); UNKNOWN stands for a code of no table."""

    UNKNOWN = 0x00
    TYPE_UNKNOWN = 0x01
    UNSUPPORTED = 0x02
    UNEXPECTED = 0x03


class _Message(msgspec.Struct, frozen=True, gc=False):
    pass


class ContactHeader(_Message, frozen=True):
    """The first six octets of each side (RFC 9174, 4.2)."""

    version: int
    flags: int
    size: int = 6


class SessInit(_Message, frozen=True):
    """SESS_INIT (RFC 9174, 4.6); `node_id` and `items` are still octets, `size` counts them all."""

    keepalive_s: int
    segment_mru: int
    transfer_mru: int
    node_id: bytes
    items: bytes
    size: int


class XferSegment(_Message, frozen=True):
    """XFER_SEGMENT (RFC 9174, 5.2.2) up to its data: `size` octets, then `length` octets of data."""

    flags: int
    transfer_id: int
    items: bytes
    length: int
    size: int


class XferAck(_Message, frozen=True):
    """XFER_ACK (RFC 9174, 5.2.3)."""

    flags: int
    transfer_id: int
    length: int
    size: int = 18


class XferRefuse(_Message, frozen=True):
    """XFER_REFUSE (RFC 9174, 5.2.4)."""

    reason: int
    transfer_id: int
    size: int = 10


class Keepalive(_Message, frozen=True):
    """KEEPALIVE (RFC 9174, 5.1.1)."""

    size: int = 1


class SessTerm(_Message, frozen=True):
    """SESS_TERM (RFC 9174, 6.1)."""

    flags: int
    reason: int
    size: int = 3


class MsgReject(_Message, frozen=True):
    """MSG_REJECT (RFC 9174, 5.1.2)."""

    reason: int
    rejected: int
    size: int = 3


class UnknownMessage(_Message, frozen=True):
    """A message header of no known type; nothing tells where the message ends."""

    type: int
    size: int = 1


Message = (
    SessInit
    | XferSegment
    | XferAck
    | XferRefuse
    | Keepalive
    | SessTerm
    | MsgReject
    | UnknownMessage
    | ContactHeader
)

_U32 = Struct("!I")
_U64 = Struct("!Q")
_SESS_INIT = Struct("!BHQQH")
_SEGMENT = Struct("!BBQQ")  # any but the first: header, flags, transfer id, data length
_SEGMENT_START = Struct("!BBQI")  # the first: header, flags, transfer id, length of extension items
_ACK = Struct("!BBQQ")
_REFUSE = Struct("!BBQ")
_KEEPALIVE = Keepalive()


def read_contact(buffer: bytes | bytearray, at: int) -> ContactHeader | int:
    """Read a contact header (RFC 9174, 4.2).

    Returns:
        The header, always of 6 octets, or how many octets are needed.

    Raises:
        LinkError: the magic string is not there; known from the first wrong octet.
    """
    # Whoever speaks another protocol shows it with its first octet; waiting for four would be a wait for
    # a peer that may itself be waiting.
    if buffer[at : at + 4] != MAGIC[: max(0, len(buffer) - at)]:
        raise LinkError('the contact header begins with "dtn!" (RFC 9174, 4.2)')
    if len(buffer) - at < 6:
        return 6
    return ContactHeader(buffer[at + 4], buffer[at + 5])


def read_message(buffer: bytes | bytearray, at: int, *, max_node_id: int, max_items: int) -> Message | int:
    """Read a message, a segment only up to its data.

    Args:
        buffer: holds at least one octet from `at` on.
        max_node_id: the longest node id to take, in octets.
        max_items: the longest list of extension items to take, in octets.

    Returns:
        The message, or how many octets from `at` on are needed to know more.

    Raises:
        LinkError: a length field passes a limit; its code is a reason to end the session.
    """
    # In the order of how often they come: a busy link is segments and acknowledgements.
    kind = buffer[at]
    have = len(buffer) - at
    if kind == MessageType.XFER_SEGMENT:
        return _read_segment(buffer, at, have, max_items)
    if kind == MessageType.XFER_ACK:
        return XferAck(*_ACK.unpack_from(buffer, at)[1:]) if have >= 18 else 18
    if kind == MessageType.KEEPALIVE:
        return _KEEPALIVE
    if kind == MessageType.XFER_REFUSE:
        return XferRefuse(*_REFUSE.unpack_from(buffer, at)[1:]) if have >= 10 else 10
    if kind == MessageType.SESS_TERM:
        return SessTerm(buffer[at + 1], buffer[at + 2]) if have >= 3 else 3
    if kind == MessageType.MSG_REJECT:
        return MsgReject(buffer[at + 1], buffer[at + 2]) if have >= 3 else 3
    if kind == MessageType.SESS_INIT:
        return _read_init(buffer, at, have, max_node_id, max_items)
    return UnknownMessage(kind)


def _read_segment(buffer: bytes | bytearray, at: int, have: int, max_items: int) -> XferSegment | int:
    items_length: int
    if have < 2:
        return 2
    if not buffer[at + 1] & START:
        if have < 18:
            return 18
        _, flags, transfer_id, length = _SEGMENT.unpack_from(buffer, at)
        return XferSegment(flags, transfer_id, b"", length, 18)
    if have < 14:
        return 14
    _, flags, transfer_id, items_length = _SEGMENT_START.unpack_from(buffer, at)
    if items_length > max_items:
        raise LinkError(
            f"transfer extension items of {items_length} octets pass the limit of {max_items}",
            TermReason.RESOURCE_EXHAUSTION,
        )
    size = 22 + items_length
    if have < size:
        return size
    items = bytes(buffer[at + 14 : at + 14 + items_length])
    return XferSegment(flags, transfer_id, items, _U64.unpack_from(buffer, at + size - 8)[0], size)


def _read_init(
    buffer: bytes | bytearray, at: int, have: int, max_node_id: int, max_items: int
) -> SessInit | int:
    id_length: int
    items_length: int
    if have < 21:
        return 21
    _, keepalive_s, segment_mru, transfer_mru, id_length = _SESS_INIT.unpack_from(buffer, at)
    if id_length > max_node_id:
        raise LinkError(
            f"a node id of {id_length} octets passes the limit of {max_node_id}", TermReason.CONTACT_FAILURE
        )
    if have < 25 + id_length:
        return 25 + id_length
    node_id = bytes(buffer[at + 21 : at + 21 + id_length])
    (items_length,) = _U32.unpack_from(buffer, at + 21 + id_length)
    if items_length > max_items:
        raise LinkError(
            f"session extension items of {items_length} octets pass the limit of {max_items}",
            TermReason.CONTACT_FAILURE,
        )
    size = 25 + id_length + items_length
    if have < size:
        return size
    items = bytes(buffer[at + size - items_length : at + size])
    return SessInit(keepalive_s, segment_mru, transfer_mru, node_id, items, size)


def contact_header() -> bytes:
    """Write a contact header of version 4; all flags are 0, so TLS is not offered (RFC 9174, 4.2)."""
    return MAGIC + bytes((VERSION, 0))


def sess_init(
    keepalive_s: int, segment_mru: int, transfer_mru: int, node_id: bytes, items: bytes = b""
) -> bytes:
    """Write a SESS_INIT (RFC 9174, 4.6); MRUs in octets."""
    head = _SESS_INIT.pack(MessageType.SESS_INIT, keepalive_s, segment_mru, transfer_mru, len(node_id))
    return head + node_id + _U32.pack(len(items)) + items


def segment_head(flags: int, transfer_id: int, length: int, items: bytes = b"") -> bytes:
    """Write an XFER_SEGMENT up to its data of `length` octets (RFC 9174, 5.2.2)."""
    if flags & START:
        head = _SEGMENT_START.pack(MessageType.XFER_SEGMENT, flags, transfer_id, len(items))
        return head + items + _U64.pack(length)
    return _SEGMENT.pack(MessageType.XFER_SEGMENT, flags, transfer_id, length)


def xfer_ack(flags: int, transfer_id: int, length: int) -> bytes:
    """Write an XFER_ACK of `length` octets received so far (RFC 9174, 5.2.3)."""
    return _ACK.pack(MessageType.XFER_ACK, flags, transfer_id, length)


def xfer_refuse(reason: int, transfer_id: int) -> bytes:
    """Write an XFER_REFUSE (RFC 9174, 5.2.4)."""
    return _REFUSE.pack(MessageType.XFER_REFUSE, reason, transfer_id)


def keepalive() -> bytes:
    """Write a KEEPALIVE (RFC 9174, 5.1.1)."""
    return bytes((MessageType.KEEPALIVE,))


def sess_term(reason: int, *, reply: bool = False) -> bytes:
    """Write a SESS_TERM (RFC 9174, 6.1)."""
    return bytes((MessageType.SESS_TERM, REPLY if reply else 0, reason))


def msg_reject(reason: int, rejected: int) -> bytes:
    """Write a MSG_REJECT of the message whose header is `rejected` (RFC 9174, 5.1.2)."""
    return bytes((MessageType.MSG_REJECT, reason, rejected))
