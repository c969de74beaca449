"""Group commit: order, sharing of commits, and what is readable meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.live.helpers import PATIENCE_S, run

from starlight.errors import DiskFullError, InputError, StoreError
from starlight.live import batch_commit
from starlight.live.batch_commit import BatchCommitter
from starlight.live.journal import Journal
from starlight.node.actions import Forget, Persist
from starlight.node.events import Remembered
from starlight.node.store import Write
from starlight.store.sqlite_store import SqliteStore


class Slow(SqliteStore):
    """A store whose first commit waits, as on a busy disk, until it is let go."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.go_on = threading.Event()
        self.begun = threading.Event()

    def commit(self, writes: Sequence[Write], *, now: int | None = None, held: int = 0) -> None:
        """Commit when let go."""
        self.begun.set()
        assert self.go_on.wait(PATIENCE_S)
        super().commit(writes, now=now, held=held)


class Marking(Slow):
    """A slow store that notes up to which mark each commit lets go of what is held."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.marks: list[int] = []

    def commit(self, writes: Sequence[Write], *, now: int | None = None, held: int = 0) -> None:
        """Note the mark, and commit when let go."""
        self.marks.append(held)
        super().commit(writes, now=now, held=held)


def test_what_came_during_a_commit_shares_the_next_one_in_order(tmp_path: Path) -> None:
    """A writer thread commits batch n while the engine handles n + 1; sequels come in order."""

    async def test() -> None:
        store = Slow(tmp_path)
        done: list[object] = []
        finished = asyncio.Event()

        def hand_back(sequels: Sequence[object]) -> None:
            done.extend(sequels)
            if 20 in done:
                finished.set()

        writer = BatchCommitter(store, hand_back, done.append, done.append)
        writer.start(asyncio.get_running_loop())
        writer.submit([Persist("0", b"body 0", b"m")], 1000, 0)
        await asyncio.get_running_loop().run_in_executor(None, store.begun.wait)
        for number in range(1, 20):
            writer.submit([Persist(str(number), b"body %d" % number, b"m")], 1000 + number, number)
        writer.submit([], 1020, 20)
        assert done == []
        assert writer.pending == 21
        assert store.body("19") == b"body 19"  # held, and not yet committed
        store.go_on.set()
        await finished.wait()
        assert done == list(range(21))
        assert writer.commits == 2
        assert writer.pending == 0
        assert store.mission_time() == 1020
        await asyncio.get_running_loop().run_in_executor(None, writer.stop)
        store.close()

    run(test())


def test_a_step_that_writes_nothing_takes_nothing_from_its_batch(tmp_path: Path) -> None:
    """A batch lets go of every body that it holds, and keeps the time, though its last step wrote nothing."""

    async def test() -> None:
        store = Marking(tmp_path)
        done: list[object] = []
        finished = asyncio.Event()

        def hand_back(sequels: Sequence[object]) -> None:
            done.extend(sequels)
            if "nothing" in done:
                finished.set()

        writer = BatchCommitter(store, hand_back, done.append, done.append)
        writer.start(asyncio.get_running_loop())
        writer.submit([Persist("0", b"body 0", b"m")], 1000, "first")
        await asyncio.get_running_loop().run_in_executor(None, store.begun.wait)
        writer.submit([Persist("1", b"body 1", b"m")], 1001, "written")
        writer.submit([], 1002, "nothing")
        store.go_on.set()
        await finished.wait()
        assert store.marks == [1, 2]
        store.go_on.clear()
        store.begun.clear()
        finished.clear()
        done.clear()
        writer.submit([Persist("2", b"body 2", b"m")], 1003, "before")
        await asyncio.get_running_loop().run_in_executor(None, store.begun.wait)
        writer.submit([], 1004, "time", stamp=True)
        writer.submit([], 1005, "nothing")
        store.go_on.set()
        await finished.wait()
        assert store.mission_time() == 1005, "a time is committed where one of the steps asks for it"
        await asyncio.get_running_loop().run_in_executor(None, writer.stop)
        store.close()

    run(test())


def test_bodies_stay_readable_while_segments_are_compacted(tmp_path: Path) -> None:
    """A body is readable at every moment, also while its segment is being compacted by the other thread."""
    store = SqliteStore(tmp_path, segment_from=10, segment_bytes=2000)
    kept = [f"kept {n}" for n in range(20)]
    faults: list[StoreError] = []

    def churn() -> None:
        try:
            for turn in range(40):
                writes = [Persist(f"{turn} {n}", bytes([n]) * 190, b"m") for n in range(10)]
                store.commit(writes)
                store.commit([Forget(write.key, 1) for write in writes])
        except StoreError as error:
            faults.append(error)

    for name in kept:  # each in a segment of its own, among what will be forgotten
        filler = [Persist(f"filler of {name} {n}", b"f" * 600, b"m") for n in range(3)]
        store.commit([Persist(name, name.encode() * 20, b"m"), *filler])
    store._bodies._in_memory._recent.clear()
    thread = threading.Thread(target=churn)
    thread.start()
    store_reads = 0
    while thread.is_alive():
        for name in kept:
            assert store.body(name) == name.encode() * 20
            store_reads += 1
    thread.join()
    assert not faults
    assert store_reads
    store.close()


def test_a_journal_that_the_disk_refuses_is_given_up_loudly(caplog: pytest.LogCaptureFixture) -> None:
    """A trace that can't be written ends with an error in the log, and nothing else ends."""
    journal = Journal("/dev/full", "w")
    journal.write("a line")
    journal.flush()
    journal.write("another")
    journal.close()
    assert "/dev/full ends here" in caplog.text


