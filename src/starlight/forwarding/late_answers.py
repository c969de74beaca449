"""Answers to transfers that were given up: they may still come, and each counts at most once.

An answer names a bundle and a peer, not a transfer. When a bundle was sent to a peer twice, or
came back in between, it takes care to tell what an answer is worth: the next hop's word that it
has the bundle must not make us let go of a copy that the next hop gave back to us since.
"""

from __future__ import annotations

from starlight.node.stored import Stored


class LateAnswers:
    """The answers that are still out, by bundle and peer; the oldest is let go first.

    Args:
        limit: of how many transfers.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._out: dict[tuple[str, int], list[Stored | None]] = {}

    def expect(self, key: str, peer: int, stored: Stored | None) -> None:
        """Note that an answer may still come.

        Args:
            stored: the bundle that it would settle; None when it is worth nothing.
        """
        self._out.setdefault((key, peer), []).append(stored)
        if len(self._out) > self._limit:  # An answer that is missed costs one transmission more, no bundle.
            del self._out[next(iter(self._out))]

    def is_out(self, key: str, peer: int) -> bool:
        """Tell whether an answer may still come."""
        return (key, peer) in self._out

    def take(self, key: str, peer: int) -> Stored | None:
        """Take an answer that has come; return what it settles.

        Of several the one that is worth least is taken first, as they can't be told apart.
        """
        waiting = self._out[key, peer]
        worthless = [index for index, stored in enumerate(waiting) if stored is None or stored.returned]
        taken = waiting.pop(worthless[0] if worthless else 0)
        if not waiting:
            del self._out[key, peer]
        return None if taken is None or taken.returned else taken
