"""Refusals: what keeps a bundle from a route that looks faster than the one that was chosen.

What looks faster is found in an emptier world: nothing is booked or forbidden there, and the
bundle has no size. Each such route is then followed, contact by contact, in the real one, to where
it fails or has become too slow.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

import msgspec

from starlight.contacts import Contact
from starlight.routing.candidates import best_first
from starlight.routing.index import PlanIndex
from starlight.routing.link_contacts import Busy
from starlight.routing.request import RouteRequest
from starlight.routing.route import Hop, Route
from starlight.routing.tie_break import Path
from starlight.routing.volume import free_volume, margin


class RefusalCode(StrEnum):
    """The kinds of `RouteRefusal`."""

    NEIGHBOUR_EXCLUDED = "neighbour_excluded"
    CONTACT_EXCLUDED = "contact_excluded"
    PEER_TAKES = "peer_takes"  # less as one transfer
    PASSED_BEFORE = "passed_before"  # the bundle has been there and does not pass again
    CONTACT_OVER = "contact_over"  # when the bundle is there
    NEGATIVE_RANGE = "negative_range"
    TOO_LARGE = "too_large"  # for the contact, if nothing were booked
    BOOKED_UP = "booked_up"
    LITTLE_ROOM = "little_room"  # beside what is booked
    ONLY_GAPS = "only_gaps"  # between what is booked, together large enough
    EXPIRED = "expired"  # when it would arrive
    QUEUE = "queue"  # it arrives no earlier than by the chosen route, for what is booked before it
    SLOW = "slow"  # it arrives no earlier than by the chosen route, for the rate of a contact


class RouteRefusal(msgspec.Struct, frozen=True, gc=False):
    """A route that looked faster, and what became of it; `words.routes` tells it.

    Attributes:
        contacts: its contacts.
        looked_like: when it would arrive in the emptier world, in ns.
        hops: those that the bundle would make.
        failed: the contact at which it fails; None when it arrives, but too late.
        slow: the contact that costs it most time; the one at which it fails, where it does.
        code: what it fails at.
        at: when the bundle is at the contact that it fails at, and that has begun, or when it arrives; in ns.
        size_bytes: what the bundle needs of a contact; of `PEER_TAKES`, its size as one transfer.
        room_bytes: what that contact carries, or has left, from then on; of `PEER_TAKES`, what the peer
            takes.
        takes: of `QUEUE` and `SLOW`, how long the queue or the transmission is, in ns.
        rate_bps: of `SLOW`, that of the contact.
        expires: of `EXPIRED`, when the bundle does, in ns.
    """

    contacts: tuple[Contact, ...]
    looked_like: int
    hops: tuple[Hop, ...]
    failed: Contact | None
    slow: Contact
    code: RefusalCode
    at: int
    size_bytes: int
    room_bytes: int = 0
    takes: int = 0
    rate_bps: int = 0
    expires: int = 0


class Takes(NamedTuple):
    """The neighbours that do not take a bundle as one transfer.

    Attributes:
        needs: the size of the transfer, in bytes.
        most: what each of them takes, in bytes.
    """

    needs: int
    most: Mapping[int, int]


def refusals(
    index: PlanIndex,
    busy: Busy,
    request: RouteRequest,
    chosen: Route | None,
    most: int,
    takes: Takes,
) -> list[RouteRefusal]:
    """Return why routes that look faster than the chosen one were not, the fastest-looking first.

    What refused one route is left out of the emptier world when the next is looked for: so each says
    something new, and the work is a search or two for each, however many routes look faster.

    Args:
        index: the plan.
        busy: what is booked.
        request: as `RouteRequest.to_search` returns it; source and destination are not the same.
        chosen: the route that was the answer; None when there was none.
        most: how many at most.
        takes: the neighbours that it is too large for, which `request` excludes.
    """
    path_of_chosen = [hop.contact.id for hop in chosen.hops] if chosen else []
    empty = RouteRequest(request.source, request.destination, request.ready, 0)
    found: list[RouteRefusal] = []
    while len(found) < most:
        looks = _fastest(index, empty, chosen, path_of_chosen)
        if looks is None:
            break
        looked_like, path = looks
        refusal = _follow(path, busy, request, looked_like, takes)
        found.append(refusal)
        if refusal.failed is None and request.expires is not None and looked_like > request.expires:
            break  # Nor is anything else in time, even in the emptier world.
        empty = _without(empty, request, refusal)
    return found


def _fastest(
    index: PlanIndex, empty: RouteRequest, chosen: Route | None, path_of_chosen: list[int]
) -> tuple[int, Path] | None:
    """Return when the best route of a world would arrive, in ns, and its contacts; None if no earlier."""
    # Two at most: the best may be the chosen route itself, which refused nobody.
    for key, path in islice(best_first(index, {}, empty), 2):
        if chosen is not None and key[0] >= chosen.projected:
            break
        if [contact.id for contact in path] != path_of_chosen:
            return key[0], path
    return None


def _without(empty: RouteRequest, asked: RouteRequest, refusal: RouteRefusal) -> RouteRequest:
    """Return an emptier world without what has refused a route."""
    decides = refusal.slow
    exclude, avoid = empty.exclude, empty.avoid
    if refusal.failed is not None:
        if not refusal.hops:
            exclude |= asked.exclude & {decides.to_node}
        avoid |= asked.avoid & {decides.to_node}
    return msgspec.structs.replace(
        empty, exclude_contacts=empty.exclude_contacts | {decides.id}, exclude=exclude, avoid=avoid
    )


def _follow(path: Path, busy: Busy, request: RouteRequest, looked_like: int, takes: Takes) -> RouteRefusal:
    contacts = tuple([contact.planned for contact in path])
    hops: list[Hop] = []
    ready = request.ready
    for searched in path:
        contact = searched.planned
        code = _forbidden(contact, request, takes, first=not hops)
        timing = None if code else searched.timing(ready, request.size, busy)
        if timing is None:
            at, needs, room = max(ready, contact.start), request.size, 0
            if code is None:
                code, room = _misses(contact, ready, needs, busy)
            elif code is RefusalCode.PEER_TAKES:
                needs, room = takes.needs, takes.most[contact.to_node]
            return RouteRefusal(contacts, looked_like, tuple(hops), contact, contact, code, at, needs, room)
        leaves, last_byte, arrives = timing
        light_time = contact.light_time(last_byte)
        more = margin(light_time) if searched.with_margin else 0
        waits_until = max(ready, contact.start)
        hops.append(Hop(contact, ready, waits_until, leaves, last_byte, last_byte + light_time, more))
        ready = arrives
    return _too_late(contacts, looked_like, hops, request, ready)


def _forbidden(contact: Contact, request: RouteRequest, takes: Takes, *, first: bool) -> RefusalCode | None:
    if first and contact.to_node in request.exclude:
        too_large = contact.to_node in takes.most
        return RefusalCode.PEER_TAKES if too_large else RefusalCode.NEIGHBOUR_EXCLUDED
    if contact.id in request.exclude_contacts:
        return RefusalCode.CONTACT_EXCLUDED
    return RefusalCode.PASSED_BEFORE if contact.to_node in request.avoid else None


def _misses(contact: Contact, ready: int, size: int, busy: Busy) -> tuple[RefusalCode, int]:
    """Return why a contact does not carry a bundle, and the room that it has for it, in bytes."""
    if ready > contact.end:
        return RefusalCode.CONTACT_OVER, 0
    begins = max(ready, contact.start)
    done = contact.last_byte(begins, size)
    if contact.light_time(begins if done is None else done) < 0:
        return RefusalCode.NEGATIVE_RANGE, 0
    if done is None:
        return RefusalCode.TOO_LARGE, contact.volume(begins, contact.end)
    left = free_volume(contact, begins, contact.end, busy.get(contact.id))
    if left >= size:
        return RefusalCode.ONLY_GAPS, left
    return RefusalCode.LITTLE_ROOM if left else RefusalCode.BOOKED_UP, left


def _too_late(
    contacts: tuple[Contact, ...], looked_like: int, hops: list[Hop], request: RouteRequest, arrives: int
) -> RouteRefusal:
    """Return the refusal of a route that the bundle can go by: what costs it most time decides."""
    queued = max(hops, key=lambda hop: hop.leaves - hop.waits_until)
    slowest = max(hops, key=lambda hop: hop.last_byte - hop.leaves)
    queues, sends = queued.leaves - queued.waits_until, slowest.last_byte - slowest.leaves
    slow, code = (
        (queued.contact, RefusalCode.QUEUE) if queues >= sends else (slowest.contact, RefusalCode.SLOW)
    )
    expires = request.expires
    if expires is not None and arrives > expires:
        code = RefusalCode.EXPIRED
    return RouteRefusal(
        contacts,
        looked_like,
        tuple(hops),
        None,
        slow,
        code,
        arrives,
        request.size,
        takes=max(queues, sends),
        rate_bps=slowest.contact.rate_bps(slowest.leaves),
        expires=expires or 0,
    )
