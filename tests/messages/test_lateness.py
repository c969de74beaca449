"""Why a letter is not there sooner: what the router refused, and never because of itself."""

from __future__ import annotations

import pytest
from tests.messages.helpers import (
    CREW,
    EARTH,
    JAY,
    LIGHT,
    MARS,
    NAMES,
    NANYOUNG,
    RELAY,
    FakeSky,
    contact,
    overhead_of,
    predict,
    why_late,
)

from starlight.contacts.plan import ContactPlan, Notice
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND, duration_text
from starlight.engine.node import Node
from starlight.errors import InputError
from starlight.messages.delivery import Leg
from starlight.messages.forecast import MessageForecaster
from starlight.messages.lateness import LateMessage, Lateness, time_spent
from starlight.messages.lateness_search import REFUSALS_MAX, LatenessSearch
from starlight.messages.legs import LinkIndex, legs_of
from starlight.messages.overtaken import Waiting
from starlight.node.config import NodeConfig
from starlight.node.forecast import Outgoing
from starlight.routing import Router, RouteRequest
from starlight.words import lateness as words
from starlight.words import routes
from starlight.words.lateness import NOTHING_FASTER

STORM = Notice(0, 3 * DAY, (RELAY,), "dust storm over Arsia Mons")


def two_ways_down() -> ContactPlan:
    """Return a plan in which a relay hands down twice: at once, too thin for a letter, and an hour later."""
    return ContactPlan.of(
        [
            contact(1, EARTH, RELAY, HOUR, 2 * HOUR, bps=1_000),
            contact(2, RELAY, MARS, HOUR, HOUR + 12 * MINUTE, light_s=0.1, bps=100),
            contact(3, RELAY, MARS, 3 * HOUR, 4 * HOUR, light_s=0.1),
            contact(4, MARS, RELAY, 0, DAY, light_s=0.1),
            contact(5, RELAY, EARTH, 0, DAY),
        ]
    )


def first(lateness: Lateness) -> list[str]:
    """Return the sentences that come before all others."""
    return [sentence.text() for sentence in words.opening_sentences(lateness, NAMES)]


def everything(lateness: Lateness) -> str:
    """Return all that is told, in one text."""
    refused = [sentence.text() for each in lateness.refusals for sentence in routes.refused(each, NAMES)]
    return " ".join([*first(lateness), *refused])


def test_the_refusals_are_those_of_the_router() -> None:
    """What looks faster are the router's refusals over the same plan, bookings and time, at most three."""
    sky = FakeSky(two_ways_down())
    sky.open_all()
    for _ in range(3):
        sky.write(EARTH, JAY, NANYOUNG, "x" * 4_000)
    lateness = why_late(sky.earth.office, NANYOUNG, 5_000, MINUTE)
    size = 5_000 + overhead_of(now=MINUTE)
    router = Router(sky.plan)
    for _, route in sky.earth.queued.values():
        assert route
        router.bookings.book(route)
    refused = router.refusals(RouteRequest(EARTH, MARS, MINUTE, size), most=REFUSALS_MAX)
    assert refused
    assert lateness.refusals == tuple(refused)
    assert [[contact.id for contact in each.contacts] for each in lateness.refusals] == [[1, 2]]
    assert "At Seoul it waits until" in everything(lateness)
    assert "for what is booked before it" in everything(lateness)
    assert "from the relay to the base: contact 2 " in everything(lateness)


