"""The duplicate filter: it knows which bundles have been here before.

Two memories, because two things can go wrong. What was **delivered** here must not be delivered
again; that memory is persisted. What was **handed on** is different: a copy that comes back may
be the only one left, because the next hop found its route cut and sent it back; to drop that one
would lose the bundle. Its hop count tells the cases apart. A copy whose hop count is not above
that of the copy that we handed on is a retransmission after a lost acknowledgement, and of the
copies of one bundle the one with the highest hop count is never dropped by this rule anywhere.
A copy without a hop count is always taken; the worst of that is a transmission too many.

How often a bundle has come back is counted too: nodes whose plans disagree may pass a bundle
between them until its hop limit deletes it, so each further turn of it is made to wait longer.
"""

from __future__ import annotations


class DuplicateFilter:
    """The bounded memories of delivered and handed-on bundles; the oldest is let go first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._delivered: dict[str, int] = {}
        self._handed: dict[str, tuple[int, int]] = {}  # hop count, and how often

    def deliver(self, key: str, until: int) -> None:
        """Remember that a bundle was delivered here, until a time, in ns (`stored.remembered_until`)."""
        delivered = self._delivered
        delivered.pop(key, None)
        delivered[key] = until
        if len(delivered) > self._limit:
            del delivered[next(iter(delivered))]

    def hand(self, key: str, hops: int | None) -> None:
        """Remember that a copy of a bundle was handed on, by its hop count if it has one."""
        handed = self._handed
        before, times = handed.pop(key, (-1, 0))  # taken out and put in again: the oldest stands first
        handed[key] = (before if hops is None else max(hops, before), times + 1)
        if len(handed) > self._limit:
            del handed[next(iter(handed))]

    def forget(self, key: str) -> None:
        """Know nothing of a bundle, since what was remembered of it has not come about."""
        self._delivered.pop(key, None)
        self._handed.pop(key, None)

    def was_delivered(self, key: str, now: int) -> bool:
        """Tell whether a bundle was delivered here."""
        # What outlived its time stays until the limit drives it out; it counts no more.
        until = self._delivered.get(key)
        return until is not None and until >= now

    def was_handed(self, key: str, hops: int | None) -> bool:
        """Tell whether this copy of a bundle, or a later one, was handed on."""
        return hops is not None and self._handed.get(key, (-1, 0))[0] >= hops

    def times_handed(self, key: str) -> int:
        """Return how often a bundle that is here was handed on before: how often it has come back."""
        return self._handed.get(key, (-1, 0))[1]

    def __len__(self) -> int:
        return len(self._delivered) + len(self._handed)
