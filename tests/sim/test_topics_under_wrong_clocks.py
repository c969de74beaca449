"""A topic between two nodes, one of which has a clock that is hours off: both show it in the same order."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from tests.sim.helpers import START, both
from tests.sim.test_letters import office_at, offices

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, MINUTE, YEAR
from starlight.engine.host import Host
from starlight.messages.draft import Draft
from starlight.node.application import Request
from starlight.node.config import NodeConfig
from starlight.sim.virtual_clock import MachineClock
from starlight.sim.virtual_node import NodeSetup
from starlight.sim.world import VirtualWorld

JAY, NAN = "ipn:1.1", "ipn:2.1"
PLAN = ContactPlan.of(both(1, 1, 2, -100 * YEAR, 100 * YEAR, light_s=300.0))


def read_and_write(address: str, to: str, text: str, host: Host, now: int) -> Iterable[Request]:
    """Read all that is there, then write into the one topic, or begin it."""
    office = office_at(host)
    box = office.mailbox(address)
    requests: list[Request] = []
    for id in box.unread():
        requests += office.inbox.mark_read(address, id, now)
    topic = next((each.topic.thread for each in box.topics.all()), None)
    draft = Draft(to, text, topic=topic, topic_name="" if topic else "The garden")
    return [*requests, *office.outbox.write(address, draft, now)[1]]


@pytest.mark.parametrize("ahead", [-7 * HOUR, -20 * MINUTE, 0, 7 * HOUR])
def test_a_topic_stands_alike_at_both_ends(ahead: int) -> None:
    """Whoever writes has read what came; Mars' clock is hours ahead or behind, and the order is the same."""
    make = offices()
    clocks = {1: None, 2: MachineClock(ahead)}
    setups = [NodeSetup(NodeConfig(n, PLAN), make, machine=clock) for n, clock in clocks.items()]
    world = VirtualWorld(PLAN, setups, start=START)
    world.call(START, 1, lambda host, now: office_at(host).mailboxes.open(JAY, "Jay", now))
    world.call(START, 2, lambda host, now: office_at(host).mailboxes.open(NAN, "Nan-young", now))
    written = []
    for number in range(8):
        node, address, to = (1, JAY, NAN) if number % 2 == 0 else (2, NAN, JAY)
        written.append(f"{number} by {address}")
        world.call(
            START + MINUTE + number * 13 * MINUTE,
            node,
            lambda host, now, a=address, b=to, text=written[-1]: read_and_write(a, b, text, host, now),  # type: ignore[misc]
        )
    world.run(START + 9 * HOUR)
    shown = []
    for node, address, to in ((1, JAY, NAN), (2, NAN, JAY)):
        box = office_at(world.host(node)).mailbox(address)
        (topic,) = box.topics.all()
        assert (topic.name, topic.topic.letters) == ("The garden", 8)
        shown.append([letter.text for letter in box.page(to, topic=topic.topic.thread).letters])
    assert shown == [written, written]
