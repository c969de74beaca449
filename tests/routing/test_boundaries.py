"""The boundaries of routing: instants, sizes, ranges, and who may have a bundle."""

from __future__ import annotations

from typing import Any

import pytest

from starlight.contacts import formats
from starlight.contacts.contact import UNLIMITED_BPS, Contact, LightPiece, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND
from starlight.errors import InputError
from starlight.routing import NoRoute, Priority, RefusalCode, Route, Router, RouteRequest, split
from starlight.routing.volume import consumption, free_volume, margin
from starlight.words import routes as words

EARTH, RELAY, OTHER, MARS = 1, 2, 3, 4


def contact(
    id: int, link: tuple[int, int], start: float, end: float, bps: int = 8000, light_s: float = 1.0
) -> Contact:
    """Return a contact between two seconds; 8000 bit/s carry a thousand bytes a second."""
    begin = round(start * SECOND)
    light = constant_light(begin, light_s)
    return Contact(id, *link, begin, round(end * SECOND), ((begin, bps),), light)


def plan(*contacts: Contact) -> ContactPlan:
    """Return the plan of these contacts."""
    return ContactPlan.of(contacts)


def ids(route: Route | NoRoute | None) -> list[int] | None:
    """Return the ids of a route's contacts."""
    return None if not route else [hop.contact.id for hop in route.hops]


@pytest.mark.parametrize("size", [0, 1])
def test_a_contact_of_no_length(size: int) -> None:
    """start = end = arrival: a bundle of no size passes an instant, a byte does not."""
    router = Router(plan(contact(1, (EARTH, RELAY), 0, 9, UNLIMITED_BPS, 0), contact(2, (RELAY, MARS), 5, 5)))
    for now, passes in ((5 * SECOND, size == 0), (5 * SECOND + 1, False), (0, size == 0)):
        assert ids(router.route(RouteRequest(EARTH, MARS, now, size))) == ([1, 2] if passes else None)
    instant = Router(plan(contact(1, (EARTH, MARS), 5, 5, UNLIMITED_BPS)))
    assert ids(instant.route(RouteRequest(EARTH, MARS, 5 * SECOND, size))) == [1], (
        "an unlimited rate takes no time"
    )


def test_a_long_contact_with_three_pieces_of_range() -> None:
    """The range is that of the instant at which the last byte leaves."""
    light = tuple(
        LightPiece(k * 100 * SECOND, SECOND, (float(light_s),)) for k, light_s in enumerate((600, 610, 605))
    )
    router = Router(plan(Contact(1, EARTH, MARS, 0, 300 * SECOND, ((0, 8000),), light)))
    for now, arrives in ((0, 601), (99, 710), (100, 711), (150, 761), (199, 805), (250, 856)):
        route = router.route(RouteRequest(EARTH, MARS, now * SECOND, 1000))
        assert route
        assert route.arrival == arrives * SECOND, f"{now} s: once, and without margin"
        assert route.projected - route.arrival == margin(route.arrival - (now + 1) * SECOND)


def test_a_range_of_600_seconds_counts_once() -> None:
    """A 600-s range arrives 600 s after the last byte, once, whether a bundle has one hop of it or two."""
    lines = "a contact +0 +9000 {0} {1} 1000\na range +0 +9000 {0} {1} 600\n"
    found = formats.read("".join(lines.format(n, n + 1) for n in (1, 2)).encode(), format="ion", epoch=0).plan
    router = Router(found)
    for destination, arrives in ((2, 2 + 600), (3, 2 * (2 + 600))):
        route = router.route(RouteRequest(1, destination, 0, 2000))
        assert route
        assert route.arrival == arrives * SECOND
        assert route.projected - route.arrival == (destination - 1) * margin(600 * SECOND)


def test_the_margin_of_1340_seconds_is_0_90() -> None:
    """125/186 282 of the light time: 0.90 s at 1 340 s; it decides, and is not in the arrival."""
    assert margin(1340 * SECOND) / SECOND == pytest.approx(0.899, abs=5e-4)
    assert margin(1) == 1, "rounded up"
    far = contact(1, (EARTH, RELAY), 0, 10, UNLIMITED_BPS, 1340)
    tight, later = contact(2, (RELAY, MARS), 0, 1340.5), contact(3, (RELAY, MARS), 1400, 1500)
    route = Router(plan(far, tight, later)).route(RouteRequest(EARTH, MARS, 0, 0))
    assert ids(route) == [1, 3], (
        "with its margin the bundle may miss the contact that ends half a second later"
    )
    assert route
    assert route.hops[0].arrives == 1340 * SECOND
    assert route.hops[0].margin == margin(1340 * SECOND)
    bare = Router(plan(far, tight, later), with_margin=False).route(RouteRequest(EARTH, MARS, 0, 0))
    assert ids(bare) == [1, 2]
    assert bare
    assert (bare.hops[0].margin, bare.slack) == (0, 0)


