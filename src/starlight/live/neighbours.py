"""The links of one node to its peers: who is connected, what is under way, what is imposed on it.

A peer is up while a TCPCL session with it is, and no cut is set for what we send to it.
Either side may have opened the connection; both directions use it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

import msgspec

from starlight import links
from starlight.bundle import EndpointID
from starlight.dtntime import SECOND
from starlight.errors import InputError, LinkError
from starlight.links import RefuseReason, TermReason, departure, departure_of
from starlight.live.clock import MissionClock
from starlight.live.light import Light
from starlight.live.link import Connection, Tap
from starlight.live.trace_events import LinkEnded, LinkEstablished, LinkLost, LinkMessageRejected, LinkRefused
from starlight.node import events
from starlight.node.actions import Transmit
from starlight.trace import TraceEvent

REDIAL_FIRST_S = 0.1
REDIAL_LAST_S = 30.0
"""The pause before a connection is tried again doubles up to half a minute: a peer that comes
back is not kept waiting for long, one that never does costs nothing."""
STEADY_S = 5.0
"""How long a session must have lasted for the next pause to be short again: a peer that turns us
away each time, because it does not know us, is "not overwhelmed" either (RFC 9174, 4.1)."""
GOODBYE_S = 0.2
"""How long a peer may take to answer a SESS_TERM when this node stops; on a wire it is two light times
of the ground, and a peer that does not answer loses nothing."""
RETRY_S = 1.0
"""How long a refusal for want of room is kept from the engine, which would at once send again."""
CONNECTIONS = 256
"""Connections at once; more are broken off."""
SESSIONS_EACH = 8
"""Sessions at once with one peer: two when both ends call, the others dead and not yet found out. Each
may hold an unfinished transfer of the largest size in memory; strangers hold none."""
UNSAFE_BYTES = 32 << 20
"""No more is read from any peer while this much has come in that is not committed yet: what a slow
disk may pile up in memory. Reading goes on at half of it."""
UNSAFE_TRANSFERS = 2_048
"""Nor while this many have come in: half of what a session holds unanswered before it refuses."""

_REFUSALS = {
    "no resources": RefuseReason.NO_RESOURCES,
    "not acceptable": RefuseReason.NOT_ACCEPTABLE,
    "completed": RefuseReason.COMPLETED,
}
_TRY_AGAIN = {RefuseReason.NO_RESOURCES, RefuseReason.RETRANSMIT, RefuseReason.SESSION_TERMINATING}


def redial_pauses() -> Iterator[float]:
    """Yield how many seconds to wait before each further try to connect (RFC 9174, 4.1)."""
    pause = REDIAL_FIRST_S
    while True:
        yield pause
        pause = min(2 * pause, REDIAL_LAST_S)


class PeerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A node that we are connected to.

    Attributes:
        node: its number (allocator * 2**32 + node, RFC 9758).
        host, port: where it listens; without a port it calls us.
        node_id: what its SESS_INIT says; ``ipn:<node>.0`` when empty.
        foreign: it is not a Starlight node, so the light time to it is imposed here: what we send
            is held for the light time, and what it sends is taken to have left when it came.
        fixed_light_s: one-way light time both ways in s, in place of the plan's.
    """

    node: int
    host: str = "127.0.0.1"
    port: int | None = None
    node_id: str = ""
    foreign: bool = False
    fixed_light_s: float | None = None

    @property
    def name(self) -> str:
        """What its SESS_INIT says."""
        return self.node_id or str(EndpointID.ipn(self.node, 0))


