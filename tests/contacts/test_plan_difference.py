"""The difference of two plans, as an amendment that makes one of the other."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from starlight.contacts import Amendment, Contact, ContactPlan, Removed, amended, constant_light, difference
from starlight.contacts.plan_difference import SAME
from starlight.dtntime import HOUR, from_text

T = from_text("2051-04-02T10:00:00Z")


def contact(id: int, start: int, end: int, rate: int = 1_000, link: tuple[int, int] = (1, 2)) -> Contact:
    """Return a contact whose times are in hours."""
    begin = T + start * HOUR
    return Contact(id, *link, begin, T + end * HOUR, ((begin, rate),), constant_light(begin, 2.0))


def told(plan: ContactPlan) -> list[list[int]]:
    """Return what a plan says: link, rate, start and end in ms; parts with no more than an instant between
    them are one."""
    found: list[list[int]] = []
    for each in sorted(plan.contacts, key=lambda c: (c.from_node, c.to_node, c.start)):
        head = [each.from_node, each.to_node, each.rates[-1][1]]
        start, end = each.start // SAME, each.end // SAME
        if found and found[-1][:3] == head and start - found[-1][4] <= 1:
            found[-1][4] = end
        else:
            found.append([*head, start, end])
    return found


def revised(old: ContactPlan, base: ContactPlan, *plans: ContactPlan) -> tuple[ContactPlan, list[Amendment]]:
    """Return what a base plan becomes with the amendments that make each plan of the one before it."""
    made: list[Amendment] = []
    for number, new in enumerate(plans, 1):
        removed = [c for each in made for c in each.changes if isinstance(c, Removed)]
        changes = difference(old, new, removed, T)
        if changes:
            made.append(Amendment(1, number, T + number, changes))
        old = new
    return amended(base, made), made


ONE = ContactPlan.of([contact(1, 1, 2), contact(2, 3, 4), contact(3, 1, 4, link=(2, 1))])


@pytest.mark.parametrize(
    "contacts",
    [
        [],
        [contact(1, 1, 2)],
        [*ONE.contacts, contact(4, 5, 6)],
        [contact(1, 1, 3), contact(2, 3, 4)],
        [contact(1, 1, 2, 500), contact(2, 3, 4, 500)],
        [contact(1, 0, 2), contact(2, 3, 5)],
        [contact(1, 1, 2), contact(2, 3, 4), contact(3, 2, 3, link=(2, 1))],
        [contact(1, -1, 1), contact(2, 8, 9, link=(5, 6))],
    ],
)
def test_an_amendment_makes_the_new_plan(contacts: list[Contact]) -> None:
    """Contacts that go, come, grow, shrink or change their rate are as the new plan has them; a node that
    starts on the new plan, with the amendment, has the same."""
    new = ContactPlan.of(contacts)
    for base in (ONE, new):
        assert told(revised(ONE, base, new)[0]) == told(new)


def test_what_went_can_come_back() -> None:
    """A contact that was removed is added around the instant of its removal, at every later change too."""
    without = ContactPlan.of(ONE.contacts[1:])
    plan, made = revised(ONE, ONE, without, ONE, without, ONE)
    assert told(plan) == told(ONE)
    assert len(made) == 4


def test_the_same_contacts_under_other_ids_are_no_difference() -> None:
    """Ids are not the same at all nodes, and what is over changes nothing."""
    other = ContactPlan.of([*(replace(c, id=c.id + 10) for c in ONE.contacts), contact(9, -5, -4)])
    assert difference(ONE, other, [], T) == ()
