"""The contacts that remain once arrival and hops of the best route are settled, narrowed by the other keys.

A corridor holds, hop by hop, every contact that a route with this arrival and these hops may use. It may
hold contacts that lead nowhere, but never lacks one. The further keys are settled by taking contacts out as
long as something still arrives in time. That is a sweep from the source, hop by hop; the terminations and
the entry nodes are ordered, so that bisection finds the best with a few sweeps. To build every route of
the corridor instead would take as long as there are routes, and parallel relays make them many.
"""

from __future__ import annotations

from collections.abc import Collection

from starlight.routing.expansion import Expansion
from starlight.routing.following import follow
from starlight.routing.link_contacts import NEVER, SearchContact
from starlight.routing.rounds import Rounds
from starlight.routing.tie_break import Path

Layer = list[SearchContact]
"""The contacts that one hop may use."""


class Corridor:
    """The contacts by which a bundle arrives at a time, with a number of hops.

    Args:
        steps: of the search.
        layers: the contacts of each hop.
        arrival: in ns.
    """

    __slots__ = ("_arrival", "_layers", "_steps")

    def __init__(self, steps: Expansion, layers: list[Layer], arrival: int) -> None:
        self._steps = steps
        self._layers = layers
        self._arrival = arrival

    @classmethod
    def through(cls, steps: Expansion, rounds: Rounds, arrival: int) -> Corridor:
        """Return the corridor of an arrival, in ns, and of as many hops as there are rounds after the first.

        Going back from the destination, a node needs the bundle by a time. That time may be a little late,
        as the latest time to leave is known by a bound of the light time only.
        """
        request, size, busy = steps.request, steps.request.size, steps.busy
        layers: list[Layer] = []
        needed = {request.destination: arrival}
        for ready_at in reversed(rounds[:-1]):
            layer: Layer = []
            needed_before: dict[int, int] = {}
            for node in sorted(needed):
                until = needed[node]
                for link in steps.index.reaching.get(node, ()):
                    peer = link.from_node
                    ready = ready_at.get(peer)
                    if ready is None or (peer == request.source and node in request.exclude):
                        continue
                    for contact in link.alive(ready, until):
                        if contact.id in request.exclude_contacts:
                            continue
                        timing = contact.timing(ready, size, busy)
                        # From the earliest time that a bundle can be there: who comes later may miss it,
                        # which is what the sweeps find out.
                        if timing is not None and timing[2] <= until:
                            layer.append(contact)
                            latest = min(contact.end, until - contact.floor)
                            needed_before[peer] = max(latest, needed_before.get(peer, latest))
            layers.append(layer)
            needed = needed_before
        return cls(steps, layers[::-1], arrival)

    def only(self) -> Path | None:
        """Return the one route where there is no choice at any hop."""
        if all(len(layer) == 1 for layer in self._layers):
            return tuple(layer[0] for layer in self._layers)
        return None

    def latest_ending(self, ceiling: int) -> Corridor:
        """Return the corridor with the contacts that last as long as the latest termination.

        Args:
            ceiling: a termination later than this, in ns, is no better.
        """
        # A route ends with the first of its contacts, so no end beyond the latest of any hop can be its.
        ceiling = min(ceiling, *(max(contact.end for contact in layer) for layer in self._layers))
        ends = sorted(
            {ceiling, *(contact.end for layer in self._layers for contact in layer if contact.end <= ceiling)}
        )
        corridor = self
        low, high = 0, len(ends) - 1  # The answer is at or above low: all contacts together arrive.
        middle = high  # Mostly the ceiling itself.
        while low < high:
            lasting = corridor._lasting(ends[middle])
            if lasting._arrives():
                low, corridor = middle, lasting
            else:
                high = middle - 1
            middle = (low + high + 1) // 2
        return corridor._lasting(ends[low])

    def smallest_entry(self) -> Corridor:
        """Return the corridor entered by the smallest node that still arrives."""
        # A larger set of entries never arrives later, so bisection over its largest member finds the place
        # where the smallest entry that arrives is added.
        entries = sorted({contact.to_node for contact in self._layers[0]})
        low, high = 0, len(entries) - 1
        while low < high:
            middle = (low + high) // 2
            if self._entered_by(set(entries[: middle + 1]))._arrives():
                high = middle
            else:
                low = middle + 1
        return self._entered_by({entries[low]})

    def smallest_ids(self) -> Path | None:
        """Return the route whose contact ids, from the last hop to the first, are the smallest.

        None when no contact leads on in time, because of a step in a light time.
        """
        # Back from the destination, the smallest id that leads on in time is fixed at each hop: in time from
        # the earliest that a bundle can be at its transmitter. Which contacts bring the bundle there in time
        # is then settled at the hop before.
        rounds = self._sweep()
        size, busy = self._steps.request.size, self._steps.busy
        node = self._steps.request.destination
        chosen: Path = ()
        for layer, ready_at in zip(reversed(self._layers), reversed(rounds[:-1]), strict=True):
            for contact in sorted(layer, key=_id):
                if contact.to_node != node or contact.from_node not in ready_at:
                    continue
                timings = follow((contact, *chosen), ready_at[contact.from_node], size, busy)
                if timings is not None and timings[-1][2] <= self._arrival:
                    chosen = (contact, *chosen)
                    node = contact.from_node
                    break
            else:
                return None
        return chosen

    def _lasting(self, end: int) -> Corridor:
        return self._narrowed([[one for one in layer if one.end >= end] for layer in self._layers])

    def _entered_by(self, entries: Collection[int]) -> Corridor:
        first, *others = self._layers
        return self._narrowed([[one for one in first if one.to_node in entries], *others])

    def _narrowed(self, layers: list[Layer]) -> Corridor:
        return Corridor(self._steps, layers, self._arrival)

    def _arrives(self) -> bool:
        return self._sweep()[-1].get(self._steps.request.destination, NEVER) <= self._arrival

    def _sweep(self) -> Rounds:
        """Return the earliest arrivals after 0, 1, ... hops of the corridor."""
        request, busy = self._steps.request, self._steps.busy
        rounds = [{request.source: request.ready}]
        for layer in self._layers:
            ready_at = rounds[-1]
            reaches: dict[int, int] = {}
            for contact in layer:
                ready = ready_at.get(contact.from_node)
                if ready is None:
                    continue
                timing = contact.timing(ready, request.size, busy)
                if timing is not None and timing[2] < reaches.get(contact.to_node, NEVER):
                    reaches[contact.to_node] = timing[2]
            rounds.append(reaches)
        return rounds


def _id(contact: SearchContact) -> int:
    return contact.id
