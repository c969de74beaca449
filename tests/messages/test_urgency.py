"""How urgent a letter is: kept, foreseen, posted; what gives way; what has to be cut."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.messages.contents import letters_of
from tests.messages.helpers import (
    EARTH,
    JAY,
    MARS,
    NAMES,
    NANYOUNG,
    FakeSky,
    contact,
    fragment_overhead_of,
    predict,
    why_late,
)

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND
from starlight.errors import InputError
from starlight.forwarding.fragmentation import RELAY_BYTES
from starlight.mailboxes.stored_format import SENT
from starlight.messages.delivery import DeliveryState
from starlight.messages.dispatch import Sent
from starlight.messages.draft import Draft
from starlight.messages.silence import SilenceCause
from starlight.messages.urgency import PRIORITIES, Precedence, priority_of
from starlight.postoffice.resend import letter_token
from starlight.routing import CRITICAL, Priority, Router, RouteRequest, split
from starlight.words import lateness, routes
from starlight.words.silence import CAUSES

FRAGMENT_OVERHEAD_BYTES = fragment_overhead_of()


def thin(bps: int = 1_000, start: int = HOUR) -> ContactPlan:
    """Return a plan in which a letter of some kB takes half a minute of a link that opens in an hour."""
    return ContactPlan.of([contact(1, EARTH, MARS, start, DAY, bps=bps), contact(2, MARS, EARTH, 0, DAY)])


def windows(count: int, length: int = MINUTE) -> ContactPlan:
    """Return a plan of hourly windows, each of which carries 125 B a second."""
    there = [contact(n, EARTH, MARS, n * HOUR, n * HOUR + length, bps=1_000) for n in range(1, count + 1)]
    return ContactPlan.of([*there, contact(99, MARS, EARTH, 0, 9 * DAY)])


BUNDLE = f"{JAY}/1600000000000/0"


def sent_of(sky: FakeSky, id: str) -> Sent:
    return sky.earth.office.mailbox(JAY).outgoing.course(id)


def test_words_and_numbers() -> None:
    """The words are those of the router's priorities; another is refused, with those that are right."""
    assert PRIORITIES == ("bulk", "normal", "expedited")
    assert [priority_of(word) for word in PRIORITIES] == list(Priority)
    for wrong in ("urgent", "", "Normal", "1"):
        with pytest.raises(InputError, match="It is bulk, normal or expedited"):
            priority_of(wrong)


def test_what_is_critical_travels_as_urgently_as_can_be() -> None:
    """A critical letter keeps its author's priority and travels before all others."""
    assert Precedence(Priority.BULK, critical=True).urgency == CRITICAL > Priority.EXPEDITED
    assert Precedence(Priority.BULK, critical=False).urgency is Priority.BULK


def test_an_old_record_is_normal() -> None:
    """A record that was saved before there were priorities is that of a normal letter, whole."""
    old = {"number": 1, "written_at": 5, "expires_at": 9, "size_bytes": 3, "receipt_wanted": True}
    record = SENT.decode(msgspec.msgpack.encode(old))
    expected = record.dispatch.expected
    assert (record.priority, record.critical, expected.fragments, expected.displaced) == (1, False, 1, False)
    assert record.precedence(record.dispatch).urgency == Priority.NORMAL


@pytest.mark.parametrize("priority", list(Priority))
def test_it_is_kept_posted_and_told(priority: Priority) -> None:
    """A letter's priority goes to the node with each post, survives a restart, and is in its view."""
    sky = FakeSky(thin())
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "hello", priority=priority)
    critical = sky.write(EARTH, JAY, NANYOUNG, "and this", priority=priority, critical=True)
    assert [(post.priority, post.critical) for post in sky.earth.posts] == [
        (priority, False),
        (priority, True),
    ]
    sky.earth.restart()
    first, second = sent_of(sky, id), sent_of(sky, critical)
    assert first.precedence(first.dispatch) == (priority, False)
    assert second.precedence(second.dispatch) == (priority, True)
    view = sky.earth.office.mailbox(JAY).letter_view(id, 0)
    assert (view.priority, view.critical) == (priority, False)
    assert sky.earth.office.mailbox(JAY).letter_view(critical, 0).critical is True


