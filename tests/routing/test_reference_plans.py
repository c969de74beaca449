"""Plans made by others, with known answers (tests/authorities/plans/README.md)."""

from __future__ import annotations

import pytest
from tests.routing.hdtn import PLANS, read

from starlight.contacts import formats
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import SECOND
from starlight.routing import Router, RouteRequest

SIZE = 1  # byte: the known answers are best cases, for bundles that take no time


def test_tutorial_plan() -> None:
    """1 to 5 at t = 0: contacts 4, 6, 10; next hop 3; best-case arrival 3 s."""
    route = Router(read("hdtn_cgr_tutorial.json")).route(RouteRequest(1, 5, 0, 0))
    assert route
    assert [hop.contact.id for hop in route.hops] == [4, 6, 10]
    assert route.entry_node == 3
    assert route.arrival == 3 * SECOND


def test_tutorial_plan_has_seven_loopless_routes() -> None:
    """Yen gives 7 loopless routes, best delivery times 3, 4, 11, 31, 31, 51, 51; first next hops 3, 2, 5."""
    found = list(Router(read("hdtn_cgr_tutorial.json")).candidates(RouteRequest(1, 5, 0, 0)))
    assert [route.arrival // SECOND for route in found] == [3, 4, 11, 31, 31, 51, 51]
    assert [route.entry_node for route in found[:3]] == [3, 2, 5]


def test_tutorial_plan_without_its_best_contacts() -> None:
    """Without a contact of the best route, the next of the known delivery times is the best."""
    router = Router(read("hdtn_cgr_tutorial.json"))
    for exclude, seconds, entry in ((frozenset({3}), 4, 2), (frozenset({2, 3}), 11, 5)):
        route = router.route(RouteRequest(1, 5, 0, 0, exclude=exclude))
        assert route
        assert (route.arrival, route.entry_node) == (seconds * SECOND, entry)


def test_routing_test_plan() -> None:
    """1 to 4: next hop 2, contacts 1 and 2 (counted from 0)."""
    route = Router(read("hdtn_routing_test.json")).route(RouteRequest(1, 4, 0, 0))
    assert route
    assert route.entry_node == 2
    assert [hop.contact.id for hop in route.hops] == [1, 2]


def test_ten_nodes_plan() -> None:
    """20 to 40 at t = 0: the four-key best route enters by node 3686."""
    plan = read("hdtn_10_nodes.json")
    assert sum(contact.end <= contact.start for contact in plan.contacts) == 6, "some have no length, or less"
    route = Router(plan).route(RouteRequest(20, 40, 0, SIZE))
    assert route
    assert route.entry_node == 3686


@pytest.mark.parametrize("name", ["hdtn_cgr_tutorial.json", "hdtn_routing_test.json", "hdtn_10_nodes.json"])
def test_every_pair_of_nodes_is_answered(name: str) -> None:
    """Contacts without length, or that end before they start, never crash and never carry bytes."""
    plan = read(name)
    router = Router(plan)
    answers = 0
    for source in plan.nodes():
        for destination in plan.nodes():
            route = router.route(RouteRequest(source, destination, 0, SIZE))
            answers += bool(route)
            assert not route or all(hop.contact.start < hop.contact.end for hop in route.hops)
    assert answers >= len(plan.nodes())


def ion(name: str, times: int = 1) -> ContactPlan:
    """Return a plan of ION's commands, read so many times over, whose times count from 0."""
    return formats.read((PLANS / name).read_bytes() * times, name=name, epoch=0).plan


def test_ions_asymmetric_range() -> None:
    """A range given lower node first also holds for the reverse direction unless the reverse is given.

    The plan gives 5 to 6 (20 s) and 6 to 9 (1 s), and both directions of 5 and 9 (5 s, 1 s).
    """
    router = Router(ion("ion_asymmetric_range.ionrc"))
    for source, destination, at, nodes, arrives in (
        (9, 5, 0, [5], 1),
        (5, 9, 0, [9], 5),
        (5, 6, 0, [6], 20),
        (6, 5, 0, [5], 20),
        (9, 6, 0, [5, 6], 21),
        (6, 9, 0, [5, 9], 25),
        (6, 9, 41, [9], 91),
        (5, 9, 80, [6, 9], 101),
        (9, 5, 100, [6, 5], 121),
    ):
        route = router.route(RouteRequest(source, destination, at * SECOND, 0))
        assert route
        assert [hop.contact.to_node for hop in route.hops] == nodes, (source, destination, at)
        assert route.arrival == arrives * SECOND


@pytest.mark.parametrize("times", [1, 2])
def test_ions_duplicate_contacts(times: int) -> None:
    """Duplicates are one contact: its volume is there once."""
    router = Router(ion("ion_duplicate_contacts.ionrc", times))
    route = router.route(RouteRequest(1, 2, 0, 29_000))
    assert route
    assert (route.leaves, route.arrival) == (1 * SECOND, 31 * SECOND)
    assert [route.arrival for route in router.candidates(RouteRequest(1, 2, 0, 29_000))] == [31 * SECOND]
    router.bookings.book(route)
    assert not router.route(RouteRequest(1, 2, 0, 1))
