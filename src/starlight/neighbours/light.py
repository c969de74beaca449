"""Imposed light: when what left a peer would have arrived, over the contacts of the plan.

A link between two daemons is a cable; the plan says how far apart its ends are meant to
be. Light is imposed where things are received: the bundle, by the receiving node; its
acknowledgement, by the sender.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from starlight.contacts import Contact, ContactPlan
from starlight.dtntime import SECOND
from starlight.neighbours.peer import PeerConfig

DEPARTURE_AHEAD = 86_400 * SECOND
"""How far in mission time a departure may lie ahead: a day, because the last byte of a bundle
leaves that much after its first on the slowest link that is still worth using."""


class Light:
    """The light times of one node's links.

    Args:
        plan: whose contacts carry light time as a function of the moment of transmission.
        fixed_s: a number of seconds that overrides the plan for a directed link, by ``(from, to)``.
    """

    def __init__(self, plan: ContactPlan, fixed_s: dict[tuple[int, int], float] | None = None) -> None:
        self._fixed = {link: round(value * SECOND) for link, value in (fixed_s or {}).items()}
        self.set_plan(plan)

    def set_plan(self, plan: ContactPlan) -> None:
        """Take the light times of another plan."""
        self._contacts: dict[tuple[int, int], list[Contact]] = {}
        for contact in plan.contacts:
            self._contacts.setdefault((contact.from_node, contact.to_node), []).append(contact)

    def light_time(self, from_node: int, to_node: int, leaves: int) -> int:
        """Return the one-way light time in ns of what leaves at a time.

        Outside every contact it is that of the nearest moment of the latest contact begun, or of
        the first one; of a link that the plan does not know, that of the other direction, else 0.
        """
        fixed = self._fixed.get((from_node, to_node))
        if fixed is not None:
            return fixed
        contacts = self._contacts.get((from_node, to_node)) or self._contacts.get((to_node, from_node))
        if not contacts:
            return 0
        index = bisect_right(contacts, leaves, key=lambda contact: contact.start) - 1
        contact = contacts[max(0, index)]
        # A contact's light time is fitted to its own span; carried on beyond that, it would drift off.
        return contact.light_time(min(max(leaves, contact.start), contact.end))

    def departure(self, left: int | None, now: int, earliest: int) -> int:
        """Return when what has just come over the cable left, in ns of mission time, as far as is believed.

        Args:
            left: when its last byte left, as the peer says; None when it does not.
            now: mission time. A departure too far ahead of it is not believed: what the peer says
                can hide a bundle for a day at most.
            earliest: mission time `QUEUE_S` ago, which is as long as a transfer waits in a cable; no earlier
                departure is believed.
        """
        believed = left is not None and earliest <= left <= now + DEPARTURE_AHEAD
        return left if left is not None and believed else now

    def lasts(self, from_node: int, to_node: int, last_byte: int, size: int) -> int | None:
        """Return how long sending `size` bytes took at most, in ns, that ended at a time; None where no
        contact of the plan says.

        It is what a clock that says when the last byte left may be ahead without being wrong.
        """
        contacts = self._contacts.get((from_node, to_node), [])
        index = bisect_right(contacts, last_byte, key=lambda contact: contact.start) - 1
        if index < 0:
            return None
        slowest = min((rate for _, rate in contacts[index].rates if rate > 0), default=0)
        return None if slowest == 0 else size * 8 * SECOND // slowest

    def reaches(self, from_node: int, to_node: int, last_byte: int, planned: int) -> int:
        """Return when what has left reaches the peer, in ns: as planned, or by the fixed number."""
        # The engine's own figure, not one computed here again: what it has booked and what is imposed must
        # agree to the nanosecond.
        fixed = self._fixed.get((from_node, to_node))
        return planned if fixed is None else last_byte + fixed

    def acknowledged(self, me: int, peer: int, reaches: int) -> int:
        """Return when light brings the acknowledgement of what reached a peer, in ns."""
        return reaches + self.light_time(peer, me, reaches)


def fixed_light(node: int, peers: Iterable[PeerConfig]) -> dict[tuple[int, int], float]:
    """Return the light times in s between a node and its peers that overrule the plan's, by directed link."""
    fixed: dict[tuple[int, int], float] = {}
    for peer in peers:
        if peer.fixed_light_s is not None:
            fixed[node, peer.node] = fixed[peer.node, node] = peer.fixed_light_s
    return fixed
