"""Records of nodes, live and in virtual time, run again; one that was tampered with shows it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.cli.helpers import demo, starlight, wait_for

from starlight.scenario.reading import load

SPEED = "2000"


@pytest.fixture(scope="module")
def demo_records(lived_through: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the records of a demo in which letters were written before, in and after a storm."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copytree(lived_through, folder / "data")
    with demo(folder / "data", "--speed", SPEED, "--record", folder / "records") as running:
        api = running.serving()

        def heard(letter_id: str) -> bool | None:
            for letter in api.letters("jay", "ipn:20.1"):
                if letter["id"] == letter_id and letter["state"] == "arrived":
                    return True if letter["standing"] == "confirmed" else None
            return None

        before = api.write("jay", "ipn:20.1", "Before the storm.")
        wait_for(lambda: heard(before), "the letter before the storm is known to have arrived")
        api.ask("/storm", {"active": True})
        inside = api.write("jay", "ipn:20.1", "Into the storm.")
        api.write("nan-young", "ipn:10.2", "Out of the storm.")
        api.ask("/storm", {"active": False})
        wait_for(lambda: heard(inside), "the letter in the storm is known to have arrived")
        assert running.end() == 0
    return folder / "records"


def test_the_record_of_each_node_of_a_demo_replays_to_the_same_actions(demo_records: Path) -> None:
    """A record of a live node replays to the same actions, after letters and a storm."""
    records = sorted(demo_records.iterdir())
    assert len(records) == len(load("lost-in-starlight").node)
    for name in ("seoul", "base", "relay-areo"):
        outcome = starlight("replay", demo_records / f"{name}.jsonl")
        assert outcome.status == 0, f"{name}: {outcome.err}{outcome.out}"
        events, rest = outcome.out.split(" ", 1)
        assert int(events) > 20
        assert rest == "events replayed, no differences\n"


def test_a_killed_nodes_record_replays_up_to_the_kill(demo_records: Path, tmp_path: Path) -> None:
    """The last line of a record may be cut off, as a crash leaves it."""
    whole = (demo_records / "seoul.jsonl").read_text()
    record = tmp_path / "cut.jsonl"
    record.write_text(whole[:-40])
    outcome = starlight("replay", record)
    assert (outcome.status, outcome.err) == (0, "")
    assert int(outcome.out.split()[0]) == whole.count("\n") - 2  # without the head and the cut line


def test_a_record_that_was_tampered_with_replays_differently(demo_records: Path, tmp_path: Path) -> None:
    """A node that did something else than the engine does now shows differences, and exit status 1."""
    lines = (demo_records / "seoul.jsonl").read_text().splitlines()
    number, line = next(
        (number, found) for number, text in enumerate(lines[1:], 2) if (found := json.loads(text))["actions"]
    )
    line["digest"] = "0" * len(line["digest"])
    lines[number - 1] = json.dumps(line)
    record = tmp_path / "tampered.jsonl"
    record.write_text("\n".join(lines) + "\n")
    outcome = starlight("replay", record)
    assert outcome.status == 1
    assert outcome.out.startswith(f"line {number}, ")
    assert outcome.err == "starlight: the record replays differently\n"
    told = json.loads(starlight("replay", record, "--json").out)
    assert len(told["differences"]) == 1


def test_a_record_without_one_of_its_events_replays_differently(demo_records: Path, tmp_path: Path) -> None:
    """The engine is a function of all its events: without one, what follows differs."""
    lines = (demo_records / "seoul.jsonl").read_text().splitlines()
    submitted = next(n for n, text in enumerate(lines[1:], 1) if len(json.loads(text)["actions"]) > 2)
    record = tmp_path / "short.jsonl"
    record.write_text("\n".join(lines[:submitted] + lines[submitted + 1 :]) + "\n")
    outcome = starlight("replay", record)
    assert outcome.status == 1
    assert "differences\n" in outcome.out


@pytest.mark.parametrize("node", ["base", "facility"])
def test_the_record_of_a_rehearsal_replays_to_the_same_actions(node: str, tmp_path: Path) -> None:
    """`rehearse --record` writes what `replay` runs again without a difference, storm and all."""
    record = tmp_path / "node.jsonl"
    outcome = starlight(
        "rehearse", "--from", "2051-04-07", "--until", "2051-04-11", "--record", record, "--record-node", node
    )
    assert outcome.status == 0, outcome.err
    found = json.loads(starlight("replay", record, "--json").out)
    assert found["events"] > 20
    assert found["differences"] == []
