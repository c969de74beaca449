"""Trace events of a virtual world: the faults that befall its nodes and links."""

from __future__ import annotations

from starlight.trace import TraceEvent


class LinkCut(TraceEvent, frozen=True, tag="link.cut"):
    """The link to a peer was cut."""

    peer: int


class LinkMended(TraceEvent, frozen=True, tag="link.mended"):
    """The link to a peer is whole again."""

    peer: int


class NodeCrashed(TraceEvent, frozen=True, tag="node.crashed"):
    """A node has crashed and stays down until a time, in ns."""

    until: int


class NodeRestarted(TraceEvent, frozen=True, tag="node.restarted"):
    """A node has started again on its store."""


class LinkEstablished(TraceEvent, frozen=True, tag="link.established"):
    """A link that needs its peer to begin can carry bundles."""

    peer: int


class LinkLost(TraceEvent, frozen=True, tag="link.lost"):
    """A link has ended: its session, or the patience with a silent peer."""

    peer: int
    reason: str


class MessageRejected(TraceEvent, frozen=True, tag="message.rejected"):
    """A link and its peer disagree about a message."""

    peer: int
    reason: str


EVENTS: tuple[type[TraceEvent], ...] = (
    LinkCut,
    LinkMended,
    NodeCrashed,
    NodeRestarted,
    LinkEstablished,
    LinkLost,
    MessageRejected,
)
