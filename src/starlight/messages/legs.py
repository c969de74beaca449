"""Routes over a contact plan, as a mailbox keeps them: hops as values, their waits, and what covers them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

from starlight.contacts import Contact, ContactPlan
from starlight.dtntime import HOUR
from starlight.messages.delivery import Leg
from starlight.routing import Hop, Route

SILENCE_AFTER = HOUR
"""A shorter wait is told as a time of departure; a longer one needs a reason."""


class LinkIndex:
    """A contact plan by link, and which node can ever reach which."""

    def __init__(self, plan: ContactPlan) -> None:
        self.plan = plan
        self._links: dict[tuple[int, int], list[Contact]] = {}
        for contact in plan.contacts:
            self._links.setdefault((contact.from_node, contact.to_node), []).append(contact)
        self._onward: dict[int, list[int]] = {}
        self._backward: dict[int, list[int]] = {}
        for from_node, to_node in self._links:
            self._onward.setdefault(from_node, []).append(to_node)
            self._backward.setdefault(to_node, []).append(from_node)
        self._between: dict[tuple[int, int], frozenset[int]] = {}

    def covers(self, leg: Leg) -> bool:
        """Return whether a contact of the plan still carries a leg as it was foreseen."""
        contacts = self._links.get((leg.from_node, leg.to_node), [])
        # Contacts of a link may overlap, so any that has begun by then may carry it.
        latest = bisect_right(contacts, leg.leaves, key=lambda contact: contact.start)
        return any(contact.end >= leg.last_byte for contact in contacts[:latest])

    def opens(self, leg: Leg) -> int | None:
        """Return when the contact of the plan begins that carries a leg; None where there is none."""
        contacts = self._links.get((leg.from_node, leg.to_node), [])
        # The end tells which contact of the link it was: a plan that was amended keeps it where it keeps the
        # contact, and an id may have been given away again.
        starts = (
            c.start for c in contacts if c.start <= leg.leaves and c.end == leg.contact_end >= leg.last_byte
        )
        return max(starts, default=None)

    def last_end(self, from_node: int, to_node: int, now: int) -> int | None:
        """Return when a link last carried anything before a time."""
        ends = (c.end for c in self._links.get((from_node, to_node), []) if c.end <= now)
        return max(ends, default=None)

    def runs_until(self, contact: Contact) -> int:
        """Return until when a link is open at the rate of a contact, in ns: others may follow it at once."""
        end, rate = contact.end, contact.rate_bps(contact.end)
        contacts = self._links.get((contact.from_node, contact.to_node), [])
        # From where it could follow at once. What follows at another rate is told as an end: it is another
        # contact to people who wait for a long letter.
        place = bisect_right(contacts, contact.start, key=lambda each: each.start)
        while place < len(contacts) and contacts[place].start <= end + 1:
            after = contacts[place]
            if after.end > end and after.rate_bps(after.start) == rate:
                end = after.end
            place += 1
        return end

    def between(self, source: int, destination: int) -> frozenset[int]:
        """Return every node that can lie on a route from one node to another, at any time; none, no route."""
        # Without regard to times, so that it holds as long as the plan does, and settles in microseconds what
        # a search would have to go through decades of contacts for.
        found = self._between.get((source, destination))
        if found is None:
            there, back = _reach(self._onward, source), _reach(self._backward, destination)
            found = frozenset(there & back if destination in there else ())
            self._between[source, destination] = found
        return found


def _reach(edges: Mapping[int, list[int]], start: int) -> set[int]:
    found, open_ends = {start}, [start]
    while open_ends:
        for node in edges.get(open_ends.pop(), ()):
            if node not in found:
                found.add(node)
                open_ends.append(node)
    return found


def legs_of(route: Route) -> tuple[Leg, ...]:
    """Return the hops of a route as values that a mailbox can keep."""
    return tuple(leg_of(hop) for hop in route.hops)


def leg_of(hop: Hop) -> Leg:
    """Return a hop of a route as a value that a mailbox can keep."""
    contact = hop.contact
    return Leg(contact.from_node, contact.to_node, hop.leaves, hop.last_byte, hop.arrives, contact.end)


def goes_by(legs: tuple[Leg, ...], contacts: tuple[Contact, ...]) -> bool:
    """Return whether a route leads over these contacts, all of them."""
    # A leg keeps no id, as a plan may give the same contact another one; its end tells it from others.
    ends = [(contact.from_node, contact.to_node, contact.end) for contact in contacts]
    return ends == [(leg.from_node, leg.to_node, leg.contact_end) for leg in legs]


def waits(legs: tuple[Leg, ...], now: int) -> list[int]:
    """Return how many ns a route waits before each of its hops."""
    ready = now
    found = []
    for leg in legs:
        found.append(max(0, leg.leaves - ready))
        ready = leg.arrives
    return found


def longest_wait(legs: tuple[Leg, ...], now: int) -> tuple[Leg, int]:
    """Return the hop of a route, not an empty one, before which it waits longest, and for how many ns."""
    found = waits(legs, now)
    longest = max(range(len(legs)), key=found.__getitem__)
    return legs[longest], found[longest]


def waits_long(legs: tuple[Leg, ...], now: int) -> bool:
    """Return whether a route waits so long that there has to be a reason."""
    return bool(legs) and longest_wait(legs, now)[1] > SILENCE_AFTER
