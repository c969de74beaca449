"""The bytes of parts in the store: under a reference, a record for each chunk, so that any store has them.

No part ever stands in memory whole: it is written, read and sent a chunk at a time. Beside the chunks of a
part that was written here lies its `Body`, with the hashes that each chunk brings to its reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from starlight.errors import StoreError
from starlight.mailboxes import stored_format
from starlight.mailboxes.records import BODY, Records
from starlight.mailboxes.stored_format import Body
from starlight.messages.hash_tree import HASH_BYTES, inclusion_path, tree_hash
from starlight.messages.parts import chunk_count
from starlight.node.application import Save


class Bodies:
    """The bytes of the parts of one mailbox.

    Args:
        address: of the mailbox.
        records: of all mailboxes of the node.
    """

    def __init__(self, address: str, records: Records) -> None:
        self._address = address
        self._records = records

    def body(self, reference: str) -> Body | None:
        """Return what is known of a part that was written here, or None.

        Raises:
            StoreError: the record is damaged.
        """
        data = self._records.get(self._address, BODY + reference)
        return None if data is None else stored_format.BODY.decode(data)

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

    def put_chunk(self, reference: str, number: int, data: bytes) -> Save:
        """Keep the bytes of a chunk."""
        return self._put(f"{BODY}{reference}/{number}", data)

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
    top = plain if len(leaves) == 1 else tree_hash(leaves)
    return Body(size, chunk_size, top, b"".join(leaves))


def path_of(body: Body, number: int) -> tuple[bytes, ...]:
    """Return the hashes that a chunk brings to its reader."""
    ends = range(0, len(body.leaves), HASH_BYTES)
    leaves = [body.leaves[at : at + HASH_BYTES] for at in ends]
    return inclusion_path(leaves, number) if chunk_count(body.size, body.chunk_size) > 1 else ()
