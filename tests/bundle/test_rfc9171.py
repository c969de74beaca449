"""Each SHALL and MUST of RFC 9171, 4.1 to 4.4, quoted and checked on bytes written by hand."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.bundle import wire
from tests.bundle.wire import PAYLOAD, PLAIN, bundle, canonical, primary

from starlight.bundle import NULL, Bundle, BundleFlags, EndpointID, build, decode, encode, parse
from starlight.bundle.blocks import CanonicalBlock
from starlight.bundle.crc import CRC16, CRC32C
from starlight.bundle.decoder import DecodingLimits
from starlight.bundle.policy import DEFAULT, LIMITS, STRICT, TOLERANT, Policy
from starlight.errors import BundleError

IPN_7_1 = EndpointID.parse("ipn:7.1")
IPN_9_2 = EndpointID.parse("ipn:9.2")
AGE = canonical(7, 2, b"\x05")
HOPS = canonical(10, 3, b"\x82\x18\x1e\x00")


def refuse(data: bytes, rule: str, policy: Policy = DEFAULT) -> int:
    """Assert that a bundle is refused by a rule; return the offset."""
    with pytest.raises(BundleError, match=rule) as caught:
        decode(data, policy)
    return caught.value.offset


# 4.1 Bundle structure


def test_a_plain_bundle() -> None:
    """Each bundle SHALL be a concatenated sequence of at least two blocks, an indefinite-length array."""
    value = decode(PLAIN)
    assert value.primary.source == IPN_7_1
    assert value.primary.destination == IPN_9_2
    assert value.primary.report_to is NULL
    assert (value.primary.creation_ms, value.primary.sequence) == (725846400000, 3)
    assert value.primary.lifetime_ms == 86_400_000
    assert value.payload == b"hello"
    assert value.id == "ipn:7.1/725846400000/3"
    assert refuse(b"\x82" + PLAIN[1:-1], "4.1: a bundle SHALL be a CBOR indefinite-length array") == 0
    refuse(b"", "ends inside")
    refuse(b"\xa0", "array belongs here")


def test_canonical_encoding() -> None:
    """The encodings of the values of all fields in all blocks MUST conform to core deterministic encoding."""
    for data in (
        bundle(primary(lifetime=b"\x1b\0\0\0\0\x05\x26\x5c\0"), PAYLOAD),
        bundle(primary(flags=b"\x18\x00"), PAYLOAD),
        bundle(primary(head=b"\x98\x09"), PAYLOAD),
        bundle(primary(), canonical(7, 2, b"\x18\x05"), PAYLOAD),
        bundle(primary(), canonical(1, 1, b"", raw_data=b"\x58\x05hello")),
    ):
        refuse(data, "4.1: encodings MUST conform")
        assert encode(decode(data, Policy(non_canonical_integers=True))) == data


def test_indefinite_lengths() -> None:
    """... except that indefinite-length items are not prohibited."""
    value = decode(
        bundle(
            primary(
                indefinite=True,
                crc=2,
                to=b"\x9f\x02\x9f\x09\x02\xff\xff",
                report_to=b"\x9f\x01\x7f\x63//x\x62/y\xff\xff",
                timestamp=b"\x9f\x1b\0\0\0\xa8\xff\xd1\x1c\0\x03\xff",
            ),
            canonical(10, 2, b"\x9f\x18\x1e\x00\xff", indefinite=True, crc=2),
            canonical(1, 1, b"hello", indefinite=True, crc=1),
        )
    )
    assert value.primary.destination == IPN_9_2
    assert str(value.primary.report_to) == "dtn://x/y"
    assert value.hop_count == (30, 0)
    assert value.primary.creation_ms == 725846400000


def test_first_block() -> None:
    """The first block MUST be a primary bundle block; the bundle MUST have exactly one."""
    refuse(bundle(PAYLOAD, primary()), "4.3.1: the version is 7, not 1")
    refuse(bundle(primary(), primary(), PAYLOAD), "unsigned integer belongs here|byte string")


def test_payload_block_last() -> None:
    """The last such block MUST be a payload block; the bundle MUST have exactly one payload block."""
    refuse(bundle(primary(), PAYLOAD, AGE), "4.1: the last block MUST be a payload block")
    refuse(bundle(primary(), AGE), "4.1: the last block MUST be a payload block")
    refuse(bundle(primary()), "4.1: the last block MUST be a payload block")
    refuse(bundle(primary(), canonical(1, 2, b"x"), PAYLOAD), "4.1: exactly one payload block")


def test_break() -> None:
    """The payload block SHALL be followed by a CBOR "break" stop code, terminating the array."""
    assert refuse(PLAIN[:-1], "ends inside") == len(PLAIN) - 1
    assert refuse(PLAIN + b"\x00", "4.1: the break ends the bundle") == len(PLAIN)


def test_block_numbers() -> None:
    """The block number uniquely identifies the block; that of the primary block is implicitly zero."""
    refuse(bundle(primary(), AGE, canonical(10, 2, b"\x82\x18\x1e\x00"), PAYLOAD), "4.1: the block number")
    refuse(bundle(primary(), canonical(7, 0, b"\x05"), PAYLOAD), "4.1: the block number")
    refuse(bundle(primary(), canonical(7, 1, b"\x05"), PAYLOAD), "4.1: the block number")


def test_block_numbers_are_in_no_order() -> None:
    """Block numbering is unrelated to the order in which blocks are sequenced in the bundle."""
    value = decode(bundle(primary(), canonical(10, 9, b"\x82\x18\x1e\x00"), AGE, PAYLOAD))
    assert [block.number for block in value.blocks] == [9, 2, 1]


def test_payload_number() -> None:
    """The block number of the payload block is always 1."""
    refuse(bundle(primary(), canonical(1, 2, b"x")), "4.1: the payload block's number is always 1")


def test_definite_length_bundle_is_transformed() -> None:
    """MAY accept [one] in fixed-length arrays and transform it into conformant BP structure."""
    data = b"\x83" + primary() + AGE + PAYLOAD
    value = decode(data, Policy(definite_length_bundle=True))
    assert value.raw == encode(value) == bundle(primary(), AGE, PAYLOAD)
    assert value == decode(encode(value))
    with pytest.raises(BundleError, match="break ends"):
        decode(data + b"\x00", Policy(definite_length_bundle=True))
    with pytest.raises(BundleError, match="ends inside"):
        decode(b"\x84" + primary() + PAYLOAD, Policy(definite_length_bundle=True))


# 4.2.1 and 4.2.2 CRC


def test_crc_type() -> None:
    """The following values (and no others) are valid: 0, 1, 2."""
    for crc in (1, 2):
        assert decode(bundle(primary(crc=crc), canonical(1, 1, b"x", crc=crc))).primary.crc_type == crc
    refuse(bundle(primary(crc=1, crc_type=b"\x03"), PAYLOAD), "4.2.1: CRC type")
    refuse(bundle(primary(), canonical(1, 1, b"x", crc=1, crc_type=b"\x03")), "4.2.1: CRC type")


def test_crc_type_is_unsigned() -> None:
    """CRC type SHALL be represented as a CBOR unsigned integer."""
    refuse(bundle(primary(crc_type=b"\x20"), PAYLOAD), "an unsigned integer belongs here")
    refuse(bundle(primary(), canonical(1, 1, b"x", crc_type=b"\xf4")), "an unsigned integer belongs here")


def test_crc_omitted() -> None:
    """The CRC SHALL be omitted from a block if and only if the block's CRC type code is zero."""
    refuse(bundle(primary(crc=1, crc_type=b"\x00"), PAYLOAD), "4.3.1: the primary block SHALL have 8 to 11")
    refuse(bundle(primary(crc=0, crc_type=b"\x01"), PAYLOAD), "byte string belongs here")
    refuse(bundle(primary(), canonical(1, 1, b"x", crc=1, crc_type=b"\x00")), "4.3.2: a block SHALL have 5")
    refuse(bundle(primary(), canonical(1, 1, b"x", crc_type=b"\x01")), "byte string belongs here")


