"""Letters between two worlds: states, receipts, duplicates, restarts."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from tests.messages.contents import arrival_of, conversations_of, letters_of, received_of, whole
from tests.messages.helpers import (
    CREW,
    EARTH,
    FATHER,
    JAY,
    LIGHT,
    MARS,
    MISSION,
    NANYOUNG,
    FakeSky,
    both_ways,
    contact,
    predict,
)

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, MILLISECOND, SECOND, YEAR
from starlight.errors import InputError
from starlight.mailboxes.mailbox import MailboxLimits
from starlight.messages.doubt import Trouble, TroubleCode
from starlight.messages.draft import Draft
from starlight.messages.first_format import encode_first
from starlight.messages.format import decode_message
from starlight.messages.letter import Letter, Receipt, ReceiptFact
from starlight.messages.wire_values import Envelope
from starlight.node.application import Submit
from starlight.postoffice.postoffice import PostOffice


@pytest.fixture
def sky() -> FakeSky:
    sky = FakeSky()
    sky.open_all()
    return sky


def facts_of(post: Submit) -> tuple[ReceiptFact, ...]:
    """Return what the receipt says that is posted."""
    message = decode_message(post.payload, Envelope(post.source, post.destination, YEAR))
    assert isinstance(message, Receipt)
    return message.facts


def test_a_letter_goes_through_its_states(sky: FakeSky) -> None:
    """Written, queued, departed, in flight, arrived, read: predicted until a receipt confirms it."""
    sky.run(5 * SECOND)
    id = sky.write(EARTH, JAY, NANYOUNG, "Can you hear me?")
    assert sky.state(EARTH, JAY, id) == ("queued", "confirmed")
    sky.run(5 * SECOND)
    assert sky.state(EARTH, JAY, id) == ("in_flight", "predicted")
    sent = sky.earth.office.mailbox(JAY).outgoing.course(id)
    assert sent.dispatch.confirmed.departed_at == 5 * SECOND
    assert sent.dispatch.expected.arrives is not None
    sky.run(sent.dispatch.expected.arrives - 1)
    assert sky.state(EARTH, JAY, id) == ("in_flight", "predicted")
    assert id not in received_of(sky.mars.office.mailbox(NANYOUNG))
    sky.run(sent.dispatch.expected.arrives)
    assert sky.state(EARTH, JAY, id) == ("arrived", "predicted")
    assert sky.state(MARS, NANYOUNG, id) == ("arrived", "confirmed")
    assert arrival_of(sky.mars.office.mailbox(NANYOUNG), id).arrived_at == sent.dispatch.first.arrives
    sky.run(sent.dispatch.expected.arrives + LIGHT)
    assert sky.state(EARTH, JAY, id) == ("arrived", "predicted")
    sky.run(sent.dispatch.expected.arrives + LIGHT + SECOND)
    assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")
    sky.read(MARS, NANYOUNG, id)
    assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")
    sky.run(sky.now + LIGHT + SECOND)
    assert sky.state(EARTH, JAY, id) == ("read", "confirmed")
    facts = sky.earth.office.mailbox(JAY).letter_view(id, sky.now).facts
    assert [fact.state for fact in facts] == ["written", "queued", "departed", "arrived", "read"]
    assert facts[3].time == sent.dispatch.expected.arrives // MILLISECOND * MILLISECOND
    assert facts[3].known_at is not None
    assert facts[3].known_at >= sent.dispatch.expected.arrives + LIGHT


def test_receipts_get_no_receipts(sky: FakeSky) -> None:
    """No receipts for receipts: after both, nobody says any more."""
    id = sky.write(EARTH, JAY, NANYOUNG, "one")
    sky.run(HOUR)
    sky.read(MARS, NANYOUNG, id)
    sky.run(YEAR)
    assert len(sky.earth.posts) == 1
    arrived_at = arrival_of(sky.mars.office.mailbox(NANYOUNG), id).arrived_at // MILLISECOND * MILLISECOND
    first, second = sky.mars.posts
    assert decode_message(first.payload, Envelope(NANYOUNG, JAY, arrived_at)) == Receipt(
        (ReceiptFact(id, "arrived", arrived_at),), format=2
    )
    assert decode_message(second.payload, Envelope(NANYOUNG, JAY, HOUR)) == Receipt(
        (ReceiptFact(id, "read", HOUR),), format=2
    )


def test_withdrawn_before_departure() -> None:
    """A letter can be withdrawn before departure, and only then."""
    plan = ContactPlan.of([contact(1, EARTH, MARS, HOUR, DAY), contact(2, MARS, EARTH, HOUR, DAY)])
    sky = FakeSky(plan)
    sky.open_all()
    first = sky.write(EARTH, JAY, NANYOUNG, "no")
    second = sky.write(EARTH, JAY, NANYOUNG, "yes")
    assert sky.earth.office.mailbox(JAY).letter_view(first, 0).withdrawable is True
    sky.earth.ask(sky.earth.office.outbox.withdraw(JAY, first, sky.now))
    assert sky.state(EARTH, JAY, first) == ("withdrawn", "confirmed")
    sky.run(2 * HOUR)
    with pytest.raises(InputError, match="it left at 2000-01-01T01:00:00Z"):
        sky.earth.office.outbox.withdraw(JAY, second, sky.now)
    with pytest.raises(InputError, match="withdrawn"):
        sky.earth.office.outbox.withdraw(JAY, first, sky.now)
    assert list(received_of(sky.mars.office.mailbox(NANYOUNG))) == [second]
    assert letters_of(sky.earth.office.mailbox(JAY))[first].text == "no"


def test_withdrawal_that_comes_too_late(sky: FakeSky) -> None:
    """What has left is in flight: the node's refusal is told and the letter goes on."""
    id = sky.write(EARTH, JAY, NANYOUNG, "gone")
    recalls = sky.earth.office.outbox.withdraw(JAY, id, sky.now)
    sky.run(sky.now)
    sky.earth.ask(recalls)
    assert sky.state(EARTH, JAY, id) == ("in_flight", "predicted")
    assert sky.earth.office.mailbox(JAY).outgoing.course(id).dispatch.trouble == Trouble(
        TroubleCode.NOT_WITHDRAWN
    )


