"""When letters leave and arrive that something more urgent has overtaken, all those of a node together."""

from __future__ import annotations

from collections.abc import Iterable

from tests.messages.helpers import EARTH, MARS, RELAY, contact

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, SECOND
from starlight.messages.overtaken import Waiting, moved
from starlight.routing import Priority, Route, Router, RouteRequest

BPS = 800
"""A contact carries 100 bytes a second."""


class CountingRouter(Router):
    """Counts how often its bookings are copied."""

    copies = 0

    def without(self, routes: Iterable[Route]) -> Router:
        self.copies += 1
        return super().without(routes)


def router(*, onward_bps: int = BPS, closes: int = 10 * HOUR) -> CountingRouter:
    """Return a router over a contact to the relay and one, which may close early, from there to Mars."""
    return CountingRouter(
        ContactPlan.of(
            [
                contact(1, EARTH, RELAY, 0, 10 * HOUR, bps=BPS, light_s=10.0),
                contact(2, RELAY, MARS, 0, closes, bps=onward_bps, light_s=0.0),
                contact(3, RELAY, MARS, 20 * HOUR, 30 * HOUR, bps=onward_bps, light_s=0.0),
            ]
        )
    )


def booked(router: Router, *sizes: int, priority: int = Priority.NORMAL) -> list[Route]:
    """Book a route from Earth to Mars for a bundle of each size, one after the other."""
    routes = []
    for size in sizes:
        route = router.route(RouteRequest(EARTH, MARS, 0, size, priority=priority))
        assert route
        router.bookings.book(route)
        routes.append(route)
    return routes


def seconds(route: Route | None) -> list[int]:
    """Return when a bundle leaves on each hop and when it arrives, in whole seconds."""
    assert route is not None
    return [*(hop.leaves // SECOND for hop in route.hops), route.arrival // SECOND]


def waiting(routes: list[Route]) -> list[Waiting]:
    return [Waiting(route, MARS, DAY) for route in routes]


def test_nothing_moves_where_nothing_has_overtaken() -> None:
    """Without anything more urgent each goes as it is booked, and no bookings are copied for it."""
    node = router()
    letters = booked(node, 100, 200, 300)
    assert moved(node, waiting(letters)) == letters
    assert node.copies == 0


def test_all_that_give_way_keep_their_order_on_every_contact() -> None:
    """The first of those overtaken does not wait at the relay for the time that the next had there."""
    node = router()
    letters = booked(node, 100, 200, 100)
    assert [seconds(each) for each in letters] == [[0, 11, 12], [1, 13, 15], [3, 15, 16]]
    (urgent,) = booked(node, 300, priority=Priority.EXPEDITED)
    assert seconds(urgent) == [0, 13, 16]
    found = moved(node, waiting(letters))
    assert [seconds(each) for each in found] == [[3, 16, 17], [4, 17, 19], [6, 19, 20]]


def test_who_was_booked_behind_what_gave_way_comes_after_it_everywhere() -> None:
    """A letter that keeps its turn here loses the time that it was given further along before others."""
    node = router()
    early = booked(node, 100, 100)
    booked(node, 2_000, priority=Priority.EXPEDITED)
    # To the router the relay looks free as soon as the urgent one is through.
    late = booked(node, 100)
    assert [seconds(each) for each in late] == [[22, 50, 51]]
    found = moved(node, waiting([*early, *late]))
    assert [seconds(each) for each in found] == [[20, 50, 51], [21, 51, 52], [22, 52, 53]]


def test_it_may_be_too_late_for_the_contact_that_it_had() -> None:
    """Who misses the relay's contact goes by the next, if it lives so long; the first still has it."""
    node = router(closes=21 * SECOND)
    letters = booked(node, 100, 200)
    booked(node, 500, priority=Priority.EXPEDITED)
    found = moved(node, waiting(letters))
    day = 20 * 3_600
    assert [seconds(each) for each in found] == [[5, 20, 21], [6, day, day + 2]]
    soon = [Waiting(route, MARS, HOUR) for route in letters]
    assert moved(node, soon) == [found[0], None]


def test_a_long_queue_is_gone_through_once() -> None:
    """However many give way, the bookings are copied once, and the node's own stay as they were."""
    node = router(onward_bps=8_000)
    letters = booked(node, *[100] * 200)
    booked(node, 300, priority=Priority.EXPEDITED)
    before = [node.bookings.on(id, level) for id in (1, 2, 3) for level in Priority]
    found = moved(node, waiting(letters))
    assert [seconds(each)[0] for each in found] == list(range(3, 203))
    assert node.copies == 1
    assert before == [node.bookings.on(id, level) for id in (1, 2, 3) for level in Priority]
