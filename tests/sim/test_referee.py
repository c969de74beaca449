"""An independent look at nodes: what a wrong one does is told, what a right one does is not."""

from __future__ import annotations

from random import Random

import pytest
from tests.sim.helpers import LINE, START, believe, both, contact, posting, random_plan
from tests.sim.promising import Watched, watched

from starlight.contacts.contact import Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, MILLISECOND, MINUTE, SECOND, YEAR
from starlight.errors import DefectError
from starlight.forwarding.contact_queue import ContactQueue
from starlight.forwarding.transmit_scheduler import TransmitScheduler
from starlight.node.bundle_state import Cause
from starlight.node.stored import Stored
from starlight.routing import NoRoute, NoRouteCode, Router, RouteRequest
from starlight.routing.contact_bookings import ContactBookings
from starlight.sim import faults
from starlight.sim.earliest_route import earliest_route, first_free


def one_letter(found: Watched, *, size: int = 100) -> list[str]:
    """Let node 1 write to node 3; return the kinds of what was wrong an hour later."""
    found.world.call(START, 1, posting("hello", "ipn:3.1", size=size))
    found.world.run(START + HOUR)
    return [misstep.what for misstep in found.referee.finish()]


def test_nothing_is_said_of_a_right_node() -> None:
    """A letter that goes its way gives no cause."""
    assert one_letter(watched(LINE)) == []


def test_light_keeps_its_own_time_whatever_a_node_believes() -> None:
    """A canary: one node's plan has a light time that is 2 ms too long; its hop and its promise are told."""
    longer = ContactPlan.of(
        [
            Contact(c.id, c.from_node, c.to_node, c.start, c.end, c.rates, constant_light(c.start, 300.002))
            if c.id == 1
            else c
            for c in LINE.contacts
        ]
    )
    found = watched(LINE, lambda number: longer if number == 1 else LINE)
    assert one_letter(found) == ["arrival"]
    (misstep,) = found.referee.missteps
    assert "was told to reach node 2" in misstep.text
    assert "2.000000 ms later than light brings it" in misstep.text
    (verdict,) = found.verdicts()
    assert (verdict.kind, verdict.holds, verdict.late) == ("undisturbed", False, -2 * MILLISECOND)
    assert verdict.cause == "from node 2 it reached node 3 -0.002000 s otherwise than promised"


def test_a_node_that_says_that_there_is_no_route_is_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A canary: a router that finds nothing, though the plan has a route that is in time."""
    nothing = NoRouteCode.NOTHING_CARRIES
    monkeypatch.setattr(Router, "route", lambda self, request: NoRoute(nothing, request))
    found = watched(LINE)
    assert one_letter(found) == ["no route", "no route"]
    first, last = found.referee.missteps
    assert "was left waiting at node 1, where a route leads to node 3" in first.text
    assert "contact 1 to node 2, contact 3 to node 3" in first.text
    assert "still waits" in last.text


def test_to_wait_is_right_where_what_is_booked_leaves_no_time() -> None:
    """A bundle that no contact has time for before it ends waits, and nothing is wrong with that."""
    plan = ContactPlan.of(both(1, 1, 2, 0, 10 * SECOND, rate=8_000))
    found = watched(plan)
    for number in range(3):
        found.world.call(START, 1, posting(f"a{number}", "ipn:2.1", size=4_500))
    found.world.run(START + HOUR)
    host = found.world.host(1)
    assert host is not None
    assert [stored.state.name for stored in host.node.stored.values()] == ["WAITING", "WAITING"]
    assert found.referee.finish() == []


def test_a_transmission_outside_of_its_contact_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A canary: a node that transmits before its contact has begun, and one that is not in the plan."""
    plan = ContactPlan.of([contact(1, 1, 2, HOUR, 2 * HOUR), *both(3, 2, 3, 0, 3 * HOUR)])
    transmit = TransmitScheduler._transmit

    def hasty(
        scheduler: TransmitScheduler,
        stored: Stored,
        queue: ContactQueue,
        leaves: int,
        last_byte: int,
        now: int,
    ) -> None:
        transmit(scheduler, stored, queue, leaves - MINUTE, last_byte - MINUTE, now)

    with monkeypatch.context() as patched:
        patched.setattr(TransmitScheduler, "_transmit", hasty)
        found = watched(plan)
        found.world.call(START, 1, posting("hello", "ipn:2.1"))
        found.world.run(START + 3 * HOUR)
        first = found.referee.finish()[0]
    assert first.what == "no contact"
    assert "left node 1 for node 2" in first.text
    assert "which begins at" in first.text

    found = watched(plan)
    host_plan = ContactPlan.of(both(3, 2, 3, 0, 3 * HOUR))
    found.world.call(START, 1, posting("hello", "ipn:2.1"))
    found.world.run(START + MINUTE)
    host = found.world.host(1)
    assert host is not None
    found.referee._plans.clear()
    monkeypatch.setattr(type(host.node), "plan", property(lambda node: host_plan))
    found.world.run(START + 3 * HOUR)
    assert "contact 1, which is not in the node's plan" in found.referee.missteps[0].text


