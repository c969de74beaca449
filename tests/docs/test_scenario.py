"""docs/reference/scenario.md and the reader of scenarios are the same, both ways."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.docs.documents import REFERENCE, ROOT, Block, blocks, rows, section, text_of
from tests.docs.file_types import Struct, wrong_rows

import starlight.radio
from starlight.scenario import checks, happenings, network, programs, scenario, toml_file
from starlight.scenario.scenario import Scenario
from starlight.scenario.worlds import WorldSpec

DOCUMENT = REFERENCE / "scenario.md"
NAME = DOCUMENT.relative_to(ROOT)
TEXT = text_of(DOCUMENT)
HEADINGS: dict[str, Struct] = {
    "Keys of the file": Scenario,
    "`[[world]]`": WorldSpec,
    "`[[node]]`": network.NodeSpec,
    "`site`": network.SiteSpec,
    "`orbit`": network.OrbitSpec,
    "`cruise`": network.CruiseSpec,
    "`body`": network.BodySpec,
    "`antennas`": network.AntennaSpec,
    "`power`": network.PowerSpec,
    "`[[link]]`": network.LinkSpec,
    "`[[weather]]`": network.WeatherSpec,
    "`[conjunction]`": network.ConjunctionSpec,
    "`[[person]]`": scenario.PersonSpec,
    "`mailbox`": scenario.MailboxSpec,
    "`[[letter]]` and `[[pulse]]`": scenario.LetterSpec,
    "`parts`": scenario.PartSpec,
    "`[[group]]`": scenario.GroupSpec,
    "`[[distress]]`": happenings.DistressSpec,
    "`[[membership]]`": scenario.MembershipSpec,
    "`[[read]]`": happenings.ReadSpec,
    "`[[answer]]`": happenings.AnswerSpec,
    "`[[outlook]]`": happenings.OutlookSpec,
    "`[[telemetry]]`": happenings.TelemetrySpec,
    "`[[storm]]`": happenings.StormSpec,
    "`[[beat]]`": happenings.BeatSpec,
    "`[[correspondent]]`": programs.PlacedCorrespondent,
}
TABLES = {
    field.name for field in msgspec.structs.fields(Scenario) if not isinstance(field.default, str | None)
}
"""The keys of the file that are tables, which have sections of their own."""


def structs(kind: Any) -> set[Struct]:
    """Return all structs that are part of a file."""
    if isinstance(kind, msgspec.inspect.StructType):
        return {kind.cls}.union(*(structs(field.type) for field in kind.fields))
    inner = [getattr(kind, name, None) for name in ("type", "item_type", "value_type")]
    return set().union(*(structs(each) for each in (*inner, *getattr(kind, "types", ())) if each is not None))


def test_each_table_of_the_file_is_told() -> None:
    """Whatever is a table in a scenario has a heading in the page, and a row in HEADINGS."""
    missing = structs(msgspec.inspect.type_info(Scenario)) - set(HEADINGS.values())
    assert not missing, f"{NAME}: write a section for {missing}, and name it in HEADINGS of {__name__}"


@pytest.mark.parametrize("heading", HEADINGS)
def test_each_key_is_told(heading: str) -> None:
    """Each section has a table of its keys, with type, bounds and default, and no other key."""
    text = section(TEXT, heading)
    elsewhere = TABLES | {"conjunction"} if heading == "Keys of the file" else set()
    wrong = wrong_rows(HEADINGS[heading], text, f"{NAME}: {heading}", frozenset(elsewhere))
    assert not wrong, "\n".join(wrong)


def test_each_key_of_a_terminal_is_told() -> None:
    """The keys of a radio of one's own are those that are read, at its top and in a band."""
    assert starlight.radio
    terminals = sys.modules["starlight.radio.terminals"]
    wanted = (terminals._TERMINAL, terminals._TRANSMIT, terminals._RECEIVE)
    for row, keys in zip(rows(section(TEXT, "`[terminal]`")), wanted, strict=True):
        told = [word.strip("` ") for word in row.under("keys").split(",")]
        assert told == list(keys), f"{NAME}: the keys of {row.cells[0]} are {', '.join(keys)}"


def test_what_a_file_leaves_out_is_told() -> None:
    """What is covered without `start` and `end`, and from when people can live, is what the page says."""
    assert f"| `{scenario.FIRST}` |" in TEXT
    assert f"| `{scenario.LAST}`, nearly the end of DE421 |" in TEXT
    assert f"begins before {scenario.LIVED_FROM}" in TEXT


NETWORK = blocks(TEXT, "toml")[0].text
AROUND = """
[[node]]
name = "shackleton"
number = 30
world = "{world}"
{people}"""
PEOPLE = """
[[person]]
id = "jay"
name = "Jay"
service = 2
mailbox = [{ node = "control" }]

[[person]]
id = "nan-young"
name = "Nan-young"
service = 1
mailbox = [{ node = "habitat" }]
"""


@pytest.mark.parametrize("block", blocks(TEXT, "toml"), ids=lambda block: f"line {block.line}")
def test_an_example_is_read(block: Block) -> None:
    """Each example is a scenario, or a part that fits into the page's first one with some people."""
    world = "moon" if 'name = "moon"' in block.text else "earth"
    text = block.text
    if text != NETWORK:
        text = NETWORK + AROUND.format(world=world, people=PEOPLE) + text
    read, errors = toml_file.read(text, Scenario, str(Path("example.toml")))
    checks.check(read.completed("example"), errors)
    errors.raise_all()
