"""Correspondents of a node's file: read, checked, and alive in a node that runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.helpers import Running, wait_for

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
