"""The memory that a node has for transfers which have begun to come and are not whole yet.

Whoever says a peer's name may begin a transfer over each connection that it is let have, send nearly all of
it, and leave it so. Each would stay in memory; so all of a node share one room. The first part of each is not
counted: what is small always comes, whatever others hold. Of the rest each peer has a share, so that who says
one peer's name keeps out no other.
"""

from __future__ import annotations

UNCOUNTED = 1024 * 1024
"""Octets of each transfer for which no room is asked: nearly all bundles are smaller. With eight links of
each of a dozen peers they are a hundred megabytes."""

ALL, EACH = 512 * 1024 * 1024, 128 * 1024 * 1024
"""Octets for all peers, and for one: two of the largest bundles, as both ends may have called."""


class ReceiveRoom:
    """Counts what unfinished transfers hold, by the node id that their peer says.

    Args:
        all_octets: for all together.
        each_octets: for one peer.
    """

    def __init__(self, all_octets: int = ALL, each_octets: int = EACH) -> None:
        self._all = all_octets
        self._each = each_octets
        self._held: dict[str, int] = {}
        self._sum = 0

    def take(self, node_id: str, octets: int) -> bool:
        """Ask for room; return whether it was given."""
        held = self._held.get(node_id, 0)
        if self._sum + octets > self._all or held + octets > self._each:
            return False
        self._held[node_id] = held + octets
        self._sum += octets
        return True

    def give_back(self, node_id: str, octets: int) -> None:
        """Give room back that was taken."""
        self._sum -= octets
        self._held[node_id] -= octets
        if not self._held[node_id]:
            del self._held[node_id]
