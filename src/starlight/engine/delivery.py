"""Delivery: a bundle to this node waits until all of it is here and someone claims its endpoint.

An application that claims an endpoint is offered a data unit whole: a bundle, or the fragments
that make it up (`offers.py`). It is kept until the application says that it holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from starlight.bundle import ReasonCode
from starlight.engine.offers import Offers
from starlight.engine.reassembly import Reassembly
from starlight.node.actions import Expired, Forget
from starlight.node.application import NotKept
from starlight.node.bundle_state import BundleState, Cause
from starlight.node.core import Core
from starlight.node.reception import ReceivedBundle
from starlight.node.reports import Reports
from starlight.node.stored import Stored, remembered_until, whole_key
from starlight.node.trace_events import BundleDeclined, BundleDelivered, BundleUnclaimed


class Delivery:
    """The bundles that are for the applications of a node.

    Args:
        core: the node's.
        reports: makes the status report that a bundle was delivered, if it asks for one.

    Attributes:
        offers: what is whole, and who has claimed it.
    """

    def __init__(self, core: Core, reports: Reports) -> None:
        self.offers = Offers(core.ledger)
        self._fragments = Reassembly(core.config.limits.fragments)
        self._ledger = core.ledger
        self._duplicates = core.duplicates
        self._reports = reports

    def has_room(self, reception: ReceivedBundle) -> bool:
        """Tell whether a bundle may be taken: if it is a fragment, one more of its whole."""
        return self._fragments.has_room(reception)

    def take(self, stored: Stored, now: int) -> None:
        """Take a bundle that light has brought; what is whole with it is offered."""
        self._ledger.move(stored, Cause.FOR_HERE)
        if self.offers.waits(stored) or self.offers.is_left(stored):
            self._ledger.forget(stored, Cause.COVERED, now)  # All of it waits here already.
            return
        unit = self._fragments.add(stored) if stored.meta.fragment else (stored,)
        if unit:
            self.offers.put(unit)
            if not self.offers.is_claimed(stored):
                self._ledger.trace(now, BundleUnclaimed(whole_key(stored), stored.meta.destination))

    def leave(self, keys: Iterable[str], now: int) -> None:
        """Let what an application was offered, and does not hold yet, wait for it."""
        for key in keys:
            stored = self._ledger.index.entries.get(key)
            if stored is not None and stored.state is BundleState.DELIVERING:
                self._ledger.move(stored, Cause.LEFT)
                self.offers.left(stored)
                if stored.meta.expires <= now:
                    # Its lifetime may have ended while it was with the application, when nobody looked.
                    self._ledger.index.expiries.add(stored)

    def delivered(self, keys: Iterable[str], now: int) -> None:
        """Let go of what an application holds, and offer what is next."""
        for stored in self._answered(keys, Cause.DELIVERED):
            self._ledger.trace(now, BundleDelivered(stored.key, stored.meta.destination))
            reason = ReasonCode.NO_ADDITIONAL_INFORMATION
            self._reports.report(stored.key, stored.meta, "delivered", now, reason)
            self.offers.offer_next(stored.meta.destination)

    def declined(self, keys: Iterable[str], reason: int, now: int) -> None:
        """Delete what an application will never take (RFC 9171, 5.10), and offer what is next.

        Args:
            reason: the reason code of the report.
        """
        for stored in self._answered(keys, Cause.DECLINED):
            self._ledger.trace(now, BundleDeclined(stored.key, stored.meta.destination, reason))
            self._reports.report(stored.key, stored.meta, "deleted", now, reason)
            self.offers.offer_next(stored.meta.destination)

    def drop(self, stored: Stored, reason: NotKept) -> None:
        """Take a bundle out of what waits here, because it expires, is replaced or dropped."""
        was_left = self.offers.is_left(stored)
        if stored.meta.fragment is not None:
            self._fragments.drop(stored)
        self.offers.take_out(stored)
        if was_left and not stored.meta.own:  # of its own its application hears anyway
            self._ledger.act(Expired(whole_key(stored), reason))
        self.offers.offer_next(stored.meta.destination)

    def _answered(self, keys: Iterable[str], cause: Cause) -> Iterator[Stored]:
        """Forget what an application was offered and has judged, and yield each bundle of it."""
        entries = self._ledger.index.entries
        held = [stored for key in keys if (stored := entries.get(key)) is not None]
        # All are asked before one is moved, since the first bundle of a unit tells for the whole unit.
        for stored in [each for each in held if self.offers.is_left(each)]:
            self._ledger.move(stored, Cause.OFFERED)
        for stored in held:
            if stored.state is not BundleState.DELIVERING:
                continue
            key, meta = stored.key, stored.meta
            self._finish_fragments(stored)
            self.offers.answered(stored)
            until = remembered_until(meta)
            self._duplicates.deliver(key, until)
            self._ledger.forget(stored, cause, until)
            yield stored

    def _finish_fragments(self, stored: Stored) -> None:
        """Remember the whole bundle, and drop fragments that were not needed for it."""
        whole, until = whole_key(stored), remembered_until(stored.meta)
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
