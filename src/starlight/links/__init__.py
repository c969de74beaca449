"""Convergence layers as machines; they carry opaque bytes and know no bundles."""

from starlight.links.space import Acknowledged, Arrived, Failed, SpaceHop
from starlight.links.tcpcl import TcpclSession
from starlight.links.tcpcl_events import (
    LinkEvent,
    MessageRejected,
    SessionEnded,
    SessionUp,
    TcpclConfig,
    TransferAcknowledged,
    TransferReceived,
    TransferRefused,
)
from starlight.links.tcpcl_extensions import departure, departure_of
from starlight.links.tcpcl_messages import RefuseReason, TermReason

__all__ = [
    "Acknowledged",
    "Arrived",
    "Failed",
    "LinkEvent",
    "MessageRejected",
    "RefuseReason",
    "SessionEnded",
    "SessionUp",
    "SpaceHop",
    "TcpclConfig",
    "TcpclSession",
    "TermReason",
    "TransferAcknowledged",
    "TransferReceived",
    "TransferRefused",
    "departure",
    "departure_of",
]
