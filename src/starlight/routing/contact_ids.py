"""The ids of the contacts of a plan, shared by plans that differ in few of them."""

from __future__ import annotations

from collections.abc import Iterable

MAX_LAYER = 256
"""Ids that were added or removed and are not yet in the large set of them: it is copied as rarely."""


class Ids:
    """The ids of the contacts of a plan: a large set that successive plans share, and what changed since.

    Args:
        ids: of all.
    """

    __slots__ = ("_all", "_less", "_more")

    def __init__(self, ids: Iterable[int]) -> None:
        self._all = frozenset(ids)
        self._more: set[int] = set()
        self._less: set[int] = set()

    def __contains__(self, id: int) -> bool:
        return id in self._more or (id in self._all and id not in self._less)

    def __len__(self) -> int:
        return len(self._all) + len(self._more) - len(self._less)

    def changed(self, more: Iterable[int], less: Iterable[int]) -> Ids:
        """Return the ids with some more, after some that are in it have been taken out."""
        other = Ids(())
        other._all, other._more, other._less = self._all, set(self._more), set(self._less)
        for id in less:
            if id in other._more:
                other._more.discard(id)
            else:
                other._less.add(id)
        for id in more:
            if id in other._less:
                other._less.discard(id)
            elif id not in other._all:
                other._more.add(id)
        if len(other._more) + len(other._less) > MAX_LAYER:
            return Ids((other._all - other._less) | other._more)
        return other