def test_the_inbox_waits_for_whoever_opens_it() -> None:
    """Letters to an unclaimed address wait for whoever claims it and are there in order."""
    sky = FakeSky()
    sky.earth.ask(sky.earth.office.mailboxes.open(FATHER, "Father", 0))
    ids = []
    for week in range(30):
        sky.run(week * 7 * DAY)
        ids.append(sky.write(EARTH, FATHER, NANYOUNG, f"week {week}"))
    sky.run(24 * YEAR)
    sky.mars.ask(sky.mars.office.mailboxes.open(NANYOUNG, "Nan-young", sky.now))
    mailbox = sky.mars.office.mailbox(NANYOUNG)
    assert [letter.id for letter in mailbox.inbox()] == ids
    assert mailbox.unread() == ids


def test_an_inbox_of_decades_answers_with_a_handful_of_receipts() -> None:
    """Receipts that fall due in one instant for one correspondent go in one bundle of at most 256."""
    sky = FakeSky()
    sky.earth.ask(sky.earth.office.mailboxes.open(FATHER, "Father", 0))
    ids = [sky.write(EARTH, FATHER, NANYOUNG, f"letter {n}") for n in range(600)]
    sky.run(10 * 365 * DAY)
    assert (
        sum(sky.earth.office.mailbox(FATHER).outgoing.course(id).dispatch.attempts.resends for id in ids)
        == 600 * 3
    )
    sky.mars.posts.clear()
    sky.mars.ask(sky.mars.office.mailboxes.open(NANYOUNG, "Nan-young", sky.now))
    sky.run(sky.now)
    assert [len(facts_of(post)) for post in sky.mars.posts] == [256, 256, 88]
    sky.run(sky.now + HOUR)
    assert {sky.state(EARTH, FATHER, id) for id in ids} == {("arrived", "confirmed")}


