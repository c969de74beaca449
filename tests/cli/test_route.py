"""`starlight route`: the plans of others, hop by hop, why not faster, and the drawing."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.cli.helpers import command

PLANS = Path(__file__).parents[1] / "authorities" / "plans"
TUTORIAL = PLANS / "hdtn_cgr_tutorial.json"


def routes(*arguments: str | Path) -> dict[str, Any]:
    """Return what the command prints as JSON."""
    outcome = command("route", *arguments, "--json")
    assert outcome.status == 0, outcome.err
    found: dict[str, Any] = json.loads(outcome.out)
    return found


def plan(folder: Path, *contacts: tuple[int, int, int, int, int, int]) -> Path:
    """Write a plan of contacts: from, to, start, end, bit/s, light time in s; ids count from 0."""
    keys = ("source", "dest", "startTime", "endTime", "rateBitsPerSec", "owlt")
    items = [{"contact": id, **dict(zip(keys, one, strict=True))} for id, one in enumerate(contacts)]
    file = folder / "plan.json"
    file.write_text(json.dumps({"contacts": items}))
    return file


def test_the_tutorial_plan_as_json() -> None:
    """1 to 5 at t = 0: 7 loopless routes, best first, with entry node and the four times of each hop."""
    found = routes(TUTORIAL, "--from", "1", "--to", "5", "--at", "0", "-k", "20")["routes"]
    assert [route["arrival_s"] for route in found] == [3, 4, 11, 31, 31, 51, 51]
    assert [route["entry_node"] for route in found[:3]] == [3, 2, 5]
    hops = found[3]["hops"]
    assert [(hop["contact"], hop["from"], hop["to"]) for hop in hops] == [(4, 1, 3), (6, 3, 4), (12, 4, 5)]
    assert [hops[2][key] for key in ("waits_until_s", "leaves_s", "last_byte_s", "arrives_s")] == [
        30,
        30,
        30,
        31,
    ]


def test_ten_nodes() -> None:
    """20 to 40 at t = 0: the four-key best route enters by node 3686."""
    (route,) = routes(PLANS / "hdtn_10_nodes.json", "--from", "20", "--to", "40", "--at", "0")["routes"]
    assert route["entry_node"] == 3686


def test_light_time_counts_once_and_the_margin_is_told(tmp_path: Path) -> None:
    """A 1 340-s range arrives after 1 340 s, once; its margin of 0.90 s decides, and is not shown."""
    file = plan(
        tmp_path, (1, 2, 0, 100, 8000, 1340), (2, 3, 1340, 1341, 8000, 1), (2, 3, 2000, 2001, 8000, 1)
    )
    (route,) = routes(file, "--from", "1", "--to", "3", "--at", "0.5", "--size", "0")["routes"]
    first, second = route["hops"]
    assert first["arrives_s"] == 1340.5
    assert first["margin_s"] == pytest.approx(0.899, abs=1e-3)
    assert second["contact"] == 2, "with the margin it would miss the second's end at 1341 s"
    assert (route["arrival_s"], route["projected_s"]) == (2001, pytest.approx(2001.00067, abs=1e-5))


def test_explain_says_contact_by_contact_why_a_faster_looking_route_was_refused(tmp_path: Path) -> None:
    """Why not faster: the contact, when it ends, what it carries, and what the bundle needs."""
    file = plan(tmp_path, (1, 2, 0, 10, 8000, 1), (2, 3, 0, 5, 800, 1), (1, 3, 50, 60, 8000, 1))
    outcome = command("route", file, "--from", "1", "--to", "3", "--size", "1000", "--explain")
    assert outcome.status == 0, outcome.err
    assert "Route 1: 1000 B from node 1 to node 3 at 0 s; arrives at 52 s, enters by node 3." in outcome.out
    assert "Refused: contacts 0, 1, which look like an arrival at 2.001342 s." in outcome.out
    refusal = "It is too large from node 2 to node 3: contact 1 carries 289 B from 2.100671 s until it ends "
    assert refusal + "at 5 s; it needs 1 100 B." in outcome.out
    told = routes(file, "--from", "1", "--to", "3", "--size", "1000", "--explain")
    assert told["refused"][0]["failed"] == 1
    assert "wait" in told["routes"][0]["explain"][0]


def test_where_there_is_no_route_it_says_so(tmp_path: Path) -> None:
    """No route is an answer; where fragments fit, they are given."""
    file = plan(tmp_path, (1, 2, 0, 10, 8000, 1), (1, 2, 20, 30, 8000, 1))
    none = ("--from", "2", "--to", "1")
    assert routes(file, *none)["routes"] == []
    told = command("route", file, *none).out
    assert told.startswith("No route: 0 B from node 2 to node 1")
    assert "The plan has no contact from node 2 to any node." in told
    found = routes(file, "--from", "1", "--to", "2", "--size", "15000")
    assert found["routes"] == []
    assert [piece["contacts"] for piece in found["fragments"]] == [[0], [1]]
    assert sum(piece["length_bytes"] for piece in found["fragments"]) == 15000 - 150


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--from", "1", "--to", "77"), "--to: the plan has no node '77'. There are: 1, 2, 3, 4, 5"),
        (("--from", "1", "--to", "5", "--size", "-1"), "--size: -1 is no size"),
        (("--from", "1", "--to", "5", "-k", "0"), "-k: 0 routes can't be given"),
        (("--from", "1", "--to", "5", "--at", "soon"), "--at: 'soon' is not a date and time"),
        (("--from", "1", "--to", "5", "--at", "nan"), "--at: nan is too far away"),
        (("--from", "1", "--to", "5", "--report", "."), ".: can't be written"),
        (
            ("--from", "1", "--to", "5", "--format", "xml"),
            "--format: 'xml' is no form of a plan. The forms are ion",
        ),
        (
            ("--from", "1", "--to", "5", "--format", "csv"),
            f"{TUTORIAL}: line 1: the column from is missing",
        ),
        (
            ("--from", "1", "--to", "5", "--size", "1.5"),
            "Invalid value for '--size': '1.5' is no whole number",
        ),
        (
            ("--from", "1", "--to", "5", "--priority", "high"),
            "Invalid value for '--priority': 'high' is not one of",
        ),
        (("--from", "1"), "Missing option '--to'"),
        (("--from", "-1", "--to", "5"), "--from: the plan has no node '-1'"),
    ],
)
def test_what_is_wrong_is_one_line(arguments: tuple[str, ...], told: str) -> None:
    """Wrong input is one line that says where and what, and status 2."""
    outcome = command("route", TUTORIAL, *arguments)
    assert outcome.status == 2
    assert outcome.err.startswith(f"starlight: {told}")
    assert outcome.err.count("\n") == 1


def test_why_there_is_no_route_is_told_without_being_asked(tmp_path: Path) -> None:
    """A margin of light time, a contact that is over, and refused contacts of the file are named."""
    file = plan(tmp_path, (1, 2, 0, 10, 8000, 10), (2, 3, 0, 10, 8000, 5))
    told = command("route", file, "--from", "1", "--to", "3").out
    assert "Without the margins that are added to light times, 7 ms in all" in told
    assert "it would go by contacts 0, 1 and arrive at 15 s." in told
    late = command("route", file, "--from", "1", "--to", "3", "--at", "3").out
    assert (
        "It is at node 2 at 13.00671 s at the earliest; contact 1 from there to node 3 ends at 10 s" in late
    )
    commands = tmp_path / "plan.ionrc"
    commands.write_text("a contact +0 +9 1 2 8\na contact +0 +9 2 3 8\na range +0 +9 2 3 1\n")
    told = command("route", commands, "--from", "3", "--to", "2").out
    assert "No route" in told
    assert "1 refused: contact without a range" in told
    assert routes(commands, "--from", "3", "--to", "2")["left_out"] == [
        "1 refused: contact without a range, which ION does not use"
    ]


def test_a_plan_without_contacts_has_no_nodes(tmp_path: Path) -> None:
    """An empty plan is one line that says so."""
    file = tmp_path / "none.json"
    file.write_text('{"contacts": []}')
    outcome = command("route", file, "--from", "1", "--to", "2")
    assert (outcome.status, outcome.err.count("\n")) == (2, 1)
    assert outcome.err.startswith(f"starlight: {file}: the plan has no contacts. ")


@pytest.mark.parametrize("form", ["ion", "hdtn", "tvgutil", "csv", "json"])
def test_a_plan_in_every_form_has_the_same_route(tmp_path: Path, form: str) -> None:
    """PLAN is read in every form that is imported."""
    file = tmp_path / "plan"
    assert command("plan", "convert", TUTORIAL, file, "--to-format", form).status == 0
    (route,) = routes(file, "--from", "1", "--to", "5")["routes"]
    assert [(hop["from"], hop["to"]) for hop in route["hops"]] == [(1, 3), (3, 4), (4, 5)]
    assert route["arrival_s"] - route["hops"][0]["leaves_s"] == 3


class _Page(HTMLParser):
    """What a page holds, and whether anything in it asks for more."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.requests: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.requests += [
            name for name, _ in attrs if name in ("src", "href", "xlink:href", "action", "data")
        ]


