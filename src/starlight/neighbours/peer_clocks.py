"""The clocks of a node's peers: compared with ours when links begin and transfers come, told of when they
differ.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from starlight.dtntime import SECOND
from starlight.links import ClockReading
from starlight.neighbours.trace_events import ClockAgrees, ClockDiffers
from starlight.node.clock_offsets import ClockOffsets, Disagreement
from starlight.trace import TraceEvent


class PeerClocks:
    """Compares the clocks of peers with ours, and says when one begins or ends to differ.

    Args:
        offsets: what is known of them.
        say: takes what is to be traced.
    """

    def __init__(self, offsets: ClockOffsets, say: Callable[[TraceEvent], None]) -> None:
        self.offsets = offsets
        self._say = say
        self._told: dict[int, Disagreement] = {}

    def told(self, peer: int, link: Hashable, reading: ClockReading) -> None:
        """Take the reading that a peer told when a link with it began."""
        self.offsets.reading(peer, link, *reading)
        self._compare()

    def departed(self, peer: int, link: Hashable, last_byte: int, lasts: int, came: int) -> None:
        """Take the departure of a transfer that came; times as in `ClockOffsets.departure`."""
        self.offsets.departure(peer, link, last_byte, lasts, came)
        self._compare()

    def _compare(self) -> None:
        """Say what has changed; one clock more may tell of others which is wrong, so all are looked at."""
        found = {each.peer: each for each in self.offsets.disagreements()}
        for peer in sorted(self._told.keys() - found.keys()):
            del self._told[peer]
            self._say(ClockAgrees(peer))
        for peer, now in found.items():
            if self._is_news(now, self._told.get(peer)):
                self._told[peer] = now
                offset = now.offset
                ahead_s, error_s = offset.ahead / SECOND, offset.error / SECOND
                self._say(ClockDiffers(peer, ahead_s, error_s, now.fault))

    def _is_news(self, now: Disagreement, told: Disagreement | None) -> bool:
        if told is None or told.fault is not now.fault:
            return True
        moved = abs(now.offset.ahead - told.offset.ahead)
        return moved > self.offsets.tolerance + now.offset.error + told.offset.error
