"""An independent look at what nodes do in virtual time: errors of routing that nobody would miss.

A node may say that there is no road, transmit on a contact, or believe when a bundle arrives. The
referee follows the trace and asks, with none of the router's code: is there really no road; is that
contact in the node's plan, and open; does the bundle arrive when its last bit has crossed the
distance that there truly is? Each misstep is told; the world goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush

import msgspec

from starlight.contacts import Contact, ContactPlan
from starlight.dtntime import MILLISECOND, to_text
from starlight.node.engine import Node
from starlight.node.stored import BundleState, Stored, whole_of
from starlight.node.trace_events import (
    BundleAccepted,
    BundleDeleted,
    BundleDelivered,
    BundleExpired,
    BundleSent,
    BundleSubmitted,
    BundleWaiting,
    BundleWithdrawn,
    PlanAdopted,
)
from starlight.routing import RouteRequest, margin
from starlight.sim.holdings import held
from starlight.sim.trace_events import NodeRestarted
from starlight.sim.world import VirtualWorld
from starlight.trace import Record

RECENT = 8
"""Plans that are kept as the referee reads them: two worlds' before and after a change, twice over."""


class Misstep(msgspec.Struct, frozen=True):
    """Something that a node did wrong.

    Attributes:
        time: in ns.
        node: the number of the node.
        bundle: its key.
        what: ``no road``, ``no contact``, ``arrival`` or ``lost``.
        text: a sentence for people.
    """

    time: int
    node: int
    bundle: str
    what: str
    text: str


class _Sent(msgspec.Struct, frozen=True):
    contact: Contact | None
    leaves: int
    reaches: int


class _Known:
    """A plan as the referee reads it: contacts by id, and by the node that they leave."""

    def __init__(self, plan: ContactPlan) -> None:
        self.plan = plan
        self.by_id = {contact.id: contact for contact in plan.contacts}
        self.leaving: dict[int, dict[int, list[Contact]]] = {}
        for contact in plan.contacts:
            self.leaving.setdefault(contact.from_node, {}).setdefault(contact.to_node, []).append(contact)


