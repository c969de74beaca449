"""The figure of the next window: which share of it what waits will take, letter by letter.

The window is that by which the first departs that is not overdue. It is drawn from that departure to the end
of the contact, true to scale; what leaves over another neighbour, or in a later contact, is not in it.
Times are ns; places are thousandths of the width.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from starlight.messages.queue import EntryKind, QueueEntry
from starlight.messages.urgency import Priority

WIDTH = 1000.0

LEAST_WIDTH = 8.0
"""Of a share, however short: it is seen that something leaves then, and what it is can be pointed at."""

_LOOKS = {Priority.BULK: "bulk", Priority.NORMAL: "usual", Priority.EXPEDITED: "urgent"}


class Share(msgspec.Struct, frozen=True):
    """The share of a window that one entry of the queue takes.

    Attributes:
        text: its first words.
        look: ``distress``, ``urgent``, ``usual`` or ``bulk``.
        x, width: its place and extent.
    """

    text: str
    look: str
    x: float
    width: float


class WindowFigure(msgspec.Struct, frozen=True):
    """A window as it is drawn.

    Attributes:
        by: the name of the neighbour that it leads to; may be empty.
        start: when the first leaves in it, in ns.
        end: when the contact ends, in ns.
        taken: for how long it is taken, in ns.
        shares: of those that leave in it, in the order to draw: the widest first, so that none hides another.
    """

    by: str
    start: int
    end: int
    taken: int
    shares: tuple[Share, ...]

    @property
    def looks(self) -> frozenset[str]:
        """Return the looks that are drawn, for the legend."""
        return frozenset(each.look for each in self.shares)


def next_window(waiting: Sequence[QueueEntry], now: int) -> WindowFigure | None:
    """Return the figure of the next window of what waits at a time; None where no departure is foreseen."""
    foreseen = [
        (each, each.leaves, each.last_byte)
        for each in waiting
        if each.leaves is not None and each.last_byte is not None and not each.is_overdue(now)
    ]
    if not foreseen:
        return None
    first, start, _ = min(foreseen, key=lambda one: one[1])
    end = first.window_ends
    if end is None or end <= start:
        return None
    within = [one for one in foreseen if (one[0].by_node, one[0].window_ends) == (first.by_node, end)]
    shares = [_share(each, leaves - start, last - leaves, end - start) for each, leaves, last in within]
    return WindowFigure(
        by=first.by,
        start=start,
        end=end,
        taken=_covered((leaves, last) for _, leaves, last in within),
        # Of those that are all as narrow as can be seen, the first to leave lies above.
        shares=tuple(sorted(shares, key=lambda share: (-share.width, -share.x))),
    )


def _share(entry: QueueEntry, after: int, lasts: int, whole: int) -> Share:
    x = WIDTH * after / whole
    width = min(max(WIDTH * lasts / whole, LEAST_WIDTH), WIDTH)
    # The last of a full window would else stand beyond its end.
    x = min(x, WIDTH - width)
    look = "distress" if entry.kind is EntryKind.DISTRESS else _LOOKS[entry.priority]
    return Share(entry.text, look, round(x, 2), round(width, 2))


def _covered(intervals: Iterable[tuple[int, int]]) -> int:
    """Return for how long at least one of some intervals lasts: copies of one call may overlap."""
    covered, reached = 0, 0
    for start, end in sorted(intervals):
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return covered
