"""Why a plan has no route at all, where no route that looks faster can be named either.

`routing.refusals` tells of routes that look possible and fail. Where nothing looks possible, it is the plan
that lacks something: a contact that leaves the source, one that leads to the destination, or one that lasts
until the bundle can be there.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

from starlight.contacts import Contact, ContactPlan
from starlight.dtntime import duration_text
from starlight.routing import Route, Router, RouteRequest, margin
from starlight.words import routes as words
from starlight.words.sentence import Moment, Names, Sentence, fill, name_of


def why_none(plan: ContactPlan, request: RouteRequest, names: Names) -> list[Sentence]:
    """Return sentences that say why there is no route over a plan.

    Args:
        plan: the contacts.
        request: to which there is no answer.
        names: what the plan calls the nodes.
    """
    without_margin = Router(plan, with_margin=False).route(request)
    if without_margin:
        return [_only_margins(without_margin)]
    here, there = name_of(request.source, names), name_of(request.destination, names)
    late = [c for c in plan.contacts if c.from_node == request.source and c.end < request.ready]
    if not any(c.from_node == request.source and c.end >= request.ready for c in plan.contacts):
        last = max((c.end for c in late), default=None)
        if last is None:
            return [fill(words.NOTHING_LEAVES, here=here)]
        return [fill(words.NOTHING_LEAVES_ANY_MORE, here=here, last=Moment(last), at=Moment(request.ready))]
    if not any(c.to_node == request.destination for c in plan.contacts):
        return [fill(words.NOTHING_LEADS_THERE, there=there)]
    missed = _missed(plan, request)
    if missed is None:
        return [fill(words.NO_CHAIN, here=here, there=there)]
    contact, arrives = missed
    return [
        fill(
            words.CONTACT_MISSED,
            id=contact.id,
            here=name_of(contact.from_node, names),
            there=name_of(contact.to_node, names),
            at=Moment(arrives),
            ends=Moment(contact.end),
            late=duration_text(arrives - contact.end),
        )
    ]


def _only_margins(route: Route) -> Sentence:
    """Return that there would be a route without the margins of light times, which no plan shows."""
    most = sum(margin(hop.arrives - hop.last_byte) for hop in route.hops[:-1])
    ids = ", ".join(str(hop.contact.id) for hop in route.hops)
    return fill(words.ONLY_MARGINS, margin=duration_text(most), ids=ids, at=Moment(route.arrival))


class _Missed(NamedTuple):
    contact: Contact
    arrives: int


def _missed(plan: ContactPlan, request: RouteRequest) -> _Missed | None:
    """Return the contact towards the destination that a bundle misses by the least, and when it is there.

    None where no contact of a node that can be reached leads on.
    """
    leaving: dict[int, list[Contact]] = {}
    entering: dict[int, set[int]] = {}
    for contact in plan.contacts:
        leaving.setdefault(contact.from_node, []).append(contact)
        entering.setdefault(contact.to_node, set()).add(contact.from_node)
    towards, waiting = {request.destination}, [request.destination]
    while waiting:
        for node in entering.get(waiting.pop(), set()) - towards:
            towards.add(node)
            waiting.append(node)
    earliest: dict[int, int] = {}
    heap = [(request.ready, request.source)]
    missed: list[_Missed] = []
    while heap:
        ready, node = heapq.heappop(heap)
        if node in earliest:
            continue
        earliest[node] = ready
        for contact in leaving.get(node, []):
            leaves = max(ready, contact.start)
            light = contact.light_time(leaves)
            if leaves > contact.end:
                missed.append(_Missed(contact, ready))
            else:
                heapq.heappush(heap, (leaves + light + margin(light), contact.to_node))
    useful = [each for each in missed if each.contact.to_node in towards - earliest.keys()]
    return min(useful, key=lambda each: (each.arrives - each.contact.end, each.contact.id), default=None)
