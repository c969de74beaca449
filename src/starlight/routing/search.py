"""The best route by all the keys of `RouteKey`, exactly.

Theory of operation. One label per node, ordered by these keys, can't find that route: a label
that arrives earlier at a node wins there, although one that arrives later, but in time for the
next window, may have fewer hops or end later. The keys are settled one after another instead,
each by a search in which the earliest arrival at a node is all that matters:

1. the arrival, by Dijkstra's algorithm on earliest arrivals (`EarliestArrivals`);
2. the hops, by rounds of one hop each, until a round reaches the destination at that arrival (`rounds`);
3. what remains is a corridor, hop by hop the contacts that some such route may use (`Corridor`); the
   termination is the greatest end for which the contacts that last so long still arrive in time;
4. the entry node is the last of the shortest prefix of neighbours that still arrive in time;
5. the ids of the contacts, from the last hop to the first: at each hop the smallest that leads on in time.

So there is exactly one best route, whatever the order of the plan's contacts and whatever was asked before.

It all rests on one property: over a contact, who is ready later does not arrive earlier. Light
times keep it as long as they shrink by less than a second a second, which everything slower than
light does. Only where one piece of a fitted light time steps down to the next may it fail, for as
long as the step is high; a search that meets such a step returns Dijkstra's route, whose arrival
is as early. Routes with a loop need no check: what comes back to a node comes back no earlier.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from starlight.routing.corridor import Corridor
from starlight.routing.earliest_arrivals import EarliestArrivals
from starlight.routing.expansion import Expansion
from starlight.routing.following import follow
from starlight.routing.index import PlanIndex
from starlight.routing.link_contacts import NEVER, Busy
from starlight.routing.request import NOBODY, RouteRequest
from starlight.routing.rounds import Rounds, by_rounds, traced
from starlight.routing.tie_break import Path


class Search:
    """One request to a plan.

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

    Attributes:
        arrivals: the earliest, by node.
    """

    __slots__ = ("_ceiling", "_entered", "_found", "_rounds", "_steps", "arrivals")

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
        self._steps = Expansion(index, busy, request, remaining)
        self.arrivals = EarliestArrivals(self._steps, until, horizon)
        self._ceiling = ceiling
        self._entered = entered
        self._found: tuple[int, int] | None = None
        self._rounds: Rounds | None = None

    def best(self) -> Path | None:
        """Return the contacts of the best route, or None when nothing arrives."""
        arrival, _ = self.earliest()
        return None if arrival == NEVER else self.best_within(self.arrivals.deadlines(arrival))

    def best_within(self, until: Mapping[int, int]) -> Path:
        """Return what `best` does, where something arrives.

        Args:
            until: the deadlines for the earliest arrival, or later ones.
        """
        arrival, most_hops = self.earliest()
        found = self.best_by(arrival, most_hops, until)
        if found is not None:
            return found
        # A step in a light time has misled the keys after the arrival; a route that arrives then there is.
        return self.arrivals.traced(arrival) if self._rounds is None else traced(self._steps, self._rounds)

    def earliest(self) -> tuple[int, int]:
        """Return the earliest arrival and the hops of one route that has it; `NEVER` and 0 without any."""
        if self._found is None:
            self._found = self.arrivals.find()
        return self._found

    def fewest(self, arrival: int, most_hops: int, until: Mapping[int, int]) -> int | None:
        """Return the fewest hops with which anything arrives by a time, None when nothing does.

        Args:
            arrival: in ns; nothing arrives earlier.
            most_hops: it is of no interest with more.
            until: the deadlines for this arrival.
        """
        self._rounds = by_rounds(self._steps, arrival, most_hops, until)
        if self._rounds is None:
            return None
        hops = len(self._rounds) - 1
        self._found = arrival, hops
        return hops

    def best_by(self, arrival: int, most_hops: int, until: Mapping[int, int]) -> Path | None:
        """Return the best of the routes that arrive by a time by all keys but the arrival.

        None when there is none, because of a step in a light time.

        Args:
            arrival: in ns; not before the earliest.
            most_hops: one of these routes has so many, or fewer.
            until: the deadlines for this arrival.
        """
        if self._rounds is None:  # `fewest` may have made them, for this arrival.
            self._rounds = by_rounds(self._steps, arrival, most_hops, until)
            if self._rounds is None:
                return None
        corridor = Corridor.through(self._steps, self._rounds, arrival)
        # Mostly there is one window to wait for, and nothing left to choose.
        only = corridor.only()
        if only is not None:
            return only
        corridor = corridor.latest_ending(self._ceiling)
        # What goes on from a prefix was entered by it, so it can't differ in that.
        if not self._entered:
            corridor = corridor.smallest_entry()
        return corridor.smallest_ids()


def search_after(
    index: PlanIndex,
    busy: Busy,
    request: RouteRequest,
    prefix: Path,
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
        passed = request.avoid.union([contact.from_node for contact in prefix])
        node, ready = prefix[-1].to_node, timings[-1][2]
        request = replace(request, source=node, ready=ready, exclude=NOBODY, avoid=passed)
    return Search(
        index,
        busy,
        replace(request, exclude_contacts=without),
        ceiling=min([contact.end for contact in prefix], default=NEVER),
        entered=bool(prefix),
        until=until,
        horizon=horizon,
        remaining=remaining,
    )
