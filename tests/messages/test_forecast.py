"""Predictions: when, why so late, and why it is silent; and what a storm does to them."""

from __future__ import annotations

import pytest
from tests.messages.contents import arrival_of, letters_of
from tests.messages.helpers import (
    EARTH,
    JAY,
    LIGHT,
    MARS,
    NAMES,
    NANYOUNG,
    RELAY,
    FakeNode,
    FakeSky,
    both_ways,
    contact,
    predict,
    why_late,
)

from starlight.contacts.plan import ContactPlan, Notice
from starlight.dtntime import DAY, HOUR, MILLISECOND, MINUTE, SECOND
from starlight.errors import InputError
from starlight.messages.doubt import Doubt, DoubtCode
from starlight.messages.forecast import MessageForecaster
from starlight.messages.silence import Silence, SilenceCause
from starlight.node.events import LinkDown, LinkUp
from starlight.node.forecast import ForecastDoubt, ForecastDoubtCode, Outgoing
from starlight.words import doubt, lateness, routes, silence

# The node books a letter anew before the mailbox asks, so the letter may see its own booking.
OWN_BOOKING = 2 * MILLISECOND
LETTER = Outgoing(JAY, NANYOUNG, 100, 1_000_000)
STORM = Notice(0, 3 * DAY, (RELAY,), "dust storm over Arsia Mons")


def safe(found: Silence) -> str:
    """Return the only sentence about what is safe in a silence."""
    (said,) = silence.safe(found, NAMES)
    return said.text()


def relayed(*, down: int = 0, until: int = 100 * DAY) -> ContactPlan:
    """Return a plan by a relay that can hand down to Mars from a time on."""
    return ContactPlan.of(
        [
            contact(1, EARTH, RELAY, 0, until),
            contact(2, RELAY, MARS, down, until, light_s=0.1),
            contact(3, MARS, RELAY, 0, until, light_s=0.1),
            contact(4, RELAY, EARTH, 0, until),
        ]
    )


def forecaster_of(node: FakeNode) -> MessageForecaster:
    """Return what foresees what becomes of the messages of a node."""
    return MessageForecaster(node.engine.forecaster, node.office.addresses.node_of)


def test_leaves_arrives_and_earliest_answer() -> None:
    """The earliest answer is the way back, for a letter of typical size, from the arrival."""
    sky = FakeSky(relayed())
    sky.open_all()
    ahead = predict(sky.earth.office, NANYOUNG, "hello", MINUTE)
    assert ahead.leaves == MINUTE
    assert ahead.arrives is not None
    assert 0 < ahead.arrives - MINUTE - LIGHT < SECOND
    assert ahead.answer_at is not None
    receipt_at = forecaster_of(sky.earth).receipt_at(LETTER, ahead.arrives)
    assert receipt_at is not None
    assert ahead.arrives + LIGHT < receipt_at < ahead.answer_at < ahead.arrives + LIGHT + SECOND
    assert ahead.route is not None
    assert [hop.contact.id for hop in ahead.route.hops] == [1, 2]
    assert "Seoul" in routes.hops(ahead.route, NAMES)[0].text()
    spent = why_late(sky.earth.office, NANYOUNG, "hello", MINUTE).spent
    assert spent is not None
    assert (spent.waits_for_contact, spent.waits_in_queue) == (0, 0)
    assert LIGHT < spent.light < LIGHT + SECOND
    assert lateness.spent(spent, NAMES).text() == "Light takes 10 min 00 s."
    assert ahead.silence is None


def test_asking_books_nothing_and_keeps_nothing() -> None:
    """A prediction changes nothing, so the same question has the same answer."""
    sky = FakeSky(relayed())
    sky.open_all()
    office = sky.earth.office
    assert predict(office, NANYOUNG, "x" * 1000, 0) == predict(office, NANYOUNG, "x" * 1000, 0)
    assert letters_of(office.mailbox(JAY)) == {}
    by_size = predict(office, NANYOUNG, 500, 0)
    assert by_size.size_bytes == 500


def test_what_was_foreseen_comes_true() -> None:
    """The letter arrives at the nanosecond that the page had told."""
    sky = FakeSky(both_ways(3 * HOUR, 9 * HOUR))
    sky.open_all()
    ahead = predict(sky.earth.office, NANYOUNG, "to the second", 0)
    id = sky.write(EARTH, JAY, NANYOUNG, "to the second")
    sky.run(DAY)
    assert arrival_of(sky.mars.office.mailbox(NANYOUNG), id).arrived_at == ahead.arrives