def test_crc_length() -> None:
    """The CRC SHALL be a CBOR byte string of two bytes (CRC type 1) or of four bytes (CRC type 2)."""
    refuse(bundle(primary(crc=2, crc_type=b"\x01"), PAYLOAD), "4.2.2: this CRC SHALL be a byte string of 2")
    refuse(bundle(primary(crc=1, crc_type=b"\x02"), PAYLOAD), "4.2.2: this CRC SHALL be a byte string of 4")
    long_head = primary(crc=0, crc_type=b"\x01", head=b"\x89") + b"\x58\x02\x00\x00"
    refuse(
        bundle(long_head, PAYLOAD),
        "4.2.2: this CRC SHALL be a byte string",
        Policy(non_canonical_integers=True),
    )
    chunks = primary(crc=0, crc_type=b"\x01", head=b"\x89") + b"\x5f\x42\0\0\xff"
    refuse(bundle(chunks, PAYLOAD), "definite length")


def test_crc_network_byte_order() -> None:
    """The sequence of bytes SHALL constitute an unsigned integer value in network byte order."""
    right = primary(crc=2)
    swapped = right[:-4] + right[:-5:-1]
    decode(bundle(right, PAYLOAD))
    refuse(bundle(swapped, PAYLOAD), "the primary block's CRC does not match")


