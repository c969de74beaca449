"""Letters of different urgency over nodes in virtual time: what is foreseen, and what gives way."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.messages.contents import received_of, sent_of
from tests.sim.helpers import START, both
from tests.sim.test_letters import office_at

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, MINUTE, SECOND
from starlight.engine.host import Host
from starlight.engine.node import Node
from starlight.messages.delivery import DeliveryState
from starlight.messages.draft import Draft
from starlight.messages.urgency import Priority
from starlight.node.application import Request
from starlight.node.config import NodeConfig
from starlight.postoffice.postoffice import PostOffice
from starlight.sim.entropy import entropy
from starlight.sim.virtual_node import NodeSetup
from starlight.sim.world import VirtualWorld

JAY, NAN_YOUNG = "ipn:1.1", "ipn:3.1"
OPENS, CLOSES = 2 * MINUTE, 9 * HOUR


def offices() -> Callable[[Node], PostOffice]:
    """Return what makes a post office for a node, again when it starts again; ids are never drawn twice."""
    random = entropy(1, "letters")
    return lambda node: PostOffice(node.forecaster, booked=node.booked, entropy=random)


def write(text: str, priority: int) -> Callable[[Host, int], Iterable[Request]]:
    def act(host: Host, now: int) -> Iterable[Request]:
        return office_at(host).outbox.write(JAY, Draft(NAN_YOUNG, text, priority=Priority(priority)), now)[1]

    return act


Written = tuple[int, int, int]
"""When, in s after the start; how many characters; how urgent."""

some_letters = st.lists(
    st.tuples(st.integers(1, 200), st.integers(1, 4_000), st.integers(0, 2)), min_size=2, max_size=9
)


def written(letters: list[Written], onward_bps: int) -> VirtualWorld:
    """Return a world in which Jay writes letters, which go over a thin contact, and onward from a relay."""
    plan = ContactPlan.of(
        [
            *both(1, 1, 2, OPENS, CLOSES, rate=1_000, light_s=600.0),
            *both(3, 2, 3, rate=onward_bps, light_s=0.0),
        ]
    )
    world = VirtualWorld(plan, [NodeSetup(NodeConfig(n, plan), offices()) for n in (1, 2, 3)], start=START)
    world.call(START, 1, lambda host, now: office_at(host).mailboxes.open(JAY, "Jay", now))
    world.call(START, 3, lambda host, now: office_at(host).mailboxes.open(NAN_YOUNG, "Nan-young", now))
    for at, size, priority in letters:
        world.call(START + at * SECOND, 1, write("x" * size, priority))
    return world


@settings(max_examples=40, deadline=None)
@given(some_letters)
@example([(1, 1, 0), (1, 1, 0), (1, 1, 2)])
def test_what_is_foreseen_comes_true_also_for_what_gives_way(letters: list[Written]) -> None:
    """However letters overtake each other, the last prediction of each is its arrival, to the ns.

    Some are written while the thin contact is closed, some while others are on the air.
    """
    world = written(sorted(letters), 1_000_000)
    world.run(START + 201 * SECOND)
    sent = sent_of(office_at(world.host(1)).mailbox(JAY))
    foreseen = {id: each.dispatch.expected.arrives for id, each in sent.items()}
    assert len(foreseen) == len(letters)
    for each in sent.values():
        assert each.dispatch.expected.arrives is not None
        assert each.dispatch.first.arrives is not None
        assert each.dispatch.expected.displaced == (
            each.dispatch.expected.arrives > each.dispatch.first.arrives
        )
        assert not (each.dispatch.expected.displaced and each.priority == 2)
    world.run(START + CLOSES)
    received = received_of(office_at(world.host(3)).mailbox(NAN_YOUNG))
    assert {id: each.arrived_at for id, each in received.items()} == foreseen
    assert all(
        each.dispatch.state is DeliveryState.ARRIVED
        for each in sent_of(office_at(world.host(1)).mailbox(JAY)).values()
    )


@settings(max_examples=25, deadline=None)
@given(some_letters, st.sampled_from([500, 1_000, 3_000, 20_000]))
@example([(0, 1, 0), (0, 1, 0), (0, 1, 2)], 1_000)
def test_what_gives_way_does_so_on_every_contact(letters: list[Written], onward_bps: int) -> None:
    """Where the relay has no more time than the node, who comes there later also leaves there later.

    Each letter is as urgent as those before it, or more, and all are written before the first may leave.
    """
    ordered = sorted(letters, key=lambda letter: letter[2])
    world = written([(1 + place, size, each) for place, (_, size, each) in enumerate(ordered)], onward_bps)
    for at in (100 * SECOND, 201 * SECOND):
        world.run(START + at)
        sent = sent_of(office_at(world.host(1)).mailbox(JAY))
        foreseen = {id: each.dispatch.expected.arrives for id, each in sent.items()}
        if at < OPENS:
            before = foreseen
    assert before == foreseen  # Their leaving tells nothing new.
    world.run(START + CLOSES)
    received = received_of(office_at(world.host(3)).mailbox(NAN_YOUNG))
    assert {id: each.arrived_at for id, each in received.items()} == foreseen
