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


EVENTS: tuple[type[TraceEvent], ...] = (LinkCut, LinkMended, NodeCrashed, NodeRestarted)