def test_one_way_letters_stay_predicted() -> None:
    """Where no way back exists a letter says so, gets no receipt, is never resent, stays predicted."""
    sky = FakeSky(ContactPlan.of([contact(1, EARTH, MARS, 0, 60 * YEAR)]))
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "from the mountain")
    assert letters_of(sky.earth.office.mailbox(JAY))[id].receipt_wanted is False
    sky.run(30 * YEAR)
    sky.read(MARS, NANYOUNG, id)
    sky.run(40 * YEAR)
    assert sky.mars.posts == []
    assert len(sky.earth.posts) == 1
    assert sky.state(EARTH, JAY, id) == ("arrived", "predicted")
    sky.mars.restart()
    sky.run(41 * YEAR)
    assert sky.mars.posts == []


def test_duplicates_are_shown_once_even_after_a_restart(sky: FakeSky) -> None:
    """Every mailbox removes duplicates by letter id, and tells again what its sender missed."""
    id = sky.write(EARTH, JAY, NANYOUNG, "twice")
    payload = sky.earth.posts[0].payload
    sky.run(HOUR)
    sky.read(MARS, NANYOUNG, id)
    sky.run(2 * HOUR)
    sky.mars.restart()
    sky.mars.posts.clear()
    sky.mars.arrive(NANYOUNG, JAY, payload)
    sky.run(3 * HOUR)
    mailbox = sky.mars.office.mailbox(NANYOUNG)
    assert [letter.id for letter in mailbox.inbox()] == [id]
    assert arrival_of(mailbox, id).read_at == HOUR
    (post,) = sky.mars.posts
    assert [fact.what for fact in facts_of(post)] == ["arrived", "read"]
    assert len([record for record in sky.mars.trace if record.kind == "letter.arrived"]) == 1


def test_letters_between_two_mailboxes_of_one_node(sky: FakeSky) -> None:
    """Letters between mailboxes of the same node go the same way and are confirmed at once."""
    sky.earth.ask(sky.earth.office.mailboxes.open(CREW, "Hong", 0))
    id = sky.write(EARTH, JAY, CREW, "next door")
    sky.run(sky.now)
    assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")
    sky.read(EARTH, CREW, id)
    sky.run(sky.now)
    assert sky.state(EARTH, JAY, id) == ("read", "confirmed")
    assert predict(sky.earth.office, CREW, "and again", sky.now).arrives == sky.now


def test_a_letter_to_oneself(sky: FakeSky) -> None:
    """A diary works: one letter, written and received in one mailbox, shown once."""
    id = sky.write(EARTH, JAY, JAY, "remember")
    sky.run(sky.now)
    mailbox = sky.earth.office.mailbox(JAY)
    assert [letter.id for letter in conversations_of(mailbox)[JAY]] == [id]
    assert mailbox.unread() == [id]
    view = mailbox.letter_view(id, sky.now)
    assert (view.mine, view.unread) == (True, True)
    (conversation,) = mailbox.conversations()
    assert (conversation.letters, conversation.unread) == (1, 1)


def test_a_restart_at_every_moment_changes_nothing() -> None:
    """Everything is durable: with both nodes restarted after each step the outcome is the same."""

    def story(restart: bool) -> list[tuple[object, ...]]:
        sky = FakeSky()
        sky.open_all()
        for step in range(40):
            if step % 7 == 0:
                sky.write(EARTH, JAY, NANYOUNG, f"letter {step}")
            if step % 11 == 3:
                sky.write(MARS, NANYOUNG, JAY, f"answer {step}")
            for id in sky.mars.office.mailbox(NANYOUNG).unread()[: step % 2]:
                sky.read(MARS, NANYOUNG, id)
            sky.run(sky.now + 400 * SECOND)
            if restart:
                sky.earth.restart()
                sky.mars.restart()
        sky.run(sky.now + DAY)
        offices = (sky.earth.office.mailbox(JAY), sky.mars.office.mailbox(NANYOUNG))
        return [whole(mailbox, sky.now) for mailbox in offices]

    assert story(True) == story(False)


def test_an_id_is_drawn_and_not_guessed(sky: FakeSky) -> None:
    """An id is 16 random bytes, handed in: neither address, time nor number of letters is in it."""
    ids = [sky.write(EARTH, JAY, NANYOUNG, "same words") for _ in range(3)]
    sky.earth.restart()
    ids.append(sky.write(EARTH, JAY, NANYOUNG, "same words"))
    random = Random(EARTH)
    assert ids == [f"{JAY}/{random.randbytes(16).hex()}" for _ in range(4)]


