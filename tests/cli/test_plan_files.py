"""`starlight plan check` and `convert`: what they print, and how they end."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from tests.cli.helpers import STARLIGHT, command

PLANS = Path(__file__).parents[1] / "authorities" / "plans"


def test_check_prints_the_report_and_a_summary() -> None:
    """Status 1 when something was refused; contacts, nodes, span, volume, and each remark with its line."""
    done = command("plan", "check", PLANS / "hdtn_10_nodes.json")
    assert done.status == 1
    assert done.err == ""
    assert "HDTN JSON, 362 contacts among 14 nodes" in done.out
    assert "2000-01-01T00:00:00Z to 2000-01-02T00:00:00Z, 1 d 0 h\n1.764 PB can be carried\n" in done.out
    assert (
        "refused 6: contact that ends before it starts\n    line 1618, contacts[202]: 3639 to 3517"
        in done.out
    )
    assert "    ... and 1 more; --all shows more" in done.out
    every = command("plan", "check", "--all", PLANS / "hdtn_10_nodes.json").out
    assert every.count("contacts[") == 6 + 102 + 166
    assert " more" not in every


def test_check_ends_well_when_nothing_was_refused() -> None:
    """Status 0 when the plan can be used as it stands; times count from the epoch that is given."""
    file = PLANS / "ion_asymmetric_range.ionrc"
    done = command("plan", "check", file, "--epoch", "2051-04-02")
    assert done.status == 0
    assert "ION commands, 6 contacts among 3 nodes" in done.out
    assert "2051-04-02T00:00:00Z to 2051-04-02T01:00:00Z" in done.out
    clean = command("plan", "check", PLANS / "hdtn_cgr_tutorial.json")
    assert (clean.status, clean.out.splitlines()[-1]) == (
        0,
        "Nothing had to be repaired, refused or ignored.",
    )


def test_check_as_json() -> None:
    """--json prints the same for a program."""
    done = command("plan", "check", "--json", PLANS / "ion_duplicate_contacts.ionrc")
    found = json.loads(done.out)
    assert done.status == 0
    assert (found["usable"], found["contacts"], found["nodes"], found["format"]) == (True, 1, [1, 2], "ion")
    assert found["counts"] == [{"act": "ignored", "kind": "command that is not about contacts", "count": 4}]
    assert [remark["line"] for remark in found["report"]] == [1, 2, 5, 6]
    assert found["volume_bytes"] == 29_000


def test_an_empty_plan_can_not_be_used(tmp_path: Path) -> None:
    """A plan of which nothing is left is nothing to use."""
    (tmp_path / "empty.ionrc").write_text("# no contacts yet\n")
    assert command("plan", "check", tmp_path / "empty.ionrc").status == 1


def test_convert_prints_what_was_lost(tmp_path: Path) -> None:
    """B is written in the form that its name asks for; losses and what reading did are printed."""
    target = tmp_path / "plan.ionrc"
    done = command("plan", "convert", PLANS / "hdtn_10_nodes.json", target)
    assert done.status == 1, "as check ends: something was refused"
    source = PLANS / "hdtn_10_nodes.json"
    assert f"{target}: 204 contacts among 14 nodes, from {source}, which has 362\n" in done.out
    assert "refused         6  contact that ends before it starts" in done.out
    assert "lost          158  contacts inside another of the same direction are left out" in done.out
    assert command("plan", "check", target).status == 0
    assert "\na contact +0 +86400 " in target.read_text(), "what was relative stays so"


@pytest.mark.parametrize("form", ["ion", "hdtn", "tvgutil", "csv", "json"])
def test_convert_to_every_form_and_back(form: str, tmp_path: Path) -> None:
    """A plan of whole seconds comes through every form unharmed."""
    there, back = tmp_path / "there", tmp_path / "back.json"
    source = PLANS / "hdtn_cgr_tutorial.json"
    first = command("plan", "convert", source, there, "--to-format", form)
    second = command("plan", "convert", there, back, "--from-format", form, "--to-format", "hdtn", "--json")
    assert (first.status, second.status) == (0, 0)
    assert first.out.splitlines()[-1] == "Nothing was lost."
    assert json.loads(second.out)["losses"] == []

    def rows(path: Path) -> list[tuple[int, ...]]:
        keys = ("source", "dest", "startTime", "endTime", "rateBitsPerSec", "owlt")
        zero = 0 if form not in ("json",) else 946_684_800  # our own JSON has dates only
        contacts = json.loads(path.read_text())["contacts"]
        return sorted(
            tuple(c[k] - (zero if path == back and "Time" in k else 0) for k in keys) for c in contacts
        )

    assert rows(back) == rows(source)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("plan check none.json", ["none.json", "No such file"]),
        ("plan check .", [".", "directory"]),
        ("plan check words.txt", ["words.txt", "ion, hdtn, tvgutil, csv, json, asabr"]),
        ("plan check words.txt --format xml", ["--format", "'xml'", "starlight plan check --help"]),
        ("plan check good.ionrc --epoch noon", ["--epoch", "'noon'", "2051-04-02T10:00:00Z"]),
        ("plan check good.ionrc --light-time nan", ["--light-time", "nan"]),
        ("plan check good.ionrc --light-time -1", ["--light-time", "-1"]),
        ("plan check /dev/zero", ["/dev/zero", "134217728"]),
        ("plan check", ["FILE", "starlight plan check --help"]),
        ("plan convert good.ionrc", ["'B'", "starlight plan convert --help"]),
        ("plan convert good.ionrc out", ["out", "--to-format", ".ionrc"]),
        ("plan convert good.ionrc none/out.csv", ["none/out.csv", "No such file"]),
        ("plan convert words.txt out.csv", ["words.txt", "none of the forms"]),
    ],
)
def test_wrong_input_is_one_line_and_status_2(
    arguments: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors say where, what and what is right, on one line."""
    (tmp_path / "words.txt").write_text("These are words.\n")
    (tmp_path / "good.ionrc").write_text("a range +0 +9 1 2 5\na contact +0 +9 1 2 8\n")
    monkeypatch.chdir(tmp_path)
    done = command(*arguments.split())
    assert (done.status, done.out) == (2, "")
    assert done.err.count("\n") == 1
    for word in words:
        assert word in done.err


