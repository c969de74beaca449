"""A new plan costs what it changes: what it leaves alone keeps its booking, what it betters is used."""

from __future__ import annotations

import random

import pytest
from tests.engine.helpers import Fixture, NodeLimits, T, contact, of, plan

from starlight.contacts import Contact
from starlight.dtntime import HOUR, SECOND
from starlight.node.actions import Accepted, Transmit
from starlight.node.bundle_state import BundleState
from starlight.node.events import LinkDown, LinkUp, PlanChanged, TransmissionAcknowledged, TransmissionFailed
from starlight.node.stored import Stored
from starlight.routing import Priority, RouteRequest

FIRST, ONWARD = contact(1, 1, 2, 2 * HOUR), contact(2, 2, 3, 3 * HOUR)
ELSEWHERE = contact(3, 4, 5, HOUR)


def queued(node: Fixture) -> list[Stored]:
    """Return the bundles that queue, as they came."""
    return [stored for stored in node.node.stored.values() if stored.state is BundleState.QUEUED]


def test_what_a_new_plan_does_not_touch_keeps_its_booking() -> None:
    """A contact elsewhere comes, goes and changes: no route is searched, and none is another."""
    node = Fixture(1, plan(FIRST, ONWARD))
    for _ in range(3):
        node.submit()
    routes = [stored.route for stored in queued(node)]
    booked = node.node.router.bookings.on(1)
    later = contact(3, 4, 5, 2 * HOUR)
    for version, changed in enumerate([(ELSEWHERE,), (later,), ()], 1):
        new = plan(FIRST, ONWARD, *changed, version=version)
        node.handle(PlanChanged(new), T + version * SECOND)
        assert node.node.plan is new
        assert all(now.route is before for now, before in zip(queued(node), routes, strict=True))
        assert node.node.router.bookings.on(1) == booked


def test_a_better_contact_is_used_by_what_queues_the_most_urgent_first() -> None:
    """... and by what came first of what is as urgent; what was booked before is given back."""
    node = Fixture(1, plan(FIRST, ONWARD))
    keys = [of(node.submit(priority=priority), Accepted)[0].key for priority in (1, 2, 1)]
    node.handle(PlanChanged(plan(FIRST, ONWARD, contact(4, 1, 3, HOUR), version=1)), T + SECOND)
    leaves = {stored.key: stored.route.leaves for stored in queued(node) if stored.route is not None}
    assert sorted(leaves, key=lambda key: leaves[key]) == [keys[1], keys[0], keys[2]]
    assert leaves[keys[1]] == T + HOUR
    assert node.node.router.bookings.on(1) == node.node.router.bookings.on(2) == []


def test_a_better_contact_further_on_is_used_though_the_first_is_full() -> None:
    """What a bundle has booked itself does not hide from it that another route would be better."""
    node = Fixture(1, plan(contact(1, 1, 2, HOUR, HOUR + SECOND), contact(2, 2, 3, 9 * HOUR)))
    size = 1_000_000 - 200
    node.submit(payload=bytes(size))
    node.handle(PlanChanged(plan(*node.node.plan.contacts, contact(4, 2, 3, 3 * HOUR), version=1)), T)
    (only,) = queued(node)
    assert only.route is not None
    assert [hop.contact.id for hop in only.route.hops] == [1, 4]


def test_what_was_booked_over_a_contact_that_went_is_planned_again() -> None:
    """Though the contact is not the first of its route: another one carries it on, or it waits."""
    node = Fixture(1, plan(FIRST, ONWARD, contact(4, 2, 3, 5 * HOUR)))
    node.submit()
    node.handle(PlanChanged(plan(FIRST, contact(4, 2, 3, 5 * HOUR), version=1)), T)
    (only,) = queued(node)
    assert only.route is not None
    assert [hop.contact.id for hop in only.route.hops] == [1, 4]
    node.handle(PlanChanged(plan(FIRST, version=2)), T)
    assert node.states == ["WAITING"]
    assert node.node.router.bookings.on(1) == []


