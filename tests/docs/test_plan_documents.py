"""docs/reference/plan-formats.md and plan-amendments.md are what the code reads, writes and keeps to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.cli.helpers import command
from tests.docs.documents import REFERENCE, Block, blocks, rows, section, text_of

from starlight.contacts import amendments, formats
from starlight.dtntime import DAY, HOUR, SECOND
from starlight.services import amendment_format, announcements, held_amendments, plan_versions

FORMATS = text_of(REFERENCE / "plan-formats.md")
AMENDMENTS = text_of(REFERENCE / "plan-amendments.md")
EXAMPLES = blocks(FORMATS)


@pytest.mark.parametrize("block", EXAMPLES, ids=lambda block: f"line {block.line}")
@pytest.mark.parametrize("form", formats.FORMATS)
def test_an_example_converts(block: Block, form: str, tmp_path: Path) -> None:
    """Each example is checked clean, and converts into each form that is written, by the command itself;
    but A-SABR counts nodes from 0, which ION has not."""
    source, target = tmp_path / "plan.txt", tmp_path / f"plan.{form}"
    source.write_text(block.text, encoding="utf-8")
    assert command("plan", "check", source).status == 0
    done = command("plan", "convert", source, target, "--to-format", form)
    if "node 0 " in block.text and form == "ion":
        assert "contacts with node 0, which ION has not" in done.out
        return
    assert done.status == 0, done.out + done.err
    assert command("plan", "check", target).status == 0


def test_each_form_is_named() -> None:
    """The first table has each form that is read, and the last what each that is written loses."""
    told = [row.quoted()[0] for row in rows(FORMATS) if row.heads[:1] == ("form",) and row.quoted()]
    assert sorted(set(told)) == sorted(formats.READ_FORMATS)
    assert sorted(name for name in set(told) if told.count(name) == 2) == sorted(formats.FORMATS)
    endings = set(re.findall(r"`(\.[a-z]+)`", FORMATS.partition("## ")[0]))
    assert endings == set(formats._BY_NAME), f"plan-formats.md: name the endings {sorted(formats._BY_NAME)}"


def test_each_kind_of_change_is_told_with_its_number() -> None:
    """The table of kinds has the numbers that the code writes."""
    told = {row.cells[0] for row in rows(section(AMENDMENTS, "The message")) if row.heads[:1] == ("kind",)}
    assert told == {"0 outage", "1 new contacts", "2 removed", "3 fact", "4 retracted"}
    numbers = ("_OUTAGE", "_NEW_CONTACTS", "_REMOVED", "_FACT", "_RETRACTED")
    assert [getattr(amendment_format, name) for name in numbers] == [0, 1, 2, 3, 4]


LIMITS: dict[str, bool] = {
    # What plan-amendments.md says, and whether the code says it too.
    "64 KiB an amendment": amendment_format.AMENDMENT_MAX_BYTES == 64 * 1024,
    "256 changes in it": amendments.MAX_CHANGES == 256,
    "256 contacts in a change": amendments.MAX_CONTACTS == 256,
    "10 000 of each author": held_amendments.HELD_MAX == 10_000,
    "32 MiB and 256 runs": (held_amendments.HELD_MAX_BYTES, held_amendments.GAPS_MAX) == (32 * 2**20, 256),
    "takes 1 000 of one in an hour": held_amendments.TAKEN_MAX == 1_000,
    "1 024 runs of an author": amendment_format.RUNS_MAX == 1_024,
    "4 096 in all": amendment_format.RUNS_OF_ALL_MAX == 4_096,
    "cut to 64 nodes": announcements.OTHERS_MAX == 64,
    "and 16 KiB": announcements.OTHERS_MAX_BYTES == 16 * 1024,
    "the number 22434 (0x57A2)": announcements.SERVICE == 22_434,
    "a lifetime of 90 days": plan_versions.LIFETIME == 90 * DAY,
    "six times,": plan_versions.TRIES_MAX == 6,
    "again each hour": plan_versions.OFFERED_AGAIN == HOUR,
    "ten seconds later": announcements.GATHER == 10 * SECOND,
}


@pytest.mark.parametrize("words", LIMITS)
def test_a_limit_of_amendments_is_that_of_the_code(words: str) -> None:
    """Each limit and time that the page tells is the one that holds."""
    assert words in " ".join(AMENDMENTS.split()), (
        f"plan-amendments.md no longer says {words!r}: mend it here too"
    )
    assert LIMITS[words], f"plan-amendments.md: {words!r} is no longer so"
