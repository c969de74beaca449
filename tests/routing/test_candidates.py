"""Candidates where many tie: none is left out, and all come in the order of the keys."""

from __future__ import annotations

import random

from tests.routing.oracle import Oracle
from tests.routing.test_optimality_proof import rank_plan

from starlight.contacts.contact import UNLIMITED_BPS, Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND
from starlight.routing import Router, RouteRequest


def test_all_routes_through_ranks_of_relays_come_in_order() -> None:
    """Every loopless route is yielded once, by arrival, hops, termination, entry node and ids."""
    total = 0
    for seed in range(120):
        rng = random.Random(seed)
        plan = rank_plan(rng)
        now, size = rng.randrange(-2, 5) * SECOND, rng.choice((0, 150, 4000))
        found = list(Router(plan, with_margin=False).candidates(RouteRequest(1, 10, now, size)))
        expected = Oracle(plan, {}, False).every_route(1, 10, now, size)
        ways = [[hop.contact for hop in route.hops] for route in found]
        assert ways == [list(path) for _, path in expected]
        assert [route.projected for route in found] == [key[0] for key, _ in expected]
        total += len(found)
    assert total > 500


def test_a_plan_of_nanoseconds_has_an_end() -> None:
    """The search moves on to later routes also where the first one takes no time at all."""
    plan = ContactPlan.of(
        Contact(start, 1, 2, start, start + 1, ((start, UNLIMITED_BPS),), constant_light(start, 0))
        for start in range(6)
    )
    arrivals = [route.arrival for route in Router(plan).candidates(RouteRequest(1, 2, 0, 100))]
    assert arrivals == list(range(6))