# 4.2.3 Bundle processing control flags


def test_flags_are_unsigned() -> None:
    """The bundle processing control flags SHALL be represented as a CBOR unsigned integer item."""
    refuse(bundle(primary(flags=b"\x20"), PAYLOAD), "an unsigned integer belongs here")


@pytest.mark.parametrize(
    ("bit", "flag"),
    [
        (0, BundleFlags.FRAGMENT),
        (1, BundleFlags.ADMIN_RECORD),
        (2, BundleFlags.MUST_NOT_FRAGMENT),
        (5, BundleFlags.ACKNOWLEDGEMENT_REQUESTED),
        (6, BundleFlags.STATUS_TIME),
        (14, BundleFlags.REPORT_RECEPTION),
        (16, BundleFlags.REPORT_FORWARDING),
        (17, BundleFlags.REPORT_DELIVERY),
        (18, BundleFlags.REPORT_DELETION),
    ],
)
def test_flag_bits(bit: int, flag: BundleFlags) -> None:
    """... SHALL be processed as a bit field ... beginning with the low-order bit."""
    assert flag == 1 << bit
    extra = b"\x00\x05" if bit == 0 else None
    value = decode(bundle(primary(flags=1 << bit, extra=extra), PAYLOAD))
    assert value.primary.flags == 1 << bit
    assert value.is_fragment == (bit == 0)
    assert value.is_admin == (bit == 1)
    assert value.may_be_fragmented == (bit != 2)


def test_admin_record_flags() -> None:
    """If the ADU is an administrative record, then all status report request flag values MUST be zero."""
    for bit in (14, 16, 17, 18):
        data = bundle(primary(flags=2 | 1 << bit), PAYLOAD)
        refuse(data, "4.2.3: of an administrative record")
        assert decode(data, Policy(admin_record_asks_for_reports=True)).wants_reports == 0
    decode(bundle(primary(flags=2 | 1 << 6), PAYLOAD))


def test_anonymous_flags() -> None:
    """The "Bundle must not be fragmented" flag value MUST be 1, and all report request flags zero."""
    for null in (wire.NULL, bytes.fromhex("8202820000")):
        assert decode(bundle(primary(source=null, flags=4), PAYLOAD)).primary.source.is_null
        for flags in (0, 4 | 1 << 14, 4 | 1 << 18):
            data = bundle(primary(source=null, flags=flags), PAYLOAD)
            refuse(data, "4.2.3: a bundle without source")
            value = decode(data, Policy(anonymous_with_flags=True))
            assert value.wants_reports == 0
            assert not value.may_be_fragmented
        refuse(
            bundle(primary(source=null, flags=5, extra=b"\0\5"), PAYLOAD), "4.2.3: a bundle without source"
        )


def test_anonymous_bundles_are_told_apart() -> None:
    """The bundle is not uniquely identifiable: two of them are never taken for one."""
    one = decode(bundle(primary(source=wire.NULL, flags=4), PAYLOAD))
    other = decode(bundle(primary(source=wire.NULL, flags=4), canonical(1, 1, b"other")))
    assert one.adu_id == other.adu_id == "dtn:none/725846400000/3"
    assert one.id != other.id
    assert one.id == decode(encode(one)).id