def test_ranges_declared_in_one_direction_only() -> None:
    """Lower node first, a range holds both ways; a contact without any is never used, and that is said."""
    lines = "a contact +0 +100 2 1 1000\na contact +0 +100 1 2 1000\na range +0 +100 {} 7\n"
    both = formats.read(lines.format("1 2").encode(), format="ion").plan
    for source, destination in ((1, 2), (2, 1)):
        route = Router(both).route(RouteRequest(source, destination, 0, 0))
        assert route
        assert route.arrival == 7 * SECOND
    bare = Contact(9, 1, 2, 0, 100 * SECOND, ((0, 8000),), ())
    router = Router(plan(bare, contact(1, (2, 1), 0, 100)))
    assert not router.route(RouteRequest(1, 2, 0, 0))
    assert [each.id for each, _ in router.unusable] == [9]
    (sentence,) = words.never_used(router.unusable, {1: "Earth"})
    said = sentence.text()
    assert said.startswith("Contact 9 from Earth to node 2, ")
    assert said.endswith("is never used: no range is given for it.")


def test_three_bundles_for_two_places() -> None:
    """A contact for two bundles carries two; the third takes the next one."""
    router = Router(plan(contact(1, (EARTH, MARS), 0, 2), contact(2, (EARTH, MARS), 10, 12)))
    used = []
    for _ in range(3):
        route = router.route(RouteRequest(EARTH, MARS, 0, 1000))
        assert route
        router.bookings.book(route)
        used += ids(route) or []
    assert used == [1, 1, 2]


def test_a_booked_second_hop_binds() -> None:
    """What is booked on the second contact of a route delays it, or sends it another way."""
    first, narrow = contact(1, (EARTH, RELAY), 0, 100), contact(2, (RELAY, MARS), 0, 20)
    router = Router(plan(first, narrow, contact(3, (RELAY, MARS), 50, 60)))
    local = router.route(RouteRequest(RELAY, MARS, 0, 17_000))
    assert local
    router.bookings.book(local)
    route = router.route(RouteRequest(EARTH, MARS, 0, 1000))
    assert route
    assert (ids(route), route.hops[1].leaves) == ([1, 2], 17 * SECOND)
    router.bookings.book(route)
    assert ids(router.route(RouteRequest(EARTH, MARS, 0, 3000))) == [1, 3], (
        "2 s are left of the second contact"
    )
    (one, two) = router.bookings.limits(route)
    assert (one.stops, one.stopped_by) == (20 * SECOND, 2), "the first is of use until the second ends"
    assert (two.starts, two.volume, two.booked) == (17 * SECOND, 2000, SECOND)


def test_the_estimated_volume_consumption() -> None:
    """size + max(3 %, 100 B), of every contact; the times are those of the bundle's own bytes."""
    assert [consumption(size) for size in (0, 1, 1000, 3333, 3334, 10_000)] == [
        100,
        101,
        1100,
        3433,
        3435,
        10_300,
    ]
    router = Router(plan(contact(1, (EARTH, MARS), 0, 1.1)), with_overhead=True)
    assert not router.route(RouteRequest(EARTH, MARS, 0, 1001))
    route = router.route(RouteRequest(EARTH, MARS, 0, 1000))
    assert route
    assert route.hops[0].last_byte == SECOND
    assert route.projected == 2_100_000_000 + margin(SECOND)
    router.bookings.book(route)
    assert router.bookings.on(1) == [(0, 1_100_000_000)]
    router.bookings.release(route)
    assert router.bookings.on(1) == []


