"""The thread that commits: one transaction for all that came while the last one was under way.

The event loop hands over the writes of each step and goes on; when they are durable the
loop is told, in order. Group commit makes the cost of a sync fall with the load: the more
steps wait, the more share one.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from starlight.errors import DiskFullError
from starlight.node.store import Write
from starlight.store.contract import Store

GROUP_WRITES = 20_000
"""The most writes in one transaction: some 50 ms of work, so that a flood of bundles does not
hold back the acknowledgement of the first."""

RETRY_S = 1.0
"""How long a full disk is left alone before a commit is tried again, in seconds of the wall."""

Sequel = TypeVar("Sequel")


class _Batch(Generic[Sequel]):
    """Steps that are committed in one transaction."""

    def __init__(self) -> None:
        self.writes: list[Write] = []
        self.sequels: list[Sequel] = []
        self.now = 0  # mission time of the last step, in ns
        self.held = 0  # the store's mark of the last body among the writes
        self.stamp = False


class BatchCommitter(Generic[Sequel]):
    """Commits steps in order, many at a time, and hands their sequels back to the loop.

    Args:
        store: written to by this thread alone.
        done: called with the sequels of one commit, in the order of `submit`.
        failed: called once when the store refused, or by a defect; nothing is committed or handed
            back afterwards.
        stalled: called with each error when the store has no room, and with None when it has some again.
    """

    def __init__(
        self,
        store: Store,
        done: Callable[[list[Sequel]], None],
        failed: Callable[[Exception], None],
        stalled: Callable[[Exception | None], None],
    ) -> None:
        self.commits = 0
        self._store = store
        self._loop: asyncio.AbstractEventLoop
        self._done = done
        self._failed = failed
        self._stalled = stalled
        self._queue: deque[tuple[Sequence[Write], int, int, bool, Sequel]] = deque()
        # Changed on the loop only, when steps are submitted and handed back, so it needs no lock.
        self._pending = 0
        self._stopping = False
        self._wake = threading.Condition()
        # A daemon thread, so that a process which ends without `stop` does not hang on it.
        self._thread = threading.Thread(target=self._run, name="starlight store", daemon=True)

    @property
    def pending(self) -> int:
        """Return how many steps are not yet committed, by the loop's count."""
        return self._pending

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the thread; `done` and `failed` are called on this loop."""
        self._loop = loop
        self._thread.start()

    def submit(self, writes: Sequence[Write], now: int, sequel: Sequel, *, stamp: bool = False) -> None:
        """Queue the writes of a step, readable through `Store.body` at once.

        Args:
            writes: may be empty; the sequel then only waits for what was submitted before.
            now: mission time, in ns.
            sequel: handed to `done` after the commit.
            stamp: commit `now` even when there is nothing else to commit.
        """
        writes = [*writes, *self._store.left_over(writes)]
        # Readable before it is durable, because the next step may forward what this one has taken.
        held = self._store.hold(writes) if writes else 0
        self._pending += 1
        with self._wake:
            self._queue.append((writes, now, held, stamp, sequel))
            self._wake.notify()

    def stop(self) -> None:
        """Commit what is queued and end the thread; the sequels still come through the loop."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while (batch := self._take_batch()) is not None:
            try:
                self._commit_when_there_is_room(batch)
            except Exception as error:
                # Not tried again: after a failed sync the system may have dropped what was not written, and
                # the next sync would succeed without it.
                self._call(self._failed, error)
                return
            self._call(self._hand_back, batch.sequels)

    def _commit_when_there_is_room(self, batch: _Batch[Sequel]) -> None:
        """Commit a batch; where the disk is full again and again, with what has come meanwhile.

        Nothing of it is kept that is not committed whole, so it may be tried again; what has come meanwhile
        may let go of bodies, which makes room. At the end of the process it is tried once.
        """
        stalled = False
        while True:
            try:
                self._commit_batch(batch)
            except DiskFullError as error:
                self._call(self._stalled, error)
                stalled = True
                with self._wake:
                    if self._stopping or self._wake.wait_for(lambda: self._stopping, RETRY_S):
                        raise
                    self._add_queued(batch)
            else:
                if stalled:
                    self._call(self._stalled, None)
                return

    def _take_batch(self) -> _Batch[Sequel] | None:
        """Wait for steps and take those that are queued, up to `GROUP_WRITES`; None to end the thread."""
        # Only the taking is done under the lock: a commit under it would stop the loop at its next `submit`.
        with self._wake:
            while not self._queue and not self._stopping:
                self._wake.wait()
            if not self._queue:
                return None  # what was queued before `stop` is committed first
            batch = _Batch[Sequel]()
            self._add_queued(batch)
        return batch

    def _add_queued(self, batch: _Batch[Sequel]) -> None:
        """Add steps that are queued to a batch, up to `GROUP_WRITES`, under the lock."""
        while self._queue and len(batch.writes) < GROUP_WRITES:
            writes, batch.now, mark, stamp, sequel = self._queue.popleft()
            batch.writes += writes
            batch.stamp = batch.stamp or stamp
            batch.held = max(batch.held, mark)
            batch.sequels.append(sequel)

    def _commit_batch(self, batch: _Batch[Sequel]) -> None:
        # Steps that only wait for their turn cost no sync.
        if batch.writes or batch.stamp:
            self._store.commit(batch.writes, now=batch.now, held=batch.held)
            self.commits += 1

    def _hand_back(self, sequels: list[Sequel]) -> None:
        self._pending -= len(sequels)
        self._done(sequels)

    def _call(self, what: Callable[..., None], argument: object) -> None:
        if not self._loop.is_closed():  # at the end of a process nobody is left to be told
            self._loop.call_soon_threadsafe(what, argument)
