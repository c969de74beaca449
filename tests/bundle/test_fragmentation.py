"""Fragments and reassembly (RFC 9171, 5.8 and 5.9)."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bundle.wire import PLAIN

from starlight.bundle import (
    NULL,
    Bundle,
    BundleFlags,
    EndpointID,
    build,
    cut,
    decode,
    encode,
    missing,
    reassemble,
)
from starlight.bundle.blocks import CanonicalBlock
from starlight.bundle.fragmentation import fragment
from starlight.bundle.policy import STRICT
from starlight.errors import BundleError

SOURCE = EndpointID.parse("ipn:7.1")
TO = EndpointID.parse("ipn:9.2")


def whole(payload: bytes, **more: Any) -> Bundle:
    arguments: dict[str, Any] = {"creation": (5, 1), "lifetime_ms": 10**6, **more}
    return build(SOURCE, TO, payload, **arguments)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.binary(min_size=1, max_size=200), st.integers(1, 50), st.integers(1, 20), st.randoms())
def test_fragments_make_up_the_payload(payload: bytes, first: int, second: int, order: random.Random) -> None:
    """The concatenation of the payloads of all fragments MUST always be identical to the payload."""
    pieces = [encode(piece) for piece in fragment(decode(encode(whole(payload))), first)]
    if len(pieces) > 1:
        # Fragments are bundles and therefore may themselves be fragmented.
        pieces[-1:] = [encode(piece) for piece in fragment(decode(pieces[-1], STRICT), second)]
        order.shuffle(pieces)
        assert reassemble(pieces) == payload
        assert reassemble(pieces + pieces[:1]) == payload
        values = [decode(piece, STRICT) for piece in pieces]
        assert len({value.id for value in values}) == len(values)
        assert {value.adu_id for value in values} == {whole(payload).id}
        extents = [(value.primary.fragment_offset or 0, len(value.payload)) for value in values]
        assert missing(extents, len(payload)) == []
    else:
        assert decode(pieces[0]).payload == payload


def test_primary_blocks_of_fragments() -> None:
    """The flags of the fragment MUST indicate that the bundle is a fragment; the CRC MUST be replaced."""
    original = whole(bytes(100), flags=BundleFlags.REPORT_DELIVERY)
    pieces = [decode(encode(piece), STRICT) for piece in fragment(original, 40)]
    assert [piece.primary.fragment_offset for piece in pieces] == [0, 40, 80]
    assert {piece.primary.total_length for piece in pieces} == {100}
    assert {piece.primary.flags for piece in pieces} == {BundleFlags.REPORT_DELIVERY | BundleFlags.FRAGMENT}
    assert [len(piece.payload) for piece in pieces] == [40, 40, 20]


def test_extension_blocks_of_fragments() -> None:
    """All extension blocks MUST be in the fragment at offset zero; marked ones in every fragment."""
    extra = (CanonicalBlock(200, 8, 0, 0, b"once"), CanonicalBlock(201, 9, 1, 0, b"always"))
    original = whole(bytes(100), hop_limit=9, extra_blocks=extra)
    kinds = [[block.type for block in piece.blocks] for piece in fragment(original, 50)]
    assert kinds == [[10, 200, 201, 1], [10, 201, 1]]


def test_age_of_fragments() -> None:
    """If the bundle's creation time is zero, then the bundle MUST contain exactly one bundle age block."""
    age = CanonicalBlock(7, 2, 0, 0, b"\x05")
    original = whole(bytes(100), creation=(0, 1), age_ms=5)
    original = Bundle(original.primary, (age, original.blocks[-1]))
    for piece in fragment(original, 30):
        assert decode(encode(piece), STRICT).age_ms == 5


def test_what_is_not_fragmented() -> None:
    """MUST NOT be fragmented: marked and anonymous bundles. What is short enough stays whole."""
    with pytest.raises(ValueError, match="can't be cut"):
        fragment(whole(bytes(9), flags=BundleFlags.MUST_NOT_FRAGMENT), 5)
    with pytest.raises(ValueError, match="can't be cut"):
        fragment(build(NULL, TO, bytes(9), creation=(5, 1), lifetime_ms=9), 5)
    with pytest.raises(ValueError, match="can't be cut"):
        fragment(whole(bytes(9)), 0)
    short = whole(bytes(5))
    assert fragment(short, 5) == [short]


def test_cuts_at_given_places() -> None:
    """Payloads of exactly these lengths, in order, which are those of the whole; each names its forwarder."""
    named = CanonicalBlock(6, 7, 0, 2, EndpointID.ipn(4, 0).wire)
    pieces = [
        decode(encode(piece), STRICT)
        for piece in cut(whole(bytes(range(99)), extra_blocks=[named]), [1, 90, 8])
    ]
    assert [(piece.primary.fragment_offset, len(piece.payload)) for piece in pieces] == [
        (0, 1),
        (1, 90),
        (91, 8),
    ]
    assert b"".join(piece.payload for piece in pieces) == bytes(range(99))
    assert {str(piece.previous_node) for piece in pieces} == {"ipn:4.0"}
    for lengths in ([], [99, 0], [50, 48], [50, 50], [-1, 100]):
        with pytest.raises(ValueError, match="do not make up"):
            cut(whole(bytes(99)), lengths)


def test_a_bundle_without_a_checksum_of_its_primary_block_is_not_cut() -> None:
    """RFC 9171, 4.3.1: the integrity block that stands in for it would not hold for the fragments."""
    sealed = whole(bytes(99))
    bare = msgspec.structs.replace(sealed, primary=msgspec.structs.replace(sealed.primary, crc_type=0))
    with pytest.raises(ValueError, match="can't be cut"):
        cut(bare, [50, 49])


def test_gaps() -> None:
    """The material extents form a continuous byte array whose length is the total length, or do not."""
    assert missing([], 10) == [(0, 10)]
    assert missing([(0, 4), (6, 4)], 10) == [(4, 2)]
    assert missing([(2, 4), (4, 3)], 10) == [(0, 2), (7, 3)]
    assert missing([(0, 10), (3, 2)], 10) == []
    assert missing([(12, 3)], 10) == [(0, 10)]
    assert missing([], 0) == [(0, 0)]
    assert missing([(0, 0)], 0) == []


def test_incomplete() -> None:
    """A gap is told with the offset of the first missing byte."""
    pieces = [encode(piece) for piece in fragment(whole(bytes(100)), 30)]
    for left_out, offset in ((0, 0), (1, 30), (3, 90)):
        with pytest.raises(BundleError, match="then a gap") as caught:
            reassemble(pieces[:left_out] + pieces[left_out + 1 :])
        assert caught.value.offset == offset


def test_strangers() -> None:
    """... with the same source node ID and creation timestamp as this fragment."""
    mine = [encode(piece) for piece in fragment(whole(bytes(100)), 60)]
    other = [encode(piece) for piece in fragment(whole(bytes(100), creation=(6, 1)), 60)]
    for wrong in ([mine[0], other[1]], [PLAIN], []):
        with pytest.raises(BundleError, match="same source"):
            reassemble(wrong)


def test_where_fragments_overlap_and_differ_the_one_with_the_lower_offset_counts() -> None:
    """Honest fragments agree; of others it must not depend on the order of arrival which bytes are read."""
    first, second = (
        encode(whole(payload, fragment=(offset, 6))) for offset, payload in ((0, b"abcd"), (2, b"XYef"))
    )
    assert reassemble([first, second]) == reassemble([second, first]) == b"abcdef"