def test_unrecognised_bundle_flags() -> None:
    """Bundle processing control flags that are unrecognized MUST be ignored."""
    for bit in (3, 4, 7, 8, 9, 10, 11, 12, 13, 15, 19, 20, 21):
        data = bundle(primary(flags=1 << bit), PAYLOAD)
        value = decode(data)
        assert value.primary.flags == 1 << bit
        assert (value.wants_reports, value.is_admin, value.is_fragment) == (0, False, False)
        assert encode(value) == data
        refuse(data, "4.2.3: a reserved or unassigned bundle flag", Policy(reserved_bundle_flags=False))
    decode(bundle(primary(flags=b"\x1b\x80\0\0\0\0\0\0\0"), PAYLOAD))


# 4.2.4 Block processing control flags


def test_unrecognised_block_flags() -> None:
    """Block processing control flags that are unrecognized MUST be ignored."""
    for bit in (3, 5, 6, 7, 20):
        data = bundle(primary(), canonical(1, 1, b"x", flags=1 << bit))
        assert decode(data).blocks[0].flags == 1 << bit
        refuse(data, "4.2.4: a reserved or unassigned block flag", Policy(reserved_block_flags=False))


def test_block_flags_are_unsigned() -> None:
    """The block processing control flags SHALL be represented as a CBOR unsigned integer item."""
    refuse(bundle(primary(), canonical(1, 1, b"x", flags=b"\x41\x00")), "an unsigned integer belongs here")


def test_block_report_flag() -> None:
    """The "Transmit status report" flag MUST be zero in admin records and anonymous bundles."""
    admin = bundle(primary(flags=2), canonical(193, 2, b"", flags=2), PAYLOAD)
    anonymous = bundle(primary(flags=4, source=wire.NULL), canonical(193, 2, b"", flags=2), PAYLOAD)
    for data in (admin, anonymous):
        refuse(data, "4.2.4: in an anonymous bundle", Policy(block_asks_for_report=False))
        decode(data)
    decode(bundle(primary(), canonical(193, 2, b"", flags=2), PAYLOAD), STRICT)


# 4.2.5 Identifiers


def test_node_id() -> None:
    """The EID of any singleton endpoint is allowed to serve as a "node ID"."""
    group = b"\x82\x01\x66//x/~y"
    refuse(bundle(primary(source=group), PAYLOAD), "4.2.5.2: a source node id")
    refuse(bundle(primary(), canonical(6, 2, group), PAYLOAD), "4.4.1: the previous node")
    refuse(bundle(primary(), canonical(6, 2, wire.NULL), PAYLOAD), "4.4.1: the previous node")
    decode(bundle(primary(to=group, report_to=group), PAYLOAD))
    tolerant = Policy(node_id_not_singleton=True)
    value = decode(bundle(primary(source=group), canonical(6, 2, wire.NULL), PAYLOAD), tolerant)
    assert value.previous_node is NULL


def test_endpoint_errors_say_where() -> None:
    """Each endpoint ID SHALL be an array of two items; the error says the offset in the bundle."""
    assert refuse(bundle(primary(to=b"\x81\x02"), PAYLOAD), "unsigned|array") > 4
    assert (
        refuse(bundle(primary(source=b"\x82\x01\x64none"), PAYLOAD), "SHALL be the unsigned integer 0") == 12
    )


def test_null_destination() -> None:
    """The null endpoint never has any members: such a bundle may pass, and may be refused."""
    data = bundle(primary(to=wire.NULL), PAYLOAD)
    assert decode(data).primary.destination is NULL
    refuse(data, "never has any members", Policy(null_destination=False))


# 4.2.6 and 4.2.7 times


def test_times_are_unsigned() -> None:
    """Each DTN time SHALL be represented as a CBOR unsigned integer item."""
    for first in (b"\x20", b"\xfb" + bytes(8), b"\x41\x00"):
        refuse(bundle(primary(timestamp=b"\x82" + first + b"\x03"), PAYLOAD), "an unsigned integer belongs")
        refuse(bundle(primary(timestamp=b"\x82\x03" + first), PAYLOAD), "an unsigned integer belongs here")