def test_why_so_late() -> None:
    """The reason names the longest wait, the light and a long transmission."""
    plan = ContactPlan.of(
        [contact(1, EARTH, RELAY, 0, DAY, bps=1000), contact(2, RELAY, MARS, 5 * HOUR, DAY, light_s=1)]
    )
    sky = FakeSky(plan)
    sky.open_all()
    spent = why_late(sky.earth.office, NANYOUNG, "x" * 30_000, 0).spent
    assert spent is not None
    assert (spent.from_node, spent.to_node) == (RELAY, MARS)
    why = lateness.spent(spent, NAMES).text()
    assert why.startswith("It waits 4 h 4")
    assert "at the relay for the contact with the base" in why
    assert "light takes 10 min 01 s" in why
    assert "sending it takes 4 min" in why


def test_a_long_wait_is_explained_by_the_geometry() -> None:
    """A wait of more than an hour without a notice: they don't see each other; until when; what is safe."""
    plan = ContactPlan.of([contact(1, EARTH, MARS, 0, HOUR), contact(2, EARTH, MARS, 9 * HOUR, DAY)])
    sky = FakeSky(plan)
    sky.open_all()
    found = predict(sky.earth.office, NANYOUNG, "hello", 2 * HOUR).silence
    assert found is not None
    assert found.cause is SilenceCause.NOT_HEARD
    assert silence.why(found, NAMES).text().startswith("For now Seoul can't be heard at the base")
    assert (found.since, found.until) == (HOUR, 9 * HOUR)
    assert safe(found) == "What you write is kept at Seoul and goes on by itself at 2000-01-01T09:00:00Z."


def test_a_wait_at_a_relay_is_a_silence_too() -> None:
    """What can leave now, but is held on the way, is explained too: where it is safe, and until when."""
    plan = relayed().cut([(RELAY, MARS)], 0, 2 * DAY, STORM)
    sky = FakeSky(plan)
    sky.open_all()
    ahead = predict(sky.earth.office, NANYOUNG, "hello", HOUR)
    assert ahead.leaves == HOUR
    assert ahead.silence is not None
    assert (ahead.silence.cause, ahead.silence.notices) == (SilenceCause.NOTICE, (STORM.text,))
    assert silence.why(ahead.silence, NAMES).text() == "Dust storm over Arsia Mons."
    assert ahead.silence.until == 2 * DAY + 1
    assert safe(ahead.silence) == (
        "What you write travels as far as it can now; it is kept at the relay and goes on by itself at "
        "2000-01-03T00:00:00.000Z."
    )


def test_silence_is_explained_by_the_notice() -> None:
    """Why, since when and until when, from the plan's notices that touch a route between the two."""
    plan = relayed().cut([(EARTH, RELAY), (RELAY, MARS)], 0, 3 * DAY, STORM)
    elsewhere = Notice(0, 9 * DAY, (99,), "maintenance elsewhere")
    sky = FakeSky(ContactPlan(plan.contacts, (*plan.notices, elsewhere), plan.version))
    sky.open_all()
    ahead = predict(sky.earth.office, NANYOUNG, "hello", HOUR)
    assert ahead.silence is not None
    assert silence.why(ahead.silence, NAMES).text() == "Dust storm over Arsia Mons."
    assert (ahead.silence.since, ahead.silence.until) == (0, ahead.leaves)


def test_no_route_at_all() -> None:
    """Without any route: no times, no end of the silence, and what is written is safe here."""
    sky = FakeSky(ContactPlan())
    sky.open_all()
    for to in (NANYOUNG, "ipn:99.1", "dtn://nowhere/x"):
        ahead = predict(sky.earth.office, to, "hello", HOUR)
        assert (ahead.leaves, ahead.arrives, ahead.answer_at) == (None, None, None)
        assert ahead.silence is not None
        assert ahead.silence.cause is SilenceCause.NO_ROUTE
        assert silence.why(ahead.silence, NAMES).text().startswith("No route from Seoul to")
        assert ahead.silence.until is None
        assert "leaves by itself as soon as a route is planned" in safe(ahead.silence)


