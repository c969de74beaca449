"""Convergence layers as machines behind one interface, `link`; they carry opaque bytes and know no
bundles."""

from starlight.links.link import (
    ClockReading,
    Closing,
    DatagramLink,
    Flight,
    Link,
    LinkEnded,
    LinkEstablished,
    LinkEvent,
    MessageRejected,
    Refusal,
    StreamLink,
    TransferAcknowledged,
    TransferFailed,
    TransferReceived,
    TransferRefused,
    TransferSent,
)
from starlight.links.receive_room import ReceiveRoom
from starlight.links.space import SpaceLink
from starlight.links.tcpcl import TcpclSession
from starlight.links.tcpcl_config import TcpclConfig
from starlight.links.udpcl import (
    LARGEST_DATAGRAM,
    SHORTEST_KEEPALIVE_S,
    SMALLEST_DATAGRAM,
    UdpclConfig,
    UdpclLink,
)

__all__ = [
    "LARGEST_DATAGRAM",
    "SHORTEST_KEEPALIVE_S",
    "SMALLEST_DATAGRAM",
    "ClockReading",
    "Closing",
    "DatagramLink",
    "Flight",
    "Link",
    "LinkEnded",
    "LinkEstablished",
    "LinkEvent",
    "MessageRejected",
    "ReceiveRoom",
    "Refusal",
    "SpaceLink",
    "StreamLink",
    "TcpclConfig",
    "TcpclSession",
    "TransferAcknowledged",
    "TransferFailed",
    "TransferReceived",
    "TransferRefused",
    "TransferSent",
    "UdpclConfig",
    "UdpclLink",
]
