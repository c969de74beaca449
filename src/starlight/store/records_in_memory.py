"""The records of mailboxes for a store that holds all of them in memory while it is open."""

from __future__ import annotations

from collections.abc import Iterable

from starlight.mailboxes.records import MemoryRecords
from starlight.node.application import Save, SetAside
from starlight.node.store import Write


class RecordsInMemory(MemoryRecords):
    """Records that mailboxes put ahead of their commit, and that a store files as it commits them."""

    def __init__(self) -> None:
        super().__init__()
        self._put: dict[tuple[str, str], Save | SetAside] = {}
        self._unasked: dict[int, Save | SetAside] = {}  # put, and not asked to be committed yet; by identity

    def put(self, save: Save | SetAside) -> None:
        """Make a record readable before its commit, or unreadable."""
        super().put(save)
        self._put[save.mailbox, save.key] = self._unasked[id(save)] = save

    def left_over(self, asked: Iterable[Write]) -> list[Save | SetAside]:
        """Return what was put and is not among what a step now asks to be committed (`Store.left_over`)."""
        for write in asked:
            self._unasked.pop(id(write), None)
        left, self._unasked = list(self._unasked.values()), {}
        # One that was put once more since is not the last word on its record.
        return [
            save
            for save in left
            if isinstance(save, SetAside) or self._put.get((save.mailbox, save.key)) is save
        ]

    def committed(self, writes: Iterable[Write]) -> None:
        """Take what is on disk now; what was put under the same key is the same or newer, and stays."""
        saves = [write for write in writes if isinstance(write, Save | SetAside)]
        # What a commit sets aside was there before all that it saves; what it erases goes in its turn.
        for write in sorted(saves, key=lambda write: type(write) is not SetAside):
            at = (write.mailbox, write.key)
            if at not in self._put:
                super().put(write)
            elif self._put[at] is write:
                del self._put[at]
