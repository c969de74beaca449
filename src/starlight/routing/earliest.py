"""The earliest that anything can arrive over certain contacts, at every node at once.

Theory of operation. When a plan gets a few contacts more, only a route over one of them can be better
than those that were the best before. Dijkstra's search, by time from the source and then from the far
ends of those contacts, as if nothing was booked, gives for each node a time before which no such
route arrives. Two passes over the links serve all destinations, where a search for one costs about as
much as they do together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush

from starlight.contacts import Contact
from starlight.routing.index import PlanIndex
from starlight.routing.link_contacts import NEVER, Busy, LinkContacts

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
    spans = [index.span(contact) for contact in contacts if contact.id not in index.unusable]
    spans = [span for span in spans if span.start < until and span.end >= ready]
    if not spans:
        return {}
    before = _earliest(index, {source: ready}, size, until)
    reached: dict[int, int] = {}
    for span in spans:
        at = before.get(span.from_node)
        timing = None if at is None else span.timing(at, size, NOTHING_BOOKED)
        if timing is not None and timing[2] < reached.get(span.to_node, until):
            reached[span.to_node] = timing[2]
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
        for lane in index.leaving.get(node, ()):
            best = found.get(lane.to_node, until)
            if best > ready:
                arrives = _over(lane, ready, size, best)
                if arrives < best:
                    found[lane.to_node] = arrives
                    heappush(heap, (arrives, lane.to_node))
    return found


def _over(lane: LinkContacts, ready: int, size: int, best: int) -> int:
    """Return the earliest arrival over a link that is before another; `NEVER` when none is."""
    earliest = NEVER
    for chain in lane.chains:
        for place in range(bisect_left(chain.ends, ready), len(chain.spans)):
            # Starts ascend, and no light time of the chain is shorter than its floor.
            if max(ready, chain.starts[place]) + chain.floor >= best:
                break
            timing = chain.spans[place].timing(ready, size, NOTHING_BOOKED)
            if timing is not None and timing[2] < best:
                best = earliest = timing[2]
    return earliest