def test_creation_timestamp() -> None:
    """Each bundle's creation timestamp SHALL be represented as a CBOR array comprising two items."""
    refuse(bundle(primary(timestamp=b"\x83\x01\x02\x03"), PAYLOAD), "4.2.7: a creation timestamp SHALL")
    refuse(bundle(primary(timestamp=b"\x81\x01"), PAYLOAD), "4.2.7: a creation timestamp SHALL")
    refuse(bundle(primary(timestamp=b"\x07"), PAYLOAD), "array belongs here")
    refuse(bundle(primary(timestamp=b"\x9f\x01\x02\x03\xff"), PAYLOAD), "4.2.7: a creation timestamp SHALL")


# 4.3.1 Primary block


def test_number_of_elements() -> None:
    """The number of elements in the array SHALL be 8, 9, 10 or 11."""
    rule = "4.3.1: the primary block SHALL have 8 to 11"
    decode(bundle(primary(flags=1, extra=b"\x00\x05"), PAYLOAD))
    for head in (b"\x88", b"\x8a", b"\x8b", b"\x98\xff"):
        refuse(bundle(primary(head=head), PAYLOAD), rule)
    refuse(bundle(primary(indefinite=True)[:-1] + b"\x00\xff", PAYLOAD), rule)
    refuse(bundle(primary(extra=b"\x00\x05"), PAYLOAD), "byte string belongs here")


def test_version() -> None:
    """This version number SHALL be represented as a CBOR unsigned integer item."""
    refuse(bundle(primary(version=b"\x06"), PAYLOAD), "4.3.1: the version is 7, not 6")
    refuse(bundle(primary(version=b"\x27"), PAYLOAD), "an unsigned integer belongs here")


def test_primary_crc() -> None:
    """A CRC SHALL be present in the primary block unless the bundle includes a Block Integrity Block."""
    bare = primary(crc=0)
    rule = "4.3.1: a CRC SHALL be present"
    refuse(bundle(bare, PAYLOAD), rule)
    assert decode(bundle(bare, PAYLOAD), Policy(missing_primary_crc=True)).primary.crc_type == 0
    asb = bytes.fromhex("0101" + "8202820201" + "80" + "80")
    decode(bundle(bare, canonical(11, 2, b"\x82\x00\x01" + asb), PAYLOAD))
    refuse(bundle(bare, canonical(11, 2, b"\x81\x01" + asb), PAYLOAD), rule)
    refuse(bundle(bare, canonical(11, 2, b"\xa0"), PAYLOAD), rule)
    refuse(bundle(bare, canonical(11, 2, b"\x9f\x00\xff"), PAYLOAD), rule)
    # An encrypted integrity block does not show its targets.
    bcb = canonical(12, 3, b"\x81\x02" + asb)
    decode(bundle(bare, canonical(11, 2, b"ciphertext"), bcb, PAYLOAD))


def test_lifetime() -> None:
    """Bundle lifetime SHALL be represented as a CBOR unsigned integer item."""
    refuse(bundle(primary(lifetime=b"\x20"), PAYLOAD), "an unsigned integer belongs here")
    value = decode(bundle(primary(lifetime=b"\x1b" + b"\xff" * 8), PAYLOAD))
    assert value.primary.lifetime_ms == 2**64 - 1
    assert value.expires_at(0) == 2**63 - 1


def test_expiry() -> None:
    """... the time at which the payload will no longer be useful, in milliseconds past the creation time."""
    created, day = 725846400000 * 10**6, 86_400_000 * 10**6
    assert decode(PLAIN).expires_at(created + 5) == created + day
    for wrong in (created - 1, created + day):  # it has not been made yet; it has ended, and yet it came
        assert decode(PLAIN).expires_at(wrong) == wrong + day
    aged = decode(bundle(primary(timestamp=wire.ZERO_TIME), AGE, PAYLOAD))
    assert aged.expires_at(10**9) == 10**9 + (86_400_000 - 5) * 10**6
    assert aged.expires_at(10**9, age_ms=1000) == 10**9 + (86_400_000 - 1000) * 10**6


def test_fragment_fields() -> None:
    """If and only if the flags indicate a fragment, offset and total length SHALL be present."""
    value = decode(bundle(primary(flags=1, extra=b"\x07\x18\x64"), PAYLOAD))
    assert (value.primary.fragment_offset, value.primary.total_length) == (7, 100)
    assert value.id == "ipn:7.1/725846400000/3/7+5"
    refuse(bundle(primary(flags=1), PAYLOAD), "unsigned integer")
    refuse(bundle(primary(flags=1, extra=b"\x20\x05"), PAYLOAD), "unsigned integer")
    refuse(bundle(primary(flags=1, extra=b"\x00\x40"), PAYLOAD), "unsigned integer")


