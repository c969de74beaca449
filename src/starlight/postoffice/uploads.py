"""Uploads: the bytes of parts as they come from a person's own program, before the letter that has them.

They are taken a piece at a time, cut into chunks and kept at once, so that a film costs no more memory than a
song. What is uploaded has a reference, which a draft names; what no letter ever names, or what broke off,
stays in the store and counts towards no limit.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from starlight.errors import InputError
from starlight.mailboxes.bodies import body_of
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.hash_tree import leaf_hash
from starlight.messages.parts import CHUNK_BYTES, PART_MAX_BYTES
from starlight.messages.wire_values import ID_BYTES
from starlight.node.application import Save

OPEN_MAX = 16
"""Uploads under way at one node: more than its people send at a time."""


class _Upload:
    """An upload under way: at most a chunk of bytes, and the hashes of those before."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.size = 0
        self.leaves: list[bytes] = []
        self.waiting = bytearray()
        self.plain = sha256()


class Uploads:
    """The uploads to the mailboxes of one node.

    Args:
        entropy: returns so many random bytes, of which references are made.
    """

    def __init__(self, entropy: Callable[[int], bytes]) -> None:
        self._entropy = entropy
        self._open: dict[str, _Upload] = {}

    def begin(self, mailbox: Mailbox) -> str:
        """Begin an upload; return its reference.

        Raises:
            InputError: there are too many under way.
        """
        if len(self._open) >= OPEN_MAX:
            raise InputError(f"{OPEN_MAX} uploads are under way", where="parts", right="Try again in a while")
        reference = self._entropy(ID_BYTES).hex()
        self._open[reference] = _Upload(mailbox)
        return reference

    def add(self, reference: str, data: bytes) -> list[Save]:
        """Take the next bytes of an upload; return the saves of the chunks that are full with them.

        Raises:
            InputError: no such upload is under way, or it has become too large; then it is over.
        """
        upload = self._of(reference)
        upload.size += len(data)
        if upload.size > PART_MAX_BYTES:
            self.drop(reference)
            raise InputError(
                f"a part of more than {PART_MAX_BYTES} bytes",
                where="parts",
                right=f"It has at most {PART_MAX_BYTES}; a larger one goes in several",
            )
        upload.plain.update(data)
        upload.waiting += data
        saves: list[Save] = []
        while len(upload.waiting) >= CHUNK_BYTES:
            saves.append(_keep(reference, upload, bytes(upload.waiting[:CHUNK_BYTES])))
            del upload.waiting[:CHUNK_BYTES]
        return saves

    def finish(self, reference: str) -> list[Save]:
        """End an upload; return the saves after which a draft may name it."""
        upload = self._of(reference)
        del self._open[reference]
        saves: list[Save] = []
        if upload.waiting or not upload.leaves:
            saves.append(_keep(reference, upload, bytes(upload.waiting)))
        body = body_of(upload.size, CHUNK_BYTES, upload.leaves, upload.plain.digest())
        return [*saves, upload.mailbox.bodies.put_body(reference, body)]

    def drop(self, reference: str) -> None:
        """Forget an upload that will not come to its end."""
        self._open.pop(reference, None)

    def _of(self, reference: str) -> _Upload:
        upload = self._open.get(reference)
        if upload is None:
            raise InputError(f"no upload {reference!r} is under way", where="parts")
        return upload


def _keep(reference: str, upload: _Upload, data: bytes) -> Save:
    upload.leaves.append(leaf_hash(data))
    return upload.mailbox.bodies.put_chunk(reference, len(upload.leaves) - 1, data)
