"""The ledger of a node: what it stores, and what a step does to it and asks of its driver.

Theory of operation. Every part of the engine that moves a bundle writes it here, and nowhere else: the
index in memory, the state by its table, and the store's writes are changed together, so none can say
what another does not. Actions are kept in the order in which they are put, and a part puts a write
before what depends on it; so the driver, which commits the writes of a step before it acts outwardly,
never acknowledges or sends what a crash could take back.
"""

from __future__ import annotations

from starlight.node.actions import Action, Forget, Persist, Trace, Update
from starlight.node.bundle_state import BundleState, Cause, after
from starlight.node.config import NodeLimits
from starlight.node.index import Index
from starlight.node.stored import Meta, Stored, pack
from starlight.trace import Record, TraceEvent


class Ledger:
    """The stored bundles, and the actions of the step under way.

    Args:
        number: of the node, for the trace.
        limits: the node's.

    Attributes:
        index: an entry for each stored bundle.
        waiting: those for which no route is known, by key, in the order in which they came to wait.
    """

    def __init__(self, number: int, limits: NodeLimits) -> None:
        self.index = Index(limits)
        self.waiting: dict[str, Stored] = {}
        self._number = number
        self._actions: list[Action] = []
        self._order = 0

    def persist(self, key: str, meta: Meta, node: int | None, data: bytes) -> Stored:
        """Store a bundle and return its entry.

        Args:
            meta: its record; without an order it gets the next one. One that has an order takes the
                place of the bundle that it is a fragment or a copy of, among those that wait.
            node: the node that it is addressed to; None when that is not known.
            data: its bytes as they will be sent on.
        """
        if not meta.order:
            self._order += 1
            meta.order = self._order
        stored = Stored(key, meta, node)
        self.index.add(stored)
        self._actions.append(Persist(key, data, pack(meta)))
        return stored

    def restore(self, key: str, meta: Meta, node: int | None) -> Stored:
        """Take in a bundle that the store held when the node started.

        Later bundles get higher orders: what waited before a restart goes before what comes after it.
        """
        stored = Stored(key, meta, node)
        self.index.add(stored)
        # By the highest, as the store may give them back in any order.
        self._order = max(self._order, meta.order)
        return stored

    def update(self, stored: Stored) -> None:
        """Persist a bundle's record, which was changed."""
        self._actions.append(Update(stored.key, pack(stored.meta)))

    def move(self, stored: Stored, cause: Cause) -> None:
        """Bring a bundle to the state that a cause leads to.

        Raises:
            ValueError: it leads nowhere from where the bundle is.
        """
        state = after(stored.state, cause)
        # Also of one that waits on: who was looked at in vain stands behind those that have yet to be.
        if stored.state is BundleState.WAITING:
            del self.waiting[stored.key]
        stored.state = state
        if state is BundleState.WAITING:
            self.waiting[stored.key] = stored

    def forget(self, stored: Stored, cause: Cause, until: int) -> None:
        """Let go of a bundle, whose identity the store remembers until a time, in ns."""
        self.drop(stored, cause)
        self._actions.append(Forget(stored.key, until))

    def drop(self, stored: Stored, cause: Cause) -> None:
        """Take a bundle out of the index alone: the store has another in its place, or never had it."""
        self.move(stored, cause)
        self.index.drop(stored)

    def act(self, action: Action) -> None:
        """Put an action; a write of the index's is put by the other calls."""
        self._actions.append(action)

    def trace(self, now: int, event: TraceEvent) -> None:
        """Put an event into the trace."""
        self._actions.append(Trace(Record(now, self._number, event)))

    def take_actions(self) -> list[Action]:
        """Return the actions put since the last call."""
        actions = self._actions.copy()
        self._actions.clear()
        return actions
