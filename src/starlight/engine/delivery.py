"""Delivery: a bundle to this node waits until all of it is here and someone claims its endpoint.

An application that claims an endpoint is offered a data unit whole: a bundle, or the fragments
that make it up. It is kept until the application says that it holds it.

An application may leave a unit for later. It then waits as before, its lifetime runs, and it counts as
offered until it is taken or gone; so a claim can say how many are offered at a time, and however many
wait, the application is told of no more than it asked for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from starlight.bundle import ReasonCode
from starlight.engine.reassembly import Reassembly
from starlight.node.actions import Deliver, Expired, Forget
from starlight.node.application import NotKept
from starlight.node.bundle_state import BundleState, Cause
from starlight.node.core import Core
from starlight.node.reception import ReceivedBundle
from starlight.node.reports import Reports
from starlight.node.stored import Stored, remembered_until, whole_key
from starlight.node.trace_events import BundleDeclined, BundleDelivered, BundleUnclaimed

_Units = OrderedDict[str, tuple[Stored, ...]]
"""Data units by the identity of their bundle, the oldest first; the first is taken out at no cost."""


class Delivery:
    """The claims of applications, and the bundles that are for them.

    Args:
        core: the node's.
        reports: makes the status report that a bundle was delivered, if it asks for one.
    """

    def __init__(self, core: Core, reports: Reports) -> None:
        self._fragments = Reassembly(core.config.limits.fragments)
        self._ledger = core.ledger
        self._duplicates = core.duplicates
        self._reports = reports
        self._claims: dict[str, int | None] = {}  # how many are offered at a time; None for all
        # By endpoint. What is offered is DELIVERING until the application answers, LOCAL if it left it.
        self._waiting: dict[str, _Units] = {}
        self._offered: dict[str, _Units] = {}

    @property
    def claims(self) -> list[str]:
        """The claimed endpoints, in the order of the claims."""
        return list(self._claims)

    def has_room(self, reception: ReceivedBundle) -> bool:
        """Tell whether a bundle may be taken: if it is a fragment, one more of its whole."""
        return self._fragments.has_room(reception)

    def is_claimed(self, stored: Stored) -> bool:
        """Tell whether an application has claimed the endpoint of a bundle."""
        return stored.meta.destination in self._claims

    def is_whole(self, stored: Stored) -> bool:
        """Tell whether a bundle that waits here is one that may be offered, alone or with other fragments."""
        endpoint, whole = stored.meta.destination, whole_key(stored)
        return any(whole in units.get(endpoint, ()) for units in (self._waiting, self._offered))

    def take(self, stored: Stored, now: int) -> None:
        """Take a bundle that light has brought; what is whole with it is offered."""
        self._ledger.move(stored, Cause.FOR_HERE)
        if whole_key(stored) in self._waiting.get(stored.meta.destination, {}) or self._is_left(stored):
            self._ledger.forget(stored, Cause.COVERED, now)  # All of it waits here already.
            return
        bundles = self._fragments.add(stored) if stored.meta.fragment else (stored,)
        if bundles:
            self._place(bundles, now)

    def claim(self, endpoint: str, at_most: int | None) -> None:
        """Let an application take what is, or will be, addressed to an endpoint of this node.

        Args:
            at_most: how many units it is offered at a time; None for all that there are.
        """
        if endpoint not in self._claims:
            self._claims[endpoint] = at_most
            self._offer_next(endpoint)

    def unclaim(self, endpoint: str) -> None:
        """Let what is addressed to an endpoint wait again, and what was left for later with it."""
        self._claims.pop(endpoint, None)
        self._give_back(endpoint)

    def leave(self, keys: Iterable[str], now: int) -> None:
        """Let what an application was offered, and does not hold yet, wait for it."""
        for key in keys:
            stored = self._ledger.index.entries.get(key)
            if stored is not None and stored.state is BundleState.DELIVERING:
                self._ledger.move(stored, Cause.LEFT)
                if stored.meta.destination not in self._claims:
                    self._give_back(stored.meta.destination)
                if stored.meta.expires <= now:
                    # Its lifetime may have ended while it was with the application, when nobody looked.
                    self._ledger.index.expiries.add(stored)

    def delivered(self, keys: Iterable[str], now: int) -> None:
        """Let go of what an application holds, and offer what is next."""
        for stored in self._answered(keys, Cause.DELIVERED):
            self._ledger.trace(now, BundleDelivered(stored.key, stored.meta.destination))
            reason = ReasonCode.NO_ADDITIONAL_INFORMATION
            self._reports.report(stored.key, stored.meta, "delivered", now, reason)
            self._offer_next(stored.meta.destination)

    def declined(self, keys: Iterable[str], reason: int, now: int) -> None:
        """Delete what an application will never take (RFC 9171, 5.10), and offer what is next.

        Args:
            reason: the reason code of the report.
        """
        for stored in self._answered(keys, Cause.DECLINED):
            self._ledger.trace(now, BundleDeclined(stored.key, stored.meta.destination, reason))
            self._reports.report(stored.key, stored.meta, "deleted", now, reason)
            self._offer_next(stored.meta.destination)

    def _answered(self, keys: Iterable[str], cause: Cause) -> Iterator[Stored]:
        """Forget what an application was offered and has judged, and yield each bundle of it."""
        entries = self._ledger.index.entries
        held = [stored for key in keys if (stored := entries.get(key)) is not None]
        # All are asked before one is moved, since the first bundle of a unit tells for the whole unit.
        for stored in [each for each in held if self._is_left(each)]:
            self._ledger.move(stored, Cause.OFFERED)
        for stored in held:
            if stored.state is not BundleState.DELIVERING:
                continue
            key, meta = stored.key, stored.meta
            self._finish_fragments(stored)
            self._pop(self._offered, meta.destination, whole_key(stored))
            until = remembered_until(meta)
            self._duplicates.deliver(key, until)
            self._ledger.forget(stored, cause, until)
            yield stored

    def drop(self, stored: Stored, reason: NotKept) -> None:
        """Take a bundle out of what waits here, because it expires, is replaced or dropped."""
        endpoint, whole, was_left = stored.meta.destination, whole_key(stored), self._is_left(stored)
        if stored.meta.fragment is not None:
            self._fragments.drop(stored)
        self._pop(self._waiting, endpoint, whole)
        self._pop(self._offered, endpoint, whole)
        if was_left and not stored.meta.own:  # of its own its application hears anyway
            self._ledger.act(Expired(whole, reason))
        self._offer_next(endpoint)

    def _place(self, unit: tuple[Stored, ...], now: int) -> None:
        """Offer a whole data unit, or let it wait until its endpoint is claimed, or has room again."""
        endpoint, whole = unit[0].meta.destination, whole_key(unit[0])
        self._waiting.setdefault(endpoint, _Units())[whole] = unit
        if endpoint in self._claims:
            self._offer_next(endpoint)
        else:
            self._ledger.trace(now, BundleUnclaimed(whole, endpoint))

    def _offer_next(self, endpoint: str) -> None:
        """Offer what waits for an endpoint, as far as its claim goes."""
        waiting = self._waiting.get(endpoint)
        while waiting and self._has_room_to_offer(endpoint):
            whole, unit = waiting.popitem(last=False)
            for stored in unit:
                self._ledger.move(stored, Cause.OFFERED)
            self._offered.setdefault(endpoint, _Units())[whole] = unit
            self._ledger.act(Deliver(tuple(s.key for s in unit), endpoint, unit[0].meta.source))
        if waiting is not None and not waiting:
            del self._waiting[endpoint]

    def _give_back(self, endpoint: str) -> None:
        offered = self._offered.get(endpoint, _Units())
        left = _Units((whole, unit) for whole, unit in offered.items() if _is_local(unit))
        for whole in left:
            self._pop(self._offered, endpoint, whole)
        if left:
            # They came before all that waits.
            self._waiting[endpoint] = left | self._waiting.get(endpoint, _Units())

    def _has_room_to_offer(self, endpoint: str) -> bool:
        if endpoint not in self._claims:
            return False
        at_most = self._claims[endpoint]
        return at_most is None or len(self._offered.get(endpoint, ())) < at_most

    def _is_left(self, stored: Stored) -> bool:
        """Tell whether a bundle is of a unit that was offered and left for later."""
        offered = self._offered.get(stored.meta.destination)
        unit = None if offered is None else offered.get(whole_key(stored))
        return unit is not None and _is_local(unit)

    def _pop(self, units: dict[str, _Units], endpoint: str, whole: str) -> None:
        of_endpoint = units.get(endpoint)
        if of_endpoint is not None:
            of_endpoint.pop(whole, None)
            if not of_endpoint:
                del units[endpoint]

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


def _is_local(unit: tuple[Stored, ...]) -> bool:
    return unit[0].state is BundleState.LOCAL
