"""The index of a plan: links, what is alive, what can be reached."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.routing.plans import random_contact

from starlight.contacts.contact import Contact, LightPiece, by_start, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND, YEAR
from starlight.routing import Router, RouteRequest
from starlight.routing.index import PlanIndex, index_of
from starlight.routing.link_contacts import NEVER, Busy, LinkContacts, SearchContact, chained


def contact(id: int, start: int, end: int, from_node: int = 1, to_node: int = 2) -> Contact:
    """Return a contact of 8 bit/s and a second of light between two times in ns."""
    return Contact(id, from_node, to_node, start, end, ((start, 8),), constant_light(start, 1))


def open_until(contacts: list[Contact], now: int) -> int | None:
    """Return until when one of some contacts is open, or the next that begins at once."""
    until = None
    while ends := [one.end for one in contacts if one.start <= now <= one.end]:
        until = max(ends)
        now = until + 1
    return until


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.integers(0, 2**32), st.integers(-1, 40), st.integers(0, 3))
def test_a_link_finds_what_looking_at_every_contact_finds(seed: int, ready: int, size: int) -> None:
    """The earliest arrival over a link is the earliest over all its contacts, nested or not."""
    rng = random.Random(seed)
    drawn = (
        msgspec.structs.replace(random_contact(rng, id, 2), one_way=rng.random() < 0.8)
        for id in range(rng.randrange(1, 15))
    )
    found = [one for one in by_start(drawn) if one.start <= one.end]
    if not found:
        return
    link = LinkContacts.of(1, 2, chained([SearchContact(one) for one in found]))
    ready *= SECOND
    banned = frozenset(rng.sample(range(15), 2))
    timings = {one.id: SearchContact(one).timing(ready, size, {}) for one in found}
    arrivals = [timing[2] for id, timing in timings.items() if timing and id not in banned]
    assert link.earliest(ready, size, NEVER, {}, banned) == min(arrivals, default=NEVER)
    until = rng.randrange(40) * SECOND
    alive = {contact.id for contact in link.alive(ready, until)}
    assert alive >= {id for id, timing in timings.items() if timing and timing[2] <= until}
    assert all(contact.end >= ready for contact in link.alive(ready, until))
    assert link.is_open(ready) == any(one.start <= ready <= one.end for one in found)
    assert link.open_until(ready) == open_until(found, ready)
    later = [one for one in found if one.end >= ready]
    assert link.following(ready) == min(later, key=lambda one: max(one.start, ready), default=None)
    assert link.last_arrival() == max(one.end + 2 * one.light_time(one.end) for one in found)
    assert link.one_way == all(one.one_way for one in found)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=3),
    st.lists(st.floats(-3, 3), min_size=1, max_size=5),
    st.integers(0, 20 * SECOND),
    st.floats(0, 1),
)
def test_the_floor_is_below_every_light_time(
    steps: list[tuple[int, int]], coefficients: list[float], length: int, where: float
) -> None:
    """No light time during the contact is shorter than its floor."""
    pieces, begin = [], -2 * SECOND
    for step, span in steps:
        pieces.append(LightPiece(begin, span * SECOND, tuple(coefficients)))
        begin += step * SECOND
    one = Contact(1, 1, 2, 0, length, ((0, 8),), tuple(pieces))
    floor = SearchContact(one).floor
    for time in (0, length, round(length * where)):
        assert floor <= max(0, one.light_time(time))


def test_what_has_ended_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A contact of 25 years beside 9 000 short ones: those that ended are never scanned."""
    short = [contact(id, id * DAY, id * DAY + HOUR) for id in range(1, 9000)]
    router = Router(ContactPlan.of([contact(0, 0, round(25 * YEAR)), *short]))
    looked: list[int] = []
    timing = SearchContact.timing

    def noted(contact: SearchContact, ready: int, size: int, busy: Busy) -> tuple[int, int, int] | None:
        looked.append(contact.id)
        return timing(contact, ready, size, busy)

    monkeypatch.setattr(SearchContact, "timing", noted)
    route = router.route(RouteRequest(1, 2, 8500 * DAY + 2 * HOUR, 1))
    assert route
    assert route.hops[0].contact.id == 0
    assert len(looked) < 10


