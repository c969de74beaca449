"""SIGKILL at arbitrary moments: what was accepted arrives, once."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

from tests.live.helpers import PATIENCE_S

KILLS = 10
ROOT = Path(__file__).parents[2]


def driver(data: Path, what: str) -> subprocess.Popen[str]:
    """Start the driver in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.live.driver", str(data), what],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def test_each_accepted_letter_arrives_once_however_often_the_process_is_killed(tmp_path: Path) -> None:
    """A crash at any instant leaves either "not accepted" or "stored"; nothing is lost or shown twice."""
    chance = random.Random(24)
    accepted: list[str] = []
    for _ in range(KILLS):
        process = driver(tmp_path, "write")
        assert process.stdout is not None
        wanted = chance.randrange(0, 400)  # accepted letters before the kill: 0 is during the start
        for _ in range(wanted):
            accepted.append(process.stdout.readline().strip())
        process.kill()
        accepted += process.stdout.read().splitlines()[:-1]  # the last line may be cut off
        process.stdout.close()
        process.wait()
    process = driver(tmp_path, "drain")
    found = json.loads(process.communicate(timeout=2 * PATIENCE_S)[0])
    assert process.returncode == 0
    arrived = [letter for end in found.values() for letter in end["arrived"]]
    assert len(accepted) > 100
    assert len(set(accepted)) == len(accepted)
    assert set(accepted) <= set(arrived)
    assert len(set(arrived)) == len(arrived)
    for end in found.values():
        assert sorted(end["arrived"]) == end["written"]
