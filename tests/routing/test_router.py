"""The router: questions, bookings, what is remembered, and what it says to people."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.routing.oracle import Oracle
from tests.routing.trial import compare_with_fresh

from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import HOUR, SECOND, from_text
from starlight.routing import NoRoute, NoRouteCode, RefusalCode, Route, Router, RouteRequest, split
from starlight.routing.earliest_arrivals import EarliestArrivals
from starlight.routing.route import FOREVER
from starlight.routing.search import Search
from starlight.routing.tie_break import Path
from starlight.routing.volume import margin
from starlight.words.routes import hops, refused

EARTH, RELAY, OTHER, MARS = 1, 2, 3, 4


def contact(
    id: int, link: tuple[int, int], start: float, end: float, bps: int = 8000, light_s: float = 1.0
) -> Contact:
    """Return a contact between two seconds."""
    begin = round(start * SECOND)
    light = constant_light(begin, light_s)
    return Contact(id, *link, begin, round(end * SECOND), ((begin, bps),), light)


def two_hops() -> Router:
    """Return a router over Earth - relay (open) - Mars (from second 50 on)."""
    return Router(
        ContactPlan.of([contact(1, (EARTH, RELAY), 0, 100), contact(2, (RELAY, MARS), 50, 100, light_s=10)])
    )


def asked(router: Router, now_s: float = 0, size: int = 1000, **more: Any) -> Route:
    """Return the route from Earth to Mars, which there is."""
    route = router.route(RouteRequest(EARTH, MARS, round(now_s * SECOND), size, **more))
    assert route
    return route


def ids(route: Route) -> list[int]:
    """Return the ids of a route's contacts."""
    return [hop.contact.id for hop in route.hops]


def test_each_hop_says_when() -> None:
    """The route says why: each hop waits until, leaves, arrives."""
    route = asked(two_hops(), 5)
    first, second = route.hops
    assert (first.ready, first.waits_until, first.leaves) == (5 * SECOND,) * 3
    assert (first.last_byte, first.arrives) == (6 * SECOND, 7 * SECOND)
    assert (second.ready, second.waits_until, second.leaves) == (7 * SECOND, 50 * SECOND, 50 * SECOND)
    assert (second.last_byte, second.arrives) == (51 * SECOND, 61 * SECOND)
    assert (route.arrival, route.leaves, route.termination) == (61 * SECOND, 5 * SECOND, 100 * SECOND)
    assert (route.entry_node, route.size) == (RELAY, 1000)


def test_arrival_is_light_time_after_the_last_byte() -> None:
    """arrives = last_byte + light_time(last_byte): the range moves while bytes leave."""
    light = (LightPiece(0, SECOND, (700.0, 0.5)),)
    moving = Contact(1, EARTH, MARS, 0, 100 * SECOND, ((0, 8),), light)
    (hop,) = asked(Router(ContactPlan.of([moving])), 0, 10).hops
    assert hop.arrives == hop.last_byte + moving.light_time(hop.last_byte) == (10 + 705) * SECOND


def test_source_is_destination() -> None:
    """A bundle that is where it belongs has a route without hops, which arrives now."""
    route = two_hops().route(RouteRequest(EARTH, EARTH, 7, 10))
    assert route == Route((), 7, FOREVER, EARTH, 10)
    assert route.leaves == 7
    assert hops(route, {}) == ()
    assert not two_hops().route(RouteRequest(EARTH, EARTH, 7, 10, expires=6))


def test_a_route_that_arrives_after_expiry_is_rejected() -> None:
    """A route projected to arrive after `expires` is rejected; one that arrives right then is not."""
    router = two_hops()
    projected = asked(router).projected
    assert projected == 61 * SECOND + margin(10 * SECOND), "the wait takes the first hop's margin"
    assert not router.route(RouteRequest(EARTH, MARS, 0, 1000, expires=projected - 1))
    assert asked(router, expires=projected).arrival == 61 * SECOND


