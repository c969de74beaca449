"""The durable store: what survives, what is refused, what is given back to the disk."""

from __future__ import annotations

import contextlib
import os
import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from starlight.errors import StoreError
from starlight.node.actions import Forget, Persist, Update
from starlight.node.events import Remembered, Restored
from starlight.store.segments import Segments
from starlight.store.sqlite_store import SqliteStore


def segments(path: Path) -> list[str]:
    """Return the segment files of a store."""
    return sorted(file.name for file in (path / "segments").glob("*"))


def read_after_opening(path: Path, key: str) -> bytes:
    """Open a store, read one body and close it."""
    store = SqliteStore(path, segment_from=10)
    try:
        return store.body(key)
    finally:
        store.close()


def test_what_was_committed_survives_closing(tmp_path: Path) -> None:
    """When `commit` returns, a store opened anew holds bundles, identities, saves and mission time."""
    store = SqliteStore(tmp_path, segment_from=100)
    store.commit([Persist("a", b"small", b"m"), Persist("b", b"L" * 500, b"m"), Forget("c", 7)], now=1234)
    store.close()
    again = SqliteStore(tmp_path, segment_from=100)
    assert again.restore() == [Remembered("c", 7), Restored("a", b"m"), Restored("b", b"m")]
    assert (again.body("a"), again.body("b")) == (b"small", b"L" * 500)
    assert again.mission_time() == 1234
    assert again.counts() == {"bundles": 2, "bytes": 505, "remembered": 1, "saves": 0}
    again.close()


def test_mission_time_never_goes_backwards(tmp_path: Path) -> None:
    """Mission time never goes backwards relative to what was committed."""
    store = SqliteStore(tmp_path)
    assert store.mission_time() is None
    store.commit([], now=2000)
    store.commit([], now=1000)
    assert store.mission_time() == 2000
    store.close()


def test_each_commit_is_synced_and_every_sync_is_counted(tmp_path: Path) -> None:
    """With the write-ahead log and synchronous=FULL each commit is a sync, and one more for large bodies."""
    store = SqliteStore(tmp_path, segment_from=1000)
    store.commit([Persist("first", b"x", b"m")])
    before = store.syncs
    store.commit([Persist(str(i), b"x", b"m") for i in range(100)])
    assert store.syncs == before + 1
    store.commit([Persist("large 1", b"x" * 1000, b"m")])  # makes the segment: its directory is synced once
    before = store.syncs
    store.commit([Persist("large 2", b"x" * 1000, b"m"), Persist("large 3", b"x" * 1000, b"m")])
    assert store.syncs == before + 2
    store.close()


def test_a_held_body_can_be_read_before_its_commit(tmp_path: Path) -> None:
    """The loop handles batch n + 1 while batch n commits: a body is readable from the moment it is held."""
    store = SqliteStore(tmp_path)
    first: list[Persist | Forget] = [Persist("a", b"1", b"m"), Persist("b", b"2", b"m")]
    mark = store.hold(first)
    assert store.body("a") == b"1"
    second: list[Persist | Forget] = [Forget("b", 9), Persist("c", b"3", b"m")]
    later = store.hold(second)
    store.commit(first, held=mark)
    assert (store.body("a"), store.body("c")) == (b"1", b"3")
    store.commit(second, held=later)
    assert store.body("c") == b"3"
    with pytest.raises(StoreError, match="no bundle b"):
        store.body("b")
    store.close()


def test_a_batch_that_persists_and_forgets_lets_go_of_its_body(tmp_path: Path) -> None:
    """Nothing stays in memory of a bundle that came and went inside one commit."""
    store = SqliteStore(tmp_path)
    writes: list[Persist | Forget] = [Persist("a", b"1", b"m"), Forget("a", 9)]
    store.commit(writes, held=store.hold(writes))
    with pytest.raises(StoreError):
        store.body("a")
    store.close()


def test_a_second_process_is_kept_out(tmp_path: Path) -> None:
    """Two daemons can't open the same store."""
    store = SqliteStore(tmp_path)
    with pytest.raises(StoreError, match="in use by another node"):
        SqliteStore(tmp_path)
    store.close()
    SqliteStore(tmp_path).close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A damaged database is named in the error, and the store can be opened once it is gone."""
    (tmp_path / "starlight.db").write_bytes(b"not a database at all" * 400)
    with pytest.raises(StoreError, match=r"starlight\.db is damaged or not a store"):
        SqliteStore(tmp_path)
    (tmp_path / "starlight.db").unlink()
    SqliteStore(tmp_path).close()


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    """Another program's database is not written to."""
    with sqlite3.connect(tmp_path / "starlight.db") as foreign:
        foreign.execute("create table songs(name)")
    foreign.close()
    with pytest.raises(StoreError, match="not a store of Starlight"):
        SqliteStore(tmp_path)


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    """A store written by a later Starlight is refused with both versions in the text."""
    SqliteStore(tmp_path).close()
    database = apsw.Connection(str(tmp_path / "starlight.db"))
    database.pragma("user_version", 99)
    database.close()
    with pytest.raises(StoreError, match="has version 99; this Starlight reads 1"):
        SqliteStore(tmp_path)


