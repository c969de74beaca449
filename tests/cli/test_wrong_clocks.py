"""Whole nodes in processes of their own whose clocks are wrong: what status, log, page and inbox say."""

from __future__ import annotations

import json
import socket
import urllib.request
from pathlib import Path
from typing import Any

from tests.cli.helpers import Running, command, running, wait_for

NODE = """
number = {number}
name = "{name}"
data = "{name}-data"
page = "127.0.0.1:0"
listen = "tcpcl://127.0.0.1:{port}"
[log]
file = "{name}.log"
[clock]
mission = "{mission}"
wall = "2026-01-01T00:00:00Z"
[[person]]
id = "{person}"
name = "{person}"
service = 1
[[peer]]
number = {peer}
name = "{other}"
address = "tcpcl://127.0.0.1:{peer_port}"
[[address]]
name = "{reader}"
place = "{other}"
address = "ipn:{peer}.1"
"""
RIGHT, TWO_DAYS_AHEAD, SIXTY_YEARS_AHEAD = (
    "2026-01-01T00:00:00Z",
    "2026-01-03T00:00:00Z",
    "2086-01-01T00:00:00Z",
)


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def write(folder: Path, name: str, mission: str, ports: tuple[int, int]) -> Path:
    """Write the file of one of two nodes."""
    here = name == "seoul"
    file = folder / f"{name}.toml"
    file.write_text(
        NODE.format(
            number=10 if here else 20,
            peer=20 if here else 10,
            name=name,
            other="base" if here else "seoul",
            person="jay" if here else "nan",
            reader="nan" if here else "jay",
            mission=mission,
            port=ports[0] if here else ports[1],
            peer_port=ports[1] if here else ports[0],
        )
    )
    return file


def told(*arguments: str | Path) -> Any:
    """Return the JSON that a command printed."""
    outcome = command(*arguments, "--json")
    assert outcome.status == 0, outcome.err
    return json.loads(outcome.out)


def page(node: Running, person: str) -> str:
    """Return the page of a person as HTML."""
    access = json.loads((node.folder / "access.json").read_text())
    request = urllib.request.Request(
        f"{access['url']}/people/{person}", headers={"Authorization": f"Bearer {access['token']}"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(answer.read().decode())


def test_a_start_in_another_year_is_told_and_undone_by_the_next(tmp_path: Path) -> None:
    """Status, log and page say by how much the machine is off, and time goes on from what was recorded."""
    ports = free_port(), free_port()
    data = tmp_path / "seoul-data"
    for mission, year, trouble in (
        (RIGHT, "20", ""),
        (SIXTY_YEARS_AHEAD, "20", "ahead"),
        (RIGHT, "20", ""),
    ):
        with running("node", write(tmp_path, "seoul", mission, ports), folder=data) as node:
            node.serving()
            (status,) = told("status", data)
            assert status["clock_trouble"] == trouble
            assert status["time"] < "2080"
            assert status["time"].startswith(year)
            shown = command("status", data).out
            assert ("This machine's clock is" in shown) is bool(trouble)
            assert ("This machine&#39;s clock is" in page(node, "jay")) is bool(trouble)
            assert command("send", data, "jay", "ipn:20.1", "Are you there?").status == 0
            assert node.end() == 0
    letters = [line for line in (tmp_path / "seoul.log").read_text().splitlines() if "clock.doubted" in line]
    assert len(letters) == 1
    assert "trouble=ahead" in letters[0]


def test_two_nodes_two_days_apart_say_so_and_lose_nothing(tmp_path: Path) -> None:
    """Letters and receipts go both ways; status, log, page and inbox of both ends tell of the clocks."""
    ports = free_port(), free_port()
    here, there = tmp_path / "seoul-data", tmp_path / "base-data"
    with (
        running("node", write(tmp_path, "seoul", RIGHT, ports), folder=here) as seoul,
        running("node", write(tmp_path, "base", TWO_DAYS_AHEAD, ports), folder=there) as base,
    ):
        seoul.serving(), base.serving()
        for folder, person, to in ((here, "jay", "ipn:20.1"), (there, "nan", "ipn:10.1")):
            assert command("send", folder, person, to, "Are you there?").status == 0

        def state(folder: Path, person: str) -> Any:
            letters = [each for each in told("inbox", folder, person) if each["mine"]]
            return letters[0] if letters and letters[0]["state"] in ("arrived", "read") else None

        for folder, person in ((here, "jay"), (there, "nan")):
            letter = wait_for(lambda: state(folder, person), f"a receipt at {person}")  # noqa: B023
            assert letter["standing"] in ("confirmed", "in_doubt")
        assert "ahead of ours" in command("status", here).out
        assert "behind ours" in command("status", there).out
        assert "2 d 0 h ahead of ours" in page(seoul, "jay")
        assert "2 d 0 h behind ours" in page(base, "nan")
        shown = command("inbox", here, "jay").out
        assert "arrived (at a time that can't be right)" in shown
        # Of both: of the one that was written two days from now, and of the one whose arrival is told so.
        assert shown.count("Times of base are by its clock, which is 2 d 0 h ahead of ours.") == 2
        assert "which is 2 d 0 h behind ours." in command("inbox", there, "nan").out
        assert page(seoul, "jay").count("which is 2 d 0 h ahead of ours.") == 2
    for name in ("seoul", "base"):
        assert "clock.differs" in (tmp_path / f"{name}.log").read_text()