def test_window_ends_are_closed() -> None:
    """What ends exactly with the window fits; a nanosecond later it does not."""
    router = Router(ContactPlan.of([contact(1, (EARTH, MARS), 0, 100)]))
    assert asked(router, 99).hops[0].last_byte == 100 * SECOND
    assert not router.route(RouteRequest(EARTH, MARS, 99 * SECOND + 1, 1000))


def test_keys_settle_ties_in_their_order() -> None:
    """Ties by fewest hops, then later termination, then smaller entry node."""
    last = [contact(1, (RELAY, MARS), 50, 90), contact(2, (OTHER, MARS), 50, 90)]
    hop = UNLIMITED_BPS
    two = [contact(3, (EARTH, RELAY), 0, 60, hop), contact(4, (EARTH, OTHER), 0, 60, hop)]
    assert ids(asked(Router(ContactPlan.of([*last, *two])))) == [3, 1], "smaller entry node"
    later = [contact(5, (EARTH, OTHER), 0, 61, hop)]
    assert ids(asked(Router(ContactPlan.of([*last, *two, *later])))) == [5, 2], "later termination"
    direct = [contact(6, (EARTH, MARS), 50, 52)]
    assert ids(asked(Router(ContactPlan.of([*last, *two, *later, *direct])))) == [6], "fewest hops"
    early = [contact(7, (RELAY, MARS), 49, 53), contact(8, (EARTH, RELAY), 0, 5, hop)]
    route = asked(Router(ContactPlan.of([*last, *two, *later, *direct, *early])))
    assert ids(route) == [3, 7], "earliest arrival, and the later of two ways to its first node"


def test_excluded_neighbours_and_contacts_are_not_used() -> None:
    """`exclude` bars the first hop's node only, `exclude_contacts` a contact anywhere."""
    plan = ContactPlan.of(
        [
            contact(1, (EARTH, RELAY), 0, 100),
            contact(2, (RELAY, MARS), 0, 100),
            contact(3, (EARTH, OTHER), 0, 100),
            contact(4, (OTHER, RELAY), 0, 100),
        ]
    )
    router = Router(plan)
    assert ids(asked(router)) == [1, 2]
    assert ids(asked(router, exclude=frozenset({RELAY}))) == [3, 4, 2]
    assert ids(asked(router, exclude_contacts=frozenset({1}))) == [3, 4, 2]
    assert not router.route(RouteRequest(EARTH, MARS, 0, 1, exclude_contacts=frozenset({2})))
    assert not router.route(RouteRequest(EARTH, MARS, 0, 1, exclude=frozenset({RELAY, OTHER})))
    assert ids(asked(router)) == [1, 2], "and what is remembered of one question does not answer another"


