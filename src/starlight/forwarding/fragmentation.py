"""Bundles that no route carries whole: routing decides where they are cut, and here it is done.

Theory of operation. A bundle is looked at once when no route is found for it, and again when the
plan changes or room is given back. If routing finds fragments that arrive in time, the body is
fetched; in the same step all fragments are persisted and the whole is forgotten, so that a crash
leaves either. Each fragment is then a bundle like any other: it queues, is cut again where it must
be, and is put together with the others at the destination.

To its application a bundle that was cut stays one (see `stored.family`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from starlight.bundle import NEVER, Bundle, BundleFlags, cut, encode, overhead_bound, parse
from starlight.contacts import ContactPlan
from starlight.dtntime import MILLISECOND
from starlight.forwarding.body_reads import BodyReads
from starlight.forwarding.placement import NOTHING, Placement
from starlight.forwarding.route_booking import RouteBooking
from starlight.node.actions import Fetch
from starlight.node.bundle_state import BundleState, Cause
from starlight.node.core import Core
from starlight.node.stored import Meta, Stored, identity
from starlight.node.trace_events import BundleFragmented, BundleKeptWhole, BundleWaiting
from starlight.routing import Fragment, Route, RouteRequest, split

UNCUT = (BundleFlags.MUST_NOT_FRAGMENT | BundleFlags.ADMIN_RECORD).value
"""Flags of bundles that are never cut: an administrative record is read from one bundle, and is small."""

RELAY_BYTES = 17
"""Bytes that a bundle may gain on its route: a node number in its previous node block that takes 9 bytes
where ours takes 1, a hop count of two bytes, and an age that takes 9 where it took 1. A fragment that just
fills a later contact would else be cut again for them."""


class Stranded(NamedTuple):
    """The decision about a bundle without a route.

    Attributes:
        is_cut: it is replaced by fragments in this step.
        again: when it is to be looked at again, in ns; None when that need not be.
    """

    is_cut: bool
    again: int | None = None


class _Asked(NamedTuple):
    since: int  # when it may leave
    fragments: list[Fragment]  # where to cut it ...
    changes: int  # ... as long as no more room was taken or given back


class Fragmenter:
    """Replaces bundles by fragments.

    Args:
        core: the node's.
        booking: knows the routes.
        reads: how much is fetched at an instant.
    """

    def __init__(self, core: Core, booking: RouteBooking, reads: BodyReads) -> None:
        self._limits = core.config.limits
        self._ledger = core.ledger
        self._booking = booking
        self._duplicates = core.duplicates
        self._reads = reads
        self._asked: dict[str, _Asked] = {}  # bundles whose bodies are fetched
        # What can't be split: by destination, priority and excluded neighbours a payload, and until when.
        self._hopeless: dict[tuple[int, int, frozenset[int]], tuple[int, int]] = {}
        self._hopeless_since = 0
        self._last_arrival: tuple[ContactPlan | None, int] = (None, 0)

    def is_asked(self, key: str) -> bool:
        """Tell whether a bundle is to be cut in this step."""
        return key in self._asked

    def consider(self, stored: Stored, now: int, since: int) -> Stranded:
        """Look at a bundle without a route, and fetch its body if fragments of it would arrive.

        Args:
            since: when it may leave at the earliest, in ns.
        """
        if stored.key in self._asked:
            return Stranded(True)
        meta = stored.meta
        if not self._may_be_split(stored):
            return Stranded(False)
        if not self._reads.allow(now, meta.size):  # before the search: there may be many of them
            return Stranded(False, now + MILLISECOND)
        changes = self._booking.changes
        fragments = self.split(stored, since)
        if fragments is None:
            return Stranded(False)
        more = len(fragments) * overhead_of(meta) - (meta.size - meta.payload_bytes)
        if not self._ledger.index.has_room(len(fragments) - 1, more):
            why = f"no room in the store for {len(fragments)} pieces"
            self._ledger.trace(now, BundleKeptWhole(stored.key, why))
            return Stranded(False, now + self._limits.backoff_max)
        self._reads.count(now, meta.size)
        self._asked[stored.key] = _Asked(since, fragments, changes)
        self._ledger.act(Fetch(stored.key))
        return Stranded(True)

    def fetched(self, key: str, data: bytes | None, now: int) -> Placement:
        """Cut a bundle whose body has been fetched; return what is to be queued.

        Args:
            data: its body; None where it can't be read.
        """
        asked = self._asked.pop(key, None)
        stored = self._ledger.index.entries.get(key)
        if asked is None or stored is None or stored.state is not BundleState.WAITING:
            return NOTHING
        since = asked.since
        if data is None:
            self._ledger.trace(now, BundleKeptWhole(key, "its body can't be read"))
            return Placement(since, again=(stored, now + self._limits.backoff_max))
        # What was asked for with it may have taken the room.
        as_decided = asked.changes == self._booking.changes
        fragments = asked.fragments if as_decided else self.split(stored, since)
        if fragments is None:
            self._ledger.trace(now, BundleWaiting(key, since, ()))
            return NOTHING
        try:
            bundles = cut(parse(data), [fragment.length for fragment in fragments])
        except ValueError as error:
            stored.uncut = True
            self._ledger.trace(now, BundleKeptWhole(key, str(error)))
            return NOTHING
        parts = self._replace(stored, bundles, [fragment.route for fragment in fragments], now)
        return Placement(since, parts)

    def dropped(self, key: str, now: int) -> Placement:
        """Ask again at once, since a step broke in which a body was to be fetched."""
        stored = self._ledger.index.entries.get(key)
        asked = self._asked.pop(key, None)
        return NOTHING if asked is None or stored is None else Placement(asked.since, again=(stored, now))

    def _may_be_split(self, stored: Stored) -> bool:
        meta = stored.meta
        if stored.node is None or stored.uncut or not may_be_cut(meta):
            return False
        if self._hopeless_since != self._booking.releases:
            self._hopeless_since = self._booking.releases
            self._hopeless.clear()
        question = (stored.node, meta.priority, self._booking.excluded(stored))
        payload, expires = self._hopeless.get(question, (meta.payload_bytes + 1, 0))
        return payload > meta.payload_bytes or meta.expires > expires

    def split(self, stored: Stored, since: int) -> list[Fragment] | None:
        """Return the two or more fragments in which a bundle arrives in time; None where there are none.

        Args:
            since: when it may leave at the earliest, in ns.
        """
        if not self._may_be_split(stored):
            return None
        meta, overhead = stored.meta, overhead_of(stored.meta)
        assert stored.node is not None
        excluded = self._booking.excluded(stored)
        unwanted = [excluded]
        if stored.sender is not None and stored.sender != stored.node:
            unwanted.insert(0, excluded | {stored.sender})  # back to who sent it only if there is no other
        fragments: list[Fragment] | None = None
        for exclude in unwanted:
            request = RouteRequest(
                self._booking.number,
                stored.node,
                since,
                meta.payload_bytes + overhead,
                meta.expires,
                meta.priority,
                exclude,
            )
            fragments = fragments or split(self._booking.router, request, overhead)
        if fragments is None:
            if len(self._hopeless) >= self._limits.remembered:
                self._hopeless.clear()
            outlives = meta.expires >= self._end_of_plan()  # then to live longer would not help
            question = (stored.node, meta.priority, excluded)
            self._hopeless[question] = (meta.payload_bytes, NEVER if outlives else meta.expires)
        return fragments if fragments is not None and len(fragments) > 1 else None

    def _end_of_plan(self) -> int:
        """Return a time by which all that the plan can carry has arrived, in ns."""
        router = self._booking.router
        if self._last_arrival[0] is not router.plan:
            self._last_arrival = router.plan, router.index.last_arrival()
        return self._last_arrival[1]

    def _replace(
        self, stored: Stored, bundles: Sequence[Bundle], routes: Sequence[Route], now: int
    ) -> tuple[tuple[Stored, Route], ...]:
        """Store the fragments of a bundle in its place: all of them and the end of it are one commit."""
        meta, ledger, kept = stored.meta, self._ledger, []
        for bundle, route in zip(bundles, routes, strict=True):
            if bundle.id not in ledger.index.entries:  # an earlier copy's fragment may be here
                data = encode(bundle)
                fragment = ledger.persist(bundle.id, _meta_of(bundle, data, meta), stored.node, data)
                fragment.sender, fragment.returns = stored.sender, stored.returns
                kept.append((fragment, route))
        self._duplicates.hand(identity(stored), meta.hops)  # a late copy of the whole is a duplicate
        ledger.forget(stored, Cause.FRAGMENTED, now)
        ledger.trace(now, BundleFragmented(stored.key, tuple(bundle.id for bundle in bundles), meta.size))
        return tuple(kept)


def may_be_cut(meta: Meta) -> bool:
    """Tell whether a bundle may be replaced by fragments (RFC 9171, 4.2.3 and 5.8)."""
    return not meta.flags & UNCUT and meta.payload_bytes > 1


def overhead_of(meta: Meta) -> int:
    """Return how many bytes each fragment of a bundle has at most beside its payload, on all its route."""
    total = meta.payload_bytes if meta.fragment is None else meta.fragment[1]
    return overhead_bound(meta.size, meta.payload_bytes, total) + RELAY_BYTES


def _meta_of(fragment: Bundle, data: bytes, whole: Meta) -> Meta:
    """Return what is persisted of a fragment: what is known of the whole, but for what differs.

    It keeps the place of the whole among those that wait. Its reception was that of the whole, and
    copies of it would take from each other the very room that was too little for the whole.
    """
    head, counted = fragment.primary, fragment.hop_count
    assert head.fragment_offset is not None
    assert head.total_length is not None
    return msgspec.structs.replace(
        whole,
        size=len(data),
        flags=head.flags,
        payload_bytes=len(fragment.payload),
        age_ms=fragment.age_ms,
        hops=None if counted is None else counted[1],
        fragment=(head.fragment_offset, head.total_length),
        reported=True,
        unsupported=False,
        copy_of=None,
        via=None,
        copied=True,
    )