def reported(file: Path, *arguments: str | Path) -> tuple[str, _Page]:
    """Return the text of a report, and what is in it."""
    outcome = command("route", *arguments, "--report", file)
    assert outcome.status == 0, outcome.err
    text = file.read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    return text, page


def test_the_report_draws_the_plan_with_the_route_in_it(tmp_path: Path) -> None:
    """A time-space diagram in one file that requests nothing, and says in words what it draws."""
    asked = (TUTORIAL, "--from", "1", "--to", "5", "-k", "3", "--explain")
    text, page = reported(tmp_path / "route.html", *asked)
    assert page.tags.count("svg") == 1
    assert text.count('<polygon class="band') >= 10, "a band for each contact in the time that is drawn"
    assert text.count('<polygon class="sent"') == 3 + 4 + 1, "what lies between first and last byte, each hop"
    assert page.tags.count("polyline") == 3 * (3 + 4 + 1), "waiting, flying and a halo, for each hop"
    assert page.requests == []
    assert "script" not in page.tags
    assert "@import" not in text
    assert "url(http" not in text
    assert "Route 3: arrives at 11 s" in text
    assert "Route 1 goes from node 1 to node 3 to node 4 to node 5 and arrives at 3 s." in text
    assert re.findall(r'text-anchor="\w+">([^<]*)<', text) == ["0 s", "5 s", "10 s"]


