"""The earliest arrival over certain contacts: a bound that no route beats, and that some route keeps."""

from __future__ import annotations

import random

import pytest
from tests.routing.plans import random_plan

from starlight.dtntime import SECOND
from starlight.routing import Router, RouteRequest

LATE = 100 * SECOND


@pytest.mark.parametrize("seed", range(150))
def test_no_route_over_the_contacts_arrives_before_the_bound_and_the_best_keeps_it(seed: int) -> None:
    """Compared with every route there is: nothing booked, and then with bookings, which only delay."""
    rng = random.Random(seed)
    plan = random_plan(rng)
    router = Router(plan)
    source, ready, size = rng.choice(plan.nodes()), rng.randrange(10) * SECOND, rng.randrange(1, 3)
    chosen = rng.sample(plan.contacts, min(2, len(plan.contacts)))
    ids = {contact.id for contact in chosen}
    earliest = router.earliest_over(chosen, source, ready, size, LATE)
    for destination in plan.nodes():
        if destination == source:
            continue
        routes = router.candidates(RouteRequest(source, destination, ready, size))
        over = [r.projected for r in routes if any(hop.contact.id in ids for hop in r.hops)]
        bound = earliest.get(destination)
        if over and min(over) < LATE:
            assert bound is not None
            assert bound <= min(over)
        # A walk that passes a node twice is no route, so the bound may be earlier than any route.
        best = router.route(RouteRequest(source, destination, ready, size))
        assert bound is None or (best and best.projected <= bound)
