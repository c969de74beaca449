"""Data units that wait for applications at the endpoints of a node, and that these are offered.

An application that claims an endpoint is offered as many data units at a time as its claim asks for, the
oldest first. One that it leaves for later waits as before, its lifetime runs, and it counts as offered until
it is taken or gone; so a claim can say how many are offered at a time, and however many wait, the application
is told of no more than it asked for. When the claim ends, what was left waits again before all else.
"""

from __future__ import annotations

from collections import OrderedDict

from starlight.node.actions import Deliver
from starlight.node.bundle_state import BundleState, Cause
from starlight.node.ledger import Ledger
from starlight.node.stored import Stored, whole_key

_Units = OrderedDict[str, tuple[Stored, ...]]
"""Data units by the identity of their bundle, the oldest first; the first is taken out at no cost."""


class Offers:
    """The claims of applications, and the data units that are whole, by endpoint.

    Args:
        ledger: of the node.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._claims: dict[str, int | None] = {}  # how many are offered at a time; None for all
        # By endpoint. What is offered is DELIVERING until the application answers, LOCAL if it left it.
        self._waiting: dict[str, _Units] = {}
        self._offered: dict[str, _Units] = {}
        self._left: set[str] = set()  # Endpoints of which something that is offered may have been left.

    @property
    def claims(self) -> list[str]:
        """The claimed endpoints, in the order of the claims."""
        return list(self._claims)

    def is_claimed(self, stored: Stored) -> bool:
        """Tell whether an application has claimed the endpoint of a bundle."""
        return stored.meta.destination in self._claims

    def holds(self, stored: Stored) -> bool:
        """Tell whether a bundle that waits here is one that may be offered, alone or with other fragments."""
        return self.waits(stored) or whole_key(stored) in self._offered.get(stored.meta.destination, ())

    def waits(self, stored: Stored) -> bool:
        """Tell whether a bundle is of a unit that waits for a claim, or for room."""
        return whole_key(stored) in self._waiting.get(stored.meta.destination, ())

    def is_left(self, stored: Stored) -> bool:
        """Tell whether a bundle is of a unit that was offered and left for later."""
        unit = self._offered.get(stored.meta.destination, _Units()).get(whole_key(stored))
        return unit is not None and _is_local(unit)

    def claim(self, endpoint: str, at_most: int | None) -> None:
        """Let an application take what is, or will be, addressed to an endpoint of this node.

        Args:
            at_most: how many units it is offered at a time; None for all that there are.
        """
        if endpoint not in self._claims:
            self._claims[endpoint] = at_most
            self.offer_next(endpoint)

    def unclaim(self, endpoint: str) -> None:
        """Let what is addressed to an endpoint wait again, and what was left for later with it."""
        self._claims.pop(endpoint, None)
        self._give_back(endpoint)

    def put(self, unit: tuple[Stored, ...]) -> None:
        """Offer a whole data unit, or let it wait until its endpoint is claimed, or has room again."""
        endpoint = unit[0].meta.destination
        self._waiting.setdefault(endpoint, _Units())[whole_key(unit[0])] = unit
        self.offer_next(endpoint)

    def left(self, stored: Stored) -> None:
        """Take note that a bundle was left for later, which has moved to that state."""
        self._left.add(stored.meta.destination)
        if not self.is_claimed(stored):
            self._give_back(stored.meta.destination)

    def answered(self, stored: Stored) -> None:
        """Take out the unit of a bundle that was offered, as its application has judged it."""
        _pop(self._offered, stored.meta.destination, whole_key(stored))

    def take_out(self, stored: Stored) -> None:
        """Take out the unit of a bundle that is gone."""
        endpoint, whole = stored.meta.destination, whole_key(stored)
        _pop(self._waiting, endpoint, whole)
        _pop(self._offered, endpoint, whole)

    def offer_next(self, endpoint: str) -> None:
        """Offer what waits for an endpoint, as far as its claim goes."""
        waiting = self._waiting.get(endpoint)
        while waiting and self._has_room(endpoint):
            whole, unit = waiting.popitem(last=False)
            for stored in unit:
                self._ledger.move(stored, Cause.OFFERED)
            self._offered.setdefault(endpoint, _Units())[whole] = unit
            self._ledger.act(Deliver(tuple(s.key for s in unit), endpoint, unit[0].meta.source))
        if waiting is not None and not waiting:
            del self._waiting[endpoint]

    def _has_room(self, endpoint: str) -> bool:
        if endpoint not in self._claims:
            return False
        at_most = self._claims[endpoint]
        return at_most is None or len(self._offered.get(endpoint, ())) < at_most

    def _give_back(self, endpoint: str) -> None:
        # Thousands may be offered at once, as when a mailbox opens after years: mostly none of them was left.
        if endpoint not in self._left:
            return
        self._left.discard(endpoint)
        offered = self._offered.get(endpoint, _Units())
        left = _Units((whole, unit) for whole, unit in offered.items() if _is_local(unit))
        for whole in left:
            _pop(self._offered, endpoint, whole)
        if left:
            # They came before all that waits.
            self._waiting[endpoint] = left | self._waiting.get(endpoint, _Units())


def _pop(units: dict[str, _Units], endpoint: str, whole: str) -> None:
    of_endpoint = units.get(endpoint)
    if of_endpoint is not None:
        of_endpoint.pop(whole, None)
        if not of_endpoint:
            del units[endpoint]


def _is_local(unit: tuple[Stored, ...]) -> bool:
    return unit[0].state is BundleState.LOCAL