def test_a_path_that_can_hold_nothing_is_refused(tmp_path: Path) -> None:
    """A path below a file is a StoreError with the system's words."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="can't hold a store"):
        SqliteStore(tmp_path / "file" / "data")


def test_bodies_from_the_limit_on_lie_in_segments(tmp_path: Path) -> None:
    """Bodies of 64 kB and more lie in append-only segment files, smaller ones in the database."""
    store = SqliteStore(tmp_path)
    store.commit([Persist("below", b"x" * (64 * 1024 - 1), b"m")])
    assert segments(tmp_path) == []
    store.commit([Persist("at", b"y" * (64 * 1024), b"m")])
    assert segments(tmp_path) == ["00000001.segment"]
    assert (tmp_path / "segments" / "00000001.segment").read_bytes() == b"y" * (64 * 1024)
    store.close()


def test_empty_segments_are_deleted(tmp_path: Path) -> None:
    """A segment is deleted when nothing in it is stored any more."""
    store = SqliteStore(tmp_path, segment_from=10, segment_bytes=100)
    for name in "abcd":
        store.commit([Persist(name, name.encode() * 50, b"m")])
    assert len(segments(tmp_path)) == 2
    store.commit([Forget("a", 1), Forget("b", 1)])
    assert segments(tmp_path) == ["00000002.segment"]
    store.commit([Forget("c", 1), Forget("d", 1)])
    assert segments(tmp_path) == []
    store.commit([Persist("e", b"e" * 50, b"m")])
    assert store.body("e") == b"e" * 50
    store.close()


def test_a_sparse_segment_is_compacted(tmp_path: Path) -> None:
    """A closed segment less than a quarter in use is moved together, and every body stays readable."""
    store = SqliteStore(tmp_path, segment_from=10, segment_bytes=1000)
    store.commit([Persist(str(n), bytes([n]) * 100, b"m") for n in range(12)])
    assert segments(tmp_path) == ["00000001.segment", "00000002.segment"]
    store.commit([Forget(str(n), 1) for n in range(8)])
    assert segments(tmp_path) == ["00000002.segment"]
    store.close()
    again = SqliteStore(tmp_path, segment_from=10, segment_bytes=1000)
    assert [again.body(str(n)) for n in range(8, 12)] == [bytes([n]) * 100 for n in range(8, 12)]
    again.close()


def test_a_replaced_large_body_frees_the_old_one(tmp_path: Path) -> None:
    """Persisting a key again replaces its body and keeps its place in the order."""
    store = SqliteStore(tmp_path, segment_from=10)
    store.commit([Persist("a", b"1" * 50, b"m"), Persist("b", b"x", b"m")])
    store.commit([Persist("a", b"2" * 60, b"n")])
    assert store.body("a") == b"2" * 60
    assert [event.key for event in store.restore()] == ["a", "b"]
    store.close()
    again = SqliteStore(tmp_path, segment_from=10)
    assert again.body("a") == b"2" * 60
    again.close()


def test_a_segment_that_no_commit_has_released_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It may hold what a newer index names, as when an older one was put back: it stays, and is told of."""
    store = SqliteStore(tmp_path, segment_from=10)
    store.commit([Persist("early", b"e" * 20, b"m")])
    store.close()
    early = (tmp_path / "starlight.db").read_bytes()
    store = SqliteStore(tmp_path, segment_from=10)
    store.commit([Persist("late", b"l" * 50, b"m")])
    store.close()
    late = (tmp_path / "starlight.db").read_bytes()
    (tmp_path / "starlight.db").write_bytes(early)
    store = SqliteStore(tmp_path, segment_from=10)
    store.commit([Persist("more", b"m" * 50, b"m")])
    store.close()
    assert "1 segment files (50 bytes, from 00000002.segment on)" in caplog.text
    (tmp_path / "starlight.db").write_bytes(late)
    assert read_after_opening(tmp_path, "late") == b"l" * 50


def test_a_released_segment_that_a_crash_left_is_deleted_at_the_start(tmp_path: Path) -> None:
    """A commit has released the last body in it, but the process ended before the file could go."""
    store = SqliteStore(tmp_path, segment_from=10, segment_bytes=60)
    store.commit([Persist("a", b"a" * 50, b"m")])
    left = (tmp_path / "segments" / "00000001.segment").read_bytes()
    store.commit([Forget("a", 9)])
    store.close()
    (tmp_path / "segments" / "00000001.segment").write_bytes(left)
    SqliteStore(tmp_path, segment_from=10).close()
    assert segments(tmp_path) == []


