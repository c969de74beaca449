"""Two ends of a wire."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from tests.live.helpers import PATIENCE_S, START

from starlight.contacts.plan import ContactPlan
from starlight.live.clock import MissionClock
from starlight.neighbours.address import LinkAddress
from starlight.neighbours.kinds import ThisNode
from starlight.neighbours.light import Light
from starlight.neighbours.link_driver import Tap
from starlight.neighbours.neighbours import Neighbours
from starlight.neighbours.peer import PeerConfig
from starlight.node.actions import Transmit
from starlight.node.events import BundleReceived, Event, LinkUp
from starlight.trace import TraceEvent

TRANSFER_MAX = 64 << 20
"""What each end takes, in bytes, as a node does that is not told otherwise."""


def risen(peer: int) -> LinkUp:
    """Return the event that a link to a peer like these has risen."""
    return LinkUp(peer, TRANSFER_MAX)


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
        transfer_max: int = TRANSFER_MAX,
    ) -> None:
        self.node = node
        self.told: deque[Event] = deque()
        self.said: list[TraceEvent] = []
        self._more = asyncio.Event()
        light = Light(plan)
        self.neighbours = Neighbours(
            ThisNode(node, f"ipn:{node}.0", transfer_max),
            peers,
            clock,
            light,
            self._tell,
            self.said.append,
            tap,
        )

    async def listen(self, scheme: str = "tcpcl") -> LinkAddress:
        """Listen on a free port of this machine; return the address."""
        return await self.neighbours.listen(LinkAddress(scheme, "127.0.0.1", 0))

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
        self.neighbours.send(Transmit(key, peer, 1, leaves, leaves, reaches, None, one_way), data)
        self.neighbours.drivers.flush()

    def acknowledge(self, event: Event) -> None:
        """Acknowledge a bundle that came, and flush."""
        assert isinstance(event, BundleReceived)
        assert event.transfer is not None
        self.neighbours.acknowledge(event.transfer)
        self.neighbours.drivers.flush()

    async def bundle(self) -> BundleReceived:
        """Return the next event, which is that a bundle came."""
        event = await self.next()
        assert isinstance(event, BundleReceived)
        return event


async def pair(
    plan: ContactPlan, *, rate: int = 600, foreign: bool = False, tap: Tap | None = None
) -> tuple[MissionClock, End, End]:
    """Return two connected ends, nodes 1 and 2; node 1 has called node 2."""
    clock = MissionClock(START, rate)
    there = End(2, [PeerConfig(1)], plan, clock)
    here = End(1, [PeerConfig(2, await there.listen(), foreign=foreign)], plan, clock, tap=tap)
    here.neighbours.reach()
    return clock, here, there
