"""The bundles that queue for a neighbour: for each contact a queue, in it a line for each priority.

A contact's queue serves the most urgent bundle whose booked time has come, and of those that are as
urgent the one that was booked first. What is on the air is never broken off. A bundle that was overtaken
goes on when its turn comes, at the next instant at which the link is free; but it does not begin what
would run into the booked time of a more urgent one, so what that was promised holds.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from starlight.contacts import UNLIMITED_BPS, Contact
from starlight.node.links import KnownLink
from starlight.node.stored import Stored
from starlight.routing import URGENCIES

Entry = tuple[int, int, Stored]
"""When it is booked to leave, its ticket, the bundle."""

LEVELS = URGENCIES


class Neighbour:
    """A neighbour: its link, its queues, and what it has not answered.

    `resting` has the bundles that it did not take and that rest, up to `resting_most` before those that have
    gone are let go of, `again_at` when a new session is reason to try them before, and `vain` how many
    sessions that were brought nothing. `unanswered` has for each bundle
    when its answer is overdue, and when it reaches the peer until the way back has been looked at.
    """

    __slots__ = (
        "again_at", "busy_until", "link", "number", "queues", "resting", "resting_most", "stalled",
        "unanswered", "under_way", "vain", "watched",
    )  # fmt: skip

    def __init__(self, link: KnownLink) -> None:
        self.number = link.peer
        self.link = link
        self.under_way = 0
        self.resting: dict[Stored, None] = {}
        self.resting_most = 0
        self.again_at = 0
        self.vain = 0
        self.stalled = False
        self.unanswered: dict[Stored, tuple[int, int | None]] = {}
        self.watched = False
        self.busy_until = 0
        self.queues: list[ContactQueue] = []


class ContactQueue:
    """The queue of one contact.

    Attributes:
        contact, peer: what it is, and with whom.
        count, bytes: how many bundles queue here, and their size.
        free_at: when the last transmission that has begun is through, in ns.
        wake_at: when it wants to be looked at next.
        closed: its contact is over, or it belongs to a plan that is.
        overtaken: who came last goes before some that queued already.
        unlimited: its contact has no rate.
    """

    __slots__ = (
        "_lines", "_stale", "bytes", "closed", "contact", "count", "free_at", "overtaken", "peer",
        "unlimited", "wake_at",
    )  # fmt: skip

    def __init__(self, contact: Contact, peer: Neighbour) -> None:
        self.contact = contact
        self.peer = peer
        self.count = self.bytes = 0
        self.free_at = peer.busy_until
        self.wake_at: int | None = None
        self.closed = False
        self.overtaken = False
        self.unlimited = all(rate == UNLIMITED_BPS for _, rate in contact.rates)
        self._lines: list[list[Entry]] = [[] for _ in range(LEVELS)]  # the most urgent first
        self._stale: set[int] = set()  # priorities of which some were overtaken

    def put(self, stored: Stored, leaves: int, ticket: int) -> None:
        """Let a bundle queue, which is booked to leave at a time, in ns."""
        stored.ticket = ticket
        self.count += 1
        self.bytes += stored.meta.size
        urgency = stored.meta.priority
        heappush(self._lines[LEVELS - 1 - urgency], (leaves, ticket, stored))
        if any(self._lines[LEVELS - urgency :]):
            self.overtaken = True
            self._stale.update(range(urgency))

    def drop(self, stored: Stored) -> None:
        """Take a bundle out, wherever it stands; its entry goes when it comes to the head."""
        stored.ticket = 0
        self.count -= 1
        self.bytes -= stored.meta.size
        # What is withdrawn or booked anew would else stay in a line whose head is far in the future.
        if sum(map(len, self._lines)) > 2 * self.count + 256:
            for line in self._lines:
                line[:] = [entry for entry in line if entry[2].ticket == entry[1]]
                heapify(line)

    def end(self) -> None:
        """Hold nothing any more, not even what was taken out; the plan with its contact is over."""
        self.closed = True
        for line in self._lines:
            line.clear()

    def entries(self) -> list[Stored]:
        """Return the bundles that queue here, the most urgent first, else in the order of their booking."""
        return [stored for line in self._lines for stored in _in_order(line)]

    def take_overtaken(self, priority: int) -> list[Stored]:
        """Return those of a priority that queue here, if any was overtaken since they were last taken."""
        if priority not in self._stale:
            return []
        self._stale.discard(priority)
        line = self._lines[LEVELS - 1 - priority]
        return [stored for _, ticket, stored in line if stored.ticket == ticket]

    def least(self) -> list[Stored]:
        """Return those of the least urgent that queue here, in the order of their booking."""
        return next(filter(None, map(_in_order, reversed(self._lines))), [])

    def is_late(self, now: int) -> bool:
        """Tell whether a bundle should have begun to leave before now."""
        return any(head is not None and head[0] < now for head in map(_head, self._lines))

    def next(self) -> tuple[int, Stored] | None:
        """Return when the next transmission begins, in ns, and of which bundle; None when nothing queues."""
        heads: list[Entry] = []
        for line in self._lines:
            if line and (head := _head(line)) is not None:
                heads.append(head)
        if not heads:
            return None
        # Not before the link has come up: what should have left earlier leaves then, and says so.
        since = self.peer.link.since or 0
        turn = max(min(heads)[0], self.free_at, since)
        if len(heads) == 1:
            return turn, heads[0][2]
        while True:
            place = next(place for place, head in enumerate(heads) if head[0] <= turn)
            stored = heads[place][2]
            if place:
                # A less urgent one only goes into a gap that it fits: on the air nothing is broken off.
                through = self.contact.last_byte(turn, stored.meta.size)
                urgent = min(heads[:place])[0]
                if through is not None and urgent < through:
                    turn = urgent
                    continue
            return turn, stored


def _head(line: list[Entry]) -> Entry | None:
    """Return the first entry, after dropping those of bundles that have left the line."""
    while line and line[0][2].ticket != line[0][1]:
        heappop(line)
    return line[0] if line else None


def _in_order(line: list[Entry]) -> list[Stored]:
    return [stored for _, ticket, stored in sorted(line) if stored.ticket == ticket]
