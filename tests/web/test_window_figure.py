"""The figure of the next window: what is in it, how wide, and what is left out."""

from __future__ import annotations

import pytest

from starlight.dtntime import MINUTE, SECOND
from starlight.figures.window_figure import LEAST_WIDTH, Share, next_window
from starlight.messages.queue import EntryKind, QueueEntry
from starlight.messages.urgency import Priority

OPENS = 1_000 * MINUTE
CLOSES = OPENS + 10 * MINUTE


def entry(leaves: int | None, lasts: int, *, by_node: int = 2, **more: object) -> QueueEntry:
    """Return something that waits, from when it leaves, in ns, and how long that takes."""
    told = {"letter": "a", "to": "ipn:7.1", "text": "Words", "size_bytes": 9, "position": 1, "by": "Madrid"}
    last_byte = None if leaves is None else leaves + lasts
    told |= {"leaves": leaves, "last_byte": last_byte, "by_node": by_node, "window_ends": CLOSES}
    return QueueEntry(**{**told, **more})  # type: ignore[arg-type]


def test_shares_are_true_to_scale() -> None:
    """A minute of ten takes a tenth of the bar, where it leaves; the whole tells how much is taken."""
    figure = next_window(
        (
            entry(OPENS, MINUTE, priority=Priority.EXPEDITED),
            entry(OPENS + MINUTE, 2 * MINUTE),
            entry(OPENS + 5 * MINUTE, 5 * MINUTE, priority=Priority.BULK),
        ),
        OPENS - MINUTE,
    )
    assert figure is not None
    assert (figure.by, figure.start, figure.end, figure.taken) == ("Madrid", OPENS, CLOSES, 8 * MINUTE)
    assert figure.shares == (
        Share("Words", "bulk", 500, 500),
        Share("Words", "usual", 100, 200),
        Share("Words", "urgent", 0, 100),
    )
    assert figure.looks == {"urgent", "usual", "bulk"}


def test_what_leaves_otherwise_is_not_in_it() -> None:
    """Another neighbour, a later contact, no route, and what is overdue are none of this window's."""
    figure = next_window(
        (
            entry(OPENS - 5 * MINUTE, SECOND, text="overdue"),
            entry(OPENS, MINUTE),
            entry(OPENS + MINUTE, MINUTE, by_node=3),
            entry(CLOSES + MINUTE, MINUTE, window_ends=CLOSES + 5 * MINUTE),
            entry(None, 0, window_ends=None),
        ),
        OPENS - MINUTE,
    )
    assert figure is not None
    assert [each.text for each in figure.shares] == ["Words"]
    assert figure.taken == MINUTE


def test_the_shortest_is_seen_and_stays_inside() -> None:
    """A share has a least width, and the last of a full window ends with it; what overlaps counts once."""
    figure = next_window(
        (
            entry(OPENS, 10 * MINUTE),
            entry(CLOSES - 1, 1, kind=EntryKind.DISTRESS),
        ),
        OPENS,
    )
    assert figure is not None
    last = figure.shares[-1]
    assert (last.look, last.width) == ("distress", LEAST_WIDTH)
    assert last.x + last.width == pytest.approx(1000)
    assert figure.taken == 10 * MINUTE


def test_none_hides_another() -> None:
    """Of what takes a moment each, the first to leave is drawn last, above a long one that follows it."""
    figure = next_window(
        (
            entry(OPENS, SECOND, text="first", priority=Priority.EXPEDITED),
            entry(OPENS + SECOND, SECOND, text="second"),
            entry(OPENS + 2 * SECOND, 5 * MINUTE, text="long"),
        ),
        OPENS,
    )
    assert figure is not None
    assert [each.text for each in figure.shares] == ["long", "second", "first"]


@pytest.mark.parametrize("waiting", [(), (entry(None, 0),), (entry(OPENS, SECOND, window_ends=None),)])
def test_without_a_departure_there_is_no_window(waiting: tuple[QueueEntry, ...]) -> None:
    """Where nothing waits, no route is known, or the window has no end, nothing is drawn."""
    assert next_window(waiting, OPENS) is None
