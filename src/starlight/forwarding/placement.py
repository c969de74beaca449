"""The bundles to be queued after the body of another was read: its copies or its fragments."""

from __future__ import annotations

from typing import NamedTuple

from starlight.node.stored import Stored
from starlight.routing import Route


class Placement(NamedTuple):
    """Bundles that were made of another and are to be queued.

    Attributes:
        since: when they may leave at the earliest, in ns.
        parts: each with the route over whose contacts it goes if it can.
        again: the bundle itself and when it is to be looked at again, in ns, where nothing was made of it.
    """

    since: int
    parts: tuple[tuple[Stored, Route], ...] = ()
    again: tuple[Stored, int] | None = None


NOTHING = Placement(0)
