"""Critical bundles: a copy by every neighbour that a route leads over (CCSDS 734.3-B-1, 3.2.8.1.3).

Theory of operation. When routes lead over several neighbours, the stored bundle keeps the best and
each other one gets a copy. A copy is a stored bundle of its own, with a key and a body of its own:
so it queues, fails, rests and is let go of like any other, nothing has to be counted before the
body may go, and a crash is what it always is. The copies are persisted in one commit, which also
notes that they were made: before it there is the bundle alone, of which copies will be made; after it
there are all, and none is made twice.

Each is pinned to its neighbour. One whose neighbour has no route any more is dropped as long as
another is here; the last one is freed to go by any. What is too large for every route is cut, and
not copied: its copies would take from each other the very room that was too little for it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from starlight.dtntime import MILLISECOND
from starlight.forwarding.body_reads import BodyReads
from starlight.forwarding.placement import NOTHING, Placement
from starlight.forwarding.route_booking import RouteBooking
from starlight.node.actions import Fetch
from starlight.node.core import Core
from starlight.node.index import Index
from starlight.node.stored import Stored, identity, transfer_bytes
from starlight.node.trace_events import BundleCopied
from starlight.routing import Route, RouteRequest


class CriticalForwarder:
    """Makes the copies of critical bundles.

    Args:
        core: the node's.
        booking: knows the routes.
        reads: how much is fetched at an instant.
    """

    def __init__(self, core: Core, booking: RouteBooking, reads: BodyReads) -> None:
        self._ledger = core.ledger
        self._booking = booking
        self._reads = reads
        self._asked: dict[str, tuple[Sequence[Route], int]] = {}  # the routes of the copies, and from when

    def consider(self, stored: Stored, now: int, since: int) -> int | None:
        """Look at a bundle that is to be queued; if it shall have copies, pin it and fetch its body.

        Args:
            since: when it may leave at the earliest, in ns.

        Returns:
            When it is to be looked at again, in ns, as too much is read at this instant; mostly None.
        """
        meta = stored.meta
        if not meta.critical or meta.copied or stored.node is None or stored.key in self._asked:
            return None
        growth = transfer_bytes(meta) - meta.size
        request = RouteRequest(
            self._booking.number, stored.node, since, meta.size, meta.expires, growth=growth
        )
        every = self._booking.router.critical(request)
        # Its sender has it and copies it to others itself; only where that is its destination it goes there.
        unwanted = {stored.sender, *stored.refused_by} - {stored.node}
        routes = [route for route in every if route.entry_node not in unwanted]
        if len(routes) > 1:
            if not self._reads.allow(now, meta.size * len(routes)):
                return now + MILLISECOND
            self._reads.count(now, meta.size * len(routes))
            # In memory at once, so that it is not asked for twice; persisted with the copies, in one commit.
            meta.copied = True
            meta.via = routes[0].entry_node
            self._asked[stored.key] = routes[1:], since
            self._ledger.act(Fetch(stored.key))
        return None

    def fetched(self, key: str, data: bytes | None, now: int) -> Placement:
        """Make the copies of a bundle whose body has been fetched; return what is to be queued."""
        routes, since = self._asked.pop(key, ((), 0))
        index = self._ledger.index
        main = index.entries.get(key)
        if main is None or data is None or not routes:
            return NOTHING
        meta, copies = main.meta, []
        self._ledger.update(main)
        for route in routes:
            name = f"{key}>{route.entry_node}"
            # It is here where the step broke that made it, and only what was posted in it was committed.
            if name in index.entries or index.is_full(meta.size):
                continue
            fields = {"copy_of": key, "via": route.entry_node, "handed_until": None, "reported": True}
            copy = msgspec.structs.replace(meta, **fields)
            stored = self._ledger.persist(name, copy, main.node, data)
            stored.sender, stored.refused_by = main.sender, main.refused_by
            copies.append((stored, route))
        neighbours = meta.via, *(stored.meta.via for stored, _ in copies)
        self._ledger.trace(now, BundleCopied(key, neighbours))
        return Placement(since, tuple(copies))

    def dropped(self, key: str) -> None:
        """Make no copies, since a step broke in which the body was to be fetched: it goes by any route."""
        if self._asked.pop(key, None) is not None:
            self.unmade(key)

    def unmade(self, key: str) -> None:
        """Know that a bundle has no copies: a step broke, so they are not stored."""
        main = self._ledger.index.entries.get(key)
        if main is not None:
            main.meta.via, main.meta.copied = None, False

    def free(self, stored: Stored) -> bool:
        """Free the last copy to go by any neighbour; return whether it was the last."""
        if any(other is not stored for other in copies(self._ledger.index, identity(stored))):
            return False
        stored.meta.via = None
        self._ledger.update(stored)
        return True


def copies(index: Index, key: str) -> list[Stored]:
    """Return the entries of a bundle, by its identity: its own, and those of its copies."""
    return [stored for stored in index.kin(key) if identity(stored) == key]
