"""A search for routes that shares nothing with the router, so that it can check it.

It is slow and simple: no index, no memory of earlier answers, one bundle at a time. Where both agree, an
error would have to be made twice in different ways.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush

from starlight.contacts import Contact, ContactPlan
from starlight.routing import RouteRequest, margin


class IndexedPlan:
    """A plan with its contacts by id, and by transmitter and receiver.

    Attributes:
        plan: as given.
        by_id: its contacts.
        leaving: those of each transmitter to each receiver, by start.
    """

    def __init__(self, plan: ContactPlan) -> None:
        self.plan = plan
        self.by_id = {contact.id: contact for contact in plan.contacts}
        self.leaving: dict[int, dict[int, list[Contact]]] = {}
        for contact in plan.contacts:
            self.leaving.setdefault(contact.from_node, {}).setdefault(contact.to_node, []).append(contact)


def earliest_route(
    leaving: Mapping[int, Mapping[int, Sequence[Contact]]],
    request: RouteRequest,
    bookings: Callable[[Contact], Sequence[tuple[int, int]]],
) -> tuple[int, list[Contact]] | None:
    """Return when a bundle can be somewhere at the earliest, and by which contacts; None if not in time.

    It is Dijkstra's algorithm over the arrivals that a node goes by, light with its margin
    (CCSDS 734.3-B-1, 2.3.2.1), by nothing that the router uses.

    Args:
        leaving: contacts by transmitter and receiver, by start.
        request: it expires, and neighbours, nodes to avoid and the sender are none.
        bookings: the time that is taken on a contact, ``(from, to)`` in ns, ascending, apart.
    """
    assert request.expires is not None
    best = {request.source: request.ready}
    edge: list[tuple[int, int, int, tuple[Contact, ...]]] = [(request.ready, 0, request.source, ())]
    count = 0  # so that contacts are never compared
    while edge:
        time, _, here, path = heappop(edge)
        if here == request.destination:
            return time, list(path)
        if time > best[here]:
            continue
        for peer, contacts in leaving.get(here, {}).items():
            for contact in contacts:
                limit = best.get(peer, request.expires + 1)
                # They are in order of start, so none that follows can beat the best arrival either.
                if contact.start >= limit:
                    break
                if contact.id in request.exclude_contacts or contact.end < time:
                    continue
                if not contact.rates or not contact.light:
                    continue
                last_byte = first_free(contact, max(time, contact.start), request.size, bookings(contact))
                light_time = -1 if last_byte is None else contact.light_time(last_byte)
                if last_byte is None or light_time < 0:
                    continue
                arrives = last_byte + light_time + margin(light_time)
                if arrives < limit:
                    best[peer] = arrives
                    count += 1
                    heappush(edge, (arrives, count, peer, (*path, contact)))
    return None


def first_free(contact: Contact, ready: int, size: int, busy: Sequence[tuple[int, int]]) -> int | None:
    """Return when the last byte leaves that is sent as early as a contact has time for all of it; or None.

    Args:
        contact: the one that is sent on.
        ready: when it can begin, in ns.
        size: in bytes.
        busy: the time that is taken, in ns, ascending, apart.
    """
    for begin, end in busy:
        if end > ready:
            last_byte = contact.last_byte(ready, size)
            if last_byte is None or (ready < begin and last_byte <= begin):
                return last_byte
            ready = end
    return contact.last_byte(ready, size)
