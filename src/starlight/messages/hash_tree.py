"""Hash trees (RFC 9162, 2.1): each chunk of a part is checked by itself, whichever comes first.

A letter tells one hash of a large part. With a plain hash over all bytes a lie could only be found when the
last chunk is there, and nobody could say which one lies; so the hash is the Merkle tree hash over the chunks,
and each chunk brings the few hashes that lead from it to the top: eight for 50 MB in chunks of 256 KiB.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

HASH_BYTES = 32

# Leaves and inner nodes begin with different bytes, so that none can be passed off as the other
# (RFC 9162, 2.1.1: second preimage resistance).
_LEAF, _NODE = b"\x00", b"\x01"


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf: one chunk."""
    return sha256(_LEAF + data).digest()


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """Return the Merkle tree hash over the hashes of leaves (RFC 9162, 2.1.1)."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return _above(tree_hash(leaves[:split]), tree_hash(leaves[split:]))


def inclusion_path(leaves: Sequence[bytes], number: int) -> tuple[bytes, ...]:
    """Return the hashes that lead from a leaf to the top, the lowest first (RFC 9162, 2.1.3.1)."""
    if len(leaves) <= 1:
        return ()
    split = _split(len(leaves))
    if number < split:
        return (*inclusion_path(leaves[:split], number), tree_hash(leaves[split:]))
    return (*inclusion_path(leaves[split:], number - split), tree_hash(leaves[:split]))


def top_of(leaf: bytes, number: int, count: int, path: Sequence[bytes]) -> bytes | None:
    """Return the tree hash to which a path leads from a leaf (RFC 9162, 2.1.3.2); None if it leads nowhere.

    Args:
        leaf: its hash.
        number: of the leaf, from 0.
        count: how many leaves there are.
        path: as `inclusion_path` returns it.
    """
    if not 0 <= number < count:
        return None
    at, last, top = number, count - 1, leaf
    for beside in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            top = _above(beside, top)
            # Where the tree has no right half, a leaf rises without company.
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            top = _above(top, beside)
        at >>= 1
        last >>= 1
    return top if last == 0 else None


def _above(left: bytes, right: bytes) -> bytes:
    return sha256(_NODE + left + right).digest()


def _split(count: int) -> int:
    """Return the largest power of two below a count."""
    return 1 << ((count - 1).bit_length() - 1)
