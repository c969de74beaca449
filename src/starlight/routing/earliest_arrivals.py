"""The earliest arrival at every node, and when each node needs the bundle at the latest.

Dijkstra's algorithm on arrivals, forwards from the source; then the same backwards, from the destination at
an arrival. Together they leave of a large plan the few contacts by which anything comes in time: all that
settles the further keys of a route looks at these alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush

from starlight.routing.expansion import Expansion
from starlight.routing.link_contacts import LONG_AGO, NEVER, LinkContacts, SearchContact
from starlight.routing.tie_break import Path


class EarliestArrivals:
    """The labels of one search: when a bundle is at each node at the earliest.

    Args:
        steps: of the search.
        until: when a node needs the bundle at the latest for anything that is of interest, in ns; nodes
            that are not in it are of none. [default: nothing is known]
        horizon: what arrives later, in ns, is of no interest.
    """

    __slots__ = ("_horizon", "_reached", "_settled", "_steps", "_until")

    def __init__(self, steps: Expansion, until: Mapping[int, int] | None, horizon: int) -> None:
        self._steps = steps
        self._until = until
        self._horizon = horizon
        self._reached: dict[int, int] = {}  # Earliest arrivals by node.
        self._settled: dict[int, int] = {}  # Nodes whose arrival is final, and in which order they were.

    def find(self) -> tuple[int, int]:
        """Return the earliest arrival and the hops of one route that has it; `NEVER` and 0 without any.

        Most contacts of a plan begin long after a bundle has arrived. So what begins soon is looked
        at first, and more of the plan only as long as that does not do.
        """
        steps, request = self._steps, self._steps.request
        if request.source not in steps.remaining:
            return NEVER, 0
        if self._horizon != NEVER:
            return self._dijkstra(self._horizon + 1)
        latest = steps.index.latest(request.destination)
        ahead = steps.index.pace
        # Each look begins anew. As they grow by a factor of four, all of them together cost about a third
        # more than the last alone, and mostly the first is the last.
        while request.ready + ahead < latest:
            found = self._dijkstra(request.ready + ahead)
            if found[0] != NEVER or not steps.missed:
                return found
            ahead *= 4
        if self._until is None:
            # What is elsewhere when the last contact with the destination ends comes too late.
            self._until = {**dict.fromkeys(steps.remaining, latest), request.destination: NEVER}
        return self._dijkstra(NEVER)

    def settle(self, horizon: int) -> None:
        """Find the earliest arrival at every node up to a horizon, in ns, wherever the bundle goes."""
        self._dijkstra(horizon + 1, stop=False)

    def at(self, nodes: Iterable[int]) -> dict[int, int]:
        """Return the earliest arrivals, in ns, at those of some nodes that `settle` has come to."""
        settled, reached = self._settled, self._reached
        return {node: reached[node] for node in nodes if node in settled}

    def deadlines(self, arrival: int) -> dict[int, int]:
        """Return when each node needs the bundle at the latest to be at the destination at an arrival, in ns.

        The times may be a little late, so nodes that are of no use may be in it, but none is missing that
        is. To be asked after `find` has found this arrival, or `settle` has gone as far.
        """
        request, busy, remaining = self._steps.request, self._steps.busy, self._steps.remaining
        source, exclude, banned = request.source, request.exclude, request.exclude_contacts
        settled, reached, bounds, size = self._settled, self._reached, self._until, request.size
        until = {request.destination: arrival}
        done: set[int] = set()
        heap = [(-arrival, request.destination)]
        while heap:
            late, node = heappop(heap)
            if node in done:
                continue
            done.add(node)
            if node == source:
                continue
            for contact in self._towards(node, -late):
                peer = contact.from_node
                if peer in done or peer not in remaining or (peer == source and node in exclude):
                    continue
                # What was not settled is reached no earlier than the destination.
                ready = reached[peer] if peer in settled else arrival
                if ready > -late or contact.end < ready or contact.id in banned:
                    continue
                if bounds is not None and ready > bounds.get(peer, LONG_AGO):
                    continue
                # When exactly it must leave, bookings and moving light times decide; a bound is enough, and
                # to be a little late is safe: it keeps a node that is of no use, but loses none that is.
                leaves = min(contact.end, -late - contact.floor)
                if leaves > until.get(peer, LONG_AGO):
                    timing = contact.timing(ready, size, busy)
                    if timing is not None and timing[2] <= -late:
                        until[peer] = leaves
                        heappush(heap, (-leaves, peer))
        return until

    def traced(self, arrival: int) -> Path:
        """Return the route of the arrivals that `find` settled, going back by them."""
        request, settled = self._steps.request, self._settled
        node, arrives = request.destination, arrival
        path: list[SearchContact] = []
        while node != request.source:
            # Only by a node that was settled before: of two nodes at the same time, each could else have
            # come by the other, where a hop takes no time.
            order = settled[node]

            def ready_at(peer: int, order: int = order) -> int | None:
                return self._reached[peer] if settled.get(peer, NEVER) < order else None

            path.append(self._steps.brought_by(node, arrives, ready_at))
            node = path[-1].from_node
            arrives = self._reached[node]
        return tuple(reversed(path))

    def _dijkstra(self, goal: int, *, stop: bool = True) -> tuple[int, int]:
        """Return the earliest arrival before a time, in ns, and its hops.

        Whether anything was left out for being later is noted.
        """
        steps, request = self._steps, self._steps.request
        destination, until = request.destination, self._until
        self._reached = reached = {request.source: request.ready}
        self._settled = settled = dict[int, int]()
        steps.missed = False
        heap = [(request.ready, 0, request.source)]
        while heap:
            ready, hops, node = heappop(heap)
            if node in settled:
                continue
            settled[node] = len(settled)
            if node == destination:
                if stop:
                    return ready, hops
                continue
            for peer, arrives in steps.offers(node, ready, goal, settled, reached, until):
                if arrives >= reached.get(peer, goal):
                    continue  # Two contacts to one node: the better one came first.
                reached[peer] = arrives
                heappush(heap, (arrives, hops + 1, peer))
                # From here on only what is there before counts, which spares most contacts their timing.
                if peer == destination and stop:
                    goal = min(goal, arrives)
        return NEVER, 0

    def _towards(self, node: int, until: int) -> Iterable[SearchContact]:
        """Return the contacts that may bring something to a node by a time, in ns."""
        found: list[SearchContact] = []
        links = self._steps.index.reaching.get(node, ())
        for chain in self._steps.index.sources.get(node, ()):
            first, after = chain.between(self._steps.request.ready, until - chain.floor + 1)
            if first < after:
                found += chain.contacts[first:after]
                if len(found) > 16 * len(links):  # Too many: only those that nodes are in time for.
                    return self._towards_by_links(links, until)
        return found

    def _towards_by_links(self, links: Sequence[LinkContacts], until: int) -> Iterator[SearchContact]:
        settled, reached, remaining = self._settled, self._reached, self._steps.remaining
        for link in links:
            peer = link.from_node
            if peer not in remaining:
                continue
            ready = reached[peer] if peer in settled else until
            if ready <= until and link.last_end >= ready and link.first_start <= until:
                yield from link.alive(ready, until)