def test_a_bundle_that_is_nowhere_is_lost() -> None:
    """A canary: what neither a store nor a link has, and nobody has had, is told."""
    found = watched(ContactPlan.of([*LINE.contacts, *both(7, 4, 5)]))
    found.world.call(START, 1, posting("hello", "ipn:5.1"))
    found.world.run(START + MINUTE)
    (key,) = found.world.store(1).bundles()
    host = found.world.host(1)
    assert host is not None
    host.node._ledger.drop(host.node.stored[key], Cause.UNDONE)
    found.world.store(1)._bundles.clear()
    (misstep,) = found.referee.finish()
    assert (misstep.what, misstep.bundle) == ("lost", key)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_fails_no_node_does_anything_wrong(seed: int) -> None:
    """Cuts, crashes and false beliefs: contacts, arrivals and roads are still as they are to be."""
    random = Random(f"referee {seed}")
    plan = random_plan(random, random.randint(3, 7), 12 * HOUR)
    found = watched(plan)
    faults.draw(seed, plan, START, START + 12 * HOUR).befall(found.world)
    believe(found.world, plan, random)
    nodes = plan.nodes()
    for number in range(80):
        here, there = random.sample(nodes, 2)
        lifetime_s = random.choice((3_600, 10**7))
        call = posting(
            f"w{number}", f"ipn:{there}.1", size=random.randrange(20, 4_000), lifetime_s=lifetime_s
        )
        found.world.call(START + random.randrange(12 * HOUR), here, call)
    found.world.run(START + 70 * HOUR)
    assert [misstep.text for misstep in found.referee.finish()] == []


@pytest.mark.parametrize("seed", range(30))
def test_the_referees_route_is_the_routers(seed: int) -> None:
    """On random plans with bookings both find a route or none, of the same projected arrival."""
    random = Random(f"road {seed}")
    plan = random_plan(random, 6, 6 * HOUR)
    router = Router(plan)
    leaving: dict[int, dict[int, list[Contact]]] = {}
    for each in plan.contacts:
        leaving.setdefault(each.from_node, {}).setdefault(each.to_node, []).append(each)
    for _ in range(60):
        source, destination = random.sample(range(1, 7), 2)
        since, size = START + random.randrange(6 * HOUR), random.randrange(4_000)
        expires = since + random.choice((MINUTE, HOUR, YEAR))
        request = RouteRequest(source, destination, since, size, expires=expires)
        found = router.route(request) or None
        mine = earliest_route(leaving, request, lambda c: router.bookings.on(c.id, 1))
        assert (mine and mine[0]) == (found and found.projected)
        if found:
            router.bookings.book(found)


def test_the_first_free_time_is_that_of_the_bookings() -> None:
    """Both say when the last byte leaves, on time taken at random."""
    random = Random(7)
    for _ in range(300):
        one = contact(1, 1, 2, 0, MINUTE, rate=random.choice((800, 8_000, 2**63 - 1)))
        bookings = ContactBookings()
        for _ in range(random.randrange(6)):
            begin = START + random.randrange(60) * SECOND
            bookings.add(begin, begin + random.randrange(1, 8) * SECOND)
        ready, size = START + random.randrange(60) * SECOND, random.choice((0, 100, 1_000, 5_000))
        fit = bookings.first_fit(one, ready, size)
        assert first_free(one, ready, size, bookings.busy()) == (fit and fit[1])


def test_a_node_that_breaks_ends_the_world_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception in a node's step says which node, when, told of what, and where in the code."""

    def broken(self: Router, *arguments: object, **more: object) -> None:
        raise AssertionError("the search found contacts that can't carry the bundle")

    monkeypatch.setattr(Router, "route", broken)
    found = watched(LINE)
    found.world.call(START + SECOND, 1, posting("hello", "ipn:3.1"))
    with pytest.raises(DefectError) as raised:
        found.world.run(START + HOUR)
    text = str(raised.value)
    assert text.startswith(
        "node 1 broke at 2050-12-31T18:00:01.000000000Z, told of Submit: AssertionError: the search"
    )
    assert "test_referee.py, line" in text
