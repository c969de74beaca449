"""Letters that no contact carries whole: what a mailbox foresees of them, and what its node then does."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.messages.contents import received_of, sent_of
from tests.messages.helpers import fragment_overhead_of
from tests.sim.helpers import START, both, contact
from tests.sim.test_letters import office_at
from tests.sim.test_urgent_letters import JAY, NAN_YOUNG, offices

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, MILLISECOND, MINUTE, SECOND
from starlight.engine.host import Host
from starlight.messages.delivery import DeliveryState
from starlight.messages.dispatch import Sent
from starlight.messages.draft import Draft
from starlight.messages.lateness import Lateness
from starlight.messages.letter import Letter
from starlight.messages.urgency import Priority
from starlight.node.application import Request
from starlight.node.config import NodeConfig
from starlight.sim.virtual_node import NodeSetup
from starlight.sim.world import VirtualWorld
from starlight.words import lateness as words
from starlight.words import routes

WINDOW_BYTES = 7_500
"""What a minute of 1 000 bit/s carries."""
FRAGMENT_FITS = WINDOW_BYTES - fragment_overhead_of()


def told(lateness: Lateness) -> str:
    """Return all that is told of why a letter is late, in one text."""
    refused = [sentence for each in lateness.refusals for sentence in routes.refused(each, {})]
    return " ".join(sentence.text() for sentence in (*words.opening_sentences(lateness, {}), *refused))


def hourly(windows: int) -> ContactPlan:
    """Return a plan of hourly minutes from Earth to a relay, which hears Mars always, and a way back."""
    there = [
        contact(n, 1, 2, n * HOUR, n * HOUR + MINUTE, rate=1_000, light_s=600.0)
        for n in range(1, windows + 1)
    ]
    back = [contact(90, 2, 1, rate=1_000, light_s=600.0)]
    return ContactPlan.of([*there, *back, *both(91, 2, 3, light_s=1.0, rate=64_000)])


def posted(plan: ContactPlan, text: str, priority: int = 1) -> tuple[VirtualWorld, list[Sent]]:
    """Return a world in which Jay writes a letter, with what is foreseen when it is written, and accepted."""
    world = VirtualWorld(plan, [NodeSetup(NodeConfig(n, plan), offices()) for n in (1, 2, 3)], start=START)
    world.call(START, 1, lambda host, now: office_at(host).mailboxes.open(JAY, "Jay", now))
    world.call(START, 3, lambda host, now: office_at(host).mailboxes.open(NAN_YOUNG, "Nan-young", now))
    found: list[Sent] = []

    def write(host: Host, now: int) -> Iterable[Request]:
        letter, requests = office_at(host).outbox.write(
            JAY, Draft(NAN_YOUNG, text, priority=Priority(priority)), now
        )
        assert isinstance(letter, Letter)
        found.extend(sent_of(office_at(host).mailbox(JAY)).values())
        return requests

    world.call(START + SECOND, 1, write)
    world.run(START + MINUTE)
    found.extend(sent_of(office_at(world.host(1)).mailbox(JAY)).values())
    return world, found


any_size = st.integers(7_000, 40_000)
nearly_whole_windows = st.builds(
    lambda windows, more: windows * FRAGMENT_FITS + more, st.integers(1, 5), st.integers(-120, 30)
)


@settings(max_examples=30, deadline=None)
@given(any_size | nearly_whole_windows, st.integers(0, 2))
def test_mailbox_and_node_foresee_the_same(size: int, priority: int) -> None:
    """What the mailbox foresees when a letter is written is what the node then promises; that comes true."""
    world, (foreseen, accepted) = posted(hourly(8), "x" * size, priority)
    assert accepted.dispatch.state is DeliveryState.QUEUED
    assert foreseen.dispatch.expected == accepted.dispatch.expected
    assert foreseen.dispatch.expected.leaves == START + HOUR
    world.run(START + 20 * HOUR)
    (received,) = received_of(office_at(world.host(3)).mailbox(NAN_YOUNG)).values()
    (sent,) = sent_of(office_at(world.host(1)).mailbox(JAY)).values()
    assert received.arrived_at == accepted.dispatch.expected.arrives
    assert sent.dispatch.confirmed.arrived_at == received.arrived_at // MILLISECOND * MILLISECOND
    assert sent.dispatch.state is DeliveryState.ARRIVED


def test_a_letter_in_fragments_stays_one() -> None:
    """Jay's mailbox shows one letter, with one departure, in three fragments; it is not late by itself."""
    world, (_, accepted) = posted(hourly(8), "x" * 20_000)
    assert accepted.dispatch.expected.fragments == 3
    office = office_at(world.host(1))
    ((id, _),) = sent_of(office.mailbox(JAY)).items()
    lateness = office.forecasts.why_letter_late(JAY, id, START + MINUTE)
    said = told(lateness)
    assert "in 3 fragments" in said
    assert "carries 7 500 B" in said
    assert "booked" not in said
    world.run(START + HOUR + 30 * SECOND)
    office = office_at(world.host(1))
    ((id, sent),) = sent_of(office.mailbox(JAY)).items()
    assert (sent.dispatch.state, sent.dispatch.expected.arrives) == (
        DeliveryState.DEPARTED,
        accepted.dispatch.expected.arrives,
    )
    world.run(START + HOUR + 2 * MINUTE)
    lateness = office.forecasts.why_letter_late(JAY, id, START + HOUR + 2 * MINUTE)
    said = told(lateness)
    assert "booked" not in said
    world.run(START + 4 * HOUR)
    (sent,) = sent_of(office_at(world.host(1)).mailbox(JAY)).values()
    assert sent.dispatch.state is DeliveryState.ARRIVED
    assert sent.dispatch.attempts.resends == 0


def test_what_the_plan_cannot_carry_waits() -> None:
    """More than all windows carry has no way, for the mailbox and for the node."""
    _, (foreseen, accepted) = posted(hourly(3), "x" * 30_000)
    assert foreseen.dispatch.expected.arrives is accepted.dispatch.expected.arrives is None
    assert accepted.dispatch.state is DeliveryState.QUEUED