def test_a_prediction_draws_nothing(sky: FakeSky) -> None:
    """Who looks when a letter would arrive does not change what is written."""
    before = sky.earth.random.getstate()
    sky.earth.office.forecasts.predict(JAY, Draft(NANYOUNG, "when?"), 0)
    sky.earth.office.forecasts.why_late(JAY, Draft(NANYOUNG, "why?"), 0)
    assert sky.earth.random.getstate() == before


def test_what_the_node_refuses_is_offered_again(sky: FakeSky) -> None:
    """A letter that a full node refuses is kept, and offered again after 1, 2, 4, ... hours."""
    sky.refuse = lambda post: "the store is full"
    id = sky.write(EARTH, JAY, NANYOUNG, "patience")
    assert sky.state(EARTH, JAY, id) == ("written", "confirmed")
    sky.run(2 * HOUR)
    assert sky.earth.office.mailbox(JAY).outgoing.course(id).dispatch.attempts.tries == 2
    sky.earth.restart()
    sky.refuse = lambda post: ""
    sky.run(3 * HOUR)
    sky.run(sky.now + HOUR)
    assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")
    assert sky.earth.office.mailbox(JAY).outgoing.course(id).dispatch.trouble is None


def test_a_refused_letter_can_be_withdrawn(sky: FakeSky) -> None:
    """What no bundle carries is withdrawn at once."""
    sky.refuse = lambda post: "the store is full"
    id = sky.write(EARTH, JAY, NANYOUNG, "never mind")
    sky.earth.ask(sky.earth.office.outbox.withdraw(JAY, id, sky.now))
    assert sky.state(EARTH, JAY, id) == ("withdrawn", "confirmed")
    assert sky.earth.office.next_wakeup() is None


def test_refused_receipts_are_owed_again(sky: FakeSky) -> None:
    """A receipt that a full node refuses is posted again, even across a restart."""
    id = sky.write(EARTH, JAY, NANYOUNG, "one")
    sky.refuse = lambda post: "the store is full" if post.source == NANYOUNG else ""
    sky.run(LIGHT + SECOND)
    assert sky.mars.office.next_wakeup() is not None
    sky.mars.restart()
    sky.run(2 * HOUR)
    sky.refuse = lambda post: ""
    sky.run(4 * HOUR)
    assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")


def test_a_letter_that_outlives_its_worth_expires() -> None:
    """A letter that waits for a way beyond its lifetime expires, and its text stays here."""
    sky = FakeSky(ContactPlan())
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "today only", lifetime=DAY)
    sky.run(DAY)
    (key,) = sky.earth.queued
    sky.earth.expire(key, "lifetime expired")
    assert sky.state(EARTH, JAY, id) == ("expired", "confirmed")
    assert letters_of(sky.earth.office.mailbox(JAY))[id].text == "today only"


def test_a_letter_deleted_before_its_time_is_offered_again() -> None:
    """A bundle that the node deletes while the letter is worth carrying is posted again."""
    sky = FakeSky(ContactPlan())
    sky.open_all()
    id = sky.write(EARTH, JAY, NANYOUNG, "again")
    (key,) = sky.earth.queued
    sky.earth.expire(key, "depleted storage")
    sky.run(2 * HOUR)
    assert len(sky.earth.posts) == 2
    assert sky.state(EARTH, JAY, id) == ("queued", "confirmed")


def test_receipts_of_strangers_are_not_believed(sky: FakeSky) -> None:
    """Only the one whom a letter went to can confirm it, and nothing about the future."""
    id = sky.write(EARTH, JAY, NANYOUNG, "mine")
    sky.run(SECOND)
    forged = encode_first(Receipt((ReceiptFact(id, "read", 5 * YEAR), ReceiptFact("ipn:1.1/0/1", "read", 0))))
    sky.earth.arrive(JAY, MISSION, forged)
    assert sky.state(EARTH, JAY, id) == ("in_flight", "predicted")
    sky.earth.arrive(JAY, NANYOUNG, forged)
    assert sky.earth.office.mailbox(JAY).outgoing.course(id).read_at == SECOND


