"""What the bundles of peers say of their clocks: bounds that hold whatever waited."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from starlight.dtntime import DAY, HOUR, MILLISECOND, SECOND
from starlight.node.clock_offsets import SEVERAL, TOLERANCE, UNBOUNDED, ClockOffset, ClockOffsets, Fault
from starlight.node.source_clocks import SourceClocks

NOW = 26 * 365 * DAY
WAITS = st.lists(st.integers(0, 400 * DAY), min_size=SEVERAL, max_size=12)


@given(st.integers(-(10**19), 10**19), WAITS, WAITS)
def test_the_true_offset_is_within_the_bounds_whatever_waited(
    offset: int, there: list[int], back: list[int]
) -> None:
    """Effects follow their causes: the bounds hold after any queue, at either end and on the way."""
    clocks = SourceClocks()
    for nth, wait in enumerate(there):
        clocks.created(2, NOW + nth + offset, NOW + nth + wait)
    for nth, wait in enumerate(back):
        clocks.answered(2, NOW + nth + wait + offset, NOW + nth)
    found = clocks.offset(2)
    assert found is not None
    assert found.at_least <= offset <= found.at_most
    assert not found.is_beyond(TOLERANCE) or abs(offset) > TOLERANCE


def test_letters_that_waited_for_two_days_make_no_clock_wrong() -> None:
    """After a closed window all that comes was made long ago; nothing is said of that."""
    clocks, offsets = SourceClocks(), ClockOffsets()
    for nth in range(20):
        clocks.created(2, NOW + nth, NOW + 2 * DAY + nth)
    offsets.infer(2, clocks.offset(2))
    assert offsets.disagreements() == []


def test_a_clock_that_is_ahead_is_known_by_what_comes_and_one_behind_by_what_is_answered() -> None:
    """Each on one side alone, which is said as "at least"."""
    for off in (2 * DAY, -2 * DAY):
        clocks, offsets = SourceClocks(), ClockOffsets()
        for nth in range(SEVERAL):
            if off > 0:
                clocks.created(2, NOW + nth + off, NOW + nth + SECOND)
            else:
                clocks.answered(2, NOW + nth + off + SECOND, NOW + nth)
            assert (clocks.offset(2) is None) is (nth + 1 < SEVERAL)
        offsets.infer(2, clocks.offset(2))
        (found,) = offsets.disagreements()
        assert not found.offset.is_bounded
        assert abs(found.offset.ahead) == 2 * DAY - SECOND
        assert (found.offset.ahead > 0) is (off > 0)
        assert found.fault is Fault.UNKNOWN


def test_a_clock_that_was_set_right_is_no_longer_said_to_be_wrong() -> None:
    """Old bounds are let go of after a few transfers; while they contradict new ones nothing is said."""
    clocks = SourceClocks()
    for nth in range(SEVERAL):
        clocks.created(2, NOW + nth + 2 * DAY, NOW + nth)
    for nth in range(SEVERAL):
        clocks.answered(2, NOW + HOUR + nth, NOW + HOUR + nth)
        assert clocks.offset(2) is None
    for nth in range(SEVERAL):
        clocks.created(2, NOW + HOUR + nth - MILLISECOND, NOW + HOUR + nth)
    found = clocks.offset(2)
    assert found is not None
    assert not found.is_beyond(TOLERANCE)


def test_what_a_link_has_told_counts_before_what_bundles_say() -> None:
    """A reading is of the clock itself."""
    offsets = ClockOffsets()
    offsets.infer(2, ClockOffset(2 * DAY, UNBOUNDED))
    assert len(offsets.disagreements()) == 1
    offsets.reading(2, "to 2", NOW, NOW, NOW + MILLISECOND)
    assert offsets.disagreements() == []


def test_a_clock_that_is_known_on_one_side_alone_votes_for_none() -> None:
    """It may agree with any that is further ahead."""
    offsets = ClockOffsets()
    offsets.reading(2, "to 2", NOW, NOW + 2 * DAY, NOW)
    offsets.infer(3, ClockOffset(-SECOND, UNBOUNDED))
    offsets.infer(4, ClockOffset(2 * DAY, UNBOUNDED))
    assert {each.fault for each in offsets.disagreements()} == {Fault.UNKNOWN}
