"""The queues of a node towards its neighbours: one for each contact that something is booked on."""

from __future__ import annotations

from itertools import count

from starlight.contacts import Contact
from starlight.forwarding.contact_queue import ContactQueue
from starlight.forwarding.known_neighbours import KnownNeighbours
from starlight.node.stored import Stored


class ContactQueues:
    """The open queues, and which of them are to be looked at.

    Args:
        neighbours: of the node.

    Attributes:
        neighbours: whom the queues lead to.
    """

    def __init__(self, neighbours: KnownNeighbours) -> None:
        self.neighbours = neighbours
        self._open: dict[int, ContactQueue] = {}
        self._changed: dict[int, ContactQueue] = {}
        self._opened: list[ContactQueue] = []
        self._tickets = count(1)

    def of(self, contact: Contact) -> ContactQueue | None:
        """Return the queue of a contact, None where none is open."""
        return self._open.get(contact.id)

    def open(self, contact: Contact) -> ContactQueue:
        """Open a queue for a contact that has none."""
        peer = self.neighbours.of(contact.to_node)
        queue = self._open[contact.id] = ContactQueue(contact, peer)
        peer.queues.append(queue)
        self._opened.append(queue)
        return queue

    def free_at(self, contact: Contact) -> int:
        """Return when what is on the air over a contact, or was when its plan came, is through, in ns."""
        queue = self._open.get(contact.id)
        if queue is not None:
            return queue.free_at
        peer = self.neighbours.known(contact.to_node)
        return 0 if peer is None else peer.busy_until

    def take_opened(self) -> list[ContactQueue]:
        """Return the queues that were opened since the last call."""
        opened, self._opened = self._opened, []
        return opened

    def close(self, queue: ContactQueue) -> None:
        """Close the queue of a contact that is over, or that the plan has no more."""
        queue.end()
        queue.peer.queues.remove(queue)
        del self._open[queue.contact.id]
        self._changed.pop(queue.contact.id, None)

    def put(self, stored: Stored) -> None:
        """Let a bundle queue for the first contact of its route; the queue is open."""
        assert stored.route is not None
        hop = stored.route.hops[0]
        queue = self._open[hop.contact.id]
        queue.put(stored, hop.leaves, next(self._tickets))
        self.look_at(queue)

    def take_out(self, stored: Stored) -> None:
        """Take a bundle out of the queue for the first contact of its route."""
        assert stored.route is not None
        self._open[stored.route.hops[0].contact.id].drop(stored)

    def look_at(self, queue: ContactQueue) -> None:
        """Take note that a queue may have something to send now."""
        self._changed[queue.contact.id] = queue

    @property
    def has_changed(self) -> bool:
        """True when a queue was opened or is to be looked at."""
        return bool(self._changed or self._opened)

    def next_changed(self) -> ContactQueue | None:
        """Return a queue that is to be looked at, the one that changed last; None when none is."""
        return self._changed.popitem()[1] if self._changed else None

    def every(self) -> list[ContactQueue]:
        """Return the open queues, in the order of their opening."""
        return list(self._open.values())

    def bundles(self) -> list[Stored]:
        """Return all that queues."""
        return [stored for queue in self._open.values() for stored in queue.entries()]
