"""Records as what they mean, with a small cache over them that is bounded by bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar, cast

from starlight.errors import LetterError, StoreError
from starlight.messages import stored_format
from starlight.messages.delivery import Received
from starlight.messages.dispatch import Sent
from starlight.messages.format import decode_message
from starlight.messages.letter import Letter
from starlight.messages.records import Records
from starlight.messages.stored_format import StoredLetter
from starlight.node.application import Save

CACHE_BYTES = 4 << 20
"""Of records as they are saved: some thousand letters, several times what pages show at a time; in
memory, decoded, they take two to three times as much."""

_T = TypeVar("_T")


class DecodedRecords:
    """The letters of a node's mailboxes and what is known about them, decoded.

    Args:
        records: where they are.
        cache_bytes: how much of them is kept decoded.
    """

    def __init__(self, records: Records, cache_bytes: int = CACHE_BYTES) -> None:
        self.records = records
        self._room = cache_bytes
        self._cache: OrderedDict[tuple[str, str], tuple[object, int]] = OrderedDict()

    def letter(self, mailbox: str, id: str) -> Letter | None:
        """Return a letter of a mailbox, or None.

        Raises:
            StoreError: the record is damaged, or can't be read.
        """
        return self._get(mailbox, f"letter/{id}", decode_letter)

    def sent(self, mailbox: str, id: str) -> Sent | None:
        """Return what is known of the course of a letter written in a mailbox, or None; errors as above."""
        return self._get(mailbox, f"sent/{id}", stored_format.SENT.decode)

    def received(self, mailbox: str, id: str) -> Received | None:
        """Return what is known about a letter that came to a mailbox, or None; errors as above."""
        return self._get(mailbox, f"received/{id}", stored_format.RECEIVED.decode)

    def put_letter(self, mailbox: str, letter: Letter, stored: StoredLetter) -> Save:
        """Keep a letter as it came, which is also given as what it means; return the save for it."""
        return self._put(mailbox, f"letter/{letter.id}", letter, stored_format.LETTER.encode(stored))

    def put_sent(self, mailbox: str, id: str, sent: Sent) -> Save:
        """Keep what is known of the course of a letter; return the save for it."""
        return self._put(mailbox, f"sent/{id}", sent, stored_format.SENT.encode(sent))

    def put_received(self, mailbox: str, id: str, received: Received) -> Save:
        """Keep what is known about a letter that came; return the save for it."""
        return self._put(mailbox, f"received/{id}", received, stored_format.RECEIVED.encode(received))

    def _put(self, mailbox: str, key: str, value: object, data: bytes) -> Save:
        save = Save(mailbox, key, data)
        self.records.put(save)
        self._remember((mailbox, key), value, len(data))
        return save

    def _get(self, mailbox: str, key: str, decode: Callable[[bytes], _T]) -> _T | None:
        at = (mailbox, key)
        found = self._cache.get(at)
        if found is not None:
            self._cache.move_to_end(at)
            return cast("_T", found[0])
        data = self.records.get(mailbox, key)
        if data is None:
            return None
        try:
            value = decode(data)
        except StoreError as error:
            raise StoreError(f"{mailbox} {key}: {error}") from error
        self._remember(at, value, len(data))
        return value

    def _remember(self, at: tuple[str, str], value: object, size: int) -> None:
        # A letter may have a megabyte of text, so the bound is by bytes, not by records.
        self._room += self._cache.pop(at, (None, 0))[1] - size
        self._cache[at] = (value, size)
        while self._room < 0:
            self._room += self._cache.popitem(last=False)[1][1]


def decode_letter(data: bytes) -> Letter:
    """Return the letter in a record; StoreError if there is none in it."""
    stored = stored_format.LETTER.decode(data)
    try:
        message = decode_message(stored.payload, stored.envelope)
    except LetterError as error:
        raise StoreError(str(error)) from error
    if not isinstance(message, Letter):
        raise StoreError("not a letter")
    return message
