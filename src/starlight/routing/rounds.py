"""The fewest hops of an arrival: rounds of one hop each, as in the algorithm of Bellman and Ford.

A label of Dijkstra's algorithm forgets a route that is later at a node but has fewer hops. Round by round
nothing is forgotten that matters: after n hops, only the earliest arrival at a node does.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlight.routing.expansion import Expansion
from starlight.routing.link_contacts import NEVER, SearchContact
from starlight.routing.tie_break import Path

Rounds = list[dict[int, int]]
"""The earliest arrivals after 0, 1, ... hops, in ns, by node."""


def by_rounds(steps: Expansion, arrival: int, most_hops: int, until: Mapping[int, int]) -> Rounds | None:
    """Return the earliest arrivals after 0, 1, ... hops, up to the first that has `arrival`.

    None when no round has it; where anything arrives then, because of a step in a light time.

    An arrival that is no earlier than one after fewer hops is left out: a best route, having
    the fewest hops, never goes by it.

    Args:
        steps: of the search.
        arrival: in ns.
        most_hops: more rounds are of no interest.
        until: when each node needs the bundle for the arrival, in ns, or later times.
    """
    request, remaining = steps.request, steps.remaining
    rounds = [{request.source: request.ready}]
    reached = {request.source: request.ready}
    while request.destination not in rounds[-1]:
        if len(rounds) > most_hops:
            return None
        # Only by nodes from which the hops that are left can lead to the destination at all.
        left = most_hops - len(rounds)
        near = {node: late for node, late in until.items() if remaining.get(node, NEVER) <= left}
        reaches: dict[int, int] = {}
        for node, ready in rounds[-1].items():
            for peer, arrives in steps.offers(node, ready, arrival + 1, (), reached, near):
                if arrives < reached.get(peer, NEVER):
                    reached[peer] = reaches[peer] = arrives
        if not reaches:
            return None
        rounds.append(reaches)
    return rounds


def traced(steps: Expansion, rounds: Rounds) -> Path:
    """Return a route of the earliest arrivals of rounds, going back by them."""
    node = steps.request.destination
    path: list[SearchContact] = []
    for here, before in zip(reversed(rounds[1:]), reversed(rounds[:-1]), strict=True):
        path.append(steps.brought_by(node, here[node], before.get))
        node = path[-1].from_node
    return tuple(reversed(path))
