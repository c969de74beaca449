"""What the engine is told of transfers, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec

from msgspec.structs import replace
from tests.live.helpers import START, both_ways

from starlight.dtntime import SECOND
from starlight.links import Refusal, TransferAcknowledged, TransferRefused, TransferSent
from starlight.live.clock import MissionClock, MissionTimers
from starlight.neighbours.light import Light
from starlight.neighbours.link_status import Tally
from starlight.neighbours.outcomes import RETRY_S, TransferOutcomes
from starlight.node import events
from starlight.node.actions import Transmit
from starlight.node.events import Event, TransmissionFailed

P = ParamSpec("P")

PLAN = both_ways((1, 2, 4.0))
SENT = Transmit("a", 2, 1, START, START, START, None, False)


class NotingTimers(MissionTimers):
    """Timers that note what is planned, and when."""

    def __init__(self, clock: MissionClock) -> None:
        super().__init__(clock)
        self.planned: list[tuple[int, Callable[[], None]]] = []
        self.by_wall: list[tuple[float, Callable[[], None]]] = []

    def at(self, mission: int, call: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Note a call."""
        self.planned.append((mission, lambda: call(*args, **kwargs)))

    def after_s(self, seconds: float, call: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Note a call by the wall."""
        self.by_wall.append((seconds, lambda: call(*args, **kwargs)))


def test_want_of_room_is_told_a_second_of_the_wall_later() -> None:
    """It is a machine that lacks room, and it frees none sooner because the mission's time is fast."""
    for rate in (1, 600):
        told: list[Event] = []
        clock = MissionClock(START, rate, standing=True)
        timers = NotingTimers(clock)
        outcomes = TransferOutcomes(1, clock, Light(PLAN), timers, told.append, lambda _: Tally())
        outcomes.take(SENT, TransferRefused(0, Refusal.NO_RESOURCES))
        assert told == []
        assert timers.planned == []
        ((seconds, call),) = timers.by_wall
        assert seconds == RETRY_S
        call()
        assert told == [TransmissionFailed("a", 2, "no resources", False)]


def test_what_is_never_answered_is_sent_and_known_at_once() -> None:
    """A link that does not acknowledge tells that it left; so does any link where the contact is one-way."""
    told: list[Event] = []
    clock = MissionClock(START, standing=True)
    tally = Tally()
    outcomes = TransferOutcomes(1, clock, Light(PLAN), NotingTimers(clock), told.append, lambda _: tally)
    outcomes.take(SENT, TransferSent(0))
    outcomes.take(replace(SENT, one_way=True), TransferAcknowledged(1))
    assert told == [events.TransmissionSent("a", 2)] * 2
    outcomes.take(SENT, TransferAcknowledged(2))
    assert told[2:] == [events.TransmissionAcknowledged("a", 2, START + 4 * SECOND)]
    assert (tally.acknowledged, tally.failed) == (2, 0)


def test_over_a_cut_nobody_can_know_what_is_never_answered() -> None:
    """What would have been answered fails when its answer would have come; the rest has left, for all we
    know."""
    told: list[Event] = []
    clock = MissionClock(START, standing=True)
    timers = NotingTimers(clock)
    outcomes = TransferOutcomes(1, clock, Light(PLAN), timers, told.append, lambda _: Tally())
    later = replace(SENT, last_byte=START + SECOND, reaches=START + 5 * SECOND)
    outcomes.eaten(later, acknowledged=True)
    outcomes.eaten(later, acknowledged=False)
    outcomes.eaten(replace(later, one_way=True), acknowledged=True)
    assert [time - START for time, _ in timers.planned] == [9 * SECOND, SECOND, SECOND]
    for _, call in timers.planned:
        call()
    assert told == [TransmissionFailed("a", 2, "the link is cut"), *[events.TransmissionSent("a", 2)] * 2]