def test_an_empty_segment_that_was_filled_further_is_no_waste(tmp_path: Path) -> None:
    """An index of the time when it was empty does not know what came into it since."""
    store = SqliteStore(tmp_path, segment_from=10)
    store.commit([Persist("a", b"a" * 50, b"m")])
    store.commit([Forget("a", 9)])
    copy = tmp_path / "copy.db"
    with contextlib.closing(sqlite3.connect(tmp_path / "starlight.db")) as index:
        index.execute("vacuum into ?", (str(copy),))
    store.commit([Persist("b", b"b" * 50, b"m")])
    store.close()
    copy.replace(tmp_path / "starlight.db")
    SqliteStore(tmp_path, segment_from=10).close()
    assert segments(tmp_path) == ["00000001.segment"]
    assert (tmp_path / "segments" / "00000001.segment").read_bytes() == b"a" * 50 + b"b" * 50


@pytest.mark.parametrize("damage", ["gone", "short", "changed"])
def test_a_damaged_segment_is_an_error_with_its_name(tmp_path: Path, damage: str) -> None:
    """The disk holds what we did not write: the error names the segment."""
    store = SqliteStore(tmp_path, segment_from=10)
    store.commit([Persist("a", b"a" * 50, b"m")])
    store.close()
    file = tmp_path / "segments" / "00000001.segment"
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(b"a" * 20 if damage == "short" else b"a" * 49 + b"b")
    with pytest.raises(StoreError, match=r"00000001\.segment"):
        read_after_opening(tmp_path, "a")


def test_a_store_that_cannot_be_opened_leaves_no_file_open(tmp_path: Path) -> None:
    """A node that is started again and again beside a damaged store does not run out of descriptors."""
    store = SqliteStore(tmp_path, segment_from=10, segment_bytes=100)
    store.commit([Persist(name, name.encode() * 60, b"m") for name in "abc"])
    store.close()
    (tmp_path / "segments" / "00000003.segment").unlink()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with pytest.raises(StoreError, match=r"00000003\.segment"):
            SqliteStore(tmp_path, segment_from=10)
    assert len(os.listdir("/proc/self/fd")) == before


def test_remembered_identities_are_pruned(tmp_path: Path) -> None:
    """Identities are forgotten when their time has passed, and the oldest when there are too many."""
    store = SqliteStore(tmp_path, remembered=10)
    store.commit([Forget(f"old {n}", 100) for n in range(10)], now=50)
    assert store.counts()["remembered"] == 10
    store.commit([Forget(f"new {n}", 1000 + n) for n in range(10)], now=200)
    assert store.counts()["remembered"] == 10
    store.commit([Forget(f"more {n}", 2000 + n) for n in range(10)], now=300)
    assert list(store.restore()) == [Remembered(f"more {n}", 2000 + n) for n in range(10)]
    store.close()


def test_a_failed_commit_keeps_nothing(tmp_path: Path) -> None:
    """Nothing of a refused commit is kept: all writes of a batch, or none."""
    store = SqliteStore(tmp_path, segment_from=10)
    store.commit([Persist("a", b"x", b"m")])
    with pytest.raises(TypeError):
        store.commit([Persist("b", b"y", b"m"), Update("a", b"n"), Persist("c", object(), b"m")])  # type: ignore[arg-type]  # no bytes
    assert [event.key for event in store.restore()] == ["a"]
    store.close()


def test_the_queue_is_read_by_an_index(tmp_path: Path) -> None:
    """The queue's index matches its ORDER BY: no sorting of a large store at its start."""
    store = SqliteStore(tmp_path)
    store.commit([Persist("a", b"x", b"m")])
    store.close()
    database = apsw.Connection(str(tmp_path / "starlight.db"), flags=apsw.SQLITE_OPEN_READONLY)
    for query in (
        "select key, meta from bundles order by position",
        "select key, until from seen order by key",
        "select mailbox, key, data from saves order by position",
        "select key from seen order by until limit 10",
    ):
        plan = " ".join(row[3] for row in database.execute(f"explain query plan {query}"))
        assert "TEMP B-TREE" not in plan, query
    database.close()


def sparse_after_forgetting(path: Path, keep: int) -> tuple[SqliteStore, Path, list[Forget]]:
    """Return a store with two segments, the file of the first, and what leaves it one body if forgotten."""
    store = SqliteStore(path, segment_from=10, segment_bytes=1000)
    store.commit([Persist(str(n), bytes([n]) * 100, b"m") for n in range(12)])
    damage = path / "segments" / "00000001.segment"
    return store, damage, [Forget(str(n), 1) for n in range(10) if n != keep]


