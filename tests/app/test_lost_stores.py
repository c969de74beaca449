"""Data folders that have lost a part: refused with a sentence, and nothing in them begun anew."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.store.test_lost_index import bytes_below

from starlight.app.access import token_of
from starlight.app.demo_folder import STATE_FILE, DemoFolder
from starlight.app.single_node import run_node
from starlight.errors import InputError, StarlightError, StoreError
from starlight.scenario.kernels import open_sky
from starlight.scenario.reading import load
from starlight.store.sqlite_store import SqliteStore

NODE = 'number = 10\nname = "N"\ndata = "data"\nlisten = ""\npage = "127.0.0.1:0"\n[[peer]]\nnumber = 20\n'
Lose = Callable[[Path], object]


def index_of(data: Path) -> Path:
    """Return the index of the store in a data folder."""
    return data / "store" / "starlight.db"


LOST: dict[str, tuple[Lose, str]] = {
    "index": (
        lambda data: (data / "store" / "starlight.db").unlink(),
        "its index starlight.db is gone: a node",
    ),
    "index emptied": (
        lambda data: (data / "store" / "starlight.db").write_bytes(b""),
        "starlight.db is empty",
    ),
    "store": (lambda data: shutil.rmtree(data / "store"), "its index starlight.db is gone: a node has run"),
    "marker": (lambda data: (data / "node").unlink(), "holds 'store', which is not of a node"),
    "marker emptied": (lambda data: (data / "node").write_bytes(b""), "is not what a node writes"),
}


@pytest.mark.parametrize("lost", LOST)
def test_a_node_that_lost_a_part_of_its_folder_does_not_begin_anew(tmp_path: Path, lost: str) -> None:
    """Though no body lay in a file of its own: letters may have been in the index."""
    (tmp_path / "node.toml").write_text(NODE)
    data = tmp_path / "data"
    data.mkdir()
    (data / "node").write_text("10")
    token_of(data)
    SqliteStore(data / "store").close()
    lose, told = LOST[lost]
    lose(data)
    before = bytes_below(data)
    with pytest.raises(StarlightError, match=told):
        asyncio.run(run_node(tmp_path / "node.toml", lambda line: None))
    assert bytes_below(data) == before


def test_a_first_start_that_ended_early_is_begun_again(tmp_path: Path) -> None:
    """A page whose port was taken leaves the folder marked and without a store: nothing is missing there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (tmp_path / "node.toml").write_text(NODE.replace("127.0.0.1:0", f"127.0.0.1:{port}"))
        for _ in range(2):
            with pytest.raises(InputError, match=f"port {port}: Address already in use"):
                asyncio.run(run_node(tmp_path / "node.toml", lambda line: None))
    assert (tmp_path / "data" / "node").exists()


def test_a_demo_that_lost_its_state_or_a_store_deletes_nothing(begun: Path) -> None:
    """Its letters are in the stores; only what an interrupted first start left is begun again."""
    name = "lost-in-starlight"
    scenario, sky = load(name), open_sky()
    folder = DemoFolder(begun, scenario, lambda line: None)
    before = bytes_below(begun)
    state = (begun / STATE_FILE).read_bytes()
    (begun / STATE_FILE).unlink()
    with pytest.raises(
        InputError, match=r"demo\.json, which says what it is of, is gone. Put demo\.json back"
    ):
        folder.open(name, None, sky)
    (begun / STATE_FILE).write_bytes(state)
    assert bytes_below(begun) == before
    (begun / scenario.node[0].name / "store" / "starlight.db").unlink()
    with pytest.raises(StoreError, match=r"its index starlight\.db is gone"):
        folder.open(name, None, sky)