def test_the_report_has_the_route_at_the_top(tmp_path: Path) -> None:
    """The destination stands right below the nodes that the routes pass, whoever else is heard."""
    text, _ = reported(tmp_path / "route.html", TUTORIAL, "--from", "1", "--to", "4")
    drawn = re.findall(r"<title>node \d</title>(node \d)<", text)
    assert drawn == ["node 1", "node 3", "node 4", "node 2", "node 5"]


@pytest.mark.parametrize(
    ("lasts", "labels"),
    [
        (3, ["1970-01-01 00:00:00", "00:00:01", "00:00:02", "00:00:03"]),
        (1, ["1970-01-01 00:00:00.000", *(f"00:00:0{s}00" for s in ("0.2", "0.4", "0.6", "0.8", "1.0"))]),
        (40, ["1970-01-01 00:00:00", "00:00:10", "00:00:20", "00:00:30", "00:00:40"]),
        (7200, ["1970-01-01 00:00", "00:30", "01:00", "01:30", "02:00"]),
        (90_000, ["1970-01-01 00:00", "06:00", "12:00", "18:00", "1970-01-02 00:00"]),
        (3_000_000, ["1970-01-08", "1970-01-18", "1970-01-28", "1970-02-07"]),
    ],
)
def test_the_report_of_dates_has_round_times_apart(tmp_path: Path, lasts: int, labels: list[str]) -> None:
    """Where the plan has dates, the drawing has clock times at round steps, the date where it changes."""
    header = "from,to,start,end,rate_bps,light_time_s"
    rows = f"1,2,1970-01-01T00:00:00Z,1999-01-01T00:00:00Z,unlimited,{lasts}"
    file = tmp_path / "plan.csv"
    file.write_text(f"{header}\n{rows}\n")
    text, _ = reported(tmp_path / "route.html", file, "--from", "1", "--to", "2")
    ticks = re.findall(r'<text x="([\d.]+)" y="14" text-anchor="\w+">([^<]*)<', text)
    assert [label for _, label in ticks] == labels
    for (left, before), (right, after) in pairwise(ticks):
        assert float(right) - float(left) > (len(before) + len(after)) / 2 * 6.5


def test_a_report_without_a_route_says_so(tmp_path: Path) -> None:
    """Where there is no route, and where the bundle is there already, there is a page all the same."""
    text, _ = reported(tmp_path / "none.html", TUTORIAL, "--from", "1", "--to", "5", "--at", "100")
    assert "There is no route." in text
    text, page = reported(tmp_path / "here.html", TUTORIAL, "--from", "1", "--to", "1")
    assert page.tags.count("polyline") == 0
    assert "it is there already" in command("route", TUTORIAL, "--from", "1", "--to", "1").out
