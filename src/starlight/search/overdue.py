"""Silence of a suit: what is overdue apart from what nobody can know yet.

Silence counts only while the suit could be heard. A window that is known to be closed, by the search's file,
keeps back a word that may well have been said; so its time is left out.
"""

from __future__ import annotations

from typing import NamedTuple


class Watch(NamedTuple):
    """The rules of a node that a search lives at; times in ns.

    Attributes:
        suit: the address whose telemetry is the last fix; empty for none.
        silent_after: of so long a silence a search begins; None: of none.
        since: from when it should be heard; None: from its first telemetry.
        light_time: from it to the node.
        closed: times in which nothing of it can come, by their beginning.
        pause: between two letters that nobody asked for.
    """

    suit: str
    silent_after: int | None
    since: int | None
    light_time: int
    closed: tuple[tuple[int, int], ...]
    pause: int

    def overdue_at(self, heard_at: int | None, open_from: int | None) -> int | None:
        """Return when silence has lasted too long, in ns; None where nothing is to be heard.

        Args:
            heard_at: when the newest of its telemetry that came here was measured; None for none.
            open_from: before it nothing can come, as the contact plan says; None where it says nothing.
        """
        begins = [each for each in (heard_at, self.since) if each is not None]
        if self.silent_after is None or not begins:
            return None
        at = max(max(begins) + self.light_time, open_from or 0)
        left = self.silent_after
        for begin, end in self.closed:
            if at + left <= begin:
                break
            left -= max(0, begin - at)
            at = max(at, end)
        return at + left

    def opens_at(self, now: int, open_from: int | None) -> int | None:
        """Return when something of the suit can come again, in ns; None where it can at this moment.

        Args:
            now: the moment, in ns.
            open_from: as in `overdue_at`.
        """
        opens = max([end for begin, end in self.closed if begin <= now < end] + [open_from or 0])
        return opens if opens > now else None