def test_no_answer_where_no_route_back_is() -> None:
    """Where the plan knows no route back there is no earliest answer."""
    sky = FakeSky(ContactPlan.of([contact(1, EARTH, MARS, 0, DAY)]))
    sky.open_all()
    ahead = predict(sky.earth.office, NANYOUNG, "hello", 0)
    assert ahead.arrives is not None
    assert ahead.answer_at is None
    assert forecaster_of(sky.earth).receipt_at(LETTER, ahead.arrives) is None


def test_a_waiting_letter_is_predicted_again() -> None:
    """A changed plan changes the prediction of what has not departed; the first one is kept."""
    sky = FakeSky(both_ways(2 * HOUR, DAY))
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "hello")
    mailbox = sky.earth.office.mailbox(JAY)
    first = mailbox.outgoing.course(id).dispatch.expected.arrives
    sky.set_plan(both_ways(5 * HOUR, DAY))
    sent = mailbox.outgoing.course(id)
    assert sent.dispatch.first.arrives == first
    assert sent.dispatch.expected.leaves is not None
    assert 0 <= sent.dispatch.expected.leaves - 5 * HOUR < OWN_BOOKING
    sky.set_plan(ContactPlan())
    assert (
        mailbox.outgoing.course(id).dispatch.expected.leaves,
        mailbox.outgoing.course(id).dispatch.expected.arrives,
    ) == (None, None)
    sky.set_plan(both_ways(6 * HOUR, DAY))
    sky.run(DAY)
    assert (
        arrival_of(sky.mars.office.mailbox(NANYOUNG), id).arrived_at
        == mailbox.outgoing.course(id).dispatch.expected.arrives
    )
    assert mailbox.outgoing.course(id).dispatch.first.arrives == first


def test_a_letter_without_a_route_gets_its_first_prediction_with_the_plan() -> None:
    """The first prediction is the first that there is."""
    sky = FakeSky(ContactPlan())
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "hello")
    assert sky.earth.office.mailbox(JAY).outgoing.course(id).dispatch.first.arrives is None
    sky.set_plan(both_ways(HOUR, DAY))
    foreseen = sky.earth.office.mailbox(JAY).outgoing.course(id).dispatch.first.leaves
    assert foreseen is not None
    assert 0 <= foreseen - HOUR < OWN_BOOKING
    sky.run(DAY)
    assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")


def test_a_storm_makes_what_has_left_doubtful() -> None:
    """A departed letter whose route is cut ahead of it shows why it is uncertain, and a new prediction."""
    plan = relayed(down=6 * HOUR)
    sky = FakeSky(plan)
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "just before the storm")
    sky.run(HOUR)
    before = sky.earth.office.mailbox(JAY).outgoing.course(id)
    sky.set_plan(plan.cut([(RELAY, MARS)], 0, 3 * DAY, STORM))
    sent = sky.earth.office.mailbox(JAY).outgoing.course(id)
    assert sent.dispatch.doubtful == Doubt(DoubtCode.NOTICE, texts=("dust storm over Arsia Mons",))
    assert doubt.doubtful(sent.dispatch.doubtful).text() == "Dust storm over Arsia Mons."
    assert sent.dispatch.expected.arrives is not None
    assert before.dispatch.expected.arrives is not None
    assert before.dispatch.expected.arrives < 3 * DAY < sent.dispatch.expected.arrives
    assert sent.dispatch.first.arrives == before.dispatch.first.arrives
    assert [leg.from_node for leg in sent.dispatch.expected.legs] == [EARTH, RELAY]
    assert [r.kind for r in sky.earth.trace][-1] == "letter.foreseen"
    sky.earth.restart()
    assert sky.earth.office.mailbox(JAY).letter_view(id, sky.now).doubtful == sent.dispatch.doubtful


def test_a_storm_without_an_end() -> None:
    """With no onward way left nothing is predicted but the doubt; a mended plan predicts again."""
    plan = relayed(down=6 * HOUR)
    sky = FakeSky(plan)
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "just before the storm")
    sky.run(HOUR)
    sky.set_plan(plan.cut([(RELAY, MARS)], 0, 1000 * DAY))
    sent = sky.earth.office.mailbox(JAY).outgoing.course(id)
    assert sent.dispatch.expected.arrives is None
    assert sent.dispatch.doubtful == Doubt(DoubtCode.CUT)
    assert sky.state(EARTH, JAY, id) == ("departed", "confirmed")
    sky.set_plan(plan)
    assert sky.earth.office.mailbox(JAY).outgoing.course(id).dispatch.expected.arrives is not None


