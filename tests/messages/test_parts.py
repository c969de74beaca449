"""Parts: how they are cut into chunks, and which chunk is true."""

from __future__ import annotations

from hashlib import sha256

import pytest
from msgspec.structs import replace

from starlight.messages.hash_tree import inclusion_path, leaf_hash, tree_hash
from starlight.messages.parts import CHUNKS_MAX, PATH_MAX, Chunk, Part, chunk_count, is_true

ID = "00" * 16


def cut(data: bytes, size: int) -> tuple[Part, list[Chunk]]:
    """Return a part that holds some bytes, and its chunks."""
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    leaves = [leaf_hash(piece) for piece in pieces]
    top = sha256(data).digest() if len(pieces) == 1 else tree_hash(leaves)
    part = Part(hash=top, size=len(data), chunk_size=size)
    return part, [Chunk(ID, 0, n, piece, inclusion_path(leaves, n)) for n, piece in enumerate(pieces)]


@pytest.mark.parametrize("size", [1, 1023, 1024, 1025, 2048, 5000])
def test_every_chunk_of_a_part_is_true(size: int) -> None:
    """Each chunk of a part has its place, its size and its hash; a last one may be short."""
    part, chunks = cut(bytes(n % 251 for n in range(size)), 1024)
    assert part.chunks == len(chunks) == chunk_count(size, 1024)
    assert all(is_true(chunk, part) for chunk in chunks)
    assert sum(part.chunk_bytes(chunk.number) for chunk in chunks) == size


def test_a_chunk_that_lies_is_not_true() -> None:
    """Another byte, another place, another length, another part's chunk: none is true."""
    part, chunks = cut(b"a" * 1024 + b"b" * 1024 + b"c" * 100, 1024)
    one, two, three = chunks
    lies = [
        replace(one, data=b"x" + one.data[1:]),
        replace(one, number=1),
        replace(two, number=3),
        replace(two, number=-1),
        replace(three, data=three.data + b"c"),
        replace(three, data=three.data[:-1]),
        replace(two, path=()),
        replace(two, data=one.data),
        Chunk(ID, 0, 0, cut(b"z" * 1024, 1024)[1][0].data),
    ]
    assert not any(is_true(lie, part) for lie in lies)


def test_a_part_of_one_chunk_is_checked_by_its_plain_hash() -> None:
    """The hash of a part of one chunk is SHA-256 of its bytes, as any other program computes it."""
    part, (chunk,) = cut(b"small", 1024)
    assert part.hash == sha256(b"small").digest()
    assert is_true(chunk, part)
    assert not is_true(replace(chunk, path=(bytes(32),)), part)


def test_a_part_in_its_letter_has_no_chunks() -> None:
    """What is in the letter travels with it."""
    assert Part(data=b"x", size=1).chunks == 0


def test_the_longest_path_reaches_the_top_of_the_largest_part() -> None:
    """The limit of a path's length is that of a tree over all chunks that there may be."""
    assert 2 ** (PATH_MAX - 1) < CHUNKS_MAX <= 2**PATH_MAX
