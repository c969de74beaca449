"""A store whose index is gone: refused with a sentence, and not a byte in it changed."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from starlight.cli.store import store as command
from starlight.errors import StoreError
from starlight.node.actions import Persist
from starlight.store.sqlite_store import SqliteStore

Spoil = Callable[[Path], object]


def bytes_below(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder with what is in them."""
    return {str(each): each.read_bytes() for each in sorted(folder.rglob("*")) if each.is_file()}


def without_tables(index: Path) -> None:
    """Put a database without a table in the index's place."""
    index.unlink()
    with contextlib.closing(sqlite3.connect(index)) as made:
        made.execute("create table x(a)")
        made.execute("drop table x")


def with_log_alone(index: Path) -> None:
    """Leave the log of an index whose file is gone, and no segment."""
    index.rename(index.with_name("starlight.db-wal"))
    next((index.parent / "segments").iterdir()).unlink()


def as_folder(index: Path) -> None:
    """Put a folder in the index's place."""
    index.unlink()
    index.mkdir()


def as_pipe(index: Path) -> None:
    """Put a pipe in the index's place."""
    index.unlink()
    os.mkfifo(index)


def as_dangling(index: Path) -> None:
    """Put a link to nowhere in the index's place."""
    index.unlink()
    index.symlink_to("nowhere.db")


def as_loop(index: Path) -> None:
    """Put a link to itself in the index's place."""
    index.unlink()
    index.symlink_to(index)


SPOILT: dict[str, tuple[Spoil, str]] = {
    "gone": (Path.unlink, "its index starlight.db is gone: 1 segment files with 100 bytes of bodies are"),
    "emptied": (lambda index: index.write_bytes(b""), "its index starlight.db is empty"),
    "without tables": (without_tables, "its index starlight.db holds no table"),
    "its log alone": (with_log_alone, "its index starlight.db is gone: starlight.db-wal with"),
    "a dangling link": (as_dangling, "its index starlight.db points nowhere"),
    "a folder": (as_folder, "is not a file, so it can't be the index"),
    "a pipe": (as_pipe, "is not a file, so it can't be the index"),
    "a loop": (as_loop, "its index starlight.db points nowhere"),
    "cut short": (lambda index: os.truncate(index, 5_000), "is damaged or not a store of Starlight"),
    "zeros": (lambda index: index.write_bytes(bytes(9_000)), "is damaged or not a store of Starlight"),
    "a text": (lambda index: index.write_text("this is no index at all"), "is damaged or not a store"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_store_without_its_index_is_refused_and_nothing_is_deleted(tmp_path: Path, spoilt: str) -> None:
    """The error says what is missing and what would be right; the bodies are there afterwards as before."""
    with contextlib.closing(SqliteStore(tmp_path / "store", segment_from=10)) as store:
        store.commit([Persist("a", b"x" * 100, b"m")])
    spoil, told = SPOILT[spoilt]
    spoil(tmp_path / "store" / "starlight.db")
    before = bytes_below(tmp_path / "store")
    for _ in range(2):
        with pytest.raises(StoreError) as refused:
            SqliteStore(tmp_path / "store", segment_from=10)
        assert told in str(refused.value)
        assert "Put" in str(refused.value)
    after = bytes_below(tmp_path / "store")
    assert {name: after[name] for name in before} == before


def test_a_listing_says_that_the_index_is_gone(tmp_path: Path) -> None:
    """A data folder with bodies and no index does hold a store, and the command says what became of it."""
    with contextlib.closing(SqliteStore(tmp_path / "store", segment_from=10)) as store:
        store.commit([Persist("a", b"x" * 100, b"m")])
    (tmp_path / "store" / "starlight.db").unlink()
    run = CliRunner().invoke(command, ["list", str(tmp_path)])
    assert isinstance(run.exception, StoreError)
    assert "its index starlight.db is gone" in str(run.exception)


def test_a_folder_in_which_nothing_was_ever_stored_is_begun_anew(tmp_path: Path) -> None:
    """An empty file and empty folders, as a first start that was killed leaves them, are no lost store."""
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "00000001.segment").touch()
    (tmp_path / "starlight.db").touch()
    with contextlib.closing(SqliteStore(tmp_path)) as store:
        store.commit([Persist("a", b"x", b"m")])
