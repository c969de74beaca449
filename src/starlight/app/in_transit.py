"""What is between the worlds right now, for the drawing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from starlight.live.daemon import Daemon
from starlight.messages.delivery import DeliveryState, flight_of
from starlight.node.stored import told_of
from starlight.node.trace_events import BundleSent
from starlight.web import views

Kind = Literal["receipt", "telemetry", "report"]
WORDS: dict[Kind, str] = {"receipt": "Receipt", "telemetry": "Telemetry", "report": "Status report"}


class InTransit:
    """Letters by what their mailboxes know, everything else by what the nodes' traces say.

    Args:
        daemons: by node number.
        names: by address: name, place and world.
        worlds: of each node number.
    """

    def __init__(
        self,
        daemons: Mapping[int, Daemon],
        names: Mapping[str, tuple[str, str, views.World]],
        worlds: Mapping[int, views.World],
    ) -> None:
        self._daemons = daemons
        self._names = names
        self._worlds = worlds

    def now(self, now: int) -> tuple[views.Crossing, ...]:
        """Return what has left one world and not yet reached the other at a time in ns, by departure."""
        keys, letters = self._letters(now)
        found = [*letters, *self._others(now, keys)]
        return tuple(sorted(found, key=lambda flight: (flight.departed, flight.id)))

    def _letters(self, now: int) -> tuple[set[str], list[views.Crossing]]:
        keys: set[str] = set()
        found = []
        for daemon in self._daemons.values():
            for box in daemon.office.mailboxes():
                for letter_id, sent in box.sent.items():
                    if sent.state not in (DeliveryState.DEPARTED, DeliveryState.ARRIVED, DeliveryState.READ):
                        continue
                    keys.update(copy.key for copy in sent.copies)
                    leg = flight_of(sent.legs)
                    if leg is None or now >= leg.arrives:
                        continue  # One that has yet to depart is drawn by the page when it does.
                    letter = box.letters[letter_id]
                    sides = self._worlds.get(leg.from_node, "earth"), self._worlds.get(leg.to_node, "mars")
                    if sides[0] == sides[1]:
                        continue
                    label = f"Letter from {self._name(letter.sender)} to {self._name(letter.to)}"
                    found.append(
                        views.Crossing(letter_id, "letter", *sides, leg.last_byte, leg.arrives, label)
                    )
        return keys, found

    def _others(self, now: int, letters: set[str]) -> list[views.Crossing]:
        found: dict[str, views.Crossing] = {}
        for number, daemon in self._daemons.items():
            for record in reversed(daemon.recent):
                sent = record.event
                if not isinstance(sent, BundleSent):
                    continue
                key, leaves, reaches = sent.bundle, sent.leaves, sent.reaches
                sides = self._worlds.get(number, "earth"), self._worlds.get(sent.peer, "earth")
                if sides[0] == sides[1] or told_of(key) in letters or not leaves <= now < reaches:
                    continue
                source = key.split("/", 1)[0]
                kind = self._kind(source)
                label = f"{WORDS[kind]} from {self._name(source)}"
                found[key] = views.Crossing(key, kind, *sides, leaves, reaches, label)
        return list(found.values())

    def _kind(self, source: str) -> Kind:
        """Return what a bundle that is no letter is, by who sent it."""
        if source.endswith(".0"):
            return "report"
        return "receipt" if source in self._names else "telemetry"

    def _name(self, address: str) -> str:
        return self._names[address][0] if address in self._names else address
