"""The loop that drives an engine in real time: at which times it hands over what comes late."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from tests.engine.helpers import ROAD, T, came, made
from tests.live.helpers import run, turns

from starlight.dtntime import HOUR, SECOND
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.engine.step import Step
from starlight.live.clock import MissionClock
from starlight.live.engine_loop import LATE_S, STUMBLE_S, Defects, EngineLoop
from starlight.node.actions import Action
from starlight.node.config import NodeConfig
from starlight.node.events import BundleReceived, Event


def times_of(*arrivals: int, now: int, rate: int = 1) -> list[int]:
    """Return when an engine is handed bundles that light brought at some times, and that are seen now."""
    handed: list[int] = []

    def note(at: int, event: Event, answer: list[Action]) -> None:
        if isinstance(event, BundleReceived):
            handed.append(at)

    async def test() -> None:
        host = Host(Node(NodeConfig(3, ROAD)), None, lambda key: b"", note)
        clock = MissionClock(now, rate, standing=True)
        loop = EngineLoop(host, clock, lambda step, at: None, Defects(3))
        loop.start()
        for number, arrives in enumerate(arrivals):
            loop.tell(came(made(sequence=number), arrives=arrives))
        await asyncio.sleep(0)
        loop.stop()

    run(test())
    return handed


def test_a_bundle_is_handed_over_at_the_time_at_which_light_brought_it() -> None:
    """Late by a cable or a disk it still counts as on time; what light has yet to bring comes now."""
    now = T + HOUR
    assert times_of(now - SECOND, now, now + SECOND, now=now) == [now - SECOND, now, now]


def test_a_process_that_was_stopped_does_not_act_out_the_time_that_it_missed() -> None:
    """What came an hour ago is handed over as if it were as late as a machine may be, by its wall."""
    now = T + HOUR
    assert times_of(T, now=now) == [now - round(LATE_S * SECOND)]
    assert times_of(T, now=now, rate=600) == [now - round(LATE_S * SECOND * 600)]


class Broken(Host):
    """A host that has something due at once, and breaks whenever it is to do it."""

    tries = 0

    def next_wakeup(self) -> int | None:
        """Return a time that has passed."""
        return T

    def step(self, happened: Iterable[Event], now: int) -> Step:
        """Break."""
        self.tries += 1
        raise ValueError("a defect")


class StandingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time goes on when a test says so."""

    seconds = 0.0

    def time(self) -> float:
        """Return the time of the test."""
        return self.seconds


def test_a_timer_whose_handling_broke_rests() -> None:
    """A defect fills a log, not a processor: what is due at once is tried again after a second."""

    async def test() -> None:
        host = Broken(Node(NodeConfig(3, ROAD)), None, lambda key: b"")
        loop = EngineLoop(host, MissionClock(T + HOUR), lambda step, at: None, Defects(3))
        loop.start()
        loop.catch_up()
        tries = []
        for wall.seconds in (0.0, STUMBLE_S * 0.99, STUMBLE_S * 1.01, STUMBLE_S * 1.99, STUMBLE_S * 2.03):
            await turns()
            tries.append(host.tries)
        loop.stop()
        assert tries == [1, 1, 2, 2, 3]

    wall = StandingLoop()
    with asyncio.Runner(loop_factory=lambda: wall) as runner:
        runner.run(test())
