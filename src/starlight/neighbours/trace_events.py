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
    """Somebody was turned away.

    Attributes:
        peer: the name that it gave, empty for none; of a datagram the address that it came from.
        reason: why.
        address: from where it called.
    """

    peer: str
    reason: str
    address: str = ""


class NamelessLinkEnded(TraceEvent, frozen=True, tag="link.ended"):
    """A link has ended before anyone gave the name of a peer; so the peer is None.

    Attributes:
        peer: None.
        reason: why it ended.
        called: the peer that was expected there, where we have called.
        address: of the other end.
    """

    peer: None
    reason: str
    called: int | None = None
    address: str = ""


class PeerUnreached(TraceEvent, frozen=True, tag="link.unreached"):
    """A peer could not be called: nobody answers at its address, or nothing is known of that."""

    peer: int
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
    PeerUnreached,
    LinkMessageRejected,
)
