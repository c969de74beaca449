"""`starlight plan SCENARIO`, `starlight link` and `starlight sky`: what they print, write and refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.helpers import command

from starlight.contacts import formats

SHORT = ("--from", "2051-04-07", "--to", "2051-04-09")


@pytest.mark.parametrize("form", ["ion", "hdtn", "tvgutil", "csv", "json"])
def test_a_plan_is_written_in_each_form(form: str, tmp_path: Path) -> None:
    """The plan of a scenario is written in each form, and what is written can be read."""
    file = tmp_path / "plan"
    done = command("plan", *SHORT, "--format", form, "-o", str(file), "--json")
    assert done.status == 0
    view = json.loads(done.out)
    assert view["contacts"] > 50
    found = formats.read(file.read_bytes(), name="plan", format=form)
    assert len(found.plan.contacts) >= view["contacts"]
    assert not found.count("refused")


def test_weather_is_attached_and_remembered(tmp_path: Path) -> None:
    """Weather from a file makes the plan's next version; the history says who asked; the page is written."""
    weather, history, page = (tmp_path / name for name in ("w.toml", "h.json", "p.html"))
    weather.write_text(
        '[[weather]]\nstart = "2051-04-07"\nend = "2051-04-08"\n'
        'nodes = ["yeoju"]\ncuts = true\ntext = "rain"\n'
    )
    done = command(
        "plan", *SHORT, "--weather", str(weather), "--who", "Yeoju", "--history", str(history),
        "--report", str(page), "--json",
    )  # fmt: skip
    assert done.status == 0
    view = json.loads(done.out)
    assert view["version"] == 1
    assert "asked by Yeoju: weather: rain" in view["history"][1]
    assert any(notice["text"] == "rain" for notice in view["notices"])
    assert len(json.loads(history.read_text())["revisions"]) == 2
    assert "<h2>Windows" in page.read_text()


def test_a_link_prints_its_table_and_rates(tmp_path: Path) -> None:
    """`starlight link` prints the design control table and the rate over time, and writes a page."""
    page = tmp_path / "link.html"
    done = command("link", "lost-in-starlight", "mountain", "facility", "--report", str(page))
    assert done.status == 0
    for words in ("Free-space loss", "Margin", "bit/s", "Rate from"):
        assert words in done.out
    assert "Rate over a synodic cycle" in page.read_text()


def test_the_sky_tells_the_next_conjunction() -> None:
    """`starlight sky` tells the next superior conjunction with the last safe departure; the list has all."""
    done = command("sky", "--at", "2051-04-07")
    assert "last safe departure   2051-09-05T08:48 from Earth, 2051-09-05T08:25 from Mars" in done.out
    listed = json.loads(command("sky", "--conjunctions", "--json").out)
    assert len(listed) == 13
    ship = command("sky", "--at", "2050-10-01")
    assert "ship to Earth" in ship.out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("plan mars", ["mars", "lost-in-starlight"]),
        ("plan --from 2051-04-07 --to 2051-04-06", ["--to", "is not after the beginning", "after --from"]),
        ("plan --from 2060-01-01", ["2060", "ephemeris"]),
        ("plan --weather none.toml --to 2051-04-08", ["none.toml", "No such file"]),
        ("plan --format word", ["--format", "word", "ion"]),
        ("link lost-in-starlight moon yeoju", ["'moon'", "relay-areo"]),
        ("link lost-in-starlight seoul yeoju", ["seoul", "terminal"]),
        ("link lost-in-starlight mountain facility --at 2051-04-09", ["can't hear", "next window"]),
        ("link lost-in-starlight mountain facility --from 2051-04-09", ["--from, --to", "both"]),
        ("link lost-in-starlight mountain facility --band S", ["band", "S"]),
        ("sky --report none/x.html", ["none/x.html", "No such file"]),
    ],
)
def test_wrong_input_is_one_line_with_status_2(line: str, words: list[str]) -> None:
    """What is wrong is named in one line on standard error, with status 2."""
    done = command(*line.split())
    assert done.status == 2
    assert done.out == ""
    assert done.err.count("\n") == 1
    for word in words:
        assert word in done.err
