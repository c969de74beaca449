"""What a node remembers of bundles that have been here, and what it lets go of first."""

from __future__ import annotations

from starlight.node.duplicate_filter import DuplicateFilter


def test_what_was_handed_on_again_is_remembered_longest() -> None:
    """The memory of what was handed on is bounded; what was handed on longest ago is let go of first."""
    known = DuplicateFilter(2)
    for key in ("a", "b", "a", "c"):
        known.hand(key, 1)
    assert [known.times_handed(key) for key in ("a", "b", "c")] == [2, 0, 1]


def test_what_was_delivered_again_is_remembered_longest() -> None:
    """... and so is that of what was delivered, each until its lifetime has ended, that instant included."""
    known = DuplicateFilter(2)
    for key in ("a", "b", "a", "c"):
        known.deliver(key, 10)
    assert [known.was_delivered(key, 10) for key in ("a", "b", "c")] == [True, False, True]
    assert not known.was_delivered("a", 11)


def test_the_highest_hop_count_counts() -> None:
    """Of several copies that were handed on the one that had come furthest tells which are duplicates."""
    known = DuplicateFilter(2)
    for hops in (3, 1, None):
        known.hand("a", hops)
    assert known.was_handed("a", 3)
    assert not known.was_handed("a", 4)
    assert not known.was_handed("a", None), "a copy without a hop count is always taken"
