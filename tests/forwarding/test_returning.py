"""A bundle does not go straight back to who sent it, unless that is the only way or saves long."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.engine.helpers import HOUR, SECOND, Fixture, T, came, contact, made, of, plan, traces

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY
from starlight.node.actions import Acknowledge, Refuse, Transmit
from starlight.node.config import NodeLimits
from starlight.node.events import LinkUp, PlanChanged, TransmissionAcknowledged, TransmissionFailed, Wakeup
from starlight.node.reception import naming_bytes
from starlight.routing import Router, RouteRequest


def fork(other: int) -> ContactPlan:
    """Return a plan in which 2 reaches 3 at once by 1, and by 4 when that meets 3, after a time in ns."""
    return plan(
        contact(1, 2, 1, end=4 * DAY),
        contact(2, 1, 3, end=4 * DAY),
        contact(3, 2, 4, end=4 * DAY),
        contact(4, 4, 3, other, 4 * DAY),
    )


def handed(contacts: ContactPlan, *, peer: int | None = 1, lifetime_s: int = 10 * 86_400) -> list[int]:
    """Return whom node 2 sends a bundle on to that a peer has handed to it."""
    node = Fixture(2, contacts)
    actions = node.handle(came(made(lifetime_s=lifetime_s), peer=peer))
    return [sent.peer for sent in of(actions, Transmit)]


@pytest.mark.parametrize("other", [0, HOUR, DAY])
def test_it_takes_another_way_though_that_is_slower(other: int) -> None:
    """Plans that differ by minutes shall not make two nodes pass a bundle to and fro."""
    assert handed(fork(other)) == [4]
    assert handed(fork(other), peer=4) == [1]


def test_who_sent_it_is_not_always_known() -> None:
    """A link may not say who is at its other end; then the best way is taken, whoever it leads over."""
    assert handed(fork(HOUR), peer=None) == [1]


def test_it_goes_back_where_that_saves_more_than_a_day() -> None:
    """... nor shall it wait for a window in years, when this node knows that the sender has a better one."""
    assert handed(fork(DAY + SECOND)) == [4], "going back needs the light time of a hop more"
    assert handed(fork(DAY + HOUR)) == [1]
    node = Fixture(2, fork(2 * HOUR), limits=NodeLimits(return_gain=HOUR))
    assert [sent.peer for sent in of(node.handle(came(made())), Transmit)] == [1]


def test_it_goes_back_where_there_is_no_other_way() -> None:
    """A bundle is not kept for good because the only way is the one that it came by."""
    only = plan(contact(1, 2, 1), contact(2, 1, 3))
    assert handed(only) == [1]


def test_it_goes_back_where_no_other_way_is_in_time() -> None:
    """What arrives after the bundle has expired is no way."""
    assert handed(fork(HOUR), lifetime_s=3_000) == [1]


def test_the_sender_may_be_the_destination() -> None:
    """What is addressed to the neighbour that handed it in is delivered there."""
    node = Fixture(2, fork(0))
    assert [sent.peer for sent in of(node.handle(came(made(to="ipn:1.1"))), Transmit)] == [1]


def test_it_holds_for_as_long_as_the_bundle_is_here() -> None:
    """... also when the first way fails, and when the plan changes; what started anew has forgotten it."""
    node = Fixture(2, fork(0), up=(1,))
    node.handle(came(made()))
    assert node.states == ["QUEUED"]
    actions = node.handle(PlanChanged(fork(HOUR)), T + SECOND)
    assert of(actions, Transmit) == []
    actions = node.handle(LinkUp(4), T + 2 * SECOND)
    (sent,) = of(actions, Transmit)
    node.handle(TransmissionFailed(sent.key, 4, "fell"), T + 3 * SECOND)
    (again,) = of(node.handle(Wakeup(), T + 4 * SECOND), Transmit)
    assert (sent.peer, again.peer) == (4, 4)
    fresh = node.restart(T + HOUR)
    assert [sent.peer for sent in of(fresh.handle(Wakeup(), T + HOUR), Transmit)] == [1]


def test_after_a_refusal_it_may_go_back() -> None:
    """Where the other way is refused, the one back is the only one left."""
    node = Fixture(2, fork(0))
    (sent,) = of(node.handle(came(made())), Transmit)
    actions = node.handle(TransmissionFailed(sent.key, 4, "no", refused=True), T + SECOND)
    assert [sent.peer for sent in of(actions, Transmit)] == [1]
    assert "bundle.failed" in traces(actions)


def test_what_replaces_a_bundle_that_was_handed_on_has_come_back() -> None:
    """A copy that comes further while the acknowledgement is on its way rests before it goes back."""
    only = plan(contact(1, 1, 2), contact(2, 2, 3, HOUR))
    node = Fixture(1, only)
    (sent,) = of(node.handle(came(made(hops=(64, 1)), peer=5)), Transmit)
    node.handle(TransmissionAcknowledged(sent.key, 2, T + 60 * SECOND), T + SECOND)
    assert node.states == ["HANDED"]
    actions = node.handle(came(made(hops=(64, 3)), peer=2), T + 2 * SECOND)
    assert of(actions, Transmit) == [], "2 would send it back at once"
    (again,) = of(node.handle(Wakeup(), T + HOUR), Transmit)
    assert again.peer == 2
    assert again.leaves == T + 2 * SECOND + node.config.limits.backoff


def test_going_back_must_save_more_than_the_gain() -> None:
    """... and not as much: a bundle that arrives exactly so much sooner goes on, and does not come back."""
    router = Router(fork(2 * HOUR), naming=naming_bytes)
    size = Fixture(2, fork(2 * HOUR))
    size.handle(came(made()))
    (stored,) = size.node.stored.values()
    ask = RouteRequest(2, 3, T, stored.meta.size)
    back, other = router.route(ask), router.route(replace(ask, exclude=frozenset({1})))
    assert back
    assert other
    gain = other.arrival - back.arrival
    for limit, peer in ((gain, 4), (gain - 1, 1)):
        node = Fixture(2, fork(2 * HOUR), limits=NodeLimits(return_gain=limit))
        assert [sent.peer for sent in of(node.handle(came(made())), Transmit)] == [peer]


def test_what_keeps_coming_back_rests_longer_after_a_refusal_too() -> None:
    """Its pause grows with each return; when every way refuses it, it rests as long as that."""
    limits = NodeLimits(backoff=60 * SECOND)
    node = Fixture(1, plan(contact(1, 1, 2), contact(2, 2, 3, HOUR)), limits=limits)
    now = T
    for returns in range(4):
        actions = node.handle(came(made(hops=(64, 2 * returns + 1)), peer=2 if returns else 5), now)
        now += HOUR // 2
        (sent,) = of([*actions, *node.handle(Wakeup(), now)], Transmit)
        if returns < 3:
            node.handle(TransmissionAcknowledged(sent.key, 2, now), now)
    node.handle(TransmissionFailed(sent.key, 2, "no", refused=True), now)
    assert limits.pause(3) == 240 * SECOND > limits.rest(1)
    assert of(node.handle(Wakeup(), now + limits.pause(3) - 1), Transmit) == []
    assert of(node.handle(Wakeup(), now + limits.pause(3)), Transmit)


def test_an_old_copy_that_crosses_one_that_came_back_is_refused_for_now() -> None:
    """It was handed on before; but ours is under way to who sends it, and may be the only one left."""
    node = Fixture(2)
    (sent,) = of(node.handle(came(made(hops=(64, 1)))), Transmit)
    node.handle(TransmissionAcknowledged(sent.key, 3, T + SECOND), T + SECOND)
    (again,) = of(node.handle(came(made(hops=(64, 3)), peer=4), T + 2 * SECOND), Transmit)
    assert again.peer == 3
    actions = node.handle(came(made(hops=(64, 1)), peer=3, transfer=9), T + 3 * SECOND)
    assert of(actions, Refuse) == [Refuse(3, 9, "no resources")]
    assert of(actions, Acknowledge) == []
