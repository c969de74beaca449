"""Delivery: a bundle to this node waits until all of it is here and someone claims its endpoint.

An application that claims an endpoint is offered a data unit whole: a bundle, or the fragments
that make it up. It is kept until the application says that it holds it.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlight.bundle import ReasonCode
from starlight.engine.reassembly import Reassembly
from starlight.node.actions import Deliver, Forget
from starlight.node.bundle_state import BundleState, Cause
from starlight.node.duplicate_filter import DuplicateFilter
from starlight.node.ledger import Ledger
from starlight.node.reception import ReceivedBundle
from starlight.node.reports import Reports
from starlight.node.stored import Stored, whole_key
from starlight.node.trace_events import BundleDelivered, BundleUnclaimed


class Delivery:
    """The claims of applications, and the bundles that are for them.

    Args:
        fragments: how many of one bundle are kept.
        ledger: the node's.
        duplicates: which bundles were delivered before.
        reports: makes the status report that a bundle was delivered, if it asks for one.
    """

    def __init__(self, fragments: int, ledger: Ledger, duplicates: DuplicateFilter, reports: Reports) -> None:
        self._fragments = Reassembly(fragments)
        self._ledger = ledger
        self._duplicates = duplicates
        self._reports = reports
        self._claims: dict[str, None] = {}
        self._unclaimed: dict[str, dict[str, tuple[Stored, ...]]] = {}

    @property
    def claims(self) -> list[str]:
        """The claimed endpoints, in the order of the claims."""
        return list(self._claims)

    def has_room(self, reception: ReceivedBundle) -> bool:
        """Tell whether a bundle may be taken: if it is a fragment, one more of its whole."""
        return self._fragments.has_room(reception)

    def take(self, stored: Stored, now: int) -> None:
        """Take a bundle that light has brought; what is whole with it is offered."""
        self._ledger.move(stored, Cause.FOR_HERE)
        if whole_key(stored) in self._unclaimed.get(stored.meta.destination, {}):
            self._ledger.forget(stored, Cause.COVERED, now)  # All of it waits here already.
            return
        bundles = self._fragments.add(stored) if stored.meta.fragment else (stored,)
        if bundles:
            self._offer(bundles, now)

    def claim(self, endpoint: str, now: int) -> None:
        """Let an application take what is, or will be, addressed to an endpoint of this node."""
        if endpoint not in self._claims:
            self._claims[endpoint] = None
            for bundles in self._unclaimed.pop(endpoint, {}).values():
                self._offer(bundles, now)

    def unclaim(self, endpoint: str) -> None:
        """Let what is addressed to an endpoint wait again."""
        self._claims.pop(endpoint, None)

    def delivered(self, keys: Iterable[str], now: int) -> None:
        """Let go of what an application holds."""
        for key in keys:
            stored = self._ledger.index.entries.get(key)
            if stored is None or stored.state is not BundleState.DELIVERING:
                continue
            meta = stored.meta
            self._finish_fragments(stored)
            self._duplicates.deliver(key, meta.expires)
            self._ledger.forget(stored, Cause.DELIVERED, meta.expires)
            self._ledger.trace(now, BundleDelivered(key, meta.destination))
            self._reports.report(key, meta, "delivered", now, ReasonCode.NO_ADDITIONAL_INFORMATION)

    def drop(self, stored: Stored) -> None:
        """Take a bundle out of what waits here, because it expires or is replaced."""
        if stored.meta.fragment is not None:
            self._fragments.drop(stored)
        waiting = self._unclaimed.get(stored.meta.destination)
        if waiting is not None:
            waiting.pop(whole_key(stored), None)
            if not waiting:
                del self._unclaimed[stored.meta.destination]

    def _offer(self, bundles: tuple[Stored, ...], now: int) -> None:
        """Deliver a whole data unit, or let it wait for someone who claims its endpoint."""
        first = bundles[0]
        endpoint = first.meta.destination
        if endpoint in self._claims:
            for stored in bundles:
                self._ledger.move(stored, Cause.OFFERED)
            self._ledger.act(Deliver(tuple(s.key for s in bundles), endpoint, first.meta.source))
        else:
            self._unclaimed.setdefault(endpoint, {})[whole_key(first)] = bundles
            self._ledger.trace(now, BundleUnclaimed(whole_key(first), endpoint))

    def _finish_fragments(self, stored: Stored) -> None:
        """Remember the whole bundle, and drop fragments that were not needed for it."""
        whole, until = whole_key(stored), stored.meta.expires
        if stored.meta.fragment is not None:
            # The store remembers the whole too: after a restart its fragments, cut otherwise by another
            # relay, would else be put together and delivered once more.
            self._duplicates.deliver(whole, until)
            self._ledger.act(Forget(whole, until))
            self._fragments.drop(stored)
        for other in self._fragments.of(whole):
            if other.state is BundleState.LOCAL:
                self._fragments.drop(other)
                self._ledger.forget(other, Cause.COVERED, until)
