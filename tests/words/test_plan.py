"""Amendments of the plan in words."""

from __future__ import annotations

import pytest
from tests.contacts.test_amendments import contact

from starlight.contacts.amendments import (
    Change,
    MissionFact,
    NewContacts,
    NotUnderstood,
    Outage,
    Removed,
    Retracted,
)
from starlight.dtntime import SECOND
from starlight.words import plan

NAMES = {1: "Seoul", 2: "Base", 3: "Rover"}
STORM = Outage(((2, 1), (1, 2), (2, 3), (3, 2), (1, 3), (4, 5), (6, 7)), 0, 60 * SECOND, "dust storm")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            STORM,
            "No contact between Seoul and Base; Base and Rover; Seoul and Rover; 2 more from "
            "2000-01-01T00:00:00Z to 2000-01-01T00:01:00Z: dust storm.",
        ),
        (
            Outage(((1, 2),), 0, 0),
            "No contact between Seoul and Base from 2000-01-01T00:00:00Z to 2000-01-01T00:00:00Z.",
        ),
        (
            NewContacts((contact(0, 5, 9), contact(0, 1, 7, 2, 9))),
            "New contacts between Seoul and Base; Base and node 9 from "
            "2000-01-01T00:00:01Z to 2000-01-01T00:00:09Z.",
        ),
        (Removed(1, 2, 0), "The contact between Seoul and Base at 2000-01-01T00:00:00Z does not take place."),
        (MissionFact("epoch", 3), "epoch is 3."),
        (Retracted(2, 7), "Change 7 by Base no longer counts."),
        (NotUnderstood(9, b""), "A change that only a newer Starlight understands; it is kept."),
    ],
)
def test_each_change_is_told(change: Change, text: str) -> None:
    """A change of every kind has a sentence, in which both directions of a link are one."""
    assert plan.change(change, NAMES).text() == text


def test_who_made_it_and_when_is_told() -> None:
    """An amendment begins with its author and time; one that is retracted only says so."""
    changes = (Retracted(2, 7), MissionFact("epoch", 3))
    told = plan.made(2, 0, changes, NAMES, counts=True, doubtful=True).text()
    assert told == (
        "Base, 2000-01-01T00:00:00Z: Change 7 by Base no longer counts. epoch is 3. "
        "The clock of Base is doubtful."
    )
    gone = plan.made(2, 0, changes, NAMES, counts=False, doubtful=False).text()
    assert gone == "Base, 2000-01-01T00:00:00Z: no longer counts."


def test_what_others_hold_is_told_with_its_time() -> None:
    """Another node held the same or another version when it was last heard of; nothing is said of now."""
    assert plan.other(1, 0, NAMES, same=True).text() == "Seoul: the same, as of 2000-01-01T00:00:00Z."
    other = plan.other(9, 0, NAMES, same=False).text()
    assert other == "node 9: another version, as of 2000-01-01T00:00:00Z."
    assert plan.summary("1f149e8e", 3) == "Version 1f149e8e: 3 held here"
