"""The offsets of clocks: what readings and departures tell, and what they can't."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from starlight.dtntime import DAY, HOUR, MILLISECOND, SECOND
from starlight.node.clock_offsets import QUEUE_S, SEVERAL, ClockOffsets, Fault

NOW = 50 * 365 * DAY
OFFSETS = st.integers(-100 * 365 * DAY, 100 * 365 * DAY)
DELAYS = st.integers(0, 30 * SECOND)


def measured(offset: int, there: int = MILLISECOND, back: int = MILLISECOND) -> tuple[int, int, int]:
    """Return a reading of a clock that is ahead, and the way there and back took so long."""
    return NOW, NOW + there + offset, NOW + there + back


@given(OFFSETS, DELAYS, DELAYS)
def test_a_reading_holds_the_true_offset_whatever_the_way_takes(offset: int, there: int, back: int) -> None:
    """The true offset lies in the interval, whose middle is wrong by half the round trip at most."""
    offsets = ClockOffsets()
    offsets.reading(2, "to 2", *measured(offset, there, back))
    found = offsets.offset(2)
    assert found is not None
    assert found.at_least <= offset <= found.at_most
    assert abs(found.ahead - offset) <= found.error <= (there + back) // 2 + 1


@given(OFFSETS, DELAYS, DELAYS)
def test_what_may_agree_is_never_said_to_differ(offset: int, there: int, back: int) -> None:
    """A slow way makes no clock wrong: they differ only where every possible offset is beyond two seconds."""
    offsets = ClockOffsets()
    offsets.reading(2, "to 2", *measured(offset, there, back))
    if offsets.disagreement(2) is not None:
        assert abs(offset) > 2 * SECOND
        assert offsets.correction("to 2") != 0
    else:
        assert abs(offset) <= 2 * SECOND + there + back
        assert offsets.correction("to 2") == 0


@given(
    OFFSETS, st.lists(st.tuples(st.integers(0, 2 * DAY), st.integers(0, HOUR)), min_size=SEVERAL, max_size=8)
)
def test_of_several_departures_the_quickest_counts(offset: int, sent: list[tuple[int, int]]) -> None:
    """Queues only make transfers later: the offset lies in the interval if one of several waited little."""
    offsets = ClockOffsets()
    sent[0] = (QUEUE_S * SECOND // 2, sent[0][1])
    for waited, lasts in sent:
        # Written at once, the last byte said to leave `lasts` later, by a clock that is ahead.
        offsets.departure(2, "to 2", NOW + offset + lasts, lasts, NOW + waited)
    found = offsets.offset(2)
    assert found is not None
    assert found.at_least <= offset <= found.at_most


def test_one_way_tells_nothing_before_there_are_several() -> None:
    """A single late transfer can't tell an offset from a queue."""
    offsets = ClockOffsets()
    for _ in range(SEVERAL - 1):
        offsets.departure(2, "to 2", NOW, 0, NOW + 2 * DAY)
    assert offsets.offset(2) is None
    offsets.departure(2, "to 2", NOW, 0, NOW + 2 * DAY)
    differs = offsets.disagreement(2)
    assert differs is not None
    assert differs.offset.ahead < -DAY


def test_two_clocks_alone_do_not_tell_which_is_wrong() -> None:
    """With one peer whose clock differs either may be wrong."""
    offsets = ClockOffsets()
    offsets.reading(2, "to 2", *measured(2 * DAY))
    assert [each.fault for each in offsets.disagreements()] == [Fault.UNKNOWN]


def test_a_third_clock_that_agrees_with_ours_says_that_theirs_is_wrong() -> None:
    """Two against one: ours and a third."""
    offsets = ClockOffsets()
    offsets.reading(2, "to 2", *measured(2 * DAY))
    offsets.reading(3, "to 3", *measured(SECOND))
    assert [(each.peer, each.fault) for each in offsets.disagreements()] == [(2, Fault.THEIRS)]


