"""The times at which the plan lets a node and a peer hear each other, one way or the other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection

from starlight.contacts import ContactPlan


class ContactWindows:
    """The merged contacts of one node with some peers.

    Args:
        node: our number.
        peers: those that are asked about.
    """

    def __init__(self, node: int, peers: Collection[int]) -> None:
        self._node = node
        self._peers = frozenset(peers)
        self._starts: dict[int, list[int]] = {}
        self._ends: dict[int, list[int]] = {}

    def set_plan(self, plan: ContactPlan) -> None:
        """Take the contacts of another plan."""
        self._starts, self._ends = {}, {}
        for contact in plan.contacts:  # by start, so what overlaps follows what it overlaps
            if contact.from_node == self._node:
                peer = contact.to_node
            elif contact.to_node == self._node:
                peer = contact.from_node
            else:
                continue
            if peer in self._peers:
                self._add(peer, contact.start, contact.end)

    def is_open(self, peer: int, now: int) -> bool:
        """Return whether a contact with a peer is open at a time, in ns."""
        index = bisect_right(self._starts.get(peer, ()), now) - 1
        return index >= 0 and now <= self._ends[peer][index]

    def opens(self, peer: int, now: int) -> int | None:
        """Return when the next window with a peer begins after a time, in ns; None for never."""
        starts = self._starts.get(peer, [])
        index = bisect_right(starts, now)
        return starts[index] if index < len(starts) else None

    def _add(self, peer: int, start: int, end: int) -> None:
        starts, ends = self._starts.setdefault(peer, []), self._ends.setdefault(peer, [])
        # Ends are closed, so windows that touch are one: a peer is not dialled anew where rates change.
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
