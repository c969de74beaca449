"""Time what a change of its plan costs a node that has much to send; prints JSON.

The node is the control centre of the Earth-Mars network of bench_routing.py, with bundles queued to
sites on Mars. Contacts are taken out and put back one at a time: any of the plan, and those that the
most bundles are booked on, the worst that can happen. Figures are CPU time in ms.
"""

from __future__ import annotations

import json
import random
import statistics
from collections import Counter

import machine
from bench_routing import microseconds, network

from starlight.contacts import Contact, ContactPlan
from starlight.dtntime import SECOND
from starlight.engine.node import Node
from starlight.node.application import Submit
from starlight.node.config import NodeConfig
from starlight.node.events import PlanChanged

CENTRE = 1
QUEUED = 200
CHANGES = 10


def queueing(plan: ContactPlan, seed: int) -> Node:
    """Return a node with bundles queued to sites on Mars, none of which can leave yet."""
    rng = random.Random(seed)
    node = Node(NodeConfig(CENTRE, plan))
    sites = [number for number in plan.nodes() if number >= 400]
    for number in range(QUEUED):
        submit = Submit(str(number), "ipn:1.1", f"ipn:{rng.choice(sites)}.1", bytes(300), 30 * 86_400_000)
        node.handle(submit, (number + 1) * SECOND)
    return node


def changing(node: Node, plan: ContactPlan, contacts: list[Contact]) -> dict[str, float]:
    """Return what it costs to lose each of some contacts, and to get it back."""
    lost, back = [], []
    for step, contact in enumerate(contacts):
        less = ContactPlan.of([one for one in plan.contacts if one.id != contact.id], version=2 * step + 1)
        more = ContactPlan.of(plan.contacts, version=2 * step + 2)
        lost.append(microseconds(node.handle, PlanChanged(less), (QUEUED + 1 + step) * SECOND))
        back.append(microseconds(node.handle, PlanChanged(more), (QUEUED + 1 + step) * SECOND))
    return {
        "one_contact_less_median": round(statistics.median(lost) / 1e3, 2),
        "one_contact_less_worst": round(max(lost) / 1e3, 2),
        "one_contact_more_median": round(statistics.median(back) / 1e3, 2),
        "one_contact_more_worst": round(max(back) / 1e3, 2),
    }


def main() -> None:
    """Measure on a plan of 16 000 contacts, and print the figures."""
    plan = network(16_000, 200, 30, seed=7)
    node = queueing(plan, seed=1)
    booked = Counter(
        hop.contact.id for stored in node.stored.values() if stored.route for hop in stored.route.hops
    )
    by_id = {contact.id: contact for contact in plan.contacts}
    figures = {
        "machine": machine.describe("msgspec"),
        "contacts": len(plan.contacts),
        "queued": sum(stored.route is not None for stored in node.stored.values()),
        "any_contact_cpu_ms": changing(node, plan, random.Random(2).sample(plan.contacts, CHANGES)),
        "busiest_contacts_cpu_ms": changing(node, plan, [by_id[id] for id, _ in booked.most_common(CHANGES)]),
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
