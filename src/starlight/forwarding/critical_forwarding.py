"""Critical bundles: a copy by every neighbour that a route leads over (CCSDS 734.3-B-1, 3.2.8.1.3).

Theory of operation. When routes lead over several neighbours, the stored bundle keeps the best and
each other one gets a copy. A copy is a stored bundle of its own, with a key and a body of its own:
so it queues, fails, rests and is let go of like any other, nothing has to be counted before the
body may go, and a crash is what it always is. The copies are persisted in one commit, which also
notes that they were made: before it there is the bundle alone, of which copies will be made; after it
there are all, and none is made twice.

Each is pinned to its neighbour. One whose neighbour has no route any more is dropped as long as
another is here; the last one is freed to go by any. Where the plan took the route away, the one that is
left counts as never copied: when routes come back, as after a silence, it goes by every neighbour again. One
of them may have it already, and knows it as a duplicate. A neighbour that has a route only since a change of
the plan gets a copy as well, as long as another is here. What is too large for every route is cut, and
not copied: its copies would take from each other the very room that was too little for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from starlight.dtntime import MILLISECOND
from starlight.forwarding.body_reads import BodyReads
from starlight.forwarding.placement import NOTHING, Placement
from starlight.forwarding.route_booking import RouteBooking
from starlight.node.actions import Fetch
from starlight.node.bundle_state import BundleState
from starlight.node.core import Core
from starlight.node.index import Index
from starlight.node.stored import NOBODY, Stored, identity, transfer_bytes
from starlight.node.trace_events import BundleCopied
from starlight.routing import Route, RouteRequest

SENT = frozenset({BundleState.UNDER_WAY, BundleState.HANDED})


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
        routes = self._routes(stored, stored.node, since)
        if len(routes) > 1:
            if not self._reads.allow(now, meta.size * len(routes)):
                return now + MILLISECOND
            self._reads.count(now, meta.size * len(routes))
            # In memory at once, so that it is not asked for twice; persisted with the copies, in one commit.
            meta.copied = True
            own = _keeps(stored, routes)
            meta.via = own.entry_node
            self._asked[stored.key] = [route for route in routes if route is not own], since
            self._ledger.act(Fetch(stored.key))
        return None

    def extend(self, queued: Iterable[Stored], now: int) -> None:
        """Let pinned bundles have copies by neighbours that a route leads over since the plan changed.

        What is over what may be read at an instant goes by those that it has, until the next plan.
        """
        seen: set[str] = set()
        for stored in queued:
            meta, whole = stored.meta, identity(stored)
            if meta.via is None or not meta.copied or stored.node is None or whole in seen:
                continue
            seen.add(whole)
            kin = copies(self._ledger.index, whole)
            if any(each.key in self._asked for each in kin):
                continue
            # Whom it was given by before a start is not known: they may get it again, and know it.
            has = stored.copied_to.union(each.meta.via for each in kin if each.meta.via is not None)
            routes = [each for each in self._routes(stored, stored.node, now) if each.entry_node not in has]
            if routes and self._reads.allow(now, meta.size * len(routes)):
                self._reads.count(now, meta.size * len(routes))
                self._asked[stored.key] = routes, now
                self._ledger.act(Fetch(stored.key))

    def _routes(self, stored: Stored, destination: int, since: int) -> list[Route]:
        """Return the best route by each neighbour that a bundle may be handed to, the best first."""
        meta = stored.meta
        growth = transfer_bytes(meta) - meta.size
        request = RouteRequest(
            self._booking.number, destination, since, meta.size, meta.expires, growth=growth
        )
        # Its sender has it and copies it to others itself; only where that is its destination it goes there.
        unwanted = {stored.sender, *stored.refused_by} - {destination}
        every = self._booking.router.critical(request)
        return [route for route in every if route.entry_node not in unwanted]

    def fetched(self, key: str, data: bytes | None, now: int) -> Placement:
        """Make the copies of a bundle whose body has been fetched; return what is to be queued."""
        routes, since = self._asked.pop(key, ((), 0))
        index = self._ledger.index
        main = index.entries.get(key)
        if main is None or data is None or not routes:
            return NOTHING
        meta, copies_made = main.meta, list[tuple[Stored, Route]]()
        self._ledger.update(main)
        whole = identity(main)
        for route in routes:
            name = _name(index, whole, route.entry_node)
            # It is here where the step broke that made it, and only what was posted in it was committed.
            if name in index.entries or index.is_full(meta.size):
                continue
            fields = {"copy_of": whole, "via": route.entry_node, "handed_until": None, "reported": True}
            copy = msgspec.structs.replace(meta, **fields)
            stored = self._ledger.persist(name, copy, main.node, data)
            stored.sender, stored.refused_by = main.sender, main.refused_by
            copies_made.append((stored, route))
        neighbours = meta.via, *(stored.meta.via for stored, _ in copies_made)
        given = main.copied_to.union(each for each in neighbours if each is not None)
        for each in copies(index, whole):
            each.copied_to = given
        self._ledger.trace(now, BundleCopied(whole, neighbours))
        return Placement(since, tuple(copies_made))

    def dropped(self, key: str) -> None:
        """Make no copies, since a step broke in which the body was to be fetched: it goes by any route."""
        main = self._ledger.index.entries.get(key)
        if self._asked.pop(key, None) is not None and main is not None:
            self.unmade(identity(main))

    def unmade(self, key: str) -> None:
        """Know that a bundle, by its identity, has no copies: a step broke, so they are not stored."""
        left = copies(self._ledger.index, key)
        for each in left:
            each.copied_to = NOBODY
        if len(left) == 1:
            left[0].meta.via, left[0].meta.copied = None, False

    def free(self, stored: Stored) -> bool:
        """Free the last copy to go by any neighbour; return whether it was the last."""
        if any(other is not stored for other in copies(self._ledger.index, identity(stored))):
            return False
        stored.meta.via = None
        self._ledger.update(stored)
        return True

    def reopen(self, key: str, via: int) -> Stored | None:
        """Let the only copy that is left be copied anew, as the plan has no route for the others now.

        Args:
            key: the identity of the bundle.
            via: the neighbour without a route; should one come back, it gets a copy.

        Returns:
            That copy; None where there are several, or it is being sent: soon it is elsewhere.
        """
        left = copies(self._ledger.index, key)
        for each in left:
            each.copied_to -= {via}
        if len(left) != 1 or left[0].state in SENT or left[0].key in self._asked:
            return None
        left[0].meta.via, left[0].meta.copied, left[0].copied_to = None, False, NOBODY
        self._ledger.update(left[0])
        return left[0]


def _keeps(stored: Stored, routes: Sequence[Route]) -> Route:
    """Return the route that a bundle itself takes when it is copied, of those by each neighbour.

    It is the best; but what was a copy itself goes where its key says, as no other can have that key.
    """
    return next((route for route in routes if stored.key.endswith(f">{route.entry_node}")), routes[0])


def _name(index: Index, whole: str, neighbour: int) -> str:
    """Return the key of the copy that goes by a neighbour."""
    name = f"{whole}>{neighbour}"
    # The copy that was left, and was freed to go by any, may have that key, and go by another now.
    while name in index.entries and index.entries[name].meta.via != neighbour:
        name = f"{whole}>0{name.removeprefix(f'{whole}>')}"
    return name


def copies(index: Index, key: str) -> list[Stored]:
    """Return the entries of a bundle, by its identity: its own, and those of its copies."""
    return [stored for stored in index.kin(key) if identity(stored) == key]
