"""The chunks that are here of parts of letters that travel in bundles of their own."""

from __future__ import annotations

from msgspec.structs import replace

from starlight.messages import stored_format
from starlight.messages.parts import Part
from starlight.messages.records import PART, Records
from starlight.messages.stored_format import PartState
from starlight.node.application import Save


class PartStates:
    """The parts of one mailbox's letters; of a letter that was written here, all chunks are here.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, address: str, records: Records) -> None:
        self._address = address
        self._records = records

    def get(self, letter_id: str, part: int) -> PartState | None:
        """Return what is known of a part that is not in its letter, or None where nothing is.

        Raises:
            StoreError: the record is damaged.
        """
        data = self._records.get(self._address, f"{PART}{letter_id}/{part}")
        return None if data is None else stored_format.PART.decode(data)

    def put(self, letter_id: str, part: int, state: PartState) -> Save:
        """Keep what is known of a part."""
        save = Save(self._address, f"{PART}{letter_id}/{part}", stored_format.PART.encode(state))
        self._records.put(save)
        return save


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
