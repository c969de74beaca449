"""What a link takes as one transfer: what is above it goes by another, is cut, or waits; it never sticks."""

from __future__ import annotations

import random

import pytest
from tests.engine.helpers import (
    HOUR,
    SECOND,
    Fixture,
    NodeLimits,
    T,
    came,
    contact,
    made,
    of,
    plan,
)

from starlight.bundle import BundleFlags, decode, with_age
from starlight.node.actions import Accepted, Action, Transmit
from starlight.node.events import LinkDown, LinkUp, TransmissionAcknowledged, TransmissionFailed, Wakeup
from starlight.node.links import PASSERS_BY

WHOLE = BundleFlags.MUST_NOT_FRAGMENT.value
TWO_WAYS = plan(
    contact(1, 1, 2), contact(2, 2, 3), contact(3, 1, 4, HOUR), contact(4, 4, 3, HOUR), contact(5, 2, 1)
)
DIRECT = plan(contact(1, 1, 2), contact(2, 2, 1))


def sent(node: Fixture, transmit: Transmit) -> bytes:
    """Return the bytes that a driver sends."""
    data = node.bundles[transmit.key][0]
    return data if transmit.age_ms is None else with_age(data, transmit.age_ms)


def run(node: Fixture, actions: list[Action], until: int) -> list[Transmit]:
    """Return all that is sent in a step and after it, up to a time, none of it answered."""
    transmits = of(actions, Transmit)
    while (due := node.node.next_wakeup()) is not None and due <= until:
        transmits += of(node.handle(Wakeup(), due), Transmit)
    return transmits


def test_a_bundle_too_large_for_a_peer_goes_by_another() -> None:
    """Where it must stay whole, the neighbour that takes it is better than the one that is faster."""
    node = Fixture(1, TWO_WAYS, up=(4,))
    node.handle(LinkUp(2, 1_000))
    node.submit(payload=bytes(2_000), flags=WHOLE)
    (transmit,) = of(node.handle(Wakeup(), T + HOUR), Transmit)
    assert transmit.peer == 4
    (small,) = of(node.submit(payload=bytes(500), flags=WHOLE, now=T + HOUR), Transmit)
    assert small.peer == 2


def test_a_bundle_is_cut_to_what_the_only_peer_takes() -> None:
    """Each fragment, with all that is around its payload, is as large as the peer takes, or less."""
    node = Fixture(1, DIRECT, up=())
    node.handle(LinkUp(2, 1_000))
    actions = node.submit("ipn:2.1", payload=bytes(5_000))
    sizes = [len(sent(node, transmit)) for transmit in run(node, actions, T + SECOND)]
    assert len(sizes) == 6
    assert max(sizes) <= 1_000
    assert min(sizes[:-1]) > 950, "fragments fill what the peer takes"
    (accepted,) = of(actions, Accepted)
    assert accepted.leaves == T


def test_a_bundle_that_must_stay_whole_waits_until_the_peer_takes_it() -> None:
    """It is neither sent nor given up; a session that takes more lets it go at once."""
    node = Fixture(1, DIRECT, up=())
    node.handle(LinkUp(2, 1_000))
    assert not of(node.submit("ipn:2.1", payload=bytes(2_000), flags=WHOLE), Transmit)
    assert node.states == ["WAITING"]
    node.handle(LinkDown(2), T + SECOND)
    assert not of(node.handle(LinkUp(2, 1_500), T + 2 * SECOND), Transmit)
    node.handle(LinkDown(2), T + 3 * SECOND)
    assert [transmit.leaves for transmit in of(node.handle(LinkUp(2), T + 4 * SECOND), Transmit)] == [
        T + 4 * SECOND
    ]


def test_what_queues_is_looked_at_again_when_a_session_takes_less() -> None:
    """A bundle that was booked whole while no session was up is cut when one says what it takes."""
    node = Fixture(1, DIRECT, up=())
    node.submit("ipn:2.1", payload=bytes(5_000))
    node.submit("ipn:2.1", payload=bytes(500))
    assert node.states == ["QUEUED", "QUEUED"]
    transmits = run(node, node.handle(LinkUp(2, 1_000), T + SECOND), T + 2 * SECOND)
    assert len(transmits) == 7
    assert all(len(sent(node, transmit)) <= 1_000 for transmit in transmits)


def test_a_session_can_say_while_it_lives_that_it_takes_less() -> None:
    """What it has not sent by then is cut; a link that is up stays as old as it is."""
    later = plan(contact(1, 1, 2, HOUR), contact(2, 2, 1))
    node = Fixture(1, later, up=(2,))
    node.submit("ipn:2.1", payload=bytes(3_000))
    node.handle(LinkUp(2, 2_000), T + SECOND)
    assert node.states == ["QUEUED", "QUEUED"]
    node.handle(LinkUp(2, 1_000), T + 2 * SECOND)
    assert node.states == ["QUEUED"] * 5, "each of the two is cut again"
    sizes = [len(sent(node, transmit)) for transmit in run(node, [], T + HOUR + SECOND)]
    assert len(sizes) == 5
    assert max(sizes) <= 1_000
    assert node.node.link(2, T + HOUR).since == T


