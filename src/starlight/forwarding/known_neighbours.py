"""The neighbours of a node with whom something is going on: what queues for them, is under way or rests."""

from __future__ import annotations

from starlight.forwarding.contact_queue import Neighbour
from starlight.node.links import Links


class KnownNeighbours:
    """The neighbours of a node, by node number.

    Args:
        links: the node's.
    """

    def __init__(self, links: Links) -> None:
        self._links = links
        self._known: dict[int, Neighbour] = {}

    def of(self, number: int) -> Neighbour:
        """Return a neighbour, who is known from then on."""
        peer = self._known.get(number)
        if peer is None:
            peer = self._known[number] = Neighbour(self._links.to(number))
        return peer

    def known(self, number: int) -> Neighbour | None:
        """Return a neighbour with whom something is going on; None of others."""
        return self._known.get(number)

    def forget_idle(self, peer: Neighbour) -> bool:
        """Forget a neighbour with whom nothing is going on, so that passers-by take no memory.

        Returns:
            True for one that is forgotten; what is known of its link stays.
        """
        idle = not peer.queues and not peer.under_way and not peer.resting
        if idle:
            del self._known[peer.number]
        return idle

    def waiting(self, number: int) -> tuple[int, int]:
        """Return how many bundles queue for a neighbour, and their size in bytes."""
        peer = self._known.get(number)
        queues = [] if peer is None else peer.queues
        return sum(queue.count for queue in queues), sum(queue.bytes for queue in queues)

    def summary(self) -> list[dict[str, object]]:
        """Return for each neighbour its link and how much queues for it, by node number."""
        return [
            {
                "node": number,
                "up": peer.link.up,
                "queued": sum(queue.count for queue in peer.queues),
                "under_way": peer.under_way,
            }
            for number, peer in sorted(self._known.items())
        ]