def test_a_wrong_priority_is_refused() -> None:
    """Nothing is written, foreseen or explained for a priority that is none."""
    sky = FakeSky()
    sky.open_all()
    office = sky.earth.office
    for ask in (  # The types forbid these numbers; JSON does not.
        lambda: office.outbox.write(JAY, Draft(NANYOUNG, "hello", priority=3), 0),  # type: ignore[arg-type]
        lambda: office.forecasts.predict(JAY, Draft(NANYOUNG, "hello", priority=-1), 0),  # type: ignore[arg-type]
        lambda: office.forecasts.why_late(JAY, Draft(NANYOUNG, "hello", priority=7), 0),  # type: ignore[arg-type]
    ):
        with pytest.raises(InputError, match=r"It is 0 \(bulk\), 1 \(normal\) or 2 \(expedited\)"):
            ask()
    assert letters_of(office.mailbox(JAY)) == {}


def test_a_refused_and_a_lost_letter_keep_their_priority() -> None:
    """What is offered again, and what is sent again, goes as urgently as the first time."""
    sky = FakeSky(
        ContactPlan.of([contact(1, EARTH, MARS, 0, 90 * DAY), contact(2, MARS, EARTH, 0, 90 * DAY)])
    )
    sky.open_all()
    sky.refuse = lambda post: "the store is full" if sky.now == 0 else ""
    sky.lose = lambda post: True
    sky.write(EARTH, JAY, NANYOUNG, "hello", priority=Priority.EXPEDITED)
    sky.run(10 * DAY)
    assert len(sky.earth.posts) > 1
    assert {post.priority for post in sky.earth.posts} == {2}


def test_receipts_are_normal_and_telemetry_is_bulk() -> None:
    """A letter waits for no stream of readings; a receipt is no more urgent than any letter, and no less."""
    sky = FakeSky()
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "hello", priority=Priority.EXPEDITED)
    sky.mars.ask(sky.mars.office.outbox.send_telemetry(NANYOUNG, [JAY], sky.now, kind="suit"))
    sky.run(HOUR)
    sky.read(MARS, NANYOUNG, id)
    sky.run(2 * HOUR)
    kinds = {post.token.partition("/")[0]: post.priority for post in sky.mars.posts}
    assert kinds == {"telemetry": Priority.BULK, "receipt": Priority.NORMAL}


def test_the_preview_reacts() -> None:
    """Where a queue competes, an urgent letter is foreseen before it, a bulk one behind it."""
    sky = FakeSky(thin())
    sky.open_all()
    for _ in range(3):
        sky.write(EARTH, JAY, NANYOUNG, "x" * 4_000)
    bulk, normal, urgent = (predict(sky.earth.office, NANYOUNG, 4_000, 0, each) for each in Priority)
    assert urgent.arrives is not None
    assert normal.arrives is not None
    assert bulk.arrives is not None
    assert bulk.leaves == normal.leaves
    assert bulk.arrives > normal.arrives > urgent.arrives + MINUTE
    assert urgent.leaves == HOUR
    sky.write(EARTH, JAY, NANYOUNG, "x" * 4_000, priority=Priority.BULK)
    after = [predict(sky.earth.office, NANYOUNG, 4_000, 0, each).arrives for each in Priority]
    assert after[1:] == [normal.arrives, urgent.arrives]
    assert after[0] is not None
    assert after[0] > normal.arrives + 30 * SECOND


