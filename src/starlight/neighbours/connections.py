"""The TCP connections of one node: accepted, limited, made."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from starlight.errors import InputError
from starlight.live.clock import MissionClock
from starlight.neighbours.address import LinkAddress
from starlight.neighbours.connection import Connection
from starlight.neighbours.kinds import StreamKind, ThisNode
from starlight.neighbours.link_driver import Heard, Tap
from starlight.neighbours.link_drivers import LinkDrivers
from starlight.neighbours.peer import PeerConfig
from starlight.neighbours.strangers import Strangers
from starlight.neighbours.trace_events import LinkRefused
from starlight.trace import TraceEvent

NAMELESS = 256
"""Connections at once of callers that have given no peer's name. Each holds a socket, of which a process has
some thousand; those of peers are bounded by `peer_links.LINKS_EACH`, and no stranger takes their place."""


class TcpConnections:
    """Makes connections.

    Args:
        me: this node.
        clock: the wall, for the protocols' timers.
        drivers: told of each connection.
        heard: told the events of each link.
        say: takes what is to be traced.
        tap: sees all bytes of all connections; for captures in tests.
    """

    def __init__(
        self,
        me: ThisNode,
        clock: MissionClock,
        drivers: LinkDrivers,
        heard: Heard,
        say: Callable[[TraceEvent], None],
        tap: Tap | None,
    ) -> None:
        self._me = me
        self._clock = clock
        self._drivers = drivers
        self._heard = heard
        self._tap = tap
        self._servers: list[asyncio.Server] = []
        self._callers: dict[Connection, None] = {}  # who called us, the oldest first
        self._crowded_out = Strangers(say)
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
        if self._closing:
            connection.abort()
        elif called is None:
            self._callers[connection] = None
            connection.ended.add_done_callback(lambda _: self._callers.pop(connection))
            self._make_room()
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

    def _make_room(self) -> None:
        """Break off a caller without a name where there are too many, of the host that has the most of them.

        Its oldest: whoever means it gives a name within a round trip. So silent connections, however many,
        keep no peer out, and those of one host none of another.
        """
        nameless = [each for each in self._callers if each.peer is None]
        if len(nameless) <= NAMELESS:
            return
        crowd = Counter(each.host for each in nameless if each.host)
        host = max(crowd, key=crowd.__getitem__, default="")
        oldest = next(each for each in nameless if each.host == host)
        # Without a word: who comes in such numbers is not worth a session's memory each.
        oldest.abort()
        reason = f"more than {NAMELESS} callers have given no name"
        self._crowded_out.add(lambda nth: LinkRefused("", f"{reason}, the {nth}. broken off", oldest.where))
