"""Putting fragments together again (RFC 9171, 5.9): which are here, and when they are enough.

Theory of operation. A group holds the fragments of one bundle and the stretches of it that they
cover, merged and in order, so a fragment costs a bisection and not a look at all the others. A
fragment that is dropped leaves the stretches as they are: they then claim too much, which shows
when they say that all is here and the fragments themselves are looked at.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from starlight.node.reception import ReceivedBundle
from starlight.node.stored import Stored, whole_key, whole_of


class _Group:
    __slots__ = ("ends", "fragments", "last", "starts", "unsure", "whole")

    def __init__(self) -> None:
        self.fragments: dict[str, Stored] = {}
        self.whole: tuple[Stored, ...] | None = None
        self.clear()

    def clear(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.last: Stored | None = None
        self.unsure = False  # the last one was dropped, which said how long the whole is

    def cover(self, stored: Stored) -> None:
        """Take the stretch of a fragment into those that are covered."""
        assert stored.meta.fragment is not None
        if self.last is None or _span(stored) > _span(self.last):
            self.last = stored
        start = stored.meta.fragment[0]
        end = start + stored.meta.payload_bytes
        starts, ends = self.starts, self.ends
        low, high = bisect_left(ends, start), bisect_right(starts, end)
        if low < high:  # those from low to high touch it
            start, end = min(start, starts[low]), max(end, ends[high - 1])
        starts[low:high] = [start]
        ends[low:high] = [end]

    def seems_whole(self) -> bool:
        """Tell whether the stretches are one, from the start to the end of the whole."""
        if self.last is None or len(self.starts) != 1 or self.starts[0]:
            return False
        assert self.last.meta.fragment is not None
        return self.unsure or self.ends[0] >= self.last.meta.fragment[1]


class Reassembly:
    """The fragments that are addressed to this node, by the bundle that they are parts of.

    Args:
        limit: how many of one bundle `has_room` lets in.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._groups: dict[str, _Group] = {}

    def has_room(self, reception: ReceivedBundle) -> bool:
        """Tell whether a bundle may be taken: if it is a fragment, one more of its whole."""
        if reception.meta.fragment is None:
            return True
        group = self._groups.get(whole_of(reception.key))
        return group is None or len(group.fragments) < self._limit

    def add(self, fragment: Stored) -> tuple[Stored, ...] | None:
        """Keep a fragment.

        Returns:
            Fragments in order of offset that cover the whole, or None while some are missing.
        """
        whole = whole_key(fragment)
        group = self._groups.get(whole)
        if group is None:
            group = self._groups[whole] = _Group()
        group.fragments[fragment.key] = fragment
        group.cover(fragment)
        if group.whole is None and group.seems_whole():
            group.whole = _cover(group)
            if group.whole is None:
                # One that was dropped left its stretch behind, so the stretches claimed too much. They are
                # made anew of what is here; else each further fragment would cost a look at all of them.
                group.clear()
                for stored in group.fragments.values():
                    group.cover(stored)
        return group.whole

    def drop(self, fragment: Stored) -> None:
        """Let go of a fragment that expired or was delivered."""
        whole = whole_key(fragment)
        group = self._groups.get(whole)
        if group is not None:
            group.fragments.pop(fragment.key, None)
            group.unsure |= fragment is group.last
            group.whole = None
            if not group.fragments:
                del self._groups[whole]

    def of(self, whole: str) -> list[Stored]:
        """Return the fragments kept of a bundle."""
        group = self._groups.get(whole)
        return [] if group is None else list(group.fragments.values())


def _cover(group: _Group) -> tuple[Stored, ...] | None:
    """Return fragments in order of offset that leave no gap, or None."""
    cover: list[Stored] = []
    covered, total = 0, 0
    # By offset, and of those that begin together the longest first: whoever adds nothing is left out. Where
    # fragments overlap and differ, the earlier one counts; the payload's own check is the application's.
    for stored in sorted(group.fragments.values(), key=_span):
        assert stored.meta.fragment is not None
        offset, total = stored.meta.fragment
        end = offset + stored.meta.payload_bytes
        if offset > covered:
            return None
        if end > covered:
            cover.append(stored)
            covered = end
    return tuple(cover) if covered >= total else None


def _span(stored: Stored) -> tuple[int, int, str]:
    fragment = stored.meta.fragment
    assert fragment is not None
    return (fragment[0], -stored.meta.payload_bytes, stored.key)
