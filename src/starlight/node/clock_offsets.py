"""The offsets of the clocks of a node's peers from its own, as far as they can be known.

Method. What two clocks say of a moment differs by their offset and by the time that the word took; one way
alone can't tell these two apart. So an offset is an interval, not a number:

* A **reading** is what a peer's clock said between two moments of ours, such as in an answer to what we wrote
  (F. Cristian, "Probabilistic clock synchronization", 1989). Its offset lies between ``theirs - after`` and
  ``theirs - before``, whatever the way took: the middle is wrong by half the round trip at most.
* A **departure** is when the last byte of a transfer left, by the peer's clock, which came here at a
  moment of ours, light that is only imposed not counted. Queues make transfers later, never sooner, so of
  several the quickest counts (the minimum filter of RFC 5905, 10). The offset is at least what that says,
  less the time that sending took, and at most `QUEUE_S` more, if the quickest of `SEVERAL` waited no
  longer than that. Departures count where a peer tells no readings: how long sending took is known by our
  own plan alone.

Two clocks alone can't tell which of them is wrong. Three can, where two agree (`Fault`).

Where a link tells neither, what a peer's bundles say bounds its clock (`source_clocks.py`).

Nobody proves its name, so what one link tells changes no time that comes over another: times are corrected by
what their own link has told. Of several links that say to be one peer's, people are told what speaks least
against its clock: so nobody makes the clock of a peer that is here look wrong by using its name.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from enum import StrEnum

import msgspec

from starlight.dtntime import SECOND

TOLERANCE = 2 * SECOND
"""Clocks that differ by no more agree: it is what a machine without a time server drifts in a day or two, and
nothing that people plan here is finer."""

QUEUE_S = 60
"""The longest that a transfer is expected to wait in a cable, in seconds of the wall: a full TCP window to a
busy peer drains within it."""

UNBOUNDED = 1 << 63
"""A bound that is not known, in ns: no clock is off by so much."""

SEVERAL = 3
KEPT = 8
"""Departures before an offset is read off them, and how many of the last ones are looked at."""


def tolerance_at(rate: float) -> int:
    """Return by how much clocks that agree may differ, in ns, where mission time is `rate` times as fast."""
    return round(TOLERANCE * max(1.0, rate))  # the machines' own lateness counts as often


class Fault(StrEnum):
    """The clock that is wrong, of two that differ."""

    UNKNOWN = "unknown"  # no third clock tells
    THEIRS = "theirs"
    OURS = "ours"


class ClockOffset(msgspec.Struct, frozen=True, gc=False):
    """The offset of a peer's clock from ours, in ns; positive where theirs is ahead.

    Attributes:
        at_least, at_most: its bounds.
    """

    at_least: int
    at_most: int

    @property
    def is_bounded(self) -> bool:
        """Return whether both bounds are known."""
        return self.at_least > -UNBOUNDED and self.at_most < UNBOUNDED

    @property
    def ahead(self) -> int:
        """Return the best guess, in ns: the middle, or the bound that is known."""
        if not self.is_bounded:
            return self.at_least if self.at_most >= UNBOUNDED else self.at_most
        return (self.at_least + self.at_most) // 2

    @property
    def error(self) -> int:
        """Return by how much the guess is wrong at most, in ns; without end where a bound is not known."""
        return -(-(self.at_most - self.at_least) // 2) if self.is_bounded else UNBOUNDED

    def is_beyond(self, tolerance: int) -> bool:
        """Return whether the clocks surely differ by more than a tolerance, in ns."""
        return self.at_least > tolerance or self.at_most < -tolerance

    def less(self, other: ClockOffset) -> ClockOffset:
        """Return the offset of this peer's clock from another peer's."""
        return ClockOffset(self.at_least - other.at_most, self.at_most - other.at_least)


class Disagreement(msgspec.Struct, frozen=True, gc=False):
    """The clock of a peer differs from ours.

    Attributes:
        peer: its node number.
        offset: by how much.
        fault: which of the two is wrong.
    """

    peer: int
    offset: ClockOffset
    fault: Fault


class _Clock:
    """All that one link has told of its peer's clock."""

    __slots__ = ("departures", "reading")

    def __init__(self) -> None:
        self.reading: ClockOffset | None = None
        self.departures: deque[ClockOffset] = deque(maxlen=KEPT)

    def offset(self) -> ClockOffset | None:
        if self.reading is not None or len(self.departures) < SEVERAL:
            return self.reading
        # The quickest has the largest upper bound; no transfer can have left later than its lower bound says.
        at_least = max(each.at_least for each in self.departures)
        return ClockOffset(at_least, max(at_least, *(each.at_most for each in self.departures)))


