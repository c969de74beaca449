"""From step to outward action, by way of the disk: nothing leaves before what it depends on is durable.

Persist before you acknowledge, and before you transmit. Each step's writes go to the thread that commits, and
its outward actions wait until that has them on the disk; meanwhile the loop handles the next batch. Order is
kept throughout: a step without writes waits behind those before it, because its actions may speak of theirs.
A commit that failed is unknown, not undone: nothing of it is acknowledged or sent, and the node stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from starlight.engine.step import Step
from starlight.errors import DiskFullError, StoreError
from starlight.live.batch_commit import BatchCommitter
from starlight.live.clock import MissionClock
from starlight.node.actions import Outward
from starlight.store.contract import Store

STAMP_S = 1.0
"""How often mission time is committed when nothing else is, where it stops with its process: what a crash
can set the clock back by."""


class _Sequel(msgspec.Struct, frozen=True, gc=False):
    """The rest of a step, done once its writes are committed."""

    outward: list[Outward]
    changed: bool
    safe: asyncio.Future[None] | None


class CommitPipeline:
    """Commits the steps of one node and hands their outward actions on.

    Args:
        store: what is committed to.
        clock: mission time, which is committed, too.
        committed: takes the outward actions that are safe now, in order, and whether anything was written.
        broken: told once when the store refused; nothing is handed on afterwards.
        stalled: told the error each time the store has no room, and None once it has some again.
    """

    def __init__(
        self,
        store: Store,
        clock: MissionClock,
        committed: Callable[[list[Outward], bool], None],
        broken: Callable[[Exception], None],
        stalled: Callable[[Exception | None], None],
    ) -> None:
        self._clock = clock
        self._committed = committed
        self._committer: BatchCommitter[_Sequel] = BatchCommitter(store, self._hand_on, broken, self._stall)
        self._stalled = stalled
        self._stamp: asyncio.TimerHandle | None = None
        self._promises: dict[asyncio.Future[None], None] = {}

    @property
    def pending(self) -> int:
        """Return how many steps are not committed yet."""
        return self._committer.pending

    @property
    def commits(self) -> int:
        """Return how many transactions there were."""
        return self._committer.commits

    def start(self) -> None:
        """Start the thread that commits."""
        self._committer.start(asyncio.get_running_loop())

    def submit(self, step: Step, now: int) -> None:
        """Commit a step that was made at a mission time, in ns."""
        self._submit(step, now, None)

    async def durable(self, step: Step, now: int) -> None:
        """Commit a step, and return once it, and all before it, is durable.

        Raises:
            DiskFullError: there is no room now; it is tried again.
            StoreError: the disk refused.
        """
        safe = asyncio.get_running_loop().create_future()
        self._promises[safe] = None
        self._submit(step, now, safe)
        try:
            await safe
        finally:
            self._promises.pop(safe, None)

    def stamp_time(self) -> None:
        """Commit mission time now, and each `STAMP_S` from now on where it stops with its process.

        Where it goes on by itself, nothing is written again: an idle node is quiet.
        """
        self._commit_time()
        if self._clock.follows_day:
            return
        self._stamp = asyncio.get_running_loop().call_later(STAMP_S, self.stamp_time)

    async def stop(self) -> None:
        """Commit what was submitted, and mission time, and end the thread."""
        self._stop_stamps()
        self._commit_time()
        # Joined in another thread, because what it commits it hands back to this loop.
        await asyncio.get_running_loop().run_in_executor(None, self._committer.stop)

    def fail(self, error: StoreError) -> None:
        """Give up: raise an error from every `durable` that still waits."""
        self._stop_stamps()
        for safe in list(self._promises):
            if not safe.done():
                safe.set_exception(error)

    def _stall(self, error: Exception | None) -> None:
        """Let nobody wait for a disk that is full: what they asked for is held, but not durable."""
        self._stalled(error)
        for safe in list(self._promises) if error else ():
            if not safe.done():
                told = f"{error}. What was asked is in memory only until there is room, and is then kept"
                safe.set_exception(DiskFullError(told))

    def _submit(self, step: Step, now: int, safe: asyncio.Future[None] | None) -> None:
        sequel = _Sequel(step.outward, bool(step.writes), safe)
        # Past the thread only where nothing is before it, or an acknowledgement would overtake its commit.
        if step.writes or self._committer.pending:
            self._committer.submit(step.writes, now, sequel)
        elif step.outward or safe:
            self._hand_on([sequel])

    def _hand_on(self, sequels: list[_Sequel]) -> None:
        outward = [action for sequel in sequels for action in sequel.outward]
        self._committed(outward, any(sequel.changed for sequel in sequels))
        for sequel in sequels:
            # It is done already where the waiting task was cancelled.
            if sequel.safe is not None and not sequel.safe.done():
                sequel.safe.set_result(None)

    def _commit_time(self) -> None:
        self._committer.submit([], self._clock.now(), _Sequel([], False, None), stamp=True)

    def _stop_stamps(self) -> None:
        if self._stamp:
            self._stamp.cancel()
