"""Dialling with back-off: a connection to each peer that listens, and another whenever none is left."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from starlight.live.config import PeerConfig
from starlight.live.connections import Connections
from starlight.live.sessions import Sessions

REDIAL_FIRST_S = 0.1
REDIAL_LAST_S = 30.0
"""The pause before a connection is tried again doubles up to half a minute: a peer that comes
back is not kept waiting for long, one that never does costs nothing."""
STEADY_S = 5.0
"""How long a session must have lasted for the next pause to be short again: a peer that turns us
away each time, because it does not know us, is "not overwhelmed" either (RFC 9174, 4.1)."""


def redial_pauses() -> Iterator[float]:
    """Yield how many seconds to wait before each further try to connect (RFC 9174, 4.1)."""
    pause = REDIAL_FIRST_S
    while True:
        yield pause
        pause = min(2 * pause, REDIAL_LAST_S)


class Dialler:
    """Keeps one task for each peer that is dialled.

    Args:
        connections: makes them.
        sessions: knows who is connected: a peer that has called us is not called.
    """

    def __init__(self, connections: Connections, sessions: Sessions) -> None:
        self._connections = connections
        self._sessions = sessions
        self._tasks: list[asyncio.Task[None]] = []

    def dial(self, peer: PeerConfig, port: int) -> None:
        """Keep a peer connected from now on."""
        self._tasks.append(asyncio.get_running_loop().create_task(self._keep_connected(peer, port)))

    def stop(self) -> None:
        """Dial no more."""
        for task in self._tasks:
            task.cancel()

    async def wait_stopped(self) -> None:
        """Return once all tasks have ended."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep_connected(self, peer: PeerConfig, port: int) -> None:
        loop = asyncio.get_running_loop()
        pauses = redial_pauses()
        while True:
            await self._sessions.wait_down(peer.node)
            try:
                # Whoever answers at this port has to give the peer's
                # name, or its letters would go to a stranger.
                _, connection = await loop.create_connection(
                    lambda: self._connections.make(passive=False, node_id=peer.name), peer.host, port
                )
                began = loop.time()
                # Shielded: when dialling is called off, the connection has not ended by that.
                await asyncio.shield(connection.ended)
                if connection.peer is not None and loop.time() - began >= STEADY_S:
                    pauses = redial_pauses()
            except OSError:
                pass  # nobody listens there yet; asking again is all that can be done
            await asyncio.sleep(next(pauses))
