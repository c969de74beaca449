"""A node's own clock: when it is believed, and when what is stored may expire by it."""

from __future__ import annotations

import pytest

from starlight.dtntime import DAY, HOUR, SECOND, YEAR
from starlight.node.clock_offsets import TOLERANCE, ClockOffset, Disagreement, Fault
from starlight.node.own_clock import (
    GAP,
    HELD_S,
    LONGEST_OFF,
    UNOPPOSED_S,
    ClockTrouble,
    OwnClock,
    OwnClockDoubt,
)

LAST = 26 * YEAR


def own(off: int, *, trusted: bool = False) -> OwnClock:
    """Return the clock of a node that starts so long after the last moment of its store, in ns."""
    return OwnClock(LAST, LAST + off, TOLERANCE, trusted=trusted)


def peer(ahead: int, error: int = 0) -> ClockOffset:
    """Return the offset of a peer's clock, in ns."""
    return ClockOffset(ahead - error, ahead + error)


def differs(ahead: int, fault: Fault = Fault.UNKNOWN) -> Disagreement:
    """Return that a peer's clock is ahead of ours."""
    return Disagreement(2, peer(ahead), fault)


def test_a_first_start_takes_what_the_machine_tells() -> None:
    """There is nothing to hold it against."""
    clock = OwnClock(None, LAST, TOLERANCE)
    assert (clock.start, clock.doubt, clock.holds_expiry) == (LAST, None, False)


@pytest.mark.parametrize("told", [-30 * YEAR, 0, YEAR])
def test_a_machine_without_a_battery_begins_in_2000_and_is_believed_once_it_is_set(told: int) -> None:
    """DTN time has no 1970; a time server is reached after the start, or before the next one."""
    clock = OwnClock(None, told, TOLERANCE)
    assert clock.start == max(told, SECOND)
    assert (clock.doubt is not None) is (told < -TOLERANCE)
    assert clock.look(told + HOUR, clock.start + HOUR, []) is None
    assert clock.look(LAST, clock.start + HOUR, []) == LAST
    assert clock.doubt is None
    again = OwnClock(clock.start + HOUR, LAST, TOLERANCE)
    assert (again.start, again.doubt, again.holds_expiry) == (LAST, None, False)
    back = OwnClock(clock.start + HOUR, told, TOLERANCE)
    assert back.start == clock.start + HOUR, "no moment comes twice"


@pytest.mark.parametrize("off", [0, HOUR, GAP, 30 * DAY, LONGEST_OFF])
def test_a_node_that_was_off_goes_on_at_the_machines_time(off: int) -> None:
    """Up to a month it is believed; nothing expires at first where it was off for more than a day."""
    clock = own(off)
    assert (clock.start, clock.doubt) == (LAST + off, None)
    assert clock.holds_expiry is (off > GAP)


def test_a_clock_that_is_decades_ahead_at_the_start_is_not_believed() -> None:
    """Time goes on from the last moment recorded, and the node says by how much the machine is ahead."""
    clock = own(60 * YEAR)
    assert clock.start == LAST
    assert clock.doubt == OwnClockDoubt(ClockTrouble.AHEAD, 60 * YEAR)


def test_a_clock_that_is_behind_the_store_goes_on_from_there() -> None:
    """No moment comes twice; who sets the clock back by two days is told."""
    clock = own(-2 * DAY)
    assert clock.start == LAST
    assert clock.doubt == OwnClockDoubt(ClockTrouble.BEHIND, -2 * DAY)
    assert own(-SECOND).doubt is None, "that is what a time server corrects"
    assert own(-SECOND).start == LAST


@pytest.mark.parametrize("off", [-30 * YEAR, 60 * YEAR])
def test_a_person_may_say_that_the_clock_is_right(off: int) -> None:
    """Then it is taken, and nothing is held."""
    clock = own(off, trusted=True)
    assert (clock.start, clock.doubt, clock.holds_expiry) == (LAST + off, None, False)


def test_a_clock_that_is_not_believed_is_taken_once_it_may_be_right() -> None:
    """A time server was reached: the machine is three days after the last moment, as long as it was off."""
    clock = own(60 * YEAR)
    assert clock.look(LAST + 60 * YEAR, LAST + HOUR, []) is None
    assert clock.look(LAST + 3 * DAY, LAST + HOUR, []) == LAST + 3 * DAY
    assert clock.doubt is None


def test_a_clock_that_is_not_believed_is_taken_when_a_peers_agrees_with_it() -> None:
    """The node lay in a box for three years, and another says the same, which it can't have heard from it."""
    clock = own(3 * YEAR)
    now = LAST + HOUR
    told = now + 3 * YEAR
    for wrong in (peer(0), peer(-3 * YEAR), peer(2 * YEAR), peer(3 * YEAR, error=HOUR)):
        assert clock.look(told, now, [wrong]) is None
        assert clock.doubt is not None
    assert clock.look(told, now, [peer(0), peer(3 * YEAR + SECOND)]) == told
    assert clock.doubt is None


@pytest.mark.parametrize("by", [-2 * DAY, 5 * SECOND, HOUR])
def test_a_clock_that_is_set_while_the_node_runs_moves_nothing_and_is_told(by: int) -> None:
    """The node goes on by the time that it has, and says so until the machine's is the same again."""
    clock = own(HOUR)
    now = clock.start + HOUR
    assert clock.look(now + SECOND, now, []) is None
    assert clock.doubt is None
    assert clock.look(now + by, now, [peer(0)]) is None
    assert clock.doubt == OwnClockDoubt(ClockTrouble.SET, by)
    assert clock.look(now + by + SECOND, now, []) is None
    assert clock.doubt == OwnClockDoubt(ClockTrouble.SET, by), "a drift of less than two seconds is no news"
    assert clock.look(now, now, []) is None
    assert clock.doubt is None


def test_what_is_held_may_expire_once_a_peer_agrees_or_nobody_objects() -> None:
    """Either of the two, once."""
    agreed, alone, opposed = own(30 * DAY), own(30 * DAY), own(30 * DAY)
    assert not agreed.release(1, [], [])
    assert agreed.release(1, [peer(SECOND)], [])
    assert not agreed.release(2, [peer(SECOND)], [])
    assert not alone.release(UNOPPOSED_S - 1, [], [])
    assert alone.release(UNOPPOSED_S, [], [])
    ahead = differs(-30 * DAY)
    assert not opposed.release(UNOPPOSED_S, [ahead.offset], [ahead])
    assert not opposed.release(UNOPPOSED_S, [ahead.offset, peer(0)], [ahead]), "no peer outvotes another"
    assert opposed.holds_expiry
    assert opposed.release(HELD_S, [ahead.offset], [ahead]), "none fills a store for ever"


@pytest.mark.parametrize("objection", [differs(30 * DAY), differs(-30 * DAY, Fault.THEIRS)])
def test_who_says_that_ours_is_behind_or_is_wrong_itself_holds_nothing_up(objection: Disagreement) -> None:
    """Only a clock that is ahead ends lifetimes too early."""
    clock = own(30 * DAY)
    assert not clock.release(1, [objection.offset], [objection])
    assert clock.release(UNOPPOSED_S, [objection.offset], [objection])
