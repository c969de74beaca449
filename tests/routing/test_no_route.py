"""Negative answers: why there is no route, and for which other requests that holds."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace
from tests.routing.plans import random_plan

from starlight.contacts.contact import Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND
from starlight.routing import KnownNegatives, NoRoute, NoRouteCode, Route, Router, RouteRequest


def drawn(rng: random.Random, plan: ContactPlan) -> RouteRequest:
    """Return a request over a plan, with limits of every kind."""
    nodes = plan.nodes()
    source, destination = rng.sample(nodes, 2)
    ready = rng.randrange(-3, 30) * SECOND
    return RouteRequest(
        source,
        destination,
        ready,
        rng.randrange(12),
        rng.choice((None, ready + rng.randrange(20) * SECOND)),
        rng.choice((0, 1, 2)),
        frozenset(rng.sample(nodes, rng.choice((0, 0, 1)))),
        frozenset(rng.choices([contact.id for contact in plan.contacts], k=rng.choice((0, 0, 1, 2)))),
        frozenset(rng.sample(nodes, rng.choice((0, 0, 1)))),
        rng.choice((None, rng.choice(nodes))),
    )


def changed(rng: random.Random, request: RouteRequest, plan: ContactPlan) -> RouteRequest:
    """Return a request with some of another's values, so that it is often covered by the first."""
    other = drawn(rng, plan)
    kept = {
        name: getattr(request, name)
        for name in request.__struct_fields__
        if name in {"source", "destination"} or rng.random() < 0.7
    }
    return replace(other, **kept)


@pytest.mark.parametrize("block", range(4))
def test_what_a_negative_answer_covers_has_no_route(block: int) -> None:
    """On random plans with bookings, a router without a memory finds none for what `holds_for` covers."""
    covered: dict[NoRouteCode, int] = dict.fromkeys(NoRouteCode, 0)
    for seed in range(block * 100, (block + 1) * 100):
        rng = random.Random(seed)
        plan = random_plan(rng)
        if len(plan.nodes()) < 2:
            continue
        router = Router(plan)
        for _ in range(20):
            request = drawn(rng, plan)
            answer = router.route(request)
            if isinstance(answer, Route):
                router.bookings.book(answer)
                continue
            assert answer.request == request
            assert answer.holds_for(request)
            for _ in range(6):
                other = changed(rng, request, plan)
                if answer.holds_for(other):
                    covered[answer.code] += other != request
                    assert not router.without(()).route(other), f"plan of seed {seed}"
    assert min(covered.values()) > 15, covered


def test_a_negative_answer_covers_no_better_request() -> None:
    """What is smaller, earlier, more urgent or less limited may have a route, and where it ends too."""
    one = Contact(1, 1, 2, 0, 10 * SECOND, ((0, 800),), constant_light(0, 1.0))
    router = Router(ContactPlan.of([one]))
    asked = RouteRequest(1, 2, 5 * SECOND, 501, exclude=frozenset({7}))
    answer = router.route(asked)
    assert isinstance(answer, NoRoute)
    assert answer.code is NoRouteCode.NOTHING_CARRIES
    assert not answer
    for better in (
        replace(asked, size=500),
        replace(asked, ready=0),
        replace(asked, priority=2),
        replace(asked, exclude=frozenset()),
        replace(asked, source=3),
    ):
        assert not answer.holds_for(better)
    late = router.route(replace(asked, size=100, expires=6 * SECOND))
    assert isinstance(late, NoRoute)
    assert late.code is NoRouteCode.ARRIVES_TOO_LATE
    assert late.arrival is not None
    assert late.holds_for(replace(asked, size=100, expires=late.arrival - 1))
    assert not late.holds_for(replace(asked, size=100, expires=late.arrival))
    assert not late.holds_for(replace(asked, size=100))
    over = router.route(RouteRequest(1, 2, 10 * SECOND + 1, 0))
    assert isinstance(over, NoRoute)
    assert over.code is NoRouteCode.UNREACHABLE
    assert over.holds_for(RouteRequest(1, 2, 11 * SECOND, 0, priority=2))


def test_known_negatives_cover_what_any_of_them_does() -> None:
    """A request is covered by one answer or another, also where a wider one took the place of the first."""
    router = Router(ContactPlan.of([Contact(1, 1, 2, 0, 10 * SECOND, ((0, 800),), constant_light(0, 1.0))]))
    known = KnownNegatives()
    large, small = RouteRequest(1, 2, 0, 9_000), RouteRequest(1, 2, 0, 1_001)
    urgent = RouteRequest(1, 2, 5 * SECOND, 501, priority=2)
    assert not known.cover(large)
    for request in (large, small, urgent):
        answer = router.route(request)
        assert isinstance(answer, NoRoute)
        known.add(answer)
    assert known.cover(replace(small, size=2_000)), "what covers the small one covers the large one too"
    assert known.cover(replace(urgent, ready=6 * SECOND))
    assert not known.cover(replace(small, size=1_000))
    assert not known.cover(replace(urgent, ready=4 * SECOND))
    assert not known.cover(replace(small, destination=3))
