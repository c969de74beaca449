"""The sessions of one node with its peers: who is let in, who is up, which links are cut.

A peer is up while a session with it is, and no cut is set for what we send to it. Either side may have
opened the connection; both directions use it. Where both have, the older session carries what we send.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from functools import partial

from starlight.links import Closing, Flight, Refusal
from starlight.live.config import PeerConfig
from starlight.live.connection import Connection
from starlight.live.outcomes import TransferOutcomes
from starlight.live.trace_events import LinkEnded, LinkEstablished, LinkLost, LinkRefused
from starlight.node import events
from starlight.node.actions import Transmit
from starlight.trace import TraceEvent

SESSIONS_EACH = 8
"""Sessions at once with one peer: two when both ends call, the others dead and not yet found out. Each
may hold an unfinished transfer of the largest size in memory; strangers hold none."""


class PeerSession:
    """Sends bundles over one connection: as many at a time as its session takes, the others wait.

    Args:
        connection: with an established session.
        foreign: the peer is not a Starlight node, so it is not told when the last byte left.
        outcomes: told of each `Transmit` once.
    """

    def __init__(self, connection: Connection, outcomes: TransferOutcomes, *, foreign: bool) -> None:
        self.connection = connection
        self._foreign = foreign
        self._outcomes = outcomes
        self._under_way: dict[int, Transmit] = {}
        self._waiting: deque[tuple[Transmit, bytes]] = deque()

    def send(self, transmit: Transmit, data: bytes) -> None:
        """Queue a bundle; it is written when the connection transmits."""
        if self._waiting or self.connection.session.free_transfers <= 0:
            self._waiting.append((transmit, data))  # behind those before it: the engine's order is kept
        else:
            self._start(transmit, data)

    def acknowledged(self, transfer: int) -> None:
        """Take the peer's acknowledgement of a transfer, and go on with those that wait."""
        self._outcomes.acknowledged(self._under_way.pop(transfer))
        self._refill()

    def refused(self, transfer: int, reason: Refusal) -> None:
        """Take the peer's refusal of a transfer, and go on with those that wait."""
        self._outcomes.refused(self._under_way.pop(transfer), reason)
        self._refill()

    def failed(self, transfer: int, reason: str) -> None:
        """Take note that a transfer will not be answered: whether it got there will not be known any more."""
        self._outcomes.failed(self._under_way.pop(transfer), reason)

    def end(self, reason: str) -> None:
        """Fail what has not begun."""
        for transmit, _ in self._waiting:
            self._outcomes.failed(transmit, reason)
        self._waiting.clear()

    def _start(self, transmit: Transmit, data: bytes) -> None:
        session = self.connection.session
        if len(data) > session.transfer_max:
            # Not for good: another session may take more, and the engine, which was told of this one's limit,
            # sends nothing like it over this one again.
            self._outcomes.failed(transmit, f"the peer takes {session.transfer_max} bytes at most")
            return
        flight = None if self._foreign else Flight(transmit.leaves, transmit.last_byte, transmit.reaches)
        transfer = session.send(data, self.connection.wall_now(), flight)
        self._under_way[transfer] = transmit

    def _refill(self) -> None:
        while self._waiting and self.connection.session.free_transfers > 0:
            self._start(*self._waiting.popleft())


