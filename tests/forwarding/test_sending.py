"""What a node does with bundles that leave: queues, paces, sends, re-routes, lets go."""

from __future__ import annotations

from typing import Any

import pytest
from tests.engine.helpers import (
    HOUR,
    ROAD,
    SECOND,
    Fixture,
    NodeLimits,
    T,
    came,
    contact,
    made,
    of,
    plan,
    traces,
)

from starlight import bundle as bp
from starlight.contacts.contact import UNLIMITED_BPS, Contact, constant_light
from starlight.node.actions import (
    Accepted,
    Departed,
    Expired,
    Forget,
    NotWithdrawn,
    Persist,
    Rejected,
    Transmit,
    Update,
    Withdrawn,
)
from starlight.node.application import Withdraw
from starlight.node.events import (
    LinkDown,
    LinkUp,
    PlanChanged,
    TransmissionAcknowledged,
    TransmissionFailed,
    TransmissionSent,
    Wakeup,
)

LATER = plan(contact(1, 1, 2, HOUR, 2 * HOUR), contact(2, 2, 1), contact(3, 2, 3), contact(4, 3, 2))


def wake(node: Fixture) -> tuple[list[Transmit], int]:
    """Wake a node at its deadlines until it transmits; return what, and when."""
    for _ in range(100):
        due = node.node.next_wakeup()
        assert due is not None, "it never does"
        done = of(node.handle(Wakeup(), due), Transmit)
        if done:
            return done, due
    raise AssertionError("it does not come to rest")


def test_a_submitted_bundle_is_persisted_and_accepted_with_its_prediction() -> None:
    """What is planned to leave and to arrive is told with the acceptance; then it leaves as told."""
    node = Fixture(1, LATER)
    actions = node.submit()
    (persist,), (accepted,) = of(actions, Persist), of(actions, Accepted)
    assert actions.index(persist) < actions.index(accepted)
    size = len(persist.data)
    assert accepted.leaves == T + HOUR
    assert accepted.arrives == T + HOUR + 2 * (300 * SECOND + size * 1_000)
    assert not of(actions, Transmit)
    (transmit,), now = wake(node)
    assert now == transmit.leaves == T + HOUR
    assert transmit.last_byte == transmit.leaves + size * 1_000
    assert transmit.reaches == transmit.last_byte + 300 * SECOND


def test_departure_is_persisted_before_it_is_told_and_happens_once() -> None:
    """Departed is told the first time that a bundle leaves, a restart or a failure or not."""
    node = Fixture(1)
    actions = node.submit()
    kinds = [type(action) for action in actions]
    assert kinds.index(Update) < kinds.index(Departed) < kinds.index(Transmit)
    node.handle(TransmissionFailed(of(actions, Transmit)[0].key, 2, "cut"), T)
    again = node.restart(T + SECOND)
    actions = again.handle(Wakeup(), T + SECOND)
    assert len(of(actions, Transmit)) == 1
    assert not of(actions, Departed)


def test_each_leaves_when_the_one_before_it_has_left() -> None:
    """Serialisation at the contact's rate, exact in virtual time."""
    node = Fixture(1)
    first = of(node.submit(payload=bytes(1000)), Transmit)
    second = of(node.submit(payload=bytes(500)), Transmit)
    assert len(first) == 1
    assert second == []
    (second_leaves,), now = wake(node)
    assert now == second_leaves.leaves == first[0].last_byte


def test_a_late_wake_up_does_not_move_the_time_of_leaving() -> None:
    """When the wake-up is late, mission time keeps exact, as long as the bundle still fits."""
    node = Fixture(1, LATER)
    for _ in range(3):
        node.submit(payload=bytes(1000))
    transmits = of(node.handle(Wakeup(), T + HOUR + 5 * SECOND), Transmit)
    assert [transmit.leaves for transmit in transmits] == [
        T + HOUR, transmits[0].last_byte, transmits[1].last_byte,
    ]  # fmt: skip


def test_a_bundle_waits_for_plan_and_link() -> None:
    """A bundle leaves when both agree: the plan says now, and the link is up."""
    node = Fixture(1, LATER, up=())
    node.submit()
    assert not of(node.handle(LinkUp(2), T), Transmit)
    node.handle(LinkDown(2), T + SECOND)
    assert not of(node.handle(Wakeup(), T + HOUR), Transmit)
    (transmit,) = of(node.handle(LinkUp(2), T + HOUR + 7 * SECOND), Transmit)
    assert transmit.leaves == T + HOUR + 7 * SECOND


