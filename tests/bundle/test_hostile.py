"""Whatever the bytes, only BundleError, and what is accepted is understood (hypothesis)."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bundle import wire
from tests.bundle.test_eid import ENDPOINTS
from tests.bundle.test_policy import DOUBTFUL
from tests.bundle.wire import PAYLOAD, bundle, canonical, primary

from starlight.bundle import (
    NEVER,
    NULL,
    Bundle,
    EndpointID,
    build,
    decode,
    encode,
    onward,
    parse,
    payload_of,
    unprocessed,
    with_age,
)
from starlight.bundle.blocks import BlockType, CanonicalBlock
from starlight.bundle.policy import DEFAULT, LIMITS, STRICT, TOLERANT, Policy

RICH = bundle(
    primary(crc=2, flags=0x45, extra=b"\x00\x18\x64"),
    canonical(6, 2, wire.TO, crc=1),
    canonical(193, 3, b"\x82\x01\x02", flags=0x13),
    canonical(7, 4, b"\x18\x64", crc=2),
    canonical(10, 5, b"\x82\x18\x1e\x01"),
    canonical(1, 1, b"a payload of some bytes", crc=2),
)
# The same without checksums, so that a mutation is not stopped by them.
BARE = bundle(
    primary(crc=0, flags=0x45, extra=b"\x00\x18\x64"),
    canonical(6, 2, wire.TO),
    canonical(193, 3, b"\x82\x01\x02", flags=0x13),
    canonical(7, 4, b"\x18\x64"),
    canonical(10, 5, b"\x82\x18\x1e\x01"),
    canonical(12, 6, bytes.fromhex("8203070201820282020180" + "81818201" + "40"), flags=1),
    canonical(1, 1, b"a payload of some bytes"),
)
SEEDS = [RICH, BARE, BARE, BARE, *DOUBTFUL.values(), *wire.rfc9173().values()]
HERE = EndpointID.parse("ipn:8.0")
MUTATIONS = st.lists(
    st.tuples(st.sampled_from(["set", "drop", "insert", "cut"]), st.integers(0, 250), st.binary(max_size=9)),
    min_size=1,
    max_size=4,
)


def mutated(data: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    for what, at, new in changes:
        at %= len(data) + 1
        if what == "cut":
            data = data[:at]
        else:
            data = data[:at] + (b"" if what == "drop" else new) + data[at + (what != "insert") * len(new) :]
    return data


def handle(data: bytes, policy: Policy) -> bool:
    """Do with bytes what a node does; return whether they were accepted."""
    error = wire.refusal(lambda data: decode(data, policy), data)
    if error is not None:
        assert 0 <= error.offset <= max(len(data), 1)
        assert error.rule
        return False
    value = decode(data, policy)
    again = encode(value)
    assert decode(again, policy) == value
    assert parse(again) == value
    assert payload_of(again) == value.payload
    assert value.id
    assert value.expires_at(0) <= NEVER
    assert unprocessed(value) == unprocessed(parse(again))
    assert (value.hop_count is None) == (value.extension(BlockType.HOP_COUNT) is None)
    assert (value.previous_node is None) == (value.extension(BlockType.PREVIOUS_NODE) is None)
    sent = onward(value, node=HERE)
    if sent is not None:
        # Tolerated oddities that are sent on stay what they are, and are still readable.
        assert decode(sent, TOLERANT).payload == value.payload
        assert decode(with_age(sent, 7), TOLERANT).age_ms in (None, 7)
    if policy is not TOLERANT:
        anew = msgspec.structs.replace(
            value,
            primary=msgspec.structs.replace(value.primary, start=0, end=0),
            blocks=tuple(block.with_data(block.data) for block in value.blocks),
            raw=None,
        )
        assert decode(encode(anew), policy).id == value.id
    return True


def test_the_seeds_pass() -> None:
    """What is mutated below is accepted before."""
    assert all(handle(data, TOLERANT) for data in SEEDS)
    assert handle(RICH, STRICT)


@settings(deadline=None, derandomize=True, max_examples=400)
@given(st.sampled_from(SEEDS), MUTATIONS, st.sampled_from([DEFAULT, TOLERANT]))
def test_mutated_bundles(data: bytes, changes: list[tuple[str, int, bytes]], policy: Policy) -> None:
    """Hostile input raises only the documented error that says offset and rule broken."""
    handle(mutated(data, changes), policy)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.binary(max_size=80), st.booleans())
def test_random_bytes(data: bytes, opened: bool) -> None:
    """So do random bytes, with the head of a bundle before them or not."""
    handle(b"\x9f\x89\x07" + data if opened else data, TOLERANT)


def test_every_prefix_and_every_byte() -> None:
    """Each truncation is refused, and each changed byte is refused or harmless."""
    for end in range(len(RICH)):
        assert not handle(RICH[:end], TOLERANT)
    for at in range(len(RICH)):
        for byte in (0x00, 0x1B, 0x5F, 0x7F, 0x9F, 0xBF, 0xFB, 0xFF):
            handle(RICH[:at] + bytes((byte,)) + RICH[at + 1 :], TOLERANT)


def test_heads_that_promise_much() -> None:
    """No memory is taken for what a head merely claims, and nesting does not recurse far."""
    for head in (b"\x5b", b"\x7b", b"\x9b", b"\xbb"):
        claim = head + b"\x00\x00\x00\xff\xff\xff\xff\xff"
        for data in (
            b"\x9f" + claim,
            bundle(primary(to=b"\x82\x03" + claim), PAYLOAD),
            bundle(primary(to=b"\x82\x01" + claim), PAYLOAD),
            bundle(primary(), canonical(1, 1, b"", raw_data=claim)),
            bundle(primary(), canonical(12, 2, claim), PAYLOAD),
        ):
            handle(data, TOLERANT)
    for deep in (b"\x81", b"\x9f", b"\xbf\x00", b"\xc1", b"\x5f"):
        assert not handle(deep * 100_000, TOLERANT)
        assert not handle(bundle(primary(to=b"\x82\x03" + deep * 5000), PAYLOAD), TOLERANT)
    assert not handle(b"\x9f" + primary() + PAYLOAD * 100_000, TOLERANT)
    assert not handle(bytes(LIMITS.size + 1), TOLERANT)


EXTRA = st.builds(
    CanonicalBlock,
    st.sampled_from([0, 2, 13, 192, 193, 255, 2**64 - 1]),
    st.integers(100, 2**64 - 1),
    st.integers(0, 2**64 - 1).map(lambda flags: flags & ~2),
    st.integers(0, 2),
    st.binary(max_size=50),
)
U64 = st.integers(0, 2**64 - 1)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    ENDPOINTS.filter(lambda endpoint: endpoint.is_null or endpoint.is_singleton),
    ENDPOINTS,
    ENDPOINTS,
    st.binary(max_size=300),
    st.tuples(U64, U64),
    U64,
    st.integers(1, 2),
    st.none() | st.integers(1, 255),
    st.lists(EXTRA, max_size=3, unique_by=lambda block: block.number),
)
def test_what_is_built_comes_back(
    source: EndpointID,
    destination: EndpointID,
    report_to: EndpointID,
    payload: bytes,
    creation: tuple[int, int],
    lifetime_ms: int,
    crc: int,
    hop_limit: int | None,
    extra: list[CanonicalBlock],
) -> None:
    """Encode and decode are inverse for every bundle that can be built."""
    made = build(
        source,
        destination,
        payload,
        creation=creation,
        lifetime_ms=lifetime_ms,
        report_to=report_to,
        crc=crc,
        hop_limit=hop_limit,
        age_ms=None if creation[0] else 5,
        extra_blocks=extra,
    )
    data = encode(made)
    value = decode(data)
    assert value.id == made.id
    bare = Bundle(
        msgspec.structs.replace(value.primary, start=0, end=0),
        tuple(block.with_data(block.data) for block in value.blocks),
    )
    assert bare == made
    assert encode(bare) == encode(value) == data
    assert source is NULL or handle(data, DEFAULT)
