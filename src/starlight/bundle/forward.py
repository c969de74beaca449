"""Forwarding on bytes: of a bundle that a node passes on, only what changes is encoded."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from itertools import count

import msgspec

from starlight.bundle import blocks, crc, primary
from starlight.bundle.blocks import CanonicalBlock
from starlight.bundle.bundle import Bundle, encrypted_numbers
from starlight.bundle.cbor import encode_uint
from starlight.bundle.codec import block_parts, parse, primary_bytes
from starlight.bundle.decoder import MAX_UINT, Decoder
from starlight.bundle.eid import EndpointID
from starlight.bundle.policy import DEFAULT, LIMITS, TOLERANT
from starlight.bundle.primary import PrimaryBlock
from starlight.errors import BundleError, CborError

# What this node processes. Security blocks are carried, not processed, so their flags decide.
PROCESSED = frozenset(
    {
        blocks.PAYLOAD, blocks.PREVIOUS_NODE, blocks.BUNDLE_AGE, blocks.HOP_COUNT, blocks.QUALITY_OF_SERVICE,
    }
)  # fmt: skip


class Unprocessed(msgspec.Struct, frozen=True, gc=False):
    """The wishes of the blocks that a node can't process (RFC 9171, 5.6, step 4).

    Attributes:
        report: send a reception status report with reason "Block unsupported".
        delete: delete the bundle for that reason.
        discard: the numbers of the blocks to remove from it.
    """

    report: bool
    delete: bool
    discard: tuple[int, ...]


_NOTHING = Unprocessed(False, False, ())


def unprocessed(bundle: Bundle, processed: Collection[int] = PROCESSED) -> Unprocessed:
    """Say what is to be done about the blocks of types that a node does not process.

    Nothing is reported about anonymous bundles and administrative records (RFC 9171, 4.2.4).
    """
    flags = 0
    discard: list[int] = []
    for block in bundle.blocks:
        if block.type not in processed:
            flags |= block.flags
            if (
                block.flags & blocks.DISCARD
                and not block.flags & blocks.DELETE_BUNDLE
                and not _stands_in(block, bundle)
            ):
                discard.append(block.number)
    if not flags:
        return _NOTHING
    report = bool(flags & blocks.REPORT) and not bundle.is_admin and not bundle.primary.source.is_null
    return Unprocessed(report, bool(flags & blocks.DELETE_BUNDLE), tuple(discard))


def onward(bundle: Bundle, *, node: EndpointID, processed: Collection[int] = PROCESSED) -> bytes | None:
    """Return the bytes with which a received bundle is sent on (RFC 9171, 4.4 and 5.6).

    The previous node block names `node`, the hop count is one higher, blocks that this node does
    not process are gone where their flags say so, but for an integrity block without which the
    primary block would have neither CRC nor signature; all other blocks are the bytes that came.

    Args:
        node: the node id of this node.
        processed: the block types that this node processes.

    Returns:
        The bundle; None when its hop count now exceeds its hop limit, so that it is to be deleted.
    """
    raw = bundle.raw
    parts: list[bytes | memoryview] = [b"\x9f", primary_bytes(raw, bundle.primary), b""]
    previous = counted = False
    hidden = encrypted_numbers(bundle.blocks)
    for block in bundle.blocks:
        kind = block.type
        if kind == blocks.PREVIOUS_NODE and block.number not in hidden:
            # Where a tolerant policy let more than one in, only the first goes on.
            if not previous:
                parts.append(_previous_node(block.number, block.flags, block.crc_type, node))
            previous = True
            continue
        if kind == blocks.HOP_COUNT and block.number not in hidden and not counted:
            counted = True
            next_hop = _next_hop(block.number, block.flags, block.crc_type, block.data)
            if next_hop is None:
                return None
            parts.append(next_hop)
            continue
        if kind not in processed and block.flags & blocks.DISCARD and not _stands_in(block, bundle):
            continue
        previous |= kind == blocks.PREVIOUS_NODE
        parts += block_parts(raw, block)
    if not previous:
        taken = {block.number for block in bundle.blocks}
        number = next(n for n in count(2) if n not in taken)
        parts[2] = _previous_node(number, 0, bundle.primary.crc_type or crc.CRC32C, node)
    parts.append(b"\xff")
    return b"".join(parts)


def _stands_in(block: CanonicalBlock, bundle: Bundle) -> bool:
    """Tell whether a block is an integrity block in place of the CRC that the primary block lacks.

    That bundle must not go on without it (RFC 9171, 4.3.1), and a CRC can't be added, because the
    primary block is immutable and signed. If the block is encrypted, the primary block may be its target.
    """
    if block.type != blocks.INTEGRITY or bundle.primary.crc_type:
        return False
    return block.number in encrypted_numbers(bundle.blocks) or 0 in blocks.read_targets(block)


def certain_primary(data: bytes) -> PrimaryBlock | None:
    """Return the primary block of bytes that `decode` has refused, when that block is certain.

    For the deletion report of a bundle of which another block is unintelligible (RFC 9171, 5.6, step 3).

    Returns:
        The block; None when it is not intelligible itself, or has no CRC that holds.
    """
    try:
        decoder = Decoder(data, LIMITS)
        if decoder.array() is not None:
            return None
        head = primary.read(decoder, DEFAULT)
    except (BundleError, CborError):
        return None
    return head if head.crc_type else None


@lru_cache(maxsize=1024)
def _previous_node(number: int, flags: int, crc_type: int, node: EndpointID) -> bytes:
    data = blocks.previous_node_data(node)
    return blocks.encode(CanonicalBlock(blocks.PREVIOUS_NODE, number, flags, crc_type, data))


@lru_cache(maxsize=4096)
def _next_hop(number: int, flags: int, crc_type: int, data: bytes) -> bytes | None:
    block = CanonicalBlock(blocks.HOP_COUNT, number, flags, crc_type, data)
    limit, hops = blocks.read_hop_count(block, TOLERANT)
    if hops + 1 > limit:
        return None
    return blocks.encode(block.with_data(blocks.hop_count_data(limit, hops + 1)))


def with_age(data: bytes, age_ms: int) -> bytes:
    """Return an encoded bundle with another age in its bundle age block (RFC 9171, 4.4.2).

    Args:
        data: a bundle that `decode` has accepted before; without age block it is returned as it is.
        age_ms: the age in ms, light time on the way to here included. An age beyond 64 bits, which a
            bundle that came with an absurd one reaches, is written as the greatest that has a form.
    """
    bundle = parse(data)
    block = bundle.extension(blocks.BUNDLE_AGE)
    if block is None:
        return data
    aged = blocks.encode(block.with_data(blocks.bundle_age_data(min(age_ms, MAX_UINT))))
    return data[: block.start] + aged + data[block.end :]


def age_growth(age_ms: int) -> int:
    """Return by how many bytes at most a bundle grows that is written `with_age`, from an age in ms."""
    return len(encode_uint(MAX_UINT)) - len(encode_uint(min(age_ms, MAX_UINT)))


def payload_of(data: bytes) -> bytes:
    """Return the payload of an encoded bundle that `decode` has accepted before."""
    return parse(data).payload
