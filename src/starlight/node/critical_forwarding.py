"""Critical bundles: a copy by every neighbour that a route leads over (CCSDS 734.3-B-1, 3.2.8.1.3).

Theory of operation. When routes lead over several neighbours, the stored bundle keeps the best and
each other one gets a copy. A copy is a stored bundle of its own, with a key and a body of its own:
so it queues, fails, rests and is let go of like any other, nothing has to be counted before the
body may go, and a crash is what it always is. The copies are persisted in one commit, which also
notes that they were made: before it there is the bundle alone, which will be flooded; after it
there are all, and none is made twice.

Each is pinned to its neighbour. One whose neighbour has no road any more is dropped as long as
another is here; the last one is freed to go by any. What is too large for every route is cut, and
not flooded: its copies would take from each other the very room that was too little for it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from starlight.dtntime import MILLISECOND
from starlight.node.actions import Action, Fetch, Update
from starlight.node.deadlines import Deadlines
from starlight.node.delivery import Say
from starlight.node.fragmentation import Reads, Store
from starlight.node.index import Index
from starlight.node.stored import BundleState, Stored, identity, pack
from starlight.node.trace_events import BundleCopied
from starlight.node.transmit_scheduler import TransmitScheduler
from starlight.routing import Route, RouteRequest


class CriticalForwarder:
    """Makes the copies of critical bundles.

    Args:
        number: of the node.
        index: of all that is stored.
        forwarder: queues the copies.
        deadlines: the node's.
        out: where actions are put.
        reads: how much is fetched at an instant.
        store: persists the copies.
        say: writes the trace.
    """

    def __init__(
        self,
        number: int,
        index: Index,
        forwarder: TransmitScheduler,
        deadlines: Deadlines,
        out: list[Action],
        reads: Reads,
        *,
        store: Store,
        say: Say,
    ) -> None:
        self._number = number
        self._index = index
        self._forwarder = forwarder
        self._deadlines = deadlines
        self._out = out
        self._reads = reads
        self._store = store
        self._say = say
        self._asked: dict[str, tuple[Sequence[Route], int]] = {}  # the routes of the copies, and from when

    def consider(self, stored: Stored, now: int, since: int) -> bool:
        """Look at a bundle that is to be queued; if it shall have copies, pin it and fetch its body.

        Args:
            since: when it may leave at the earliest, in ns.

        Returns:
            Whether it has to wait a moment, as too much is read at this one.
        """
        meta = stored.meta
        if not meta.critical or meta.flooded or stored.node is None or stored.key in self._asked:
            return False
        router = self._forwarder.router
        every = router.critical(RouteRequest(self._number, stored.node, since, meta.size, meta.expires))
        unwanted = {stored.sender, *stored.refused_by} - {stored.node}
        routes = [route for route in every if route.entry_node not in unwanted]
        if len(routes) > 1:
            if not self._reads.allow(now, meta.size * len(routes)):
                self._deadlines.at(now + MILLISECOND, self._again, (stored, since))
                return True
            self._reads.count(now, meta.size * len(routes))
            meta.flooded = True
            meta.via = routes[0].entry_node
            self._asked[stored.key] = routes[1:], since
            self._out.append(Fetch(stored.key))
        return False

    def _again(self, delayed: tuple[Stored, int], now: int) -> None:
        stored, since = delayed
        if stored.state is BundleState.WAITING:
            self._forwarder.dequeue(stored)
            self._forwarder.enqueue(stored, now, not_before=since)

    def fetched(self, key: str, data: bytes | None, now: int) -> None:
        """Make the copies of a bundle whose body has been fetched, and queue them."""
        routes, since = self._asked.pop(key, ((), 0))
        main = self._index.entries.get(key)
        if main is None or data is None or not routes:
            return
        meta, copies = main.meta, []
        self._out.append(Update(key, pack(meta)))
        for route in routes:
            name = f"{key}>{route.entry_node}"
            # It is here where the step broke that made it, and only what was posted in it was committed.
            if name in self._index.entries or self._index.is_full(meta.size):
                continue
            fields = {"copy_of": key, "via": route.entry_node, "handed_until": None, "reported": True}
            copy = msgspec.structs.replace(meta, **fields)
            stored = self._store(name, copy, main.node, data)
            stored.sender, stored.refused_by = main.sender, main.refused_by
            copies.append((stored, route))
        neighbours = meta.via, *(stored.meta.via for stored, _ in copies)
        self._say(now, BundleCopied(key, neighbours))
        for stored, route in copies:
            self._forwarder.enqueue(stored, now, not_before=since, over=route)

    def dropped(self, key: str) -> None:
        """Make no copies, since a step broke in which the body was to be fetched: it goes by any road."""
        if self._asked.pop(key, None) is not None:
            self.unmade(key)

    def unmade(self, key: str) -> None:
        """Know that a bundle has no copies: a step broke, so they are not stored."""
        main = self._index.entries.get(key)
        if main is not None:
            main.meta.via, main.meta.flooded = None, False

    def free(self, stored: Stored) -> bool:
        """Free the last copy to go by any neighbour; return whether it was the last."""
        if any(other is not stored for other in copies(self._index, identity(stored))):
            return False
        stored.meta.via = None
        self._out.append(Update(stored.key, pack(stored.meta)))
        return True


def copies(index: Index, key: str) -> list[Stored]:
    """Return the entries of a bundle, by its identity: its own, and those of its copies."""
    return [stored for stored in index.kin(key) if identity(stored) == key]
