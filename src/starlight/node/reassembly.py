"""Putting fragments together again (RFC 9171, 5.9): which are here, and when they are enough."""

from __future__ import annotations

from starlight.node.stored import Stored


def whole_key(stored: Stored) -> str:
    """Return the identity of the bundle that a fragment is a part of; of a whole bundle its own."""
    return stored.key if stored.meta.fragment is None else stored.key.rpartition("/")[0]


class Reassembly:
    """The fragments that are addressed to this node, by the bundle that they are parts of."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[str, Stored]] = {}

    def add(self, fragment: Stored) -> tuple[Stored, ...] | None:
        """Keep a fragment.

        Returns:
            Fragments in order of offset that cover the whole, or None while some are missing.
        """
        group = self._groups.setdefault(whole_key(fragment), {})
        group[fragment.key] = fragment
        cover: list[Stored] = []
        covered, total = 0, 0
        for stored in sorted(group.values(), key=_span):
            assert stored.meta.fragment is not None
            offset, total = stored.meta.fragment
            end = offset + stored.meta.payload_bytes
            if offset > covered:
                return None
            if end > covered:
                cover.append(stored)
                covered = end
        return tuple(cover) if covered >= total else None

    def drop(self, fragment: Stored) -> None:
        """Let go of a fragment that expired or was delivered."""
        whole = whole_key(fragment)
        group = self._groups.get(whole)
        if group is not None:
            group.pop(fragment.key, None)
            if not group:
                del self._groups[whole]

    def others(self, fragment: Stored) -> list[Stored]:
        """Return the fragments kept of the same bundle, this one not among them."""
        group = self._groups.get(whole_key(fragment), {})
        return [stored for stored in group.values() if stored is not fragment]


def _span(stored: Stored) -> tuple[int, int, str]:
    fragment = stored.meta.fragment
    assert fragment is not None
    return (fragment[0], -stored.meta.payload_bytes, stored.key)
