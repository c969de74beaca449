"""Events of the links of a live node, for the trace."""

from __future__ import annotations

from starlight.trace import TraceEvent


class LinkRose(TraceEvent, frozen=True, tag="link.up"):
    """The first link with a peer is up."""

    peer: int


class LinkLost(TraceEvent, frozen=True, tag="link.down"):
    """The last link with a peer has ended."""

    peer: int
    reason: str


class LinkRefused(TraceEvent, frozen=True, tag="link.refused"):
    """Somebody was turned away, by the name that it gave, or the address that it sent from."""

    peer: str
    reason: str


class NamelessLinkEnded(TraceEvent, frozen=True, tag="link.ended"):
    """A link has ended before anyone gave a name; so the peer is None."""

    peer: None
    reason: str


class LinkMessageRejected(TraceEvent, frozen=True, tag="link.message rejected"):
    """Both ends of a link disagree about a message."""

    peer: int | None
    reason: str
    message: int | None = None  # its type, in traces written before the reason had it


EVENTS: tuple[type[TraceEvent], ...] = (
    LinkRose,
    LinkLost,
    LinkRefused,
    NamelessLinkEnded,
    LinkMessageRejected,
)