def test_a_link_that_falls_while_transmitting_leaves_the_rest_queued() -> None:
    """Bundles under way stay until their transfers fail; the others wait for the link."""
    node = Fixture(1)
    (first,) = of(node.submit(payload=bytes(100_000)), Transmit)
    node.submit(payload=bytes(100))
    node.handle(LinkDown(2), T + SECOND // 100)
    assert node.states == ["UNDER_WAY", "QUEUED"]
    node.handle(TransmissionFailed(first.key, 2, "the link fell"), T + SECOND // 100)
    assert node.states == ["QUEUED", "QUEUED"]
    node.handle(LinkUp(2), T + SECOND // 50)
    (second,), now = wake(node)
    assert now == second.leaves == first.last_byte  # as booked
    (again,), _ = wake(node)
    assert again.key == first.key


def test_a_failed_transfer_rests_before_it_is_sent_again_each_time_longer() -> None:
    """A failing link must not cause an immediate retry without end."""
    node = Fixture(1)
    (transmit,) = of(node.submit(), Transmit)
    rests = []
    for _ in range(16):
        now = transmit.leaves
        actions = node.handle(TransmissionFailed(transmit.key, 2, "no"), now)
        assert not of(actions, Transmit)
        (transmit,), due = wake(node)
        rests.append((due - now) // SECOND)
        if due > T + 8 * HOUR:
            break
    assert rests[:12] == [2**n for n in range(12)]
    assert max(rests) <= 3600


def test_a_refusal_leads_around_the_peer_who_refused() -> None:
    """A refusal: that peer is excluded; when nobody else is left it is asked again later."""
    around = plan(*ROAD.contacts, contact(11, 1, 4), contact(12, 4, 3, light_s=900.0), contact(13, 4, 1))
    node = Fixture(1, around)
    (first,) = of(node.submit(), Transmit)
    assert first.peer == 2
    (second,) = of(node.handle(TransmissionFailed(first.key, 2, "not acceptable", refused=True)), Transmit)
    assert second.peer == 4
    assert not of(node.handle(TransmissionFailed(first.key, 4, "not acceptable", refused=True)), Transmit)
    (third,), now = wake(node)
    assert third.peer == 2
    assert now == T + 2 * SECOND


def test_a_contact_that_passed_unused_is_left_for_another() -> None:
    """A bundle whose route's contact passes is re-routed."""
    twice = plan(contact(1, 1, 2, 0, HOUR), contact(5, 1, 2, 3 * HOUR, 4 * HOUR), *ROAD.contacts[1:])
    node = Fixture(1, twice, up=())
    node.submit()
    node.handle(Wakeup(), T + HOUR + 1)
    node.handle(LinkUp(2), T + HOUR + 2)
    (transmit,), now = wake(node)
    assert now == transmit.leaves == T + 3 * HOUR


def test_what_no_longer_fits_is_booked_anew() -> None:
    """A bundle that can't be sent before its contact ends goes by another."""
    slow = plan(
        contact(1, 1, 2, 0, 10 * SECOND, rate=8_000), contact(5, 1, 2, HOUR, 2 * HOUR), *ROAD.contacts[1:]
    )
    node = Fixture(1, slow, up=())
    node.submit(payload=bytes(5_000))  # five seconds
    assert not of(node.handle(LinkUp(2), T + 7 * SECOND), Transmit)
    (transmit,), now = wake(node)
    assert now == transmit.leaves == T + HOUR


def test_an_acknowledgement_lets_go() -> None:
    """A bundle is kept until the next hop has acknowledged it."""
    node = Fixture(1)
    (transmit,) = of(node.submit(), Transmit)
    node.handle(Wakeup(), T + HOUR)
    assert node.bundles
    assert of(node.handle(TransmissionAcknowledged(transmit.key, 2, T + HOUR), T + HOUR), Forget)
    assert not node.bundles
    assert node.handle(TransmissionAcknowledged(transmit.key, 2, T + HOUR), T + HOUR) == []
    assert node.handle(TransmissionFailed(transmit.key, 2, "late"), T + HOUR) == []


def test_an_acknowledgement_is_hidden_until_light_brings_it() -> None:
    """The sender hides the acknowledgement for the light time of the way back, over a restart too."""
    node = Fixture(1)
    (transmit,) = of(node.submit(), Transmit)
    known = T + 600 * SECOND
    actions = node.handle(TransmissionAcknowledged(transmit.key, 2, known), T + SECOND)
    assert len(of(actions, Update)) == 1
    assert not of(actions, Forget)
    assert traces(actions) == []
    for sender in (node, node.restart(T + 2 * SECOND)):
        assert sender.states == ["HANDED"]
        assert not of(sender.handle(Wakeup(), known - 1), Transmit)
        actions = sender.handle(Wakeup(), known)
        assert of(actions, Forget)
        assert traces(actions) == ["bundle.forwarded"]
        assert not sender.bundles


@pytest.mark.parametrize("one_way", [True, False])
def test_over_a_link_that_does_not_acknowledge_a_bundle_is_kept_until_it_was_sent(one_way: bool) -> None:
    """Kept until it was sent, which is all that is ever known there, whatever the contact says."""
    node = Fixture(1, plan(contact(1, 1, 2, one_way=one_way)))
    (transmit,) = of(node.submit("ipn:2.1"), Transmit)
    assert transmit.one_way == one_way
    assert node.bundles
    assert node.handle(TransmissionSent(transmit.key, 3), transmit.last_byte) == []  # to another peer
    actions = node.handle(TransmissionSent(transmit.key, 2), transmit.last_byte)
    assert of(actions, Forget)
    assert traces(actions) == ["bundle.forwarded"]
    assert not node.bundles
    assert node.handle(TransmissionSent(transmit.key, 2), transmit.last_byte) == []


def test_only_what_has_not_departed_can_be_withdrawn() -> None:
    """A bundle can be taken back while it waits; what has left is in flight, a restart or not."""
    node = Fixture(1, LATER)
    (persist,) = of(node.submit(), Persist)
    actions = node.handle(Withdraw(persist.key))
    assert of(actions, Withdrawn)
    assert of(actions, Forget)
    assert of(node.handle(Withdraw(persist.key)), NotWithdrawn)
    node = Fixture(1)
    (persist,) = of(node.submit(), Persist)
    assert of(node.handle(Withdraw(persist.key)), NotWithdrawn)
    again = node.restart(T)
    assert of(again.handle(Withdraw(persist.key)), NotWithdrawn)
    node.handle(LinkDown(2), T)
    node.handle(TransmissionFailed(persist.key, 2, "cut"))
    assert node.states == ["QUEUED"]
    assert of(node.handle(Withdraw(persist.key)), NotWithdrawn)


def test_a_withdrawn_bundle_gives_its_place_to_others() -> None:
    """What a withdrawn bundle had booked is free again."""
    node = Fixture(1, LATER)
    keys = [of(node.submit(payload=bytes(1000)), Persist)[0].key for _ in range(3)]
    node.handle(Withdraw(keys[0]))
    (accepted,) = of(node.submit(payload=bytes(1000)), Accepted)
    assert accepted.leaves == T + HOUR
    (first,), _ = wake(node)
    assert first.key == accepted.key


def test_nobody_elses_bundle_can_be_withdrawn() -> None:
    """Only what an application here has submitted can be taken back here."""
    node = Fixture(2, up=())
    node.handle(came(made()))
    assert of(node.handle(Withdraw(bp.decode(made()).id)), NotWithdrawn)


def test_without_a_route_a_bundle_waits_for_another_plan() -> None:
    """No route: it waits, and is tried again when the plan changes."""
    node = Fixture(1, plan())
    (accepted,) = of(node.submit(), Accepted)
    assert accepted.leaves is accepted.arrives is None
    assert node.node.next_wakeup() == T + 86_400 * SECOND  # its lifetime
    (transmit,) = of(node.handle(PlanChanged(ROAD), T + SECOND), Transmit)
    assert transmit.leaves == T + SECOND


def test_a_plan_change_books_all_that_queues_anew() -> None:
    """Routes are recomputed when the plan changes; what is under way is not disturbed."""
    node = Fixture(1)
    (first,) = of(node.submit(payload=bytes(1_000_000)), Transmit)
    for _ in range(2):
        node.submit(payload=bytes(1000))
    moved = plan(contact(71, 1, 4), contact(72, 4, 1), contact(73, 4, 3), contact(74, 3, 4), version=1)
    actions = node.handle(PlanChanged(moved), T + SECOND // 2)
    (transmit,) = of(actions, Transmit)
    assert transmit.peer == 4
    assert node.states == ["UNDER_WAY", "UNDER_WAY", "QUEUED"]
    node.handle(TransmissionAcknowledged(first.key, 2, T + HOUR), T + HOUR)
    assert first.key not in node.bundles


def test_a_plan_change_does_not_let_two_transmissions_overlap() -> None:
    """A transmission under way holds its radio until its last byte has left, whatever the plan's ids."""
    node = Fixture(1)
    (first,) = of(node.submit(payload=bytes(1_000_000)), Transmit)
    (accepted,) = of(node.submit(payload=bytes(1000)), Accepted)
    assert accepted.leaves == first.last_byte
    renumbered = plan(contact(71, 1, 2), contact(72, 2, 1), contact(73, 2, 3), version=1)
    assert not of(node.handle(PlanChanged(renumbered), T + SECOND // 2), Transmit)
    (second,), now = wake(node)
    assert now == second.leaves == first.last_byte


def test_a_plan_change_makes_refusals_forgotten() -> None:
    """With a new plan, who has refused may be asked again."""
    node = Fixture(1)
    (first,) = of(node.submit(), Transmit)
    node.handle(TransmissionFailed(first.key, 2, "no resources", refused=True))
    assert of(node.handle(PlanChanged(ROAD), T + SECOND // 2), Transmit)


def test_what_expires_under_way_may_have_arrived() -> None:
    """Only when its transfer fails is it known that it has not."""
    node = Fixture(1)
    (transmit,) = of(node.submit(lifetime_ms=700_000), Transmit)
    assert not of(node.handle(Wakeup(), T + HOUR), Expired)
    other = node.restart(T)
    assert of(node.handle(TransmissionFailed(transmit.key, 2, "cut"), T + HOUR), Expired)
    assert not node.bundles
    (transmit,) = of(other.handle(Wakeup(), T), Transmit)
    other.handle(Wakeup(), T + HOUR)
    actions = other.handle(TransmissionAcknowledged(transmit.key, 2, T + HOUR), T + HOUR)
    assert not of(actions, Expired)
    assert of(actions, Forget)


def test_an_own_bundle_that_expires_is_told() -> None:
    """The application is told of the end of what it submitted."""
    node = Fixture(1, plan())
    (persist,) = of(node.submit(lifetime_ms=50_000), Persist)
    assert of(node.handle(Wakeup(), T + 50 * SECOND), Expired) == [Expired(persist.key, "lifetime expired")]


def test_to_oneself_is_delivered_at_once() -> None:
    """A bundle to an endpoint of its own node needs no road."""
    node = Fixture(1)
    (accepted,) = of(node.submit("ipn:1.9"), Accepted)
    assert accepted.arrives == T
    assert node.states == ["LOCAL"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "ipn:2.1"},
        {"source": "nonsense"},
        {"to": "nonsense"},
        {"to": "dtn:none"},
        {"lifetime_ms": 0},
        {"lifetime_ms": 10**18},
        {"flags": 0x01},
        {"flags": 0x02},
        {"source": "dtn:none", "flags": 0x4000},
        {"payload": bytes(2_000)},
        {"report_to": "nobody"},
    ],
)
def test_a_wrong_submission_is_rejected_with_its_reason(wrong: dict[str, Any]) -> None:
    """A submitted bundle that can't be made is not taken, and the application is told why."""
    node = Fixture(1, limits=NodeLimits(bundle_bytes=2_000))
    actions = node.submit(**wrong)
    (rejected,) = of(actions, Rejected)
    assert rejected.reason
    assert not node.bundles


def test_an_anonymous_bundle_can_be_submitted() -> None:
    """The source may be nobody (RFC 9171, 4.2.5.1.1)."""
    node = Fixture(1)
    actions = node.submit(source="dtn:none")
    assert of(actions, Accepted)
    assert of(actions, Transmit)


def test_a_full_store_rejects() -> None:
    """What an application submits is bound by the same limits as what peers send."""
    node = Fixture(1, plan(), limits=NodeLimits(bundles=1))
    node.submit()
    assert of(node.submit(), Rejected) == [Rejected("t", "the store is full")]


def test_creation_timestamps_are_never_used_twice() -> None:
    """The creation timestamp tells bundles apart (RFC 9171, 4.2.7), also in the ms of a restart."""
    node = Fixture(1)
    keys = {of(node.submit(), Persist)[0].key for _ in range(5)}
    for key in list(node.bundles):
        node.handle(TransmissionAcknowledged(key, 2, T), T)
    again = node.restart(T)
    keys |= {of(again.submit(), Persist)[0].key for _ in range(5)}
    assert len(keys) == 10


def test_without_a_rate_many_go_at_once_but_not_without_bound() -> None:
    """Unlimited rate: many transmissions in one call, bounded under way per peer."""
    wide = plan(contact(1, 1, 2, rate=UNLIMITED_BPS), contact(2, 2, 1))
    node = Fixture(1, wide, up=(), limits=NodeLimits(under_way=10))
    for _ in range(25):
        node.submit("ipn:2.1")
    sent = of(node.handle(LinkUp(2), T + SECOND), Transmit)
    assert len(sent) == 10
    more = of(node.handle(TransmissionAcknowledged(sent[0].key, 2, T + 2 * SECOND), T + 2 * SECOND), Transmit)
    assert len(more) == 1
    assert more[0].leaves == T + 2 * SECOND


def test_links_can_flap_without_work() -> None:
    """A link that rises and falls a thousand times sends each bundle once."""
    node = Fixture(1, LATER)
    node.submit()
    for flap in range(1000):
        assert node.handle(LinkDown(2), T + flap) == []
        assert node.handle(LinkUp(2), T + flap) == []
    assert len(wake(node)[0]) == 1


def test_the_summary_says_what_a_person_would_ask() -> None:
    """How much is stored, in which states, for whom."""
    node = Fixture(1, LATER)
    node.submit()
    summary = node.node.summary()
    assert summary["bundles"] == 1
    states, peers = summary["states"], summary["peers"]
    assert isinstance(states, dict)
    assert isinstance(peers, list)
    assert states["queued"] == 1
    assert {"node": 2, "up": True, "queued": 1, "under_way": 0} in peers
    assert node.node.neighbours.waiting(2) == (1, summary["bytes"])


def test_withdrawals_leave_nothing_behind() -> None:
    """The queue and the heap of lifetimes stay in proportion to what is stored."""
    node = Fixture(1, LATER)
    for _ in range(1_500):
        (persist,) = of(node.submit(), Persist)
        node.handle(Withdraw(persist.key))
    engine = node.node
    assert engine.neighbours.waiting(2) == (0, 0)
    assert len(engine._ledger.index.expiries._heap) < 2_000
    assert sum(len(line) for queue in engine._scheduler._queues.every() for line in queue._lines) < 1_000


def test_a_bundle_may_leave_at_the_end_of_its_contact() -> None:
    """Window ends are closed: what takes no time leaves still at the last instant, not one ns later."""
    window = Contact(1, 1, 2, T, T + HOUR, ((T, UNLIMITED_BPS),), constant_light(T, 1.0))
    for late, left in ((0, 1), (1, 0)):
        node = Fixture(1, plan(window, contact(2, 2, 3)), up=())
        node.submit()
        assert len(of(node.handle(LinkUp(2), T + HOUR + late), Transmit)) == left


def test_the_record_of_a_bundle_has_the_hop_count_of_its_body() -> None:
    """By it is told which of two copies has come further, so it is that of the bytes as they are sent on."""
    node = Fixture(1, up=())
    node.submit()
    node.handle(came(made(hops=(64, 3))))
    node.handle(came(made(sequence=1, hops=None)))
    bodies = [bp.decode(data) for data, _ in node.bundles.values()]
    counts = [body.hop_count[1] if body.hop_count else None for body in bodies]
    assert [stored.meta.hops for stored in node.node.stored.values()] == counts == [1, 4, None]
