"""The best route by four keys, exactly.

CCSDS 734.3-B-1, 3.2.8.1.4 a, ranks routes by earliest projected arrival, fewest hops, latest termination,
smallest entry node. One label per node, ordered by these keys, can't find that route: a label
that arrives earlier at a node wins there, although one that arrives later, but in time for the
next window, may have fewer hops or end later. The keys are settled one after another instead,
each by a search in which the earliest arrival at a node is all that matters:

1. the arrival, by Dijkstra's algorithm on earliest arrivals;
2. the hops, by rounds of one hop each, until a round reaches the destination at that arrival;
3. what remains is a corridor, hop by hop the contacts that some such route may use; the
   termination is the greatest end for which the contacts that last so long still arrive in time;
4. the entry node is the last of the shortest prefix of neighbours that still arrive in time.

Routes that are equal by all four keys are told apart by the ids of their contacts, compared from
the last hop to the first, the smaller being better. So there is exactly one best route, whatever
the order of the plan's contacts and whatever was asked before.

It all rests on one property: over a contact, who is ready later does not arrive earlier. Light
times keep it as long as they shrink by less than a second a second, which everything slower than
light does. Only where one piece of a fitted light time steps down to the next may it fail, for as
long as the step is high; a search that meets such a step returns Dijkstra's route, whose arrival
is as early. Routes with a loop need no check: what comes back to a node comes back no earlier.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush

from msgspec.structs import replace

from starlight.routing.following import follow
from starlight.routing.index import PlanIndex
from starlight.routing.link_contacts import NEVER, Busy, LinkContacts, SearchContact
from starlight.routing.request import NOBODY, RouteRequest

_Layer = list[tuple[int, SearchContact]]  # (from node, contact)


class Search:
    """One question to a plan.

    Args:
        index: the plan.
        busy: what is booked.
        request: as `RouteRequest.to_search` returns it; source and destination are not the same.
        ceiling: a termination later than this, in ns, is no better; what a route begins with may end then.
        entered: the route has begun, so that the entry node is no question any more.
        until: when a node needs the bundle at the latest for anything that is of interest, in ns; nodes
            that are not in it are of none. [default: nothing is known]
        horizon: what arrives later, in ns, is of no interest.
        remaining: the fewest hops that nodes may have left, at this time or before. [default: looked up]
    """

    __slots__ = (
        "_banned",
        "_busy",
        "_ceiling",
        "_destination",
        "_entered",
        "_exclude",
        "_found",
        "_horizon",
        "_index",
        "_missed",
        "_now",
        "_reached",
        "_remaining",
        "_rounds",
        "_settled",
        "_size",
        "_source",
        "_until",
    )

    def __init__(
        self,
        index: PlanIndex,
        busy: Busy,
        request: RouteRequest,
        *,
        ceiling: int = NEVER,
        entered: bool = False,
        until: Mapping[int, int] | None = None,
        horizon: int = NEVER,
        remaining: dict[int, int] | None = None,
    ) -> None:
        self._index = index
        self._until = until
        self._horizon = horizon
        self._found: tuple[int, int] | None = None
        self._missed = False
        self._ceiling = ceiling
        self._entered = entered
        self._busy = busy
        self._source = request.source
        self._destination = request.destination
        self._now = request.ready
        self._size = request.size
        self._exclude = request.exclude
        self._banned = request.exclude_contacts
        if remaining is None:
            remaining = index.remaining_hops(request.destination, request.ready, request.source)
        if request.avoid:
            remaining = {node: hops for node, hops in remaining.items() if node not in request.avoid}
        self._remaining = remaining
        self._reached: dict[int, int] = {}  # Earliest arrivals by node.
        self._settled: dict[int, int] = {}  # Nodes whose arrival is final, and in which order they were.
        self._rounds: list[dict[int, int]] | None = None  # Earliest arrivals by hops and node.

    def best(self) -> tuple[SearchContact, ...] | None:
        """Return the contacts of the best route, or None when nothing arrives."""
        arrival, _ = self.earliest()
        return None if arrival == NEVER else self.best_within(self.deadlines(arrival))

    def best_within(self, until: Mapping[int, int]) -> tuple[SearchContact, ...]:
        """Return what `best` does, where something arrives.

        Args:
            until: the deadlines for the earliest arrival, or later ones.
        """
        arrival, most_hops = self.earliest()
        found = self.best_by(arrival, most_hops, until)
        if found is not None:
            return found
        return self._traced(arrival) if self._rounds is None else self._traced_by(self._rounds)

    def fewest(self, arrival: int, most_hops: int, until: Mapping[int, int]) -> int | None:
        """Return the fewest hops with which anything arrives by a time, None when nothing does.

        Args:
            arrival: in ns; nothing arrives earlier.
            most_hops: it is of no interest with more.
            until: the deadlines for this arrival.
        """
        self._rounds = self._by_rounds(arrival, most_hops, until)
        if self._rounds is None:
            return None
        hops = len(self._rounds) - 1
        self._found = arrival, hops
        return hops

    def best_by(
        self, arrival: int, most_hops: int, until: Mapping[int, int]
    ) -> tuple[SearchContact, ...] | None:
        """Return the best of the routes that arrive by a time by all keys but the arrival.

        None when there is none, because of a step in a light time.

        Args:
            arrival: in ns; not before the earliest.
            most_hops: one of these routes has so many, or fewer.
            until: the deadlines for this arrival.
        """
        if self._rounds is None:
            self._rounds = self._by_rounds(arrival, most_hops, until)
            if self._rounds is None:
                return None
        corridor = self._corridor(arrival, self._rounds)
        if all(len(layer) == 1 for layer in corridor):
            return tuple(layer[0][1] for layer in corridor)
        corridor = self._latest_ending(corridor, arrival)
        if not self._entered:
            corridor = self._smallest_entry(corridor, arrival)
        return self._smallest_ids(corridor, arrival)

    def earliest(self) -> tuple[int, int]:
        """Return the earliest arrival and the hops of one route that has it; `NEVER` and 0 without any.

        Most contacts of a plan begin long after a bundle has arrived. So what begins soon is looked
        at first, and more of the plan only as long as that does not do.
        """
        if self._found is None:
            self._found = self._looked_ahead()
        return self._found

    def settle(self, horizon: int) -> None:
        """Find the earliest arrival at every node up to a horizon, in ns, wherever the bundle goes."""
        self._dijkstra(horizon + 1, stop=False)

    def deadlines(self, arrival: int) -> dict[int, int]:
        """Return when each node needs the bundle at the latest to be at the destination at an arrival, in ns.

        The times may be a little late, so nodes that are of no use may be in it, but none is missing that
        is. To be asked after `earliest` has found this arrival, or `settle` has gone as far.
        """
        source, destination, exclude = self._source, self._destination, self._exclude
        size, busy, banned = self._size, self._busy, self._banned
        settled, reached, remaining, bounds = self._settled, self._reached, self._remaining, self._until
        until = {destination: arrival}
        done: set[int] = set()
        heap = [(-arrival, destination)]
        while heap:
            late, node = heappop(heap)
            if node in done:
                continue
            done.add(node)
            if node == source:
                continue
            for span in self._towards(node, -late):
                peer = span.from_node
                if peer in done or peer not in remaining or (peer == source and node in exclude):
                    continue
                # What was not settled is reached no earlier than the destination.
                ready = reached[peer] if peer in settled else arrival
                if ready > -late or span.end < ready or span.id in banned:
                    continue
                if bounds is not None and ready > bounds.get(peer, -NEVER):
                    continue
                leaves = min(span.end, -late - span.floor)
                if leaves > until.get(peer, -NEVER):
                    timing = span.timing(ready, size, busy)
                    if timing is not None and timing[2] <= -late:
                        until[peer] = leaves
                        heappush(heap, (-leaves, peer))
        return until

    def _towards(self, node: int, until: int) -> Iterable[SearchContact]:
        """Return the contacts that may bring something to a node by a time, in ns."""
        found: list[SearchContact] = []
        lanes = self._index.reaching.get(node, ())
        for chain in self._index.sources.get(node, ()):
            first, after = chain.between(self._now, until - chain.floor + 1)
            if first < after:
                found += chain.spans[first:after]
                if len(found) > 16 * len(lanes):  # Too many: only those that nodes are in time for.
                    return self._towards_by_lanes(lanes, until)
        return found

    def _towards_by_lanes(self, lanes: Sequence[LinkContacts], until: int) -> Iterator[SearchContact]:
        settled, reached, remaining = self._settled, self._reached, self._remaining
        for lane in lanes:
            peer = lane.from_node
            if peer not in remaining:
                continue
            ready = reached[peer] if peer in settled else until
            if ready <= until and lane.last_end >= ready and lane.first_start <= until:
                yield from lane.alive(ready, until)

    def _looked_ahead(self) -> tuple[int, int]:
        if self._source not in self._remaining:
            return NEVER, 0
        if self._horizon != NEVER:
            return self._dijkstra(self._horizon + 1)
        latest = self._index.latest(self._destination)
        ahead = self._index.pace
        while self._now + ahead < latest:
            found = self._dijkstra(self._now + ahead)
            if found[0] != NEVER or not self._missed:
                return found
            ahead *= 4
        if self._until is None:
            # What is elsewhere when the last contact with the destination ends comes too late.
            self._until = {**dict.fromkeys(self._remaining, latest), self._destination: NEVER}
        return self._dijkstra(NEVER)

    def _dijkstra(self, goal: int, *, stop: bool = True) -> tuple[int, int]:
        """Return the earliest arrival before a time, in ns, and its hops.

        Whether anything was left out for being later is noted.
        """
        source, destination = self._source, self._destination
        self._reached = reached = {source: self._now}
        self._settled = settled = dict[int, int]()
        self._missed = False
        heap = [(self._now, 0, source)]
        while heap:
            ready, hops, node = heappop(heap)
            if node in settled:
                continue
            settled[node] = len(settled)
            if node == destination:
                if stop:
                    return ready, hops
                continue
            for peer, arrives in self._offers(node, ready, goal, settled, reached, self._until):
                if arrives >= reached.get(peer, goal):
                    continue  # Two contacts to one node: the better one came first.
                reached[peer] = arrives
                heappush(heap, (arrives, hops + 1, peer))
                if peer == destination and stop:
                    goal = min(goal, arrives)
        return NEVER, 0

    def _offers(
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
        lanes = self._index.leaving.get(node, ())
        chains = self._index.fans.get(node, ())
        if goal == NEVER:
            return self._offers_of_lanes(lanes, node, ready, goal, settled, reached, until)
        ranges = []
        count = 0
        for chain in chains:
            ends, starts = chain.ends, chain.starts
            if ends[-1] >= ready:
                first, after = bisect_left(ends, ready), bisect_left(starts, goal)
                if after < len(starts):
                    self._missed = True
                if first < after:
                    ranges.append((chain.spans, first, after))
                    count += after - first
        if count > 2 * len(lanes) + 8:
            return self._offers_of_lanes(lanes, node, ready, goal, settled, reached, until)
        offers: list[tuple[int, int]] = []
        remaining = self._remaining
        size, busy, banned = self._size, self._busy, self._banned
        exclude = self._exclude if node == self._source else ()
        for spans, first, after in ranges:
            for span in spans[first:after]:
                peer = span.to_node
                if peer in settled or peer not in remaining or peer in exclude or span.id in banned:
                    continue
                before = reached.get(peer, goal)
                if until is not None:
                    before = min(before, until.get(peer, -NEVER) + 1)
                begin = span.start if span.start > ready else ready
                if begin + span.floor >= before:
                    self._missed = self._missed or before == goal
                    continue
                timing = span.timing(ready, size, busy)
                if timing is not None:
                    if timing[2] < before:
                        offers.append((peer, timing[2]))
                    elif before == goal:
                        self._missed = True
        return offers

    def _offers_of_lanes(
        self,
        lanes: Sequence[LinkContacts],
        node: int,
        ready: int,
        goal: int,
        settled: Collection[int],
        reached: Mapping[int, int],
        until: Mapping[int, int] | None,
    ) -> list[tuple[int, int]]:
        offers: list[tuple[int, int]] = []
        remaining = self._remaining
        exclude = self._exclude if node == self._source else ()
        for lane in lanes:
            peer = lane.to_node
            if peer in settled or peer not in remaining or peer in exclude:
                continue
            before = reached.get(peer, goal)
            if until is not None:
                before = min(before, until.get(peer, -NEVER) + 1)
            if lane.last_end < ready or lane.first_start >= before:
                self._missed = self._missed or before == goal
                continue
            arrives = lane.earliest(ready, self._size, before, self._busy, self._banned)
            if arrives < before:
                offers.append((peer, arrives))
            elif before == goal:
                self._missed = True
        return offers

    def reached(self, nodes: Iterable[int]) -> dict[int, int]:
        """Return the earliest arrivals, in ns, at those of some nodes that `settle` has come to."""
        settled, reached = self._settled, self._reached
        return {node: reached[node] for node in nodes if node in settled}

    def _by_rounds(
        self, arrival: int, most_hops: int, until: Mapping[int, int]
    ) -> list[dict[int, int]] | None:
        """Return the earliest arrivals after 0, 1, ... hops, up to the first that has `arrival`.

        None when no round has it; where anything arrives then, because of a step in a light time.

        An arrival that is no earlier than one after fewer hops is left out: a best route, having
        the fewest hops, never goes by it.
        """
        destination, remaining = self._destination, self._remaining
        rounds = [{self._source: self._now}]
        reached = {self._source: self._now}
        while destination not in rounds[-1]:
            if len(rounds) > most_hops:
                return None
            left = most_hops - len(rounds)
            near = {node: late for node, late in until.items() if remaining.get(node, NEVER) <= left}
            reaches: dict[int, int] = {}
            for node, ready in rounds[-1].items():
                for peer, arrives in self._offers(node, ready, arrival + 1, (), reached, near):
                    if arrives < reached.get(peer, NEVER):
                        reached[peer] = reaches[peer] = arrives
            if not reaches:
                return None
            rounds.append(reaches)
        return rounds

    def _corridor(self, arrival: int, rounds: list[dict[int, int]]) -> list[_Layer]:
        """Return, for each hop, every contact that a route with this arrival and these hops may use.

        Going back from the destination, a node needs the bundle by a time; that time may be a
        little late, so a layer may hold contacts that lead nowhere, but never lacks one.
        """
        size, busy, banned = self._size, self._busy, self._banned
        corridor: list[_Layer] = []
        needed = {self._destination: arrival}
        for ready_at in reversed(rounds[:-1]):
            layer: _Layer = []
            needed_before: dict[int, int] = {}
            for node in sorted(needed):
                until = needed[node]
                for lane in self._index.reaching.get(node, ()):
                    peer = lane.from_node
                    ready = ready_at.get(peer)
                    if ready is None or (peer == self._source and node in self._exclude):
                        continue
                    for span in lane.alive(ready, until):
                        if span.id in banned:
                            continue
                        timing = span.timing(ready, size, busy)
                        if timing is not None and timing[2] <= until:
                            layer.append((peer, span))
                            latest = min(span.end, until - span.floor)
                            needed_before[peer] = max(latest, needed_before.get(peer, latest))
            corridor.append(layer)
            needed = needed_before
        return corridor[::-1]

    def _latest_ending(self, corridor: list[_Layer], arrival: int) -> list[_Layer]:
        """Return the corridor with the contacts that last as long as the latest termination."""
        ceiling = min(self._ceiling, *(max(span.end for _, span in layer) for layer in corridor))
        ends = sorted(
            {ceiling, *(span.end for layer in corridor for _, span in layer if span.end <= ceiling)}
        )
        low, high = 0, len(ends) - 1  # The answer is at or above low: all contacts together arrive.
        middle = high  # Mostly the ceiling itself.
        while low < high:
            lasting = _lasting(corridor, ends[middle])
            if self._arrives(lasting, arrival):
                low, corridor = middle, lasting
            else:
                high = middle - 1
            middle = (low + high + 1) // 2
        return _lasting(corridor, ends[low])

    def _smallest_entry(self, corridor: list[_Layer], arrival: int) -> list[_Layer]:
        """Return the corridor entered by the smallest node that still arrives."""
        entries = sorted({span.contact.to_node for _, span in corridor[0]})
        low, high = 0, len(entries) - 1
        while low < high:
            middle = (low + high) // 2
            if self._arrives(_entered(corridor, set(entries[: middle + 1])), arrival):
                high = middle
            else:
                low = middle + 1
        return _entered(corridor, {entries[low]})

    def _smallest_ids(self, corridor: list[_Layer], arrival: int) -> tuple[SearchContact, ...] | None:
        """Return the route whose contact ids, from the last hop to the first, are the smallest.

        None when no contact leads on in time, because of a step in a light time.
        """
        rounds = self._sweep(corridor)
        node = self._destination
        chosen: tuple[SearchContact, ...] = ()
        for layer, ready_at in zip(reversed(corridor), reversed(rounds[:-1]), strict=True):
            for peer, span in sorted(layer, key=lambda edge: edge[1].id):
                if span.contact.to_node != node or peer not in ready_at:
                    continue
                timings = follow((span, *chosen), ready_at[peer], self._size, self._busy)
                if timings is not None and timings[-1][2] <= arrival:
                    chosen = (span, *chosen)
                    node = peer
                    break
            else:
                return None
        return chosen

    def _traced(self, arrival: int) -> tuple[SearchContact, ...]:
        """Return the route of the earliest arrivals that `earliest` settled, going back by them."""
        node, arrives = self._destination, arrival
        path: list[SearchContact] = []
        while node != self._source:
            node, arrives, span = self._step_back(node, arrives)
            path.append(span)
        return tuple(reversed(path))

    def _traced_by(self, rounds: list[dict[int, int]]) -> tuple[SearchContact, ...]:
        """Return a route of the earliest arrivals of rounds, going back by them."""
        node = self._destination
        path: list[SearchContact] = []
        for here, before in zip(reversed(rounds[1:]), reversed(rounds[:-1]), strict=True):
            path.append(self._brings(node, here[node], before))
            node = path[-1].from_node
        return tuple(reversed(path))

    def _brings(self, node: int, arrives: int, ready_at: dict[int, int]) -> SearchContact:
        for lane in self._index.reaching[node]:
            ready = ready_at.get(lane.from_node)
            if ready is None or (lane.from_node == self._source and node in self._exclude):
                continue
            for span in lane.alive(ready, arrives):
                timing = span.timing(ready, self._size, self._busy)
                if span.id not in self._banned and timing is not None and timing[2] == arrives:
                    return span
        raise AssertionError(f"no round brings a bundle to node {node} at {arrives}")

    def _step_back(self, node: int, arrives: int) -> tuple[int, int, SearchContact]:
        for lane in self._index.reaching[node]:
            peer = lane.from_node
            if self._settled.get(peer, NEVER) >= self._settled[node]:
                continue
            if peer == self._source and node in self._exclude:
                continue
            ready = self._reached[peer]
            for span in lane.alive(ready, arrives):
                timing = span.timing(ready, self._size, self._busy)
                if span.id not in self._banned and timing is not None and timing[2] == arrives:
                    return peer, ready, span
        raise AssertionError(f"nothing brings a bundle to node {node} at {arrives}")

    def _arrives(self, corridor: list[_Layer], arrival: int) -> bool:
        return self._sweep(corridor)[-1].get(self._destination, NEVER) <= arrival

    def _sweep(self, corridor: list[_Layer]) -> list[dict[int, int]]:
        """Return the earliest arrivals after 0, 1, ... hops of a corridor."""
        size, busy = self._size, self._busy
        rounds = [{self._source: self._now}]
        for layer in corridor:
            ready_at = rounds[-1]
            reaches: dict[int, int] = {}
            for peer, span in layer:
                ready = ready_at.get(peer)
                if ready is None:
                    continue
                timing = span.timing(ready, size, busy)
                if timing is not None and timing[2] < reaches.get(span.contact.to_node, NEVER):
                    reaches[span.contact.to_node] = timing[2]
            rounds.append(reaches)
        return rounds


def search_after(
    index: PlanIndex,
    busy: Busy,
    request: RouteRequest,
    prefix: tuple[SearchContact, ...],
    without: frozenset[int],
    *,
    until: Mapping[int, int] | None = None,
    horizon: int = NEVER,
    remaining: dict[int, int] | None = None,
) -> Search:
    """Return the search for what follows the first hops of a route.

    What the hops have passed is passed no more, and they may end before what follows does.

    Args:
        index, busy, request, until, horizon, remaining: as for `Search`, of the whole route.
        prefix: the contacts that it begins with, which carry the bundle; may be empty.
        without: ids of contacts that it must not use, beside those of the request.
    """
    without |= request.exclude_contacts
    if prefix:
        timings = follow(prefix, request.ready, request.size, busy)
        assert timings is not None, "what a route begins with carries the bundle"
        passed = request.avoid.union([span.from_node for span in prefix])
        node, ready = prefix[-1].to_node, timings[-1][2]
        request = replace(request, source=node, ready=ready, exclude=NOBODY, avoid=passed)
    return Search(
        index,
        busy,
        replace(request, exclude_contacts=without),
        ceiling=min([span.end for span in prefix], default=NEVER),
        entered=bool(prefix),
        until=until,
        horizon=horizon,
        remaining=remaining,
    )


def _lasting(corridor: list[_Layer], end: int) -> list[_Layer]:
    return [[edge for edge in layer if edge[1].end >= end] for layer in corridor]


def _entered(corridor: list[_Layer], entries: Collection[int]) -> list[_Layer]:
    return [[edge for edge in corridor[0] if edge[1].contact.to_node in entries], *corridor[1:]]