def test_what_is_in_flight_arrives_whatever_is_cut() -> None:
    """What has left is in flight: a later cut does not make it doubtful."""
    sky = FakeSky(both_ways())
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "through")
    sky.run(SECOND)
    before = sky.earth.office.mailbox(JAY).outgoing.course(id)
    sky.set_plan(ContactPlan((), (STORM,), 1))
    assert sky.earth.office.mailbox(JAY).outgoing.course(id) == before


def test_another_first_hop_than_foreseen() -> None:
    """When the node sends it by another neighbour, what is foreseen follows from there."""
    plan = ContactPlan.of(
        [*relayed().contacts, contact(9, EARTH, MARS, HOUR, DAY), contact(10, EARTH, 16, 0, DAY)]
    )
    sky = FakeSky(plan)
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "which way?")
    (key,) = sky.earth.queued
    office = sky.earth.office
    office.departed(key, MARS, HOUR, HOUR + 1, HOUR + LIGHT, HOUR)
    assert office.mailbox(JAY).outgoing.course(id).dispatch.expected.arrives == HOUR + LIGHT
    office.departed(key, 16, HOUR, HOUR + 1, HOUR + LIGHT, HOUR)
    sent = office.mailbox(JAY).outgoing.course(id)
    assert (sent.dispatch.expected.arrives, sent.dispatch.doubtful) == (
        None,
        Doubt(DoubtCode.NO_ONWARD_ROUTE),
    )


def test_whom_to_ask() -> None:
    """A prediction is for a mailbox and an address."""
    sky = FakeSky()
    with pytest.raises(InputError, match="nobody has opened"):
        predict(sky.earth.office, NANYOUNG, "hello", 0)
    sky.open_all()
    with pytest.raises(InputError):
        predict(sky.earth.office, "nonsense", "hello", 0)


def test_what_speaks_against_a_letter_is_told_while_it_is_on_its_way() -> None:
    """Of one that waits, that the link is down; of one that has left, that no answer to it can be seen."""
    sky = FakeSky(both_ways(HOUR, DAY))
    sky.open_all()
    office, engine = sky.earth.office, sky.earth.engine
    engine.handle(LinkUp(MARS, acknowledged=False), 0)
    engine.handle(LinkDown(MARS), 1)
    id = sky.write(EARTH, JAY, NANYOUNG, "hello")
    unacknowledged = ForecastDoubt(ForecastDoubtCode.UNACKNOWLEDGED, MARS)
    assert office.forecasts.doubts(JAY, id, 1) == (unacknowledged,), "the contact is not open yet"
    down = ForecastDoubt(ForecastDoubtCode.LINK_DOWN, MARS, 1)
    assert office.forecasts.doubts(JAY, id, HOUR) == (down, unacknowledged)
    assert predict(office, NANYOUNG, "hello", HOUR).doubts == (down, unacknowledged)
    sky.run(HOUR)
    assert sky.state(EARTH, JAY, id)[0] == "in_flight"
    engine.handle(LinkUp(MARS, acknowledged=False), HOUR)
    assert office.forecasts.doubts(JAY, id, HOUR + SECOND) == (unacknowledged,), "the link is up again"
    due = sky.earth.office.mailbox(JAY).letter_view(id, HOUR).receipt_at
    assert due is not None
    engine.handle(LinkDown(MARS), due)
    lost = ForecastDoubt(ForecastDoubtCode.LINK_DOWN, MARS, due)
    assert office.forecasts.doubts(JAY, id, due) == (lost, unacknowledged), "it left before contact was lost"
    engine.handle(LinkUp(MARS, acknowledged=False), due + 1)
    engine.handle(LinkDown(MARS), due + 2)
    assert office.forecasts.doubts(JAY, id, due + 2) == (unacknowledged,), "no word came when it could"
    engine.handle(LinkUp(MARS, acknowledged=False), due + 3)
    sky.run(DAY)
    assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")
    assert office.forecasts.doubts(JAY, id, DAY) == ()


def test_a_notice_is_told_once() -> None:
    """Where the plan's notice explains a silence, it is not told again as a doubt."""
    plan = ContactPlan.of([contact(1, EARTH, MARS, 2 * DAY, 3 * DAY)], notices=[Notice(0, DAY, (), "storm")])
    sky = FakeSky(plan)
    sky.open_all()
    ahead = predict(sky.earth.office, NANYOUNG, "hello", 0)
    assert ahead.silence is not None
    assert (ahead.silence.notices, ahead.doubts) == (("storm",), ())
