"""The store that an engine and its host work on, whatever it is made of.

It stands here because both clocks have one, and neither may know the other: the simulator's is memory
(`sim/store.py`), a live node's outlives its process (`store/contract.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from starlight.node.actions import StoreWrite
from starlight.node.application import Erase, Save, SetAside
from starlight.node.events import Remembered, Restored

Write = StoreWrite | Save | SetAside | Erase
"""Something to be kept: of the engine's, or a record of its application, which may also be set aside."""

BUNDLE = "bundle/"
"""So begins the key of a `SetAside`, of no mailbox, that tells of a bundle whose record can't be read. The
bundle stays where it is, and is not restored as long as that is so."""


class BundleStore(Protocol):
    """Bundles, the identities of those that are gone, and the application's records."""

    def commit(self, writes: Sequence[Write], *, now: int | None = None) -> None:
        """Keep writes, all or none: once this returns they outlive the node.

        Args:
            writes: in order; for one key, later ones override earlier ones.
            now: mission time in ns, by which old identities are forgotten.

        Raises:
            StoreError: nothing of it was kept.
        """

    def body(self, key: str) -> bytes:
        """Return the bytes of a stored bundle.

        Raises:
            StoreError: it is not stored, or can't be read back.
        """

    def restore(self) -> list[Restored | Remembered]:
        """Return what the engine is told at its start: identities first, then bundles in order."""