def test_letters_in_another_name_are_refused(sky: FakeSky) -> None:
    """A letter's sender is its bundle's source, its address the mailbox, and nobody is dtn:none."""
    for sender, to, source in (
        (JAY, NANYOUNG, MISSION),
        (JAY, MISSION, JAY),
        ("dtn:none", NANYOUNG, "dtn:none"),
        ("imc:1.1", NANYOUNG, "imc:1.1"),
    ):
        letter = Letter(id=f"{sender}/0/1", thread="t", sender=sender, to=to, written_at=0, text="x")
        sky.mars.arrive(NANYOUNG, source, encode_first(letter))
    assert received_of(sky.mars.office.mailbox(NANYOUNG)) == {}
    assert [r.kind for r in sky.mars.trace if r.kind != "mailbox.opened"] == ["message.refused"] * 4
    assert sky.mars.posts == []


def test_an_id_is_not_taken_by_another_letter(sky: FakeSky) -> None:
    """A letter in one's own name does not replace one that was written."""
    id = sky.write(EARTH, JAY, JAY, "mine")
    letter = Letter(id=id, thread="t", sender=JAY, to=JAY, written_at=0, text="forged")
    sky.earth.arrive(JAY, JAY, encode_first(letter))
    assert [each.text for each in letters_of(sky.earth.office.mailbox(JAY)).values()] == ["mine"]


def test_an_older_save_never_overtakes_a_newer_one(sky: FakeSky) -> None:
    """A receipt that says both, while a copy waits, leaves the store as the memory is."""
    sky.lose = lambda post: True
    id = sky.write(EARTH, JAY, NANYOUNG, "both")
    sky.run(SECOND)
    due = sky.earth.office.mailbox(JAY).outgoing.course(id).due
    assert due is not None
    sky.run(due - 1)
    sky.set_plan(both_ways(due + HOUR))
    sky.run(due)
    facts = (ReceiptFact(id, "arrived", LIGHT), ReceiptFact(id, "read", LIGHT))
    sky.earth.arrive(JAY, NANYOUNG, encode_first(Receipt(facts)))
    before = sky.earth.office.mailbox(JAY).outgoing.course(id)
    assert [copy.gone for copy in before.copies] == [False, True]
    sky.earth.restart()
    assert sky.earth.office.mailbox(JAY).outgoing.course(id) == before


def test_a_full_mailbox_refuses_and_confirms_nothing() -> None:
    """Everything has a limit: without room there is no receipt, so the sender keeps it and resends."""
    sky = FakeSky()
    sky.mars.office = PostOffice(sky.mars.engine.forecaster, MailboxLimits(letters=1, mailboxes=1))
    sky.open_all()
    first = sky.write(EARTH, JAY, NANYOUNG, "fits")
    second = sky.write(EARTH, JAY, NANYOUNG, "does not")
    sky.run(HOUR)
    assert sky.state(EARTH, JAY, first) == ("arrived", "confirmed")
    assert sky.state(EARTH, JAY, second) == ("arrived", "predicted")
    with pytest.raises(InputError, match="full"):
        sky.mars.office.outbox.write(NANYOUNG, Draft(JAY, "x"), sky.now)
    with pytest.raises(InputError, match="at most 1 mailboxes"):
        sky.mars.office.mailboxes.open(MISSION, "Mission", sky.now)


