"""How urgent a letter is, and why it is late, on the command line: in the words of `starlight route`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from tests.cli.helpers import Running, command, running
from tests.messages.helpers import overhead_of

from starlight.cli.route import route
from starlight.contacts.contact import Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.contacts.plan_json import to_json
from starlight.dtntime import DAY, HOUR, MINUTE, from_text
from starlight.messages.urgency import PRIORITIES
from starlight.routing.volume import MIN_OVERHEAD_BYTES

OPENS = from_text("2050-01-01T00:00:00Z")
"""Long after the tests run: until then times of leaving don't depend on when they do."""
HERE, RELAY, THERE = 10, 15, 20
TO = f"ipn:{THERE}.1"
NODE = f"""
number = {HERE}
name = "node {HERE}"
data = "data"
listen = ""
page = "127.0.0.1:0"
plan = "plan.json"

[[person]]
id = "jay"
name = "Jay"
service = 2
"""


def plan() -> ContactPlan:
    """Return a plan in which the relay hands down twice: at once, too thin for a letter, and a day later."""

    def contact(id: int, a: int, b: int, start: int, end: int, bps: int, light_s: float) -> Contact:
        return Contact(id, a, b, start, end, ((start, bps),), constant_light(start, light_s))

    return ContactPlan.of(
        [
            contact(1, HERE, RELAY, OPENS, OPENS + HOUR, 1_000, 600.0),
            contact(2, RELAY, THERE, OPENS, OPENS + 12 * MINUTE, 100, 0.1),
            contact(3, RELAY, THERE, OPENS + DAY, OPENS + DAY + HOUR, 100_000, 0.1),
            contact(4, THERE, RELAY, OPENS, OPENS + 9 * DAY, 100_000, 0.1),
            contact(5, RELAY, HERE, OPENS, OPENS + 9 * DAY, 100_000, 600.0),
        ]
    )


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run one node whose first contact is in 2050."""
    folder = tmp_path_factory.mktemp("urgent")
    (folder / "plan.json").write_bytes(to_json(plan()))
    (folder / "node.toml").write_text(NODE, encoding="utf-8")
    with running("node", folder / "node.toml", folder=folder / "data") as started:
        started.serving()
        yield started


def refusals_in(out: str) -> list[str]:
    """Return the lines that tell of refused routes, as they are indented below the first of them."""
    lines = out.splitlines()
    first = next(number for number, line in enumerate(lines) if line.lstrip().startswith("Refused: "))
    indent = len(lines[first]) - len(lines[first].lstrip())
    found = []
    for line in lines[first:]:
        told = line[indent:]
        if line[:indent].strip() or not told.startswith(("Refused: ", "  ")):
            break
        found.append(told)
    return found


def test_why_so_late_has_the_words_of_starlight_route(node: Running) -> None:
    """`send --explain` and `inbox --explain` print the very lines of `starlight route --explain`.

    The plan, the bookings (none but the letter's own) and the time are the same; and so is what is needed
    of a contact: `starlight route` adds the estimated overhead, the mailbox that of our own bundles.
    """
    sent = command("send", node.folder, "jay", TO, "x" * 2_000, "--explain")
    assert sent.status == 0, sent.err
    inbox = command("inbox", node.folder, "jay", "--explain")
    (letter,) = json.loads(command("inbox", node.folder, "jay", "--explain", "--json").out)
    lateness = letter["lateness"]
    size = str(
        lateness["size_bytes"] + overhead_of(now=from_text("2050-01-01T00:00:00Z")) - MIN_OVERHEAD_BYTES
    )
    file = node.folder.parent / "plan.json"
    asked = ["--from", str(HERE), "--to", str(THERE), "--at", lateness["now"], "--size", size]
    told = refusals_in(command("route", file, *asked, "--explain").out)
    assert len(told) == 3
    assert told[0].startswith("Refused: contacts 1, 2, which look like an arrival at 2050-01-01T00:10:00.")
    assert told[1].startswith("  At node 10 it waits until 2050-01-01T00:00:00Z for the contact with node 15")
    assert told[2].startswith("  It is too large from node 15 to node 20: contact 2 carries ")
    assert "booked" not in sent.out
    assert refusals_in(sent.out) == refusals_in(inbox.out) == told
    (reason,) = lateness["reasons"]
    assert [reason["headline"], *("  " + sentence for sentence in reason["sentences"])] == told
    assert any("for the contact with node 15" in sentence for sentence in lateness["first"])
    waiting = json.loads(command("send", node.folder, "jay", TO, "y" * 2_000, "--explain", "--json").out)
    assert "for what is booked before it" in json.dumps(waiting["lateness"])


def test_priorities_have_the_words_of_starlight_route() -> None:
    """Both commands take the same words."""
    (option,) = (each for each in route.params if each.name == "priority")
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == PRIORITIES


def test_priority_and_critical(node: Running) -> None:
    """The letter has the priority that it was sent with; the inbox says what is not normal."""
    for more in (["--priority", "bulk"], ["--priority", "expedited"], ["--critical"], []):
        text = " ".join(["text", *more])
        letter = json.loads(command("send", node.folder, "jay", TO, text, *more, "--json").out)
        assert letter["priority"] == (more[1] if more[:1] == ["--priority"] else "normal")
        assert letter["critical"] is ("--critical" in more)
        assert "lateness" not in letter
    shown = command("inbox", node.folder, "jay").out
    for word in ("bulk", "expedited", "critical"):
        assert shown.count(f", {word}]") == 1
    assert "Refused" not in shown
    letters = json.loads(command("inbox", node.folder, "jay", "--json").out)
    notes = {letter["text"]: letter["note"] for letter in letters}
    later = "Later than first foreseen: a more urgent letter went first."
    # Not even an expedited letter goes before a critical one.
    assert notes["text --priority bulk"] == notes["text --priority expedited"] == later
    assert notes["text --critical"] == notes["text"] == ""
    assert f"({later})" in shown


def test_what_speaks_against_the_forecast_is_told(tmp_path: Path) -> None:
    """After a letter is sent each thing that speaks against it is printed once: a dead link, no route."""
    always = Contact(1, HERE, THERE, 0, OPENS, ((0, 100_000),), constant_light(0, 600.0))
    (tmp_path / "plan.json").write_bytes(to_json(ContactPlan.of([always])))
    peer = f'\n[[peer]]\nnumber = {THERE}\nconnect = "127.0.0.1:1"\n'
    (tmp_path / "node.toml").write_text(NODE + peer, encoding="utf-8")
    with running("node", tmp_path / "node.toml", folder=tmp_path / "data") as node:
        node.serving()
        sent = command("send", node.folder, "jay", TO, "Are you there?")
        told = json.loads(command("send", node.folder, "jay", TO, "And now?", "--json").out)
        lost = command("send", node.folder, "jay", "ipn:99.1", "Is anybody?")
    (line,) = [line for line in sent.out.splitlines() if "in doubt" in line]
    assert line.startswith(f"  Never heard from node {THERE}. 1 letter is safe here.")
    assert [doubt["code"] for doubt in told["doubts"]] == ["link_down"]
    assert "(predicted)" not in lost.out
    why, letter, kept, undo = lost.out.splitlines()
    assert why.startswith("  No route"), "one line tells why nothing is foreseen, before it is sent"
    assert letter.endswith("  queued")
    assert kept.startswith("  It is kept until ")
    assert f"`starlight hide {node.folder} jay ipn:99.1 --withdraw`" in undo


def test_a_wrong_priority_is_told_in_one_line(node: Running) -> None:
    """Another word is refused with those that are right, status 2, and nothing is written."""
    before = command("inbox", node.folder, "jay").out
    status, _, err = command("send", node.folder, "jay", TO, "now", "--priority", "urgent")
    assert status == 2
    assert err == "starlight: priority: 'urgent' is no priority. It is bulk, normal or expedited\n"
    assert command("inbox", node.folder, "jay").out == before
