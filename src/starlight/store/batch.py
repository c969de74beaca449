"""The writes of one transaction, each key's last word only."""

from __future__ import annotations

from collections.abc import Iterable

from starlight.mailboxes.records import INDEX
from starlight.node.actions import Forget, Persist, Update
from starlight.node.application import Erase, Save, SetAside
from starlight.node.store import BUNDLE, Write


class Batch:
    """Writes that are committed together, sorted by what they do.

    Args:
        writes: in order; for one key, later ones override earlier ones.
    """

    def __init__(self, writes: Iterable[Write]) -> None:
        self.persists: dict[str, Persist] = {}
        self.updates: dict[str, bytes] = {}
        self.forgets: dict[str, int] = {}
        self.saves: dict[tuple[str, str], Save] = {}
        self.asides: list[SetAside] = []
        for write in writes:
            if isinstance(write, Persist):
                self.persists[write.key] = write
                self.updates.pop(write.key, None)
            elif isinstance(write, Update):
                self.updates[write.key] = write.meta
            elif isinstance(write, Forget):
                self.persists.pop(write.key, None)
                self.updates.pop(write.key, None)
                self.forgets[write.key] = write.remember_until
            elif isinstance(write, SetAside):
                self.asides.append(write)
                if isinstance(write, Erase):
                    self.saves.pop((write.mailbox, write.key), None)
            else:
                self.saves[write.mailbox, write.key] = write

    @property
    def hidden(self) -> set[str]:
        """Return the keys of the bundles that are set aside."""
        return {each.key.removeprefix(BUNDLE) for each in self.asides if not each.mailbox}

    @property
    def erases(self) -> list[SetAside]:
        """Return what is erased."""
        return [each for each in self.asides if isinstance(each, Erase)]

    @property
    def letters(self) -> list[tuple[str, str]]:
        """Return the letters whose index entries are written or set aside, by mailbox and id."""
        named = [*self.saves, *((each.mailbox, each.key) for each in self.asides)]
        return [(mailbox, key.removeprefix(INDEX)) for mailbox, key in named if key.startswith(INDEX)]
