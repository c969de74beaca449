"""Programs of a scenario: they live through a rehearsal as at a node, or take no part and that is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from starlight.correspondents import makers
from starlight.dtntime import DAY, from_text
from starlight.errors import InputError
from starlight.messages.letter import Letter
from starlight.messages.trace_events import TelemetryArrived
from starlight.rehearsal.rehearsal import Rehearsal, RehearsalReport, office_of
from starlight.scenario.kernels import open_sky
from starlight.scenario.reading import load, parse
from starlight.trace import Record

START = from_text("2051-04-08T00:00:00Z")
FLOWERS = "ipn:2.7"
SCENARIO = """
start = "2051-04-08"
end = "2051-05-08"

[[node]]
name = "base"
number = 1
world = "mars"

[[node]]
name = "cave"
number = 2
world = "mars"

[[link]]
between = ["base", "cave"]
kind = "wire"
rate_bps = 10_000

[[person]]
id = "crew"
name = "The crew"
service = 6
mailbox = [{ node = "base" }]

[[correspondent]]
kind = "greenhouse"
id = "flowers"
name = "The flowers"
node = "cave"
service = 7
file = "flowers.toml"
tells = ["crew@base"]
since = "2051-04-09T00:00:00Z"
"""
ROOM = """
title = "The cave"
days = 20
[room]
volume_m3 = 60
[people]
count = 1
"""


def written(folder: Path, text: str = SCENARIO, room: str | None = ROOM) -> str:
    """Write a scenario, and the greenhouse's file beside it; return the path of the first."""
    path = folder / "cave.toml"
    path.write_text(text, encoding="utf-8")
    if room is not None:
        (folder / "flowers.toml").write_text(room, encoding="utf-8")
    return str(path)


def lived(path: str) -> tuple[Rehearsal, RehearsalReport, list[Record]]:
    """Live through six days; return the run, its report and what was traced of telemetry that came."""
    run, records = Rehearsal(load(path), open_sky(), START, START + 6 * DAY), list[Record]()
    take = run.world.trace
    assert take is not None

    def both(record: Record) -> None:
        take(record)
        if isinstance(record.event, TelemetryArrived):
            records.append(record)

    run.world.trace = both
    return run, run.run(), records


def letters_to_crew(run: Rehearsal) -> list[Letter]:
    """Return what the crew has been written."""
    host = run.world.host(1)
    assert host is not None
    return office_of(host).mailbox("ipn:1.6").inbox()


def test_a_greenhouse_tells_of_its_air_in_a_rehearsal(tmp_path: Path) -> None:
    """From its moment on, once a day over the wire, and it warns of the limit; the same each time."""
    run, report, told = lived(written(tmp_path))
    assert not report.errors
    assert not report.left_out
    assert [(each.time - START) // DAY for each in told] == [1, 2, 3, 4, 5]
    assert {each.event.facts()["vehicle"] for each in told} == {FLOWERS}
    warning, urgent = letters_to_crew(run)
    assert "First limit: carbon dioxide" in warning.text
    assert urgent.written_at > warning.written_at
    assert lived(written(tmp_path))[1].digest == report.digest


def test_without_its_library_it_takes_no_part_and_the_report_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All else of the scenario is lived through; nobody takes the silence for good air."""
    monkeypatch.setattr(makers, "find_spec", lambda name: None)
    run, report, told = lived(written(tmp_path))
    assert report.left_out == ["The flowers"]
    assert not report.errors
    assert told == []
    assert letters_to_crew(run) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('node = "cave"\nservice', 'node = "moon"\nservice', "correspondent[0].node"),
        ('id = "flowers"', 'id = "crew"', "an id of its own"),
        ("service = 7", "service = 6", "taken by person 'crew'"),
        ("service = 7", "service = 100", "taken by what a node itself sends"),
        ('tells = ["crew@base"]', 'tells = ["crew@cave"]', "correspondent[0].tells[0]"),
        ('tells = ["crew@base"]', 'tells = ["crew@base"]\nhears = ["cave"]', "correspondent[0].hears[0]"),
        ('tells = ["crew@base"]', "tells = []", "tells"),
        ('tells = ["crew@base"]', 'tells = ["flowers@base"]', "correspondent[0].tells[0]"),
        ('since = "2051-04-09T00:00:00Z"', "", "Say when the room is as its file says"),
        ('since = "2051-04-09T00:00:00Z"', 'since = "soon"', "correspondent[0].since"),
        ("flowers.toml", "tulips.toml", "no such file"),
        ("greenhouse", "brewery", "correspondent[0].kind"),
    ],
)
def test_what_a_program_names_must_be_there(tmp_path: Path, old: str, new: str, told: str) -> None:
    """Node, number, people, senders, moment, file and kind: each fault is told with its key."""
    assert old in SCENARIO
    with pytest.raises(InputError) as caught:
        load(written(tmp_path, SCENARIO.replace(old, new)))
    assert told in str(caught.value)


def test_a_wrong_file_of_a_program_is_told_before_anything_runs(tmp_path: Path) -> None:
    """A greenhouse with a negative volume ends the start of the rehearsal with that file, line and key."""
    scenario = load(written(tmp_path, room=ROOM.replace("60", "-60")))
    with pytest.raises(InputError, match="volume_m3"):
        Rehearsal(scenario, open_sky(), START, START + DAY)


def test_a_scenario_that_is_no_file_names_no_files() -> None:
    """A text without a folder can't say where a path leads from."""
    with pytest.raises(InputError, match="Only a scenario that is a file itself names files"):
        parse(SCENARIO, where="text")


def test_people_of_a_scenario_write_to_a_program(tmp_path: Path) -> None:
    """A letter to its mailbox is answered like anybody's."""
    letter = """
[[letter]]
at = "2051-04-10T00:00:00Z"
from = "crew@base"
to = "flowers@cave"
text = "How is the air?"
"""
    run, report, _ = lived(written(tmp_path, SCENARIO + letter))
    assert not report.errors
    answers = [each for each in letters_to_crew(run) if each.reply_to]
    assert len(answers) == 1
    assert "computed from the air as its file says" in answers[0].text
