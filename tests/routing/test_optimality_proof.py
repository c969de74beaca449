"""Why a remembered route is still the best: queues to one destination, against searches without a memory."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from tests.routing.plans import large_plan, random_plan

from starlight.contacts.contact import Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, MILLISECOND, SECOND
from starlight.routing import Route, Router, RouteRequest, answer_cache
from starlight.routing.optimality_proof import OptimalityProof, prove
from starlight.routing.search import Search
from starlight.routing.tie_break import Path


def without_memory(router: Router) -> Router:
    """Return a router with the same plan and bookings that has been asked nothing."""
    return router.without(())


def rank_plan(rng: random.Random) -> ContactPlan:
    """Return ranks of relays, each heard by all of the rank before, in windows that mostly overlap."""
    ranks = [[1], [2, 3, 4], [5, 6, 7], [8, 9], [10]]
    found: list[Contact] = []
    for here, there in pairwise(ranks):
        late = rng.choice((0, 0, 20, 60)) * (here[0] > 1)
        for one in here:
            for other in there:
                for _ in range(rng.choice((0, 1, 1, 2))):
                    start = (late + rng.choice((0, 0, 1, 3, 7))) * SECOND
                    end = start + rng.choice((2, 10, 30, 90)) * SECOND
                    bps = rng.choice((2_000, 8_000, 8_000, 64_000))
                    light = constant_light(start, rng.choice((0.0, 0.1, 0.1, 2.0)))
                    found.append(Contact(len(found), one, other, start, end, ((start, bps),), light))
    return ContactPlan.of(found)


def queue(plan: ContactPlan, ends: tuple[int, int], rng: random.Random, bundles: int) -> int:
    """Route and book bundles to one destination, compare each answer; return how many had a route."""
    router = Router(plan)
    now = rng.choice((-5, 0, 2)) * SECOND
    sizes = rng.choice(((150,), (150, 150, 200, 255)))
    step = rng.choice((0, MILLISECOND, 200 * MILLISECOND))
    booked: list[Route] = []
    for _ in range(bundles):
        now += step * rng.choice((0, 1, 1, 4))
        when = now - rng.choice((0,) * 9 + (SECOND,))
        size = rng.choice(sizes)
        priority = rng.choice((1, 1, 1, 1, 1, 2))
        route = router.route(RouteRequest(*ends, when, size, priority=priority))
        expected = without_memory(router).route(RouteRequest(*ends, when, size, priority=priority))
        assert route == expected
        if not route:
            break
        router.bookings.book(route)
        booked.append(route)
        if rng.random() < 0.1:  # Somebody else's bundle takes a part of the way.
            other = router.route(RouteRequest(route.entry_node, ends[1], now, 150))
            if other:
                router.bookings.book(other)
        if rng.random() < 0.05:
            router.bookings.release(booked.pop(rng.randrange(len(booked))))
    return len(booked)


@pytest.mark.parametrize("kind", [rank_plan, large_plan, random_plan])
def test_each_of_a_queue_gets_the_best_route(
    kind: Callable[[random.Random], ContactPlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bundles to one destination, each booked before the next is asked for, go as searches send them."""
    proved: list[bool] = []
    proves = OptimalityProof.proves

    def noted(proof: OptimalityProof, *arguments: Any) -> bool:
        proved.append(proves(proof, *arguments))
        return proved[-1]

    monkeypatch.setattr(OptimalityProof, "proves", noted)
    plans: dict[Callable[[random.Random], ContactPlan], int] = {
        rank_plan: 300,
        large_plan: 12,
        random_plan: 1_500,
    }
    for seed in range(plans[kind]):
        rng = random.Random(seed)
        plan = kind(rng)
        ends = plan.contacts[0].from_node, plan.contacts[-1].to_node
        try:
            queue(plan, (1, 10) if kind is rank_plan else ends, rng, 40)
        except AssertionError as error:
            raise AssertionError(f"plan of seed {seed}: {error}") from error
    assert proved.count(True) > 2 * proved.count(False) + 100, "mostly no search was needed"


def test_what_queues_for_one_window_is_searched_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every bundle is later by what the one before takes, a search is rarely needed."""
    spread = [
        Contact(9 + n, 1, n, 0, 100 * SECOND, ((0, 64_000),), constant_light(0, 0.1)) for n in range(2, 9)
    ]
    onward = [
        Contact(29 + n, n, 9, 0, 200 * SECOND, ((0, 64_000),), constant_light(0, 0.1)) for n in range(2, 9)
    ]
    window = Contact(1, 9, 10, 300 * SECOND, 900 * SECOND, ((300 * SECOND, 8_000),), constant_light(0, 1))
    router = Router(ContactPlan.of([*spread, *onward, window]))
    searches: list[Search] = []
    best = Search.best

    def noted(search: Search) -> Path | None:
        searches.append(search)
        return best(search)

    monkeypatch.setattr(Search, "best", noted)
    for number in range(500):
        route = router.route(RouteRequest(1, 10, number * SECOND // 20, 1000))
        assert route
        assert route.hops[-1].leaves == (300 + number) * SECOND
        router.bookings.book(route)
    assert len(searches) < 10


@pytest.mark.parametrize(("apart", "tries"), [(DAY, 0), (SECOND, 1)])
def test_letters_that_are_days_apart_are_searched(
    apart: int, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes once a day over a link that is always open tries no proof, which would cover years."""
    wire = Contact(1, 1, 2, 0, 10_000 * DAY, ((0, 8_000),), constant_light(0, 1))
    router = Router(ContactPlan.of([wire]))
    asked: list[int] = []

    def noted(*arguments: Any) -> OptimalityProof | None:
        asked.append(arguments[-1])
        return prove(*arguments)

    monkeypatch.setattr(answer_cache, "prove", noted)
    for number in range(10):
        route = router.route(RouteRequest(1, 2, number * apart, 100))
        assert route
        assert route == without_memory(router).route(RouteRequest(1, 2, number * apart, 100))
        router.bookings.book(route)
    assert len(asked) == tries
