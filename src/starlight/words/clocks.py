"""The text of clocks that disagree: whose differs by how much, and which is wrong."""

from __future__ import annotations

from starlight.dtntime import duration_text
from starlight.node.clock_offsets import Disagreement, Fault
from starlight.words.sentence import Names, Sentence, fill, name_of

AHEAD = "The clock of {peer} is {apart} ahead of ours."
BEHIND = "The clock of {peer} is {apart} behind ours."

FAULTS = {
    Fault.UNKNOWN: "Which of the two is wrong can't be told without a third.",
    Fault.THEIRS: "Other clocks agree with ours, so that one is wrong.",
    Fault.OURS: "Other clocks agree with it, so ours is wrong: set this machine's time and restart the node.",
}
"""In English, which of two clocks is wrong."""


def differs(found: Disagreement, names: Names) -> Sentence:
    """Return how a peer's clock differs, and which is wrong; names are those of the nodes."""
    ahead = found.offset.ahead
    said = fill(
        AHEAD if ahead > 0 else BEHIND, peer=name_of(found.peer, names), apart=duration_text(abs(ahead))
    )
    return said + Sentence((FAULTS[found.fault],))
