"""`starlight search` tells a person, and a program, where to look next."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from starlight.cli.main import starlight
from starlight.errors import InputError

FILES = Path(__file__).parents[1] / "search" / "files"


def test_search_tells_a_person_what_counts(tmp_path: Path) -> None:
    """Made-up terrain, weights, life, what is not yet knowable, and what it can't know are all said."""
    asked = [
        "search",
        str(FILES / "lost.toml"),
        "--at",
        "2051-04-02T14:30Z",
        "--gpx",
        str(tmp_path / "a.gpx"),
    ]
    asked += ["--report", str(tmp_path / "a.html")]
    said = CliRunner().invoke(starlight, asked)
    assert said.exit_code == 0
    for each in (
        "SYNTHETIC",
        "back 48% -> ",
        "alive ",
        "not yet knowable",
        "search    rover team",
        "no safety",
    ):
        assert each in said.output
    assert (tmp_path / "a.gpx").read_text(encoding="utf-8").startswith("<?xml")
    drawn = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert drawn.count("Where they may be at") >= 3
    assert "<polyline" in drawn


def test_search_tells_a_program_probabilities_that_sum_to_one() -> None:
    """The JSON has the sectors of 99 % of what is on the map; with the outside it is all."""
    asked = ["search", str(FILES / "lost.toml"), "--reports", str(FILES / "late.toml"), "--json"]
    told = json.loads(CliRunner().invoke(starlight, asked).output)
    assert told["at"] == "2051-04-02T14:00:00Z"
    assert told["limits_not_stated"] == ["heat"]
    inside = sum(each["probability"] for each in told["sectors"])
    assert 0.99 * (1 - told["outside_map"]) <= inside <= 1 - told["outside_map"] + 1e-9
    assert [each["state"] for each in told["awaited"]] == ["reported"]


def test_a_report_of_the_future_ends_it() -> None:
    """Asked about a moment before a reported search ended, it says so."""
    said = CliRunner().invoke(starlight, ["search", str(FILES / "lost.toml"), "--at", "2051-04-02T12:30Z"])
    assert isinstance(said.exception, InputError)
    assert "'near-home'" in str(said.exception)