def test_fragment_within_total() -> None:
    """The total length of the original ADU of which this bundle's payload is a part."""
    decode(bundle(primary(flags=1, extra=b"\x05\x0a"), PAYLOAD))
    refuse(bundle(primary(flags=1, extra=b"\x06\x0a"), PAYLOAD), "4.3.1: a fragment lies within")


@pytest.mark.parametrize("crc", [1, 2])
@pytest.mark.parametrize("indefinite", [False, True])
def test_primary_crc_is_computed_over_all_bytes(crc: int, indefinite: bool) -> None:
    """... over all bytes of the primary block including the CRC field, populated with zero."""
    block = primary(crc=crc, indefinite=indefinite)
    decode(bundle(block, PAYLOAD))
    for at in range(len(block)):
        damaged = block[:at] + bytes((block[at] ^ 1,)) + block[at + 1 :]
        with pytest.raises(BundleError):
            decode(bundle(damaged, PAYLOAD), TOLERANT)


# 4.3.2 Canonical blocks


def test_elements_of_a_block() -> None:
    """The number of elements SHALL be 5 (if CRC type is zero) or 6 (otherwise)."""
    rule = "4.3.2: a block SHALL have 5 elements, 6 with a CRC"
    for head in (b"\x84", b"\x86", b"\x80"):
        refuse(bundle(primary(), canonical(1, 1, b"x", head=head)), rule)
    refuse(bundle(primary(), canonical(1, 1, b"x", indefinite=True)[:-1] + b"\x00\xff"), rule)
    refuse(bundle(primary(), b"\x07"), "array belongs here")


def test_block_number_is_unsigned() -> None:
    """The block number SHALL be represented as a CBOR unsigned integer."""
    refuse(bundle(primary(), canonical(1, b"\x20", b"x")), "an unsigned integer belongs here")
    refuse(bundle(primary(), canonical(b"\x61x", 1, b"x")), "an unsigned integer belongs here")


def test_definite_data() -> None:
    """Block-type-specific data: a single definite-length CBOR byte string."""
    refuse(bundle(primary(), canonical(1, 1, b"", raw_data=b"\x5f\x41x\xff")), "4.3.2: this byte string must")
    refuse(bundle(primary(), canonical(1, 1, b"", raw_data=b"\x61x")), "a byte string belongs here")
    refuse(bundle(primary(), canonical(1, 1, b"", raw_data=b"\xd8\x18\x41x")), "not a tag")
    refuse(
        bundle(primary(), canonical(1, 1, b"", raw_data=b"\x9b" + b"\xff" * 8)), "byte string belongs here"
    )


@pytest.mark.parametrize("crc", [1, 2])
@pytest.mark.parametrize("indefinite", [False, True])
def test_block_crc_is_computed_over_all_bytes(crc: int, indefinite: bool) -> None:
    """The CRC SHALL be computed over the concatenation of all bytes of the block."""
    block = canonical(1, 1, b"hello", crc=crc, indefinite=indefinite)
    decode(bundle(primary(), block))
    for at in range(len(block)):
        damaged = block[:at] + bytes((block[at] ^ 1,)) + block[at + 1 :]
        with pytest.raises(BundleError):
            decode(bundle(primary(), damaged), TOLERANT)


def test_private_blocks() -> None:
    """Block type codes 192 through 255 are available for private and/or experimental use: they pass."""
    data = bundle(primary(), canonical(193, 2, b"\x00\x01junk"), canonical(255, 3, b""), PAYLOAD)
    assert [block.type for block in decode(data, STRICT).blocks] == [193, 255, 1]
    assert encode(decode(data)) == data


# 4.4 Extension blocks


def test_extension_blocks_are_understood() -> None:
    """All implementations MUST include procedures for recognizing, parsing, and acting on these."""
    previous = canonical(6, 4, wire.TO)
    value = decode(bundle(primary(), previous, AGE, HOPS, PAYLOAD))
    assert value.previous_node == IPN_9_2
    assert value.age_ms == 5
    assert value.hop_count == (30, 0)
    empty = decode(PLAIN)
    assert (empty.previous_node, empty.age_ms, empty.hop_count) == (None, None, None)


