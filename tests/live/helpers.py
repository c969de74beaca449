"""Two ends of a cable, and a sky between them that only the plan knows."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from starlight.contacts.contact import UNLIMITED_BPS, Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import YEAR, from_text
from starlight.links import TcpclConfig
from starlight.live.clock import MissionClock
from starlight.live.config import PeerConfig
from starlight.live.connection import Tap
from starlight.live.daemon import Daemon
from starlight.live.light import Light
from starlight.live.neighbours import Neighbours
from starlight.node.actions import Transmit
from starlight.node.events import Event, LinkUp
from starlight.trace import TraceEvent

A = TypeVar("A")

START = from_text("2051-04-02T10:00:00Z")
PATIENCE_S = 20.0
"""Waits end by events; this only ends a test that would otherwise hang."""


def always(id: int, from_node: int, to_node: int, light_s: float = 0.0) -> Contact:
    """Return a contact that is open for a year."""
    begin = START - YEAR // 10
    return Contact(
        id,
        from_node,
        to_node,
        begin,
        START + YEAR,
        ((begin, UNLIMITED_BPS),),
        constant_light(begin, light_s),
    )


def both_ways(*links: tuple[int, int, float]) -> ContactPlan:
    """Return a plan of links (node, node, light time in s) that are always open both ways."""
    contacts: list[Contact] = []
    for a, b, light_s in links:
        contacts.append(always(len(contacts) + 1, a, b, light_s))
        contacts.append(always(len(contacts) + 1, b, a, light_s))
    return ContactPlan.of(contacts)


def risen(peer: int) -> LinkUp:
    """Return the event that a link to a peer like these has risen."""
    return LinkUp(peer, TcpclConfig("").transfer_mru)


class End:
    """One node's links, with what they tell the engine put in a queue."""

    def __init__(
        self,
        node: int,
        peers: Sequence[PeerConfig],
        plan: ContactPlan,
        clock: MissionClock,
        *,
        tap: Tap | None = None,
    ) -> None:
        self.node = node
        self.told: deque[Event] = deque()
        self.said: list[TraceEvent] = []
        self._more = asyncio.Event()
        light = Light(plan, rate=float(clock.rate))
        self.links = Neighbours(
            node,
            TcpclConfig(f"ipn:{node}.0"),
            peers,
            clock,
            light,
            self._tell,
            self.said.append,
            tap,
        )

    def _tell(self, event: Event) -> None:
        self.told.append(event)
        self._more.set()

    async def next(self) -> Event:
        """Return the next event that the engine is told."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.told:
                self._more.clear()
                await self._more.wait()
        return self.told.popleft()

    def send(
        self,
        peer: int,
        key: str,
        data: bytes,
        *,
        leaves: int,
        reaches: int | None = None,
        one_way: bool = False,
    ) -> None:
        """Send a bundle and flush."""
        reaches = leaves if reaches is None else reaches
        self.links.send(Transmit(key, peer, 1, leaves, leaves, reaches, None, one_way), data)
        self.links.flush()


async def pair(
    plan: ContactPlan, *, rate: int = 600, foreign: bool = False, tap: Tap | None = None
) -> tuple[MissionClock, End, End]:
    """Return two connected ends, nodes 1 and 2; node 1 has called node 2."""
    clock = MissionClock(START, rate)
    there = End(2, [PeerConfig(1)], plan, clock)
    port = await there.links.listen("127.0.0.1", 0)
    here = End(1, [PeerConfig(2, port=port, foreign=foreign)], plan, clock, tap=tap)
    here.links.dial()
    return clock, here, there


async def until(daemon: Daemon, holds: Callable[[], object]) -> None:
    """Wait for something to be so, asked again whenever the daemon says that something changed."""
    changed = asyncio.Event()
    end = daemon.subscribe(changed.set)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                await changed.wait()
                changed.clear()
    finally:
        end()


def run(test: Coroutine[Any, Any, A]) -> A:
    """Run a coroutine to its end."""
    return asyncio.run(test, debug=False)
