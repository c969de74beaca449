"""Records as what they mean, with a small cache over them that is bounded by bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar, cast

import msgspec

from starlight.errors import LetterError, StoreError
from starlight.messages import stored_format
from starlight.messages.delivery import Received
from starlight.messages.dispatch import Sent
from starlight.messages.first_format import encode_first
from starlight.messages.format import decode_message
from starlight.messages.letter import Letter
from starlight.messages.records import Records
from starlight.messages.wire_values import Envelope
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
        return self._get(mailbox, f"sent/{id}", decode_sent)

    def received(self, mailbox: str, id: str) -> Received | None:
        """Return what is known about a letter that came to a mailbox, or None; errors as above."""
        return self._get(mailbox, f"received/{id}", decode_received)

    def put(self, mailbox: str, key: str, value: Letter | Sent | Received) -> Save:
        """Keep a record; return the save that makes it durable."""
        save = Save(mailbox, key, _encode(value))
        self.records.put(save)
        self._remember((mailbox, key), value, len(save.data))
        return save

    def _get(self, mailbox: str, key: str, decode: Callable[[Save], _T]) -> _T | None:
        at = (mailbox, key)
        found = self._cache.get(at)
        if found is not None:
            self._cache.move_to_end(at)
            return cast("_T", found[0])
        data = self.records.get(mailbox, key)
        if data is None:
            return None
        value = decode(Save(mailbox, key, data))
        self._remember(at, value, len(data))
        return value

    def _remember(self, at: tuple[str, str], value: object, size: int) -> None:
        # A letter may have a megabyte of text, so the bound is by bytes, not by records.
        self._room += self._cache.pop(at, (None, 0))[1] - size
        self._cache[at] = (value, size)
        while self._room < 0:
            self._room += self._cache.popitem(last=False)[1][1]


def _encode(value: Letter | Sent | Received) -> bytes:
    if isinstance(value, Letter):
        return encode_first(value)
    return stored_format.encode_sent(value) if isinstance(value, Sent) else msgspec.msgpack.encode(value)


def decode_letter(save: Save) -> Letter:
    """Return the letter that was saved; StoreError if it is none."""
    try:
        message = decode_message(save.data, Envelope("", save.mailbox, 0))
    except LetterError as error:
        raise StoreError(f"{save.mailbox} {save.key}: {error}") from error
    if not isinstance(message, Letter):
        raise StoreError(f"{save.mailbox} {save.key}: not a letter")
    return message


def decode_sent(save: Save) -> Sent:
    """Return what is known about a letter written here as it was saved; StoreError if it is not that."""
    try:
        return stored_format.decode_sent(save.data)
    except msgspec.DecodeError as error:
        raise StoreError(f"{save.mailbox} {save.key}: {error}") from error


def decode_received(save: Save) -> Received:
    """Return what is known about a letter that came as it was saved; StoreError if it is not that."""
    try:
        return _DECODE_RECEIVED(save.data)
    except msgspec.DecodeError as error:
        raise StoreError(f"{save.mailbox} {save.key}: {error}") from error


_DECODE_RECEIVED: Callable[[bytes], Received] = msgspec.msgpack.Decoder(Received).decode
