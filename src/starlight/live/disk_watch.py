"""The room on a live node's disk: what comes is refused before it would fill it, and people are told.

A bundle or a letter is taken only where it fits beside what is taken already and not committed yet, and a
reserve stays free (`store/disk_space.py`). So a node whose disk is full still reads, delivers, forwards and
forgets, which makes room. Where another program takes the reserve too, commits are tried again until they
succeed (`batch_commit.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlight.errors import DiskFullError
from starlight.store.contract import Store

_LOG = logging.getLogger(__name__)

SMALL = 64 * 1024
"""Bytes of a letter of some pages: a disk on which not even that has room is called full."""


class DiskWatch:
    """Watches over the room for bodies.

    Args:
        store: on the disk.
        pending: returns how many steps are not committed yet.
        changed: called when the disk is full, and when it is not any more.
    """

    def __init__(self, store: Store, pending: Callable[[], int], changed: Callable[[], None]) -> None:
        self._store = store
        self._pending = pending
        self._changed = changed
        self._taken = 0  # bytes that were let in since nothing was pending
        self._stalled = ""
        self._refused = 0  # the size of the largest body that had no room, until it has
        self._told = False

    @property
    def trouble(self) -> str:
        """Return in words what the disk wants; empty while it has room."""
        if self._stalled:
            return f"{self._stalled}. What was asked since is in memory only, and is tried again"
        room = self._room()
        if room >= max(SMALL, self._refused):
            return ""
        left = f"nearly full: it has room for {room // 1000} kB" if room >= SMALL else "full"
        return f"the disk of {self._store.path} is {left}"

    def take(self, size: int) -> bool:
        """Let in a body of a size in bytes, if there is room beside those let in before; return whether."""
        room = self._room()
        has = not self._stalled and room >= max(size, SMALL)
        self._refused = 0 if room >= max(SMALL, self._refused) else self._refused
        if has:
            self._taken += size
        else:
            self._refused = max(size, self._refused)
        self._tell(bool(self.trouble))
        return has

    def _room(self) -> int:
        if not self._pending():
            self._taken = 0
        return self._store.room() - self._taken

    def require(self, size: int) -> None:
        """Let in what a person or a program gives this node.

        Raises:
            DiskFullError: it has no room.
        """
        if not self.take(size):
            raise DiskFullError(f"{self.trouble}. Nothing of it is kept: make room and send it again")

    def told(self, error: Exception | None) -> None:
        """Take note that a commit was refused for want of room, or that what was refused is committed.

        Args:
            error: why it was refused, and nothing more is taken until it succeeds; None once it has.
        """
        self._stalled = "" if error is None else str(error)
        self._tell(error is not None or bool(self.trouble))

    def _tell(self, full: bool) -> None:
        if full == self._told:
            return
        self._told = full
        if full:
            # What is stored is read, delivered and forwarded meanwhile.
            _LOG.warning("%s: letters and bundles that have no room are refused", self.trouble)
        else:
            _LOG.warning("%s: there is room on the disk again", self._store.path)
        self._changed()
