"""The earliest that anything can arrive over certain contacts, at every node at once.

Theory of operation. When a plan gets a few contacts more, only a route over one of them can be better
than those that were the best before. Dijkstra's search, by time from the source and then from the far
ends of those contacts, as if nothing was booked, gives for each node a time before which no such
route arrives. Two passes over the links serve all destinations, where a search for one costs about as
much as they do together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush

from starlight.contacts import Contact
from starlight.routing.index import PlanIndex
from starlight.routing.link_contacts import Busy

NOTHING_BOOKED: Busy = {}


def earliest_over(
    index: PlanIndex, contacts: Iterable[Contact], source: int, ready: int, size: int, until: int
) -> dict[int, int]:
    """Return for each node the earliest projected arrival over one of some contacts, in ns.

    Args:
        index: of the plan, which has them.
        contacts: one of which is used.
        source, ready: where the bundle is, and from when on, in ns.
        size: in bytes; none that asks is smaller.
        until: later arrivals are of no interest and may be missing, in ns.
    """
    some = [index.search_contact(contact) for contact in contacts if contact.id not in index.unusable]
    some = [contact for contact in some if contact.start < until and contact.end >= ready]
    if not some:
        return {}
    # Up to the transmitters of the contacts any route may lead, also over others of them.
    before = _earliest(index, {source: ready}, size, until)
    reached: dict[int, int] = {}
    for contact in some:
        at = before.get(contact.from_node)
        timing = None if at is None else contact.timing(at, size, NOTHING_BOOKED)
        if timing is not None and timing[2] < reached.get(contact.to_node, until):
            reached[contact.to_node] = timing[2]
    return _earliest(index, reached, size, until)


def _earliest(index: PlanIndex, begin: Mapping[int, int], size: int, until: int) -> dict[int, int]:
    """Return the earliest projected arrivals of a bundle that may begin at several nodes."""
    found = dict(begin)
    heap = [(time, node) for node, time in begin.items()]
    heapify(heap)
    done: set[int] = set()
    while heap:
        ready, node = heappop(heap)
        if node in done:
            continue
        done.add(node)
        for link in index.leaving.get(node, ()):
            best = found.get(link.to_node, until)
            if best > ready:
                arrives = link.earliest(ready, size, best, NOTHING_BOOKED, ())
                if arrives < best:
                    found[link.to_node] = arrives
                    heappush(heap, (arrives, link.to_node))
    return found
