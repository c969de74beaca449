"""The bundles that a node has ordered to be sent over one link, and what it is told of their ends."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import NamedTuple

from starlight import links
from starlight.links import Flight, Link, Refusal
from starlight.node import events
from starlight.node.events import Event


class Order(NamedTuple):
    """A bundle that a node wants sent.

    Attributes:
        key: the bundle.
        data: its bytes.
        flight: when it is on the air, by the contacts that there truly are.
    """

    key: str
    data: bytes
    flight: Flight


Answer = links.TransferAcknowledged | links.TransferRefused | links.TransferFailed


class SentOrders:
    """The orders of one node to one peer, in one life of the node.

    Args:
        peer: whom they are for.
    """

    def __init__(self, peer: int) -> None:
        self._peer = peer
        self._under_way: dict[int, Order] = {}
        self._waiting: deque[Order] = deque()
        self._leaving: list[tuple[int, str]] = []

    def add(self, order: Order, link: Link, now: int) -> None:
        """Send a bundle, or let it wait behind those before it until the link takes more."""
        self._waiting.append(order)
        self.refill(link, now)

    def refill(self, link: Link, now: int) -> None:
        """Send those that wait, as many as the link takes."""
        while self._waiting and link.free_transfers > 0:
            order = self._waiting.popleft()
            self._under_way[link.send(order.data, now, order.flight)] = order

    def ended(self, transfer: int) -> Order:
        """Return the order whose transfer has ended."""
        return self._under_way.pop(transfer)

    def answered(self, event: Answer, now: int) -> list[Event]:
        """Return what the node is told of a transfer that the peer has answered, or never will."""
        key = self.ended(event.transfer).key
        match event:
            case links.TransferAcknowledged() | links.TransferRefused(_, Refusal.COMPLETED):
                return [events.TransmissionAcknowledged(key, self._peer, now)]
            case links.TransferRefused(_, reason):
                return [events.TransmissionFailed(key, self._peer, reason.value, refused=True)]
            case links.TransferFailed(_, reason):
                return [events.TransmissionFailed(key, self._peer, reason)]

    def sent(self, order: Order, now: int) -> list[Event]:
        """Return what the node is told of a transfer that its link is through with, once it has left."""
        if order.flight.last_byte > now:
            heappush(self._leaving, (order.flight.last_byte, order.key))
            return []
        return [events.TransmissionSent(order.key, self._peer)]

    def next_due(self) -> int | None:
        """Return when `left` has something to tell, in ns."""
        return self._leaving[0][0] if self._leaving else None

    def left(self, now: int) -> list[Event]:
        """Return what the node is told of bundles whose last byte has left by now."""
        told: list[Event] = []
        while self._leaving and self._leaving[0][0] <= now:
            told.append(events.TransmissionSent(heappop(self._leaving)[1], self._peer))
        return told

    def fail_waiting(self, reason: str) -> list[Event]:
        """Return what the node is told when the link has ended: those that wait fail; what leaves goes on."""
        told: list[Event] = [
            events.TransmissionFailed(order.key, self._peer, reason) for order in self._waiting
        ]
        # The link is through with these, and the medium carries them to their last byte.
        told += [events.TransmissionSent(key, self._peer) for _, key in sorted(self._leaving)]
        self._waiting.clear()
        self._leaving.clear()
        return told
