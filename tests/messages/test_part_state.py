"""The chunks that are here of a part: counted and listed at a cost that does not grow with each chunk."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from starlight.messages.part_state import (
    PartState,
    all_here,
    has_chunk,
    is_whole,
    missing,
    nothing_here,
    with_chunk,
)
from starlight.messages.parts import CHUNKS_MAX, Part


def part_of(chunks: int, last: int = 1024) -> Part:
    """Return a part of some chunks of a kilobyte, the last one perhaps short."""
    return Part(hash=bytes(32), size=(chunks - 1) * 1024 + last, chunk_size=1024)


@given(st.integers(1, 70), st.sets(st.integers(0, 69)), st.integers(1, 1024))
def test_what_is_missing_is_all_that_is_not_here(count: int, here: set[int], last: int) -> None:
    """The ranges of missing chunks are in order, apart from each other, and hold just what is not here."""
    here = {number for number in here if number < count}
    part = part_of(count, last)
    state = nothing_here("id", 0, part)
    for number in here:
        state = with_chunk(state, number)
    ranges = list(missing(state))
    listed = [first + n for first, length in ranges for n in range(length)]
    assert listed == [number for number in range(count) if number not in here]
    assert all(one[0] + one[1] < two[0] for one, two in pairwise(ranges))
    assert [has_chunk(state, number) for number in range(count)] == [n in here for n in range(count)]
    assert is_whole(state) == (len(here) == count)
    assert state.bytes_here == sum(part.chunk_bytes(number) for number in here)
    assert is_whole(all_here("id/0", part, 0))


def test_listing_the_first_gaps_does_not_walk_over_the_rest() -> None:
    """Who asks for the first two gaps of the largest part gets those, and the others are not looked for."""
    state = nothing_here("id", 0, part_of(CHUNKS_MAX))
    for number in range(1, CHUNKS_MAX, 2):
        state = with_chunk(state, number)
    gaps = missing(state)
    assert (next(gaps), next(gaps)) == ((0, 1), (2, 1))
    assert len(state.have) == 512


@pytest.mark.parametrize(
    ("size", "chunk_size", "have"),
    [(0, 1024, b""), (10, 0, b"\x01"), (10, 1024, b""), (10, 1024, b"\x01\x00"), (10, 1024, b"\x02")],
)
def test_a_state_that_contradicts_itself_is_none(size: int, chunk_size: int, have: bytes) -> None:
    """There is a place for each chunk of a part, and no more; no record says otherwise."""
    with pytest.raises(ValueError, match="chunk"):
        PartState("id/0", size, chunk_size, have)