def test_a_bundle_whose_age_grows_is_within_the_limit_when_it_leaves() -> None:
    """An age takes up to 8 bytes more than when the bundle came: these are counted before."""
    for over in range(12):
        late = plan(contact(1, 2, 3, 8 * HOUR), contact(2, 1, 2))
        node = Fixture(2, late, up=())
        data = made(payload=bytes(900), zero_time=True, age_ms=0)
        # As it is stored: with this node as the previous one.
        probe = Fixture(2, late, up=())
        probe.handle(came(data))
        (stored,) = probe.node.stored.values()
        node.handle(LinkUp(3, stored.meta.size + over))
        node.handle(came(data))
        transmits = of(node.handle(Wakeup(), T + 8 * HOUR), Transmit)
        assert transmits
        assert all(len(sent(node, transmit)) <= stored.meta.size + over for transmit in transmits)


@pytest.mark.parametrize("seed", range(12))
def test_no_transfer_is_ever_larger_than_its_link_takes_and_nothing_sticks(seed: int) -> None:
    """Sessions with all sorts of limits come and go; in the end one takes all, and everything arrives."""
    rng = random.Random(seed)
    node = Fixture(
        1, plan(contact(1, 1, 2, rate=80_000), contact(3, 1, 3, rate=40_000), contact(4, 2, 3)), up=()
    )
    takes: dict[int, int | None] = {}
    now, payloads, arrived = T, 0, 0

    def step(actions: list[Action]) -> None:
        nonlocal arrived
        for transmit in of(actions, Transmit):
            size, most = len(sent(node, transmit)), takes[transmit.peer]
            assert most is None or size <= most, f"{size} B where {most} B are taken"
            bundle = decode(sent(node, transmit))
            if rng.random() < 0.8:
                arrived += len(bundle.payload)
                step(node.handle(TransmissionAcknowledged(transmit.key, transmit.peer, now), now))
            else:
                step(node.handle(TransmissionFailed(transmit.key, transmit.peer, "broke"), now))

    for _ in range(60):
        now += rng.randrange(20 * SECOND)
        draw, peer = rng.random(), rng.choice((2, 3))
        step(node.handle(Wakeup(), now))  # over what links were until now
        if draw < 0.4:
            takes[peer] = rng.choice((None, 200, 300, 1_000, 5_000))
            step(node.handle(LinkUp(peer, takes[peer]), now))
        elif draw < 0.5:
            step(node.handle(LinkDown(peer), now))
        elif draw < 0.8:
            size = rng.choice((1, 150, 700, 3_000))
            payloads += size
            flags = rng.choice((0, 0, WHOLE))
            step(node.submit("ipn:3.1", now, payload=bytes(size), flags=flags, token=str(now)))
    for peer in (2, 3):
        takes[peer] = None
        step(node.handle(LinkUp(peer), now))
    for _ in range(400):
        due = node.node.next_wakeup()
        if due is None or due > T + 9 * HOUR:
            break
        now = max(now, due)
        step(node.handle(Wakeup(), now))
    assert not node.states
    assert arrived == payloads


def test_the_limits_hold_for_a_copy_of_a_critical_bundle() -> None:
    """A critical bundle goes by the neighbours that take it; one that takes less gets no copy."""
    node = Fixture(1, plan(contact(1, 1, 2), contact(2, 2, 3), contact(3, 1, 4), contact(4, 4, 3)), up=(4,))
    node.handle(LinkUp(2, 1_000))
    actions = node.submit(payload=bytes(2_000), critical=True)
    assert [transmit.peer for transmit in of(actions, Transmit)] == [4]
    both = node.submit(payload=bytes(200), critical=True, now=T + 10 * SECOND)
    assert sorted(transmit.peer for transmit in of(both, Transmit)) == [2, 4]


def test_a_small_limit_does_not_keep_a_node_from_starting_again() -> None:
    """After a restart nothing is known of a link until its session says it."""
    node = Fixture(1, DIRECT, up=(), limits=NodeLimits())
    node.handle(LinkUp(2, 1_000))
    node.submit("ipn:2.1", payload=bytes(2_000), flags=WHOLE)
    again = node.restart(T + SECOND)
    again.handle(Wakeup(), T + SECOND)
    assert again.states == ["QUEUED"]
    again.handle(LinkUp(2, 1_000), T + SECOND)
    assert again.states == ["WAITING"]


def test_a_peer_that_connects_under_ever_new_numbers_fills_nothing() -> None:
    """Of those to whom no plan leads, neither links nor what they take are kept without bound."""
    node = Fixture(1, plan(contact(1, 1, 2)), up=(2,))
    node.handle(LinkUp(2, 5_000))
    node.handle(LinkDown(2))
    for number in range(100, 100 + 2 * PASSERS_BY):
        node.handle(LinkUp(number, 1_000 + number))
        node.handle(LinkDown(number))
    core = node.node._core
    assert len(core.links._links) <= PASSERS_BY + 1
    assert node.node.router.transfers._most == {1: {2: 5_000}}
    assert node.node.link(2, T).since == T
