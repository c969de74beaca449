"""The index over the letters of a store that was written before there was one.

It is made once, from all records, by the same mailbox that keeps it afterwards; the store commits it
as a whole, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from starlight.errors import StoreError
from starlight.messages import stored_format
from starlight.messages.decoded import DecodedRecords, decode_letter
from starlight.messages.mailbox import Mailbox, MailboxLimits
from starlight.messages.records import CARRIER, INDEX, MemoryRecords
from starlight.node.application import Save

_T = TypeVar("_T")


class _Index(MemoryRecords):
    """The index alone: the records themselves are in the store already, and may be many."""

    def put(self, save: Save) -> None:
        if save.key.startswith((INDEX, CARRIER)):
            super().put(save)


def index_of(records: Callable[[str], Iterable[Save]]) -> list[Save]:
    """Return the saves of an index over records.

    What is known of a letter that is not there itself is left out: nothing could show or carry it.

    Args:
        records: gives those of a kind: ``letter``, ``sent`` or ``received``.

    Raises:
        StoreError: a record is damaged.
    """
    index = _Index()
    decoded = DecodedRecords(index, cache_bytes=0)
    mailboxes: dict[str, Mailbox] = {}
    for save in records("letter"):
        box = mailboxes.setdefault(save.mailbox, Mailbox(save.mailbox, MailboxLimits(), decoded))
        letter = _read(save, decode_letter)
        if not box.index.has(letter.id):
            box.index.add(letter)
    for kind in ("sent", "received"):
        for save in records(kind):
            of, id = mailboxes.get(save.mailbox), save.key.removeprefix(f"{kind}/")
            if of is None or not of.index.has(id):
                continue
            if kind == "sent":
                of.put_sent(id, _read(save, stored_format.SENT.decode))
            else:
                of.put_received(id, _read(save, stored_format.RECEIVED.decode))
    return index.index()


def _read(save: Save, decode: Callable[[bytes], _T]) -> _T:
    try:
        return decode(save.data)
    except StoreError as error:
        raise StoreError(f"{save.mailbox} {save.key}: {error}") from error
