"""Bundles that no route carries whole: routing decides where they are cut, and here it is done.

Theory of operation. A bundle is looked at once when no route is found for it, and again when the
plan changes or room is given back. If routing finds fragments that arrive in time, the body is
fetched; in the same step all pieces are persisted and the whole is forgotten, so that a crash
leaves either. Each piece is then a bundle like any other: it queues, is cut again where it must
be, and is put together with the others at the destination.

To its application a bundle that was cut stays one (see `stored.family`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from starlight.bundle import NEVER, Bundle, BundleFlags, cut, encode, overhead_bound, parse
from starlight.contacts import ContactPlan
from starlight.dtntime import MILLISECOND
from starlight.node.actions import Action, Fetch, Forget
from starlight.node.config import NodeConfig
from starlight.node.deadlines import Deadlines
from starlight.node.delivery import Say
from starlight.node.duplicate_filter import DuplicateFilter
from starlight.node.index import Index
from starlight.node.stored import BundleState, Meta, Stored, identity
from starlight.node.trace_events import BundleFragmented, BundleKeptWhole, BundleWaiting
from starlight.node.transmit_scheduler import TransmitScheduler
from starlight.routing import Fragment, Route, RouteRequest, split

UNCUT = (BundleFlags.MUST_NOT_FRAGMENT | BundleFlags.ADMIN_RECORD).value
"""What is never cut: an administrative record is read from one bundle, and is small."""

RELAY_BYTES = 17
"""What a bundle may gain on its way: a node number in its previous node block that takes 9 bytes where
ours takes 1, a hop count of two bytes, and an age that takes 9 where it took 1. A piece that just fills
a later contact would else be cut again for them."""

Store = Callable[[str, Meta, int | None, bytes], Stored]
"""Persists a bundle and returns its entry; a meta without order gets the next one."""


class Reads:
    """How many bytes of bodies are fetched at an instant: what is made of them is in memory until the commit.

    Args:
        limit: beyond which nothing more is fetched; the first body may have any size.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._instant = 0
        self._bytes = 0

    def allow(self, now: int, size: int) -> bool:
        """Tell whether a body may be fetched now."""
        read = self._bytes if self._instant == now else 0
        return not read or read + size <= self._limit

    def count(self, now: int, size: int) -> None:
        """Take note that a body is fetched now."""
        self._instant, self._bytes = now, size + (self._bytes if self._instant == now else 0)


