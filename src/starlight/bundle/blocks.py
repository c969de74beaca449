"""Canonical blocks, and what the extension blocks of RFC 9171 say (4.3.2 and 4.4)."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from functools import lru_cache

import msgspec

from starlight.bundle import crc, eid
from starlight.bundle.cbor import encode_array_head, encode_head, encode_uint
from starlight.bundle.decoder import BYTES, Decoder
from starlight.bundle.eid import EndpointID
from starlight.bundle.policy import LIMITS, Policy
from starlight.bundle.primary import read_crc
from starlight.errors import BundleError, CborError


class BlockType(IntEnum):
    """Block type codes that this node knows (RFC 9171, 9.1; RFC 9172, 11.1; for 193 see `service`)."""

    PAYLOAD = 1
    PREVIOUS_NODE = 6
    BUNDLE_AGE = 7
    HOP_COUNT = 10
    BLOCK_INTEGRITY = 11
    BLOCK_CONFIDENTIALITY = 12
    QUALITY_OF_SERVICE = 193


class BlockFlags(IntFlag):
    """Block processing control flags (RFC 9171, 4.2.4)."""

    REPLICATE = 0x01
    REPORT = 0x02
    DELETE_BUNDLE = 0x04
    DISCARD = 0x10


# Plain integers for the hot path.
PAYLOAD = BlockType.PAYLOAD.value
PREVIOUS_NODE = BlockType.PREVIOUS_NODE.value
BUNDLE_AGE = BlockType.BUNDLE_AGE.value
HOP_COUNT = BlockType.HOP_COUNT.value
INTEGRITY = BlockType.BLOCK_INTEGRITY.value
CONFIDENTIALITY = BlockType.BLOCK_CONFIDENTIALITY.value
QUALITY_OF_SERVICE = BlockType.QUALITY_OF_SERVICE.value
REPLICATE = BlockFlags.REPLICATE.value
REPORT = BlockFlags.REPORT.value
DELETE_BUNDLE = BlockFlags.DELETE_BUNDLE.value
DISCARD = BlockFlags.DISCARD.value
KNOWN_FLAGS = REPLICATE | REPORT | DELETE_BUNDLE | DISCARD


class CanonicalBlock(msgspec.Struct, frozen=True, gc=False):
    """Any block but the primary one.

    Attributes:
        type: the block type code; `BlockType` where this node knows it.
        number: what other blocks call it; the payload's is 1.
        flags: block processing control flags, as `BlockFlags` numbers them.
        crc_type: 0 none, 1 X-25 CRC-16, 2 CRC-32C.
        data: the block-type-specific data; of the payload block, the payload.
        start, end: its byte range in the bundle that it was decoded from; 0, 0 if it was not.
    """

    type: int
    number: int
    flags: int
    crc_type: int
    data: bytes
    start: int = 0
    end: int = 0

    def with_data(self, data: bytes) -> CanonicalBlock:
        """Return the block with other data; it has no byte range any more and is encoded anew."""
        return CanonicalBlock(self.type, self.number, self.flags, self.crc_type, data)


def encode(block: CanonicalBlock) -> bytes:
    """Encode a block canonically, with a fresh checksum."""
    return b"".join(pieces(block))


def pieces(block: CanonicalBlock) -> tuple[bytes, bytes, bytes]:
    """Return the three parts of a block's encoding: what precedes its data, the data, and the CRC field."""
    head = (
        (b"\x86" if block.crc_type else b"\x85")
        + encode_uint(block.type)
        + encode_uint(block.number)
        + encode_uint(block.flags)
        + encode_uint(block.crc_type)
        + encode_head(BYTES, len(block.data))
    )
    return head, block.data, crc.field(block.crc_type, head, block.data)


