"""Trace events of what lies between the nodes of a virtual world."""

from __future__ import annotations

from starlight.trace import TraceEvent


class LinkCut(TraceEvent, frozen=True, tag="link.cut"):
    """The link to a peer was cut."""

    peer: int


class LinkMended(TraceEvent, frozen=True, tag="link.mended"):
    """The link to a peer is whole again."""

    peer: int


class LinkOpened(TraceEvent, frozen=True, tag="link.established"):
    """A link that needs its peer to begin can carry bundles."""

    peer: int


class LinkClosed(TraceEvent, frozen=True, tag="link.lost"):
    """A link has ended: its session, or the patience with a silent peer."""

    peer: int
    reason: str


class MessageDisputed(TraceEvent, frozen=True, tag="message.rejected"):
    """A link and its peer disagree about a message."""

    peer: int
    reason: str


EVENTS: tuple[type[TraceEvent], ...] = (LinkCut, LinkMended, LinkOpened, LinkClosed, MessageDisputed)
"""All of them."""
