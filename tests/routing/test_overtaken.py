"""What a booked bundle can expect: without its own booking, and after others have overtaken it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.routing.oracle import blocks
from tests.routing.plans import random_plan

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND
from starlight.routing import NoRoute, Priority, Route, Router, RouteRequest
from starlight.routing.contact_bookings import ContactBookings
from starlight.routing.index import PlanIndex

JOBS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 8)), max_size=8)


def some_route(rng: random.Random, router: Router, nodes: list[int]) -> Route | NoRoute:
    """Return the route of some bundle."""
    source, destination = rng.sample(nodes, 2)
    now, size = rng.randrange(20) * SECOND, rng.randrange(1, 40)
    return router.route(RouteRequest(source, destination, now, size, priority=rng.choice(list(Priority))))


def all_bookings(plan: ContactPlan, router: Router) -> list[list[tuple[int, int]]]:
    """Return what is booked on each contact of a plan at each priority."""
    return [router.bookings.on(contact.id, level) for contact in plan.contacts for level in Priority]


def booked_plan(rng: random.Random, fewest: int) -> tuple[ContactPlan, Router, list[Route]]:
    """Return a plan, a router on it, and the routes booked there that take time, `fewest` or more of them.

    Plans are drawn until one has so many: without a booking every comparison would hold.
    """
    while True:
        plan = random_plan(rng)
        router, booked = Router(plan), []
        for _ in range(6):
            route = some_route(rng, router, plan.nodes())
            free = all_bookings(plan, router)
            if route and route.hops:
                router.bookings.book(route)
                if all_bookings(plan, router) != free:  # a contact without a limit is never busy
                    booked.append(route)
        if len(booked) >= fewest:
            return plan, router, booked


@pytest.mark.parametrize("seed", range(40))
def test_without_a_booking_all_is_as_if_it_had_never_been(seed: int) -> None:
    """A router without some routes answers as one that booked the others only; the first is unchanged."""
    rng = random.Random(seed)
    plan, whole, booked = booked_plan(rng, fewest=3)
    own = rng.sample(booked, 2)
    rest = list(booked)
    for route in own:
        rest.remove(route)
    alone = Router(plan)
    for route in rest:
        alone.bookings.book(route)
    before = all_bookings(plan, whole)
    without = whole.without(own)
    for _ in range(10):
        source, destination = rng.sample(plan.nodes(), 2)
        now, size, priority = rng.randrange(20) * SECOND, rng.randrange(1, 40), rng.choice(list(Priority))
        request = RouteRequest(source, destination, now, size, priority=priority)
        assert without.route(request) == alone.route(request)
        assert without.refusals(request) == alone.refusals(request)
    assert all_bookings(plan, without) == all_bookings(plan, alone) != before
    assert all_bookings(plan, whole) == before


@pytest.mark.parametrize("seed", range(20))
def test_what_is_booked_without_others_is_not_booked_where_they_are(seed: int) -> None:
    """A router without some routes can be booked on: it answers as any other, and the first is unchanged."""
    rng = random.Random(seed)
    plan, whole, booked = booked_plan(rng, fewest=2)
    alone = Router(plan)
    for route in booked[1:]:
        alone.bookings.book(route)
    before = all_bookings(plan, whole)
    without = whole.without(booked[:1])
    added = 0
    for _ in range(30):
        more = some_route(rng, without, plan.nodes())
        if more and more.hops:
            without.bookings.book(more)
            alone.bookings.book(more)
            added += 1
    assert added
    assert all_bookings(plan, without) == all_bookings(plan, alone)
    assert all_bookings(plan, whole) == before


@settings(deadline=None, derandomize=True, max_examples=300)
@given(JOBS, JOBS)
def test_who_is_overtaken_keeps_the_place_among_equals(
    urgent: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    """What is overtaken leaves in the order of its booking, each in the first gap that holds it whole."""
    above, level = ContactBookings(), ContactBookings()
    for start, length in urgent:
        above.add(start, start + length)
        level.add(start, start + length)
    for start, length in others:
        level.add(start, start + length)
    turns = level.turns(above)
    taken = {at for begin, end in blocks([(s, s + n) for s, n in urgent]) for at in range(begin, end)}
    expected: dict[tuple[int, int], int] = {}
    for start, length in sorted(others, key=lambda job: (job[0], sum(job))):
        at = start
        while any(each in taken for each in range(at, at + length)):
            at += 1
        expected.setdefault((start, start + length), at)
        taken |= set(range(at, at + length))
    assert turns == expected
    assert level.busy() == blocks([(s, s + n) for s, n in (*urgent, *others)])


def test_before_what_is_on_the_air_nothing_leaves() -> None:
    """While a transmission is under way, what was booked meanwhile waits for its end."""
    level = ContactBookings()
    level.add(10, 14)
    level.add(14, 20)
    level.occupy(17)
    assert level.turns(ContactBookings()) == {(10, 14): 17, (14, 20): 21}


@pytest.mark.parametrize("seed", range(10))
def test_a_contact_is_looked_up_in_its_link(seed: int) -> None:
    """The index returns the contact that its links hold, made once; that of another plan is made anew."""
    plan = random_plan(random.Random(seed))
    index = PlanIndex(plan.contacts, True)
    for contact in plan.contacts:
        if contact.id in index.unusable:
            continue
        found = index.search_contact(contact)
        assert found.planned == contact
        assert found is index.search_contact(contact)
        assert PlanIndex((), True).search_contact(contact) == found
