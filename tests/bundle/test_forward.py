"""What a node does to a bundle that it passes on (RFC 9171, 4.4 and 5.6)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bundle import wire
from tests.bundle.wire import PAYLOAD, PLAIN, bundle, canonical, primary

from starlight.bundle import EndpointID, build, decode, encode, onward, payload_of, unprocessed, with_age
from starlight.bundle.codec import replaced
from starlight.bundle.forward import certain_primary
from starlight.bundle.policy import TOLERANT
from starlight.errors import BundleError

HERE = EndpointID.parse("ipn:8.0")
HERE_WIRE = bytes.fromhex("8202820800")
HOPS = canonical(10, 3, b"\x82\x18\x1e\x00", crc=1)
AGE = canonical(7, 2, b"\x05", crc=2)


def sent_on(data: bytes) -> bytes:
    sent = onward(decode(data, TOLERANT), node=HERE)
    assert sent is not None
    return sent


def test_previous_node_is_added() -> None:
    """The bundle SHOULD contain one (1) occurrence of this type of block."""
    sent = sent_on(PLAIN)
    assert sent == bundle(primary(), canonical(6, 2, HERE_WIRE, crc=1), PAYLOAD)
    assert decode(sent).previous_node == HERE
    bare = sent_on(bundle(primary(crc=0), PAYLOAD))
    assert bare == bundle(primary(crc=0), canonical(6, 2, HERE_WIRE, crc=2), PAYLOAD)


def test_previous_node_is_replaced() -> None:
    """... and MUST NOT contain more than one; number, flags and kind of checksum stay."""
    arrived = bundle(primary(), canonical(193, 2, b"x"), canonical(6, 7, wire.TO, flags=1, crc=2), PAYLOAD)
    assert sent_on(arrived) == bundle(
        primary(), canonical(193, 2, b"x"), canonical(6, 7, HERE_WIRE, flags=1, crc=2), PAYLOAD
    )


def test_repeated_previous_nodes_become_one() -> None:
    """A bundle that a tolerant policy let in goes on as the standard wants it."""
    arrived = bundle(primary(), canonical(6, 2, wire.TO), canonical(6, 3, wire.TO), PAYLOAD)
    assert sent_on(arrived) == bundle(primary(), canonical(6, 2, HERE_WIRE), PAYLOAD)


def test_an_encrypted_previous_node_stays_the_only_one() -> None:
    """What can't be read can't be replaced; a second beside it would be one too many for the next node."""
    sealed = canonical(6, 7, b"sealed")
    sealing = canonical(12, 8, bytes.fromhex("8107"))
    arrived = bundle(primary(), sealed, sealing, PAYLOAD)
    assert sent_on(arrived) == arrived
    decode(sent_on(arrived))


def test_hop_count_rises() -> None:
    """The hop count value SHOULD initially be zero and SHOULD be increased by 1 on each hop."""
    data = bundle(primary(), HOPS, PAYLOAD)
    for hops in range(1, 31):
        data = sent_on(data)
        assert decode(data).hop_count == (30, hops)
    assert onward(decode(data), node=HERE) is None


def test_hop_limit_exceeded() -> None:
    """When a bundle's hop count exceeds its hop limit, the bundle SHOULD be deleted."""
    for count, passes in ((b"\x03", True), (b"\x04", True), (b"\x05", False), (b"\x18\xff", False)):
        data = bundle(primary(), canonical(10, 2, b"\x82\x05" + count), PAYLOAD)
        assert (onward(decode(data), node=HERE) is not None) == passes
    absurd = bundle(primary(), canonical(10, 2, b"\x82\x05\x1b" + b"\xff" * 8), PAYLOAD)
    assert onward(decode(absurd), node=HERE) is None


def test_second_hop_count_is_left_alone() -> None:
    """Of repeated hop count blocks that a tolerant policy let in, the first counts."""
    other = canonical(10, 4, b"\x82\x05\x05")
    sent = sent_on(bundle(primary(), HOPS, other, PAYLOAD))
    assert decode(sent, TOLERANT).hop_count == (30, 1)
    assert other in sent