@pytest.mark.parametrize(
    ("kind", "data"),
    [(6, b"\x82\x02\x82\x09\x02"), (7, b"\x05"), (10, b"\x82\x18\x1e\x00")],
)
def test_no_extension_block_twice(kind: int, data: bytes) -> None:
    """A bundle MUST NOT contain more than one [previous node, bundle age, hop count block]."""
    twice = bundle(primary(), canonical(kind, 2, data), canonical(kind, 3, data), PAYLOAD)
    refuse(twice, f"4.4: more than one block of type {kind}")
    decode(twice, Policy(repeated_extension_blocks=True))
    decode(bundle(primary(), canonical(193, 2, data), canonical(193, 3, data), PAYLOAD))


@pytest.mark.parametrize("data", [b"\x20", b"", b"\x05\x05", b"\x41\x05", b"\x81\x05", b"\x18"])
def test_bundle_age_is_unsigned(data: bytes) -> None:
    """The age of the bundle in milliseconds, which SHALL be represented as a CBOR unsigned integer item."""
    start = 1 + len(primary())
    for crc, before in ((0, 6), (1, 6), (2, 6)):
        offset = refuse(bundle(primary(), canonical(7, 2, data, crc=crc), PAYLOAD), "at byte")
        assert start + before <= offset <= start + before + len(data)
    refuse(bundle(primary(), canonical(7, 2, data, indefinite=True, crc=2), PAYLOAD), "at byte")


def test_zero_creation_time() -> None:
    """If the bundle's creation time is zero, then the bundle MUST contain exactly one bundle age block."""
    rule = "4.4.2: a bundle whose creation time is zero"
    refuse(bundle(primary(timestamp=wire.ZERO_TIME), PAYLOAD), rule)
    decode(bundle(primary(timestamp=wire.ZERO_TIME), AGE, PAYLOAD))
    value = decode(bundle(primary(timestamp=wire.ZERO_TIME), PAYLOAD), Policy(zero_time_without_age=True))
    assert value.expires_at(7) == 7 + 86_400_000 * 10**6


@pytest.mark.parametrize("limit", [b"\x00", b"\x19\x01\x00"])
def test_hop_limit(limit: bytes) -> None:
    """The hop limit MUST be in the range 1 through 255."""
    data = bundle(primary(), canonical(10, 2, b"\x82" + limit + b"\x00"), PAYLOAD)
    refuse(data, "4.4.3: the hop limit MUST be in the range 1 through 255")
    hops = decode(data, Policy(hop_limit_out_of_range=True)).hop_count
    assert hops is not None
    assert hops[0] in (0, 256)


@pytest.mark.parametrize("data", [b"\x81\x05", b"\x83\x05\x00\x00", b"\x82\x05", b"\x05", b"\x82\x05\x20"])
def test_hop_count_form(data: bytes) -> None:
    """The block-type-specific data in a Hop Count Block SHALL be an array comprising two items."""
    refuse(bundle(primary(), canonical(10, 2, data), PAYLOAD), "at byte")


# Limits, ranges and what we make ourselves


def test_limits() -> None:
    """Size, blocks and depth have limits, and the error says so."""
    with pytest.raises(BundleError, match="longer than 20 bytes"):
        decode(PLAIN, limits=DecodingLimits(20, 8, 8))
    many = bundle(primary(), *(canonical(193, n, b"") for n in range(2, 70)), PAYLOAD)
    refuse(many, "more than 64 blocks")
    deep = b"\x82\x03" + b"\x81" * 40 + b"\x00"
    refuse(bundle(primary(to=deep), PAYLOAD), "nested deeper than 8")
    wide = b"\x82\x03\x98\x64" + bytes(100)
    refuse(bundle(primary(to=wide), PAYLOAD), "more than 64 items")


def test_as_many_blocks_as_the_limit_allows_are_read() -> None:
    """A bundle has up to as many blocks as the limit says, the payload among them, and not one more."""
    full = [canonical(193, number, b"") for number in range(2, LIMITS.count + 1)]
    assert len(decode(bundle(primary(), *full, PAYLOAD)).blocks) == LIMITS.count
    one_more = canonical(193, LIMITS.count + 1, b"")
    refuse(bundle(primary(), *full, one_more, PAYLOAD), "more than 64 blocks")


