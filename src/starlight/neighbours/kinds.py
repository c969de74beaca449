"""The kinds of links: which machine speaks a protocol, and over which kind of wire.

A new protocol over TCP or UDP is a machine in `links` and a row of `KINDS`; nothing else of a node knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from starlight.links import (
    DatagramLink,
    ReceiveRoom,
    StreamLink,
    TcpclConfig,
    TcpclSession,
    UdpclConfig,
    UdpclLink,
)
from starlight.neighbours.peer import PeerConfig

DATAGRAM_RATE_BPS = 10_000_000
"""The default pace of datagrams: what the socket buffer of any system takes while its node is busy for a
tenth of a second, and what a wire that is used for UDP is provisioned for."""


class FactGreetings(Protocol):
    """Tells peers the facts of the mission as links begin, and takes theirs."""

    def greet(self, node_id: str) -> bytes:
        """Return what the peer of a node id is told as a session begins; empty for nothing."""

    def greeted(self, peer: int, statement: bytes) -> None:
        """Take what a peer told as a session began."""

    def rose(self, peer: int) -> None:
        """Take note that a link without sessions rose."""


class ThisNode(NamedTuple):
    """This node as its peers know it.

    Attributes:
        number: of the node.
        node_id: its name, such as ``ipn:7.0``.
        transfer_max: the largest bundle that it takes, in bytes.
        read_clock: returns mission time in ns, which peers are told; None tells them none.
        facts: the exchange of the mission's facts with peers; None where nothing is told.
        room: for transfers that come and are not whole; None for one of each link's own.
    """

    number: int
    node_id: str
    transfer_max: int
    read_clock: Callable[[], int] | None = None
    facts: FactGreetings | None = None
    room: ReceiveRoom | None = None


class StreamMaker(Protocol):
    """Makes a link for a connection."""

    def __call__(self, me: ThisNode, peer: PeerConfig | None, *, passive: bool, now: int) -> StreamLink:
        """Return a link.

        Args:
            me: this node.
            peer: whom we have called; None where somebody has called us.
            passive: somebody has called us.
            now: of the wall, monotonic, in ns.
        """


class DatagramMaker(Protocol):
    """Makes a link over messages to and from one address."""

    def __call__(self, me: ThisNode, peer: PeerConfig, *, now: int) -> DatagramLink:
        """Return a link with a peer; `now` is of the wall, monotonic, in ns."""


class StreamKind(NamedTuple):
    """A protocol over TCP.

    Attributes:
        make: makes a link.
        tells_departure: a transfer carries when its last byte left, so the receiver can impose light exactly.
    """

    make: StreamMaker
    tells_departure: bool = False


class DatagramKind(NamedTuple):
    """A protocol over UDP; attributes as of `StreamKind`."""

    make: DatagramMaker
    tells_departure: bool = False


LinkKind = StreamKind | DatagramKind


def _tcpcl(me: ThisNode, peer: PeerConfig | None, *, passive: bool, now: int) -> TcpclSession:
    # Whoever answers at this address has to give the peer's name, or its letters would go to a stranger.
    config = TcpclConfig(me.node_id, peer.name if peer else None, transfer_mru=me.transfer_max)
    # A foreign peer would skip the item, but has no use for it either.
    read_clock = None if peer and peer.foreign else me.read_clock
    greet = me.facts.greet if me.facts else None
    return TcpclSession(config, passive=passive, now=now, read_clock=read_clock, greet=greet, room=me.room)


def _udpcl(me: ThisNode, peer: PeerConfig, *, now: int) -> UdpclLink:
    # Few other implementations send any, and without them the link would never rise.
    keepalive_s = 0 if peer.foreign and peer.keepalive_s is None else peer.keepalive_s
    default = UdpclConfig()
    config = UdpclConfig(
        default.datagram_max if peer.datagram_max is None else peer.datagram_max,
        default.keepalive_s if keepalive_s is None else keepalive_s,
        DATAGRAM_RATE_BPS if peer.datagram_rate_bps is None else peer.datagram_rate_bps,
    )
    return UdpclLink(config, now=now)


KINDS: Mapping[str, LinkKind] = MappingProxyType(
    {"tcpcl": StreamKind(_tcpcl, tells_departure=True), "udpcl": DatagramKind(_udpcl)}
)
"""The protocols by the scheme of their addresses."""
