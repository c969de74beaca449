"""The lock of a folder: one at a time, between processes too, and none left by a dead one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from starlight.store.folder_lock import FolderInUse, FolderLock

ROOT = Path(__file__).parents[2]

HIDE_FCNTL = """
import sys

class NoFcntl:
    def find_spec(self, name, path=None, target=None):
        if name == "fcntl":
            raise ModuleNotFoundError("No module named 'fcntl'", name=name)

assert "fcntl" not in sys.modules, "it was imported before it could be hidden"
sys.meta_path.insert(0, NoFcntl())
"""
HOLD = """
from pathlib import Path
from starlight.store.folder_lock import FolderInUse, FolderLock

try:
    held = FolderLock(Path(sys.argv[1]))
    print("held", flush=True)
    sys.stdin.read()
except FolderInUse:
    print("in use", flush=True)
"""
START_NODE = """
import asyncio, pkgutil
from pathlib import Path
import starlight
from starlight.messages.draft import Draft
from tests.live.driver import EARTH, NAN_YOUNG, start, JAY

for module in pkgutil.walk_packages(starlight.__path__, "starlight."):
    if not module.name.endswith("__main__"):
        __import__(module.name)

async def main():
    nodes = await start(Path(sys.argv[1]))
    await nodes[0].mail.write(JAY, Draft(NAN_YOUNG, "anybody there?"))
    for node in nodes:
        await node.stop()

asyncio.run(main())
assert "fcntl" not in sys.modules
"""


def process(code: str, folder: Path, *, hide: bool) -> subprocess.Popen[str]:
    """Start Python on a piece of code, with or without `fcntl`."""
    return subprocess.Popen(
        [sys.executable, "-c", (HIDE_FCNTL if hide else "import sys\n") + code, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def test_a_folder_is_locked_once_until_it_is_released(tmp_path: Path) -> None:
    """A second lock is refused in the same process, too, until the first is released; that leaves no file."""
    first = FolderLock(tmp_path)
    with pytest.raises(FolderInUse):
        FolderLock(tmp_path)
    first.release()
    assert list(tmp_path.iterdir()) == []
    FolderLock(tmp_path).release()


@pytest.mark.parametrize("hide", [False, True], ids=["fcntl", "no fcntl"])
def test_a_process_that_is_killed_lets_go_of_a_folder(tmp_path: Path, hide: bool) -> None:
    """The lock holds against another process for as long as its own lives, not longer, however it ends."""
    holder = process(HOLD, tmp_path, hide=hide)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    second = process(HOLD, tmp_path, hide=hide)
    assert second.communicate(timeout=120)[0] == "in use\n"
    holder.kill()
    holder.communicate()
    third = process(HOLD, tmp_path, hide=hide)
    assert third.communicate(timeout=120)[0] == "held\n"


def test_a_node_starts_where_fcntl_is_absent(tmp_path: Path) -> None:
    """Without `fcntl` all modules import, two nodes start and take a letter; the weaker lock is announced."""
    nodes = process(START_NODE, tmp_path, hide=True)
    _, told = nodes.communicate(timeout=240)
    assert nodes.returncode == 0, told
    assert "only soft file lock is available" in told
