"""What is between the worlds right now, for the drawing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from starlight.live.daemon import Daemon
from starlight.messages.delivery import DeliveryState, flight_of
from starlight.node.stored import told_of
from starlight.web import views

Kind = Literal["receipt", "telemetry", "report"]
WORDS: dict[Kind, str] = {"receipt": "Receipt", "telemetry": "Telemetry", "report": "Status report"}


class InTransit:
    """Letters by what their mailboxes know, everything else by what the nodes have sent.

    Args:
        daemons: by node number.
        names: by address: name, place and world.
        worlds: the name of the world of each node, by its number; a node that is not there is on none.
    """

    def __init__(
        self,
        daemons: Mapping[int, Daemon],
        names: Mapping[str, tuple[str, str, str]],
        worlds: Mapping[int, str],
    ) -> None:
        self._daemons = daemons
        self._names = names
        self._worlds = worlds

    def now(self, now: int) -> tuple[views.Crossing, ...]:
        """Return what has left one world and not yet reached the other at a time in ns, by departure."""
        found = [*self._letters(now), *self._others(now)]
        return tuple(sorted(found, key=lambda flight: (flight.departed, flight.id)))

    def _letters(self, now: int) -> list[views.Crossing]:
        found = []
        for daemon in self._daemons.values():
            for box in daemon.office.mailboxes():
                for letter_id, to, sent in box.open_letters():
                    leg = flight_of(sent.legs) if sent.state is DeliveryState.DEPARTED else None
                    if leg is None or now >= leg.arrives:
                        continue  # One that has yet to depart is drawn by the page when it does.
                    sides = self._worlds.get(leg.from_node, ""), self._worlds.get(leg.to_node, "")
                    if sides[0] == sides[1]:
                        continue
                    label = f"Letter from {self._name(box.address)} to {self._name(to)}"
                    found.append(
                        views.Crossing(letter_id, "letter", *sides, leg.last_byte, leg.arrives, label)
                    )
        return found

    def _others(self, now: int) -> list[views.Crossing]:
        found: dict[str, views.Crossing] = {}
        for number, daemon in self._daemons.items():
            for sent in reversed(daemon.departures):
                key, leaves, reaches = sent.key, sent.leaves, sent.reaches
                sides = self._worlds.get(number, ""), self._worlds.get(sent.peer, "")
                if sides[0] == sides[1] or not leaves <= now < reaches or self._carries(key):
                    continue
                source = key.split("/", 1)[0]
                kind = self._kind(source)
                label = f"{WORDS[kind]} from {self._name(source)}"
                found[key] = views.Crossing(key, kind, *sides, leaves, reaches, label)
        return list(found.values())

    def _carries(self, key: str) -> bool:
        """Return whether a bundle carries a letter, which is drawn as such."""
        whole = told_of(key)
        return any(daemon.office.carries_letter(whole) for daemon in self._daemons.values())

    def _kind(self, source: str) -> Kind:
        """Return what a bundle that is no letter is, by who sent it."""
        if source.endswith(".0"):
            return "report"
        return "receipt" if source in self._names else "telemetry"

    def _name(self, address: str) -> str:
        return self._names[address][0] if address in self._names else address