def test_a_body_that_rots_stops_no_commit(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What can't be read back when its segment is compacted stays where it is; the node goes on."""
    store, file, forgets = sparse_after_forgetting(tmp_path, keep=3)
    data = bytearray(file.read_bytes())
    data[310] ^= 1
    file.write_bytes(data)
    store._bodies._in_memory._recent.clear()
    store.commit(forgets)
    store.commit([Persist("next", b"x" * 20, b"m")])
    assert "segment 1 stays as it is" in caplog.text
    assert len(caplog.records) == 1
    with pytest.raises(StoreError, match=r"00000001\.segment"):
        store.body("3")
    assert store.body("next") == b"x" * 20
    store.close()
    assert read_after_opening(tmp_path, "11") == bytes([11]) * 100


@contextlib.contextmanager
def disk_full_from(size: int) -> Iterator[None]:
    """Refuse, as a full disk does, whatever would make any file of this process longer than `size`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [100, 60_000], ids=["in the log", "in a segment"])
def test_a_full_disk_refuses_a_commit_whole(tmp_path: Path, size: int) -> None:
    """A clear StoreError, nothing kept; and when there is room again, the store goes on."""
    store = SqliteStore(tmp_path, segment_from=50_000, segment_bytes=40_000)
    store.commit([Persist("before", b"b" * 60_000, b"m")])
    log = (tmp_path / "starlight.db-wal").stat().st_size
    with disk_full_from(log + 4096 if size == 100 else 30_000):
        # In the log once: then that is copied back, which may make the room.
        for _ in range(1 if size == 100 else 2):
            with pytest.raises(StoreError, match="refused a commit"):
                store.commit(
                    [Persist(f"{n}", b"x" * size, b"m") for n in range(200 if size == 100 else 2)]
                    + [Forget("before", 9)]
                )
    assert [event.key for event in store.restore()] == ["before"]
    assert store.body("before") == b"b" * 60_000
    store.commit([Persist("after", b"a" * 70_000, b"m"), Persist("small", b"a", b"m")])
    store.close()
    assert read_after_opening(tmp_path, "after") == b"a" * 70_000
    assert read_after_opening(tmp_path, "before") == b"b" * 60_000
    assert read_after_opening(tmp_path, "small") == b"a"


def test_a_compaction_that_finds_no_room_waits(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Compaction only gives room back: when there is none to move to, commits go on without it."""
    store, _, forgets = sparse_after_forgetting(tmp_path, keep=3)
    segments = store._bodies._segments
    segments._segment_bytes = 2 << 20  # so that what is moved would go past where the disk is full
    segments._segments[2].size = 1 << 20
    with disk_full_from(1 << 20):
        store.commit(forgets)
    assert "segment 1 stays as it is" in caplog.text
    assert store.body("3") == bytes([3]) * 100
    store.close()
    assert read_after_opening(tmp_path, "3") == bytes([3]) * 100


def test_a_segment_is_synced_before_it_is_left(tmp_path: Path) -> None:
    """A batch of bodies that goes on in another segment is durable in both when its rows are committed."""
    kept = Segments(tmp_path / "segments", [], segment_bytes=1000)
    kept.append(b"a" * 600)
    kept.append(b"b" * 300)
    before = kept.syncs
    kept.append(b"c" * 600)
    kept.sync()
    assert kept.syncs - before == 3, "the segment that is left, the folder with the new one, the new one"
    kept.close()


def test_what_a_refused_commit_has_written_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes of its bodies are of no use to anybody: their segment goes."""
    store = SqliteStore(tmp_path, segment_from=1_000, segment_bytes=4_000)

    def refuse(*facts: object) -> None:
        raise apsw.FullError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(store._transactions, "write", refuse)
        with pytest.raises(StoreError, match="refused a commit"):
            store.commit([Persist("large", b"x" * 3_000, b"m")])
    assert segments(tmp_path) == []
    store.commit([Persist("large", b"x" * 3_000, b"m")])
    assert len(segments(tmp_path)) == 1
    store.close()


def test_an_identity_is_remembered_to_the_end_of_its_lifetime(tmp_path: Path) -> None:
    """What ends at the very instant of a commit is known still, and is let go of with a later one."""
    store = SqliteStore(tmp_path, remembered=2)
    store.commit([Forget("a", 10), Forget("b", 20)], now=10)
    assert store.restore() == [Remembered("a", 10), Remembered("b", 20)]
    store.commit([Forget("c", 30), Forget("d", 9)], now=11)
    assert store.restore() == [Remembered("b", 20), Remembered("c", 30)]
    store.close()