def test_priorities_wait_for_their_own_and_above() -> None:
    """Bulk waits for all, others for their own and what is above, critical for none; volumes follow."""
    one = contact(1, (EARTH, MARS), 0, 10)
    router = Router(plan(one))

    def leaves(priority: Priority) -> int:
        route = router.route(RouteRequest(EARTH, MARS, 0, 1000, priority=priority))
        assert route
        return route.leaves // SECOND

    for priority in (Priority.BULK, Priority.NORMAL, Priority.NORMAL, Priority.EXPEDITED):
        route = router.route(RouteRequest(EARTH, MARS, 0, 1000, priority=priority))
        assert route
        router.bookings.book(route)
    assert [leaves(priority) for priority in Priority] == [4, 2 + 1, 1], "urgent ones went before"
    assert [free_volume(one, 0, one.end, busy.get(one.id)) for busy in router.bookings.busy] == [
        6000,
        7000,
        9000,
        10_000,
    ]


def test_what_comes_too_late_for_every_window_is_unreachable() -> None:
    """Where links lead on, but never in time, the answer is none, and the search for it ends."""
    short = [contact(100 + k, (EARTH, RELAY), 10_000 + 20 * k, 10_010 + 20 * k) for k in range(200)]
    router = Router(plan(*short, contact(1, (RELAY, MARS), 0, 9000), contact(2, (EARTH, OTHER), 0, 1e9)))
    assert not router.route(RouteRequest(EARTH, MARS, 0, 1))
    assert list(router.candidates(RouteRequest(EARTH, MARS, 0, 1), k=3)) == []
    assert not router.route(RouteRequest(EARTH, MARS, 0, 1, expires=SECOND))


def test_a_bundle_does_not_go_back_to_its_sender() -> None:
    """No return to the sender, unless it is addressed there or the caller allows it; no node twice."""
    found = plan(
        contact(1, (EARTH, RELAY), 0, 100),
        contact(2, (RELAY, MARS), 0, 100),
        contact(3, (EARTH, OTHER), 0, 100),
        contact(4, (OTHER, MARS), 50, 100),
    )
    router = Router(found)
    assert ids(router.route(RouteRequest(EARTH, MARS, 0, 1))) == [1, 2]
    assert ids(router.route(RouteRequest(EARTH, MARS, 0, 1, sender=RELAY))) == [3, 4]
    assert ids(router.route(RouteRequest(EARTH, MARS, 0, 1, sender=None))) == [1, 2]
    assert ids(router.route(RouteRequest(EARTH, RELAY, 0, 1, sender=RELAY))) == [1]
    assert ids(router.route(RouteRequest(EARTH, MARS, 0, 1, avoid=frozenset({RELAY, EARTH, MARS})))) == [3, 4]
    assert not router.route(RouteRequest(EARTH, MARS, 0, 1, avoid=frozenset({RELAY, OTHER})))


def test_a_critical_bundle_goes_by_every_neighbour() -> None:
    """The best route by each entry node that one leads over, the best first, before what is normal."""
    found = plan(
        contact(1, (EARTH, RELAY), 0, 100),
        contact(2, (RELAY, MARS), 0, 100),
        contact(3, (EARTH, OTHER), 0, 100),
        contact(4, (OTHER, MARS), 50, 100),
        contact(5, (EARTH, MARS), 70, 100),
        contact(6, (EARTH, 9), 0, 100),
    )
    router = Router(found)
    queued = router.route(RouteRequest(EARTH, MARS, 0, 40_000))
    assert queued
    router.bookings.book(queued)
    routes = router.critical(RouteRequest(EARTH, MARS, 0, 1000))
    assert [ids(route) for route in routes] == [[1, 2], [3, 4], [5]]
    assert [route.entry_node for route in routes] == [RELAY, OTHER, MARS]
    assert routes[0].leaves == 0
    assert [
        ids(route) for route in router.critical(RouteRequest(EARTH, MARS, 0, 1000, expires=53 * SECOND))
    ] == [
        [1, 2],
        [3, 4],
    ]
    assert len(router.critical(RouteRequest(EARTH, EARTH, 0, 1000))) == 1


def test_a_bundle_that_exceeds_every_contact_is_split() -> None:
    """Fragments take the best routes there are, are as large as those carry, and leave no booking."""
    found = plan(*(contact(k, (EARTH, MARS), 10 * k, 10 * k + 2) for k in range(4)))
    router = Router(found)
    assert not router.route(RouteRequest(EARTH, MARS, 0, 5000))
    pieces = split(router, RouteRequest(EARTH, MARS, 0, 4900), 100)
    assert pieces is not None
    assert [(piece.offset, piece.length) for piece in pieces] == [(0, 1900), (1900, 1900), (3800, 1000)]
    assert [ids(piece.route) for piece in pieces] == [[0], [1], [2]]
    assert [piece.route.size for piece in pieces] == [2000, 2000, 1100]
    assert all(router.bookings.on(k) == [] for k in range(4))
    whole = split(router, RouteRequest(EARTH, MARS, 0, 2000), 100)
    assert whole is not None
    assert [piece.length for piece in whole] == [1900]
    assert split(router, RouteRequest(EARTH, MARS, 0, 8100), 100) is None, "more than all of them carry"
    assert split(router, RouteRequest(EARTH, MARS, 0, 4900, expires=13 * SECOND), 100) is None


