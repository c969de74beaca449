"""A rehearsal that finds something wrong fails, and says what: promises, light, roads, defects."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from starlight.cli.main import main
from starlight.contacts.contact import Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND
from starlight.node.config import NodeConfig
from starlight.rehearsal import rehearsal
from starlight.rehearsal.outcome import BINS, RehearsalReport, Violation
from starlight.rehearsal.rehearsal import Rehearsal
from starlight.rehearsal.series import Dates
from starlight.reports.rehearsal_report import rehearsal_report
from starlight.routing import NoRoute, NoRouteCode, Router
from starlight.routing.bookings import Bookings
from starlight.scenario import reading
from starlight.scenario.kernels import open_sky
from starlight.sim.world import VirtualWorld

VILLAGE = """
name = "village"
title = "Three houses"
start = "2030-01-01"
end = "2030-01-02"
demo_at = "2030-01-01"
demo_since = "2030-01-01"
earth_home = "hill"
mars_home = "shore"
landing = "2030-01-01"

[[node]]
name = "hill"
number = 1
title = "The house on the hill"
world = "earth"
site = { body = "earth", latitude_deg = 37.0, longitude_deg = 127.0, height_m = 400 }

[[node]]
name = "ford"
number = 300
title = "The house at the ford"
world = "earth"
site = { body = "earth", latitude_deg = 37.0, longitude_deg = 127.1, height_m = 100 }

[[node]]
name = "shore"
number = 3
title = "The house on the shore"
world = "earth"
site = { body = "earth", latitude_deg = 37.0, longitude_deg = 127.2, height_m = 10 }

[[link]]
between = ["hill", "ford"]
kind = "wire"
rate_bps = 1_000_000
light_time_s = 0.5

[[link]]
between = ["ford", "shore"]
kind = "wire"
rate_bps = 300
light_time_s = 0.25

[[person]]
id = "ada"
name = "Ada"
service = 1
mailbox = [{ node = "hill", reads_after_min = 1 }]

[[person]]
id = "ben"
name = "Ben"
service = 2
mailbox = [{ node = "shore", reads_after_min = 1 }]

[[person]]
id = "eve"
name = "Eve"
service = 3
mailbox = [{ node = "ford", reads_after_min = 1 }]
"""

LETTER = """
[[letter]]
at = "2030-01-01T{at}Z"
from = "{who}"
to = "ben@shore"
text = "{text}"
"""


def village(*letters: tuple[str, str, str]) -> str:
    """Return the scenario with letters: when, by whom, what."""
    return VILLAGE + "".join(LETTER.format(at=at, who=who, text=text) for at, who, text in letters)


THREE = village(*(("08:00:00", "ada@hill", f"letter {number}") for number in range(3)))


def rehearsed(text: str, kind: type[Rehearsal] = Rehearsal) -> RehearsalReport:
    """Return what came of a scenario."""
    found = reading.parse(text, where="village")
    start, end = found.period()
    return kind(found, open_sky(), start, end, seed=5).run()


@pytest.fixture
def told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Return what rehearses a scenario by the command line, in this process."""

    def run(text: str, *options: str) -> tuple[int, str, str]:
        file = tmp_path / "village.toml"
        file.write_text(text, encoding="utf-8")
        monkeypatch.setattr(sys, "argv", ["starlight", "rehearse", str(file), *options])
        status = 0
        try:
            main()
        except SystemExit as ended:
            status = int(ended.code or 0)
        return status, *capsys.readouterr()

    return run


def test_a_queue_keeps_its_promises() -> None:
    """Three letters of one hand wait for each other on a slow wire: each comes at the promised ms."""
    report = rehearsed(THREE)
    assert report.errors == []
    assert (report.sent, report.arrived) == (3, 3)
    assert report.undisturbed.letters + report.competing.letters == 3
    assert report.worst_prediction_error_s <= 0.001
    assert report.met_storm == 0


