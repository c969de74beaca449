"""The records that were found damaged, from when they are found until the node has committed that.

Whoever reads one finds it, a page as well, and from then on it is not there for anybody. In the store it is
set aside with the node's next step, and with it, in the same commit, what that changed in the index.
"""

from __future__ import annotations

from collections.abc import Callable

from starlight.mailboxes.records import Records, index_save
from starlight.node.application import Save, SetAside


class SetAsides:
    """The records of a node's mailboxes that are to be set aside.

    Args:
        records: all there are.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._found: list[SetAside] = []
        self._changed: dict[tuple[str, str], None] = {}  # index entries, by mailbox and letter
        self._watchers: dict[str, Callable[[str], None]] = {}
        self._watchers_of_all: list[Callable[[], None]] = []

    def watch(self, mailbox: str, watcher: Callable[[str], None]) -> None:
        """Tell a watcher the key of each record of a mailbox that is set aside."""
        self._watchers[mailbox] = watcher

    def watch_all(self, watcher: Callable[[], None]) -> None:
        """Tell a watcher each time that a record is set aside, for which `repairs` are then to be asked."""
        self._watchers_of_all.append(watcher)

    def add(self, mailbox: str, key: str, why: str) -> None:
        """Take a record out of use, at once here, and in the store with the next `repairs`."""
        request = SetAside(mailbox, key, why)
        self._records.put(request)
        self._found.append(request)
        if mailbox in self._watchers:
            self._watchers[mailbox](key)
        for watcher in self._watchers_of_all:
            watcher()

    def entry_changed(self, mailbox: str, letter_id: str) -> None:
        """Take note that a record which was set aside has changed the index entry of a letter."""
        self._changed[mailbox, letter_id] = None

    @property
    def waiting(self) -> bool:
        """Return whether there are repairs to be asked for."""
        return bool(self._found)

    def repairs(self) -> list[Save | SetAside]:
        """Return what the node has to commit, as records were found that can't be read; once."""
        found: list[Save | SetAside] = [*self._found]
        for mailbox, letter_id in self._changed:
            # As it is now: a step may have changed it again since, and must not be overtaken.
            entry = self._records.entry(mailbox, letter_id)
            if entry is not None:
                found.append(index_save(mailbox, entry))
                self._records.put(found[-1])
        self._found, self._changed = [], {}
        return found
