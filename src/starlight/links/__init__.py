"""Convergence layers as machines behind one interface, `link`; they carry opaque bytes and know no
bundles."""

from starlight.links.link import (
    Closing,
    Flight,
    LinkEnded,
    LinkEstablished,
    LinkEvent,
    MessageRejected,
    Refusal,
    TransferAcknowledged,
    TransferFailed,
    TransferReceived,
    TransferRefused,
)
from starlight.links.space import Acknowledged, Arrived, Failed, SpaceHop
from starlight.links.tcpcl import TcpclSession
from starlight.links.tcpcl_config import TcpclConfig

__all__ = [
    "Acknowledged",
    "Arrived",
    "Closing",
    "Failed",
    "Flight",
    "LinkEnded",
    "LinkEstablished",
    "LinkEvent",
    "MessageRejected",
    "Refusal",
    "SpaceHop",
    "TcpclConfig",
    "TcpclSession",
    "TransferAcknowledged",
    "TransferFailed",
    "TransferReceived",
    "TransferRefused",
]
