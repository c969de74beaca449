"""Which bundles have been here before.

Two memories, because two things can go wrong. What was **delivered** here must not be delivered
again; that memory is persisted. What was **handed on** is different: a copy that comes back may
be the only one left, because the next hop found its road cut and sent it home; to drop that one
would lose the bundle. Its hop count tells the cases apart. A copy whose hop count is not above
that of the copy that we handed on is a retransmission after a lost acknowledgement, and of the
copies of one bundle the one with the highest hop count is never dropped by this rule anywhere.
A copy without a hop count is always taken; the worst of that is a transmission too many.
"""

from __future__ import annotations


class Identities:
    """The bounded memories of delivered and handed-on bundles; the oldest is let go first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._delivered: dict[str, int] = {}
        self._handed: dict[str, int] = {}

    def deliver(self, key: str, until: int) -> None:
        """Remember that a bundle was delivered here, until its lifetime has ended."""
        delivered = self._delivered
        delivered.pop(key, None)
        delivered[key] = until
        if len(delivered) > self._limit:
            del delivered[next(iter(delivered))]

    def hand(self, key: str, hops: int | None) -> None:
        """Remember that a copy of a bundle was handed on, by its hop count."""
        if hops is None:
            return
        handed = self._handed
        hops = max(hops, handed.pop(key, 0))
        handed[key] = hops
        if len(handed) > self._limit:
            del handed[next(iter(handed))]

    def was_delivered(self, key: str, now: int) -> bool:
        """Tell whether a bundle was delivered here."""
        until = self._delivered.get(key)
        return until is not None and until >= now

    def was_handed(self, key: str, hops: int | None) -> bool:
        """Tell whether this copy of a bundle, or a later one, was handed on."""
        return hops is not None and self._handed.get(key, -1) >= hops

    def __len__(self) -> int:
        return len(self._delivered) + len(self._handed)
