"""Bytes to bundle and back (RFC 9171, 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from starlight.bundle import blocks, primary
from starlight.bundle.blocks import CanonicalBlock
from starlight.bundle.bundle import Bundle, encrypted_numbers
from starlight.bundle.crc import SIZES
from starlight.bundle.decoder import BREAK, Decoder, DecodingLimits
from starlight.bundle.policy import DEFAULT, LIMITS, TOLERANT, Policy
from starlight.bundle.primary import PrimaryBlock
from starlight.errors import BundleError, CborError


def decode(
    data: bytes | bytearray | memoryview, policy: Policy = DEFAULT, limits: DecodingLimits = LIMITS
) -> Bundle:
    """Decode a bundle and check it against every rule of RFC 9171, 4.1 to 4.4.

    Args:
        data: one whole bundle.
        policy: which doubtful bundles to accept.
        limits: bytes, depth and blocks beyond which to refuse.

    Raises:
        BundleError: with the offset and the rule that is broken. Nothing else, whatever the bytes.
    """
    try:
        return _decode(bytes(data), policy, limits, check=True)
    except CborError as error:
        raise BundleError(error.offset, error.rule) from None


def parse(data: bytes) -> Bundle:
    """Take apart a bundle that `decode` has accepted before, without checking it again.

    Raises:
        BundleError: the bytes are no such bundle.
    """
    try:
        return _decode(data, TOLERANT, LIMITS_OF_STORE, check=False)
    except CborError as error:
        raise BundleError(error.offset, error.rule) from None


# What lies in the store passed its own limits when it came in.
LIMITS_OF_STORE = DecodingLimits(size=2**63, depth=LIMITS.depth, count=2**63)


def encode(bundle: Bundle) -> bytes:
    """Encode a bundle: untouched blocks byte by byte as they came, all others canonically."""
    raw = bundle.raw
    parts: list[bytes | memoryview] = [b"\x9f", primary_bytes(raw, bundle.primary)]
    for block in bundle.blocks:
        parts += block_parts(raw, block)
    parts.append(b"\xff")
    return b"".join(parts)


def primary_bytes(raw: bytes | None, block: PrimaryBlock) -> bytes:
    """Return the bytes of a primary block: its range of `raw`, or its canonical encoding if it has none."""
    # A block that nobody changed leaves as the very bytes that came: its CRC and any signature over it still
    # hold, and encoding it costs nothing.
    return raw[block.start : block.end] if raw is not None and block.end else primary.encode(block)


def block_parts(raw: bytes | None, block: CanonicalBlock) -> Sequence[bytes | memoryview]:
    """Return the bytes of a block in parts, to be joined once: large payloads are not copied before."""
    if raw is None or not block.end:
        return blocks.pieces(block)
    # Below a page, a copy is cheaper than the object that a view of it would be.
    if block.end - block.start > 4096:
        return (memoryview(raw)[block.start : block.end],)
    return (raw[block.start : block.end],)


def _decode(data: bytes, policy: Policy, limits: DecodingLimits, *, check: bool) -> Bundle:
    decoder = Decoder(data, limits, canonical=not policy.non_canonical_integers)
    length = decoder.array()
    first = decoder.pos
    if length is not None and not policy.definite_length_bundle:
        raise BundleError(0, "RFC 9171, 4.1: a bundle SHALL be a CBOR indefinite-length array")
    head = primary.read(decoder, policy)
    others: list[CanonicalBlock] = []
    # The limit counts blocks before they are read: a peer may send as many as it likes, and the list of
    # them is the only thing here that grows with what it sends.
    while decoder.peek() != BREAK if length is None else len(others) < length - 1:
        if len(others) == limits.count:
            raise BundleError(decoder.pos, f"more than {limits.count} blocks (our limit)")
        others.append(blocks.read(decoder, policy, check_crc=check))
    end = decoder.pos
    if length is not None:
        # "Transform it into conformant BP structure before processing it" (4.1).
        _check_rest(data, end, policy)
        return _decode(b"\x9f" + data[first:end] + b"\xff", policy, limits, check=check)
    # Past the break: what follows it belongs to nobody, and a link that glues two bundles together is wrong.
    _check_rest(data, end + 1, policy)
    bundle = Bundle(head, tuple(others), data[: end + 1])
    if check:
        _check(bundle, policy)
    return bundle


def _check_rest(data: bytes, end: int, policy: Policy) -> None:
    if end != len(data) and not policy.trailing_bytes:
        raise BundleError(end, "RFC 9171, 4.1: the break ends the bundle, yet more bytes follow")


def _check(bundle: Bundle, policy: Policy) -> None:
    """Check what only the blocks together can break."""
    head, sequence = bundle.primary, bundle.blocks
    if not sequence or sequence[-1].type != blocks.PAYLOAD:
        at = sequence[-1].start if sequence else head.end
        raise BundleError(at, "RFC 9171, 4.1: the last block MUST be a payload block")
    payload = sequence[-1]
    if payload.number != 1 and not policy.payload_not_number_one:
        raise BundleError(payload.start, "RFC 9171, 4.1: the payload block's number is always 1")
    kinds = _check_sequence(sequence, policy)
    hidden = encrypted_numbers(sequence) if blocks.CONFIDENTIALITY in kinds else frozenset()
    if not kinds.isdisjoint(_READERS):
        _check_contents(bundle, hidden, policy)
    if not head.creation_ms and blocks.BUNDLE_AGE not in kinds and not policy.zero_time_without_age:
        rule = "a bundle whose creation time is zero MUST contain a bundle age block"
        raise BundleError(head.start, f"RFC 9171, 4.4.2: {rule}")
    if not head.crc_type and not policy.missing_primary_crc:
        _check_integrity(head, sequence, hidden)
    if (head.source.is_null or bundle.is_admin) and not policy.block_asks_for_report:
        _check_report_flags(sequence)
    if head.fragment_offset is not None and payload.number not in hidden:
        # An encrypted payload may be longer than its plaintext by an authentication tag.
        _check_extent(head, len(payload.data))


_READERS = {
    blocks.PREVIOUS_NODE: blocks.read_previous_node,
    blocks.BUNDLE_AGE: blocks.read_bundle_age,
    blocks.HOP_COUNT: blocks.read_hop_count,
}


def _check_sequence(sequence: tuple[CanonicalBlock, ...], policy: Policy) -> set[int]:
    """Check block numbers and repetitions; return the types that occur."""
    # The primary block counts as number 0 (RFC 9171, 4.1), so that no other can take it.
    numbers = {0}
    kinds: set[int] = set()
    for block in sequence:
        kind = block.type
        if block.number in numbers and not policy.repeated_block_numbers:
            rule = "the block number uniquely identifies the block, and 0 is the primary block"
            raise BundleError(block.start, f"RFC 9171, 4.1: {rule}")
        numbers.add(block.number)
        if kind in kinds:
            if kind == blocks.PAYLOAD:
                raise BundleError(block.start, "RFC 9171, 4.1: exactly one payload block")
            if kind in _READERS and not policy.repeated_extension_blocks:
                raise BundleError(block.start, f"RFC 9171, 4.4: more than one block of type {kind}")
        kinds.add(kind)
    return kinds


def _check_contents(bundle: Bundle, hidden: frozenset[int], policy: Policy) -> None:
    for block in bundle.blocks:
        if block.type in _READERS and block.number not in hidden:
            # Block-type-specific data are opaque to CBOR; of the types that this node reads they are
            # decoded here, at reception, so that nothing later meets data that it can't read.
            data = block.data
            fault = (_short_fault if len(data) <= _SHORT else _fault)(block.type, data, policy)
            if fault is not None:
                raise BundleError(_data_start(bundle, block) + fault.offset, fault.rule)


def _fault(kind: int, data: bytes, policy: Policy) -> BundleError | CborError | None:
    """Return what is wrong with the content of an extension block."""
    try:
        _READERS[kind](CanonicalBlock(kind, 0, 0, 0, data), policy)
    except (BundleError, CborError) as error:
        return error.with_traceback(None)
    return None


# The same few nodes and hop counts come again and again; long data are not kept.
_SHORT = 64
_short_fault = lru_cache(maxsize=4096)(_fault)


def _data_start(bundle: Bundle, block: CanonicalBlock) -> int:
    """Return the offset of a block's data in the bundle."""
    # Counted from the end of the block, as the width of its head is not kept: a CRC is a head of one byte
    # and its value, and a block of indefinite length ends with a break.
    after = 1 + SIZES[block.crc_type] if block.crc_type else 0
    if bundle.raw is not None and bundle.raw[block.start] == 0x9F:
        after += 1
    return block.end - after - len(block.data)


