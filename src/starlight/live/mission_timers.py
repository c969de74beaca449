"""Calls at mission times, while a node's links are open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec

from starlight.live.clock import MissionClock

_P = ParamSpec("_P")


class MissionTimers:
    """Calls that are planned and can all be called off at once.

    Args:
        clock: mission time.
    """

    def __init__(self, clock: MissionClock) -> None:
        self._clock = clock
        self._timers: dict[asyncio.TimerHandle, None] = {}  # a dict, because a set has no order

    def at(self, mission: int, call: Callable[_P, None], *args: _P.args, **kwargs: _P.kwargs) -> None:
        """Call at a mission time, in ns, or in the next turn of the loop where it has passed."""

        def due() -> None:
            del self._timers[timer]
            call(*args, **kwargs)

        delay = self._clock.wall_delay_s(mission)
        timer = asyncio.get_running_loop().call_later(delay, due)
        self._timers[timer] = None

    def cancel(self) -> None:
        """Call nothing of what is planned."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
