"""The index over the letters of a store that was written before there was one.

It is made once, from all records, by the same mailbox that keeps it afterwards; the store commits it
as a whole, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from starlight.messages.decoded import DecodedRecords, decode_letter, decode_received, decode_sent
from starlight.messages.mailbox import Mailbox, MailboxLimits
from starlight.messages.records import CARRIER, INDEX, MemoryRecords
from starlight.node.application import Save


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
        box.put_letter(decode_letter(save))
    for kind in ("sent", "received"):
        for save in records(kind):
            of, id = mailboxes.get(save.mailbox), save.key.removeprefix(f"{kind}/")
            if of is None or not of.index.has(id):
                continue
            if kind == "sent":
                of.put_sent(id, decode_sent(save))
            else:
                of.put_received(id, decode_received(save))
    return index.index()