def test_status_reports_count_as_knowledge(sky: FakeSky) -> None:
    """A node without letters of ours that reports a delivery confirms the arrival."""
    id = sky.write(EARTH, JAY, "ipn:20.99", "to a machine")
    sky.run(HOUR)
    (key,) = [copy.key for copy in sky.earth.office.mailbox(JAY).outgoing.course(id).copies]
    sky.earth.ask(sky.earth.office.reported(key, "ipn:99.0", "delivered", LIGHT, 0, sky.now))
    assert sky.state(EARTH, JAY, id) == ("arrived", "predicted")
    sky.earth.ask(sky.earth.office.reported(key, "ipn:20.0", "received", LIGHT, 0, sky.now))
    sky.earth.ask(sky.earth.office.reported(key, "ipn:20.0", "delivered", LIGHT, 0, sky.now))
    assert sky.state(EARTH, JAY, id) == ("arrived", "confirmed")
    assert sky.earth.office.reported("unknown", "ipn:20.0", "delivered", 0, 0, sky.now) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"text": "  "}, "empty"),
        ({"text": "x" * 1_000_001}, "1000001 bytes"),
        ({"text": "\ud800"}, "UTF-8"),
        ({"to": "mars"}, "mars"),
        ({"to": "dtn:none"}, "nobody"),
        ({"address": CREW}, "nobody has opened"),
        ({"reply_to": "ipn:20.1/0/9"}, "to answer"),
        ({"lifetime": 0}, "lifetime"),
        ({"lifetime": 200 * YEAR}, "lifetime"),
        ({"thread": "t" * 400}, "thread"),
    ],
)
def test_what_cannot_be_written(sky: FakeSky, wrong: dict[str, Any], words: str) -> None:
    """A wrong input names the value, and leaves nothing behind."""
    given: dict[str, Any] = {"address": JAY, "to": NANYOUNG, "text": "hello"} | wrong
    with pytest.raises(InputError, match=words):
        sky.write(EARTH, **given)
    assert letters_of(sky.earth.office.mailbox(JAY)) == {}


def test_addresses_are_of_the_node(sky: FakeSky) -> None:
    """A mailbox opens only at an address of its node, and is one however it is written."""
    with pytest.raises(InputError, match="not an address of node 7"):
        sky.earth.office.mailboxes.open(NANYOUNG, "Jay", 0)
    sky.earth.ask(sky.earth.office.mailboxes.open("ipn:0.7.1", "Jay", 0))
    assert [mailbox.address for mailbox in sky.earth.office.mailboxes.values()] == [JAY]
    office = PostOffice(sky.earth.engine.forecaster, node_numbers={"seoul": EARTH})
    office.mailboxes.open("dtn://seoul/jay", "Jay", 0)
    with pytest.raises(InputError, match="not an address"):
        office.mailboxes.open("dtn://yeoju/jay", "Jay", 0)


def test_a_closed_mailbox_waits_again(sky: FakeSky) -> None:
    """A closed address takes nothing; opened again, what came meanwhile is delivered."""
    sky.mars.ask(sky.mars.office.mailboxes.close(NANYOUNG, 0))
    id = sky.write(EARTH, JAY, NANYOUNG, "are you there?")
    sky.run(HOUR)
    sky.mars.restart()
    assert received_of(sky.mars.office.mailbox(NANYOUNG)) == {}
    sky.mars.ask(sky.mars.office.mailboxes.open(NANYOUNG, "Nan-young", sky.now))
    assert sky.mars.office.mailbox(NANYOUNG).unread() == [id]
    assert sky.mars.office.mailbox(NANYOUNG).opened_at == 0


@pytest.mark.parametrize(
    ("key", "data"),
    [
        ("index/x", b"\x00"),
        ("index/x", b"\xc1"),
        ("mailbox", b""),
        ("telemetry/x/ipn:1.1", b"\x80"),
        ("telemetry/1/ipn:1.1", b"\xc1"),
    ],
)
def test_a_record_that_is_something_else_is_set_aside(sky: FakeSky, key: str, data: bytes) -> None:
    """A node starts on records that are none of ours: they are set aside, and all else is there."""
    id = sky.write(EARTH, JAY, NANYOUNG, "remember")
    sky.earth.saves[JAY, key] = data
    sky.earth.restart()
    assert list(sky.earth.aside) == [(JAY, key)]
    assert list(letters_of(sky.earth.office.mailbox(JAY))) == [id]
    sky.earth.restart()
    assert list(sky.earth.aside) == [(JAY, key)]


