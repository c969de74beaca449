"""The clocks of a node's peers: compared with ours when links begin and transfers come, told of when they
differ.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from starlight.dtntime import SECOND
from starlight.node.clock_offsets import ClockOffset, ClockOffsets, Disagreement
from starlight.node.source_clocks import SourceClocks
from starlight.node.trace_events import ClockAgrees, ClockDiffers
from starlight.trace import TraceEvent


def error_s_of(offset: ClockOffset) -> float | None:
    """Return by how much an offset is wrong at most, in s; None where it is known on one side only."""
    return offset.error / SECOND if offset.is_bounded else None


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
        self._inferred = 0

    def told(self, peer: int, link: Hashable, before: int, theirs: int, after: int) -> None:
        """Take the reading that a peer told when a link with it began; as in `ClockOffsets.reading`."""
        self.offsets.reading(peer, link, before, theirs, after)
        self._compare()

    def departed(self, peer: int, link: Hashable, last_byte: int, lasts: int, came: int) -> None:
        """Take the departure of a transfer that came; times as in `ClockOffsets.departure`."""
        self.offsets.departure(peer, link, last_byte, lasts, came)
        self._compare()

    def infer(self, bundles: SourceClocks) -> None:
        """Take what the bundles of peers say, where that is new."""
        if bundles.heard != self._inferred:
            self._inferred = bundles.heard
            for peer in bundles.peers():
                self.offsets.infer(peer, bundles.offset(peer))
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
                ahead_s, error_s = offset.ahead / SECOND, error_s_of(offset)
                self._say(ClockDiffers(peer, ahead_s, error_s, now.fault))

    def _is_news(self, now: Disagreement, told: Disagreement | None) -> bool:
        if told is None or told.fault is not now.fault:
            return True
        # What has been said of a side that is not bounded may only become more than it was.
        error = sum(each.error for each in (now.offset, told.offset) if each.is_bounded)
        return abs(now.offset.ahead - told.offset.ahead) > self.offsets.tolerance + error
