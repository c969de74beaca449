"""The store of a node in virtual time: memory, with the contract of the durable one.

What `commit` has returned from survives a crash of the node; nothing else does.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlight.errors import StoreError
from starlight.node.actions import Forget, Persist, StoreWrite, Update
from starlight.node.application import Save
from starlight.node.events import Remembered, Restored

PRUNE_FROM = 4_096  # remembered identities before the first pruning


class MemoryStore:
    """Bundles, remembered identities and what an application saved."""

    def __init__(self) -> None:
        self._bundles: dict[str, tuple[bytes, bytes]] = {}
        self._seen: dict[str, int] = {}
        self._saves: dict[tuple[str, str], bytes] = {}
        self._prune_at = PRUNE_FROM

    def commit(self, writes: Sequence[StoreWrite | Save], *, now: int | None = None) -> None:
        """Keep writes, all of them.

        Args:
            now: mission time in ns, by which old identities are forgotten.
        """
        bundles = self._bundles
        for write in writes:
            if isinstance(write, Persist):
                bundles[write.key] = (write.data, write.meta)
            elif isinstance(write, Update):
                if write.key in bundles:
                    bundles[write.key] = (bundles[write.key][0], write.meta)
            elif isinstance(write, Forget):
                bundles.pop(write.key, None)
                self._seen[write.key] = write.remember_until
            else:
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
        events += [Restored(key, meta) for key, (_, meta) in self._bundles.items()]
        return events

    def saves(self) -> list[tuple[str, str, bytes]]:
        """Return (mailbox, key, data) of all that was saved, in the order of first saving."""
        return [(mailbox, key, data) for (mailbox, key), data in self._saves.items()]

    def bundles(self) -> list[str]:
        """Return the keys of the stored bundles, in order."""
        return list(self._bundles)

    def writes(self) -> list[StoreWrite | Save]:
        """Return the writes that bring an empty store to what this one holds."""
        # Identities first: a bundle may be both remembered
        # and stored, and forgetting it last would delete it.
        found: list[StoreWrite | Save] = [Forget(key, until) for key, until in self._seen.items()]
        found += [Persist(key, data, meta) for key, (data, meta) in self._bundles.items()]
        found += [Save(mailbox, key, data) for (mailbox, key), data in self._saves.items()]
        return found
