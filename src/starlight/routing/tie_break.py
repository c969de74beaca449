"""The rule for ties between routes: of two routes, the one with the smaller `RouteKey` is the better.

CCSDS 734.3-B-1, 3.2.8.1.4 a, ranks by the first four fields. It leaves open which of two routes is taken that
are equal by all four; the fifth settles that, so that an answer depends neither on the order in which a plan
lists its contacts, nor on what was asked before.

The field order is the rule, since tuples compare by it. Nothing else ranks routes: `Search` settles the
fields one after another and never makes a key, and the oracle of the tests holds it to this order.
"""

from __future__ import annotations

from typing import NamedTuple

from starlight.routing.link_contacts import SearchContact

Path = tuple[SearchContact, ...]
"""The contacts of a route, from the source on."""


class RouteKey(NamedTuple):
    """The rank of a route among those that carry a bundle; the smaller, the better.

    Attributes:
        arrival: the projected one, in ns: the earliest wins.
        hops: how many: the fewest win.
        ends: when the first of its contacts ends, in ns, negated: the latest termination wins.
        entry_node: the neighbour that it enters by: the smallest number wins.
        contacts: ids from the last hop to the first, compared as a tuple: the smallest wins.
    """

    arrival: int
    hops: int
    ends: int
    entry_node: int
    contacts: tuple[int, ...]


def route_key(path: Path, arrival: int) -> RouteKey:
    """Return the key of the route over some contacts, not none, that arrives at a time, in ns."""
    ends = -min([contact.end for contact in path])
    ids = tuple([contact.id for contact in reversed(path)])
    return RouteKey(arrival, len(path), ends, path[0].to_node, ids)
