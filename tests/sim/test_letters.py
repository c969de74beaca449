"""Two people write to each other over nodes in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.messages.contents import received_of, sent_of
from tests.sim.helpers import START, both

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, MILLISECOND, MINUTE, SECOND
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.messages.draft import Draft
from starlight.node.application import Request
from starlight.node.config import NodeConfig
from starlight.postoffice.postoffice import PostOffice
from starlight.sim.entropy import entropy
from starlight.sim.virtual_node import NodeSetup
from starlight.sim.world import VirtualWorld


def offices() -> Callable[[Node], PostOffice]:
    """Return what makes a post office for a node, again when it starts again; ids are never drawn twice."""
    random = entropy(1, "letters")
    return lambda node: PostOffice(node.forecaster, entropy=random)


def office_at(host: Host | None) -> PostOffice:
    assert host is not None
    assert isinstance(host.application, PostOffice)
    return host.application


def test_a_letter_arrives_as_predicted_and_its_receipt_comes_back() -> None:
    """A letter reaches the other side at the predicted ns, and the receipt turns predicted into confirmed."""
    plan = ContactPlan.of([*both(1, 1, 2, light_s=2.0), *both(3, 2, 3, MINUTE, 5 * HOUR, light_s=700.0)])
    world = VirtualWorld(plan, [NodeSetup(NodeConfig(n, plan), offices()) for n in (1, 2, 3)], start=START)
    world.call(START, 1, lambda host, now: office_at(host).mailboxes.open("ipn:1.1", "Jay", now))
    world.call(START, 3, lambda host, now: office_at(host).mailboxes.open("ipn:3.1", "Nan-young", now))

    def write(host: Host, now: int) -> Iterable[Request]:
        return office_at(host).outbox.write("ipn:1.1", Draft("ipn:3.1", "Are you there?"), now)[1]

    world.call(START + SECOND, 1, write)
    world.crash(3, START + 2 * MINUTE, START + 3 * MINUTE)
    world.crash(1, START + 2 * MINUTE, START + 3 * MINUTE)
    world.run(START + 5 * MINUTE)
    (sent,) = sent_of(office_at(world.host(1)).mailbox("ipn:1.1")).values()
    assert sent.dispatch.state.value in ("departed", "in flight")
    world.run(START + 2 * HOUR)
    jay, nan = (office_at(world.host(n)).mailbox(f"ipn:{n}.1") for n in (1, 3))
    (sent,), (received,) = sent_of(jay).values(), received_of(nan).values()
    assert sent.dispatch.state.value == "arrived"
    assert received.arrived_at == sent.dispatch.first.arrives
    # A receipt tells it to the millisecond.
    assert sent.dispatch.confirmed.arrived_at == received.arrived_at // MILLISECOND * MILLISECOND
