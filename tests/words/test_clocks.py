"""What is said of clocks: each trouble in words, with what is to be done."""

from __future__ import annotations

import pytest

from starlight.dtntime import DAY, YEAR
from starlight.node.clock_offsets import ClockOffset, Disagreement, Fault
from starlight.node.own_clock import ClockTrouble, OwnClockDoubt
from starlight.words import clocks


@pytest.mark.parametrize(
    ("doubt", "words"),
    [
        (
            OwnClockDoubt(ClockTrouble.AHEAD, 60 * YEAR),
            "d 0 h ahead of this node's. It was hardly off for so long",
        ),
        (
            OwnClockDoubt(ClockTrouble.BEHIND, -2 * DAY),
            "2 d 0 h behind this node's. The node has recorded later",
        ),
        (
            OwnClockDoubt(ClockTrouble.SET, -2 * DAY),
            "2 d 0 h behind this node's. It was set while the node ran",
        ),
    ],
)
def test_a_node_says_what_it_does_about_its_machines_clock(doubt: OwnClockDoubt, words: str) -> None:
    """By how much it is off, which way, and what a person does."""
    said = clocks.own(doubt).text()
    assert said.startswith("This machine's clock is ")
    assert words in said
    assert "start the node" in said


def test_every_code_has_its_words() -> None:
    """A new trouble or fault has a sentence."""
    assert set(clocks.TROUBLES) == set(ClockTrouble)
    assert set(clocks.FAULTS) == set(Fault)
    assert "expires" in clocks.held().text()


def test_a_peers_clock_is_named_with_which_is_wrong() -> None:
    """By the peer's name, ahead or behind."""
    offset = ClockOffset(2 * DAY, 2 * DAY)
    said = clocks.differs(Disagreement(20, offset, Fault.THEIRS), {20: "Habitat"}).text()
    assert said == "The clock of Habitat is 2 d 0 h ahead of ours. " + clocks.FAULTS[Fault.THEIRS]
