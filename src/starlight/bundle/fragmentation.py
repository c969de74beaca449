"""Fragments of a bundle, and the data unit that they make up again (RFC 9171, 5.8 and 5.9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from starlight.bundle import blocks, primary
from starlight.bundle.blocks import CanonicalBlock
from starlight.bundle.bundle import Bundle
from starlight.bundle.cbor import encode_uint
from starlight.bundle.codec import parse
from starlight.bundle.primary import PrimaryBlock
from starlight.errors import BundleError


def fragment(bundle: Bundle, max_payload: int) -> list[Bundle]:
    """Replace a bundle by fragments whose payloads are at most `max_payload` bytes long.

    A bundle that is short enough comes back as it is. See `cut`.

    Raises:
        ValueError: the bundle must not be fragmented (4.2.3), or `max_payload` is not positive.
    """
    length = len(bundle.payload)
    if length <= max_payload:
        return [bundle]
    if max_payload < 1:
        raise ValueError(f"bundle {bundle.id} can't be cut into payloads of {max_payload} bytes")
    return cut(bundle, [min(max_payload, length - offset) for offset in range(0, length, max_payload)])


def cut(bundle: Bundle, lengths: Sequence[int]) -> list[Bundle]:
    """Replace a bundle by fragments with payloads of these lengths, in order.

    The first keeps all extension blocks, the others those marked "must be replicated in every
    fragment" (5.8). Each primary block has a checksum of its own. A fragment can be fragmented again.

    Args:
        bundle: the whole, or a fragment.
        lengths: in bytes, none 0; together the payload's.

    Raises:
        ValueError: the bundle must not be fragmented (4.2.3), or its primary block has no checksum:
            the integrity block in its place would not hold for the fragments' (4.3.1). Or the
            lengths are not those of parts of its payload.
    """
    payload = bundle.payload
    if sum(lengths) != len(payload) or min(lengths, default=0) < 1:
        raise ValueError(f"parts of {sum(lengths)} B do not make up a payload of {len(payload)} B")
    head = bundle.primary
    if not bundle.may_be_fragmented or not head.crc_type:
        raise ValueError(f"bundle {bundle.id} can't be cut into fragments")
    # A fragment that is cut again counts from the start of the original, so pieces of any depth
    # reassemble alike.
    base = head.fragment_offset or 0
    total = len(payload) if head.total_length is None else head.total_length
    hidden = bundle.encrypted
    pieces: list[Bundle] = []
    offset = 0
    for length in lengths:
        kept = [b for b in bundle.blocks[:-1] if not offset or _replicated(head, b, hidden)]
        body = bundle.blocks[-1].with_data(payload[offset : offset + length])
        piece = msgspec.structs.replace(
            head,
            flags=head.flags | primary.FRAGMENT,
            fragment_offset=base + offset,
            total_length=total,
            start=0,
            end=0,
        )
        pieces.append(Bundle(piece, (*kept, body), bundle.raw))
        offset += length
    return pieces


def overhead_bound(size: int, payload: int, total: int) -> int:
    """Return how many bytes each fragment of a bundle has at most beside its payload.

    Its blocks are among those of the whole, which gain the offset and the total length; an offset
    takes no more bytes than the total.

    Args:
        size: of the encoded bundle, in bytes.
        payload: of its payload.
        total: of the data unit that it carries all or part of.
    """
    return size - payload + 2 * len(encode_uint(total))


def fragment_bytes(size: int, payload: int, extent: tuple[int, int], total: int) -> int:
    """Return the size of a fragment, encoded, of a bundle whose blocks are all kept in each fragment.

    So it is with those that `build` makes, a previous node block included (5.8).

    Args:
        size: of the encoded bundle, which is whole, in bytes.
        payload: of its payload.
        extent: offset and length of the fragment's payload.
        total: of the data unit.
    """
    offset, length = extent
    return sized(size, payload, length) + len(encode_uint(offset)) + len(encode_uint(total))


def sized(size: int, payload: int, other: int) -> int:
    """Return the size of an encoded bundle with a payload of another length in place of its own, in bytes."""
    return size - payload - len(encode_uint(payload)) + other + len(encode_uint(other))


def _replicated(head: PrimaryBlock, block: CanonicalBlock, hidden: frozenset[int]) -> bool:
    if block.type == blocks.PREVIOUS_NODE:
        # Each fragment is a bundle that its node sends on, and says so (4.4.1).
        return block.number not in hidden
    # A fragment without creation time needs its age as every such bundle does (4.4.2).
    return bool(block.flags & blocks.REPLICATE) or (not head.creation_ms and block.type == blocks.BUNDLE_AGE)


def missing(extents: Iterable[tuple[int, int]], total: int) -> list[tuple[int, int]]:
    """Return the gaps, as (offset, length), that fragments leave in a data unit.

    Args:
        extents: offset and length of each fragment's payload, in any order; they may overlap.
        total: bytes of the whole.
    """
    gaps: list[tuple[int, int]] = []
    reached = 0
    for offset, length in sorted(extents):
        if offset > reached:
            gaps.append((reached, min(offset, total) - reached))
        reached = max(reached, offset + length)
        if reached >= total:
            return gaps
    gaps.append((reached, total - reached))
    return gaps


def reassemble(fragments: Iterable[bytes]) -> bytes:
    """Put encoded fragments together again (5.9).

    Args:
        fragments: bundles that `decode` has accepted before, of one data unit, in any order.
            Where two overlap, the one with the lower offset counts.

    Returns:
        The application data unit.

    Raises:
        BundleError: they are not fragments of one data unit, or bytes are missing; the offset
            is then that of the first missing byte.
    """
    parts = [parse(data) for data in fragments]
    # Total length too: fragments of two data units that claim one identity must not be joined (5.9).
    units = {(part.adu_id, part.primary.total_length) for part in parts}
    if len(units) != 1 or not all(part.is_fragment for part in parts):
        raise BundleError(0, "RFC 9171, 5.9: fragments have the same source, creation timestamp and length")
    total = parts[0].primary.total_length or 0
    whole = bytearray()
    for part in sorted(parts, key=lambda part: part.primary.fragment_offset or 0):
        offset = part.primary.fragment_offset or 0
        if offset > len(whole):
            break
        # Sorted by offset, the bytes that are here already win; the slice is empty where a part adds nothing.
        whole += part.payload[len(whole) - offset :]
    if len(whole) != total:
        raise BundleError(len(whole), f"RFC 9171, 5.9: {len(whole)} of {total} bytes, then a gap")
    return bytes(whole)
