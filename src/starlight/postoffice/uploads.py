"""Uploads: the bytes of parts as they come from a person's own program, before the letter that has them.

They are taken a piece at a time, cut into chunks and kept at once, so that a film costs no more memory than a
song. What is uploaded has a reference, which a draft names. Its bytes count towards the mailbox's room for
parts from the first on. What broke off is let go at once, or at the next start; what no letter has named in
time (`NAMED_WITHIN`), then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256

from starlight.dtntime import DAY
from starlight.errors import InputError
from starlight.mailboxes.bodies import body_of
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.draft import Draft
from starlight.messages.hash_tree import leaf_hash
from starlight.messages.letter import Letter
from starlight.messages.parts import CHUNK_BYTES, CHUNK_MAX_BYTES, CHUNK_MIN_BYTES, PART_MAX_BYTES
from starlight.messages.wire_values import ID_BYTES
from starlight.node.application import Save

OPEN_MAX = 16
"""Uploads under way at one node: more than its people send at a time."""


NAMED_WITHIN = 7 * DAY
"""So long an upload waits for its letter: a draft may lie for days; in a demo, which hastens, minutes."""


class _Upload:
    """An upload under way: at most a chunk of bytes, and the hashes of those before."""

    def __init__(self, mailbox: Mailbox, chunk_size: int) -> None:
        self.mailbox = mailbox
        self.chunk_size = chunk_size
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
        self._lapse_at: dict[str, tuple[int, Mailbox]] = {}  # by mailbox, of its oldest that is whole

    def resume(self, mailboxes: Iterable[Mailbox]) -> list[Save]:
        """Let go of what was under way when the node stopped; go on waiting for letters to name the rest."""
        saves: list[Save] = []
        for mailbox in mailboxes:
            for each in mailbox.uploads.all():
                # The program that sent it has lost its connection with the node, and begins anew.
                if each.finished_at is None and each.reference not in self._open:
                    saves += mailbox.uploads.drop(each.reference)
            self._wait(mailbox)
        return saves

    def next_wakeup(self) -> int | None:
        """Return when `handle_timer` has something to let go."""
        return min((due for due, _ in self._lapse_at.values()), default=None)

    def handle_timer(self, now: int) -> list[Save]:
        """Let go of uploads that no letter has named in time."""
        saves: list[Save] = []
        for due, mailbox in list(self._lapse_at.values()):
            if due <= now:
                for each in mailbox.uploads.all():
                    if each.finished_at is not None and each.finished_at + NAMED_WITHIN <= now:
                        saves += mailbox.uploads.drop(each.reference)
                self._wait(mailbox)
        return saves

    def begin(self, mailbox: Mailbox, now: int, chunk_size: int = CHUNK_BYTES) -> tuple[str, list[Save]]:
        """Begin an upload; return its reference, and the saves by which it is let go if it breaks off.

        Args:
            mailbox: where it is kept.
            now: in ns.
            chunk_size: bytes of a chunk: a smaller one lets its reader have more of it sooner.

        Raises:
            InputError: there are too many under way, or waiting for a letter, or there is no room.
        """
        if len(self._open) >= OPEN_MAX:
            raise InputError(f"{OPEN_MAX} uploads are under way", where="parts", right="Try again in a while")
        if len(mailbox.uploads.all()) >= mailbox.uploads.most:
            raise InputError(
                f"{mailbox.uploads.most} uploads wait for a letter",
                where="parts",
                right=f"Send those; what no letter names is let go after {NAMED_WITHIN // DAY} days",
            )
        # How large it will be nobody says before; whoever has no room at all is told at once.
        if not mailbox.part_room.has_room(1):
            raise _no_room()
        reference = self._entropy(ID_BYTES).hex()
        assert CHUNK_MIN_BYTES <= chunk_size <= CHUNK_MAX_BYTES, "as a letter may describe it"
        self._open[reference] = _Upload(mailbox, chunk_size)
        return reference, [mailbox.uploads.begin(reference, now)]

    def add(self, reference: str, data: bytes) -> list[Save]:
        """Take the next bytes of an upload; return the saves of the chunks that are full with them.

        Raises:
            InputError: no such upload is under way; or it has become too large, or there is no room for more
                of it: then it is to be dropped.
        """
        upload = self._of(reference)
        upload.size += len(data)
        if upload.size > PART_MAX_BYTES:
            raise InputError(
                f"a part of more than {PART_MAX_BYTES} bytes",
                where="parts",
                right=f"It has at most {PART_MAX_BYTES}; a larger one goes in several",
            )
        # What waits in memory is not counted as kept yet, but will be.
        if not upload.mailbox.part_room.has_room(len(upload.waiting) + len(data)):
            raise _no_room()
        upload.plain.update(data)
        upload.waiting += data
        saves: list[Save] = []
        while len(upload.waiting) >= upload.chunk_size:
            saves += _keep(reference, upload, bytes(upload.waiting[: upload.chunk_size]))
            del upload.waiting[: upload.chunk_size]
        return saves

    def finish(self, reference: str, now: int) -> list[Save]:
        """End an upload at a time in ns; return the saves after which a draft may name it."""
        upload = self._of(reference)
        del self._open[reference]
        saves: list[Save] = []
        # An empty part has one chunk as well, as its hash is that of a tree with one leaf.
        if upload.waiting or not upload.leaves:
            saves += _keep(reference, upload, bytes(upload.waiting))
        body = body_of(upload.size, upload.chunk_size, upload.leaves, upload.plain.digest())
        mailbox = upload.mailbox
        saves += [mailbox.bodies.put_body(reference, body), mailbox.uploads.finish(reference, now)]
        self._wait(mailbox)
        return saves

    def take(self, mailbox: Mailbox, data: bytes, now: int) -> tuple[str, list[Save]]:
        """Take all bytes of a part at once, as a program of the node itself has them; as `begin` to `finish`.

        Raises:
            InputError: there is no room, or it is too large; nothing of it is kept then.
        """
        reference, saves = self.begin(mailbox, now)
        try:
            saves = [*saves, *self.add(reference, data)]
        except InputError:
            self.drop(reference)
            raise
        return reference, [*saves, *self.finish(reference, now)]

    def drop(self, reference: str) -> list[Save]:
        """Let go of an upload that will not come to its end; of one that has, nothing."""
        upload = self._open.pop(reference, None)
        return [] if upload is None else upload.mailbox.uploads.drop(reference)

    def name(self, mailbox: Mailbox, letter: Letter, draft: Draft) -> list[Save]:
        """Take note that a letter made of a draft has uploads; those that travel alone stay with it."""
        saves: list[Save] = []
        for part, attachment in zip(letter.parts, draft.parts, strict=True):
            if part.chunks:
                saves += mailbox.uploads.name(attachment.upload)
        self._wait(mailbox)
        return saves

    def _wait(self, mailbox: Mailbox) -> None:
        """Note when the oldest upload to a mailbox is let go that is whole."""
        ends = [each.finished_at for each in mailbox.uploads.all() if each.finished_at is not None]
        if ends:
            self._lapse_at[mailbox.address] = min(ends) + NAMED_WITHIN, mailbox
        else:
            self._lapse_at.pop(mailbox.address, None)

    def _of(self, reference: str) -> _Upload:
        upload = self._open.get(reference)
        if upload is None:
            raise InputError(f"no upload {reference!r} is under way", where="parts")
        return upload


def _keep(reference: str, upload: _Upload, data: bytes) -> list[Save]:
    upload.leaves.append(leaf_hash(data))
    kept = upload.mailbox.bodies.put_chunk(reference, len(upload.leaves) - 1, data)
    return [kept, upload.mailbox.part_room.keep(len(data))]


def _no_room() -> InputError:
    return InputError("the mailbox has no room for more parts", where="parts", right="Send words alone")