def test_other_blocks_are_the_bytes_that_came() -> None:
    """The primary block of each bundle SHALL be immutable; unchanged blocks are the bytes that came."""
    odd = primary(lifetime=b"\x1b\0\0\0\0\x05\x26\x5c\0", crc=2)
    private = canonical(200, b"\x18\x09", b"\x9f\xff", crc=1, indefinite=True)
    sent = sent_on(bundle(odd, private, AGE, PAYLOAD))
    assert sent == bundle(odd, canonical(6, 3, HERE_WIRE, crc=2), private, AGE, PAYLOAD)


def test_block_numbers_at_the_limit() -> None:
    """A peer may use any 64-bit block number; the one that we add is the first that is free."""
    data = bundle(primary(), canonical(200, b"\x1b" + b"\xff" * 8, b""), canonical(201, 2, b""), PAYLOAD)
    assert canonical(6, 3, HERE_WIRE, crc=1) in sent_on(data)


@pytest.mark.parametrize(
    ("flags", "report", "delete", "stays"),
    [
        (0x00, False, False, True),
        (0x02, True, False, True),
        (0x04, False, True, True),
        (0x10, False, False, False),
        (0x12, True, False, False),
        (0x14, False, True, True),
        (0x01, False, False, True),
    ],
)
def test_blocks_that_are_not_processed(flags: int, report: bool, delete: bool, stays: bool) -> None:
    """The values of the block processing control flags indicate the action to be taken (4.4; 5.6, step 4)."""
    value = decode(bundle(primary(), canonical(200, 5, b"x", flags=flags), PAYLOAD))
    verdict = unprocessed(value)
    assert (verdict.report, verdict.delete, verdict.discard) == (report, delete, () if stays else (5,))
    if not delete:
        sent = onward(value, node=HERE)
        assert sent is not None
        assert (5 in [block.number for block in decode(sent).blocks]) == stays
    assert unprocessed(value, frozenset({1, 200})).discard == ()
    kept = onward(value, node=HERE, processed=frozenset({1, 200}))
    assert kept is not None
    assert len(decode(kept).blocks) == 3


@pytest.mark.parametrize(
    ("crc", "targets", "stays"), [(0, "8100", True), (0, "8101", False), (2, "8100", False)]
)
def test_the_integrity_block_in_place_of_the_primary_crc_stays(crc: int, targets: str, stays: bool) -> None:
    """A CRC SHALL be present in the primary block unless ... a Block Integrity Block targets it (4.3.1).

    So to obey that block's wish to be discarded would make a bundle that the next node must refuse.
    """
    stands_in = canonical(11, 9, bytes.fromhex("8100"))
    other = canonical(11, 5, bytes.fromhex(targets), flags=0x10)
    both = (other,) if crc or stays else (stands_in, other)
    value = decode(bundle(primary(crc=crc), *both, PAYLOAD))
    assert unprocessed(value).discard == (() if stays else (5,))
    assert (other in sent_on(value.raw or b"")) == stays
    decode(sent_on(value.raw or b""))


def test_an_encrypted_integrity_block_may_be_the_one_and_stays() -> None:
    """Its targets can't be read, and the primary block, which has no CRC, may be one."""
    hidden = canonical(11, 5, b"sealed", flags=0x10)
    sealing = canonical(12, 6, bytes.fromhex("8105"), flags=0)
    data = bundle(primary(crc=0), hidden, sealing, PAYLOAD)
    assert unprocessed(decode(data)).discard == ()
    assert hidden in sent_on(data)
    decode(sent_on(data))


def test_nothing_is_reported_about_some_bundles() -> None:
    """... of an administrative record or anonymous bundle the "Transmit status report" flag is zero."""
    asking = canonical(200, 5, b"x", flags=2)
    assert not unprocessed(decode(bundle(primary(flags=2), asking, PAYLOAD))).report
    assert not unprocessed(decode(bundle(primary(flags=4, source=wire.NULL), asking, PAYLOAD))).report