class Neighbours:
    """All links of one node.

    Args:
        node: our number.
        session: what we offer in a session, and its limits.
        peers: whom we connect to, and whom we let connect.
        clock: mission time, and the wall for the protocol's timers.
        light: what is imposed.
        tell: takes the engine's events.
        say: takes what is to be traced.
        tap: sees all bytes of all connections; for captures in tests.
    """

    def __init__(
        self,
        node: int,
        session: links.TcpclConfig,
        peers: Sequence[PeerConfig],
        clock: MissionClock,
        light: Light,
        tell: Callable[[events.Event], None],
        say: Callable[[TraceEvent], None],
        tap: Tap | None = None,
    ) -> None:
        self.port: int | None = None
        self._node = node
        self._session = session
        self._peers = {peer.node: peer for peer in peers}
        self._by_name = {peer.name: peer.node for peer in peers}
        self._clock = clock
        self._light = light
        self._tell = tell
        self._say = say
        self._tap = tap
        self._server: asyncio.Server | None = None
        self._dialling: list[asyncio.Task[None]] = []
        self._closing = False
        self._alive: dict[Connection, None] = {}  # a dict, because a set has no order
        self._open: dict[Connection, None] = {}  # without those whose session has ended
        self._sessions: dict[int, list[Connection]] = {}
        self._down: dict[int, asyncio.Event] = {}
        self._cut: frozenset[tuple[int, int]] = frozenset()
        self._incoming: dict[int, tuple[Connection | None, int, int]] = {}
        self._incoming_bytes = 0
        self._reading = True
        self._handles = 0
        self._under_way: dict[Connection, dict[int, Transmit]] = {}
        self._waiting: dict[Connection, deque[tuple[Transmit, bytes]]] = {}
        self._timers: dict[asyncio.TimerHandle, None] = {}
        self._touched: dict[Connection, None] = {}

    @property
    def up(self) -> list[int]:
        """The peers that can be sent to now, ascending."""
        return sorted(peer for peer in self._sessions if (self._node, peer) not in self._cut)

    @property
    def connected(self) -> list[int]:
        """The peers with a session, cut or not, ascending."""
        return sorted(self._sessions)

    @property
    def unsafe_bytes(self) -> int:
        """How much has come in that is not committed yet."""
        return self._incoming_bytes

    async def listen(self, host: str, port: int) -> int:
        """Let peers connect; return the port, which the system chose when `port` is 0.

        Raises:
            InputError: the address can't be listened on.
        """
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: self._connection(passive=True), host, port)
        except OSError as error:
            raise InputError(
                f"can't listen on {host} port {port}: {error.strerror}", where="listen"
            ) from None
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self.port

    def dial(self, ports: Mapping[int, int] = MappingProxyType({})) -> None:
        """Connect to each peer whose port is known, and again whenever no session is left.

        Args:
            ports: by node number, where peers listen that were not known when this was made.
        """
        for peer in self._peers.values():
            port = ports.get(peer.node, peer.port)
            if port is not None:
                self._dialling.append(asyncio.get_running_loop().create_task(self._keep(peer, port)))

    def send(self, transmit: Transmit, data: bytes) -> None:
        """Send a bundle; `TransferAcknowledged`, `TransferSent` or `TransferFailed` follows.

        Nothing is written before `flush`. Over a cut link it is eaten: its failure follows when its
        acknowledgement would have come. To a foreign peer it is held for the light time first.
        """
        peer = self._peers.get(transmit.peer)
        if (self._node, transmit.peer) in self._cut:
            self._later(self._known(transmit), self._fail, transmit, "the link is cut")
        elif peer is not None and peer.foreign:
            self._later(self._reaches(transmit), self._put, transmit, data, True)
        else:
            self._put(transmit, data, False)

    def acknowledge(self, handle: int) -> None:
        """Tell the sender of a transfer that it is safe; nothing is written before `flush`."""
        connection, transfer = self._answered(handle)
        if connection:
            connection.session.acknowledge(transfer)

    def refuse(self, handle: int, reason: str) -> None:
        """Tell the sender of a transfer that it is not taken, in the words of `Refuse.reason`."""
        connection, transfer = self._answered(handle)
        if connection:
            connection.session.refuse(transfer, _REFUSALS[reason])

    def flush(self) -> None:
        """Write to each connection what has come up for it, in one go."""
        touched, self._touched = self._touched, {}
        for connection in touched:
            if connection in self._open:
                connection.transmit()

    def cut(self, silent: Collection[tuple[int, int]]) -> None:
        """Cut these directed links ``(from, to)`` and mend all others; what has left is in flight."""
        before = self.up
        self._cut = frozenset(silent)
        for peer in sorted(self._sessions):
            if (peer in before) != (peer in self.up):
                self._tell(events.LinkDown(peer) if peer in before else events.LinkUp(peer))

    def abort_sessions(self) -> None:
        """Break every connection off without a word, as a crash of the network would."""
        for connection in list(self._alive):
            connection.abort()

    def abort(self) -> None:
        """Break every connection off, and neither listen nor call again."""
        self._quiet()
        self.abort_sessions()

    async def close(self) -> None:
        """End every session in order, and forget what is held."""
        self._quiet()
        for connection in list(self._open):
            connection.close(TermReason.UNKNOWN)
        await self._all_ended(GOODBYE_S)
        self.abort_sessions()
        await asyncio.gather(*self._dialling, return_exceptions=True)
        await self._all_ended(GOODBYE_S)
        if self._server:
            await self._server.wait_closed()

    async def _all_ended(self, timeout_s: float) -> None:
        await asyncio.sleep(0)  # what the system has accepted before becomes a connection in this turn
        if self._alive:
            await asyncio.wait([connection.ended for connection in self._alive], timeout=timeout_s)

    def _quiet(self) -> None:
        self._closing = True
        for task in self._dialling:
            task.cancel()
        for timer in self._timers:
            timer.cancel()
        if self._server:
            self._server.close()

    async def _keep(self, peer: PeerConfig, port: int) -> None:
        pauses = redial_pauses()
        while True:
            if peer.node in self._sessions:  # the peer called us
                await self._down.setdefault(peer.node, asyncio.Event()).wait()
            try:
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: self._connection(passive=False, peer=peer), peer.host, port
                )
                began = asyncio.get_running_loop().time()
                await asyncio.shield(connection.ended)
                if connection.peer is not None and asyncio.get_running_loop().time() - began >= STEADY_S:
                    pauses = redial_pauses()
            except OSError:
                pass  # nobody listens there yet; asking again is all that can be done
            await asyncio.sleep(next(pauses))

    def _connection(self, *, passive: bool, peer: PeerConfig | None = None) -> Connection:
        config = self._session
        if peer:
            config = msgspec.structs.replace(config, require_peer_node_id=peer.name)
        connection = Connection(
            config, passive=passive, wall=self._clock.wall_now, heard=self._heard, tap=self._tap
        )
        self._alive[connection] = None
        connection.ended.add_done_callback(lambda _: self._alive.pop(connection))
        self._open[connection] = None
        if self._closing or (passive and len(self._alive) > CONNECTIONS):
            connection.abort()
        self._under_way[connection] = {}
        self._waiting[connection] = deque()
        return connection

    def _heard(self, connection: Connection, event: links.LinkEvent) -> None:
        match event:
            case links.TransferReceived():
                self._received(connection, event)
            case links.TransferAcknowledged(transfer):
                self._safe(self._under_way[connection].pop(transfer))
                self._refill(connection)
            case links.TransferRefused(transfer, reason):
                self._refused(self._under_way[connection].pop(transfer), reason)
                self._refill(connection)
            case links.SessionUp(name):
                self._rise(connection, name)
            case links.SessionEnded():
                self._fall(connection, event)
            case links.MessageRejected(message, reason):
                self._say(LinkMessageRejected(connection.peer, message, reason.name.lower()))

    def _rise(self, connection: Connection, name: str) -> None:
        peer = self._by_name.get(name)
        if peer is None:
            self._turn_away(connection, name, "not a peer of this node", TermReason.CONTACT_FAILURE)
            return
        if len(self._sessions.get(peer, ())) >= SESSIONS_EACH:
            self._turn_away(connection, name, "it has too many sessions already", TermReason.BUSY)
            return
        connection.peer = peer
        sessions = self._sessions.setdefault(peer, [])
        sessions.append(connection)
        if not self._reading:
            connection.pause_reading()
        if len(sessions) == 1:
            self._down.pop(peer, None)
            self._say(LinkEstablished(peer))
            if (self._node, peer) not in self._cut:
                self._tell(events.LinkUp(peer))

    def _turn_away(self, connection: Connection, name: str, why: str, reason: TermReason) -> None:
        self._say(LinkRefused(name[:100], why))
        asyncio.get_running_loop().call_soon(connection.turn_away, reason)

    def _fall(self, connection: Connection, event: links.SessionEnded) -> None:
        self._open.pop(connection, None)
        peer = connection.peer
        if peer is None:
            self._say(LinkEnded(None, event.reason))
        else:
            sessions = self._sessions[peer]
            sessions.remove(connection)
            if not sessions:
                del self._sessions[peer]
                self._down.pop(peer, asyncio.Event()).set()
                self._say(LinkLost(peer, event.reason))
                if (self._node, peer) not in self._cut:
                    self._tell(events.LinkDown(peer))
        for transmit in self._under_way.pop(connection).values():
            self._fail(transmit, event.reason)
        for transmit, _ in self._waiting.pop(connection):
            self._fail(transmit, event.reason)
        for handle, (origin, transfer, size) in self._incoming.items():
            if origin is connection:  # it still takes memory until it is committed
                self._incoming[handle] = (None, transfer, size)

    def _received(self, connection: Connection, event: links.TransferReceived) -> None:
        peer = connection.peer
        if peer is None:
            return  # a stranger's; its session is being ended
        self._handles += 1
        handle = self._handles
        self._incoming[handle] = (connection, event.transfer_id, len(event.data))
        self._incoming_bytes += len(event.data)
        if self._reading and (self._incoming_bytes > UNSAFE_BYTES or len(self._incoming) > UNSAFE_TRANSFERS):
            self._reading = False
            for each in self._open:
                each.pause_reading()
        try:
            left = None if self._peers[peer].foreign else departure_of(event.extensions)
        except LinkError:
            left = None  # an item of another shape is not ours
        arrives = self._light.arrival(peer, self._node, left, self._clock.now())
        self._tell(events.BundleReceived(peer, event.data, handle, arrives))

    def _answered(self, handle: int) -> tuple[Connection | None, int]:
        """Let go of a received transfer; return where to answer it, unless its session has ended."""
        connection, transfer, size = self._incoming.pop(handle, (None, 0, 0))
        self._incoming_bytes -= size
        half = self._incoming_bytes < UNSAFE_BYTES // 2 and len(self._incoming) < UNSAFE_TRANSFERS // 2
        if not self._reading and half:
            self._reading = True
            for each in self._open:
                each.resume_reading()
        if connection:
            self._touched[connection] = None
        return connection, transfer

    def _put(self, transmit: Transmit, data: bytes, held: bool) -> None:
        sessions = self._sessions.get(transmit.peer)
        if not sessions:
            self._fail(transmit, "no session")
            return
        connection = sessions[0]
        if connection.session.free_transfers > 0 and not self._waiting[connection]:
            self._start(connection, transmit, data)
        else:
            self._waiting[connection].append((transmit, data))
        if held:
            connection.transmit()
        else:
            self._touched[connection] = None

    def _start(self, connection: Connection, transmit: Transmit, data: bytes) -> None:
        extensions = () if self._peers[transmit.peer].foreign else (departure(transmit.last_byte),)
        session = connection.session
        if len(data) > session.transfer_mtu:
            self._fail(transmit, f"the peer takes {session.transfer_mtu} bytes at most", refused=True)
            return
        transfer = session.send_transfer(data, self._clock.wall_now(), extensions=extensions)
        self._under_way[connection][transfer] = transmit

    def _refill(self, connection: Connection) -> None:
        waiting = self._waiting[connection]
        while waiting and connection.session.free_transfers > 0:
            self._start(connection, *waiting.popleft())

    def _safe(self, transmit: Transmit) -> None:
        if transmit.one_way:
            self._tell(events.TransferSent(transmit.key, transmit.peer))
            return
        self._tell(events.TransferAcknowledged(transmit.key, transmit.peer, self._known(transmit)))

    def _reaches(self, transmit: Transmit) -> int:
        return self._light.reaches(self._node, transmit.peer, transmit.last_byte, transmit.reaches)

    def _known(self, transmit: Transmit) -> int:
        return self._light.acknowledged(self._node, transmit.peer, self._reaches(transmit))

    def _refused(self, transmit: Transmit, reason: RefuseReason) -> None:
        if reason is RefuseReason.COMPLETED:  # "the receiver already has the complete bundle"
            self._safe(transmit)
        elif reason in _TRY_AGAIN:
            known = self._clock.now() + round(RETRY_S * SECOND * self._clock.rate)
            self._later(known, self._fail, transmit, reason.name.lower())
        else:
            self._fail(transmit, reason.name.lower(), refused=True)

    def _fail(self, transmit: Transmit, reason: str, *, refused: bool = False) -> None:
        self._tell(events.TransferFailed(transmit.key, transmit.peer, reason, refused))

    def _later(self, mission: int, what: Callable[..., None], *arguments: object) -> None:
        """Call at a mission time, unless the links are closed before."""

        def call() -> None:
            del self._timers[timer]
            what(*arguments)

        delay = self._clock.wall_delay_s(mission)
        timer = asyncio.get_running_loop().call_later(delay, call)
        self._timers[timer] = None