def read(decoder: Decoder, policy: Policy, *, check_crc: bool = True) -> CanonicalBlock:
    """Read a canonical block.

    Args:
        check_crc: False for bytes that were checked when they were received.

    Raises:
        BundleError, CborError: it breaks a rule that the policy does not waive.
    """
    start = decoder.pos
    # Type, number, flags and CRC type nearly always take a byte each and are the same few combinations,
    # so five bytes are looked up at once. Anything else is read item by item, with the same checks.
    head = _usual_head(decoder.data[start : start + 5])
    if head is not None:
        decoder.pos = start + 5
        length: int | None
        length, kind, number, flags, crc_type = head
    else:
        length = decoder.array()
        kind = decoder.uint()
        number = decoder.uint()
        flags = decoder.uint()
        crc_type = decoder.uint()
    if crc_type > crc.CRC32C:
        raise BundleError(start, "RFC 9171, 4.2.1: CRC type 0, 1, 2 (and no others) are valid")
    if flags & ~KNOWN_FLAGS and not policy.reserved_block_flags:
        raise BundleError(start, "RFC 9171, 4.2.4: a reserved or unassigned block flag is set")
    data = decoder.byte_string()
    field = decoder.pos
    read_crc(decoder, crc_type)
    fields = 6 if crc_type else 5
    decoder.close(length, fields, start, "RFC 9171, 4.3.2: a block SHALL have 5 elements, 6 with a CRC")
    end = decoder.pos
    if check_crc and crc_type and not crc.holds(crc_type, decoder.data, start, field, end):
        raise BundleError(field, "RFC 9171, 4.3.2: the block's CRC does not match")
    return CanonicalBlock(kind, number, flags, crc_type, data, start, end)


@lru_cache(maxsize=4096)
def _usual_head(head: bytes) -> tuple[int, ...] | None:
    """Return array length, type, number, flags and CRC type where each takes one byte, as is usual."""
    if len(head) == 5 and 0x80 <= head[0] < 0x98 and max(head[1:]) < 24:
        return (head[0] - 0x80, *head[1:])
    return None


def previous_node_data(node: EndpointID) -> bytes:
    """Return the data of a previous node block (4.4.1)."""
    return node.wire


def bundle_age_data(age_ms: int) -> bytes:
    """Return the data of a bundle age block (4.4.2)."""
    return encode_uint(age_ms)


def hop_count_data(limit: int, count: int) -> bytes:
    """Return the data of a hop count block (4.4.3)."""
    return encode_array_head(2) + encode_uint(limit) + encode_uint(count)


def read_previous_node(block: CanonicalBlock, policy: Policy) -> EndpointID:
    """Return the node that forwarded the bundle here (4.4.1)."""
    decoder = _inside(block, policy)
    node = eid.read(decoder, policy)
    decoder.finish()
    if not policy.node_id_not_singleton and not node.is_singleton:
        raise BundleError(0, "RFC 9171, 4.4.1: the previous node is the id of a singleton endpoint")
    return node


def read_bundle_age(block: CanonicalBlock, policy: Policy) -> int:
    """Return the age in ms when the bundle was last forwarded (4.4.2)."""
    decoder = _inside(block, policy)
    age = decoder.uint()
    decoder.finish()
    return age


def read_hop_count(block: CanonicalBlock, policy: Policy) -> tuple[int, int]:
    """Return hop limit and hop count (4.4.3)."""
    decoder = _inside(block, policy)
    length = decoder.array()
    limit, count = decoder.uint(), decoder.uint()
    decoder.close(length, 2, 0, "RFC 9171, 4.4.3: a hop count SHALL be an array of two items")
    decoder.finish()
    if not 1 <= limit <= 255 and not policy.hop_limit_out_of_range:
        raise BundleError(0, "RFC 9171, 4.4.3: the hop limit MUST be in the range 1 through 255")
    return limit, count


def read_targets(block: CanonicalBlock) -> frozenset[int]:
    """Return the numbers of the blocks that a security block works on (RFC 9172, 3.6).

    Only that first field is read; nothing when the data are no abstract security block,
    as when they are encrypted themselves.
    """
    try:
        decoder = Decoder(block.data, LIMITS, canonical=False)
        length = decoder.array()
        if length is None or length > LIMITS.count:
            return frozenset()
        return frozenset([decoder.uint() for _ in range(length)])
    except CborError:
        return frozenset()


def _inside(block: CanonicalBlock, policy: Policy) -> Decoder:
    return Decoder(block.data, LIMITS, canonical=not policy.non_canonical_integers)