def test_an_unreachable_destination_costs_no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no link leads to is known to be unreachable before any contact is looked at."""
    found = [contact(id, id * HOUR, id * HOUR + HOUR, 1 + id % 3, 4 + id % 4) for id in range(1000)]
    found.append(contact(5000, 0, HOUR, 4, 99))
    router = Router(ContactPlan.of(found))
    monkeypatch.setattr(SearchContact, "timing", None)
    assert not router.route(RouteRequest(1, 77, 0, 1)), "no contact names it"
    assert not router.route(RouteRequest(99, 1, 0, 1)), "nothing leaves it"
    assert not router.route(RouteRequest(1, 99, 2 * HOUR, 1)), "the only contact that leads to it has ended"


def test_the_fewest_remaining_hops_follow_time() -> None:
    """Only links with a contact that has not ended count, also when time goes back."""
    index = PlanIndex(
        ContactPlan.of([contact(1, 0, 50), contact(2, 0, 10, 1, 3), contact(3, 0, 90, 2, 3)]).contacts
    )
    assert index.remaining_hops(3, 0) == {3: 0, 1: 1, 2: 1}
    assert index.remaining_hops(3, 10) == {3: 0, 1: 1, 2: 1}
    assert index.remaining_hops(3, 11) == {3: 0, 2: 1, 1: 2}
    assert index.remaining_hops(3, 51) == {3: 0, 2: 1}
    assert index.remaining_hops(3, 91) == {3: 0}
    assert index.remaining_hops(3, 5) == {3: 0, 1: 1, 2: 1}


def test_who_has_one_neighbour_passes_nothing_on() -> None:
    """A node that hears and is heard by one other is on no way between others, but may be its beginning."""
    found = [
        contact(1, 0, 50, 1, 2),
        contact(2, 0, 50, 2, 3),
        contact(3, 0, 50, 4, 2),
        contact(4, 0, 50, 2, 4),
    ]
    index = PlanIndex(ContactPlan.of(found).contacts)
    assert index.remaining_hops(3, 0) == {3: 0, 2: 1}
    assert index.remaining_hops(3, 0, 4) == {3: 0, 2: 1, 4: 2}
    assert index.remaining_hops(3, 0, 1) == {3: 0, 2: 1, 1: 2}
    assert index.remaining_hops(4, 0, 1) == {4: 0, 2: 1, 1: 2}
    onward = PlanIndex(ContactPlan.of([*found, contact(5, 0, 50, 4, 5)]).contacts)
    assert onward.remaining_hops(3, 0) == {3: 0, 2: 1, 4: 2}


def test_a_bundle_that_no_contact_of_a_link_carries_is_tried_on_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine thousand contacts that are all too small cost no more than one."""
    contacts = [SearchContact(contact(id, id * HOUR, id * HOUR + MINUTE)) for id in range(9000)]
    link = LinkContacts.of(1, 2, chained(contacts))
    assert link.earliest(0, 60, NEVER, {}, ()) == MINUTE + SECOND
    monkeypatch.setattr(SearchContact, "timing", None)
    assert link.earliest(0, 61, NEVER, {}, ()) == NEVER


def test_contacts_that_carry_nothing_are_left_out() -> None:
    """A contact that ends before it starts, leads to itself, or has no rate or light, never crashes."""
    good = contact(1, 0, 10 * SECOND)
    bad = [
        contact(2, 10, 0),
        contact(3, 0, 10, 1, 1),
        Contact(4, 1, 2, 0, 10, (), constant_light(0, 1)),
        Contact(5, 1, 2, 0, 10, ((0, 8),), ()),
    ]
    negative_light = Contact(6, 1, 2, 0, 10 * SECOND, ((0, 8),), constant_light(0, -5))
    router = Router(ContactPlan.of([good, *bad, negative_light]))
    route = router.route(RouteRequest(1, 2, 0, 1))
    assert route
    assert [hop.contact.id for hop in route.hops] == [1]
    assert router.route(RouteRequest(1, 1, 0, 1))


def test_one_plan_has_one_index() -> None:
    """Routers that hold the same plan object share its index."""
    one, two, three = (ContactPlan.of([contact(1, 0, 5)]) for _ in range(3))
    assert index_of(one) is index_of(one)
    assert index_of(two) is not index_of(one)
    assert index_of(three) is not index_of(two)
    assert index_of(three) is index_of(three)