class Fragmenter:
    """Replaces bundles by fragments.

    Args:
        config: the node's.
        index: of all that is stored.
        forwarder: queues the pieces.
        identities: which bundles have been here.
        deadlines: the node's.
        out: where actions are put.
        reads: how much is fetched at an instant.
        store: persists the pieces.
        say: writes the trace.
    """

    def __init__(
        self,
        config: NodeConfig,
        index: Index,
        forwarder: TransmitScheduler,
        identities: DuplicateFilter,
        deadlines: Deadlines,
        out: list[Action],
        reads: Reads,
        *,
        store: Store,
        say: Say,
    ) -> None:
        self._number = config.number
        self._limits = config.limits
        self._index = index
        self._forwarder = forwarder
        self._identities = identities
        self._deadlines = deadlines
        self._out = out
        self._reads = reads
        self._store = store
        self._say = say
        # Bundles whose bodies are fetched: from when they may leave, and where to cut them as long as
        # nothing changes.
        self._asked: dict[str, tuple[int, list[Fragment], int]] = {}
        self._resting: set[Stored] = set()
        # What can't be split: by destination, priority and excluded neighbours a payload, and until when.
        self._hopeless: dict[tuple[int, int, frozenset[int]], tuple[int, int]] = {}
        self._hopeless_since = 0
        self._last_arrival: tuple[ContactPlan | None, int] = (None, 0)

    def is_asked(self, key: str) -> bool:
        """Tell whether a bundle is to be cut in this step."""
        return key in self._asked

    def consider(self, stored: Stored, now: int, since: int) -> bool:
        """Look at a bundle without a route; return whether it will be cut in this step.

        Args:
            since: when it may leave at the earliest, in ns.
        """
        if stored.key in self._asked:
            return True
        meta = stored.meta
        if not self._may_be_split(stored):
            return False
        if not self._reads.allow(now, meta.size):  # before the search: there may be many of them
            self._rest(stored, now + MILLISECOND, since)
            return False
        changes = self._forwarder.changes
        fragments = self._split(stored, since)
        if fragments is None:
            return False
        more = len(fragments) * overhead_of(meta) - (meta.size - meta.payload_bytes)
        if not self._index.has_room(len(fragments) - 1, more):
            why = f"no room in the store for {len(fragments)} pieces"
            self._say(now, BundleKeptWhole(stored.key, why))
            self._rest(stored, now + self._limits.backoff_max, since)
            return False
        self._reads.count(now, meta.size)
        self._asked[stored.key] = since, fragments, changes
        self._out.append(Fetch(stored.key))
        return True

    def fetched(self, key: str, data: bytes | None, now: int) -> None:
        """Cut a bundle whose body has been fetched, and queue its pieces.

        Args:
            data: its body; None where it can't be read.
        """
        asked = self._asked.pop(key, None)
        stored = self._index.entries.get(key)
        if asked is None or stored is None or stored.state is not BundleState.WAITING:
            return
        since, decided, changes = asked
        if data is None:
            self._say(now, BundleKeptWhole(key, "its body can't be read"))
            self._rest(stored, now + self._limits.backoff_max, since)
            return
        # What was asked for with it may have taken the room.
        fragments = decided if changes == self._forwarder.changes else self._split(stored, since)
        if fragments is None:
            self._say(now, BundleWaiting(key, since, ()))
            return
        try:
            pieces = cut(parse(data), [fragment.length for fragment in fragments])
        except ValueError as error:
            stored.uncut = True
            self._say(now, BundleKeptWhole(key, str(error)))
            return
        self._replace(stored, pieces, [fragment.route for fragment in fragments], now, since)

    def dropped(self, key: str, now: int) -> None:
        """Ask again later, since a step broke in which a body was to be fetched."""
        stored = self._index.entries.get(key)
        asked = self._asked.pop(key, None)
        if asked is not None and stored is not None:
            self._rest(stored, now, asked[0])

    def _may_be_split(self, stored: Stored) -> bool:
        meta = stored.meta
        if stored.node is None or stored.uncut or not may_be_cut(meta):
            return False
        if self._hopeless_since != self._forwarder.releases:
            self._hopeless_since = self._forwarder.releases
            self._hopeless.clear()
        question = (stored.node, meta.priority, self._forwarder.excluded(stored))
        payload, expires = self._hopeless.get(question, (meta.payload_bytes + 1, 0))
        return payload > meta.payload_bytes or meta.expires > expires

    def _split(self, stored: Stored, since: int) -> list[Fragment] | None:
        if not self._may_be_split(stored):
            return None
        meta, overhead = stored.meta, overhead_of(stored.meta)
        assert stored.node is not None
        excluded = self._forwarder.excluded(stored)
        unwanted = [excluded]
        if stored.sender is not None and stored.sender != stored.node:
            unwanted.insert(0, excluded | {stored.sender})  # back to who sent it only if there is no other
        fragments: list[Fragment] | None = None
        for exclude in unwanted:
            request = RouteRequest(
                self._number,
                stored.node,
                since,
                meta.payload_bytes + overhead,
                meta.expires,
                meta.priority,
                exclude,
            )
            fragments = fragments or split(self._forwarder.router, request, overhead)
        if fragments is None:
            if len(self._hopeless) >= self._limits.remembered:
                self._hopeless.clear()
            outlives = meta.expires >= self._end_of_plan()  # then to live longer would not help
            question = (stored.node, meta.priority, excluded)
            self._hopeless[question] = (meta.payload_bytes, NEVER if outlives else meta.expires)
        return fragments if fragments is not None and len(fragments) > 1 else None

    def _end_of_plan(self) -> int:
        """Return a time by which all that the plan can carry has arrived, in ns."""
        plan = self._forwarder.router.plan
        if self._last_arrival[0] is not plan:
            # Twice the light time, as the choice of routes adds a margin to it.
            ends = (c.end + 2 * c.light_time(c.end) if c.light else c.end for c in plan.contacts)
            self._last_arrival = plan, max(ends, default=0)
        return self._last_arrival[1]

    def _replace(
        self, stored: Stored, pieces: Sequence[Bundle], routes: Sequence[Route], now: int, since: int
    ) -> None:
        meta, kept = stored.meta, []
        for piece, route in zip(pieces, routes, strict=True):
            if piece.id not in self._index.entries:  # an earlier copy's piece may be here
                data = encode(piece)
                kept.append((self._store(piece.id, _meta_of(piece, data, meta), stored.node, data), route))
        self._identities.hand(identity(stored), meta.hops)  # a late copy of the whole is a duplicate
        self._forwarder.dequeue(stored)
        self._index.drop(stored)
        self._out.append(Forget(stored.key, now))
        self._say(now, BundleFragmented(stored.key, tuple(piece.id for piece in pieces), meta.size))
        for part, route in kept:
            part.sender, part.returns = stored.sender, stored.returns
            self._forwarder.enqueue(part, now, not_before=since, over=route)

    def _rest(self, stored: Stored, until: int, since: int) -> None:
        """Let a bundle wait whole, and look at it again at a time; before another it must not leave."""
        if stored not in self._resting:
            self._resting.add(stored)
            self._deadlines.at(until, self._again, (stored, since))

    def _again(self, rested: tuple[Stored, int], now: int) -> None:
        stored, since = rested
        self._resting.discard(stored)
        if stored.state is BundleState.WAITING:
            self._forwarder.dequeue(stored)
            self._forwarder.enqueue(stored, now, not_before=since)


def may_be_cut(meta: Meta) -> bool:
    """Tell whether a bundle may be replaced by fragments (RFC 9171, 4.2.3 and 5.8)."""
    return not meta.flags & UNCUT and meta.payload_bytes > 1


def overhead_of(meta: Meta) -> int:
    """Return how many bytes each piece of a bundle has at most beside its payload, on all its way."""
    total = meta.payload_bytes if meta.fragment is None else meta.fragment[1]
    return overhead_bound(meta.size, meta.payload_bytes, total) + RELAY_BYTES


def _meta_of(piece: Bundle, data: bytes, whole: Meta) -> Meta:
    """Return what is persisted of a piece: what is known of the whole, but for what differs.

    It keeps the place of the whole among those that wait. Its reception was that of the whole, and
    copies of it would take from each other the very room that was too little for the whole.
    """
    head, counted = piece.primary, piece.hop_count
    assert head.fragment_offset is not None
    assert head.total_length is not None
    return msgspec.structs.replace(
        whole,
        size=len(data),
        flags=head.flags,
        payload_bytes=len(piece.payload),
        age_ms=piece.age_ms,
        hops=None if counted is None else counted[1],
        fragment=(head.fragment_offset, head.total_length),
        reported=True,
        unsupported=False,
        copy_of=None,
        via=None,
        flooded=True,
    )
