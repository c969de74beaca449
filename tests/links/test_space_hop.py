"""The space hop: LTP's contract for whole bundles, in virtual time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from starlight.dtntime import MINUTE, SECOND
from starlight.links.space import Acknowledged, Arrived, Failed, LastByteLeft, SpaceEvent, SpaceHop

LIGHT = 1004 * SECOND  # about Earth to Mars on 2050-01-01


def open_always(time: int) -> tuple[int, int]:
    """The way back of a link whose other direction is always open."""
    return time, time + LIGHT


def windows(*pairs: tuple[int, int]) -> Callable[[int], tuple[int, int] | None]:
    """Return the way back of a link whose other direction is open in some intervals."""

    def way_back(time: int) -> tuple[int, int] | None:
        for start, end in pairs:
            if time <= end:
                leaves = max(start, time)
                return leaves, leaves + LIGHT
        return None

    return way_back


def run(hop: SpaceHop, *, until: int = 10**18, answer: str | None = "acknowledge") -> list[SpaceEvent]:
    """Let time pass; answer what arrives at once, or not at all."""
    events: list[SpaceEvent] = []
    while (now := hop.next_wakeup()) is not None and now <= until:
        fresh = hop.handle_timer(now)
        events += fresh
        for event in fresh:
            if isinstance(event, Arrived):
                if answer == "acknowledge":
                    hop.acknowledge(event.transfer, now)
                elif answer:
                    hop.refuse(event.transfer, answer, now)
    return events


def test_there_and_back_takes_two_light_times() -> None:
    """Data arrive when their last byte reaches the receiver; the acknowledgement one light time after
    that."""
    hop = SpaceHop(open_always)
    number = hop.send("a", 10, 20, 20 + LIGHT)
    assert hop.in_flight == 1
    assert hop.next_wakeup() == 20 + LIGHT
    assert hop.handle_timer(20 + LIGHT - 1) == []
    assert hop.handle_timer(20 + LIGHT) == [Arrived(number, "a", 20 + LIGHT)]
    hop.acknowledge(number, 20 + LIGHT)
    assert hop.handle_timer(20 + 2 * LIGHT - 1) == []
    assert hop.handle_timer(20 + 2 * LIGHT) == [Acknowledged(number, "a", 20 + 2 * LIGHT)]
    assert hop.in_flight == 0


def test_many_are_in_flight_in_order() -> None:
    """Transfers follow each other without waiting for acknowledgements."""
    hop = SpaceHop(open_always, max_in_flight=100)
    for i in range(100):
        hop.send(f"k{i}", i, i + 1, i + 1 + LIGHT)
    assert hop.free == 0
    events = run(hop)
    assert [event.key for event in events if isinstance(event, Arrived)] == [f"k{i}" for i in range(100)]
    assert [event.key for event in events if isinstance(event, Acknowledged)] == [f"k{i}" for i in range(100)]
    assert [event.time for event in events] == sorted(event.time for event in events)
    assert hop.free == 100


@pytest.mark.parametrize(
    ("cut", "eaten"),
    [
        ((0, 9), False),
        ((0, 10), True),
        ((12, 13), True),
        ((20, 99), True),
        ((21, 10**15), False),
        ((0, 99), True),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_a_cut_eats_what_leaves_during_it(cut: tuple[int, int], eaten: bool, before: bool) -> None:
    """ "What has left is in flight": a cut after the last byte stops nothing; both its ends belong to it."""
    hop = SpaceHop(open_always, patience=MINUTE)
    if before:
        hop.cut(*cut)
    number = hop.send("a", 10, 20, 20 + LIGHT)
    if not before:
        hop.cut(*cut)
    events = run(hop)
    if eaten:
        known = 20 + 2 * LIGHT + MINUTE
        assert events == [Failed(number, "a", known, "no acknowledgement came in time")]
    else:
        assert [type(event) for event in events] == [Arrived, Acknowledged]
    assert hop.in_flight == 0


def test_what_is_lost_does_not_arrive() -> None:
    """A transfer that noise, or a receiver that is down, swallows fails when its report is overdue."""
    hop = SpaceHop(open_always)
    number = hop.send("a", 0, 0, LIGHT)
    hop.lose(number)
    hop.lose(99)
    assert [type(event) for event in run(hop)] == [Failed]


def test_a_receiver_that_dies_before_it_stores_acknowledges_nothing() -> None:
    """Without a report the sender gives up: it still has the bundle."""
    hop = SpaceHop(open_always)
    hop.send("a", 0, 0, LIGHT)
    assert [type(event) for event in run(hop, answer=None)] == [Arrived, Failed]


def test_a_refusal_takes_light_time_too() -> None:
    """What the receiver does not want fails as refused, one light time later, with its word."""
    hop = SpaceHop(open_always)
    number = hop.send("a", 0, 0, LIGHT)
    events = run(hop, answer="not acceptable")
    assert events[-1] == Failed(number, "a", 2 * LIGHT, "not acceptable", refused=True)


def test_the_report_waits_for_the_way_back() -> None:
    """RFC 5326 suspends its timers while a link is closed (6.5, 6.6): the sender waits as the plan says."""
    opens = 100 * LIGHT
    hop = SpaceHop(windows((opens, opens + MINUTE)))
    hop.send("a", 0, 0, LIGHT)
    events = run(hop)
    assert [type(event) for event in events] == [Arrived, Acknowledged]
    assert events[-1].time == opens + LIGHT


def test_without_a_way_back_it_fails() -> None:
    """Where no report can ever come the sender gives up after its patience, and the receiver has it all
    the same."""
    hop = SpaceHop(windows(), patience=MINUTE)
    hop.send("a", 0, 0, LIGHT)
    events = run(hop)
    assert [type(event) for event in events] == [Arrived, Failed]
    assert events[-1].time == LIGHT + MINUTE


def test_a_way_back_that_closes_meanwhile_is_asked_again() -> None:
    """A report that is due to leave asks the way back anew, since a storm may have come between."""
    opens = [(10 * LIGHT, 20 * LIGHT)]
    hop = SpaceHop(lambda time: windows(*opens)(time))
    hop.send("a", 0, 0, LIGHT)
    assert [type(event) for event in run(hop, until=2 * LIGHT)] == [Arrived]
    opens[0] = (10 * LIGHT + 10 * SECOND, 20 * LIGHT)
    events = run(hop)
    assert [type(event) for event in events] == [Acknowledged]
    assert events[0].time == 11 * LIGHT + 10 * SECOND
    # When the storm lasts longer than the sender's patience, it gives up; the late report is for nobody.
    opens[0] = (0, 20 * LIGHT)
    hop.send("b", 12 * LIGHT, 12 * LIGHT, 13 * LIGHT)
    opens[0] = (30 * LIGHT, 40 * LIGHT)
    events = run(hop)
    assert [type(event) for event in events] == [Arrived, Failed]
    assert events[-1].time == 14 * LIGHT + MINUTE
    assert hop.next_wakeup() is None


def test_a_report_in_the_instant_of_giving_up_counts() -> None:
    """Of two things at the same instant, the acknowledgement comes first."""
    hop = SpaceHop(open_always, patience=MINUTE)
    number = hop.send("a", 0, 0, LIGHT)
    hop.handle_timer(LIGHT)
    hop.acknowledge(number, LIGHT + MINUTE)
    assert [type(event) for event in run(hop)] == [Acknowledged]


def test_a_report_after_giving_up_is_for_nobody() -> None:
    """A commit that takes too long acknowledges what the sender has given up: it is ignored."""
    hop = SpaceHop(open_always)
    number = hop.send("a", 0, 0, LIGHT)
    assert [type(event) for event in run(hop, answer=None)] == [Arrived, Failed]
    hop.acknowledge(number, 10 * LIGHT)
    hop.refuse(number, "late", 10 * LIGHT)
    assert hop.next_wakeup() is None


def test_a_one_way_transfer_ends_when_it_has_left() -> None:
    """On a one-way hop "sent" is all that is ever known; the data arrive all the same."""
    hop = SpaceHop(windows())
    number = hop.send("a", 0, 5, 5 + LIGHT, one_way=True)
    assert run(hop) == [LastByteLeft(number, "a", 5), Arrived(number, "a", 5 + LIGHT)]
    assert hop.in_flight == 0
    eaten = hop.send("b", 10, 15, 15, one_way=True)
    hop.cut(12, 12)
    assert run(hop) == [LastByteLeft(eaten, "b", 15)]
    close = hop.send("c", 20, 25, 25, one_way=True)
    assert run(hop) == [LastByteLeft(close, "c", 25), Arrived(close, "c", 25)]


def test_what_we_do_wrong_raises() -> None:
    """Times out of order, too many in flight, and reports of what has not arrived are our own faults."""
    hop = SpaceHop(open_always, max_in_flight=1)
    for times in ((2, 1, 3), (1, 3, 2)):
        with pytest.raises(ValueError, match="leaves"):
            hop.send("a", *times)
    number = hop.send("a", 0, 0, LIGHT)
    with pytest.raises(RuntimeError, match="in flight"):
        hop.send("b", 0, 0, LIGHT)
    with pytest.raises(ValueError, match="has not arrived"):
        hop.acknowledge(number, 0)
    with pytest.raises(ValueError, match="there is no transfer"):
        hop.acknowledge(7, 0)
    hop.handle_timer(LIGHT)
    hop.acknowledge(number, LIGHT)
    with pytest.raises(ValueError, match="has had its report"):
        hop.refuse(number, "twice", LIGHT)


times = st.integers(0, 1000)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    sends=st.lists(st.tuples(times, st.integers(0, 50), st.integers(0, 500), st.booleans()), max_size=20),
    cuts=st.lists(st.tuples(times, times), max_size=5),
    opens=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 2000)), max_size=4),
    answers=st.lists(st.sampled_from(["acknowledge", "no", None]), min_size=20, max_size=20),
)
def test_every_transfer_has_one_end(
    sends: list[tuple[int, int, int, bool]],
    cuts: list[tuple[int, int]],
    opens: list[tuple[int, int]],
    answers: list[str | None],
) -> None:
    """Every transfer ends in exactly one of acknowledged, failed or (one-way) sent, and arrives at most
    once."""
    way_back = windows(*sorted((start, start + length) for start, length in opens))
    hop = SpaceHop(way_back, patience=300)
    for start, end in cuts:
        hop.cut(min(start, end), max(start, end))
    for index, (leaves, lasts, light, one_way) in enumerate(sends):
        hop.send(str(index), leaves, leaves + lasts, leaves + lasts + light, one_way=one_way)
    events: list[SpaceEvent] = []
    while (now := hop.next_wakeup()) is not None:
        for event in hop.handle_timer(now):
            events.append(event)
            answer = answers[event.transfer]
            if isinstance(event, Arrived) and answer == "acknowledge":
                hop.acknowledge(event.transfer, now)
            elif isinstance(event, Arrived) and answer:
                hop.refuse(event.transfer, answer, now)
    for index, (leaves, lasts, _, one_way) in enumerate(sends):
        mine = [event for event in events if event.transfer == index]
        ends = [event for event in mine if not isinstance(event, Arrived)]
        assert len(ends) == 1
        assert isinstance(ends[0], LastByteLeft) == one_way
        eaten = any(min(cut) <= leaves + lasts and leaves <= max(cut) for cut in cuts)
        assert len(mine) - 1 == (not eaten)
    assert hop.in_flight == 0
    assert [event.time for event in events] == sorted(event.time for event in events)
