"""Bodies of bundles that are read from memory: those not committed yet, and those just committed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from starlight.node.actions import Persist
from starlight.node.store import Write

RECENT_BYTES = 32 << 20
"""Bodies kept in memory after their commit, because forwarding reads what it has just written."""


class BodiesInMemory:
    """Held and recent bodies; used by the thread that handles events and by the one that commits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[int, bytes]] = {}
        self._holds = 0
        self._recent: OrderedDict[str, bytes] = OrderedDict()
        self._recent_bytes = 0

    def hold(self, writes: Iterable[Write]) -> int:
        """Keep the bodies of writes until their commit; return a mark that grows with each call."""
        self._holds += 1
        with self._lock:
            for write in writes:
                if isinstance(write, Persist):
                    self._held[write.key] = (self._holds, write.data)
        return self._holds

    def get(self, key: str) -> bytes | None:
        """Return a body, or None when it is not in memory."""
        with self._lock:
            held = self._held.get(key)
            return held[1] if held is not None else self._recent.get(key)

    def committed(self, persists: Mapping[str, Persist], forgotten: Iterable[str], held: int) -> None:
        """Let go of what was held up to a mark and is committed or forgotten, and keep the latest bodies.

        What was held after the mark stays: it is of a later batch.
        """
        forgotten = list(forgotten)
        with self._lock:
            for key in (*forgotten, *persists):
                mark = self._held.get(key)
                if mark is not None and mark[0] <= held:
                    del self._held[key]
            for key in forgotten:
                self._recent_bytes -= len(self._recent.pop(key, b""))
            for key, write in persists.items():
                self._recent_bytes += len(write.data) - len(self._recent.pop(key, b""))
                self._recent[key] = write.data
            while self._recent_bytes > RECENT_BYTES:
                self._recent_bytes -= len(self._recent.popitem(last=False)[1])
