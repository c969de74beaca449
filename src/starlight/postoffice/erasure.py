"""The erasing of a conversation in one mailbox: its letters are gone from this node, and from nowhere
else."""

from __future__ import annotations

from collections.abc import Iterator

from starlight.mailboxes.index_entries import IndexEntry
from starlight.mailboxes.mailbox import Mailbox

AT_ONCE = 64
"""Letters that are looked at, and erased, at a time: so that others go on between."""


def batches(mailbox: Mailbox, correspondent: str) -> Iterator[tuple[list[str], int]]:
    """Give the letters with a correspondent, the last first, as ids that may be erased, and how many may not.

    Those may not of which the node has yet to tell or do something: that wait, are on their way, or of which
    the author has not been told. What came of them would find nothing to belong to.
    """
    before: bytes | None = None
    while entries := mailbox.index.last(correspondent, before, AT_ONCE):
        before = entries[0].order
        yield [each.id for each in entries if _may_be(each)], sum(not _may_be(each) for each in entries)


def _may_be(entry: IndexEntry) -> bool:
    return not (entry.open or entry.owed)
