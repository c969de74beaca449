"""The share of contacts that a robot's parts may take, so that letters of people are never starved.

Of each contact the share is reckoned once, when it is asked about first, of what is free then beside all
that is booked: what the robot itself has booked since would else be taken for other people's.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

import msgspec

from starlight.dtntime import SECOND
from starlight.errors import InputError
from starlight.messages.correspondent import ContactRoom, Desk
from starlight.messages.draft import Draft
from starlight.organics.triage import URGENT, RunPart
from starlight.routing import Priority

HERE = 0
"""The end of the contact that what stays at this node does not need."""

HERE_BYTES = 1 << 20
"""What is posted at once to who lives at the same node."""

LEFT_MAX_BYTES = 1 << 40
"""What is left of a share is counted up to a terabyte: a link without a limit has one here."""

CONTACTS_MAX = 64
"""Contacts ahead whose shares are remembered; a plan that changes names another now and then."""


class ContactWay(NamedTuple):
    """A contact that leads to an address.

    Attributes:
        to: the address.
        leaves, ends: when what is written now leaves, and when the contact ends, in ns; `HERE` for none.
        bytes: that are free in it.
        is_urgent: what is not expedited goes in a later one.
    """

    to: str
    leaves: int
    ends: int
    bytes: int
    is_urgent: bool = False

    def carries(self, part: RunPart, now: int) -> bool:
        """Return whether a part may go in it, and is worth it when it leaves."""
        in_time = now + part.lifetime_s * SECOND > self.leaves
        return in_time and (not self.is_urgent or part.priority == URGENT)


def ways_to(desk: Desk, to: str, *, urgent: bool) -> list[ContactWay]:
    """Return the next contacts on the way to an address, as far as there are any.

    What is free is asked for as bulk has it, beside everything else. Where that leaves later than what is
    expedited would, there is a contact for that alone before it.

    Args:
        desk: what is asked.
        to: the address.
        urgent: something expedited waits.
    """
    try:
        bulk = desk.room(Draft(to, "", priority=Priority.BULK))
        ahead = desk.room(Draft(to, "", priority=Priority.EXPEDITED)) if urgent else None
        if bulk is None and ahead is None:
            return [ContactWay(to, desk.now, HERE, HERE_BYTES)] if _is_here(desk, to) else []
    except InputError:
        return []  # A group that is not known yet, for one.
    ways = [_way(to, bulk)] if bulk is not None else []
    if ahead is not None and (bulk is None or ahead.ends != bulk.ends):
        ways.append(_way(to, ahead)._replace(is_urgent=True))
    return ways


def _way(to: str, room: ContactRoom) -> ContactWay:
    return ContactWay(to, room.leaves, room.ends, room.bytes)


def _is_here(desk: Desk, to: str) -> bool:
    """Return whether what is sent to an address stays at this node: it is there at once."""
    arrives = desk.forecast(Draft(to, "", priority=Priority.BULK)).arrives
    return arrives is not None and arrives <= desk.now


def by_contact(ways: Iterable[ContactWay]) -> list[list[ContactWay]]:
    """Return ways that share a contact together, the contact that leaves first before the others.

    Two that end in the same instant count as one: then less is sent, never more.
    """
    alike = sorted(ways, key=lambda way: way.ends)
    found = [list(group) for _, group in groupby(alike, key=lambda way: way.ends)]
    return sorted(found, key=lambda group: min(way.leaves for way in group))


class ContactShares(msgspec.Struct):
    """The rest of the share of each contact.

    Attributes:
        left: bytes by the end of the contact, in ns.
    """

    left: dict[int, int] = {}

    def open(self, ways: Iterable[ContactWay], share: float, now: int) -> int:
        """Return what is left of the share of a contact, in bytes; reckoned where it is asked about first.

        Args:
            ways: that share the contact, one at least.
            share: of what is free in it, 0 to 1.
            now: in ns; contacts that are over are forgotten.
        """
        first, *others = ways
        if first.ends == HERE:
            return HERE_BYTES
        self.left = {ends: left for ends, left in self.left.items() if ends > now}
        if first.ends not in self.left:
            # Whichever knows of the least: the ways differ behind the contact.
            free = min(LEFT_MAX_BYTES, *(way.bytes for way in (first, *others)))
            self.left[first.ends] = int(share * free)
            for late in sorted(self.left)[CONTACTS_MAX:]:
                del self.left[late]
        return self.left.get(first.ends, 0)

    def take(self, ends: int, count: int) -> None:
        """Take bytes of the share of a contact."""
        if ends in self.left:
            self.left[ends] -= count
