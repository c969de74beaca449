"""Bundles that others make: the standard's own examples, and the habits of running nodes."""

from __future__ import annotations

import pytest
from tests.bundle import wire
from tests.bundle.wire import bundle, canonical, primary

from starlight.bundle import EndpointID, QualityOfService, decode, encode, onward, payload_of
from starlight.bundle.policy import STRICT, Policy
from starlight.errors import BundleError

EXAMPLES = wire.rfc9173()


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_rfc9173_examples(name: str) -> None:
    """RFC 9173, appendix A: primary block, payload and security blocks as printed."""
    value = decode(EXAMPLES[name], Policy(missing_primary_crc=True, zero_time_without_age=True))
    head = value.primary
    assert (str(head.destination), str(head.source), str(head.report_to)) == ("ipn:1.2", "ipn:2.1", "ipn:2.1")
    assert (head.flags, head.crc_type) == (0, 0)
    assert (head.creation_ms, head.sequence, head.lifetime_ms) == (0, 40, 1_000_000)
    assert encode(value) == EXAMPLES[name]
    assert len(value.payload) == 35


def test_rfc9173_blocks() -> None:
    """RFC 9173, A.3: a BIB over primary and bundle age, a BCB over the payload, an age of 300 ms."""
    value = decode(EXAMPLES["A.3.5"], STRICT)
    assert [(block.type, block.number, block.flags) for block in value.blocks] == [
        (11, 3, 0),
        (12, 4, 1),
        (7, 2, 0),
        (1, 1, 0),
    ]
    assert value.age_ms == 300
    assert value.encrypted == {1}
    assert decode(EXAMPLES["A.4.5"], Policy(zero_time_without_age=True)).encrypted == {1, 3}
    plain = decode(EXAMPLES["A.1.1.3"], Policy(missing_primary_crc=True, zero_time_without_age=True))
    assert plain.payload == b"Ready to generate a 32-byte payload"


@pytest.mark.parametrize("name", ["A.1.1.3", "A.1.4", "A.2.4"])
def test_rfc9173_examples_break_rfc9171(name: str) -> None:
    """If the bundle's creation time is zero, then the bundle MUST contain a Bundle Age Block: these don't."""
    with pytest.raises(BundleError, match="zero MUST contain"):
        decode(EXAMPLES[name])


def test_encrypted_blocks_are_not_read() -> None:
    """RFC 9172, 3.8: a BCB's targets hold ciphertext, which is no age, hop count or node."""
    asb = b"\x83\x02\x03\x04" + bytes.fromhex("02018202820201" + "81820140" + "83818201408182014081820140")
    data = bundle(
        primary(),
        canonical(6, 2, b"\xffciphertext"),
        canonical(7, 3, b"\xffciphertext"),
        canonical(10, 4, b"\xffciphertext"),
        canonical(12, 5, asb, flags=1),
        wire.PAYLOAD,
    )
    value = decode(data)
    assert (value.previous_node, value.age_ms, value.hop_count) == (None, None, None)
    assert onward(value, node=EndpointID.parse("ipn:8.0")) == data


# As ION 4.1.3 writes them: indefinite array, primary with CRC-16, source dtn:none, previous node,
# its private quality-of-service block 193, bundle age, payload without CRC.
ION = bundle(
    primary(source=wire.NULL, flags=4, crc=1),
    canonical(6, 2, wire.FROM),
    canonical(193, 3, b"\x84\x00\x02\x00\x00", flags=1),
    canonical(7, 4, b"\x00"),
    canonical(1, 1, b"from ion"),
)


def test_ion() -> None:
    """Bundles made by others carry private blocks and payloads without CRC: they pass."""
    value = decode(ION, STRICT)
    assert value.primary.source.is_null
    assert [block.type for block in value.blocks] == [6, 193, 7, 1]
    assert value.service == QualityOfService(priority=2)
    assert encode(value) == ION
    assert payload_of(ION) == b"from ion"


def test_ion_passes_through() -> None:
    """A private block is kept byte by byte on the way on; only the previous node changes."""
    sent = onward(decode(ION), node=EndpointID.parse("ipn:9.0"))
    assert sent == ION.replace(canonical(6, 2, wire.FROM), canonical(6, 2, bytes.fromhex("8202820900")))
