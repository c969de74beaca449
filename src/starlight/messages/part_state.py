"""The chunks that are here of a part of a letter, which travels in bundles of its own."""

from __future__ import annotations

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
    """

    reference: str
    size: int
    chunk_size: int
    have: bytes
    arrived_at: int | None = None

    @property
    def chunks(self) -> int:
        """Return in how many chunks it travels."""
        return chunk_count(self.size, self.chunk_size)

    @property
    def bytes_here(self) -> int:
        """Return how many of its bytes are here."""
        if self.arrived_at is not None:
            return self.size
        count = sum(byte.bit_count() for byte in self.have)
        return min(self.size, count * self.chunk_size)


def nothing_here(letter_id: str, number: int, part: Part) -> PartState:
    """Return the state of a part of which nothing has come yet."""
    have = bytes(-(-part.chunks // 8))
    return PartState(f"{letter_id}/{number}", part.size, part.chunk_size, have)


def all_here(reference: str, part: Part, now: int) -> PartState:
    """Return the state of a part that was written here, at a time in ns."""
    have = ((1 << part.chunks) - 1).to_bytes(-(-part.chunks // 8), "little")
    return PartState(reference, part.size, part.chunk_size, have, now)


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
    return sum(byte.bit_count() for byte in state.have) == state.chunks


def missing(state: PartState) -> tuple[tuple[int, int], ...]:
    """Return the ranges of chunks that are not here: the first, and how many."""
    ranges: list[tuple[int, int]] = []
    for number in range(state.chunks):
        if has_chunk(state, number):
            continue
        if ranges and sum(ranges[-1]) == number:
            ranges[-1] = (ranges[-1][0], ranges[-1][1] + 1)
        else:
            ranges.append((number, 1))
    return tuple(ranges)
