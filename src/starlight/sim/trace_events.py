"""Trace events of a virtual world: the faults that befall its nodes."""

from __future__ import annotations

from starlight.trace import TraceEvent


class NodeCrashed(TraceEvent, frozen=True, tag="node.crashed"):
    """A node has crashed and stays down until a time, in ns."""

    until: int


class NodeRestarted(TraceEvent, frozen=True, tag="node.restarted"):
    """A node has started again on its store."""


EVENTS: tuple[type[TraceEvent], ...] = (NodeCrashed, NodeRestarted)
"""All of them."""
