"""Convergence layers as machines; they carry opaque bytes and know no bundles."""

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
from starlight.links.tcpcl_messages import (
    DEPARTURE_EXTENSION,
    PORT,
    Extension,
    RefuseReason,
    TermReason,
    departure,
    departure_of,
)

__all__ = [
    "DEPARTURE_EXTENSION",
    "PORT",
    "Extension",
    "LinkEvent",
    "MessageRejected",
    "RefuseReason",
    "SessionEnded",
    "SessionUp",
    "TcpclConfig",
    "TcpclSession",
    "TermReason",
    "TransferAcknowledged",
    "TransferReceived",
    "TransferRefused",
    "departure",
    "departure_of",
]
