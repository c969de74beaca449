"""An independent look at what nodes do in virtual time: errors of routing that nobody would miss.

A node may say that there is no route, transmit on a contact, or believe when a bundle arrives. The
referee follows the trace and asks, with none of the router's code: is there really no route; is that
contact in the node's plan, and open; does the bundle arrive when its last bit has crossed the
distance that there truly is? Each misstep is told; the world goes on.
"""

from __future__ import annotations

import msgspec

from starlight.contacts import Contact, ContactPlan
from starlight.dtntime import MILLISECOND, to_text
from starlight.engine.node import Node
from starlight.node.bundle_state import BundleState
from starlight.node.stored import Stored, whole_of
from starlight.node.trace_events import (
    BundleAccepted,
    BundleDeclined,
    BundleDeleted,
    BundleDelivered,
    BundleExpired,
    BundleSent,
    BundleSubmitted,
    BundleWaiting,
    BundleWithdrawn,
    PlanAdopted,
)
from starlight.routing import RouteRequest
from starlight.sim.earliest_route import IndexedPlan, earliest_route
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
        what: ``no route``, ``no contact``, ``arrival`` or ``lost``.
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


class Referee:
    """Looks at a world while it runs.

    What it holds of plans is keyed by the node at which they are in force when a record is made: a record is
    judged by what its node knew then, not by what it learns later.

    Args:
        world: whose trace it is shown.

    Attributes:
        missteps: what was wrong, in order.
    """

    def __init__(self, world: VirtualWorld) -> None:
        self.missteps: list[Misstep] = []
        self._world = world
        self._plans: dict[int, IndexedPlan] = {}  # by node: what is in force there
        self._recent: list[IndexedPlan] = []
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
                self._look_for_route(record.node, waiting)
            case BundleDelivered(key) | BundleDeclined(key) | BundleExpired(key):
                self._ended(key)
            case BundleWithdrawn(key) | BundleDeleted(key):
                self._ended(key)
            case PlanAdopted() | NodeRestarted():
                self._plans.pop(record.node, None)

    def finish(self) -> list[Misstep]:
        """Return all missteps, also those that show only at the end: routes not taken, lost bundles."""
        world = self._world
        for number in world.nodes():
            host = world.host(number)
            if host is not None:
                for stored in host.node.stored.values():
                    if stored.state is BundleState.WAITING:
                        self._judge_waiting(host.node, stored, world.now, frozenset(), "still waits")
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
        # What is on the air is never broken off, so until then a route over this contact is no route.
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
        # Light time is that of the moment at which the last bit leaves, by the true contact.
        due = last_byte + true.light_time(last_byte)
        # A message that the medium delays, so that others overtake it, is nobody's fault; what its sender
        # believes is another matter.
        delay_max = self._world.links.delay_max
        for time, told, delay in ((arrives, "came to", delay_max), (last.reaches, "was told to reach", 0)):
            if not due <= time <= due + delay:
                late = f"{abs(time - due) / MILLISECOND:.6f} ms {'later' if time > due else 'earlier'}"
                text = f"{key} {told} node {node} at {to_text(time, 9)}, {late} than light brings it"
                self._tell(record, key, "arrival", text)

    # Routes.

    def _look_for_route(self, number: int, waiting: BundleWaiting) -> None:
        host = self._world.host(number)
        stored = None if host is None else host.node.stored.get(waiting.bundle)
        if host is None or stored is None or stored.state is not BundleState.WAITING:
            return
        without = frozenset(waiting.without)
        self._judge_waiting(host.node, stored, waiting.since, without, "was left waiting")

    def _judge_waiting(
        self, node: Node, stored: Stored, since: int, without: frozenset[int], told: str
    ) -> None:
        """Tell of a route that a bundle has and is not sent on, whose node says that there is none."""
        meta = stored.meta
        if stored.node is None:
            return
        known = self._known(node.plan)  # of which a changed one is traced after what it left without a route
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
        hops = ", ".join(f"contact {c.id} to node {c.to_node}" for c in found[1])
        text = (
            f"{stored.key} {told} at node {node.number}, where a route leads to node {stored.node} "
            f"by {to_text(found[0], 3)}: {hops}"
        )
        self.missteps.append(Misstep(self._world.now, node.number, stored.key, "no route", text))

    def _busy(self, node: Node, contact: Contact, priority: int) -> list[tuple[int, int]]:
        """Return the time of a contact that a node gives nobody of a priority: booked, or on the air."""
        booked = node.router.bookings.on(contact.id, priority)
        on_air = self._on_air.get((contact.from_node, contact.to_node), 0)
        if contact.from_node != node.number or on_air <= contact.start:
            return booked
        return [(contact.start, on_air), *((max(a, on_air), b) for a, b in booked if b > on_air)]

    def _plan_at(self, node: int) -> IndexedPlan:
        """Return the plan that was in force at a node when what is traced happened."""
        known = self._plans.get(node)
        if known is None:
            host = self._world.host(node)
            assert host is not None, "only nodes that are up are traced"
            known = self._plans[node] = self._known(host.node.plan)
        return known

    def _known(self, plan: ContactPlan) -> IndexedPlan:
        known = next((each for each in self._recent if each.plan is plan), None)
        if known is None:
            known = IndexedPlan(plan)
            self._recent = [known, *self._recent[: RECENT - 1]]
        return known

    def _tell(self, record: Record, key: str, what: str, text: str) -> None:
        self.missteps.append(Misstep(record.time, record.node, key, what, text))


def _identity(key: str) -> str:
    """Return the bundle that a node keeps under a key, which may be one of its copies."""
    return key.partition(">")[0]
