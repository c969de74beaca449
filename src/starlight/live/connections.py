"""The TCP connections of one node: accepted, limited, written to in batches, closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from starlight.errors import InputError
from starlight.links import Closing, LinkEvent, TcpclConfig
from starlight.live.clock import MissionClock
from starlight.live.connection import Connection, Tap

CONNECTIONS = 256
"""Connections at once; more are broken off. Each holds a socket, of which a process has some thousand."""
GOODBYE_S = 0.2
"""How long a peer may take to answer a SESS_TERM when this node stops; on a wire it is two light times
of the ground, and a peer that does not answer loses nothing."""


class Connections:
    """Makes connections and keeps them.

    Args:
        session: what we offer in a session, and its limits.
        clock: the wall, for the protocol's timers.
        heard: told the events of each session.
        tap: sees all bytes of all connections; for captures in tests.
    """

    def __init__(
        self,
        session: TcpclConfig,
        clock: MissionClock,
        heard: Callable[[Connection, list[LinkEvent]], None],
        tap: Tap | None,
    ) -> None:
        self._session = session
        self._clock = clock
        self._heard = heard
        self._tap = tap
        self._server: asyncio.Server | None = None
        self._closing = False
        # Dicts, because a set has no order, and the order in which peers are written to would show.
        self._alive: dict[Connection, None] = {}
        self._open: dict[Connection, None] = {}  # without those whose session has ended
        self._touched: dict[Connection, None] = {}

    async def listen(self, host: str, port: int) -> int:
        """Let peers connect; return the port, which the system chose when `port` is 0.

        Raises:
            InputError: the address can't be listened on.
        """
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: self.make(passive=True), host, port)
        except OSError as error:
            raise InputError(
                f"can't listen on {host} port {port}: {error.strerror}", where="listen"
            ) from None
        return int(self._server.sockets[0].getsockname()[1])

    def make(self, *, passive: bool, node_id: str | None = None) -> Connection:
        """Return a new connection, for asyncio to connect.

        Args:
            passive: the peer opened it.
            node_id: a session with any other node is ended.
        """
        config = self._session
        if node_id is not None:
            config = msgspec.structs.replace(config, require_peer_node_id=node_id)
        connection = Connection(
            config, passive=passive, wall_now=self._clock.wall_now, heard=self._heard, tap=self._tap
        )
        self._alive[connection] = None
        connection.ended.add_done_callback(lambda _: self._alive.pop(connection))
        self._open[connection] = None
        # Broken off without a word: who comes in such numbers is not worth a session's memory each.
        if self._closing or (passive and len(self._alive) > CONNECTIONS):
            connection.abort()
        return connection

    def forget(self, connection: Connection) -> None:
        """Write nothing more to a connection: its session has ended."""
        self._open.pop(connection, None)

    def touch(self, connection: Connection) -> None:
        """Write to a connection at the next `flush`."""
        self._touched[connection] = None

    def flush(self) -> None:
        """Write to each connection what has come up for it, in one go."""
        touched, self._touched = self._touched, {}
        for connection in touched:
            if connection in self._open:
                connection.transmit()

    def pause_reading(self) -> None:
        """Read from no peer."""
        for connection in self._open:
            connection.pause_reading()

    def resume_reading(self) -> None:
        """Read from all peers again."""
        for connection in self._open:
            connection.resume_reading()

    def stop(self) -> None:
        """Listen no more, and let no new connection live."""
        self._closing = True
        if self._server:
            self._server.close()

    def abort(self) -> None:
        """Break every connection off without a word, as a crash of the network would."""
        for connection in list(self._alive):
            connection.abort()

    async def close(self) -> None:
        """End every session in order, and break off what has not ended soon after."""
        self.stop()
        for connection in list(self._open):
            connection.close(Closing.DONE)
        await self._all_ended()
        self.abort()
        await self._all_ended()
        if self._server:
            # Last, because from Python 3.12 on it waits for every accepted connection as well.
            await self._server.wait_closed()

    async def _all_ended(self) -> None:
        await asyncio.sleep(0)  # what the system has accepted before becomes a connection in this turn
        if self._alive:
            await asyncio.wait([connection.ended for connection in self._alive], timeout=GOODBYE_S)
