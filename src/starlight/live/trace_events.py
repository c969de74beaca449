"""Events of the links of a live node, for the trace."""

from __future__ import annotations

from starlight.trace import TraceEvent


class LinkEstablished(TraceEvent, frozen=True, tag="link.up"):
    """The first session with a peer is up."""

    peer: int


class LinkLost(TraceEvent, frozen=True, tag="link.down"):
    """The last session with a peer has ended."""

    peer: int
    reason: str


class LinkRefused(TraceEvent, frozen=True, tag="link.refused"):
    """Somebody was turned away, by the name that it gave."""

    peer: str
    reason: str


class LinkEnded(TraceEvent, frozen=True, tag="link.ended"):
    """A session has ended before anyone gave a name; so the peer is None."""

    peer: None
    reason: str


class LinkMessageRejected(TraceEvent, frozen=True, tag="link.message rejected"):
    """The other end did not understand a message of ours (RFC 9174, 5.1.2)."""

    peer: int | None
    reason: str
    message: int | None = None  # its type, in traces written before the reason had it


EVENTS: tuple[type[TraceEvent], ...] = (
    LinkEstablished,
    LinkLost,
    LinkRefused,
    LinkEnded,
    LinkMessageRejected,
)
