"""The most bytes that a link takes as one transfer, as its peer has said.

The limit is the link's and not the plan's: a session tells it (the transfer MRU of RFC 9174, 4.6), or the
size of a datagram. So the router is told of it besides the plan. For a bundle above it the neighbour behind
that link is as if it were excluded, and so it is put to the searches: an answer is remembered by whom it
excludes, and thus neither a remembered answer nor a proof outlives the limits that it was found under.
"""

from __future__ import annotations

from collections.abc import Mapping

NOBODY: frozenset[int] = frozenset()
NONE: Mapping[int, int] = {}


class TransferLimits:
    """The limits of the links that told of one; a link without one takes what its contact carries."""

    __slots__ = ("_least", "_most")

    def __init__(self) -> None:
        self._most: dict[int, dict[int, int]] = {}
        self._least: dict[int, int] = {}

    def set(self, from_node: int, to_node: int, most: int | None) -> None:
        """Let a link take at most so many bytes as one transfer; None for any number."""
        links = self._most.setdefault(from_node, {})
        if most is None:
            links.pop(to_node, None)
        else:
            links[to_node] = most
        if links:
            self._least[from_node] = min(links.values())
        else:
            del self._most[from_node]
            self._least.pop(from_node, None)

    def of(self, from_node: int, to_node: int) -> int | None:
        """Return how many bytes a link takes as one transfer; None for any number."""
        return self._most.get(from_node, NONE).get(to_node)

    def exceeded(self, source: int, size: int) -> frozenset[int]:
        """Return the neighbours of a node that do not take a transfer of a size, in bytes."""
        # Asked with each question to the router, and mostly the answer is nobody.
        if size <= self._least.get(source, size):
            return NOBODY
        return frozenset([peer for peer, most in self._most[source].items() if most < size])