def test_byte_ranges() -> None:
    """Blocks keep the range of bytes in which they came, for checksums and signatures."""
    previous = canonical(6, 4, wire.TO, crc=2)
    parts = [primary(), previous, AGE, HOPS, PAYLOAD]
    value = decode(memoryview(bundle(*parts)))
    assert value.raw == bundle(*parts)
    places = [(block.start, block.end) for block in value.blocks]
    for (start, end), part in zip([(value.primary.start, value.primary.end), *places], parts, strict=True):
        assert value.raw[start:end] == part


def test_only_changed_blocks_are_encoded_anew() -> None:
    """The CBOR-encoded values of all fields in the primary block MUST remain unchanged."""
    long_lifetime = primary(lifetime=b"\x1b\0\0\0\0\x05\x26\x5c\0")
    value = decode(bundle(long_lifetime, AGE, PAYLOAD), TOLERANT)
    changed = msgspec.structs.replace(value, blocks=(value.blocks[0].with_data(b"\x06"), value.blocks[1]))
    assert encode(changed) == bundle(long_lifetime, canonical(7, 2, b"\x06"), PAYLOAD)


@pytest.mark.parametrize("crc", [CRC16, CRC32C])
def test_what_we_build_is_strictly_right(crc: int) -> None:
    """A bundle made here passes the strictest policy and says what it was made of."""
    made = build(
        IPN_7_1,
        IPN_9_2,
        b"payload",
        creation=(0, 9),
        lifetime_ms=1000,
        report_to=IPN_7_1,
        flags=BundleFlags.REPORT_DELIVERY | BundleFlags.STATUS_TIME,
        crc=crc,
        hop_limit=30,
        age_ms=77,
        fragment=(10, 100),
        extra_blocks=[CanonicalBlock(193, 3, 0x10, 0, b"private")],
    )
    value = decode(encode(made), STRICT)
    assert value.id == made.id == "ipn:7.1/0/9/10+7"
    assert (value.hop_count, value.age_ms, value.payload) == ((30, 0), 77, b"payload")
    assert [block.number for block in value.blocks] == [2, 4, 3, 1]
    assert value.wants_reports == BundleFlags.REPORT_DELIVERY
    assert encode(Bundle(made.primary, made.blocks)) == encode(value)
    no_address = msgspec.structs.replace(made, primary=msgspec.structs.replace(made.primary, report_to=NULL))
    assert no_address.wants_reports == 0


def test_what_we_refuse_to_build() -> None:
    """Contradictions are refused at the source, as ValueError."""
    right: dict[str, Any] = {"creation": (1, 0), "lifetime_ms": 1}
    wrongs: list[tuple[dict[str, Any], str]] = [
        ({"crc": 0}, "CRC type"),
        ({"hop_limit": 0}, "hop limit"),
        ({"creation": (0, 0)}, "needs an age"),
        ({"flags": BundleFlags.ADMIN_RECORD | BundleFlags.REPORT_DELETION}, "no reports"),
        ({"extra_blocks": [CanonicalBlock(193, 1, 0, 0, b"")]}, "one number"),
    ]
    for wrong, rule in wrongs:
        with pytest.raises(ValueError, match=rule):
            build(IPN_7_1, IPN_9_2, b"", **(right | wrong))
    with pytest.raises(ValueError, match="singleton"):
        build(EndpointID.parse("dtn://x/~y"), IPN_9_2, b"", creation=(1, 0), lifetime_ms=1)
    with pytest.raises(ValueError, match="fragmented"):
        build(NULL, IPN_9_2, b"", creation=(1, 0), lifetime_ms=1, fragment=(0, 1))
    anonymous = build(NULL, IPN_9_2, b"", creation=(1, 0), lifetime_ms=1)
    assert decode(encode(anonymous), STRICT).primary.flags == BundleFlags.MUST_NOT_FRAGMENT


def test_parse_takes_what_was_accepted() -> None:
    """A bundle that was accepted once is taken apart again without its checks."""
    assert parse(PLAIN) == decode(PLAIN)
    with pytest.raises(BundleError):
        parse(PLAIN[:-3])
