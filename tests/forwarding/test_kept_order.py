"""In which order bundles go when all of them are looked at again: after a restart, and under a new plan."""

from __future__ import annotations

from typing import Any

from tests.engine.helpers import HOUR, Fixture, T, contact, of, plan

from starlight.node.actions import Persist, Transmit
from starlight.node.events import PlanChanged, Wakeup

CLOSED = plan(contact(1, 1, 2, 9 * HOUR, 10 * HOUR))
"""A contact much later, so that what is submitted waits."""


def submitted(node: Fixture, **more: Any) -> str:
    """Submit a bundle of ten bytes of payload and return its key."""
    return of(node.submit(to="ipn:2.1", **more), Persist)[0].key


def departures(node: Fixture, now: int) -> list[str]:
    """Return what leaves, in order, from a time to the end of the plan."""
    sent = [action.key for action in of(node.handle(Wakeup(), now), Transmit)]
    while (due := node.node.next_wakeup()) is not None and due < T + 10 * HOUR:
        sent += [action.key for action in of(node.handle(Wakeup(), due), Transmit)]
    return sent


def test_what_is_submitted_after_a_restart_goes_behind_what_was_there_before() -> None:
    """Bundles of one priority leave in the order in which they came, across a restart and a new plan."""
    node = Fixture(1, CLOSED)
    before = [submitted(node) for _ in range(3)]
    again = node.restart(T + 1)
    again.handle(Wakeup(), T + 1)
    after = submitted(again, now=T + 1)
    again.handle(PlanChanged(plan(contact(7, 1, 2, HOUR, 2 * HOUR))), T + 2)
    assert departures(again, T + 3) == [*before, after]


def test_restored_records_come_in_any_order_and_leave_in_that_of_their_arrival() -> None:
    """The store may hand records back in any order: what came first leaves first all the same."""
    node = Fixture(1, CLOSED)
    keys = [submitted(node) for _ in range(4)]
    node.bundles = dict(reversed(node.bundles.items()))
    again = node.restart(T + 1)
    again.handle(Wakeup(), T + 1)
    again.handle(PlanChanged(plan(contact(7, 1, 2, HOUR, 2 * HOUR))), T + 2)
    assert departures(again, T + 3) == keys


def test_a_new_plan_gives_its_room_to_the_most_urgent_first() -> None:
    """Where a new plan carries two of three, it is the bulk bundle that goes on waiting."""
    node = Fixture(1, plan())
    bulk = submitted(node, priority=0)
    urgent = submitted(node, priority=2)
    normal = submitted(node, priority=1)
    size = node.node.stored[urgent].meta.size
    room = contact(7, 1, 2, HOUR, HOUR + 2 * size * 1000)  # a byte takes a microsecond
    node.handle(PlanChanged(plan(room)), T)
    assert node.node.stored[bulk].state.name == "WAITING"
    assert departures(node, T + 1) == [urgent, normal]


def test_a_new_plan_books_the_most_urgent_first() -> None:
    """What is less urgent is booked around what is more urgent, and so finds the route that is better then.

    Booked first it would hold the first place on the direct contact, lose it, and leave after the other
    there, later than over the third node.
    """
    node = Fixture(1, plan())
    bulk = submitted(node, priority=0)
    urgent = submitted(node, priority=2)
    slow = node.node.stored[urgent].meta.size * 8 // 10  # ten seconds for each of the two
    direct = contact(7, 1, 2, HOUR, 2 * HOUR, rate=slow)
    around = (contact(8, 1, 3, HOUR, 2 * HOUR, light_s=303.0), contact(9, 3, 2, HOUR, 2 * HOUR, light_s=12.0))
    node.handle(PlanChanged(plan(direct, *around)), T)
    assert [hop.contact.id for hop in node.node.booked(urgent)[0].hops] == [7]
    assert [hop.contact.id for hop in node.node.booked(bulk)[0].hops] == [8, 9]
