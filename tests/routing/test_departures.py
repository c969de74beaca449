"""What is on the air: no booking any more, and there for every priority."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.routing.oracle import blocks

from starlight.contacts.contact import Contact, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND
from starlight.routing import Priority, Route, Router, RouteRequest
from starlight.routing.contact_bookings import NEVER_YET, ContactBookings

CONTACT = Contact(1, 1, 2, 0, 10_000 * SECOND, ((0, 8),), constant_light(0, 0))  # A byte a second.


@settings(deadline=None, derandomize=True, max_examples=500)
@given(
    st.lists(st.tuples(st.sampled_from("abbbdddr"), st.integers(0, 9), st.integers(1, 8)), max_size=40),
    st.randoms(use_true_random=False),
)
def test_what_is_booked_and_not_sent_is_still_to_come(
    steps: list[tuple[str, int, int]], rng: random.Random
) -> None:
    """In whatever order they leave, and however late, busy is what the others need, from then on."""
    bookings = ContactBookings()
    kept: list[tuple[int, int]] = []
    free_at = NEVER_YET
    for step, pause, length in steps:
        if step == "a":  # another interval than the first that is free, as an urgent bundle takes one
            start = max(0, free_at) + pause
            kept.append((start, start + length))
            bookings.add(*kept[-1])
        elif step == "b":
            found = bookings.first_fit(CONTACT, max(0, free_at) + pause, 0)
            assert found
            kept.append((found[0], found[0] + length))
            bookings.add(*kept[-1])
        elif kept:
            gone = kept.pop(rng.randrange(len(kept)))
            if step == "d":
                free_at = max(free_at, gone[0]) + pause // 8 + gone[1] - gone[0]
                bookings.depart(*gone, free_at)
            else:
                assert bookings.remove(*gone) is not None
        moved = [(max(free_at, start), max(free_at, start) + end - start) for start, end in kept]
        assert bookings.busy() == blocks(moved)
        assert bookings.free(free_at, free_at + 99) == bookings.free(free_at - 9, free_at + 99)
    assert bookings.empty == (not kept and free_at == NEVER_YET)


def test_what_is_on_the_air_is_there_for_the_most_urgent() -> None:
    """Nothing is broken off, so an expedited bundle waits for a bulk one that has begun, for no other."""
    router = Router(ContactPlan.of([CONTACT]))
    first = router.route(RouteRequest(1, 2, 0, 10, priority=Priority.BULK))
    assert first
    router.bookings.book(first)
    second = router.route(RouteRequest(1, 2, 0, 10, priority=Priority.BULK))
    assert second
    router.bookings.book(second)
    assert second.leaves == 10 * SECOND
    router.bookings.depart(first, 10 * SECOND)
    urgent = router.route(RouteRequest(1, 2, 3 * SECOND, 5, priority=Priority.EXPEDITED))
    assert urgent
    assert urgent.leaves == 10 * SECOND
    router.bookings.book(urgent)
    assert [router.bookings.busy_until(CONTACT.id, level) for level in Priority] == [
        25 * SECOND, 15 * SECOND, 15 * SECOND,
    ]  # fmt: skip
    router.bookings.depart(urgent, 15 * SECOND)
    router.bookings.depart(second, 25 * SECOND)
    assert [router.bookings.on(1, level) for level in Priority] == [[], [], []]
    third = router.route(RouteRequest(1, 2, 16 * SECOND, 5, priority=Priority.EXPEDITED))
    assert third
    assert third.leaves == 25 * SECOND


def test_a_link_that_falls_gives_its_time_back() -> None:
    """What was on the air is not there any more, and what is remembered of routes says so."""
    router = Router(ContactPlan.of([CONTACT]))
    for priority in Priority:
        route = router.route(RouteRequest(1, 2, 0, 100, priority=priority))
        assert route
    assert isinstance(route, Route)
    router.bookings.book(route)
    router.bookings.depart(route, 100 * SECOND)
    late = router.route(RouteRequest(1, 2, SECOND, 5))
    router.bookings.occupy(CONTACT.id, 2 * SECOND)
    soon = router.route(RouteRequest(1, 2, SECOND, 5))
    assert late
    assert soon
    assert (late.leaves, soon.leaves) == (100 * SECOND, 2 * SECOND)
    router.bookings.drop(CONTACT.id)
    now = router.route(RouteRequest(1, 2, SECOND, 5))
    assert now
    assert router.bookings.busy_until(CONTACT.id) == NEVER_YET
