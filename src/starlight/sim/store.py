"""The store of a node in virtual time: memory, with the contract of the durable one.

What `commit` has returned from survives a crash of the node; nothing else does.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlight.errors import StoreError
from starlight.node.actions import Forget, Persist, Update
from starlight.node.application import Erase, Save, SetAside
from starlight.node.events import Remembered, Restored
from starlight.node.store import BUNDLE, Write

PRUNE_FROM = 4_096  # remembered identities before the first pruning


class MemoryStore:
    """Bundles, remembered identities and what an application saved."""

    def __init__(self) -> None:
        self._bundles: dict[str, tuple[bytes, bytes]] = {}
        self._seen: dict[str, int] = {}
        self._saves: dict[tuple[str, str], bytes] = {}
        self._aside: set[tuple[str, str]] = set()
        self._prune_at = PRUNE_FROM

    def commit(self, writes: Sequence[Write], *, now: int | None = None) -> None:
        """Keep writes, all of them.

        Args:
            now: mission time in ns, by which old identities are forgotten.
        """
        bundles = self._bundles
        # What is set aside was there before all that the same step puts in its place; erased is in turn.
        for write in sorted(writes, key=lambda write: type(write) is not SetAside):
            if isinstance(write, Persist):
                bundles[write.key] = (write.data, write.meta)
                self._aside.discard(("", BUNDLE + write.key))
            elif isinstance(write, Update):
                if write.key in bundles:
                    bundles[write.key] = (bundles[write.key][0], write.meta)
            elif isinstance(write, Forget):
                bundles.pop(write.key, None)
                self._seen[write.key] = write.remember_until
            elif isinstance(write, Erase):
                self._saves.pop((write.mailbox, write.key), None)
            elif isinstance(write, SetAside):
                self._aside.add((write.mailbox, write.key))
            else:
                self._aside.discard((write.mailbox, write.key))
                self._saves[write.mailbox, write.key] = write.data
        if now is not None and len(self._seen) >= self._prune_at:
            self._seen = {key: until for key, until in self._seen.items() if until >= now}
            # Pruning again only after as many have come as were kept makes it cost little for each.
            self._prune_at = max(PRUNE_FROM, 2 * len(self._seen))

    def body(self, key: str) -> bytes:
        """Return the bytes of a stored bundle.

        Raises:
            StoreError: it is not stored.
        """
        found = self._bundles.get(key)
        if found is None:
            raise StoreError(f"no bundle {key} is stored")
        return found[0]

    def restore(self) -> list[Restored | Remembered]:
        """Return what the engine is told at its start: identities first, then bundles in order."""
        events: list[Restored | Remembered] = [Remembered(key, until) for key, until in self._seen.items()]
        events += [
            Restored(key, meta)
            for key, (_, meta) in self._bundles.items()
            if ("", BUNDLE + key) not in self._aside
        ]
        return events

    def saves(self) -> list[tuple[str, str, bytes]]:
        """Return (mailbox, key, data) of what was saved and not set aside, in the order of first saving."""
        return [(*at, data) for at, data in self._saves.items() if at not in self._aside]

    def bundles(self) -> list[str]:
        """Return the keys of the stored bundles, in order."""
        return list(self._bundles)

    def writes(self) -> list[Write]:
        """Return the writes that bring an empty store to what this one holds."""
        # Identities first: a bundle may be both remembered
        # and stored, and forgetting it last would delete it.
        found: list[Write] = [Forget(key, until) for key, until in self._seen.items()]
        found += [Persist(key, data, meta) for key, (data, meta) in self._bundles.items()]
        found += [Save(mailbox, key, data) for (mailbox, key), data in self._saves.items()]
        return found
