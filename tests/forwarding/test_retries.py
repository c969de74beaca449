"""What rests after a failure goes at once when a new session comes up; a link that flaps costs little."""

from __future__ import annotations

from functools import partial

from tests.engine.helpers import HOUR, SECOND, Fixture, NodeLimits, T, contact, of, plan, work

from starlight.dtntime import MINUTE
from starlight.forwarding.retries import Retries
from starlight.node.actions import Action, Transmit
from starlight.node.events import LinkDown, LinkUp, TransmissionAcknowledged, TransmissionFailed, Wakeup
from starlight.node.stored import Stored

DIRECT = plan(contact(1, 1, 2, end=100 * HOUR), contact(2, 2, 1, end=100 * HOUR))


def failed(node: Fixture, actions: list[Action], now: int, *, refused: bool = False) -> int:
    """Let all that is sent fail, and return how many transfers that were."""
    transmits = of(actions, Transmit)
    for transmit in transmits:
        node.handle(TransmissionFailed(transmit.key, transmit.peer, "broke", refused), now)
    return len(transmits)


def worn_out(*, refused: bool = False) -> tuple[Fixture, int]:
    """Return a node with a bundle that has failed twenty times, and the time."""
    node, now = Fixture(1, DIRECT, up=(2,)), T
    failed(node, node.submit("ipn:2.1"), now, refused=refused)
    for _ in range(19):
        due = node.node.next_wakeup()
        assert due is not None
        now = due
        assert failed(node, node.handle(Wakeup(), now), now, refused=refused) == 1
    return node, now


def test_what_rests_goes_at_once_over_a_new_session() -> None:
    """After many failures a bundle rests for an hour; a new session needs not wait for that."""
    for refused in (False, True):
        node, now = worn_out(refused=refused)
        assert node.node.next_wakeup() == now + HOUR
        node.handle(LinkDown(2), now + SECOND)
        (transmit,) = of(node.handle(LinkUp(2), now + MINUTE), Transmit)
        assert transmit.leaves == now + MINUTE


def test_its_failures_count_no_more() -> None:
    """When it fails over the new session, it rests as after its first failure."""
    node, now = worn_out()
    node.handle(LinkDown(2), now)
    now += MINUTE
    assert failed(node, node.handle(LinkUp(2), now), now) == 1
    assert node.node.next_wakeup() == now + SECOND


def test_a_link_that_is_told_of_again_is_no_new_session() -> None:
    """While it is up, to hear what it takes is no reason to try again."""
    node, now = worn_out()
    assert not of(node.handle(LinkUp(2, 10_000), now + SECOND), Transmit)


def test_a_link_that_flaps_costs_little() -> None:
    """A session each 10 ms for ten minutes, each of which breaks, brings a few dozen attempts."""
    node, now = worn_out()
    attempts = 0
    for _ in range(60_000):
        now += 10_000_000
        attempts += failed(node, node.handle(LinkUp(2), now), now)
        attempts += failed(node, node.handle(LinkDown(2), now), now)
    assert 5 < attempts < 100


def test_after_it_has_flapped_a_session_that_stays_is_used_within_a_minute() -> None:
    """The pause between attempts never grows as a rest does."""
    node, now = worn_out()
    for _ in range(1_000):
        now += SECOND
        failed(node, node.handle(LinkUp(2), now), now)
        failed(node, node.handle(LinkDown(2), now), now)
    transmits = of(node.handle(LinkUp(2), now), Transmit)
    up = now
    while not transmits:
        due = node.node.next_wakeup()
        assert due is not None
        now = due
        transmits = of(node.handle(Wakeup(), now), Transmit)
    assert now <= up + MINUTE
    # What ends well says that the link carries: the next session that follows a break is used at once.
    (transmit,) = transmits
    node.handle(TransmissionAcknowledged(transmit.key, 2, now), now)
    now += SECOND
    failed(node, node.submit("ipn:2.1", now), now)
    node.handle(LinkDown(2), now)
    now += SECOND // 2
    assert len(of(node.handle(LinkUp(2), now), Transmit)) == 1


