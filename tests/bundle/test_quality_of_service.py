"""How urgent a bundle says that it is, in the block that ION's nodes write and read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bundle.wire import PAYLOAD, bundle, canonical, primary, uint

from starlight.bundle import EndpointID, QualityOfService, build, decode, encode, onward, parse
from starlight.bundle.crc import CRC16
from starlight.bundle.fragmentation import fragment
from starlight.bundle.quality_of_service import BULK, EXPEDITED, NORMAL, USUAL

PRIMARY = primary()
HERE = EndpointID.parse("ipn:8.0")


def made(service: QualityOfService, payload: bytes = b"words") -> bytes:
    ends = EndpointID.parse("ipn:7.1"), EndpointID.parse("ipn:9.2")
    built = build(*ends, payload, creation=(1, 0), lifetime_ms=1000, hop_limit=9, crc=CRC16, service=service)
    return encode(built)


def quality(flags: int, priority: int, ordinal: int = 0, label: int = 0, *, crc: int = 0) -> bytes:
    """Write ION's block: "array of 4", flags, class of service, ordinal, data label; must be copied."""
    data = b"\x84" + uint(flags) + uint(priority) + uint(ordinal) + uint(label)
    return canonical(193, 3, data, flags=1, crc=crc)


@pytest.mark.parametrize(
    ("service", "flags", "priority"),
    [
        (QualityOfService(BULK), 0, 0),
        (QualityOfService(EXPEDITED), 0, 2),
        (QualityOfService(NORMAL, critical=True), 1, 1),
        (QualityOfService(EXPEDITED, critical=True), 1, 2),
    ],
)
def test_the_bytes_are_those_of_ion(service: QualityOfService, flags: int, priority: int) -> None:
    """Flags with "minimum latency" as 1, class of service 0 bulk to 2 expedited, no ordinal, no label."""
    data = made(service)
    assert quality(flags, priority, crc=1) in data
    assert decode(data).service == service


def test_a_usual_bundle_says_nothing() -> None:
    """What is normal and not critical needs no block, and no other node meets an unknown one."""
    assert made(USUAL) == made(QualityOfService(NORMAL, critical=False))
    assert [block.type for block in decode(made(USUAL)).blocks] == [10, 1]


def test_there_are_three_priorities() -> None:
    """A class of service that nobody knows is never written."""
    for priority in (-1, 3):
        with pytest.raises(ValueError, match="0, 1 or 2"):
            made(QualityOfService(priority))


@pytest.mark.parametrize(
    ("block", "service"),
    [
        (quality(0, 0), QualityOfService(BULK)),
        (quality(0, 1), USUAL),
        (quality(0, 2, 254, 70_000), QualityOfService(EXPEDITED)),
        (quality(1, 0), QualityOfService(BULK, critical=True)),
        (quality(0xFE, 1, 9), USUAL),
        (quality(0xFF, 1, 9), QualityOfService(NORMAL, critical=True)),
        (quality(0, 3), QualityOfService(EXPEDITED)),
        (canonical(193, 3, b"\x84\x00\x1b" + b"\xff" * 8 + b"\x00\x00"), QualityOfService(EXPEDITED)),
        (canonical(193, 3, b"\x84\x18\x01\x19\x00\x02\x00\x00"), QualityOfService(EXPEDITED, critical=True)),
        (canonical(193, 3, b"\x9f\x00\x00\x00\x00\xff"), QualityOfService(BULK)),
    ],
)
def test_what_others_write_is_read(block: bytes, service: QualityOfService) -> None:
    """Other flags and the ordinal don't count; what is above expedited is expedited."""
    assert decode(bundle(PRIMARY, block, PAYLOAD)).service == service


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", b"\x80", b"\x83\x00\x02\x00", b"\x85\x00\x02\x00\x00\x00", b"\x84\x00\x21\x00\x00",
     b"\x84\x01\x42\x00\x00\x00\x00", b"\x84\x00\x02\x00\x00\x00", b"\x84\x00\x02\x00", b"\x9f\x00\x02\xff",
     b"\x84\x00\x02\x00\x61x", b"\xa0", b"\xff"],
)  # fmt: skip
def test_a_mangled_block_says_nothing(data: bytes) -> None:
    """A wish that can't be read is none; the bundle is not refused for it, and goes on with it."""
    arrived = bundle(PRIMARY, canonical(193, 3, data, flags=1), PAYLOAD)
    value = decode(arrived)
    assert value.service == USUAL
    assert canonical(193, 3, data, flags=1) in (onward(value, node=HERE) or b"")


@given(st.binary(max_size=40), st.integers(0, 31), st.integers(0, 2))
@settings(deadline=None, derandomize=True, max_examples=300)
def test_nothing_in_the_block_breaks_a_bundle(data: bytes, flags: int, crc: int) -> None:
    """Whatever a peer writes there, the bundle is taken, and its priority is one of three."""
    value = decode(bundle(PRIMARY, canonical(193, 3, data, flags=flags, crc=crc), PAYLOAD))
    assert value.service.priority in (BULK, NORMAL, EXPEDITED)


def test_the_first_of_two_counts() -> None:
    """RFC 9171 forbids it only of its own blocks, so a second one is no reason to refuse a bundle."""
    second = canonical(193, 4, b"\x84\x00\x00\x00\x00", flags=1)
    assert decode(bundle(PRIMARY, quality(0, 2), second, PAYLOAD)).service == QualityOfService(EXPEDITED)


def test_what_is_encrypted_is_left_alone() -> None:
    """A block that a block confidentiality block (RFC 9172) targets is not what it seems to be."""
    hiding = canonical(12, 2, b"\x81\x03\x01\x00\x82\x02\x82\x07\x01\x80")
    arrived = bundle(PRIMARY, hiding, quality(1, 2), PAYLOAD)
    assert decode(arrived).service == USUAL
    assert quality(1, 2) in (onward(decode(arrived), node=HERE) or b"")


def test_it_goes_on_as_it_came() -> None:
    """Ordinal and label mean nothing here, and yet are there for the next node that knows them."""
    block = quality(5, 2, 200, 12_345, crc=2)
    assert block in (onward(decode(bundle(PRIMARY, block, PAYLOAD)), node=HERE) or b"")


def test_every_fragment_is_as_urgent_as_the_whole() -> None:
    """... the block must be replicated in every fragment (RFC 9171, 4.2.4)."""
    asked = QualityOfService(EXPEDITED, critical=True)
    pieces = fragment(decode(made(asked, b"x" * 100)), 30)
    assert len(pieces) == 4
    assert [parse(encode(piece)).service for piece in pieces] == [asked] * 4
