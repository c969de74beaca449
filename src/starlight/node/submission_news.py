"""The word that applications get of the bundles that they have submitted here.

They know each by one key (`stored.family`), whether it is kept whole, in fragments or in copies, and
are told once that it departs and once that it has expired; the store's records say what has been
told, so that this holds across a restart.
"""

from __future__ import annotations

from starlight.node.actions import Departed, Expired
from starlight.node.application import NotKept
from starlight.node.bundle_state import BundleState
from starlight.node.ledger import Ledger
from starlight.node.stored import Stored, identity, known_key
from starlight.routing import Route


class SubmissionNews:
    """Tells applications what becomes of their bundles.

    Args:
        ledger: the node's.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._index = ledger.index

    def booked(self, key: str) -> tuple[Route, ...]:
        """Return what is booked for a bundle that waits or is under way, for each fragment and copy of it."""
        return tuple(part.route for part in self._index.kin(key) if part.route is not None)

    def departs(self, stored: Stored, leaves: int, last_byte: int, reaches: int) -> None:
        """Tell that a bundle leaves for the first time, all that is kept of it being here still.

        Of one in fragments it tells when the first leaves, and when the last that is queued will have left
        and reached its next hop: before then nobody has the bundle.
        """
        key = known_key(stored)
        for part in self._index.kin(key):
            if part.meta.own and not part.meta.departed:
                part.meta.departed = True
                self._ledger.update(part)
                if part.meta.fragment is not None and part.state is BundleState.QUEUED:
                    assert part.route is not None
                    last_byte = max(last_byte, part.route.hops[0].last_byte)
                    reaches = max(reaches, part.route.hops[0].arrives)
        self._ledger.act(Departed(key, stored.peer, leaves, last_byte, reaches))

    def undo(self, key: str) -> None:
        """Take back that a bundle departed, which was not told."""
        # In memory alone: what the step would have written of it is dropped with the step.
        for part in self._index.kin(key):
            part.meta.departed = False

    def withdrawable(self, key: str) -> list[Stored]:
        """Return all that is kept of a bundle that has not departed; nothing when it can't be taken back."""
        parts = [part for part in self._index.kin(key) if part.meta.own and known_key(part) == key]
        # If any part has left, what the application takes back might arrive all the same.
        held = all(part.state in (BundleState.QUEUED, BundleState.WAITING) for part in parts)
        return parts if held and not any(part.meta.departed for part in parts) else []

    def ended(self, stored: Stored, reason: NotKept) -> bool:
        """Tell that a bundle, which is not in the index any more, has come to its end; return whether it has.

        A fragment takes the whole with it. Of copies only the last does, if none was handed on.
        """
        meta = stored.meta
        others = self._index.kin(known_key(stored))
        if meta.settled or any(identity(other) == identity(stored) for other in others):
            return False
        if meta.own:
            self._ledger.act(Expired(known_key(stored), reason))
            self._settle(others)
        return True

    def handed(self, stored: Stored) -> None:
        """Note that the next hop has a bundle: the end of its other copies here is not its end."""
        kin = self._index.kin(known_key(stored))
        self._settle([other for other in kin if identity(other) == identity(stored)])

    def _settle(self, parts: list[Stored]) -> None:
        # Persisted: after a restart nothing else tells that the end of a copy is not that of its bundle.
        for part in parts:
            if not part.meta.settled:
                part.meta.settled = True
                self._ledger.update(part)
