"""Why not: what keeps a bundle from a route that looks faster than the one that was chosen.

What looks faster is found in an emptier world: nothing is booked or forbidden there, and the
bundle has no size. Each such route is then followed, contact by contact, in the real one, to where
it fails or has become too slow. The words are those of a route that explains itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice

import msgspec

from starlight.contacts import UNLIMITED_BPS, Contact
from starlight.dtntime import duration_text
from starlight.routing.candidates import best_first
from starlight.routing.index import PlanIndex
from starlight.routing.link_contacts import Busy, SearchContact
from starlight.routing.request import RouteRequest
from starlight.routing.route import Hop, Route, name_of, sentence, time_text
from starlight.routing.volume import free_volume, margin

NOTHING_FASTER = "Nothing looks faster: no other way arrives earlier, even for a bundle of no size."
"""What is said where a route was found and nothing was refused."""


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """A route that looked faster, and what became of it.

    Attributes:
        contacts: its contacts.
        looked_like: when it would arrive in the emptier world, in ns.
        hops: those that the bundle would make.
        failed: the contact at which it fails; None when it arrives, but too late.
        slow: the contact that costs it most time; the one at which it fails, where it does.
        reason: why, for people; ``{here}`` and ``{there}`` stand for the ends of the contact.
        tell: writes a time.
    """

    contacts: tuple[Contact, ...]
    looked_like: int
    hops: tuple[Hop, ...]
    failed: Contact | None
    slow: Contact
    reason: str
    tell: Callable[[int], str] = time_text

    @property
    def headline(self) -> str:
        """Return which route it is, in a line."""
        ids = ", ".join(str(contact.id) for contact in self.contacts)
        return f"Refused: contacts {ids}, which look like an arrival at {self.tell(self.looked_like)}."

    def explain(self, names: Mapping[int, str]) -> list[str]:
        """Return a sentence for each contact up to the one that decides.

        Args:
            names: what people call the nodes; a node that is not in it is ``node 7``.
        """
        here, there = name_of(self.slow.from_node, names), name_of(self.slow.to_node, names)
        return [
            *(sentence(hop, names, self.tell) for hop in self.hops),
            self.reason.format(here=here, there=there),
        ]


class _Wish(msgspec.Struct, frozen=True, gc=False):
    """A request with its answer.

    Attributes:
        request: what was asked for, as `RouteRequest.to_search` returns it.
        chosen: the route that was the answer; None when there was none.
        tell: writes a time.
    """

    request: RouteRequest
    chosen: Route | None
    tell: Callable[[int], str] = time_text


def refusals(
    index: PlanIndex,
    busy: Busy,
    request: RouteRequest,
    chosen: Route | None,
    most: int,
    tell: Callable[[int], str],
) -> list[Refusal]:
    """Return why routes that look faster than the chosen one were not, the fastest-looking first.

    What refused one route is left out of the emptier world when the next is looked for: so each says
    something new, and the work is a search or two for each, however many routes look faster.

    Args:
        index: the plan.
        busy: what is booked.
        request: as `RouteRequest.to_search` returns it; source and destination are not the same.
        chosen: the route that was the answer; None when there was none.
        most: how many at most.
        tell: writes a time.
    """
    wish = _Wish(request, chosen, tell)
    path_of_chosen = [hop.contact.id for hop in chosen.hops] if chosen else []
    empty = RouteRequest(request.source, request.destination, request.ready, 0)
    found: list[Refusal] = []
    while len(found) < most:
        looks = _fastest(index, empty, chosen, path_of_chosen)
        if looks is None:
            break
        looked_like, path = looks
        refusal = _follow(path, busy, wish, looked_like)
        found.append(refusal)
        if refusal.failed is None and request.expires is not None and looked_like > request.expires:
            break  # Nor is anything else in time, even in the emptier world.
        empty = _without(empty, request, refusal)
    return found


def _fastest(
    index: PlanIndex, empty: RouteRequest, chosen: Route | None, path_of_chosen: list[int]
) -> tuple[int, tuple[SearchContact, ...]] | None:
    """Return when the best route of a world would arrive, in ns, and its contacts; None if no earlier."""
    for key, path in islice(best_first(index, {}, empty), 2):
        if chosen is not None and key[0] >= chosen.projected:
            break
        if [span.id for span in path] != path_of_chosen:
            return key[0], path
    return None


def _without(empty: RouteRequest, asked: RouteRequest, refusal: Refusal) -> RouteRequest:
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


def never_used(
    unusable: Iterable[tuple[Contact, str]],
    names: Mapping[int, str],
    tell: Callable[[int], str] = time_text,
) -> list[str]:
    """Return a sentence for each contact that is never used, such as one without a range.

    Args:
        unusable: contacts, each with the reason.
        names: what people call the nodes.
        tell: writes a time.
    """
    return [
        f"Contact {contact.id} from {name_of(contact.from_node, names)} to "
        f"{name_of(contact.to_node, names)}, {tell(contact.start)} to {tell(contact.end)}, "
        f"is never used: {reason}."
        for contact, reason in unusable
    ]


def _follow(path: tuple[SearchContact, ...], busy: Busy, wish: _Wish, looked_like: int) -> Refusal:
    contacts = tuple(span.contact for span in path)
    hops: list[Hop] = []
    ready = wish.request.ready
    for span in path:
        reason = _forbidden(span.contact, wish.request, first=not hops)
        timing = None if reason else span.timing(ready, wish.request.size, busy)
        if timing is None:
            reason = reason or _misses(span.contact, ready, wish, busy)
            return Refusal(contacts, looked_like, tuple(hops), span.contact, span.contact, reason, wish.tell)
        leaves, last_byte, arrives = timing
        light_time = span.contact.light_time(last_byte)
        more = margin(light_time) if span.with_margin else 0
        waits_until = max(ready, span.start)
        hops.append(Hop(span.contact, ready, waits_until, leaves, last_byte, last_byte + light_time, more))
        ready = arrives
    slow, reason = _too_late(ready, hops, wish)
    return Refusal(contacts, looked_like, tuple(hops), None, slow, reason, wish.tell)


def _forbidden(contact: Contact, request: RouteRequest, *, first: bool) -> str:
    if first and contact.to_node in request.exclude:
        return "It is not handed to {there}: that neighbour is excluded."
    if contact.id in request.exclude_contacts:
        return f"Contact {contact.id} from {{here}} to {{there}} is excluded."
    if contact.to_node in request.avoid:
        return "It has been at {there} before and does not pass there again."
    return ""


def _misses(contact: Contact, ready: int, wish: _Wish, busy: Busy) -> str:
    size, tell = wish.request.size, wish.tell
    link, id, ends = (
        "from {here} to {there}",
        f"contact {contact.id}",
        f"until it ends at {tell(contact.end)}",
    )
    if ready > contact.end:
        late = duration_text(ready - contact.end)
        return f"It comes too late {link}: {id} ends at {tell(contact.end)}, {late} before it is there."
    begins = max(ready, contact.start)
    done = contact.last_byte(begins, size)
    if contact.light_time(begins if done is None else done) < 0:
        return f"It can't go {link}: the range of {id} is negative."
    needs = f"it needs {_bytes(size)}"
    if done is None:
        carries = f"carries {_bytes(contact.volume(begins, contact.end))} from {tell(begins)}"
        return f"It is too large {link}: {id} {carries} {ends}; {needs}."
    left = free_volume(contact, begins, contact.end, busy.get(contact.id))
    if left >= size:
        room = f"only gaps, of {_bytes(left)} together,"
    else:
        room = f"room for {_bytes(left)}" if left else "no room"
    return f"It finds no place {link}: what is booked on {id} leaves {room} {ends}; {needs}."


def _too_late(arrives: int, hops: list[Hop], wish: _Wish) -> tuple[Contact, str]:
    tell = wish.tell
    queued = max(hops, key=lambda hop: hop.leaves - hop.waits_until)
    slowest = max(hops, key=lambda hop: hop.last_byte - hop.leaves)
    queues, sends = queued.leaves - queued.waits_until, slowest.last_byte - slowest.leaves
    slow = (queued if queues >= sends else slowest).contact
    if wish.request.expires is not None and arrives > wish.request.expires:
        return (
            slow,
            f"It would arrive at {tell(arrives)}, after it has expired at {tell(wish.request.expires)}.",
        )
    if queues >= sends:
        why = f"what is booked before it on contact {slow.id} takes {duration_text(queues)}"
    else:
        bps = slow.rate_bps(slowest.leaves)
        why = f"its bytes take {duration_text(sends)} on contact {slow.id}, at {bps} bit/s"
    why = f"from {{here}} to {{there}} {why}"
    return slow, f"So it would arrive at {tell(arrives)}, no earlier than by the chosen route: {why}."


def _bytes(count: int) -> str:
    return "all" if count >= UNLIMITED_BPS else f"{count:,} B".replace(",", " ")