def test_the_way_that_it_goes_is_not_refused() -> None:
    """An overtaken letter keeps its place before those behind it, though its contact has no room anew."""
    fast, slow = 80_000, 800
    plan = [contact(1, EARTH, MARS, 0, HOUR, bps=slow), contact(2, EARTH, MARS, 65 * SECOND, HOUR, bps=fast)]
    node = Node(NodeConfig(EARTH, ContactPlan.of(plan))).forecaster
    router = node.router
    forecaster = MessageForecaster(node, lambda address: MARS)
    booked = []
    for size, priority in ((2_088, 1), (2_088, 1), (1_288, 1), (2_088, 2)):
        route = router.route(RouteRequest(EARTH, MARS, 0, size, priority=priority))
        assert route
        router.bookings.book(route)
        booked.append(route)
    (moved,) = forecaster.moved([Waiting(booked[0], MARS, DAY)])
    assert moved is not None
    assert [hop.contact.id for hop in moved.hops] == [1]
    anew = router.without(booked[:1]).route(RouteRequest(EARTH, MARS, 0, 2_088))
    assert anew
    assert anew.arrival > moved.arrival
    message = LateMessage(Outgoing(JAY, NANYOUNG, 2_000, 1_000_000), None, legs_of(moved))
    lateness = LatenessSearch(forecaster).lateness(message, 0, booked=booked[:1])
    assert lateness.refusals == ()
    assert first(lateness)[-1] == NOTHING_FASTER


def test_asking_why_changes_nothing() -> None:
    """Neither bookings nor predictions are changed by the question, for a draft or for a letter."""
    sky = FakeSky(two_ways_down())
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "x" * 4_000)
    before = sky.earth.office.mailbox(JAY).outgoing.course(id)
    booked = [sky.earth.router.bookings.on(each) for each in (1, 2, 3)]
    foreseen = predict(sky.earth.office, NANYOUNG, 300, MINUTE)
    asked = sky.earth.office.forecasts.why_letter_late(JAY, id, MINUTE)
    assert asked == sky.earth.office.forecasts.why_letter_late(JAY, id, MINUTE)
    why_late(sky.earth.office, NANYOUNG, 300, MINUTE)
    assert [sky.earth.router.bookings.on(each) for each in (1, 2, 3)] == booked
    assert predict(sky.earth.office, NANYOUNG, 300, MINUTE) == foreseen
    assert sky.earth.office.mailbox(JAY).outgoing.course(id) == before


def test_its_own_booking_is_no_reason() -> None:
    """What a queued letter has booked itself is not among the reasons for which it is late."""
    sky = FakeSky(two_ways_down())
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "x" * 4_000)
    lateness = sky.earth.office.forecasts.why_letter_late(JAY, id, MINUTE)
    assert "contact 2 carries" in everything(lateness)
    assert "booked" not in everything(lateness)
    assert "booked" in everything(why_late(sky.earth.office, NANYOUNG, 4_000, MINUTE))
    other = sky.write(EARTH, JAY, NANYOUNG, "y" * 4_000)
    assert "for what is booked before it" in everything(
        sky.earth.office.forecasts.why_letter_late(JAY, other, MINUTE)
    )


def test_a_letter_in_flight_is_explained_from_where_it_is_next() -> None:
    """What has left is explained from the node that it reaches, and its bookings further on are its own."""
    plan = ContactPlan.of(
        [*two_ways_down().contacts, contact(6, RELAY, 16, HOUR, DAY), contact(7, 16, MARS, 0, DAY)]
    )
    sky = FakeSky(plan)
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "x" * 4_000)
    sky.run(HOUR + SECOND)
    assert sky.state(EARTH, JAY, id)[0] == "in_flight"
    sent = sky.earth.office.mailbox(JAY).outgoing.course(id)
    lateness = sky.earth.office.forecasts.why_letter_late(JAY, id, sky.now)
    assert lateness.refusals
    assert "At Seoul" not in everything(lateness)
    assert "booked" not in everything(lateness)
    assert all(each.looked_like > sent.dispatch.expected.legs[0].arrives for each in lateness.refusals)


def test_on_its_last_hop_only_light_takes_time() -> None:
    """Of a letter on its last hop nothing is asked of the plan."""
    sky = FakeSky()
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "hello")
    sky.run(SECOND)
    lateness = sky.earth.office.forecasts.why_letter_late(JAY, id, sky.now)
    assert first(lateness) == ["It has left Seoul for the base: light takes 10 min 00 s, nothing is faster."]
    assert lateness.refusals == ()


