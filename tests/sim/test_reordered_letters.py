"""Letters that change their places while a real engine sends them: one may leave in the moment between."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from tests.messages.contents import received_of, sent_of
from tests.sim.helpers import START, both
from tests.sim.test_letters import office_at
from tests.sim.test_urgent_letters import JAY, NAN_YOUNG, offices, write

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, MILLISECOND, SECOND
from starlight.engine.host import Host
from starlight.messages.delivery import WITHDRAWABLE, DeliveryState
from starlight.node.application import Request
from starlight.node.config import NodeConfig
from starlight.sim.virtual_node import NodeSetup
from starlight.sim.world import VirtualWorld

OPENS = 60 * SECOND
TEXTS = [letter * 500 for letter in "abcde"]
"""Each takes some five seconds on the air."""


def world_of_letters() -> VirtualWorld:
    """Return a world in which five letters wait for a thin contact."""
    plan = ContactPlan.of(both(1, 1, 3, OPENS, 9 * HOUR, rate=1_000, light_s=600.0))
    world = VirtualWorld(plan, [NodeSetup(NodeConfig(n, plan), offices()) for n in (1, 3)], start=START)
    for node, address in ((1, JAY), (3, NAN_YOUNG)):
        world.call(
            START, node, lambda host, now, at=address: office_at(host).mailboxes.open(at, at, now)  # type: ignore[misc]
        )  # fmt: skip
    for second, text in enumerate(TEXTS, 1):
        world.call(START + second * SECOND, 1, write(text, 1))
    return world


def turn_around(host: Host, now: int) -> Iterable[Request]:
    """Put all that can still be withdrawn into the opposite order."""
    courses = sent_of(office_at(host).mailbox(JAY))
    waiting = [id for id, sent in courses.items() if sent.dispatch.state in WITHDRAWABLE]
    by_departure = sorted(waiting, key=lambda id: courses[id].dispatch.expected.leaves or 0)
    return office_at(host).holds.reorder(JAY, by_departure[::-1], now) if waiting else []


@pytest.mark.parametrize(
    "after", [-SECOND, -1, 0, 1, MILLISECOND, SECOND, 4 * SECOND, 7 * SECOND, 13 * SECOND]
)
@pytest.mark.parametrize("twice", [0, 1, 3 * SECOND])
def test_what_a_link_takes_meanwhile_is_neither_lost_nor_doubled(after: int, twice: int) -> None:
    """Whenever letters are turned around while the link takes one, each comes once, as is foreseen."""
    world = world_of_letters()
    at = START + OPENS + after
    world.call(at, 1, turn_around)
    if twice:
        world.call(at + twice, 1, turn_around)
    world.run(at + twice + SECOND)
    courses = sent_of(office_at(world.host(1)).mailbox(JAY))
    foreseen = {id: each.dispatch.expected.arrives for id, each in courses.items()}
    assert len(foreseen) == len(TEXTS)
    assert not any(each.held for each in courses.values())
    world.run(START + 8 * HOUR)
    received = received_of(office_at(world.host(3)).mailbox(NAN_YOUNG))
    assert {id: each.arrived_at for id, each in received.items()} == foreseen
    assert len(office_at(world.host(3)).mailbox(NAN_YOUNG).inbox()) == len(TEXTS)
    sent = sent_of(office_at(world.host(1)).mailbox(JAY))
    assert {each.dispatch.state for each in sent.values()} == {DeliveryState.ARRIVED}
    assert all(sum(not copy.gone for copy in each.copies) == 1 for each in sent.values())
    # Whoever had not left was turned around; who had, came first.
    texts = [letter.text[0] for id in sorted(received, key=lambda id: received[id].arrived_at)
             if (letter := office_at(world.host(3)).mailbox(NAN_YOUNG).letter(id)) is not None]  # fmt: skip
    gone = 0 if after < 0 else 1 + after // (5 * SECOND)
    if not twice:
        assert texts[gone:] == sorted(texts[gone:], reverse=True)
        assert texts[:gone] == sorted(texts[:gone])
