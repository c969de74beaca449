"""Transfers that have come in and are not committed yet: the node's back-pressure.

They lie in memory until the store has them, and a disk may be slow for seconds. So no more is read from any
peer while there are too many; TCP then holds the peers back, who keep what they have not had acknowledged.
Reading goes on at half of the limit, or every commit would stop and start all connections.
"""

from __future__ import annotations

from collections.abc import Callable

from starlight.neighbours.link_driver import LinkDriver

UNSAFE_BYTES = 32 << 20
"""No more is read while this much has come in that is not committed yet: what a slow disk may pile up in
memory, next to one unfinished transfer for each session."""
UNSAFE_TRANSFERS = 2_048
"""Nor while this many have come in: half of what a session holds unanswered before it refuses."""


class Uncommitted:
    """Numbers what comes in, and finds where to answer it.

    Args:
        pause: stops reading from all peers.
        resume: reads from them again.
    """

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        self.bytes = 0
        self.reading = True
        self._pause = pause
        self._resume = resume
        self._transfers: dict[int, tuple[LinkDriver | None, int, int]] = {}
        self._handles = 0

    def add(self, driver: LinkDriver, transfer: int, size: int) -> int:
        """Note a transfer of a size in bytes; return the handle by which it is answered."""
        self._handles += 1
        self._transfers[self._handles] = (driver, transfer, size)
        self.bytes += size
        if self.reading and (self.bytes > UNSAFE_BYTES or len(self._transfers) > UNSAFE_TRANSFERS):
            self.reading = False
            self._pause()
        return self._handles

    def take(self, handle: int) -> tuple[LinkDriver | None, int]:
        """Let go of a transfer; return where to answer it, which is nowhere once its session has ended."""
        driver, transfer, size = self._transfers.pop(handle, (None, 0, 0))
        self.bytes -= size
        half = self.bytes < UNSAFE_BYTES // 2 and len(self._transfers) < UNSAFE_TRANSFERS // 2
        if not self.reading and half:
            self.reading = True
            self._resume()
        return driver, transfer

    def orphan(self, driver: LinkDriver) -> None:
        """Answer nothing over a driver any more.

        Its transfers take memory until they are committed, so they count on: else a peer that connects
        again and again could pile up more than one that stays.
        """
        for handle, (origin, transfer, size) in self._transfers.items():
            if origin is driver:
                self._transfers[handle] = (None, transfer, size)
