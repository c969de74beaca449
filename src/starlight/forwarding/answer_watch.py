"""The answers to transfers that are awaited, and which of them are overdue.

What is sent to a peer is watched in the order of sending, by one deadline a peer. The way back is looked at
only when an answer takes long, as most come at once.
"""

from __future__ import annotations

from starlight.forwarding.contact_queue import Neighbour
from starlight.node.core import Core
from starlight.node.stored import Stored
from starlight.routing import Router


class AnswerWatch:
    """The transfers that are to be answered.

    Args:
        core: the node's.
        router: over its plan.
    """

    def __init__(self, core: Core, router: Router) -> None:
        self._number = core.config.number
        self._margin = core.config.limits.answer_margin
        self._router = router
        self._deadlines = core.deadlines
        self._overdue: list[Stored] = []

    def begin(self, peer: Neighbour, stored: Stored, last_byte: int, reaches: int | None, now: int) -> None:
        """Watch a transfer to a peer until its end is told.

        Args:
            last_byte, reaches: when its last bit leaves, and reaches the peer; None if nothing can come back.
        """
        peer.under_way += 1
        if reaches is None:
            return
        # Not in the step that sends it: who gives it up may forget it, before its body has been read.
        due = max(reaches + (reaches - last_byte) + self._margin, now + 1)
        peer.unanswered[stored] = due, reaches
        if not peer.watched:
            peer.watched = True
            self._deadlines.at(due, self._look, peer)

    def end(self, peer: Neighbour, stored: Stored) -> None:
        """Watch a transfer no longer."""
        peer.under_way -= 1
        peer.unanswered.pop(stored, None)

    def expected(self, peer: Neighbour) -> int | None:
        """Return when an answer of a peer should have been here, in ns: to what waits for it the longest.

        None where it has answered all, or the plan has no way back.
        """
        for due, reaches in peer.unanswered.values():
            looked_up = due if reaches is None else self._answer_due(peer.number, reaches, 0)
            return looked_up - self._margin if looked_up else None
        return None

    @property
    def has_overdue(self) -> bool:
        """True when `take_overdue` has anything."""
        return bool(self._overdue)

    def take_overdue(self) -> list[Stored]:
        """Return the bundles whose answers have become overdue since the last call."""
        overdue, self._overdue = self._overdue, []
        return overdue

    def _look(self, peer: Neighbour, now: int) -> None:
        """Find the transfers to a peer whose answers are overdue."""
        peer.watched = False
        for stored, (due, reaches) in peer.unanswered.items():
            if due <= now and reaches is not None:
                due = self._answer_due(peer.number, reaches, due)
                peer.unanswered[stored] = due, None
            if due > now:  # those that left later are not due earlier
                peer.watched = True
                self._deadlines.at(due, self._look, peer)
                return
            self._overdue.append(stored)

    def _answer_due(self, peer: int, reaches: int, due: int) -> int:
        """Return until when an answer is waited for; `due` where the plan has no way back."""
        back = self._router.index.link(peer, self._number)
        contact = None if back is None else back.following(reaches)
        if contact is None:
            return due
        leaves = max(contact.start, reaches)
        return leaves + contact.light_time(leaves) + self._margin