def test_a_plan_is_amended_in_place() -> None:
    """A contact more or less is as good as a new plan, and bookings on the others stay."""
    kept = [contact(1, (EARTH, RELAY), 0, 100), contact(2, (RELAY, MARS), 50, 100)]
    router = Router(plan(*kept))
    route = router.route(RouteRequest(EARTH, MARS, 0, 1000))
    assert route
    router.bookings.book(route)
    before = router.plan
    better = contact(3, (RELAY, MARS), 20, 30)
    amended = router.amend(add=[better])
    assert amended is router.plan
    assert amended.contacts == plan(*kept, better).contacts
    assert amended.version == before.version + 1
    assert router.bookings.on(2) == [(50 * SECOND, 51 * SECOND)]
    assert ids(router.route(RouteRequest(EARTH, MARS, 0, 1000))) == [1, 3]
    router.amend(remove=[better, kept[0]])
    assert not router.route(RouteRequest(EARTH, MARS, 0, 1000))
    assert router.bookings.on(1) == []
    assert router.amend(add=[kept[0]]).contacts == before.contacts
    assert ids(router.route(RouteRequest(EARTH, MARS, 0, 1000))) == [1, 2]
    with pytest.raises(InputError, match="contact 3 is not in the plan"):
        router.amend(remove=[better])
    with pytest.raises(InputError, match="the plan has a contact 1 already"):
        router.amend(add=[contact(1, (EARTH, OTHER), 0, 1)])
    assert Router(before).plan is before, "other routers keep theirs"
    assert ids(Router(before).route(RouteRequest(EARTH, MARS, 0, 1000))) == [1, 2]


def test_refusals_say_why_contact_by_contact() -> None:
    """A full contact, one that ends, an excluded neighbour, expiry and a slow link have their sentences."""
    router = Router(
        plan(
            contact(1, (EARTH, MARS), 0, 2),
            contact(2, (EARTH, RELAY), 0, 100),
            contact(3, (RELAY, MARS), 0, 3, UNLIMITED_BPS),
            contact(4, (EARTH, OTHER), 0, 100),
            contact(5, (OTHER, MARS), 4, 400, 80),
            contact(6, (EARTH, MARS), 30, 100),
        )
    )
    full = router.route(RouteRequest(EARTH, MARS, 0, 2000))
    assert full
    router.bookings.book(full)
    names = {EARTH: "Yeoju", RELAY: "the relay", MARS: "the facility"}
    tell = lambda time: f"{time / SECOND:g} s"  # noqa: E731 - a time as short as can be
    told = [
        words.refused(refusal, names)[-1].text(tell)
        for refusal in router.refusals(RouteRequest(EARTH, MARS, 0, 3000, exclude=frozenset({RELAY})), most=9)
    ]
    assert told == [
        "It is too large from Yeoju to the facility: contact 1 carries 2 000 B from 0 s until it ends at "
        "2 s; it needs 3 000 B.",
        "It is not handed to the relay: that neighbour is excluded.",
        "So it would arrive at 305.001 s, no earlier than by the chosen route: from node 3 to the facility "
        "its bytes take 5 min 00 s on contact 5, at 80 bit/s.",
    ]
    (missed,) = [
        each
        for each in router.refusals(RouteRequest(EARTH, MARS, 0, 3000))
        if each.failed and each.failed.id == 3
    ]
    assert [said.text().split()[0:3] for said in words.refused(missed, names)] == [
        ["At", "Yeoju", "it"],
        ["It", "comes", "too"],
    ]
    assert words.refused(missed, names)[-1].text(tell) == (
        "It comes too late from the relay to the facility: contact 3 ends at 3 s, 1.0 s before it is there."
    )
    (booked,) = [
        each
        for each in router.refusals(RouteRequest(EARTH, MARS, 0, 500))
        if each.failed and each.failed.id == 1
    ]
    assert words.refused(booked, names)[-1].text(tell) == (
        "It finds no place from Yeoju to the facility: what is booked on contact 1 leaves no room until it "
        "ends at 2 s; it needs 500 B."
    )
    (expired, *_) = router.refusals(RouteRequest(EARTH, MARS, 0, 10, expires=SECOND))[::-1]
    assert router.refusals(RouteRequest(EARTH, EARTH, 0, 1)) == []
    assert (
        words.refused(expired, names)[-1].text(tell)
        == "It would arrive at 2.01134 s, after it has expired at 1 s."
    )