def test_a_journal_that_cannot_be_opened_is_told_to_the_person(tmp_path: Path) -> None:
    """A file that can't be written is an InputError that names it."""
    with pytest.raises(InputError, match="can't be written"):
        Journal(str(tmp_path / "no such directory" / "trace"), "a")


class Full(SqliteStore):
    """A store whose disk is full for its first commits."""

    def __init__(self, path: Path, times: int) -> None:
        super().__init__(path)
        self.times = times
        self.tried: list[int] = []

    def commit(self, writes: Sequence[Write], *, now: int | None = None, held: int = 0) -> None:
        """Refuse for want of room, or commit."""
        self.tried.append(len(writes))
        if self.times:
            self.times -= 1
            raise DiskFullError("no room")
        super().commit(writes, now=now, held=held)


def test_what_a_full_disk_refused_is_tried_again_with_what_came_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is handed back before it is durable or lost, and what makes room is in the next try."""
    monkeypatch.setattr(batch_commit, "RETRY_S", 0.001)

    async def test() -> None:
        store = Full(tmp_path, times=1)
        done: list[object] = []
        finished, told = asyncio.Event(), asyncio.Event()
        writer: BatchCommitter[str]

        def stalled(error: Exception | None) -> None:
            done.append(str(error))
            told.set()

        def hand_back(sequels: Sequence[object]) -> None:
            done.extend(sequels)
            if "after" in done:
                finished.set()

        writer = BatchCommitter(store, hand_back, done.append, stalled)
        writer.submit([Persist("a", b"x", b"m")], 1000, "before")
        writer.start(asyncio.get_running_loop())
        await told.wait()
        writer.submit([Forget("a", 9)], 1001, "after")
        await finished.wait()
        assert done[0] == "no room"
        assert sorted(map(str, done[1:])) == ["None", "after", "before"]
        assert store.restore() == [Remembered("a", 9)]
        await asyncio.get_running_loop().run_in_executor(None, writer.stop)
        store.close()

    run(test())


def test_a_node_that_ends_on_a_full_disk_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it could not commit was acknowledged to nobody; its end does not wait for room."""
    monkeypatch.setattr(batch_commit, "RETRY_S", PATIENCE_S)

    async def test() -> None:
        store = Full(tmp_path, times=10**6)
        done: list[object] = []
        failed: list[Exception] = []
        told = asyncio.Event()
        writer: BatchCommitter[str] = BatchCommitter(
            store, done.extend, failed.append, lambda error: told.set()
        )
        writer.start(asyncio.get_running_loop())
        writer.submit([Persist("a", b"x", b"m")], 1000, "never")
        await told.wait()
        await asyncio.get_running_loop().run_in_executor(None, writer.stop)
        await asyncio.sleep(0)
        assert done == []
        assert isinstance(failed[0], DiskFullError)
        store.close()

    run(test())