@pytest.mark.parametrize(
    ("key", "data"),
    [
        ("letter/x", b"\x00"),
        ("letter/x", b"\x92\x02\xc1"),
        ("sent/x", b"\x80"),
        ("received/x", b"\xc1"),
    ],
)
def test_a_damaged_record_of_a_letter_is_set_aside(sky: FakeSky, key: str, data: bytes) -> None:
    """A letter that can't be read is not there; one of which only its course can't be read is still shown."""
    id = sky.write(EARTH, JAY, JAY, "remember")
    other = sky.write(EARTH, JAY, JAY, "and this")
    sky.run(0)
    for each in (id, other):
        sky.read(EARTH, JAY, each)
    sky.run(0)  # So nothing is open any more, and nothing is read at the start.
    sky.earth.saves[JAY, key.replace("x", id)] = data
    sky.earth.restart()
    mailbox = sky.earth.office.mailbox(JAY)
    page = [letter.id for letter in mailbox.page(JAY).letters]  # of one moment, in the order of their ids
    if key == "letter/x":
        assert page == [other]
        with pytest.raises(InputError, match="no letter"):
            mailbox.letter_view(id, 0)
        expected = {f"{kind}/{id}" for kind in ("letter", "sent", "received", "index")}
    else:
        assert page == sorted([id, other])
        assert mailbox.letter_view(id, 0).mine
        expected = {key.replace("x", id)}
    assert mailbox.letter_view(other, 0).state.value == "read"
    assert sky.earth.office.next_wakeup() == 0
    sky.run(0)
    assert {key for _, key in sky.earth.aside} == expected
    assert sum(each.letters for each in mailbox.conversations()) == len(page)
    assert sky.earth.office.next_wakeup() is None


def test_a_letter_that_was_set_aside_may_come_again(sky: FakeSky) -> None:
    """Its sender sends it again, perhaps, as if nothing had come; then it is here as a new one."""
    id = sky.write(EARTH, JAY, NANYOUNG, "hello")
    sky.run(HOUR)
    sky.mars.saves[NANYOUNG, f"letter/{id}"] = b""
    sky.mars.restart()
    mailbox = sky.mars.office.mailbox(NANYOUNG)
    assert mailbox.page(JAY).letters == []
    letter = sky.earth.office.mailbox(JAY).letter(id)
    assert letter is not None
    sky.mars.arrive(NANYOUNG, JAY, encode_first(letter))
    assert mailbox.unread() == [id]
    assert mailbox.page(JAY).letters == [letter]


def test_what_the_node_tells_of_a_letter_that_was_set_aside_disturbs_nothing(sky: FakeSky) -> None:
    """A departure, a receipt, a timer and a new plan find no letter any more, and go by it."""
    id = sky.write(EARTH, JAY, NANYOUNG, "hello")
    (key,) = [copy.key for copy in sky.earth.office.mailbox(JAY).outgoing.course(id).copies]
    sky.earth.saves[JAY, f"letter/{id}"] = b""
    sky.earth.restart()
    office = sky.earth.office
    assert office.mailbox(JAY).letter(id) is None
    assert office.departed(key, MARS, 1, 1, 2, 1) == []
    assert office.expired(key, "the store is full", 1) == []
    receipt = encode_first(Receipt((ReceiptFact(id, "arrived", 5),)))
    sky.earth.arrive(JAY, NANYOUNG, receipt)
    office.plan_changed(0)
    assert office.mailbox(JAY).outgoing.open() == []


def test_a_record_of_an_unknown_kind_is_set_aside(sky: FakeSky) -> None:
    """What nobody here knows disturbs nothing."""
    sky.earth.saves[JAY, "other/x"] = b"?"
    sky.earth.restart()
    assert sky.earth.office.mailbox(JAY).person == "Jay"
    assert list(sky.earth.aside) == [(JAY, "other/x")]


def test_the_same_story_gives_the_same_requests() -> None:
    """What is drawn is handed in: two runs make the same posts, saves and traces, byte for byte."""

    def story() -> tuple[list[Submit], dict[tuple[str, str], bytes], list[str]]:
        sky = FakeSky()
        sky.open_all()
        for n in range(20):
            sky.write(EARTH, JAY, NANYOUNG, f"letter {n}")
            sky.run(sky.now + 100 * SECOND)
        sky.run(DAY)
        return sky.earth.posts, sky.mars.saves, [record.line() for record in sky.earth.trace]

    assert story() == story()
