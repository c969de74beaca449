"""The bytes of parts in the store: under a reference, a record for each chunk, so that any store has them.

No part ever stands in memory whole: it is written, read and sent a chunk at a time. Beside the chunks of a
part that was written here lies its `Body`, with the hashes that each chunk brings to its reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from starlight.errors import StoreError
from starlight.mailboxes import stored_format
from starlight.mailboxes.decoded import DecodedRecords
from starlight.mailboxes.records import BODY
from starlight.mailboxes.stored_format import Body
from starlight.messages.hash_tree import HASH_BYTES, inclusion_path, leaf_hash, tree_hash
from starlight.messages.parts import chunk_count
from starlight.node.application import Erase, Save


class Bodies:
    """The bytes of the parts of one mailbox.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, address: str, records: DecodedRecords) -> None:
        self._address = address
        self._decoded = records
        self._records = records.records

    def body(self, reference: str) -> Body | None:
        """Return what is known of a part that was written here, or None; what is damaged is set aside.

        Raises:
            StoreError: the disk can't be read.
        """
        data = self._records.get(self._address, BODY + reference)
        # Empty is what was let go; the store keeps a record until it is told another.
        if not data:
            return None
        return self._decoded.understood(self._address, BODY + reference, data, stored_format.BODY.decode)

    def put_body(self, reference: str, body: Body) -> Save:
        """Keep what is known of a part whose chunks are all here."""
        return self._put(BODY + reference, stored_format.BODY.encode(body))

    def chunk(self, reference: str, number: int) -> bytes:
        """Return the bytes of a chunk.

        Raises:
            StoreError: it is not here.
        """
        data = self._records.get(self._address, f"{BODY}{reference}/{number}")
        if data is None:
            raise StoreError(f"{self._address} {BODY}{reference}/{number}: no such chunk is here")
        return data

    def sound_chunk(self, reference: str, number: int) -> tuple[bytes, tuple[bytes, ...]] | None:
        """Return a chunk of a part that was written here, and the hashes that it brings to its reader.

        None where it, or what is known of its part, can't be read; a chunk whose bytes are not those that
        were written is set aside, as its reader would refuse it each time that it comes.
        """
        body = self.body(reference)
        key = f"{BODY}{reference}/{number}"
        data = self._records.get(self._address, key)
        if body is None or data is None:
            return None
        at = number * HASH_BYTES
        if body.leaves[at : at + HASH_BYTES] != leaf_hash(data):
            self._decoded.set_aside(self._address, key, "its bytes are not those that were written")
            return None
        return data, path_of(body, number)

    def put_chunk(self, reference: str, number: int, data: bytes) -> Save:
        """Keep the bytes of a chunk."""
        return self._put(f"{BODY}{reference}/{number}", data)

    def empty(self, reference: str) -> tuple[list[Save], int]:
        """Let go of the bytes under a reference; return the saves, and how many bytes there were.

        The records stay, empty: a store keeps what it was told until it is told otherwise.
        """
        saves = [self._put(BODY + reference, b"")] if self._get(BODY + reference) else []
        number = freed = 0
        # Only what was written here is let go, which has no gaps: it is kept from its first chunk on.
        while data := self._get(f"{BODY}{reference}/{number}"):
            freed += len(data)
            saves.append(self._put(f"{BODY}{reference}/{number}", b""))
            number += 1
        return saves, freed

    def erase(self, reference: str, chunks: int) -> list[Erase]:
        """Erase the bytes under a reference, and what is known of them; return what makes that durable."""
        keys = [BODY + reference, *(f"{BODY}{reference}/{number}" for number in range(chunks))]
        return [self._decoded.erase(self._address, key) for key in keys if self._get(key) is not None]

    def _get(self, key: str) -> bytes | None:
        return self._records.get(self._address, key)

    def read(self, reference: str, chunks: int) -> Iterator[bytes]:
        """Return the bytes of a part that is here whole, a chunk at a time."""
        return (self.chunk(reference, number) for number in range(chunks))

    def _put(self, key: str, data: bytes) -> Save:
        save = Save(self._address, key, data)
        self._records.put(save)
        return save


def body_of(size: int, chunk_size: int, leaves: Sequence[bytes], plain: bytes) -> Body:
    """Return what is known of a part.

    Args:
        size, chunk_size: in bytes.
        leaves: the leaf hashes of its chunks.
        plain: SHA-256 of all its bytes.
    """
    # What is one chunk travels without hashes beside it, so it is checked by what any tool calls its hash.
    top = plain if len(leaves) == 1 else tree_hash(leaves)
    return Body(size, chunk_size, top, b"".join(leaves))


def path_of(body: Body, number: int) -> tuple[bytes, ...]:
    """Return the hashes that a chunk brings to its reader."""
    ends = range(0, len(body.leaves), HASH_BYTES)
    leaves = [body.leaves[at : at + HASH_BYTES] for at in ends]
    return inclusion_path(leaves, number) if chunk_count(body.size, body.chunk_size) > 1 else ()