def test_bookings_that_are_not_made_fail_the_run(
    told: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A canary: a router that books nothing promises the same time twice. Status 1; the letter is named."""
    monkeypatch.setattr(Bookings, "book", lambda self, route: None)
    status, out, err = told(THREE)
    assert status == 1
    assert "errors                          2" in out
    assert "2 broken" in out
    assert "promise: ipn:1.1/" in out
    assert "at node 300 it was to leave for node 3 at 2030-01-01T08:00:00.5" in out
    assert "took its time" in out
    assert err.startswith("starlight: 2 errors in the rehearsal, the first: ipn:1.1/")
    assert "Traceback" not in err
    status, out, err = told(THREE, "--json")
    assert status == 1
    errors = json.loads(out)["errors"]
    assert [(error["what"], error["node"]) for error in errors] == [("promise", 1)] * 2


class Mistaken(Rehearsal):
    """A canary: the house on the hill takes the shore to be 2 ms further away than it is."""

    def _make_world(self) -> VirtualWorld:
        world = super()._make_world()
        node = world._nodes[1]
        node.config = NodeConfig(1, _farther(node.config.plan))
        return world


def _farther(plan: ContactPlan) -> ContactPlan:
    def farther(contact: Contact) -> Contact:
        if (contact.from_node, contact.to_node) != (1, 300):
            return contact
        return replace(contact, light=constant_light(contact.start, 0.502))

    return ContactPlan.of(map(farther, plan.contacts))


def test_a_light_time_that_is_wrong_by_two_milliseconds_fails_the_run() -> None:
    """The hop is told, and the promise that was made by it."""
    report = rehearsed(village(("08:00:00", "ada@hill", "hello")), Mistaken)
    assert [error.what for error in report.errors] == ["arrival", "promise"]
    assert "was told to reach node 300" in report.errors[0].text
    assert "2.000000 ms later than light brings it" in report.errors[0].text
    assert "0.002000 s earlier (undisturbed, exact to 1 ms)" in report.errors[1].text
    assert report.undisturbed.broken == 1


def test_traffic_of_another_house_is_an_error_where_a_letter_comes_too_late() -> None:
    """Nobody can know of it, but only a later, more urgent letter excuses more than 1 % of its transit."""
    report = rehearsed(village(("08:00:00", "eve@ford", "x" * 500), ("08:00:00", "ada@hill", "y")))
    (error,) = report.errors
    assert (error.what, error.node) == ("promise", 1)
    assert "node 1 could not know of that" in error.text
    assert (report.competing.letters, report.competing.broken, report.competing.unforeseen) == (1, 1, 0)


def test_an_urgent_letter_explains_why_others_are_late() -> None:
    """Four letters wait at a slow wire; an expedited one, written later, goes before what has not begun."""
    letters = [("08:00:00", "eve@ford", f"{number}" * 600) for number in range(4)]
    text = village(*letters, ("08:00:10", "eve@ford", "storm"))
    calm, report = rehearsed(text), rehearsed(text + 'priority = "expedited"\n')
    assert calm.errors == report.errors == []
    assert (calm.undisturbed.letters, calm.competing.letters) == (5, 0)
    assert (report.undisturbed.letters, report.competing.letters) == (2, 3)
    assert report.competing.explained == 3
    assert report.competing.worst_late_s > 1.0
    assert report.undisturbed.worst_late_s <= 0.001


def test_a_route_that_is_not_found_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A canary: a router without an answer. The letter is not dropped in silence: the route is named."""
    nothing = NoRouteCode.NOTHING_CARRIES
    monkeypatch.setattr(Router, "route", lambda self, request: NoRoute(nothing, request))
    report = rehearsed(village(("08:00:00", "ada@hill", "hello")))
    assert [error.what for error in report.errors] == ["no route", "no route"]
    assert "was left waiting at node 1, where a route leads to node 3" in report.errors[0].text
    assert (report.arrived, report.waiting, report.unpromised) == (0, 1, 1)


def test_a_node_that_breaks_fails_the_run_with_a_sentence(
    told: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect ends the rehearsal with status 1, and says seed, time, node and event, without a traceback."""

    def broken(self: Bookings, route: object) -> None:
        raise AssertionError("time was booked twice")

    monkeypatch.setattr(Bookings, "book", broken)
    status, _, err = told(THREE, "--seed", "5")
    assert status == 1
    assert err.startswith(
        "starlight: node 1 broke at 2030-01-01T08:00:00.000000000Z, told of the time: AssertionError"
    )
    assert "time was booked twice (rehearsal/test_promises.py, line" in err
    assert "The scenario village with seed 5 leads there again from 2030-01-01T00:00:00Z" in err
    assert "Traceback" not in err


def test_someone_of_the_scenario_who_breaks_fails_the_run(
    told: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A correspondent that raises costs its own letter; the run goes on, and says who and where. Status 1."""

    def broken(self: Dates, after: int, now: int) -> list[tuple[int, int]]:
        raise LookupError("no ink")

    monkeypatch.setattr(Dates, "due", broken)
    status, out, _ = told(village(("23:00:00", "ada@hill", "hello")), "--json")
    assert status == 1
    found = json.loads(out)
    assert (found["sent"], found["lost"]) == (0, 0)
    assert {(error["what"], error["node"]) for error in found["errors"]} == {("correspondent.failed", 1)}
    assert "ipn:1.1" in found["errors"][0]["text"]
    assert "LookupError: no ink" in found["errors"][0]["text"]


def test_a_page_that_cannot_be_written_costs_no_rehearsal(
    told: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where `--report` can't write is told before anything is rehearsed, with status 2."""

    def run(self: Rehearsal, progress: object) -> None:
        raise AssertionError("rehearsed in vain")

    monkeypatch.setattr(Rehearsal, "run", run)
    status, _, err = told(THREE, "--report", str(tmp_path / "none" / "page.html"))
    assert status == 2
    assert "page.html: can't be written (No such file or directory)" in err


def test_the_page_shows_promised_and_actual(
    told: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """`--report` writes one page: the histogram, the classes, what was wrong, as text."""
    status, _, _ = told(THREE, "--report", str(tmp_path / "page.html"))
    assert status == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    for words in (
        "Promised and actual",
        *BINS,
        "undisturbed, exact: ",
        "no errors",
        "Rehearsal of Three houses",
    ):
        assert words in page
    found = reading.parse(THREE, where="village")
    report = rehearsed(THREE)
    report.errors.append(Violation("2030-01-01T08:00:00Z", 1, "ipn:1.1/1/0", "promise", "<b>late</b>"))
    page = rehearsal_report(found, report)
    assert "&lt;b&gt;late&lt;/b&gt;" in page
    assert "The house on the hill" in page
    assert ": 1 error." in page


def test_differences_fall_into_bins() -> None:
    """Each bin ends where the next begins; what is exact has its own."""
    from starlight.rehearsal.outcome import _bin

    named = {0: "exact", 1: "to 1 ms late", -1: "to 1 ms early", SECOND: "1 ms to 1 s late",
             SECOND + 1: "1 s to 1 h late", -3_600 * SECOND - 1: "over 1 h early"}  # fmt: skip
    assert {late: BINS[_bin(late)] for late in named} == named


def test_what_the_report_holds_is_told_by_the_rehearsal() -> None:
    """The report is importable where the rehearsal is."""
    assert rehearsal.RehearsalReport is RehearsalReport
