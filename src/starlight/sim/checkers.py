"""Check what must hold in every world: safety while everything fails, liveness once it has healed.

The checkers look at nothing but what survives: the stores. A `Witness` is the application on
each node; what it posts and what comes to it is in its saves, committed with the engine's writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from starlight.engine.node import Node
from starlight.node.application import Claim, DataUnit, Request, Save, Submit
from starlight.sim.holdings import held
from starlight.sim.world import VirtualWorld


class Posted(msgspec.Struct, frozen=True):
    """The posting of a witness; times in ns.

    Attributes:
        words: unique in the world.
        to: the endpoint that they are for.
        key: the bundle that carries them.
        expires: when it ends.
        arrives: when it was foreseen to arrive; None when no route was known.
        ended: how it ended, if its node said so.
    """

    words: str
    to: str
    key: str
    expires: int
    arrives: int | None
    ended: str = ""


class Came(msgspec.Struct, frozen=True):
    """An arrival at a witness: the words, from whom, and when in ns."""

    words: str
    source: str
    at: int


class Witness:
    """An application that keeps a record of all that it posts and of all that comes.

    Args:
        node: what it lives on.
        services: the service numbers that it claims.
    """

    def __init__(self, node: Node, services: Sequence[int] = (1,)) -> None:
        self._node = node.number
        self._endpoints = [f"ipn:{node.number}.{service}" for service in services]
        self._posting: dict[str, tuple[str, int]] = {}  # until the node has taken it: where to, and its end
        self._posted: dict[str, Posted] = {}
        self._came = 0

    def post(
        self, words: str, to: str, now: int, *, lifetime_ms: int, size: int = 0, critical: bool = False
    ) -> list[Request]:
        """Return the request to post some words, which are to be unique, padded to a size in bytes."""
        self._posting[words] = (to, now + lifetime_ms * 1_000_000)
        payload = words.encode().ljust(size, b" ")
        return [Submit(words, f"ipn:{self._node}.1", to, payload, lifetime_ms, critical=critical)]

    def claim(self, service: int) -> list[Request]:
        """Return the request to claim one more service of the node, for as long as it lives."""
        return [Claim(f"ipn:{self._node}.{service}")]

    # As a node's application: what it keeps is committed with the engine's writes, so that a crash
    # can't make its records say more, or less, than the node has done.

    def resume(self, now: int) -> list[Request]:
        """Claim the endpoints."""
        return [Claim(endpoint) for endpoint in self._endpoints]

    def restore(self, mailbox: str, key: str, data: bytes) -> None:
        """Take back a record."""
        if mailbox == "posted":
            self._posted[key] = msgspec.json.decode(data, type=Posted)
        else:
            self._came += 1

    def accepted(
        self, token: str, key: str, leaves: int | None, arrives: int | None, now: int
    ) -> list[Request]:
        """Keep what was posted, as the node has taken it."""
        to, expires = self._posting.pop(token)
        return [self._keep(Posted(token, to, key, expires, arrives))]

    def delivered(self, unit: DataUnit, now: int) -> list[Request]:
        """Keep what came; a second arrival of the same words gets a record of its own, and is found."""
        self._came += 1
        came = Came(unit.payload.decode().rstrip(), unit.source, now)
        return [Save(unit.endpoint, f"came/{self._came}", msgspec.json.encode(came))]

    def expired(self, key: str, reason: str, now: int) -> list[Request]:
        """Keep that it has ended."""
        return self._end(key, "expired")

    def taken(self, key: str, now: int) -> list[Request]:
        """Ask for nothing."""
        return []

    def returned(self, key: str, now: int) -> list[Request]:
        """Ask for nothing."""
        return []

    def withdrawn(self, key: str, now: int) -> list[Request]:
        """Keep that it has ended."""
        return self._end(key, "withdrawn")

    def next_wakeup(self) -> int | None:
        """Return None: a witness does nothing by itself."""
        return None

    def rejected(self, token: str, reason: str, now: int) -> list[Request]:
        """Forget what the node did not take: nobody promised anything."""
        del self._posting[token]
        return []

    def _nothing(self, *facts: object) -> list[Request]:
        return []

    departed = not_withdrawn = reported = plan_changed = handle_timer = _nothing

    def _end(self, key: str, how: str) -> list[Request]:
        posted = self._posted.get(key)
        return [] if posted is None else [self._keep(msgspec.structs.replace(posted, ended=how))]

    def _keep(self, posted: Posted) -> Save:
        self._posted[posted.key] = posted
        return Save("posted", posted.key, msgspec.json.encode(posted))


class Findings(NamedTuple):
    """The records of all witnesses of a world.

    Attributes:
        posted: by words.
        came: by words, each arrival with its endpoint.
    """

    posted: dict[str, Posted]
    came: dict[str, list[tuple[str, Came]]]


def read(world: VirtualWorld) -> Findings:
    """Read what the witnesses of a world have kept."""
    posted: dict[str, Posted] = {}
    came: dict[str, list[tuple[str, Came]]] = {}
    for node in world.nodes():
        for mailbox, _, data in world.store(node).saves():
            if mailbox == "posted":
                entry = msgspec.json.decode(data, type=Posted)
                posted[entry.words] = entry
            else:
                arrival = msgspec.json.decode(data, type=Came)
                came.setdefault(arrival.words, []).append((mailbox, arrival))
    return Findings(posted, came)


def unsafe(world: VirtualWorld) -> list[str]:
    """Return what must never be, not even while everything fails: twice delivered, astray, lost."""
    posted, came = read(world)
    wrong = [f"{words!r} came, but nobody posted it" for words in came if words not in posted]
    for words, arrivals in came.items():
        if len(arrivals) > 1:
            wrong.append(f"{words!r} came {len(arrivals)} times")
        wrong += [
            f"{words!r} came to {endpoint} instead of {posted[words].to}"
            for endpoint, _ in arrivals
            if words in posted and endpoint != posted[words].to
        ]
    # Alive is what somebody still holds whole: a bundle in no store and not in transit can never arrive.
    kept = held(world)
    for words, entry in posted.items():
        if words in came or entry.ended or world.now >= entry.expires:
            continue
        if entry.key not in kept:
            wrong.append(f"{words!r} ({entry.key}) is lost: it has not come, and no stores hold all of it")
    return wrong


def unfinished(world: VirtualWorld) -> list[str]:
    """Return what has neither come nor ended nor expired, once all has healed and had time."""
    posted, came = read(world)
    return [
        f"{words!r} ({entry.key}) has not come to {entry.to}"
        for words, entry in posted.items()
        if words not in came and not entry.ended and world.now < entry.expires
    ]
