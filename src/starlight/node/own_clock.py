"""A node's own clock: what is wrong with it, as far as the node itself can tell.

Theory of operation. Mission time runs on the machine's monotonic clock, so nothing that is set while the node
runs moves it. The machine's UTC counts once, at the start, and there it is held against the last moment that
the store has recorded:

* It is **behind** that moment: mission time goes on from there, as no creation time may be given away twice.
* It is **ahead** by more than `LONGEST_OFF`, which a dead battery or a wrong year makes, and a node is hardly
  ever switched off for so long: it is not believed. Mission time goes on from the recorded moment, so nothing
  that is stored grows old by a mistake, and nothing is recorded of a year that has not come. It is
  believed as soon as it may be right again, a person says that it is, or the clock of a peer agrees with
  it: the peer has only heard this node's own time, so it can't have echoed it.
* It is ahead by more than `GAP`: the node was off, or the clock is wrong by days. It is believed, but what is
  stored does not expire until a peer's clock has agreed, or nobody has objected for `UNOPPOSED_S`.

Later the machine's time may be **set**, by a person or a time server that was reached late. That is told, as
the node goes on by the time that it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from starlight.dtntime import DAY, HOUR, SECOND
from starlight.node.clock_offsets import ClockOffset, Disagreement, Fault

LONGEST_OFF = 31 * DAY
"""What a start may be late by and be believed at once: what is kept for a month, such as clients' keys, is
not let go of by a jump. A node that truly was off for longer hears so from the first peer that it meets."""
FOUNDED = 10 * 366 * DAY
"""Moments in the ten years after 2000 are those of a machine without a battery, which counts from some first
year: a store that has recorded no later one is no reason to disbelieve a clock."""
GAP = DAY
"""A node that was off for less than a day holds nothing back: its clock is wrong by no more either."""
UNOPPOSED_S = HOUR // SECOND
"""How long, in seconds of the wall, what is stored does not expire where no peer tells its clock."""
HELD_S = 30 * DAY // SECOND
"""The longest that it does not, whatever peers say: none may fill a store with what is over."""


class ClockTrouble(StrEnum):
    """The trouble with a node's own clock."""

    AHEAD = "ahead"  # at the start, further than a node is off; not believed
    BEHIND = "behind"  # at the start, the last moment recorded
    SET = "set"  # while the node runs


class OwnClockDoubt(msgspec.Struct, frozen=True, gc=False):
    """The machine's clock is not the one that the node goes by.

    Attributes:
        trouble: in which way.
        apart: by how much the machine's is ahead of the node's, in ns; negative where it is behind.
    """

    trouble: ClockTrouble
    apart: int


class OwnClock:
    """Judges a node's own clock.

    Args:
        last: the last mission time that the store has recorded, in ns; None for a new one.
        told: mission time by the machine's UTC at the start, in ns.
        tolerance: by how much clocks that agree may differ, in ns.
        trusted: a person says that the machine's clock is right.

    Attributes:
        start: the mission time at which to begin, in ns.
        doubt: what is wrong now; None for nothing.
        holds_expiry: nothing that is stored expires for now.
    """

    def __init__(self, last: int | None, told: int, tolerance: int, *, trusted: bool = False) -> None:
        self._tolerance = tolerance
        self.doubt: OwnClockDoubt | None = None
        if last is None or last < FOUNDED:
            # DTN time begins in 2000: a machine in 1970 has none to tell.
            first = max(last or 0, SECOND)
            last = first if told < first else None
        off = 0 if last is None or trusted else told - last
        self.start = told if last is None or 0 <= off <= LONGEST_OFF else last
        self.holds_expiry = GAP < off <= LONGEST_OFF
        if off > LONGEST_OFF:
            self.doubt = OwnClockDoubt(ClockTrouble.AHEAD, off)
        elif off < -tolerance:
            self.doubt = OwnClockDoubt(ClockTrouble.BEHIND, off)

    def look(self, told: int, now: int, peers: Sequence[ClockOffset]) -> int | None:
        """Compare the machine's clock with the node's and the peers'; return a time to go on to, or None.

        Args:
            told: mission time by the machine's UTC, in ns.
            now: mission time by which the node goes, in ns.
            peers: the offsets of the peers' clocks from the node's, as far as they are known.
        """
        apart = told - now
        if self.doubt is not None and self.doubt.trouble is ClockTrouble.AHEAD:
            may_be = apart <= LONGEST_OFF or any(self._agrees(each, apart) for each in peers)
        else:
            may_be = now < FOUNDED <= told
        if may_be and apart >= 0:
            self.doubt = None
            return told
        if abs(apart) <= self._tolerance:
            self.doubt = None
        elif self.doubt is None or abs(apart - self.doubt.apart) > self._tolerance:
            trouble = ClockTrouble.SET if self.doubt is None else self.doubt.trouble
            self.doubt = OwnClockDoubt(trouble, apart)
        return None

    def release(self, running_s: float, peers: Sequence[ClockOffset], differ: Sequence[Disagreement]) -> bool:
        """Let stored bundles expire again once that is safe; return whether that has begun.

        Args:
            running_s: seconds of the wall since the start.
            peers, differ: the offsets of the peers' clocks, and those that differ from ours.
        """
        # A clock that is ahead is what makes lifetimes end too early; one that is behind loses nothing.
        opposed = any(each.offset.ahead < 0 and each.fault is not Fault.THEIRS for each in differ)
        agreed = not differ and any(self._agrees(each, 0) for each in peers)
        over = agreed or (running_s >= UNOPPOSED_S and not opposed) or running_s >= HELD_S
        if not self.holds_expiry or not over:
            return False
        self.holds_expiry = False
        return True

    def _agrees(self, peer: ClockOffset, apart: int) -> bool:
        """Tell whether a peer's clock is surely as far from the node's as the machine's is."""
        return abs(peer.ahead - apart) <= self._tolerance and peer.error <= 2 * self._tolerance