class Referee:
    """Looks at a world while it runs.

    Args:
        world: whose trace it is shown.

    Attributes:
        missteps: what was wrong, in order.
    """

    def __init__(self, world: VirtualWorld) -> None:
        self.missteps: list[Misstep] = []
        self._world = world
        self._plans: dict[int, _Known] = {}  # by node: what is in force there
        self._recent: list[_Known] = []
        self._on_air: dict[tuple[int, int], int] = {}  # by node and peer: until when
        self._sent: dict[tuple[str, int, int], list[_Sent]] = {}
        self._bundles: dict[str, tuple[int, int]] = {}  # submitted: when, and by which node

    def take(self, record: Record) -> None:
        """Take the next record of the trace."""
        match record.event:
            case BundleSubmitted(key):
                self._bundles[key] = (record.time, record.node)
            case BundleSent() as sent:
                self._look_at_sending(record, sent)
            case BundleAccepted() as accepted:
                self._look_at_arrival(record, accepted)
            case BundleWaiting() as waiting:
                self._look_for_road(record.node, waiting)
            case BundleDelivered(key) | BundleExpired(key) | BundleWithdrawn(key) | BundleDeleted(key):
                self._ended(key)
            case PlanAdopted() | NodeRestarted():
                self._plans.pop(record.node, None)

    def finish(self) -> list[Misstep]:
        """Look at what is left at the end: roads not taken, bundles that are nowhere. Return all missteps."""
        world = self._world
        for number in world.nodes():
            host = world.host(number)
            if host is not None:
                for stored in host.node.stored.values():
                    if stored.state is BundleState.WAITING:
                        self._judge_road(host.node, stored, world.now, frozenset(), "still waits")
        kept = held(world)
        for key, (time, number) in self._bundles.items():
            if key not in kept:
                text = f"{key}, submitted at {to_text(time, 3)}, is lost: no store holds it"
                self.missteps.append(Misstep(world.now, number, key, "lost", text))
        return self.missteps

    # What a bundle comes to.

    def _ended(self, key: str) -> None:
        key = _identity(key)
        if self._bundles.pop(key, None) is None:
            self._bundles.pop(whole_of(key), None)  # of a fragment, the whole

    # Transmissions.

    def _look_at_sending(self, record: Record, sent: BundleSent) -> None:
        node, key, peer, id = record.node, sent.bundle, sent.peer, sent.contact
        leaves, last_byte = sent.leaves, sent.last_byte
        contact = self._plan_at(node).by_id.get(id)
        told = f"{key} left node {node} for node {peer} at {to_text(leaves, 9)}"
        if contact is None:
            self._tell(record, key, "no contact", f"{told} on contact {id}, which is not in the node's plan")
        elif (contact.from_node, contact.to_node) != (node, peer):
            ends = f"node {contact.from_node} to node {contact.to_node}"
            self._tell(record, key, "no contact", f"{told} on contact {id}, which leads from {ends}")
        elif leaves < contact.start:
            begins = to_text(contact.start, 9)
            self._tell(record, key, "no contact", f"{told} on contact {id}, which begins at {begins}")
        elif last_byte > contact.end:
            ends = to_text(contact.end, 9)
            self._tell(record, key, "no contact", f"{told} on contact {id}, which ends at {ends}")
        self._on_air[node, peer] = max(last_byte, self._on_air.get((node, peer), 0))
        self._sent.setdefault((_identity(key), node, peer), []).append(_Sent(contact, leaves, sent.reaches))

    def _look_at_arrival(self, record: Record, accepted: BundleAccepted) -> None:
        node, key, peer, arrives = record.node, accepted.bundle, accepted.peer, accepted.arrives
        if peer is None:
            return
        sent = self._sent.get((key, peer, node))
        if not sent:
            self._tell(
                record, key, "arrival", f"{key} came to node {node} from node {peer}, which has not sent it"
            )
            return
        # A bundle that was sent again: what arrives is the transmission that is due now.
        last = min(sent, key=lambda each: abs(each.reaches - arrives))
        sent.remove(last)
        if last.contact is None:
            return
        last_byte = last.contact.last_byte(last.leaves, accepted.size)
        if last_byte is None:
            told = f"{key} came to node {node}, though contact {last.contact.id} ended before its last byte"
            self._tell(record, key, "no contact", told)
            return
        truth = self._world.links.truth
        true = truth.contact((peer, node), last.leaves, last_byte, last.contact.id) or last.contact
        due = last_byte + true.light_time(last_byte)
        for time, told in ((arrives, "came to"), (last.reaches, "was told to reach")):
            if time != due:
                late = f"{abs(time - due) / MILLISECOND:.6f} ms {'later' if time > due else 'earlier'}"
                text = f"{key} {told} node {node} at {to_text(time, 9)}, {late} than light brings it"
                self._tell(record, key, "arrival", text)

    # Roads.

    def _look_for_road(self, number: int, waiting: BundleWaiting) -> None:
        host = self._world.host(number)
        stored = None if host is None else host.node.stored.get(waiting.bundle)
        if host is None or stored is None or stored.state is not BundleState.WAITING:
            return
        without = frozenset(waiting.without)
        self._judge_road(host.node, stored, waiting.since, without, "was left waiting")

    def _judge_road(self, node: Node, stored: Stored, since: int, without: frozenset[int], told: str) -> None:
        """Tell of a road that a bundle has and is not sent on, whose node says that there is none."""
        meta = stored.meta
        if stored.node is None:
            return
        known = self._known(node.plan)  # of which a changed one is traced after what it left without a road
        request = RouteRequest(
            node.number,
            stored.node,
            since,
            meta.size,
            meta.expires,
            meta.priority,
            exclude_contacts=without,
        )
        found = earliest_route(
            known.leaving, request, lambda contact: self._busy(node, contact, meta.priority)
        )
        if found is None:
            return
        ways = ", ".join(f"contact {c.id} to node {c.to_node}" for c in found[1])
        text = (
            f"{stored.key} {told} at node {node.number}, where a road leads to node {stored.node} "
            f"by {to_text(found[0], 3)}: {ways}"
        )
        self.missteps.append(Misstep(self._world.now, node.number, stored.key, "no road", text))

    def _busy(self, node: Node, contact: Contact, priority: int) -> list[tuple[int, int]]:
        """Return the time of a contact that a node gives nobody of a priority: booked, or on the air."""
        booked = node.router.bookings.on(contact.id, priority)
        on_air = self._on_air.get((contact.from_node, contact.to_node), 0)
        if contact.from_node != node.number or on_air <= contact.start:
            return booked
        return [(contact.start, on_air), *((max(a, on_air), b) for a, b in booked if b > on_air)]

    def _plan_at(self, node: int) -> _Known:
        """Return the plan that was in force at a node when what is traced happened."""
        known = self._plans.get(node)
        if known is None:
            host = self._world.host(node)
            assert host is not None, "only nodes that are up are traced"
            known = self._plans[node] = self._known(host.node.plan)
        return known

    def _known(self, plan: ContactPlan) -> _Known:
        known = next((each for each in self._recent if each.plan is plan), None)
        if known is None:
            known = _Known(plan)
            self._recent = [known, *self._recent[: RECENT - 1]]
        return known

    def _tell(self, record: Record, key: str, what: str, text: str) -> None:
        self.missteps.append(Misstep(record.time, record.node, key, what, text))


def _identity(key: str) -> str:
    """Return the bundle that a node keeps under a key, which may be one of its copies."""
    return key.partition(">")[0]


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
