"""The loop that drives the engine in real time: one batch for each turn of the event loop.

A driver in real time is always a little late: a timer, a cable, a commit. Were the engine told the wall's
time of each, a mission at 600 times the speed of life would be some seconds of its own late, and no
prediction would hold. So each deadline, and each bundle that light has brought, is handed over at its own
time; the engine can't tell that it was late. But not without end: a process that was stopped for an hour
must not act out that hour as if it had been there, so it goes on from `LATE_S` before it woke.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from starlight.engine.host import Host
from starlight.engine.step import Step
from starlight.live.clock import MissionClock
from starlight.node.actions import Outward, Refuse
from starlight.node.events import BundleReceived, Event
from starlight.node.store import Write

_LOG = logging.getLogger(__name__)

LATE_S = 2.0
"""Seconds of the wall by which a timer, a cable or a disk of this machine may be late and what they
bring still counts as on time. A process that was stopped for longer goes on from when it woke."""
STUMBLE_S = 1.0
"""How long a timer rests whose handling broke, so that a defect fills a log, not a processor."""
LONGEST_TIMER_S = 3_600.0
"""Timers are re-armed at least hourly, because the loop's clock and the wall's may drift apart."""


class Defects:
    """Counts the defects of our own that broke something at one node, loudly, and survives them.

    A node carries other people's letters, so what breaks costs itself alone: the rest of a batch has a right
    to be done. The count is in the status, that nobody takes such a node for a sound one.

    Args:
        node: its number, for the log.
    """

    def __init__(self, node: int) -> None:
        self.count = 0
        self._node = node

    def note(self, what: str) -> None:
        """Log the exception that is being handled."""
        self.count += 1
        _LOG.exception("node %d: %s", self._node, what)


class EngineLoop:
    """Gathers what happens and hands it to the engine, together with what is due.

    Args:
        host: the engine and its application.
        clock: mission time.
        commit: takes each step, and the mission time at which it was made.
        defects: told what breaks.

    Attributes:
        received: how many bundles came over links.
    """

    def __init__(
        self, host: Host, clock: MissionClock, commit: Callable[[Step, int], None], defects: Defects
    ) -> None:
        self.received = 0
        self._host = host
        self._clock = clock
        self._commit = commit
        self._defects = defects
        self._happened: list[Event] = []
        self._running = self._awake = self._stumbled = False
        self._timer: asyncio.TimerHandle | None = None
        self._unsubscribe = clock.subscribe(self._rate_changed)

    def start(self) -> None:
        """Begin to handle what happens."""
        self._running = True

    def stop(self) -> None:
        """Handle nothing any more."""
        self._running = False
        self._unsubscribe()
        if self._timer:
            self._timer.cancel()

    def tell(self, event: Event) -> None:
        """Take an event; it is handled before this turn of the loop is over, with all others of the turn."""
        self._happened.append(event)
        self.wake()

    def wake(self) -> None:
        """Look for what is due before this turn of the loop is over, as a reader may have found damage."""
        if not self._awake and self._running:
            self._awake = True
            asyncio.get_running_loop().call_soon(self.catch_up)

    def catch_up(self) -> None:
        """Handle what has happened and what is due, and set the timer for what is due next."""
        self._awake = False
        if not self._running:
            return
        happened, self._happened = self._happened, []
        self._stumbled = False
        now = self._clock.now()  # once, so that a batch has one time, and a record of it replays
        due = self._host.next_wakeup()
        if happened or (due is not None and due <= now):
            self._commit(self._step(happened, now), now)
        self.arm()

    def arm(self) -> None:
        """Set the one timer for the engine's and the application's next deadline."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        due = self._host.next_wakeup()
        if due is not None:
            delay = min(self._clock.wall_delay_s(due), LONGEST_TIMER_S)
            if self._stumbled:
                delay = max(delay, STUMBLE_S)
            self._timer = asyncio.get_running_loop().call_later(delay, self.catch_up)

    def _rate_changed(self) -> None:
        if self._running:
            self.arm()

    def _step(self, happened: Sequence[Event], now: int) -> Step:
        """Handle what is due, then a batch; each at its own time, if that is late by `LATE_S` at most.

        What is due comes first: a window that closed a millisecond ago was closed when the bundle came.
        An event that breaks the engine is logged, refused, and costs only itself.
        """
        writes: list[Write] = []
        outward: list[Outward] = []
        at = earliest = self._clock.ago(LATE_S)
        while at < now and (due := self._host.next_wakeup()) is not None and due <= now:
            # Not after what was just handled: it is too late for `LATE_S`, or a deadline that is due
            # again at once. At `now` it ends the loop, which otherwise might turn for ever.
            at = now if due <= at else due
            if not self._try((), at, writes, outward):
                self._stumbled = True
                break
        for event in happened:
            at = now
            if isinstance(event, BundleReceived):
                self.received += 1
                at = max(earliest, min(event.arrives, now))
            handled = self._try((event,), at, writes, outward)
            if not handled and isinstance(event, BundleReceived) and event.transfer is not None:
                # Unanswered it would hold its place in the session, and the peer's memory, for ever.
                outward.append(Refuse(event.peer, event.transfer, "not acceptable"))
        return Step(writes, outward)

    def _try(self, happened: Sequence[Event], at: int, writes: list[Write], outward: list[Outward]) -> bool:
        """Let the host make a step and gather what it answers; return False if a defect broke it."""
        try:
            step = self._host.step(happened, at)
        except Exception:
            what = type(happened[0]).__name__ if happened else "what was due"
            self._defects.note(f"handling {what} broke")
            return False
        writes += step.writes
        outward += step.outward
        return True
