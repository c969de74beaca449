"""`starlight plan SCENARIO`, `starlight link` and `starlight sky`: what they print, write and refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.helpers import command
from tests.scenario.worlds import TWO_SITES

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
    every = command("sky", "--conjunctions").out
    assert "Later ones are not known: the ephemeris (DE421) ends on 2053-10-06" in every
    ship = command("sky", "--at", "2050-10-01")
    assert "ship to Earth" in ship.out


def test_a_plan_without_contacts_is_not_written(tmp_path: Path) -> None:
    """Where nothing is left to write, the file stays as it is, and that is an error."""
    sites, target = tmp_path / "sites.toml", tmp_path / "plan.ionrc"
    sites.write_text(TWO_SITES.replace("height_m = 40", "height_m = 40, mask_deg = 89"))
    target.write_text("an older plan")
    done = command("plan", sites, "--to", "2026-01-02", "--format", "ion", "-o", target)
    assert (done.status, target.read_text()) == (2, "an older plan")
    assert "the plan has no contact that could be written" in done.err


@pytest.mark.parametrize("day", ["2053-07-01", "2053-08-20", "2053-09-20", "2053-10-05"])
def test_a_conjunction_beyond_the_ephemeris_is_not_known(day: str) -> None:
    """An absence is no good sign: text and JSON say until when the ephemeris knows, and how to go on."""
    why = "not known: the ephemeris (DE421) ends on 2053-10-06; --ephemeris takes a longer one"
    assert f"next conjunction      {why}\nlast safe departure   {why}\n" in command("sky", "--at", day).out
    told = json.loads(command("sky", "--at", day, "--json").out)
    assert (told["next_conjunction"], told["next_conjunction_unknown"]) == (None, why)


def test_places_without_a_radio_are_not_heard(tmp_path: Path) -> None:
    """Who can be heard is told of places with antennas, or at an end of a radio link."""
    told = json.loads(command("sky", "--at", "2053-09-20", "--json").out)
    heard = {pair[end] for pair in told["pairs"] for end in ("from", "to")}
    assert "seoul" not in heard, "it has wires only"
    assert "relay-areo" in heard
    sites = tmp_path / "sites.toml"
    sites.write_text(TWO_SITES)
    told = json.loads(command("sky", sites, "--at", "2053-09-20", "--json").out)
    assert {pair["from"] for pair in told["pairs"]} <= {"seoul", "base"}


def test_what_begins_before_bundles_tell_times_is_refused(tmp_path: Path) -> None:
    """A scenario of 1999 can be planned, but not lived through, and that is said as a date."""
    sites = tmp_path / "old.toml"
    sites.write_text('start = "1999-01-01"\nend = "1999-03-01"\n' + TWO_SITES)
    assert command("plan", sites).status == 0
    done = command("rehearse", sites)
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "old: start: 1999-01-01T00:00:00Z is too early to live in. Bundles count" in done.err


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