def test_age_is_replaced() -> None:
    """The number of milliseconds between the time the bundle was created and most recently forwarded."""
    data = bundle(primary(timestamp=wire.ZERO_TIME), AGE, PAYLOAD)
    for age in (0, 23, 24, 10**6, 2**63):
        aged = with_age(data, age)
        assert decode(aged).age_ms == age
        assert decode(aged).payload == b"hello"
    assert with_age(PLAIN, 5) == PLAIN
    with pytest.raises(BundleError):
        with_age(b"\x9f", 5)


def test_an_age_beyond_64_bits_is_written_as_the_greatest() -> None:
    """An age that came as large as it can be still grows on the way; a node must survive that."""
    sent = encode(
        build(
            EndpointID.parse("ipn:7.1"), EndpointID.parse("ipn:9.1"), b"", creation=(1, 0), lifetime_ms=9,
            age_ms=2**64 - 1,
        )
    )  # fmt: skip
    assert decode(with_age(sent, 2**64 + 5)).age_ms == 2**64 - 1


def test_own_bundles() -> None:
    """A bundle that was built here and never encoded can be sent on too."""
    made = build(EndpointID.parse("ipn:7.1"), HERE, b"x", creation=(5, 0), lifetime_ms=9, hop_limit=3)
    sent = onward(made, node=HERE)
    assert sent is not None
    assert decode(sent).hop_count == (3, 1)


def test_replaced_blocks() -> None:
    """A bundle with other blocks keeps the bytes of those that it had."""
    value = decode(bundle(primary(), AGE, PAYLOAD))
    assert encode(replaced(value, value.blocks[1:])) == PLAIN


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.binary(max_size=300), st.integers(1, 2), st.booleans())
def test_payload_is_untouched(payload: bytes, crc: int, aged: bool) -> None:
    """Whatever happens on the way, the payload arrives as it left."""
    made = build(
        EndpointID.parse("ipn:7.1"),
        EndpointID.parse("ipn:9.2"),
        payload,
        creation=(0, 1) if aged else (5, 1),
        lifetime_ms=9,
        hop_limit=9,
        crc=crc,
        age_ms=5 if aged else None,
    )
    data = encode(made)
    for node in range(3):
        sent = onward(decode(data), node=EndpointID.ipn(node + 1, 0))
        assert sent is not None
        data = with_age(sent, 1000 * node)
    assert payload_of(data) == payload
    assert decode(data).id == made.id
    assert decode(data).hop_count == (9, 3)


def test_large_payloads() -> None:
    """A payload too large to be copied twice is forwarded and encoded like any other."""
    payload = bytes(range(256)) * 100
    made = build(
        EndpointID.parse("ipn:7.1"), HERE, payload, creation=(5, 0), lifetime_ms=9, hop_limit=3, age_ms=0
    )
    received = decode(encode(made))
    assert encode(received) == received.raw == encode(made)
    sent = onward(received, node=HERE)
    assert sent is not None
    assert payload_of(with_age(sent, 7)) == payload
    assert decode(sent).blocks[-1].data == payload


def test_the_primary_block_of_a_mangled_bundle() -> None:
    """It is certain when it is intelligible and its CRC holds, whatever became of the other blocks."""
    assert certain_primary(PLAIN[:-1]) == decode(PLAIN).primary
    assert certain_primary(bundle(primary(), b"\xff\xff")) == decode(PLAIN).primary
    assert certain_primary(bundle(primary(crc=0), PAYLOAD)) is None
    wrong = bytearray(PLAIN)
    wrong[8] ^= 1
    for data in (b"", b"\x9f", b"\x82" + PLAIN[1:], bytes(wrong), bytes(65 << 20)):
        assert certain_primary(data) is None