class Sessions:
    """Admits connections as sessions with peers, and tells the engine when links rise and fall.

    Args:
        node: our number.
        peers: those that are let in.
        outcomes: told what becomes of what is sent.
        tell: takes the engine's events.
        say: takes what is to be traced.
    """

    def __init__(
        self,
        node: int,
        peers: Sequence[PeerConfig],
        outcomes: TransferOutcomes,
        tell: Callable[[events.Event], None],
        say: Callable[[TraceEvent], None],
    ) -> None:
        self._node = node
        self._by_node_id = {peer.name: peer for peer in peers}
        self._outcomes = outcomes
        self._tell = tell
        self._say = say
        self._sessions: dict[int, list[PeerSession]] = {}
        self._by_connection: dict[Connection, PeerSession] = {}
        self._down: dict[int, asyncio.Event] = {}
        self._cut: frozenset[tuple[int, int]] = frozenset()

    @property
    def connected(self) -> list[int]:
        """Return the peers with a session, cut or not, ascending."""
        return sorted(self._sessions)

    @property
    def up(self) -> list[int]:
        """Return the peers that can be sent to now, ascending."""
        return sorted(peer for peer in self._sessions if not self.is_cut(peer))

    def is_cut(self, peer: int) -> bool:
        """Return whether what we send to a peer is eaten."""
        return (self._node, peer) in self._cut

    def of(self, connection: Connection) -> PeerSession | None:
        """Return the session of a connection; None of a stranger's."""
        return self._by_connection.get(connection)

    def to(self, peer: int) -> PeerSession | None:
        """Return the session that carries what we send to a peer."""
        sessions = self._sessions.get(peer)
        return sessions[0] if sessions else None

    def admit(self, connection: Connection, node_id: str) -> bool:
        """Take a connection whose session is established, by the node id that its peer says.

        A stranger, or one session too many, is turned away; then nothing more is read from it.
        """
        peer = self._by_node_id.get(node_id)
        if peer is None:
            self._turn_away(connection, node_id, "not a peer of this node", Closing.STRANGER)
            return False
        sessions = self._sessions.setdefault(peer.node, [])
        # The new one goes, not the oldest: who can only repeat a peer's node id must not end its sessions.
        if len(sessions) >= SESSIONS_EACH:
            self._turn_away(connection, node_id, "it has too many sessions already", Closing.BUSY)
            return False
        connection.peer = peer.node
        session = PeerSession(connection, self._outcomes, foreign=peer.foreign)
        self._by_connection[connection] = session
        sessions.append(session)
        if len(sessions) == 1:
            self._down.pop(peer.node, None)
            self._say(LinkEstablished(peer.node))
            if not self.is_cut(peer.node):
                self._tell(self._risen(peer.node))
        return True

    def fall(self, connection: Connection, reason: str) -> None:
        """Let go of a connection whose session has ended; what waits for it fails."""
        session = self._by_connection.pop(connection, None)
        peer = connection.peer
        if session is None or peer is None:
            self._say(LinkEnded(None, reason))
            return
        sessions = self._sessions[peer]
        sessions.remove(session)
        if not sessions:
            del self._sessions[peer]
            self._down.pop(peer, asyncio.Event()).set()
            self._say(LinkLost(peer, reason))
            if not self.is_cut(peer):
                self._tell(events.LinkDown(peer))
        # After the link is down, so that the engine does not send over it again what failed with it.
        session.end(reason)

    def cut(self, links: Collection[tuple[int, int]]) -> None:
        """Cut these directed links ``(from, to)`` and mend all others; what has left is in flight."""
        before = self.up
        self._cut = frozenset(links)
        for peer in sorted(self._sessions):
            if (peer in before) == self.is_cut(peer):
                self._tell(events.LinkDown(peer) if peer in before else self._risen(peer))

    async def wait_down(self, peer: int) -> None:
        """Return once there is no session with a peer."""
        if peer in self._sessions:
            await self._down.setdefault(peer, asyncio.Event()).wait()

    def _risen(self, peer: int) -> events.LinkUp:
        """Return the event that a link has risen, with what its session takes."""
        link = self._sessions[peer][0].connection.session
        return events.LinkUp(peer, link.transfer_max, link.promises.acknowledged)

    def _turn_away(self, connection: Connection, node_id: str, why: str, reason: Closing) -> None:
        self._say(LinkRefused(node_id[:100], why))
        # Not from within the session's own event: its other events must be handed on first.
        asyncio.get_running_loop().call_soon(partial(connection.close, reason, at_once=True))
