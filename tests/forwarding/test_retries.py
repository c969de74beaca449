"""What rests after a failure goes at once when a new session comes up; a link that flaps costs little."""

from __future__ import annotations

from tests.engine.helpers import HOUR, SECOND, Fixture, T, contact, of, plan

from starlight.dtntime import MINUTE
from starlight.node.actions import Action, Transmit
from starlight.node.events import LinkDown, LinkUp, TransmissionAcknowledged, TransmissionFailed, Wakeup

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
    resting = node.node._scheduler._queues.neighbour(2).resting
    assert len(resting) <= 2 * node.config.limits.under_way + 1
    node.handle(LinkDown(2), now + HOUR)
    assert not of(node.handle(LinkUp(2), now + HOUR), Transmit)
