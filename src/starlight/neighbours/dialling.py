"""Dialling: a connection to each peer that listens, and another whenever none is left.

Where the plan says that a contact with the peer is open, light passes while nobody listens, so a lost peer is
dialled at once, and then every few seconds. Where none is, or the plan does not know the peer, the pauses
grow to half a minute, and end when a contact opens.
"""

from __future__ import annotations

import asyncio

from starlight.contacts import ContactPlan
from starlight.live.clock import MissionClock
from starlight.neighbours.address import LinkAddress
from starlight.neighbours.connections import TcpConnections
from starlight.neighbours.contact_windows import ContactWindows
from starlight.neighbours.kinds import StreamKind
from starlight.neighbours.peer import PeerConfig
from starlight.neighbours.peer_links import PeerLinks

REDIAL_FIRST_S = 0.1
REDIAL_OPEN_S = 3.0
"""In an open contact the pause before a connection is tried again doubles up to this: a peer that restarts is
back within seconds, and one attempt in three seconds is "not overwhelmed" (RFC 9174, 4.1)."""
REDIAL_LAST_S = 30.0
"""Elsewhere it doubles up to half a minute: one that never comes back costs nothing."""
STEADY_S = 5.0
"""How long a session must have lasted for the next pause to be short again: a peer that turns us
away each time, because it does not know us, is "not overwhelmed" either (RFC 9174, 4.1)."""
CONNECT_S = 10.0
"""How long one attempt may take: a machine that is switched off refuses nothing, and the system would wait
for two minutes for it to answer."""


class DialPauses:
    """The pauses before further attempts to reach one peer, in seconds of the wall."""

    def __init__(self) -> None:
        self._doublings = 0
        self._was_steady = False

    def steady(self) -> None:
        """Begin anew: there was a session that lasted."""
        self._doublings = 0
        self._was_steady = True

    def next(self, is_open: bool, opens_in_s: float | None) -> float:
        """Return how long to wait before the next attempt.

        Args:
            is_open: a contact with the peer is open now.
            opens_in_s: when the next one opens; None for never.
        """
        at_once, self._was_steady = self._was_steady and is_open, False
        if at_once:
            return 0.0
        pause = min(REDIAL_FIRST_S * (1 << self._doublings), REDIAL_OPEN_S if is_open else REDIAL_LAST_S)
        if opens_in_s is not None and opens_in_s <= pause:
            self._doublings = 0
            return opens_in_s
        # No further than the longest pause, as an integer without end would become slow in a year.
        self._doublings = min(self._doublings + 1, 10)
        return pause


class Dialler:
    """Keeps one task for each peer that is dialled.

    Args:
        connections: makes them.
        links: knows who is connected: a peer that has called us is not called.
        windows: when contacts are open.
        clock: mission time.
    """

    def __init__(
        self, connections: TcpConnections, links: PeerLinks, windows: ContactWindows, clock: MissionClock
    ) -> None:
        self._connections = connections
        self._links = links
        self._windows = windows
        self._clock = clock
        self._opens_changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        # How long it is until a contact opens depends on the rate of mission time as well.
        self._unsubscribe = clock.subscribe(self._look_again)

    def dial(self, peer: PeerConfig, address: LinkAddress, kind: StreamKind) -> None:
        """Keep a peer connected from now on.

        Args:
            peer, address, kind: who it is, where, and its protocol.
        """
        task = self._keep_connected(peer, address, kind)
        self._tasks.append(asyncio.get_running_loop().create_task(task))

    def set_plan(self, plan: ContactPlan) -> None:
        """Dial by the contacts of another plan."""
        self._windows.set_plan(plan)
        self._look_again()

    def stop(self) -> None:
        """Dial no more."""
        self._unsubscribe()
        for task in self._tasks:
            task.cancel()

    async def wait_stopped(self) -> None:
        """Return once all tasks have ended."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _look_again(self) -> None:
        self._opens_changed.set()
        self._opens_changed.clear()

    async def _keep_connected(self, peer: PeerConfig, address: LinkAddress, kind: StreamKind) -> None:
        loop = asyncio.get_running_loop()
        pauses = DialPauses()
        while True:
            await self._links.wait_down(peer.node)  # also while it has called us: one connection is enough
            try:
                async with asyncio.timeout(CONNECT_S):
                    _, connection = await loop.create_connection(
                        lambda: self._connections.make(address.scheme, kind, peer), address.host, address.port
                    )
                began = loop.time()
                # Shielded: when dialling is called off, the connection has not ended by that.
                await asyncio.shield(connection.ended)
                if connection.peer is not None and loop.time() - began >= STEADY_S:
                    pauses.steady()
            except TimeoutError:
                self._links.unreached(peer.node, f"{address} does not answer")
            except OSError as error:
                reason = f"{address} can't be connected: {error.strerror or error}"
                self._links.unreached(peer.node, reason)
            await self._rest(peer.node, pauses)

    async def _rest(self, peer: int, pauses: DialPauses) -> None:
        """Wait until a peer is to be tried again; a contact that now opens sooner ends that."""
        loop = asyncio.get_running_loop()
        was_open = self._windows.is_open(peer, self._clock.now())
        until = loop.time() + pauses.next(was_open, self._opens_in_s(peer))
        while loop.time() < until:
            try:
                async with asyncio.timeout_at(until):
                    await self._opens_changed.wait()
            except TimeoutError:
                return
            opens_in_s = self._opens_in_s(peer)
            # Not where it was open before: a plan that changes often must not mean a call each time.
            if self._windows.is_open(peer, self._clock.now()) and not was_open:
                return
            if opens_in_s is not None:
                until = min(until, loop.time() + opens_in_s)

    def _opens_in_s(self, peer: int) -> float | None:
        opens = self._windows.opens(peer, self._clock.now())
        return None if opens is None else self._clock.wall_delay_s(opens)
