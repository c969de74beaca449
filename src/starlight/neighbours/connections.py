"""The TCP connections of one node: accepted, limited, made."""

from __future__ import annotations

import asyncio

from starlight.errors import InputError
from starlight.live.clock import MissionClock
from starlight.neighbours.address import LinkAddress
from starlight.neighbours.connection import Connection
from starlight.neighbours.kinds import StreamKind, ThisNode
from starlight.neighbours.link_driver import Heard, Tap
from starlight.neighbours.link_drivers import LinkDrivers
from starlight.neighbours.peer import PeerConfig

CONNECTIONS = 256
"""Connections at once; more are broken off. Each holds a socket, of which a process has some thousand."""


class TcpConnections:
    """Makes connections.

    Args:
        me: this node.
        clock: the wall, for the protocols' timers.
        drivers: told of each connection.
        heard: told the events of each link.
        tap: sees all bytes of all connections; for captures in tests.
    """

    def __init__(
        self, me: ThisNode, clock: MissionClock, drivers: LinkDrivers, heard: Heard, tap: Tap | None
    ) -> None:
        self._me = me
        self._clock = clock
        self._drivers = drivers
        self._heard = heard
        self._tap = tap
        self._servers: list[asyncio.Server] = []
        self._alive = 0
        self._closing = False

    async def listen(self, address: LinkAddress, kind: StreamKind) -> LinkAddress:
        """Let peers connect; return the address, with the port that the system chose where it was 0.

        Raises:
            InputError: the address can't be listened on.
        """
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                lambda: self.make(address.scheme, kind), address.host, address.port
            )
        except OSError as error:
            raise InputError(
                f"can't listen on {address}: {error.strerror or error}", where="listen"
            ) from None
        self._servers.append(server)
        return address._replace(port=int(server.sockets[0].getsockname()[1]))

    def make(self, scheme: str, kind: StreamKind, called: PeerConfig | None = None) -> Connection:
        """Return a new connection, for asyncio to connect.

        Args:
            scheme, kind: its protocol.
            called: whom we call; None where somebody calls us.
        """
        wall_now = self._clock.wall_now
        link = kind.make(self._me, called, passive=called is None, now=wall_now())
        connection = Connection(scheme, link, called, wall_now, self._heard, self._tap)
        self._drivers.add(connection)
        self._alive += 1
        connection.ended.add_done_callback(lambda _: self._gone())
        # Broken off without a word: who comes in such numbers is not worth a session's memory each.
        if self._closing or (called is None and self._alive > CONNECTIONS):
            connection.abort()
        return connection

    def stop(self) -> None:
        """Listen no more, and let no new connection live."""
        self._closing = True
        for server in self._servers:
            server.close()

    async def wait_closed(self) -> None:
        """Return once nothing is listened on; from Python 3.12 on, once every accepted connection is gone."""
        for server in self._servers:
            await server.wait_closed()

    def _gone(self) -> None:
        self._alive -= 1
