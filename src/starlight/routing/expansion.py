"""One step of a search: what a node's contacts offer, and which contact has brought something to a node.

A plan of decades has thousands of contacts at a node, of which a search needs those of the next hours. So
what leaves a node is looked at in two ways, whichever is less: all its contacts that begin before the goal,
in the order of time, or, where these are many, link by link, the earliest arrival of each.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping, Sequence

from starlight.routing.index import PlanIndex
from starlight.routing.link_contacts import LONG_AGO, NEVER, Busy, LinkContacts, SearchContact
from starlight.routing.request import RouteRequest


class Expansion:
    """The steps of one search.

    Args:
        index: the plan.
        busy: what is booked.
        request: as `RouteRequest.to_search` returns it; source and destination are not the same.
        remaining: the fewest hops that nodes may have left, at the time of the request or before; nodes
            that are not in it lead nowhere. [default: looked up]

    Attributes:
        index, busy, request: as above.
        remaining: as above, without the nodes to avoid.
        missed: whether an offer was left out for being later than the goal; set here, cleared by who asks.
    """

    __slots__ = ("busy", "index", "missed", "remaining", "request")

    def __init__(
        self, index: PlanIndex, busy: Busy, request: RouteRequest, remaining: dict[int, int] | None = None
    ) -> None:
        self.index = index
        self.busy = busy
        self.request = request
        self.missed = False
        if remaining is None:
            remaining = index.remaining_hops(request.destination, request.ready, request.source)
        if request.avoid:
            remaining = {node: hops for node, hops in remaining.items() if node not in request.avoid}
        self.remaining = remaining

    def offers(
        self,
        node: int,
        ready: int,
        goal: int,
        settled: Collection[int],
        reached: Mapping[int, int],
        until: Mapping[int, int] | None,
    ) -> list[tuple[int, int]]:
        """Return the nodes that a node reaches before a time, and when, where nothing better is known.

        Args:
            node: where the bundle is.
            ready: from when on, in ns.
            goal: the time, in ns.
            settled: nodes that are of no interest.
            reached: when it is elsewhere.
            until: when nodes need it.
        """
        links = self.index.leaving.get(node, ())
        chains = self.index.fans.get(node, ())
        if goal == NEVER:  # Then all contacts count, and one link at a time knows when to stop.
            return self._offers_by_links(links, node, ready, goal, settled, reached, until)
        ranges = []
        count = 0
        for chain in chains:
            ends, starts = chain.ends, chain.starts
            if ends[-1] >= ready:
                first, after = bisect_left(ends, ready), bisect_left(starts, goal)
                if after < len(starts):
                    self.missed = True
                if first < after:
                    ranges.append((chain.contacts, first, after))
                    count += after - first
        # A look at a link costs about as much as at two contacts.
        if count > 2 * len(links) + 8:
            return self._offers_by_links(links, node, ready, goal, settled, reached, until)
        return self._offers_by_time(ranges, node, ready, goal, settled, reached, until)

    def _offers_by_time(
        self,
        ranges: Sequence[tuple[Sequence[SearchContact], int, int]],
        node: int,
        ready: int,
        goal: int,
        settled: Collection[int],
        reached: Mapping[int, int],
        until: Mapping[int, int] | None,
    ) -> list[tuple[int, int]]:
        offers: list[tuple[int, int]] = []
        remaining = self.remaining
        size, busy, banned = self.request.size, self.busy, self.request.exclude_contacts
        exclude = self.request.exclude if node == self.request.source else ()
        for contacts, first, after in ranges:
            for contact in contacts[first:after]:
                peer = contact.to_node
                if peer in settled or peer not in remaining or peer in exclude or contact.id in banned:
                    continue
                before = reached.get(peer, goal)
                if until is not None:
                    late = until.get(peer, LONG_AGO)
                    if late < before:
                        before = late + 1
                # The cheap bound first: to time a transmission costs far more.
                begin = contact.start if contact.start > ready else ready
                if begin + contact.floor >= before:
                    self.missed = self.missed or before == goal
                    continue
                timing = contact.timing(ready, size, busy)
                if timing is not None:
                    if timing[2] < before:
                        offers.append((peer, timing[2]))
                    elif before == goal:
                        self.missed = True
        return offers

    def _offers_by_links(
        self,
        links: Sequence[LinkContacts],
        node: int,
        ready: int,
        goal: int,
        settled: Collection[int],
        reached: Mapping[int, int],
        until: Mapping[int, int] | None,
    ) -> list[tuple[int, int]]:
        offers: list[tuple[int, int]] = []
        remaining = self.remaining
        size, banned = self.request.size, self.request.exclude_contacts
        exclude = self.request.exclude if node == self.request.source else ()
        for link in links:
            peer = link.to_node
            if peer in settled or peer not in remaining or peer in exclude:
                continue
            before = reached.get(peer, goal)
            if until is not None:
                late = until.get(peer, LONG_AGO)
                if late < before:
                    before = late + 1
            if link.last_end < ready or link.first_start >= before:
                self.missed = self.missed or before == goal
                continue
            arrives = link.earliest(ready, size, before, self.busy, banned)
            if arrives < before:
                offers.append((peer, arrives))
            elif before == goal:
                self.missed = True
        return offers

    def brought_by(self, node: int, arrives: int, ready_at: Callable[[int], int | None]) -> SearchContact:
        """Return the contact by which a bundle has come to a node.

        Args:
            node: where it is.
            arrives: when it came, in ns.
            ready_at: when it was at another node, in ns; None where it can't have come from there.
        """
        request, busy = self.request, self.busy
        for link in self.index.reaching[node]:
            peer = link.from_node
            ready = ready_at(peer)
            if ready is None or (peer == request.source and node in request.exclude):
                continue
            for contact in link.alive(ready, arrives):
                timing = contact.timing(ready, request.size, busy)
                if timing is None or timing[2] != arrives or contact.id in request.exclude_contacts:
                    continue
                return contact
        raise AssertionError(f"nothing brings a bundle to node {node} at {arrives}")