def test_what_has_gone_is_forgotten() -> None:
    """A bundle that went by another neighbour, or expired, is not looked for when a session comes up."""
    node = Fixture(1, DIRECT, up=(2,))
    now = T
    for number in range(3_000):
        now += MINUTE
        failed(node, node.submit("ipn:2.1", now, lifetime_ms=500, token=str(number)), now)
    resting = node.node.neighbours.of(2).resting
    assert len(resting) <= 2 * node.config.limits.under_way + 1
    node.handle(LinkDown(2), now + HOUR)
    assert not of(node.handle(LinkUp(2), now + HOUR), Transmit)


def refused_and_worn_out(until: int) -> tuple[Fixture, int]:
    """Return a node whose bundle 2 has refused and 3 has failed twenty times, and the time.

    Args:
        until: when the contact with 2, over which it would arrive sooner, ends, in ns after T.
    """
    contacts = plan(
        contact(1, 1, 2, end=until, light_s=1),
        contact(2, 2, 4, end=100 * HOUR, light_s=1),
        contact(3, 1, 3, end=100 * HOUR),
        contact(4, 3, 4, end=100 * HOUR),
    )
    node, now = Fixture(1, contacts, up=(2, 3)), T
    (first,) = of(node.submit("ipn:4.1"), Transmit)
    assert first.peer == 2
    actions = node.handle(TransmissionFailed(first.key, 2, "no", True), now)
    attempts = failed(node, actions, now)
    while attempts < 20:
        due = node.node.next_wakeup()
        assert due is not None
        now = due
        attempts += failed(node, node.handle(Wakeup(), now), now)
    assert node.node.next_wakeup() == now + HOUR
    return node, now


def test_a_new_session_with_another_neighbour_ends_no_rest() -> None:
    """What rests for one neighbour is not sent to it because another comes up that it failed at before."""
    node, now = refused_and_worn_out(SECOND)
    due = now + HOUR
    for _ in range(20):
        now += MINUTE
        assert not of(node.handle(LinkDown(2), now), Transmit)
        assert not of(node.handle(LinkUp(2), now), Transmit)
    assert node.node.next_wakeup() == due
    (transmit,) = of(node.handle(Wakeup(), due), Transmit)
    assert (transmit.peer, transmit.leaves) == (3, due)


def test_what_rests_for_another_neighbour_goes_by_the_one_that_comes_where_that_is_sooner() -> None:
    """It failed there too, so a new session there is a reason to try it; its failures still count."""
    node, now = refused_and_worn_out(100 * HOUR)
    now += MINUTE
    node.handle(LinkDown(2), now)
    (transmit,) = of(node.handle(LinkUp(2), now), Transmit)
    assert (transmit.peer, transmit.leaves) == (2, now)
    failed(node, [transmit], now)
    assert not of(node.handle(Wakeup(), now + HOUR - 1), Transmit)
    assert len(of(node.handle(Wakeup(), now + HOUR), Transmit)) == 1


def note(retries: Retries, many: list[Stored]) -> None:
    """Take note that many bundles were not taken."""
    for stored in many:
        retries.failed(stored)


def test_to_note_a_failure_costs_the_same_however_many_rest() -> None:
    """Those that have gone are looked for so rarely that twice as many failures cost twice as much."""
    costs = []
    for count in (500, 1_000):
        node = Fixture(1, DIRECT, limits=NodeLimits(under_way=8))
        node.submit("ipn:2.1")
        (one,) = node.node.stored.values()
        many = [Stored(str(number), one.meta, 2) for number in range(count)]
        for stored in many:
            stored.peer = 2
        costs.append(work(partial(note, node.node._scheduler._retries, many)))
    assert costs[1] < 2.5 * costs[0]