class ClockOffsets:
    """The offsets of the clocks of one node's peers.

    Args:
        rate: seconds of mission time per second of the wall. Where mission time is fast, the machines' own
            lateness is as well.
    """

    def __init__(self, rate: float = 1) -> None:
        self.tolerance = tolerance_at(rate)
        self._queue = round(QUEUE_S * SECOND * max(1.0, rate))
        self._links: dict[Hashable, _Clock] = {}
        self._of_peer: dict[int, dict[Hashable, _Clock]] = {}
        self._peers: dict[int, ClockOffset] = {}  # the last word; it outlasts its link
        self._inferred: dict[int, ClockOffset] = {}

    def reading(self, peer: int, link: Hashable, before: int, theirs: int, after: int) -> None:
        """Take a reading of a peer's clock, made between two moments of ours; it replaces what was known.

        Args:
            peer: its node number.
            link: over which it was told.
            before, theirs, after: in ns of mission time, by our clock, the peer's, and ours again.
        """
        # A clock may have been set since, so the last word counts, not the narrowest.
        self._clock(peer, link).reading = ClockOffset(theirs - max(before, after), theirs - before)
        self._note(peer)

    def departure(self, peer: int, link: Hashable, last_byte: int, lasts: int, came: int) -> None:
        """Take the moment at which a transfer left a peer.

        Args:
            peer: its node number.
            link: over which it came.
            last_byte: when its last byte left, by the peer's clock, in ns.
            lasts: how long sending it took at most, in ns: the peer may have written it so much sooner.
            came: when it came here, by our clock, in ns, light that is only imposed not counted.
        """
        apart = last_byte - came
        self._clock(peer, link).departures.append(ClockOffset(apart - lasts, apart + self._queue))
        self._note(peer)

    def infer(self, peer: int, offset: ClockOffset | None) -> None:
        """Take what a peer's bundles say of its clock; None for nothing."""
        self._inferred.pop(peer, None)
        if offset is not None:
            self._inferred[peer] = offset

    def ended(self, link: Hashable) -> None:
        """Forget a link; what was known of its peer stays the last word until another link tells more."""
        self._links.pop(link, None)
        for peer, links in self._of_peer.items():
            if links.pop(link, None) is not None:
                self._note(peer)

    def offset(self, peer: int) -> ClockOffset | None:
        """Return the offset of a peer's clock; None where too little is known."""
        return self._peers.get(peer) or self._inferred.get(peer)

    def _clock(self, peer: int, link: Hashable) -> _Clock:
        found = self._links.setdefault(link, _Clock())
        self._of_peer.setdefault(peer, {})[link] = found
        return found

    def _note(self, peer: int) -> None:
        """Keep what speaks least against a peer's clock of what its links tell, if any tells."""
        told = [found for each in self._of_peer[peer].values() if (found := each.offset()) is not None]
        if told:
            self._peers[peer] = min(told, key=lambda each: max(each.at_least, -each.at_most))

    def correction(self, link: Hashable) -> int:
        """Return what is to be taken from a peer's time that came over a link, in ns; 0 where they agree."""
        found = self._links.get(link)
        offset = None if found is None else found.offset()
        return offset.ahead if offset is not None and offset.is_beyond(self.tolerance) else 0

    def disagreement(self, peer: int) -> Disagreement | None:
        """Return how a peer's clock differs from ours; None where it agrees, or too little is known."""
        offset = self.offset(peer)
        if offset is None or not offset.is_beyond(self.tolerance):
            return None
        return Disagreement(peer, offset, self._fault(peer, offset))

    def known(self) -> list[ClockOffset]:
        """Return the offsets that are known, by peer."""
        found = (self.offset(peer) for peer in self._known())
        return [each for each in found if each is not None]

    def disagreements(self) -> list[Disagreement]:
        """Return all that differ, by peer."""
        found = (self.disagreement(peer) for peer in self._known())
        return [each for each in found if each is not None]

    def _known(self) -> list[int]:
        return sorted(self._peers.keys() | self._inferred.keys())

    def _fault(self, peer: int, offset: ClockOffset) -> Fault:
        """Return which of two clocks that differ is wrong: the one with which fewer others agree."""
        ours = theirs = 0
        for other in self._known():
            found = self.offset(other)
            if other == peer or found is None:
                continue
            ours += self._agrees(found)
            theirs += self._agrees(found.less(offset))
        if ours == theirs:
            return Fault.UNKNOWN
        return Fault.THEIRS if ours > theirs else Fault.OURS

    def _agrees(self, offset: ClockOffset) -> bool:
        """Tell whether an offset is surely within the tolerance, but for what the measurement allows."""
        # What is only known to a minute neither agrees nor differs.
        return abs(offset.ahead) <= self.tolerance and offset.error <= 2 * self.tolerance
