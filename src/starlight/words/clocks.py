"""The text of clocks that disagree: whose differs by how much, which is wrong, what the node does then."""

from __future__ import annotations

from starlight.dtntime import SECOND
from starlight.node.clock_offsets import Disagreement, Fault
from starlight.node.own_clock import ClockTrouble, OwnClockDoubt
from starlight.words.durations import duration_words
from starlight.words.language import _
from starlight.words.sentence import Names, Sentence, fill, name_of

AHEAD = "The clock of {peer} is {apart} ahead of ours."
BEHIND = "The clock of {peer} is {apart} behind ours."
AT_LEAST = "at least {apart}"
THEIRS_AHEAD = "Times of {peer} are by its clock, which is {apart} ahead of ours."
THEIRS_BEHIND = "Times of {peer} are by its clock, which is {apart} behind ours."

FAULTS = {
    Fault.UNKNOWN: "Which of the two is wrong can't be told without a third.",
    Fault.THEIRS: "Other clocks agree with ours, so that one is wrong.",
    Fault.OURS: "Other clocks agree with it, so ours is wrong: set this machine's time and restart the node.",
}
"""In English, which of two clocks is wrong."""


OWN_AHEAD = "This machine's clock is {apart} ahead of this node's."
OWN_BEHIND = "This machine's clock is {apart} behind this node's."

TROUBLES = {
    ClockTrouble.AHEAD: (
        "It was hardly off for so long, so it does not believe that and goes on from the last moment that it "
        "has recorded. It takes the machine's time once that can be right, or a peer's clock agrees with it. "
        "If it is right, start the node with --trust-clock."
    ),
    ClockTrouble.BEHIND: (
        "The node has recorded later moments, so it goes on from the last of them. If this machine's time is "
        "right, start the node with --trust-clock; otherwise set it."
    ),
    ClockTrouble.SET: (
        "It was set while the node ran, which goes on by the time that it has. If this machine's time is "
        "right now, restart the node."
    ),
}
"""In English, what a node does about a machine's clock that is not the one that it goes by."""

HELD = (
    "This node was off for more than a day, or its clock has jumped: until a peer's clock agrees with it, or "
    "for an hour if none objects, nothing that is stored here expires."
)


def _told(apart: int) -> str:
    """Return a difference in words, to the second: two days less a millisecond are two days."""
    return duration_words(round(abs(apart) / SECOND) * SECOND)


def own(doubt: OwnClockDoubt) -> Sentence:
    """Return how the clock of this machine differs from that of its node, and what is to be done."""
    apart = doubt.apart
    said = fill(OWN_AHEAD if apart > 0 else OWN_BEHIND, apart=_told(apart))
    return said + fill(TROUBLES[doubt.trouble])


def held() -> Sentence:
    """Return why nothing expires for now."""
    return fill(HELD)


def differs(found: Disagreement, names: Names) -> Sentence:
    """Return how a peer's clock differs, and which is wrong; names are those of the nodes."""
    return _of_peer(AHEAD, BEHIND, found, names) + fill(FAULTS[found.fault])


def of_times(found: Disagreement, names: Names) -> Sentence:
    """Return by how much the times that a peer tells are off, for a letter where they can't be right."""
    return _of_peer(THEIRS_AHEAD, THEIRS_BEHIND, found, names)


def _of_peer(ahead: str, behind: str, found: Disagreement, names: Names) -> Sentence:
    apart = _told(found.offset.ahead)
    if not found.offset.is_bounded:
        apart = _(AT_LEAST, apart=apart)
    return fill(ahead if found.offset.ahead > 0 else behind, peer=name_of(found.peer, names), apart=apart)
