"""What is stored: an index entry for each bundle, how much they are, and when their lifetimes end."""

from __future__ import annotations

from starlight.node.config import Limits
from starlight.node.deadlines import Expiries
from starlight.node.stored import State, Stored


class Index:
    """The entries of the stored bundles.

    Args:
        limits: the node's.

    Attributes:
        entries: by key, in the order of storing.
        bytes: how much their bodies are.
        expiries: the ends of their lifetimes.
    """

    def __init__(self, limits: Limits) -> None:
        self.entries: dict[str, Stored] = {}
        self.bytes = 0
        self.expiries = Expiries()
        self._limits = limits

    def is_full(self, size: int) -> bool:
        """Tell whether there is no room for one more bundle of a size, in bytes."""
        limits = self._limits
        return len(self.entries) >= limits.bundles or self.bytes + size > limits.store_bytes

    def add(self, stored: Stored) -> None:
        """Take in an entry."""
        self.entries[stored.key] = stored
        self.bytes += stored.meta.size
        self.expiries.add(stored)

    def drop(self, stored: Stored) -> None:
        """Let go of an entry."""
        stored.state = State.GONE
        self.bytes -= stored.meta.size
        del self.entries[stored.key]
        self.expiries.sweep(len(self.entries))