def test_peers_that_agree_with_each_other_say_that_ours_is_wrong() -> None:
    """Two against one: both peers against ours."""
    offsets = ClockOffsets()
    offsets.reading(2, "to 2", *measured(-2 * DAY))
    offsets.reading(3, "to 3", *measured(-2 * DAY + SECOND))
    assert [each.fault for each in offsets.disagreements()] == [Fault.OURS, Fault.OURS]


def test_three_clocks_that_all_differ_and_a_draw_name_nobody() -> None:
    """Nobody is named where as many clocks stand against as for it."""
    offsets = ClockOffsets()
    offsets.reading(2, "to 2", *measured(2 * DAY))
    offsets.reading(3, "to 3", *measured(-5 * DAY))
    assert {each.fault for each in offsets.disagreements()} == {Fault.UNKNOWN}
    offsets.reading(3, "to 3", *measured(2 * DAY))
    offsets.reading(4, "to 4", *measured(0))
    assert {each.fault for each in offsets.disagreements()} == {Fault.UNKNOWN}


def test_a_clock_that_was_set_is_believed_at_its_next_reading() -> None:
    """What was known of a clock does not outlast its next reading."""
    offsets = ClockOffsets()
    offsets.reading(2, "to 2", *measured(2 * DAY))
    offsets.reading(2, "to 2", *measured(0))
    assert offsets.disagreements() == []


def test_fast_mission_time_makes_no_clock_wrong() -> None:
    """At 600 times the speed of life 10 ms of a machine are six seconds, and nobody's clock is wrong."""
    offsets = ClockOffsets(600)
    offsets.reading(2, "to 2", *measured(6 * SECOND))
    assert offsets.disagreement(2) is None


def test_what_one_link_tells_changes_no_time_of_another() -> None:
    """Two links say that they are the same peer's: each one's times are corrected by its own word alone."""
    offsets = ClockOffsets()
    offsets.reading(2, "first", *measured(HOUR))
    offsets.reading(2, "second", *measured(-DAY))
    assert abs(offsets.correction("first") - HOUR) <= SECOND
    assert abs(offsets.correction("second") + DAY) <= SECOND
    for _ in range(SEVERAL):
        offsets.departure(2, "third", NOW - 5 * DAY, 0, NOW)
    assert offsets.correction("third") < -4 * DAY
    assert abs(offsets.correction("first") - HOUR) <= SECOND


def test_who_uses_a_peers_name_makes_its_clock_look_wrong_only_while_the_peer_is_away() -> None:
    """Of several links that say to be one peer's, what speaks least against its clock is told."""
    offsets = ClockOffsets()
    offsets.reading(2, "true", *measured(SECOND))
    for lie in (HOUR, -2 * DAY, 60 * 365 * DAY):
        offsets.reading(2, ("liar", lie), *measured(lie))
        for _ in range(SEVERAL):
            offsets.departure(2, ("teller", lie), NOW + lie, 0, NOW)
        assert offsets.disagreements() == []
    offsets.ended("true")
    assert offsets.disagreement(2) is not None
    offsets.reading(2, "true again", *measured(0))
    assert offsets.disagreements() == []


@given(st.dictionaries(st.integers(3, 9), OFFSETS, max_size=5))
def test_no_lie_marks_the_clock_of_a_peer_that_agrees(lies: dict[int, int]) -> None:
    """Whatever any number of others say of theirs, nothing is said of one that agrees with ours."""
    offsets = ClockOffsets()
    offsets.reading(2, "to 2", *measured(SECOND))
    for peer, lie in lies.items():
        offsets.reading(peer, f"to {peer}", *measured(lie))
        offsets.infer(peer, None)
    assert 2 not in [each.peer for each in offsets.disagreements()]
    assert offsets.correction("to 2") == 0


def test_a_link_that_ended_corrects_nothing_and_its_word_stays_for_people() -> None:
    """While a peer is away its status still says how its clock was; its next link begins anew."""
    offsets = ClockOffsets()
    offsets.reading(2, "to 2", *measured(DAY))
    offsets.ended("to 2")
    assert offsets.correction("to 2") == 0
    assert offsets.disagreement(2) is not None