def test_what_is_under_way_gives_nothing_back_on_a_contact_that_went_and_came_again() -> None:
    """The bookings there are those of others, who were planned after the contact had come again."""
    near, far = contact(1, 1, 2), contact(2, 2, 3, 3 * HOUR)
    node = Fixture(1, plan(near, far))
    (sent,) = of(node.submit(payload=bytes(1000)), Transmit)
    node.handle(LinkDown(2), T + SECOND)
    node.handle(PlanChanged(plan(near, version=1)), T + SECOND)
    node.handle(PlanChanged(plan(near, far, version=2)), T + SECOND)
    node.submit(payload=bytes(1000), now=T + SECOND)
    booked = node.node.router.bookings.on(2)
    assert booked
    node.handle(TransmissionAcknowledged(sent.key, 2, T + 700 * SECOND), T + 700 * SECOND)
    assert node.node.router.bookings.on(2) == booked
    now = T + 4 * HOUR
    while (due := node.node.next_wakeup()) is not None and due < now:
        node.node.handle(LinkUp(4), due)
    assert node.node.router.bookings.on(2) == booked


def random_contact(rng: random.Random, id: int) -> Contact:
    """Return a contact between any two of five nodes, of some seconds within a minute."""
    a, b = rng.sample(range(1, 6), 2)
    start = rng.randrange(5, 50) * SECOND
    end = start + rng.randrange(1, 9) * SECOND
    return contact(id, a, b, start, end, rate=rng.choice([8_000, 16_000]), light_s=rng.choice([0.0, 1.0]))


@pytest.mark.parametrize("seed", range(40))
def test_after_a_change_nothing_that_queues_would_do_better_over_what_came(seed: int) -> None:
    """... whatever comes and goes, and all that is booked is what queues, by each priority."""
    rng = random.Random(seed)
    fresh = 40
    node = Fixture(1, plan(*(random_contact(rng, id) for id in range(fresh))), up=())
    for _ in range(12):
        to, priority = rng.randrange(2, 6), rng.randrange(3)
        node.submit(to=f"ipn:{to}.1", priority=priority, payload=bytes(rng.randrange(10, 900)), flags=4)
    for version in range(1, 9):
        before = node.node.plan.contacts
        kept = [one for one in before if rng.random() < 0.9]
        came = [random_contact(rng, id) for id in range(fresh, fresh + rng.randrange(4))]
        fresh += len(came)
        node.handle(PlanChanged(plan(*kept, *came, version=version)), T)
        check_bookings(node)
        for stored in queued(node):
            route = stored.route
            assert route is not None
            assert all(hop.contact in node.node.plan.contacts for hop in route.hops)
            assert stored.node is not None
            meta = stored.meta
            request = RouteRequest(1, stored.node, T, meta.size, meta.expires, meta.priority)
            best = node.node.router.without([route]).route(request)
            assert best
            if any(hop.contact in came for hop in best.hops):
                assert best.projected >= route.projected


def check_bookings(node: Fixture) -> None:
    """Assert that the time taken on each contact is as much as the bundles take that queue over it."""
    for level in Priority:
        taken: dict[int, int] = {}
        for stored in queued(node):
            assert stored.route is not None
            if stored.meta.priority >= level:
                for hop in stored.route.hops:
                    taken[hop.contact.id] = taken.get(hop.contact.id, 0) + hop.last_byte - hop.leaves
        for one in node.node.plan.contacts:
            busy = sum(end - start for start, end in node.node.router.bookings.on(one.id, level))
            assert busy == taken.get(one.id, 0)


def test_what_rests_after_a_failure_may_go_at_once_with_a_new_plan() -> None:
    """Whatever the change is: what made the transfer fail may be over with it."""
    node = Fixture(1, plan(contact(1, 1, 2), ONWARD), limits=NodeLimits(backoff=HOUR))
    (sent,) = of(node.submit(), Transmit)
    assert of(node.handle(TransmissionFailed(sent.key, 2, "fell"), T + SECOND), Transmit) == []
    actions = node.handle(PlanChanged(plan(contact(1, 1, 2), ONWARD, ELSEWHERE, version=1)), T + 2 * SECOND)
    assert [again.key for again in of(actions, Transmit)] == [sent.key]
