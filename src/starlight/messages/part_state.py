"""The chunks that are here of a part of a letter, which travels in bundles of its own."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from starlight.messages.parts import Part, chunk_count


class PartState(msgspec.Struct, frozen=True, gc=False):
    """The chunks that are here of a part.

    Attributes:
        reference: under which its bytes lie (`mailboxes/bodies.py`).
        size, chunk_size: in bytes.
        have: a bit for each chunk, the lowest of the first byte first.
        arrived_at: when it was here whole, in ns; None while it is not.
        given_up: what is missing is not asked for any more; it may still come.
        let_go_at: when its bytes, which had been here whole, were let go on request, in ns; None while they
            were not.
    """

    reference: str
    size: int
    chunk_size: int
    have: bytes
    arrived_at: int | None = None
    given_up: bool = False
    let_go_at: int | None = None

    def __post_init__(self) -> None:
        """Check that each chunk has a place, and nothing else; ValueError, as of a damaged record."""
        if self.size < 1 or self.chunk_size < 1 or len(self.have) != -(-self.chunks // 8):
            raise ValueError("the chunks that are here are not those of a part of this size")
        if _bits(self) > _all(self.chunks):
            raise ValueError("a chunk is here that the part does not have")

    @property
    def chunks(self) -> int:
        """Return in how many chunks it travels."""
        return chunk_count(self.size, self.chunk_size)

    @property
    def bytes_here(self) -> int:
        """Return how many of its bytes are here."""
        if self.arrived_at is not None:
            return self.size
        bits = _bits(self)
        # The last chunk may be short, and come before others.
        short = self.chunks * self.chunk_size - self.size if bits >> (self.chunks - 1) & 1 else 0
        return bits.bit_count() * self.chunk_size - short


def nothing_here(letter_id: str, number: int, part: Part) -> PartState:
    """Return the state of a part of which nothing has come yet."""
    have = bytes(-(-part.chunks // 8))
    return PartState(f"{letter_id}/{number}", part.size, part.chunk_size, have)


def all_here(reference: str, part: Part, now: int) -> PartState:
    """Return the state of a part that was written here, at a time in ns."""
    have = _all(part.chunks).to_bytes(-(-part.chunks // 8), "little")
    return PartState(reference, part.size, part.chunk_size, have, now)


def let_go(state: PartState, now: int) -> PartState:
    """Return the state of a part whose bytes, which were here whole, are let go at a time in ns."""
    nothing = bytes(len(state.have))
    return replace(state, have=nothing, arrived_at=None, given_up=True, let_go_at=now)


def with_chunk(state: PartState, number: int) -> PartState:
    """Return the state of a part of which one chunk more is here."""
    have = bytearray(state.have)
    have[number // 8] |= 1 << number % 8
    return replace(state, have=bytes(have))


def has_chunk(state: PartState, number: int) -> bool:
    """Return whether a chunk is here."""
    return bool(state.have[number // 8] >> number % 8 & 1)


def is_whole(state: PartState) -> bool:
    """Return whether all chunks are here."""
    return _bits(state) == _all(state.chunks)


def missing(state: PartState) -> Iterator[tuple[int, int]]:
    """Yield the ranges of chunks that are not here, in order: the first, and how many."""
    holes = _all(state.chunks) & ~_bits(state)
    at = 0
    # By runs of equal bits and not by chunks: the lowest bit that is set ends a run of zeros, and the lowest
    # of the complement a run of ones.
    while holes:
        zeros = _lowest(holes)
        count = _lowest(~(holes >> zeros))
        yield at + zeros, count
        at += zeros + count
        holes >>= zeros + count


def _bits(state: PartState) -> int:
    """Return the chunks that are here as one number, chunk 0 its lowest bit."""
    return int.from_bytes(state.have, "little")


def _all(chunks: int) -> int:
    return (1 << chunks) - 1


def _lowest(bits: int) -> int:
    """Return the place of the lowest bit that is set, of a number that is not zero."""
    return (bits & -bits).bit_length() - 1
