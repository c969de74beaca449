"""Letters, receipts and telemetry between the worlds right now, for the drawing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from starlight.app.address_book import AddressBook
from starlight.bundle import EndpointID
from starlight.live.daemon import Daemon
from starlight.messages.delivery import DeliveryState, flight_of
from starlight.node.stored import identity_of_key
from starlight.services.announcements import SERVICE
from starlight.views.sky import Crossing
from starlight.words import crossings

Kind = Literal["receipt", "telemetry", "report", "amendment"]


class InTransit:
    """Letters by what their mailboxes know, everything else by what the nodes have sent.

    Args:
        daemons: by node number.
        book: what people are called.
        worlds: the name of the world of each node, by its number; a node that is not there is on none.
        titles: what nodes are called, by number.
    """

    def __init__(
        self,
        daemons: Mapping[int, Daemon],
        book: AddressBook,
        worlds: Mapping[int, str],
        titles: Mapping[int, str],
    ) -> None:
        self._daemons = daemons
        self._book = book
        self._worlds = worlds
        self._titles = titles

    def now(self, now: int) -> tuple[Crossing, ...]:
        """Return what has left one world and not yet reached the other at a time in ns, by departure."""
        found = [*self._letters(now), *self._others(now)]
        return tuple(sorted(found, key=lambda crossing: (crossing.departed, crossing.id)))

    def _letters(self, now: int) -> list[Crossing]:
        # Of a letter its author's mailbox knows most: it foresees the hop between the worlds also where that
        # begins at a relay that is not in this process.
        found = []
        for daemon in self._daemons.values():
            for box in daemon.office.mailboxes.values():
                for letter_id, to, sent in box.outgoing.open():
                    departed = sent.dispatch.state is DeliveryState.DEPARTED
                    leg = flight_of(sent.dispatch.expected.legs) if departed else None
                    # From then on it is on the other world, though relays may still carry it on there.
                    if leg is None or now >= leg.arrives:
                        continue  # One that has yet to depart is drawn by the page when it does.
                    sides = self._worlds.get(leg.from_node, ""), self._worlds.get(leg.to_node, "")
                    if sides[0] == sides[1]:
                        continue
                    label = crossings.letter(self._name(box.address), self._name(sent.to or to))
                    found.append(Crossing(letter_id, "letter", *sides, leg.last_byte, leg.arrives, label))
        return found

    def _others(self, now: int) -> list[Crossing]:
        # Nobody keeps a record of a receipt on its way, so what is drawn is what nodes of this process sent;
        # by key, so that a bundle that was sent twice is drawn once.
        found: dict[str, Crossing] = {}
        for number, daemon in self._daemons.items():
            for sent in reversed(daemon.departures):
                key, leaves, reaches = sent.key, sent.leaves, sent.reaches
                sides = self._worlds.get(number, ""), self._worlds.get(sent.peer, "")
                if sides[0] == sides[1] or not leaves <= now < reaches or self._carries(key):
                    continue
                # A bundle's key begins with the endpoint that it comes from.
                source = key.split("/", 1)[0]
                kind = self._kind(source)
                label = crossings.other(kind, self._name(source))
                found[key] = Crossing(key, kind, *sides, leaves, reaches, label)
        return list(found.values())

    def _carries(self, key: str) -> bool:
        """Return whether a bundle carries a letter, which is drawn as such."""
        whole = identity_of_key(key)
        return any(daemon.office.dispatches.carries_letter(whole) for daemon in self._daemons.values())

    def _kind(self, source: str) -> Kind:
        """Return what a bundle that is no letter is, by who sent it."""
        # Service number 0 is the node itself (RFC 9758), and what a node sends of its own are reports.
        if source.endswith(".0"):
            return "report"
        if source.endswith(f".{SERVICE}"):
            return "amendment"
        return "receipt" if self._book.lists(source) else "telemetry"

    def _name(self, address: str) -> str:
        node = EndpointID.parse(address).node_number
        # What a node itself sends is known by the node's title; people and vehicles by their own names.
        if node is not None and address.endswith((".0", f".{SERVICE}")):
            return self._titles.get(node, address)
        return self._book.entry(address).name
