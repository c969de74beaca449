"""The primary block (RFC 9171, 4.3.1)."""

from __future__ import annotations

from enum import IntFlag

import msgspec

from starlight.bundle import crc, eid
from starlight.bundle.cbor import encode_array_head, encode_uint
from starlight.bundle.decoder import Decoder
from starlight.bundle.eid import EndpointID
from starlight.bundle.policy import Policy
from starlight.errors import BundleError

VERSION = 7


class BundleFlags(IntFlag):
    """Bundle processing control flags (RFC 9171, 4.2.3)."""

    FRAGMENT = 0x01
    ADMIN_RECORD = 0x02
    MUST_NOT_FRAGMENT = 0x04
    ACKNOWLEDGEMENT_REQUESTED = 0x20
    STATUS_TIME = 0x40
    REPORT_RECEPTION = 0x4000
    REPORT_FORWARDING = 0x10000
    REPORT_DELIVERY = 0x20000
    REPORT_DELETION = 0x40000


# Plain integers, because flags are tested for every bundle and an IntFlag makes an object each time.
FRAGMENT = BundleFlags.FRAGMENT.value
ADMIN_RECORD = BundleFlags.ADMIN_RECORD.value
MUST_NOT_FRAGMENT = BundleFlags.MUST_NOT_FRAGMENT.value
STATUS_TIME = BundleFlags.STATUS_TIME.value
REPORTS = 0x4000 | 0x10000 | 0x20000 | 0x40000
KNOWN_FLAGS = REPORTS | 0x67


class PrimaryBlock(msgspec.Struct, frozen=True, gc=False):
    """The part of a bundle that is needed to forward it; it never changes on the way.

    Attributes:
        flags: bundle processing control flags, as `BundleFlags` numbers them.
        crc_type: 0 none, 1 X-25 CRC-16, 2 CRC-32C.
        creation_ms: DTN time in ms since 2000-01-01T00:00:00Z; 0 when the source has no clock.
        sequence: the creation timestamp's sequence number.
        lifetime_ms: ms past the creation time.
        fragment_offset: bytes from the start of the original data unit; None unless a fragment.
        total_length: bytes of the original data unit; None unless a fragment.
        start, end: the block's byte range in the bundle that it was decoded from; 0, 0 if it was not.
    """

    flags: int
    crc_type: int
    destination: EndpointID
    source: EndpointID
    report_to: EndpointID
    creation_ms: int
    sequence: int
    lifetime_ms: int
    fragment_offset: int | None = None
    total_length: int | None = None
    start: int = 0
    end: int = 0


def encode(block: PrimaryBlock) -> bytes:
    """Encode a primary block canonically, with a fresh checksum."""
    fields = 8 + (block.crc_type != crc.NONE)
    tail = b""
    if block.fragment_offset is not None and block.total_length is not None:
        fields += 2
        tail = encode_uint(block.fragment_offset) + encode_uint(block.total_length)
    body = (
        encode_array_head(fields)
        + b"\x07"
        + encode_uint(block.flags)
        + encode_uint(block.crc_type)
        + block.destination.wire
        + block.source.wire
        + block.report_to.wire
        + b"\x82"
        + encode_uint(block.creation_ms)
        + encode_uint(block.sequence)
        + encode_uint(block.lifetime_ms)
        + tail
    )
    return crc.seal(block.crc_type, body)


def read(decoder: Decoder, policy: Policy) -> PrimaryBlock:
    """Read a primary block and check what it says about itself.

    Raises:
        BundleError, CborError: it breaks a rule that the policy does not waive.
    """
    start = decoder.pos
    length = decoder.array()
    version = decoder.uint()
    if version != VERSION:
        raise BundleError(start, f"RFC 9171, 4.3.1: the version is 7, not {version}")
    flags = decoder.uint()
    crc_type = decoder.uint()
    if crc_type > crc.CRC32C:
        raise BundleError(start, "RFC 9171, 4.2.1: CRC type 0, 1, 2 (and no others) are valid")
    destination = eid.read(decoder, policy)
    source = eid.read(decoder, policy)
    report_to = eid.read(decoder, policy)
    creation_ms, sequence = read_timestamp(decoder)
    lifetime_ms = decoder.uint()
    offset = total = None
    fields = 8
    # Offset and total length stand in a fragment and nowhere else, so the flags, which come first, say
    # how many elements there have to be.
    if flags & FRAGMENT:
        fields = 10
        offset, total = decoder.uint(), decoder.uint()
    if crc_type:
        fields += 1
    # The CRC is over the whole block with zeros in place of its own value (4.2.2); `field` is where that
    # begins.
    field = decoder.pos
    read_crc(decoder, crc_type)
    decoder.close(length, fields, start, "RFC 9171, 4.3.1: the primary block SHALL have 8 to 11 elements")
    if crc_type and not crc.holds(crc_type, decoder.data, start, field, decoder.pos):
        raise BundleError(field, "RFC 9171, 4.3.1: the primary block's CRC does not match")
    _check_flags(flags, source, start, policy)
    if destination.is_null and not policy.null_destination:
        raise BundleError(start, "RFC 9171, 4.2.5.1.1: the null endpoint never has any members")
    return PrimaryBlock(
        flags, crc_type, destination, source, report_to, creation_ms, sequence, lifetime_ms, offset, total,
        start, decoder.pos,
    )  # fmt: skip


def read_timestamp(decoder: Decoder) -> tuple[int, int]:
    """Read a creation timestamp (RFC 9171, 4.2.7): time in ms and sequence number."""
    start = decoder.pos
    length = decoder.array()
    creation_ms, sequence = decoder.uint(), decoder.uint()
    decoder.close(length, 2, start, "RFC 9171, 4.2.7: a creation timestamp SHALL be an array of two items")
    return creation_ms, sequence


def read_crc(decoder: Decoder, crc_type: int) -> None:
    """Read a block's CRC field, which is there if and only if the CRC type is not 0 (4.2.2)."""
    if crc_type:
        start = decoder.pos
        size = crc.SIZES[crc_type]
        first, last = decoder.byte_range()
        # One byte of head: another width of the length would be the same value, but not the bytes that
        # are summed.
        if last - first != size or first != start + 1:
            raise BundleError(start, f"RFC 9171, 4.2.2: this CRC SHALL be a byte string of {size} bytes")


def _check_flags(flags: int, source: EndpointID, start: int, policy: Policy) -> None:
    if flags & ~KNOWN_FLAGS and not policy.reserved_bundle_flags:
        raise BundleError(start, "RFC 9171, 4.2.3: a reserved or unassigned bundle flag is set")
    if flags & ADMIN_RECORD and flags & REPORTS and not policy.admin_record_asks_for_reports:
        rule = "of an administrative record all status report request flags MUST be zero"
        raise BundleError(start, f"RFC 9171, 4.2.3: {rule}")
    if source.is_null:
        if not policy.anonymous_with_flags and (
            flags & REPORTS or flags & FRAGMENT or not flags & MUST_NOT_FRAGMENT
        ):
            rule = "a bundle without source MUST NOT be fragmented nor ask for status reports"
            raise BundleError(start, f"RFC 9171, 4.2.3: {rule}")
    elif not policy.node_id_not_singleton and not source.is_singleton:
        raise BundleError(start, "RFC 9171, 4.2.5.2: a source node id is the id of a singleton endpoint")
