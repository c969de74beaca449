"""The clocks of peers as their bundles tell of them, where no link tells a reading.

Method. A creation time, or the time in a receipt or a status report, was read off the peer's clock at a
moment that lies between two of ours, as effects follow their causes:

* What has come was made before: its creation time less when it came is a lower bound of the offset.
* What tells of a bundle of ours happened after that left: its time less when that left is an upper bound.

Neither takes for granted how long anything waited or was on its way, so no queue, no storm and no closed
window makes a clock look wrong: a clock is known to be off only where the time is impossible. Delay makes
bounds loose, so of the last `SEVERAL` the tightest counts (the minimum filter of RFC 5905, 10); older ones
are let go of, as a clock may have been set.

Only what a peer is the source of, and has sent itself, says something of its clock: who passes on the bundles
of others can say nothing of theirs.
"""

from __future__ import annotations

from collections import deque

from starlight.node.clock_offsets import SEVERAL, UNBOUNDED, ClockOffset


class SourceClocks:
    """The bounds of the offsets of the clocks of one node's peers, by what their bundles say.

    Attributes:
        heard: how often something was heard; who looks at the offsets need not while it stays the same.
    """

    def __init__(self) -> None:
        self.heard = 0
        self._lowest: dict[int, deque[int]] = {}
        self._highest: dict[int, deque[int]] = {}

    def created(self, peer: int, theirs: int, came: int) -> None:
        """Take a creation time by a peer's clock, of a bundle that came at a time by ours; both in ns."""
        self._add(self._lowest, peer, theirs - came)

    def answered(self, peer: int, theirs: int, left: int) -> None:
        """Take when a bundle came by a peer's clock, and when it had left by ours; both in ns."""
        self._add(self._highest, peer, theirs - left)

    def peers(self) -> list[int]:
        """Return the peers of whose clocks something is known, ascending."""
        return sorted(self._lowest.keys() | self._highest.keys())

    def offset(self, peer: int) -> ClockOffset | None:
        """Return the bounds of the offset of a peer's clock; None where too little is known.

        What contradicts itself is of a clock that was set meanwhile: then there is none until that is past.
        """
        lowest, highest = self._lowest.get(peer, ()), self._highest.get(peer, ())
        at_least, at_most = max(lowest, default=-UNBOUNDED), min(highest, default=UNBOUNDED)
        known = max(len(lowest), len(highest)) >= SEVERAL and at_least <= at_most
        return ClockOffset(at_least, at_most) if known else None

    def _add(self, bounds: dict[int, deque[int]], peer: int, bound: int) -> None:
        self.heard += 1
        bounds.setdefault(peer, deque(maxlen=SEVERAL)).append(bound)