def test_a_silence_comes_first() -> None:
    """In a storm the notice's words come before anything about other ways."""
    plan = two_ways_down()
    plan = plan.cut([(EARTH, RELAY)], 0, 90 * MINUTE, STORM)
    sky = FakeSky(plan)
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "hello")
    for lateness in (
        why_late(sky.earth.office, NANYOUNG, 300, 0),
        sky.earth.office.forecasts.why_letter_late(JAY, id, 0),
    ):
        assert first(lateness)[0] == "Dust storm over Arsia Mons."
        assert first(lateness)[1].startswith("It waits 1 h")
    nowhere = FakeSky(ContactPlan((), (STORM,)))
    nowhere.open_all()
    assert first(why_late(nowhere.earth.office, NANYOUNG, 300, 0)) == ["Dust storm over Arsia Mons."]


def test_a_wait_behind_others_is_told_apart_from_a_wait_for_the_window() -> None:
    """Until the contact begins a letter waits for it; from then on, for what is booked before it."""
    sky = FakeSky(ContactPlan.of([contact(1, EARTH, MARS, HOUR, DAY, bps=1_000)]))
    sky.open_all()
    ids = [sky.write(EARTH, JAY, NANYOUNG, "x" * 4_000) for _ in range(4)]
    size = sky.earth.office.mailbox(JAY).outgoing.course(ids[0]).dispatch.size_bytes + overhead_of()
    queue = duration_text(4 * size * 8 * SECOND // 1_000)
    why = "It waits 1 h 00 min at Seoul for the contact with the base, "
    why += f"it waits {queue} at Seoul for what goes to the base before it, light takes 10 min 00 s."
    assert first(why_late(sky.earth.office, NANYOUNG, 300, 0))[1:] == [why, NOTHING_FASTER]
    assert "for what goes" not in everything(why_late(sky.earth.office, NANYOUNG, 300, 0, priority=2))


def test_nothing_faster_is_said() -> None:
    """Where the best way is the one taken, that is said; where there is none, it is not."""
    sky = FakeSky()
    sky.open_all()
    lateness = why_late(sky.earth.office, NANYOUNG, 300, 0)
    assert (first(lateness)[-1], lateness.refusals) == (NOTHING_FASTER, ())
    assert first(lateness)[0] == "Light takes 10 min 00 s."
    assert NOTHING_FASTER not in everything(why_late(sky.earth.office, "ipn:99.1", 300, 0))


def test_on_the_same_node_nothing_is_late() -> None:
    """Of a letter to somebody on the same node there is nothing to explain, and its size is no reason."""
    sky = FakeSky()
    sky.open_all()
    lateness = why_late(sky.earth.office, CREW, 300, 0)
    assert (lateness.silence, lateness.spent, lateness.refusals) == (None, None, ())
    assert first(lateness) == ["Both mailboxes are on the same node."]


def test_only_of_what_is_on_its_way() -> None:
    """Of an unknown, a received or an arrived letter nobody asks why it is late."""
    sky = FakeSky()
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "hello")
    sky.run(3 * LIGHT)
    with pytest.raises(InputError, match="on its way no more: it is arrived"):
        sky.earth.office.forecasts.why_letter_late(JAY, id, sky.now)
    with pytest.raises(InputError, match="was written here"):
        sky.mars.office.forecasts.why_letter_late(NANYOUNG, id, sky.now)


def test_a_queue_is_not_longer_than_the_wait() -> None:
    """Of a contact that began long before the message was there only what it waits itself is a queue."""
    index = LinkIndex(ContactPlan.of([contact(1, EARTH, MARS, 0, 9 * HOUR)]))
    now = 5 * HOUR
    leg = Leg(EARTH, MARS, now + 60, now + 70, now + 100, 9 * HOUR)
    spent = time_spent(index, (leg,), now)
    assert (spent.waits_for_contact, spent.waits_in_queue, spent.sending, spent.light) == (0, 60, 10, 30)
    early = time_spent(index, (leg,), -HOUR)
    assert (early.waits_for_contact, early.waits_in_queue) == (HOUR, now + 60)