def test_bookings_are_first_in_first_out() -> None:
    """What is booked on a contact occupies it up to its last byte."""
    router = two_hops()
    leaves = []
    for _ in range(3):
        route = asked(router)
        router.bookings.book(route)
        leaves.append([hop.leaves // SECOND for hop in route.hops])
    assert leaves == [[0, 50], [1, 51], [2, 52]]
    assert router.bookings.on(1) == [(0, 3 * SECOND)]


def test_a_gap_before_a_bundle_on_its_way_stays_usable() -> None:
    """What is booked for a bundle that is still on its way does not take the time before it."""
    plan = ContactPlan.of([contact(1, (EARTH, RELAY), 0, 100, light_s=20), contact(2, (RELAY, MARS), 0, 100)])
    router = Router(plan)
    router.bookings.book(asked(router))
    near = router.route(RouteRequest(RELAY, MARS, 5 * SECOND, 1000))
    assert near
    assert near.leaves == 5 * SECOND
    large = router.route(RouteRequest(RELAY, MARS, 5 * SECOND, 17_000))
    assert large
    assert large.leaves == 22 * SECOND, "16 s lie before the booking, so 17 s of bytes go after it"


def test_a_full_contact_is_not_used() -> None:
    """Residual volume is honoured: what no longer fits takes the next contact."""
    plan = ContactPlan.of([contact(1, (EARTH, MARS), 0, 3), contact(2, (EARTH, MARS), 10, 12)])
    router = Router(plan)
    used = []
    for _ in range(5):
        route = asked(router)
        router.bookings.book(route)
        used += ids(route)
    assert used == [1, 1, 1, 2, 2]
    assert not router.route(RouteRequest(EARTH, MARS, 0, 1))


def test_release_is_the_inverse_of_book() -> None:
    """`book` and `release` are exact inverses, in any order."""
    rng = random.Random(1)
    router = two_hops()
    routes: list[Route] = []
    for _ in range(200):
        if routes and rng.random() < 0.5:
            router.bookings.release(routes.pop(rng.randrange(len(routes))))
        else:
            route = router.route(RouteRequest(EARTH, MARS, 0, rng.randrange(2000)))
            if route:
                router.bookings.book(route)
                routes.append(route)
        again = two_hops()
        for route in routes:
            again.bookings.book(route)
        assert [router.bookings.on(id) for id in (1, 2)] == [again.bookings.on(id) for id in (1, 2)]
    for route in routes:
        router.bookings.release(route)
        router.bookings.release(route)  # Passed over: it is not booked any more.
    assert router.bookings.on(1) == router.bookings.on(2) == []
    assert asked(router) == asked(two_hops())


def test_a_new_plan_drops_bookings() -> None:
    """`set_plan` keeps the router and drops all bookings: who holds routes books them anew."""
    router = two_hops()
    before = asked(router)
    router.bookings.book(before)
    plan = router.plan.cut([(EARTH, RELAY)], 0, 10 * SECOND)
    router.set_plan(plan)
    assert router.plan is plan
    assert router.bookings.on(1) == []
    assert asked(router).leaves == 10 * SECOND + 1
    router.bookings.release(before)
    assert asked(router).leaves == 10 * SECOND + 1


@pytest.mark.parametrize("seed", range(6))
def test_what_is_remembered_is_what_a_search_finds(seed: int) -> None:
    """An answer depends on plan, bookings and question, and on nothing that was asked before."""
    compare_with_fresh(seed, 200)


def test_waiting_for_a_window_is_searched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a bundle waits for a window, the remembered route is the best without a search."""
    router = two_hops()
    first = asked(router, 0)
    monkeypatch.setattr(Search, "best", None)
    monkeypatch.setattr(Search, "earliest", None)
    later = asked(router, 30)
    assert (later.arrival, later.leaves) == (first.arrival, 30 * SECOND)
    assert asked(router, 30, size=1000, expires=first.projected).arrival == 61 * SECOND


def test_an_open_window_is_not_searched_bundle_by_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    """In an open window it is known that the remembered route is ahead of every other, and until when."""
    router = Router(ContactPlan.of([contact(1, (EARTH, MARS), 0, 100), contact(2, (EARTH, MARS), 60, 200)]))
    asked(router, 0)
    asked(router, 1)
    searches: list[Search] = []
    best = Search.best

    def noted(search: Search) -> Path | None:
        searches.append(search)
        return best(search)

    monkeypatch.setattr(Search, "best", noted)
    for second in range(2, 59):
        route = asked(router, second)
        assert (ids(route), route.leaves) == ([1], second * SECOND)
    route = asked(router, 60)
    assert ids(route) == [2], "the same arrival, and a later termination"
    assert not searches


def test_a_step_in_a_light_time_never_crashes() -> None:
    """Where a fitted light time steps down, who waits arrives earlier; there is a true route all the same."""
    rng = random.Random(2)
    found = 0
    for _ in range(300):
        contacts = []
        for id in range(14):
            one, other = rng.sample(range(1, 6), 2)
            start = rng.randrange(0, 10) * SECOND
            pieces = tuple(
                LightPiece(
                    start + k * SECOND, SECOND, (rng.choice((0.0, 1.0, 3.0, 6.0)), rng.choice((0.0, -1.5)))
                )
                for k in range(4)
            )
            contacts.append(Contact(id, one, other, start, start + 9 * SECOND, ((start, 8),), pieces))
        plan = ContactPlan.of(contacts)
        router = Router(plan)
        booked: dict[int, list[tuple[int, int]]] = {}
        for now in range(0, 10 * SECOND, SECOND // 2):
            banned, exclude = rng.randrange(20), rng.randrange(8)
            route = router.route(
                RouteRequest(1, 2, now, 1, exclude_contacts=frozenset({banned}), exclude=frozenset({exclude}))
            )
            if not route:
                continue
            found += 1
            path = [hop.contact for hop in route.hops]
            nodes = [1, *(contact.to_node for contact in path)]
            assert len(set(nodes)) == len(nodes)
            assert nodes[1] != exclude
            assert banned not in ids(route)
            way = Oracle(plan, booked, margin=True).along(path, now, 1)
            assert (way.failed, way.projected) == (None, route.projected)
            assert [(hop.leaves, hop.last_byte, hop.arrives) for hop in route.hops] == way.times
            router.bookings.book(route)
            for hop in route.hops:
                booked.setdefault(hop.contact.id, []).append((hop.leaves, hop.last_byte))
    assert found > 1000


def test_two_steps_on_one_route(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where steps mislead the search by hops, the route is the one of the earliest arrivals, as asked for.

    Over node 5 a bundle is at node 2 after 1 s, by the direct contact after 5 s. From there to node 3 light
    takes 20 s, from second 4 on 1 s; from node 3 on 100 s, from second 10 on 1 s.
    """

    def stepping(id: int, link: tuple[int, int], before: float, step: int, after: float) -> Contact:
        light = (LightPiece(0, SECOND, (before,)), LightPiece(step * SECOND, SECOND, (after,)))
        return Contact(id, *link, 0, 900 * SECOND, ((0, UNLIMITED_BPS),), light)

    open_to = {"end": 900, "bps": UNLIMITED_BPS}
    contacts = [
        contact(1, (1, 2), 0, light_s=5, **open_to),
        contact(2, (1, 5), 0, light_s=0.5, **open_to),
        contact(3, (5, 2), 0, light_s=0.5, **open_to),
        stepping(4, (2, 3), 20, 4, 1),
        stepping(5, (3, 4), 100, 10, 1),
    ]
    traced: list[int] = []
    trace = EarliestArrivals.traced

    def noted(arrivals: EarliestArrivals, arrival: int) -> Path:
        traced.append(arrival)
        return trace(arrivals, arrival)

    monkeypatch.setattr(EarliestArrivals, "traced", noted)
    router = Router(ContactPlan.of(contacts), with_margin=False)
    route = asked(router)
    assert traced == [22 * SECOND]
    assert (ids(route), route.arrival) == ([2, 3, 4, 5], 22 * SECOND)
    assert ids(asked(router, exclude=frozenset({5}))) == [1, 4, 5]
    assert ids(asked(router, exclude_contacts=frozenset({3}))) == [1, 4, 5]


@pytest.mark.parametrize("seed", range(12))
def test_lanes_of_many_contacts(seed: int) -> None:
    """Where every link has many short contacts, the best route and the next ones are those of the oracle."""
    rng = random.Random(seed)
    links = [(EARTH, RELAY), (RELAY, MARS), (EARTH, OTHER), (OTHER, MARS)]
    contacts = []
    for id in range(120):
        start = rng.randrange(0, 600)
        link = rng.choice(links)
        contacts.append(contact(id, link, start, start + rng.choice((2, 9)), rng.choice((80, 8000)), 0.5))
    plan = ContactPlan.of(contacts)
    router, oracle = Router(plan), Oracle(plan, {}, margin=True)
    for now in (0, 200 * SECOND, 400 * SECOND):
        best = oracle.every_route(EARTH, MARS, now, 20)[:25]
        told = list(router.candidates(RouteRequest(EARTH, MARS, now, 20), k=25))
        assert [ids(route) for route in told] == [[one.id for one in path] for _, path in best]
        assert [route.projected for route in told] == [key[0] for key, _ in best]
        assert (router.route(RouteRequest(EARTH, MARS, now, 20)) or None) == (told[0] if told else None)


def test_the_candidates_of_a_bundle_that_is_there() -> None:
    """A bundle that is where it belongs has one candidate, without hops."""
    assert [route.hops for route in two_hops().candidates(RouteRequest(EARTH, EARTH, 7, 10))] == [()]


def test_the_route_explains_itself() -> None:
    """One sentence a hop: until when it waits and for what, leaves, arrives."""
    start = from_text("2051-04-02T10:00:00Z") // SECOND
    plan = ContactPlan.of(
        [
            contact(1, (EARTH, RELAY), start, start + 8 * HOUR / SECOND, light_s=751.5),
            contact(2, (RELAY, MARS), start + 3600, start + 7200, UNLIMITED_BPS, 0.05),
        ]
    )
    router = Router(plan)
    router.bookings.book(asked(router, start - 60))
    names = {EARTH: "Yeoju", MARS: "the facility"}
    assert [said.text() for said in hops(asked(router, start - 60), names)] == [
        "At Yeoju it waits until 2051-04-02T10:00:00Z for the contact with node 2 and until "
        "2051-04-02T10:00:01Z for what is booked before it, leaves at 2051-04-02T10:00:01Z, its last byte "
        "at 2051-04-02T10:00:02Z, and arrives at node 2 at 2051-04-02T10:12:33.500Z, "
        "after 12 min 31 s of light.",
        "At node 2 it waits until 2051-04-02T11:00:00Z for the contact with the facility, leaves at "
        "2051-04-02T11:00:00Z and arrives at the facility at 2051-04-02T11:00:00.050Z.",
    ]


def test_a_bundle_too_large_for_a_peer_goes_by_another() -> None:
    """A neighbour that takes less as one transfer is passed over, and the refusal names what it takes."""
    contacts = [contact(1, (EARTH, RELAY), 0, 100), contact(2, (RELAY, MARS), 0, 100)]
    contacts += [contact(3, (EARTH, OTHER), 20, 100), contact(4, (OTHER, MARS), 0, 100)]
    router = Router(ContactPlan.of(contacts))
    assert ids(asked(router)) == [1, 2]
    router.transfers.set(EARTH, RELAY, 999)
    assert ids(asked(router)) == [3, 4]
    assert ids(asked(router, size=999)) == [1, 2]
    assert ids(asked(router, size=999, growth=1)) == [3, 4]
    (refusal,) = router.refusals(RouteRequest(EARTH, MARS, 0, 1000))
    assert (refusal.code, refusal.room_bytes, refusal.size_bytes) == (RefusalCode.PEER_TAKES, 999, 1000)
    (said,) = refused(refusal, {RELAY: "the relay"})
    assert said.text() == "It is too large for the relay, which takes 999 B as one transfer; it has 1 000 B."
    router.transfers.set(EARTH, RELAY, None)
    assert ids(asked(router)) == [1, 2]


def test_a_limit_holds_for_the_first_hop_alone() -> None:
    """What a neighbour's own neighbours take is not known here and keeps nothing from a route."""
    router = two_hops()
    router.transfers.set(RELAY, MARS, 10)
    assert ids(asked(router)) == [1, 2]
    router.transfers.set(EARTH, RELAY, 10)
    answer = router.route(RouteRequest(EARTH, MARS, 0, 1000))
    assert isinstance(answer, NoRoute)
    assert answer.code is NoRouteCode.NOTHING_CARRIES


def test_fragments_are_as_large_as_the_peer_takes() -> None:
    """A bundle for a peer that takes 300 B is cut into fragments of 300 B in all."""
    router = two_hops()
    router.transfers.set(EARTH, RELAY, 300)
    fragments = split(router, RouteRequest(EARTH, MARS, 0, 1050), 50)
    assert fragments is not None
    assert [(each.offset, each.length) for each in fragments] == [
        (0, 250),
        (250, 250),
        (500, 250),
        (750, 250),
    ]
    assert [each.route.size for each in fragments] == [300] * 4
    assert router.along(fragments[0].route, 0, 301) is None
