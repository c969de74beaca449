"""A store without its index: refused before anything is made or deleted in it.

The index (the database file) names the bodies in the segment files. A folder that has held a store and
has no index now, by a hand or a backup that was put back in part, is not a new one: begun anew it would
count every body in it as waste.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import apsw

from starlight.errors import StoreError
from starlight.store.database import FILE, read_only

STORE = "store"
"""In the data folder of a node: the folder of its store."""
SEGMENTS = "segments"
"""In the folder of a store: the folder of its segment files."""


def check_index(folder: Path) -> None:
    """Check that a folder with the rest of a store has its index as well; nothing in it is changed.

    Raises:
        StoreError: the index is gone, holds nothing, or is no file.
    """
    index = folder / FILE
    if index.exists() and not index.is_file():
        raise StoreError(
            f"{index} is not a file, so it can't be the index of a store. Put the right one there"
        )
    remains, state = _remains(folder), _missing(index)
    if remains and state:
        raise _lost(folder, state, f"{remains} still there", folder)


def check_used(folder: Path) -> None:
    """Check that the store of a node that has run before is there, be it without a single body.

    Args:
        folder: of the store, in the data folder of the node.

    Raises:
        StoreError: the folder or its index is gone, or the index holds nothing.
    """
    state = _missing(folder / FILE)
    if state:
        remains = _remains(folder)
        told = f"{remains} still there" if remains else "a node has run on it before"
        raise _lost(folder, state, told, folder.parent)


def _lost(folder: Path, state: str, remains: str, anew: Path) -> StoreError:
    return StoreError(
        f"{folder} has held a store, and its index {FILE} {state}: {remains}. Nothing was changed. Put {FILE}"
        f" back from a backup; to begin anew without what was stored, move the folder {anew} elsewhere"
    )


def _remains(folder: Path) -> str:
    """Return what of a store is there beside an index, with its size; empty where nothing is."""
    sizes = [_size(path) for path in folder.glob(f"{SEGMENTS}/*.segment")]
    log = _size(folder / f"{FILE}-wal")
    # A segment file without a byte holds nothing that could be lost.
    told = [f"{sum(map(bool, sizes))} segment files with {sum(sizes)} bytes of bodies"] if sum(sizes) else []
    told += [f"{FILE}-wal with {log} bytes"] if log else []
    return " and ".join(told) + (" are" if told else "")


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _missing(path: Path) -> str:
    """Return what is wrong with an index that is not there; empty for one that is, whatever is in it."""
    if not path.exists():
        return "points nowhere" if path.is_symlink() else "is gone"
    if path.stat().st_size == 0:
        return "is empty"
    try:
        with contextlib.closing(read_only(path)) as connection:
            tables = connection.execute("select count(*) from sqlite_schema").fetchone()
    except apsw.Error:
        return ""  # It is damaged, which is told by whoever opens it.
    return "holds no table" if tables == (0,) else ""