ALL_REFUSED = "a contact +0 +1 1 2 1\na contact +1 +2 2 3 1\na contact +2 +3 1 3 1\n"


def test_a_plan_of_which_nothing_is_left_is_not_written(tmp_path: Path) -> None:
    """Every contact refused: status 1, the old file is kept, and a word about --light-time."""
    source, target = tmp_path / "none.ionrc", tmp_path / "out.json"
    source.write_text(ALL_REFUSED)
    done = command("plan", "convert", source, target)
    assert (done.status, target.exists()) == (1, False)
    assert "refused         3  contact without a range" in done.out
    assert "nothing was written" in done.err
    assert "--light-time" in done.err
    target.write_text("an older plan")
    told = json.loads(command("plan", "convert", source, target, "--json").out)
    assert (told["written"], told["contacts"]) == (None, 0)
    assert target.read_text() == "an older plan"


def test_a_light_time_stands_for_ranges_that_are_missing(tmp_path: Path) -> None:
    """--light-time S and --rate BPS are taken where a plan says nothing, and it is said."""
    source, target = tmp_path / "none.ionrc", tmp_path / "out.json"
    source.write_text(ALL_REFUSED)
    done = command("plan", "convert", source, target, "--light-time", "2.5")
    assert done.status == 0
    assert "repaired        3  contact without a light time, for which the given one stands" in done.out
    light = [each["light"][0]["coefficients_s"] for each in json.loads(target.read_text())["contacts"]]
    assert light == [[2.5]] * 3
    assert command("plan", "check", source, "--light-time", "1").status == 0
    route = command("route", source, "--from", "1", "--to", "3", "--light-time", "0.1")
    assert "Route 1" in route.out


def test_parts_of_a_second_are_told(tmp_path: Path) -> None:
    """A contact of 0.7 s is shown with its fractions; what a form can't hold is not written."""
    source, target = tmp_path / "laser.ionrc", tmp_path / "out.ionrc"
    times = "2026/03/25-14:30:00.500 2026/03/25-14:30:01.200 1 2"
    source.write_text(f"a contact {times} 100000\na range {times} 1\n")
    done = command("plan", "check", source)
    assert "1 contact among 2 nodes" in done.out
    assert "2026-03-25T14:30:00.500Z to 2026-03-25T14:30:01.200Z, 0.7 s" in done.out
    done = command("plan", "convert", source, target)
    assert (done.status, target.exists()) == (1, False)
    assert "lost            1  contacts without a whole second are left out" in done.out
    assert "--to-format json" in done.err


def test_names_of_nodes_go_along_into_every_form_that_keeps_them(tmp_path: Path) -> None:
    """A plan with names can be asked by them after any conversion but HDTN's, in any case of letters."""
    source = tmp_path / "named.json"
    contact = {
        "source": "Seoul",
        "dest": "base",
        "startTime": 0,
        "endTime": 9,
        "owlt": 1,
        "rateBitsPerSec": 8,
    }
    source.write_text(json.dumps({"contacts": [contact]}))
    for name in ("a.json", "a.csv", "a.ionrc", "a.tvgutil"):
        form = ("--to-format", "tvgutil") if name == "a.tvgutil" else ()
        assert command("plan", "convert", source, tmp_path / name, *form).status == 0
        found = command("route", tmp_path / name, "--from", "seoul", "--to", "base")
        assert found.out.startswith("Route 1: 0 B from Seoul to base"), (name, found.err)
    lost = command("plan", "convert", source, tmp_path / "h.json", "--to-format", "hdtn").out
    assert "lost            2  names of nodes are left out" in lost


def test_output_that_finds_no_room_is_one_line() -> None:
    """A full disk behind standard output is told in a line, with status 1."""
    for arguments in (("plan", "check", str(PLANS / "hdtn_10_nodes.json")), ("--help",)):
        with open("/dev/full", "w") as full:
            done = subprocess.run([STARLIGHT, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1
        assert done.stderr == "starlight: the output can't be written (No space left on device)\n"


def test_output_that_a_shell_has_closed_is_no_trouble() -> None:
    """A command whose standard output is closed does its work, without a traceback."""
    line = f"{shlex.quote(str(STARLIGHT))} sky --at 2051-04-01 >&-"
    done = subprocess.run(["/bin/sh", "-c", line], stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_of_both() -> None:
    """Each has a help of its own; that of `starlight plan` names them."""
    for name in ("check", "convert"):
        done = command("plan", name, "--help")
        assert (done.status, done.err) == (0, "")
        assert done.out.startswith(f"Usage: starlight plan {name} ")
        assert f"starlight plan {name} " in command("plan", "--help").out
