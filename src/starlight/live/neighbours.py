"""The links of one node to its neighbours: the engine's wishes go out over them, facts come back.

Here light is imposed on what is received: the bundle is handed to the engine at once, with the time at
which light brings it, and the engine hides it until then. So it is safe, and acknowledged, as soon as the
cable allows, and neither a later cut nor a crash of the sender can stop it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType

from starlight import links
from starlight.links import Refusal
from starlight.live.clock import MissionClock, MissionTimers
from starlight.live.config import PeerConfig
from starlight.live.connection import Connection, Tap
from starlight.live.connections import Connections
from starlight.live.dialling import Dialler
from starlight.live.light import Light
from starlight.live.outcomes import TransferOutcomes
from starlight.live.sessions import Sessions
from starlight.live.trace_events import LinkMessageRejected
from starlight.live.uncommitted import Uncommitted
from starlight.node import events
from starlight.node.actions import Transmit
from starlight.trace import TraceEvent

_REFUSALS = {
    "no resources": Refusal.NO_RESOURCES,
    "not acceptable": Refusal.NOT_ACCEPTABLE,
    "completed": Refusal.COMPLETED,
}


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

    Attributes:
        port: where it listens; None when it does not.
        connections: all of them, strangers' too.
        sessions: those with peers.
        uncommitted: what has come in and is not safe yet.
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
        self._peers = {peer.node: peer for peer in peers}
        self._clock = clock
        self._light = light
        self._tell = tell
        self._say = say
        self._timers = MissionTimers(clock)
        self._outcomes = TransferOutcomes(node, clock, light, self._timers, tell)
        self.connections = Connections(session, clock, self._heard, tap)
        self.sessions = Sessions(node, peers, self._outcomes, tell, say)
        self._dialler = Dialler(self.connections, self.sessions)
        self.uncommitted = Uncommitted(self.connections.pause_reading, self.connections.resume_reading)

    async def listen(self, host: str, port: int) -> int:
        """Let peers connect; return the port, which the system chose when `port` is 0.

        Raises:
            InputError: the address can't be listened on.
        """
        self.port = await self.connections.listen(host, port)
        return self.port

    def dial(self, ports: Mapping[int, int] = MappingProxyType({})) -> None:
        """Connect to each peer whose port is known, and again whenever no session is left.

        Args:
            ports: by node number, where peers listen that were not known when this was made.
        """
        for peer in self._peers.values():
            port = ports.get(peer.node, peer.port)
            if port is not None:
                self._dialler.dial(peer, port)

    def send(self, transmit: Transmit, data: bytes) -> None:
        """Send a bundle; `TransferAcknowledged`, `TransferSent` or `TransferFailed` follows.

        Nothing is written before `flush`. Over a cut link it is eaten: its failure follows when its
        acknowledgement would have come. To a foreign peer it is held for the light time first.
        """
        peer = self._peers.get(transmit.peer)
        if self.sessions.is_cut(transmit.peer):
            self._outcomes.eaten(transmit)
        elif peer is not None and peer.foreign:
            # It knows no light of ours and would have it at once, so what is in flight waits here.
            self._timers.at(self._outcomes.reaches(transmit), self._put, transmit, data, held=True)
        else:
            self._put(transmit, data, held=False)

    def acknowledge(self, handle: int) -> None:
        """Tell the sender of a transfer that it is safe; nothing is written before `flush`."""
        connection, transfer = self.uncommitted.take(handle)
        if connection:
            connection.session.acknowledge(transfer, self._clock.wall_now())
            self.connections.touch(connection)

    def refuse(self, handle: int, reason: str) -> None:
        """Tell the sender of a transfer that it is not taken, in the words of `Refuse.reason`."""
        connection, transfer = self.uncommitted.take(handle)
        if connection:
            connection.session.refuse(transfer, _REFUSALS[reason], self._clock.wall_now())
            self.connections.touch(connection)

    def flush(self) -> None:
        """Write to each connection what has come up for it, in one go."""
        self.connections.flush()

    def cut(self, silent: Collection[tuple[int, int]]) -> None:
        """Cut these directed links ``(from, to)`` and mend all others; what has left is in flight."""
        self.sessions.cut(silent)

    def abort(self) -> None:
        """Break every connection off, and neither listen nor call again."""
        self._stop()
        self.connections.abort()

    async def close(self) -> None:
        """End every session in order, and forget what is held."""
        self._stop()
        await self._dialler.wait_stopped()
        await self.connections.close()

    def _stop(self) -> None:
        self._dialler.stop()
        self._timers.cancel()
        self.connections.stop()

    def _heard(self, connection: Connection, happened: list[links.LinkEvent]) -> None:
        """Hand on what a session tells, what failed with it last.

        Else the engine, which does not know yet that the link is down, would send over it what waits behind.
        """
        failed: list[links.TransferFailed] = []
        session = self.sessions.of(connection)
        for event in happened:
            if isinstance(event, links.TransferFailed):
                failed.append(event)
            else:
                self._take(connection, event)
                session = session or self.sessions.of(connection)
        for event in failed:
            assert session is not None  # only to peers anything is sent
            session.failed(event.transfer, event.reason)

    def _take(self, connection: Connection, event: links.LinkEvent) -> None:
        session = self.sessions.of(connection)
        match event:
            case links.TransferReceived():
                if session is not None:  # a stranger's is not taken; its session is being ended
                    self._received(connection, event)
            case links.TransferAcknowledged(transfer):
                assert session is not None  # only to peers anything is sent
                session.acknowledged(transfer)
            case links.TransferRefused(transfer, reason):
                assert session is not None
                session.refused(transfer, reason)
            case links.LinkEstablished(node_id):
                # A session that begins under back-pressure is held
                # back as well, or new ones would get round it.
                if self.sessions.admit(connection, node_id) and not self.uncommitted.reading:
                    connection.pause_reading()
            case links.LinkEnded():
                self.connections.forget(connection)
                self.sessions.fall(connection, event.reason)
                self.uncommitted.orphan(connection)
            case links.MessageRejected(reason):
                self._say(LinkMessageRejected(connection.peer, reason))

    def _received(self, connection: Connection, event: links.TransferReceived) -> None:
        peer = connection.peer
        assert peer is not None
        handle = self.uncommitted.add(connection, event.transfer, len(event.data))
        left = None if self._peers[peer].foreign else event.last_byte
        arrives = self._light.arrival(peer, self._node, left, self._clock.now())
        self._tell(events.BundleReceived(peer, event.data, handle, arrives))

    def _put(self, transmit: Transmit, data: bytes, *, held: bool) -> None:
        session = self.sessions.to(transmit.peer)
        if session is None:
            self._outcomes.failed(transmit, "no session")
            return
        session.send(transmit, data)
        if held:
            session.connection.transmit()  # its batch was flushed a light time ago
        else:
            self.connections.touch(session.connection)
