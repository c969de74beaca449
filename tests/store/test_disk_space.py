"""The space of a disk: the reserve, the log that is kept short, and which errors are for want of it."""

from __future__ import annotations

import errno
from pathlib import Path

import apsw
import pytest
from tests.store.test_store import disk_full_from

from starlight.errors import DiskFullError
from starlight.node.actions import Persist
from starlight.store import disk_space
from starlight.store.sqlite_store import SqliteStore


def test_a_reserve_stays_free_and_each_byte_of_a_body_counts_fourfold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The body and its mailbox's copy, each in the log and in its place; of a small disk 1/16 is kept."""
    for free, total, room in (
        (100 << 20, 1 << 40, (84 << 20) // 4),
        (16 << 20, 1 << 40, 0),
        (0, 3 << 20, 0),
        (1 << 20, 3 << 20, ((1 << 20) - (3 << 16)) // 4),
    ):
        monkeypatch.setattr(disk_space, "free_of", lambda folder, told=(free, total): told)
        assert disk_space.room(tmp_path) == room


def test_only_want_of_room_is_a_full_disk() -> None:
    """A full disk, a quota and a limit of files are; damage is not."""
    assert all(
        disk_space.is_full(error)
        for error in (
            apsw.FullError("database or disk is full"),
            *(OSError(number, "") for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)),
        )
    )
    for other in (apsw.CorruptError(""), OSError(errno.EIO, ""), apsw.IOError("disk I/O error"), TypeError()):
        assert not disk_space.is_full(other)


@pytest.mark.parametrize("size", [100, 60_000], ids=["in the log", "in a segment"])
def test_a_commit_without_room_says_so_and_may_be_tried_again(tmp_path: Path, size: int) -> None:
    """It is a `DiskFullError`, which the node outlives; the same commit succeeds once there is room."""
    store = SqliteStore(tmp_path, segment_from=50_000)
    writes = [Persist(str(number), b"x" * size, b"m") for number in range(200)]
    log = (tmp_path / "starlight.db-wal").stat().st_size
    with (
        disk_full_from(log + 4_096 if size == 100 else 100_000),
        pytest.raises(DiskFullError, match="refused a commit"),
    ):
        store.commit(writes)
    store.commit(writes)
    assert store.counts()["bundles"] == 200
    store.close()


def test_the_log_is_copied_back_before_it_fills_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may grow to 16 MB, but not beyond a quarter of what is free."""
    store = SqliteStore(tmp_path)
    log = tmp_path / "starlight.db-wal"
    store.commit([Persist(str(number), b"x" * 1_000, b"m") for number in range(200)])
    assert log.stat().st_size > 200_000
    monkeypatch.setattr(disk_space, "free_of", lambda folder: (400_000, 1 << 40))
    store.commit([Persist("more", b"x", b"m")])
    assert log.stat().st_size == 0
    store.close()


def test_a_store_on_a_full_disk_is_not_called_damaged(tmp_path: Path) -> None:
    """It can't be opened without a log, for which there is no room: that is what is said."""
    SqliteStore(tmp_path).close()
    with disk_full_from(0), pytest.raises(DiskFullError, match=r"is full\. Make room on it and start again"):
        SqliteStore(tmp_path)
    SqliteStore(tmp_path).close()


def test_a_store_is_closed_without_room_for_its_log(tmp_path: Path) -> None:
    """What the log holds stays in the log, and is there at the next start."""
    store = SqliteStore(tmp_path)
    store.commit([Persist(str(number), b"x" * 1_000, b"m") for number in range(200)])
    with disk_full_from(4_096):
        store.close()
    store = SqliteStore(tmp_path)
    assert store.counts()["bundles"] == 200
    store.close()
