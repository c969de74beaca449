"""The bound on how much of the store is read at an instant."""

from __future__ import annotations


class BodyReads:
    """The bytes of bodies that are fetched at an instant: what is made of them is in memory until the commit.

    Args:
        limit: beyond which nothing more is fetched; the first body may have any size.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._instant = 0
        self._bytes = 0

    def allow(self, now: int, size: int) -> bool:
        """Tell whether a body may be fetched now."""
        read = self._bytes if self._instant == now else 0
        return not read or read + size <= self._limit

    def count(self, now: int, size: int) -> None:
        """Take note that a body is fetched now."""
        self._instant, self._bytes = now, size + (self._bytes if self._instant == now else 0)
