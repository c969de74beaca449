"""Correspondents of a node's file: read, checked, and alive in a node that runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.cli.helpers import Api, Running, command, wait_for
from tests.laboratory.robots import csv_of, marked

from starlight.app.node_correspondents import makers_of
from starlight.app.node_file import load
from starlight.errors import InputError

NODE = """
number = 21
name = "Facility"
world = "mars"
data = "facility"
listen = ""
page = "127.0.0.1:0"
[[person]]
id = "nan"
name = "Nan-young"
service = 1
[[correspondent]]
kind = "greenhouse"
name = "The flowers"
service = 7
file = "flowers.toml"
tells = ["ipn:21.1"]
hears = ["ipn:21.8"]
"""
FLOWERS = """
title = "The cave"
[room]
volume_m3 = 60
[people]
count = 1
"""


BESIDE = """
[[correspondent]]
kind = "search"
name = "The search"
service = 9
file = "lost.toml"
tells = ["ipn:21.1"]

[[correspondent]]
kind = "organics"
name = "The robot"
service = 10
file = "robot.toml"
tells = ["ipn:21.1"]
hears = ["ipn:21.1"]
"""
ROBOT = """
instrument = "oven 1"
[synthetic]
seed = 1
"""
LOST = """
name = "An explorer"
hypotheses = 2_000
[terrain]
rows = 40
columns = 40
cell_m = 100
latitude_deg = -4.5
longitude_deg = 137.3
[fix]
time = "{fix}"
east_m = 2000
north_m = 2000
sigma_m = 100
[intent]
back = 1.0
[conduct]
home = [[3000, 3000]]
[suit]
oxygen_kg = 0.6
[[searcher]]
name = "Ada"
east_m = 3000
north_m = 3000
ready = "{ready}"
end = "{end}"
speed_mps = 1.0
search_mps = 0.5
sweep_width_m = 50
"""


def written(folder: Path, text: str = NODE, flowers: str | None = FLOWERS) -> Path:
    """Write a node's file, and the greenhouse's beside it; return the path of the first."""
    path = folder / "node.toml"
    path.write_text(text, encoding="utf-8")
    if flowers is not None:
        (folder / "flowers.toml").write_text(flowers, encoding="utf-8")
    return path


def test_it_lives_at_a_node_that_runs_and_answers_its_people(tmp_path: Path) -> None:
    """Its warning is there after the start, a letter to it is answered, and a restart tells nothing twice."""
    path, errors = written(tmp_path), tmp_path / "node.err"
    for start in range(2):
        running = Running("node", path, folder=tmp_path / "facility", errors=errors)
        try:
            api = running.serving()
            api.write("nan", "ipn:21.7", f"How is the air, {start}?")
            wanted = 1 + start + 1  # the warning, and an answer to each letter
            wait_for(
                lambda: [each for each in api.letters("nan", "ipn:21.7") if not each["mine"]][wanted - 1 :],  # noqa: B023
                "it answers",
                60,
            )
            came = [each["text"] for each in api.letters("nan", "ipn:21.7") if not each["mine"]]
            assert len(came) == wanted
            assert all("The cave, computed from the air as its file says" in text for text in came)
            assert "First limit: carbon dioxide above" in came[0]
            told = api.ask("/people/nan/status")["telemetry"]
            assert [(each["vehicle"], each["oxygen_percent"] > 20) for each in told] == [("ipn:21.7", True)]
            shown = api.ask("/people/nan/mailbox")["conversations"]
            assert {each["address"]: each["name"] for each in shown}["ipn:21.7"] == "The flowers"
        finally:
            running.end()


def test_a_search_and_a_robot_live_beside_it_and_the_page_draws_what_they_tell(tmp_path: Path) -> None:
    """A letter begins the search, a large file is judged and sent by triage, and all of it is on the page's
    view: the air, the map, the run with its p and its window; also after a restart."""
    now = datetime.now(UTC)
    times = {hours: (now - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (3, -2, -6)}
    lost = LOST.format(fix=times[3], ready=times[-2], end=times[-6])
    (tmp_path / "lost.toml").write_text(lost, encoding="utf-8")
    (tmp_path / "robot.toml").write_text(ROBOT, encoding="utf-8")
    (tmp_path / "run.csv").write_bytes(csv_of(marked(1, "run"), times=3))
    path, errors, data = written(tmp_path, NODE + BESIDE), tmp_path / "node.err", tmp_path / "facility"
    for start in range(2):
        running = Running("node", path, folder=data, errors=errors)
        try:
            api = running.serving()
            if not start:
                api.write("nan", "ipn:21.9", "Begin, please.")
                sent = command("send", data, "nan", "ipn:21.10", "Look.", "--attach", tmp_path / "run.csv")
                assert sent.status == 0, sent.err
            told = wait_for(partial(shown, api), "all three are drawn", 120)
            assert [room["name"] for room in told["rooms"]] == ["The cave"]
            assert told["searches"][0]["name"] == "An explorer"
            assert told["searches"][0]["synthetic"] is True
            (run,) = told["runs"]
            assert run["synthetic"] is True
            assert run["verdict"]["p"] <= 0.01
            assert told["unread"] == []
        finally:
            running.end()


def shown(api: Api) -> dict[str, Any] | None:
    """Return what the view tells once a room, a map and a run with its window are there."""
    told: dict[str, Any] = api.ask("/people/nan/expedition")
    drawn = told["rooms"] and told["searches"] and told["runs"] and told["runs"][0]["window"]
    return told if drawn and told["runs"][0]["thumbnail"] else None


@pytest.mark.parametrize(
    ("was", "now", "where", "told"),
    [
        ("service = 7", "service = 1", "correspondent[0].service", "is taken by person 'nan'"),
        ('tells = ["ipn:21.1"]', "tells = []", "correspondent[0].tells", "tells"),
        ('tells = ["ipn:21.1"]', 'tells = ["nowhere"]', "correspondent[0].tells[0]", "nowhere"),
        ('hears = ["ipn:21.8"]', 'hears = ["dtn:none"]', "correspondent[0].hears[0]", "is nobody"),
        ('kind = "greenhouse"', 'kind = "oracle"', "correspondent[0].kind", "oracle"),
        ("hears", 'since = "soon"\nhears', "correspondent[0].since", "soon"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path: Path, was: str, now: str, where: str, told: str) -> None:
    """The error names the key, its value and what would be right."""
    with pytest.raises(InputError) as refused:
        load(written(tmp_path, NODE.replace(was, now)))
    assert where in str(refused.value)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("flowers", "told"),
    [
        (None, "flowers.toml"),
        ("[room]\nvolume_m3 = -1", "volume_m3"),
        ("[room]\nvolume_m3 = nan", "volume_m3"),
        ("[room\n", "flowers.toml"),
    ],
)
def test_a_wrong_greenhouse_is_told_before_the_node_starts(
    tmp_path: Path, flowers: str | None, told: str
) -> None:
    """One that is missing, cut off, or holds what no room has is named with its file."""
    node = load(written(tmp_path, flowers=flowers))
    with pytest.raises(InputError, match=told):
        makers_of(node.number, node.correspondent, tmp_path)
