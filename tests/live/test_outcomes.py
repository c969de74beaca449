"""What the engine is told of transfers, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec

from tests.live.helpers import START, both_ways

from starlight.dtntime import SECOND
from starlight.links import Refusal
from starlight.live.clock import MissionClock, MissionTimers
from starlight.live.light import Light
from starlight.live.outcomes import RETRY_S, TransferOutcomes
from starlight.node.actions import Transmit
from starlight.node.events import Event, TransferFailed

P = ParamSpec("P")

SENT = Transmit("a", 2, 1, START, START, START, None, False)


class NotingTimers(MissionTimers):
    """Timers that note what is planned, and when."""

    def __init__(self, clock: MissionClock) -> None:
        super().__init__(clock)
        self.planned: list[tuple[int, Callable[[], None]]] = []

    def at(self, mission: int, call: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Note a call."""
        self.planned.append((mission, lambda: call(*args, **kwargs)))


def test_want_of_room_is_told_a_second_of_the_wall_later() -> None:
    """It is a machine that lacks room, and it frees none sooner because the mission's time is fast."""
    for rate in (1, 600):
        told: list[Event] = []
        clock = MissionClock(START, rate, standing=True)
        timers = NotingTimers(clock)
        outcomes = TransferOutcomes(1, clock, Light(both_ways((1, 2, 4.0))), timers, told.append)
        outcomes.refused(SENT, Refusal.NO_RESOURCES)
        assert told == []
        ((time, call),) = timers.planned
        assert time == START + round(RETRY_S * SECOND) * rate
        call()
        assert told == [TransferFailed("a", 2, "no resources", False)]