def test_what_gives_way_is_foreseen_later() -> None:
    """A queued letter before which an urgent one goes is predicted again, and keeps its first prediction."""
    sky = FakeSky(thin())
    sky.open_all()
    first, second = (sky.write(EARTH, JAY, NANYOUNG, "x" * 4_000) for _ in range(2))
    before = sent_of(sky, first), sent_of(sky, second)
    urgent = sky.write(EARTH, JAY, NANYOUNG, "now!" * 1_000, priority=Priority.EXPEDITED)
    after = sent_of(sky, first), sent_of(sky, second)
    takes = sent_of(sky, urgent).dispatch.expected.legs[0]
    took = takes.last_byte - takes.leaves
    assert took > 30 * SECOND
    for old, new in zip(before, after, strict=True):
        was, now = old.dispatch.expected, new.dispatch.expected
        assert was.arrives is not None
        assert now.arrives is not None
        assert now.arrives - was.arrives == took  # they keep their places behind each other
        assert new.dispatch.first.arrives == old.dispatch.first.arrives == was.arrives
        assert now.displaced
        assert now.legs[0].leaves == now.leaves
        assert now.receipt_at is not None
        assert now.receipt_at > now.arrives
    assert not sent_of(sky, urgent).dispatch.expected.displaced
    assert sky.earth.office.mailbox(JAY).letter_view(first, 0).displaced is True
    assert [record.kind for record in sky.earth.trace].count("letter.foreseen") == 2


def test_what_does_not_compete_stays_as_foreseen() -> None:
    """Letters as urgent, letters on other contacts and letters that have left are not predicted again."""
    plan = ContactPlan.of([*thin().contacts, contact(3, EARTH, 15, HOUR, DAY, bps=1_000)])
    sky = FakeSky(plan)
    sky.open_all()
    left = sky.write(EARTH, JAY, NANYOUNG, "x" * 4_000)
    sky.run(HOUR + SECOND)
    as_urgent = sky.write(EARTH, JAY, NANYOUNG, "x" * 4_000, priority=Priority.EXPEDITED)
    before = sent_of(sky, left), sent_of(sky, as_urgent)
    assert before[0].dispatch.state is DeliveryState.DEPARTED
    sky.write(EARTH, JAY, NANYOUNG, "now!" * 1_000, priority=Priority.EXPEDITED)
    assert (sent_of(sky, left), sent_of(sky, as_urgent)) == before
    foreseen = [record.kind for record in sky.earth.trace].count("letter.foreseen")
    sky.write(EARTH, JAY, NANYOUNG, "no hurry", priority=Priority.BULK)
    assert [record.kind for record in sky.earth.trace].count("letter.foreseen") == foreseen


def test_a_new_plan_forgets_the_displacement() -> None:
    """After a plan change the prediction follows from the plan, and so does the reason."""
    sky = FakeSky(thin())
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "x" * 4_000)
    sky.write(EARTH, JAY, NANYOUNG, "now!" * 1_000, priority=Priority.EXPEDITED)
    assert sent_of(sky, id).dispatch.expected.displaced
    sky.set_plan(thin(start=2 * HOUR))
    assert not sent_of(sky, id).dispatch.expected.displaced


def test_a_letter_that_no_contact_carries_is_foreseen_in_fragments() -> None:
    """It leaves with its first fragment and is there with its last, cut where the router says."""
    sky = FakeSky(windows(6))
    sky.open_all()
    size = 20_000
    ahead = predict(sky.earth.office, NANYOUNG, size, 0)
    request = RouteRequest(EARTH, MARS, 0, size + FRAGMENT_OVERHEAD_BYTES)
    fragments = split(Router(sky.plan), request, FRAGMENT_OVERHEAD_BYTES)
    assert fragments is not None
    assert (ahead.fragments, len(fragments)) == (3, 3)
    assert ahead.leaves == HOUR
    assert ahead.route is not None
    # It is reckoned with 17 bytes that it may gain on its route, and is sent without them.
    spare = fragments[-1].route.size - ahead.route.size
    assert RELAY_BYTES <= spare <= RELAY_BYTES + 2
    assert ahead.arrives == fragments[-1].route.arrival - spare * 8 * SECOND // 1_000
    assert [hop.leaves for hop in ahead.route.hops] == [3 * HOUR]
    assert ahead.answer_at is not None
    why = why_late(sky.earth.office, NANYOUNG, size, 0)
    assert why.fragments == 3
    told = [sentence.text() for sentence in lateness.opening_sentences(why, NAMES)]
    assert (
        "No contact carries it whole, so it travels in 3 fragments; it is there when the last one arrives."
        in told
    )
    refused = routes.refused(why.refusals[0], NAMES)[-1].text()
    assert "carries 7 500 B from" in refused
    assert "it needs 20 080 B" in refused
    assert sky.earth.router.bookings.on(1) == []