def _check_integrity(
    head: PrimaryBlock, sequence: tuple[CanonicalBlock, ...], hidden: frozenset[int]
) -> None:
    for block in sequence:
        # An encrypted integrity block doesn't show its targets: the primary block may be one.
        if block.type == blocks.INTEGRITY and (block.number in hidden or 0 in blocks.read_targets(block)):
            return
    rule = "a CRC SHALL be present in the primary block unless an integrity block targets it"
    raise BundleError(head.start, f"RFC 9171, 4.3.1: {rule}")


def _check_extent(head: PrimaryBlock, length: int) -> None:
    if (head.fragment_offset or 0) + length > (head.total_length or 0):
        rule = "a fragment lies within the total application data unit length"
        raise BundleError(head.start, f"RFC 9171, 4.3.1: {rule}")


def _check_report_flags(sequence: tuple[CanonicalBlock, ...]) -> None:
    for block in sequence:
        if block.flags & blocks.REPORT:
            rule = "in an anonymous bundle or administrative record no block may ask for a status report"
            raise BundleError(block.start, f"RFC 9171, 4.2.4: {rule}")


def replaced(bundle: Bundle, sequence: tuple[CanonicalBlock, ...]) -> Bundle:
    """Return the bundle with other canonical blocks; those it had keep their bytes."""
    return msgspec.structs.replace(bundle, blocks=sequence)
