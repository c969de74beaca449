"""Imposed light: when what came over a cable would have arrived."""

from __future__ import annotations

from starlight.contacts.contact import Contact, LightPiece, constant_light
from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, SECOND
from starlight.neighbours.light import Light

EARTH, MARS = 1, 2


def contact(
    id: int, from_node: int, to_node: int, start: int, end: int, light: tuple[LightPiece, ...]
) -> Contact:
    """Return a contact at 1 kbit/s."""
    return Contact(id, from_node, to_node, start, end, ((start, 1000),), light)


MOVING = LightPiece(10 * HOUR, HOUR, (600.0, 0.2))  # 600 s, growing by 0.2 s an hour
PLAN = ContactPlan.of(
    [
        contact(1, EARTH, MARS, 10 * HOUR, 12 * HOUR, (MOVING,)),
        contact(2, MARS, EARTH, 10 * HOUR, 12 * HOUR, constant_light(10 * HOUR, 601.0)),
        contact(3, EARTH, MARS, 20 * HOUR, 22 * HOUR, constant_light(20 * HOUR, 700.0)),
    ]
)


def test_light_time_is_that_of_the_moment_of_transmission() -> None:
    """Arrival is departure plus the contact's light time evaluated at departure, as everywhere else."""
    light = Light(PLAN)
    left = 11 * HOUR
    assert light.departure(left, left + 3 * SECOND, left) == left
    assert light.light_time(EARTH, MARS, left) == PLAN.contacts[0].light_time(left)
    assert PLAN.contacts[0].light_time(left) == 600_200_000_000


def test_the_acknowledgement_takes_the_light_time_of_the_way_back() -> None:
    """The sender hides the acknowledgement for the light time of the way back."""
    assert Light(PLAN).acknowledged(EARTH, MARS, 11 * HOUR) == 11 * HOUR + 601 * SECOND


def test_without_a_departure_it_left_now() -> None:
    """A peer that does not say when its last byte left is taken to have sent it now."""
    assert Light(PLAN).departure(None, 11 * HOUR, 10 * HOUR) == 11 * HOUR


def test_outside_contacts_the_nearest_moment_counts() -> None:
    """Polynomials are not evaluated outside their contact, where they mean nothing."""
    light = Light(PLAN)
    assert light.light_time(EARTH, MARS, 0) == 600 * SECOND
    assert light.light_time(EARTH, MARS, 15 * HOUR) == round(600.4 * SECOND)
    assert light.light_time(EARTH, MARS, 30 * HOUR) == 700 * SECOND


def test_a_link_that_the_plan_does_not_know_has_the_other_directions_light_or_none() -> None:
    """The light time of an unknown link is that of the way back, else 0."""
    plan = ContactPlan.of([contact(1, EARTH, MARS, 0, DAY, constant_light(0, 5.0))])
    assert Light(plan).light_time(MARS, EARTH, 0) == 5 * SECOND
    assert Light(plan).light_time(3, 4, 0) == 0


def test_a_fixed_number_overrides_the_plan() -> None:
    """The delay is the ephemeris', or a fixed number."""
    light = Light(PLAN, {(EARTH, MARS): 1.5})
    assert light.light_time(EARTH, MARS, 11 * HOUR) == 1_500_000_000


def test_an_incredible_departure_is_not_believed() -> None:
    """What a peer says can neither hide a bundle for years nor put its arrival into the past."""
    light = Light(PLAN)
    now = 11 * HOUR
    earliest = now - 60 * 600 * SECOND  # a minute of the wall ago at rate 600
    for incredible in (now + 2 * DAY, 2**63, 0, earliest - 1):
        assert light.departure(incredible, now, earliest) == now
    late = now - 59 * 600 * SECOND  # 59 s of the wall at rate 600: a slow cable, believed
    assert light.departure(late, now, earliest) == late


def test_another_plan_changes_the_light() -> None:
    """A new plan's light times count from the moment it is taken."""
    light = Light(PLAN)
    light.set_plan(ContactPlan.of([contact(9, EARTH, MARS, 0, DAY, constant_light(0, 9.0))]))
    assert light.light_time(EARTH, MARS, 11 * HOUR) == 9 * SECOND


def test_a_fixed_number_also_counts_where_the_sender_holds() -> None:
    """What is held for a foreign receiver is held for the fixed number, not for the plan's light time."""
    fixed, planned = Light(PLAN, {(EARTH, MARS): 1.5}), Light(PLAN)
    assert fixed.reaches(EARTH, MARS, 11 * HOUR, 12 * HOUR) == 11 * HOUR + 1_500_000_000
    assert planned.reaches(EARTH, MARS, 11 * HOUR, 12 * HOUR) == 12 * HOUR
