"""The index of the store: an entry for each bundle, how much they are, and when their lifetimes end."""

from __future__ import annotations

from starlight.node.config import NodeLimits
from starlight.node.deadlines import Expiries
from starlight.node.stored import Meta, Stored, known_key


class Index:
    """The entries of the stored bundles.

    Args:
        limits: the node's.

    Attributes:
        entries: by key, in the order of storing.
        bytes: how much their bodies are.
        expiries: the ends of their lifetimes.
    """

    def __init__(self, limits: NodeLimits) -> None:
        self.entries: dict[str, Stored] = {}
        self.bytes = 0
        self.expiries = Expiries()
        self._limits = limits
        self._kin: dict[str, dict[str, Stored]] = {}

    def is_full(self, size: int) -> bool:
        """Tell whether there is no room for one more bundle of a size, in bytes."""
        limits = self._limits
        return len(self.entries) >= limits.bundles or self.bytes + size > limits.store_bytes

    def has_room(self, more: int, size: int) -> bool:
        """Tell whether there is room for so many more bundles, which have so many more bytes together."""
        limits = self._limits
        return len(self.entries) + more <= limits.bundles and self.bytes + size <= limits.store_bytes

    def kin(self, key: str) -> list[Stored]:
        """Return the entry of a bundle, if it has one, and those of its copies and own fragments."""
        # Nearly all are alone and known by their own key, so the second table is mostly empty.
        whole, others = self.entries.get(key), self._kin.get(key, {})
        return [*others.values()] if whole is None else [whole, *others.values()]

    def add(self, stored: Stored) -> None:
        """Take in an entry."""
        self.entries[stored.key] = stored
        if _is_one_of_several(stored.meta):
            self._kin.setdefault(known_key(stored), {})[stored.key] = stored
        self.bytes += stored.meta.size
        self.expiries.add(stored)

    def drop(self, stored: Stored) -> None:
        """Let go of an entry."""
        self.bytes -= stored.meta.size
        del self.entries[stored.key]
        if _is_one_of_several(stored.meta):
            known_as = known_key(stored)
            del self._kin[known_as][stored.key]
            if not self._kin[known_as]:
                del self._kin[known_as]
        self.expiries.sweep(len(self.entries))


def _is_one_of_several(meta: Meta) -> bool:
    """Tell whether a bundle is known by another key than its own (see `known_key`)."""
    return meta.copy_of is not None or (meta.own and meta.fragment is not None)
