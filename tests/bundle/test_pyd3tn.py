"""pyD3TN, an independent implementation, reads our bundles, and we read its."""

from __future__ import annotations

import random

import pytest
from pyd3tn import bundle7

from starlight.bundle import Bundle, BundleFlags, EndpointID, build, decode, encode, onward
from starlight.bundle.policy import STRICT

DTN_EPOCH_S = 946_684_800
COUNT = 10_000


def random_endpoint(draw: random.Random, *, node_id: bool = False) -> str:
    service = 0 if node_id else draw.choice([0, 1, 23, 24, 300, 70_000])
    number = draw.choice([draw.randrange(1, 24), draw.randrange(24, 2**16), draw.randrange(1, 2**32 - 1)])
    name = "".join(draw.choices("abcdefgh.-0123456789", k=draw.randrange(1, 20)))
    return draw.choice([f"ipn:{number}.{service}", f"dtn://{name}/{'' if node_id else 'inbox'}"])


def random_payload(draw: random.Random) -> bytes:
    return draw.randbytes(draw.choice([0, 1, 23, 24, 100, 255, 256, draw.randrange(400)]))


def random_flags(draw: random.Random) -> int:
    return draw.choice([0, 0x04, 0x20, 0x40, 0x4000, 0x10000, 0x20000, 0x34060])


def ours(draw: random.Random) -> Bundle:
    """Make a random bundle with our code, of the kinds of block that pyD3TN knows."""
    payload = random_payload(draw)
    fragment = (10, 10 + len(payload) + draw.randrange(1000)) if draw.random() < 0.2 else None
    timed = draw.random() < 0.8
    made = build(
        EndpointID.parse(random_endpoint(draw)),
        EndpointID.parse(random_endpoint(draw)),
        payload,
        creation=(draw.randrange(10**9, 2 * 10**12) if timed else 0, draw.randrange(2**32)),
        lifetime_ms=draw.randrange(2**40),
        report_to=EndpointID.parse(draw.choice(["dtn:none", random_endpoint(draw)])),
        flags=random_flags(draw) & ~(4 if fragment else 0),
        crc=draw.choice([1, 2]),
        hop_limit=draw.choice([None, 1, 30, 255]),
        age_ms=draw.randrange(10**9) if not timed or draw.random() < 0.3 else None,
        fragment=fragment,
    )
    if draw.random() < 0.5:
        sent = onward(made, node=EndpointID.parse(random_endpoint(draw, node_id=True)))
        assert sent is not None
        return decode(sent, STRICT)
    return made


def check_ours(draw: random.Random) -> None:
    """Assert that pyD3TN reads one of our bundles right and writes the very same bytes."""
    value = ours(draw)
    data = encode(value)
    theirs = bundle7.Bundle.parse(data)
    head = theirs.primary_block
    assert str(head.source) == str(value.primary.source)
    assert str(head.destination) == str(value.primary.destination)
    assert str(head.report_to) == str(value.primary.report_to)
    assert tuple(head.creation_time) == (value.primary.creation_ms, value.primary.sequence)
    assert head.lifetime == value.primary.lifetime_ms
    assert int(head.bundle_proc_flags) == value.primary.flags
    assert head.fragment_offset == value.primary.fragment_offset
    assert head.total_payload_length == value.primary.total_length
    assert head.crc_provided == head.calculate_crc()
    for block, mine in zip([*theirs.blocks, theirs.payload_block], value.blocks, strict=True):
        assert (block.block_type, block.block_number, block.data) == (mine.type, mine.number, mine.data)
        assert block.crc_provided == block.calculate_crc()
    assert bytes(theirs) == data


def check_theirs(draw: random.Random) -> None:
    """Assert that we read one of pyD3TN's bundles right, by the strictest policy."""
    source, to, report_to = (random_endpoint(draw) for _ in range(3))
    payload = random_payload(draw)
    time_s, sequence = draw.randrange(DTN_EPOCH_S + 1, 4 * 10**9), draw.randrange(2**32)
    fragment = (draw.randrange(1000), 2000) if draw.random() < 0.2 else None
    hop_limit = draw.choice([None, 30, 255])
    age_s = draw.choice([None, 0, draw.randrange(10**6)])
    previous = draw.choice([None, random_endpoint(draw, node_id=True)])
    flags = random_flags(draw) | (1 if fragment else 0)
    data = bundle7.serialize_bundle7(
        source,
        to,
        payload,
        report_to_eid=report_to,
        crc_type_primary=bundle7.CRCType(draw.choice([1, 2])),
        crc_type_canonical=bundle7.CRCType(draw.choice([0, 1, 2])),
        creation_timestamp=time_s,
        sequence_number=sequence,
        lifetime=draw.randrange(10**8),
        flags=bundle7.BundleProcFlag(flags),
        fragment_offset=fragment and fragment[0],
        total_adu_length=fragment and fragment[1],
        hop_limit=hop_limit,
        hop_count=3,
        bundle_age=age_s,
        previous_node_eid=previous,
    )
    value = decode(data, STRICT)
    head = value.primary
    assert (str(head.source), str(head.destination), str(head.report_to)) == (source, to, report_to)
    assert (head.creation_ms, head.sequence) == ((time_s - DTN_EPOCH_S) * 1000, sequence)
    assert head.flags == flags
    assert value.is_fragment == bool(flags & BundleFlags.FRAGMENT)
    assert (head.fragment_offset, head.total_length) == (fragment or (None, None))
    assert value.payload == payload
    assert value.hop_count == (None if hop_limit is None else (hop_limit, 3))
    assert value.age_ms == (None if age_s is None else age_s * 1000)
    assert value.previous_node == (None if previous is None else EndpointID.parse(previous))
    assert encode(value) == data


def check_both(count: int, seed: int) -> None:
    """Exchange `count` random bundles each way."""
    draw = random.Random(seed)
    for _ in range(count):
        check_ours(draw)
        check_theirs(draw)


@pytest.mark.parametrize("seed", [20510402])
def test_exchange(seed: int) -> None:
    """Both ways, over random bundles, each reads what the other wrote, down to the checksums."""
    check_both(COUNT, seed)