def test_refusals_of_what_is_in_the_way() -> None:
    """Gaps that are too small, a queue, a contact that is barred, and a node that was passed have theirs."""
    router = Router(
        plan(
            contact(1, (EARTH, MARS), 0, 10),
            contact(2, (EARTH, RELAY), 0, 100),
            contact(3, (RELAY, MARS), 0, 20, 80_000),
            contact(4, (EARTH, MARS), 60, 100),
        )
    )
    for start in (1, 4, 7):
        route = router.route(RouteRequest(EARTH, MARS, start * SECOND, 1500, exclude=frozenset({RELAY})))
        assert route
        router.bookings.book(route)

    def told(size: int, **more: Any) -> list[str]:
        found = router.refusals(RouteRequest(EARTH, MARS, 0, size, **more))
        return [words.refused(refusal, {})[-1].text(lambda time: f"{time / SECOND:g} s") for refusal in found]

    gaps, *_ = told(3000)
    assert gaps == (
        "It finds no place from node 1 to node 4: what is booked on contact 1 leaves only gaps, of 5 500 B "
        "together, until it ends at 10 s; it needs 3 000 B."
    )
    barred, passed = told(900, exclude_contacts=frozenset({1}), avoid=frozenset({RELAY}))
    assert barred == "Contact 1 from node 1 to node 4 is excluded."
    assert passed == "It has been at node 2 before and does not pass there again."
    router = Router(plan(contact(1, (EARTH, MARS), 0, 100), contact(2, (EARTH, MARS), 30, 90)))
    queue = router.route(RouteRequest(EARTH, MARS, 0, 50_000))
    assert queue
    router.bookings.book(queue)
    assert told(10) == [
        "So it would arrive at 51.0107 s, no earlier than by the chosen route: from node 1 to node 4 what is "
        "booked before it on contact 1 takes 50 s."
    ]
    router = Router(plan(contact(1, (EARTH, MARS), 0, 10, light_s=-1), contact(2, (EARTH, MARS), 20, 30)))
    assert told(1) == [], "nothing looks faster, as a negative range carries nothing in any world"
    shrinks = (LightPiece(0, SECOND, (5.0, -1.0)),)
    last = Contact(2, RELAY, MARS, 0, 100 * SECOND, ((0, 8000),), shrinks)
    router = Router(plan(contact(1, (EARTH, RELAY), 0, 100, 800), last))
    assert told(1000) == ["It can't go from node 2 to node 4: the range of contact 2 is negative."]
    (refusal,) = router.refusals(RouteRequest(EARTH, MARS, 0, 1000))
    assert words.headline(refusal).text().startswith("Refused: contacts 1, 2, which ")


def test_refusals_are_found_with_a_search_or_two_each() -> None:
    """However many routes look faster, what refused one is left out when the next is looked for."""
    ways = [contact(2 * k, (EARTH, 100 + k), 0, 100) for k in range(200)]
    ways += [contact(2 * k + 1, (100 + k, MARS), 0, 100) for k in range(200)]
    router = Router(plan(*ways, contact(1000, (EARTH, MARS), 5000, 9000)))
    found = router.refusals(RouteRequest(EARTH, MARS, 0, 300_000), most=3)
    assert [refusal.slow.id for refusal in found] == [0, 2, 4]


def test_a_queue_that_takes_as_long_as_the_sending_is_what_refused_a_route() -> None:
    """Of what costs it most time the queue is told first: the rate of a contact nobody changes."""
    router = Router(plan(contact(1, (EARTH, MARS), 0, 100), contact(2, (EARTH, MARS), 1, 100, 80_000)))
    first = router.route(RouteRequest(EARTH, MARS, 0, 1000, exclude_contacts=frozenset({2})))
    assert first
    router.bookings.book(first)
    for size, code in ((1000, RefusalCode.QUEUE), (1001, RefusalCode.SLOW)):
        (refusal,) = router.refusals(RouteRequest(EARTH, MARS, 0, size))
        assert (refusal.slow.id, refusal.code) == (1, code)