def test_one_that_no_fragments_carry_has_no_route() -> None:
    """More than the whole plan carries has no route; a byte more than a window carries is a fragment more."""
    sky = FakeSky(windows(6))
    sky.open_all()
    assert predict(sky.earth.office, NANYOUNG, 60_000, 0).arrives is None
    fits = 7_500 - FRAGMENT_OVERHEAD_BYTES
    counts = [
        predict(sky.earth.office, NANYOUNG, size, 0).fragments for size in (fits, 2 * fits, 2 * fits + 1)
    ]
    assert counts == [1, 2, 3]


def test_what_is_too_large_is_told_to_be() -> None:
    """Where a smaller letter has a way, the size is the reason for silence; where none has, the plan."""
    sky = FakeSky(windows(6))
    sky.open_all()
    office = sky.earth.office
    silence = predict(office, NANYOUNG, 60_000, 0).silence
    assert silence is not None
    assert silence.cause is SilenceCause.TOO_LARGE
    why = why_late(office, NANYOUNG, 60_000, 0)
    assert why.silence == silence
    assert [sentence.text() for sentence in lateness.opening_sentences(why, NAMES)] == [
        CAUSES[SilenceCause.TOO_LARGE]
    ]
    assert "It is too large from Seoul to the base" in routes.refused(why.refusals[0], NAMES)[-1].text()
    after = predict(office, NANYOUNG, 60_000, 7 * HOUR).silence
    assert after is not None
    assert after.cause is SilenceCause.NO_ROUTE


@settings(deadline=None)
@given(st.integers(1, 45_000), st.sampled_from(list(Priority)))
def test_fragments_are_never_foreseen_sooner_than_a_smaller_letter(size: int, priority: Priority) -> None:
    """A larger letter never arrives sooner, cut or not, and asking leaves the bookings as they were."""
    sky = FakeSky(windows(7))
    sky.open_all()
    office = sky.earth.office
    larger, smaller = (predict(office, NANYOUNG, each, 0, priority) for each in (size + 1, size))
    assert larger.arrives is not None
    assert smaller.arrives is not None
    assert larger.arrives >= smaller.arrives
    assert larger.fragments >= smaller.fragments
    assert all(sky.earth.router.bookings.on(each) == [] for each in range(1, 8))


def test_a_large_letter_keeps_its_prediction_as_its_first_piece_leaves() -> None:
    """The first piece that leaves does not bring the arrival of the last forward."""
    sky = FakeSky(windows(6))
    sky.open_all()
    letter, requests = sky.earth.office.outbox.write(JAY, Draft(NANYOUNG, "x" * 20_000), 0)
    assert requests
    office = sky.earth.office
    foreseen = sent_of(sky, letter.id)
    assert (foreseen.dispatch.expected.fragments, foreseen.dispatch.expected.leaves) == (3, HOUR)
    office.accepted(
        letter_token(letter),
        BUNDLE,
        foreseen.dispatch.expected.leaves,
        foreseen.dispatch.expected.arrives,
        0,
    )
    office.departed(BUNDLE, MARS, HOUR, HOUR + MINUTE, HOUR + 11 * MINUTE, HOUR)
    sent = sent_of(sky, letter.id)
    assert sent.dispatch.state is DeliveryState.DEPARTED
    assert sent.dispatch.expected.arrives == foreseen.dispatch.expected.arrives
    assert sent.due is not None
    assert foreseen.dispatch.expected.arrives is not None
    assert sent.due > foreseen.dispatch.expected.arrives > 3 * HOUR
