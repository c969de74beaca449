"""Distress calls between two post offices: raised, repeated, heard once, acknowledged, ended."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise, permutations

import pytest
from msgspec.structs import replace
from tests.messages.contents import letters_of
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
    unit,
)

from starlight.contacts.plan import ContactPlan
from starlight.dtntime import DAY, HOUR, MINUTE, SECOND
from starlight.errors import DiskFullError, InputError
from starlight.live.distress_service import DistressService
from starlight.live.open_office import OpenOffice
from starlight.mailboxes.distress_calls import DistressCalls
from starlight.mailboxes.mailbox import Mailbox, MailboxLimits
from starlight.messages.conversation_order import thread_of
from starlight.messages.delivery import DeliveryState
from starlight.messages.distress import (
    COPIES_A_DAY,
    HEARD_MAX,
    TEXT_MAX_BYTES,
    HeardCall,
    OwnCall,
    heard,
    to_tell,
)
from starlight.messages.draft import Draft
from starlight.messages.first_format import encode_first
from starlight.messages.format import encode_message
from starlight.messages.letter import Distress, DistressState, Letter, Reading
from starlight.messages.wire_values import Envelope
from starlight.node.application import Submit
from starlight.postoffice.letter_dispatches import COPIES_KEPT

WORDS = "I am in the cave below the pit."


def sky_of(plan: ContactPlan | None = None) -> FakeSky:
    """Return a sky in which two people have mailboxes on each world."""
    sky = FakeSky(plan)
    for number, address in ((EARTH, JAY), (EARTH, CREW), (MARS, NANYOUNG), (MARS, MISSION)):
        at = sky.nodes[number]
        at.ask(at.office.mailboxes.open(address, address, 0))
    return sky


def box(sky: FakeSky, address: str) -> Mailbox:
    number = EARTH if address.startswith(f"ipn:{EARTH}.") else MARS
    return sky.nodes[number].office.mailbox(address)


def calls(sky: FakeSky, text: str = WORDS, to: tuple[str, ...] = (JAY, CREW)) -> OwnCall:
    """Let Nan-young raise a call."""
    own, requests = sky.mars.office.distress.raise_call(NANYOUNG, text, to, sky.now)
    sky.mars.ask(requests)
    return own


def cancels(sky: FakeSky, text: str = "") -> None:
    sky.mars.ask(sky.mars.office.distress.cancel(NANYOUNG, text, sky.now)[1])


def acknowledges(sky: FakeSky, call: OwnCall, who: str = JAY, text: str = "") -> None:
    office = sky.earth.office
    sky.earth.ask(office.distress.acknowledge(who, NANYOUNG, call.call, text, sky.now)[1])


def answer(sky: FakeSky, call: OwnCall, who: str) -> None:
    """Let somebody of either world acknowledge Nan-young's call."""
    node = sky.earth if who.startswith(f"ipn:{EARTH}.") else sky.mars
    node.ask(node.office.distress.acknowledge(who, NANYOUNG, call.call, "", sky.now)[1])


def letters_about(sky: FakeSky) -> list[Letter]:
    """Return the letters of Nan-young's mailbox that are about calls."""
    return [each for each in letters_of(box(sky, NANYOUNG)).values() if each.distress is not None]


def own(sky: FakeSky) -> OwnCall:
    found = box(sky, NANYOUNG).calls.own
    assert found is not None
    return found


def told(sky: FakeSky, address: str) -> list[HeardCall]:
    return to_tell(box(sky, address).calls.heard, address)


def posts_of_call(sky: FakeSky) -> list[Submit]:
    return [post for post in sky.mars.posts if post.token.startswith("letter/")]


def test_a_call_goes_to_everybody_as_one_critical_letter_each() -> None:
    """Each of those called gets one letter, critical and expedited, with the words, and is told of it."""
    sky = sky_of(both_ways())
    raised = calls(sky)
    assert [(post.destination, post.critical, post.priority) for post in posts_of_call(sky)] == [
        (JAY, True, 2),
        (CREW, True, 2),
    ]
    sky.run(LIGHT + MINUTE)
    for address in (JAY, CREW):
        (call,) = told(sky, address)
        letter = box(sky, address).letter(call.letter)
        assert letter is not None
        assert letter.text == WORDS
        assert letter.thread == raised.call
        assert (call.caller, call.raised_at, call.state) == (NANYOUNG, raised.raised_at, DistressState.RAISED)


def test_one_call_a_person_at_a_time() -> None:
    """Raised again while it stands, it is the same call, and nothing more is posted; afterwards another."""
    sky = sky_of(both_ways())
    first = calls(sky)
    posted = len(sky.mars.posts)
    assert calls(sky, "again").call == first.call
    assert len(sky.mars.posts) == posted
    sky.run(MINUTE)
    cancels(sky)
    sky.run(2 * MINUTE)
    assert calls(sky, "once more").call != first.call


def test_a_call_that_cannot_be_raised_says_why_and_keeps_nothing() -> None:
    """Too many words, nobody and too many people are refused with the limit; no call stands then."""
    sky = sky_of(both_ways())
    desk = sky.mars.office.distress
    with pytest.raises(InputError, match="1001 bytes"):
        desk.raise_call(NANYOUNG, "x" * (TEXT_MAX_BYTES + 1), (JAY,), 0)
    with pytest.raises(InputError, match="0 people to call"):
        desk.raise_call(NANYOUNG, "", (NANYOUNG,), 0)
    with pytest.raises(InputError, match="65 people to call"):
        desk.raise_call(NANYOUNG, "", [f"ipn:9.{each}" for each in range(1, 66)], 0)
    with pytest.raises(InputError, match="no call for help was raised"):
        desk.cancel(NANYOUNG, "", 0)
    assert box(sky, NANYOUNG).calls.own is None


def test_a_call_is_repeated_until_a_person_acknowledges_it() -> None:
    """While nothing comes back it is posted again each five minutes; with the answer that ends."""
    sky = sky_of(ContactPlan.of([contact(1, MARS, EARTH, 0, 10**19)]))  # no way back
    raised = calls(sky, to=(JAY,))
    sky.run(21 * MINUTE)
    assert len(posts_of_call(sky)) == 5
    assert own(sky).repeats == 4
    sky.set_plan(both_ways())
    acknowledges(sky, raised)
    sky.run(40 * MINUTE)
    assert own(sky).state is DistressState.ACKNOWLEDGED
    posted = len(sky.mars.posts)
    sky.run(DAY)
    assert len(sky.mars.posts) == posted


def test_copies_are_the_same_letter_to_who_gets_them() -> None:
    """However many come, there is one letter, one call, and the count of copies."""
    sky = sky_of(ContactPlan.of([contact(1, MARS, EARTH, 0, 10**19)]))
    calls(sky, to=(JAY,))
    sky.run(40 * MINUTE)
    (call,) = told(sky, JAY)
    assert call.copies > 3
    assert box(sky, JAY).index.letters() == 1


def test_copies_are_bounded_in_a_day_whoever_raises_and_cancels() -> None:
    """In any 24 hours there are at most twenty rounds of copies, also over several calls."""
    sky = sky_of(ContactPlan.of([contact(1, MARS, EARTH, 0, 10**19)]))
    calls(sky, to=(JAY,))
    sky.run(3 * DAY)
    assert COPIES_A_DAY < own(sky).repeats <= 3 * COPIES_A_DAY
    before = own(sky).repeats
    cancels(sky)
    calls(sky, "again", to=(JAY,))
    sky.run(3 * DAY + 30 * MINUTE)
    assert own(sky).repeats <= 1 < before


def test_no_copies_pile_up_where_no_contact_is_near() -> None:
    """What waits for a window of tomorrow is there once; repeats begin when it has left."""
    sky = sky_of(ContactPlan.of([contact(1, MARS, EARTH, DAY, 2 * DAY)]))
    calls(sky, to=(JAY,))
    sky.run(DAY - SECOND)
    assert len(posts_of_call(sky)) == 1
    sky.run(DAY + HOUR)
    assert len(posts_of_call(sky)) > 1


def test_a_receipt_ends_nothing() -> None:
    """That a letter of the call is there is known; copies go on until a person has answered."""
    sky = sky_of(both_ways())
    raised = calls(sky, to=(JAY,))
    sky.run(30 * MINUTE)
    written = box(sky, NANYOUNG).outgoing.written(raised.letters[0].letter)
    assert written is not None
    assert written[1].dispatch.state is DeliveryState.ARRIVED
    posted = len(posts_of_call(sky))
    assert posted >= 5
    sky.run(DAY)
    assert posted < len(posts_of_call(sky)) <= COPIES_A_DAY
    gaps = [later - before for before, later in pairwise(own(sky).copies)]
    assert min(gaps) >= 5 * MINUTE
    assert box(sky, JAY).index.letters() == 1
    acknowledges(sky, raised)
    sky.run(sky.now + HOUR)
    posted = len(posts_of_call(sky))
    sky.run(sky.now + 2 * DAY)
    assert len(posts_of_call(sky)) == posted


def test_a_call_that_nobody_answers_is_repeated_as_long_as_it_stands() -> None:
    """After a week it is still repeated, and what is kept of its copies has a bound."""
    sky = sky_of(both_ways())
    raised = calls(sky, to=(JAY,))
    sky.run(6 * DAY)
    before = own(sky).repeats
    sky.run(7 * DAY)
    assert before + 10 <= own(sky).repeats <= before + COPIES_A_DAY
    sent = box(sky, NANYOUNG).sent(raised.letters[0].letter)
    assert sent is not None
    assert len(sent.copies) == COPIES_KEPT


def test_the_first_answer_ends_the_repeating_to_all_whom_it_has_reached() -> None:
    """Somebody acts then: the copies that have not left are taken back, and the others' pages still tell."""
    sky = sky_of(both_ways())
    raised = calls(sky)
    sky.run(LIGHT + MINUTE)
    acknowledges(sky, raised, JAY)
    sky.run(sky.now + LIGHT + MINUTE)
    assert own(sky).state is DistressState.ACKNOWLEDGED
    posted = len(posts_of_call(sky))
    sky.run(sky.now + DAY)
    assert len(posts_of_call(sky)) == posted
    assert told(sky, CREW)


def test_an_answer_ends_it_for_who_answered_and_others_see_who() -> None:
    """One person answers: for the others at that node it goes on, with by whom, until they know or answer."""
    sky = sky_of(both_ways())
    raised = calls(sky)
    sky.run(LIGHT + MINUTE)
    with pytest.raises(InputError, match="nobody here has answered"):
        sky.earth.office.distress.dismiss(CREW, NANYOUNG, raised.call)
    acknowledges(sky, raised, JAY, "We hear you.")
    at = sky.now
    assert told(sky, JAY) == []
    (quiet,) = told(sky, CREW)
    assert quiet.acknowledged is not None
    assert quiet.acknowledged.by == JAY
    acknowledges(sky, raised, JAY)  # asked again, it is the same
    sky.run(at + LIGHT + MINUTE)
    word = own(sky).acknowledged
    assert word is not None
    assert (word.by, word.at) == (JAY, at)
    assert word.known_at >= at + LIGHT
    answers = [box(sky, NANYOUNG).letter(each) for each in box(sky, NANYOUNG).unread()]
    assert [(each.text, each.critical) for each in answers if each] == [("We hear you.", True)]
    sky.earth.ask(sky.earth.office.distress.dismiss(CREW, NANYOUNG, raised.call))
    assert told(sky, CREW) == []
    sky.earth.restart()
    assert told(sky, CREW) == []


def test_its_author_knows_of_each_who_has_answered() -> None:
    """The first to answer stays the first; who answers after is known as well, each once."""
    sky = sky_of(both_ways())
    raised = calls(sky)
    sky.run(LIGHT + MINUTE)
    acknowledges(sky, raised, CREW)
    acknowledges(sky, raised, JAY, "I am here too.")
    sky.run(HOUR)
    known = own(sky)
    assert known.acknowledged is not None
    assert known.acknowledged.by == CREW
    assert [each.by for each in known.answers] == [CREW, JAY]
    assert known.answer_of(FATHER) is None


def test_a_flood_of_calls_of_made_up_people_drowns_none_of_those_one_knows() -> None:
    """A neighbour makes up ten times as many callers as are remembered: the call of a friend stays told."""
    sky = sky_of(both_ways())
    sky.mars.ask(sky.mars.office.outbox.write(NANYOUNG, Draft(JAY, "Hello"), 0)[1])
    sky.run(LIGHT + MINUTE)
    for letter in box(sky, JAY).unread():
        sky.earth.ask(sky.earth.office.inbox.mark_read(JAY, letter, sky.now))
    raised = calls(sky, to=(JAY,))
    sky.run(sky.now + LIGHT + MINUTE)
    known = box(sky, JAY).calls.heard
    for number in range(10 * HEARD_MAX):
        liar = f"ipn:666.{number + 1}"
        flood = Letter(
            id=f"{liar}/1",
            thread="ab" * 16,
            sender=liar,
            to=JAY,
            written_at=sky.now + DAY,
            text="",
            distress=Distress(),
        )
        known = heard(known, flood, sky.now + number, JAY, lambda caller: caller == NANYOUNG)
    assert len(known) == HEARD_MAX
    assert raised.call in [each.call for each in to_tell(known, JAY) if each.caller == NANYOUNG]


def test_what_is_due_is_asked_of_the_calls_that_stand_alone() -> None:
    """With 10 000 mailboxes of which one calls, a step of the engine looks at that one alone."""
    sky = sky_of(both_ways())
    calls(sky)
    looked: list[str] = []

    class Counted(DistressCalls):
        @property
        def own(self) -> OwnCall | None:
            looked.append(self._address)
            return super().own

    office = sky.mars.office
    for number in range(1_000, 11_000):
        address = f"ipn:{MARS}.{number}"
        office.mailboxes._mailboxes[address] = Mailbox(address, MailboxLimits(), office.mailboxes.records)
    for each in office.mailboxes.values():
        each.calls.__class__ = Counted
    assert office.distress.next_wakeup() == own(sky).raised_at + 5 * MINUTE
    assert office.distress.handle_timer(sky.now) == []
    assert set(looked) == {NANYOUNG}
    assert len(looked) < 10


@pytest.mark.parametrize("who", [JAY, MISSION])
def test_whoever_answers_is_told_to_all_at_other_nodes(who: str) -> None:
    """With the first answer the author's node writes to each at another node than whoever answered, once."""
    sky = sky_of(both_ways())
    raised = calls(sky, to=(JAY, CREW, MISSION))
    sky.run(sky.now + HOUR)
    answer(sky, raised, who)
    at = sky.now
    sky.run(sky.now + HOUR)
    others = {JAY: [MISSION], MISSION: [JAY, CREW]}[who]
    beside = [each for each in (JAY, CREW, MISSION) if each != who]
    assert not told(sky, who)
    for each in beside:
        (call,) = told(sky, each)
        assert call.acknowledged is not None
        assert (call.acknowledged.by, call.acknowledged.at) == (who, at)
    news = [each for each in letters_about(sky) if each.distress is not None and each.distress.by]
    assert sorted(each.to for each in news) == sorted(others)
    assert not own(sky).untold
    # What is told quietly can be closed, or answered as well; nobody hears of the second answer.
    answer(sky, raised, others[0])
    sky.run(sky.now + HOUR)
    assert len(
        [each for each in letters_about(sky) if each.distress is not None and each.distress.by]
    ) == len(others)


def test_that_somebody_has_answered_is_told_after_a_restart_too() -> None:
    """The author's node owes it until it has written it, whatever befalls it in between."""
    sky = sky_of(both_ways())
    raised = calls(sky, to=(JAY, MISSION))
    sky.run(sky.now + HOUR)
    answer(sky, raised, MISSION)
    desk = sky.mars.office.distress
    assert desk.next_wakeup() == own(sky).answers[0].known_at
    sky.mars.restart()
    sky.run(sky.now + HOUR)
    (call,) = told(sky, JAY)
    assert call.acknowledged is not None
    assert call.acknowledged.by == MISSION


def test_a_call_that_ended_first_is_told_as_ended() -> None:
    """Where its author ends it in the moment in which the answer comes, the end alone is told."""
    sky = sky_of(both_ways())
    raised = calls(sky, to=(JAY, MISSION))
    sky.run(sky.now + HOUR)
    answer(sky, raised, MISSION)
    cancels(sky)
    sky.run(sky.now + HOUR)
    assert not told(sky, JAY)
    assert not [each for each in letters_about(sky) if each.distress is not None and each.distress.by]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_who_has_answered_may_come_in_any_order_and_again(order: tuple[int, ...]) -> None:
    """Before the call, after it or twice: the call is told with whoever was the first to be told of."""
    call, news, again = (
        Letter(
            id=digit * 32, thread="c" * 32, sender=NANYOUNG, to=JAY, written_at=SECOND, text="", format=2,
            distress=distress,
        )
        for digit, distress in (
            ("1", Distress()),
            ("2", Distress(DistressState.ACKNOWLEDGED, by=MISSION, by_at=7)),
            ("3", Distress(DistressState.ACKNOWLEDGED, by=CREW, by_at=9)),
        )
    )  # fmt: skip
    known: tuple[HeardCall, ...] = ()
    for place in order:
        known = heard(known, (call, news, again)[place], MINUTE, JAY)
    (kept,) = to_tell(known, JAY)
    first = min((1, 2), key=order.index)
    assert kept.letter == call.id
    assert kept.acknowledged is not None
    assert (kept.acknowledged.by, kept.acknowledged.at) == {1: (MISSION, 7), 2: (CREW, 9)}[first]


@pytest.mark.parametrize(("liar", "by"), [(CREW, MISSION), (NANYOUNG, JAY), (NANYOUNG, "")])
def test_nobody_but_its_author_says_who_has_answered(liar: str, by: str) -> None:
    """Another's word, and the word that one has answered oneself, quiet no call."""
    call = Letter(
        id="1" * 32, thread="c" * 32, sender=NANYOUNG, to=JAY, written_at=SECOND, text="", format=2,
        distress=Distress(),
    )  # fmt: skip
    known = heard((), call, MINUTE, JAY)
    lie = replace(call, id="2" * 32, sender=liar, distress=Distress(DistressState.ACKNOWLEDGED, by=by))
    (kept,) = to_tell(heard(known, lie, MINUTE, JAY), JAY)
    assert kept.acknowledged is None


def test_an_answer_that_names_somebody_is_none() -> None:
    """Who got the call can't say that somebody else has answered it: each answers in their own name."""
    sky = sky_of(both_ways())
    raised = calls(sky, to=(JAY, MISSION))
    sky.run(sky.now + HOUR)
    lie = Letter(
        id="5" * 32, thread=raised.call, sender=JAY, to=NANYOUNG, written_at=sky.now, text="", format=2,
        reply_to=raised.letter_to(JAY), distress=Distress(DistressState.ACKNOWLEDGED, by=MISSION),
    )  # fmt: skip
    sky.mars.arrive(NANYOUNG, JAY, encode_message(lie, Envelope(JAY, NANYOUNG, sky.now)))
    assert own(sky).state is DistressState.RAISED


def test_a_letter_of_the_call_that_comes_after_the_answer_tells_by_whom() -> None:
    """To whom at the node it comes later, it is told with who has answered already."""
    sky = sky_of(both_ways())
    raised = calls(sky, to=(JAY, FATHER))
    sky.run(LIGHT + MINUTE)
    acknowledges(sky, raised)
    sky.earth.ask(sky.earth.office.mailboxes.open(FATHER, "Father", sky.now))
    sky.run(sky.now + MINUTE)
    (call,) = told(sky, FATHER)
    assert call.acknowledged is not None
    assert call.acknowledged.by == JAY


def test_the_end_of_a_call_may_come_before_the_call() -> None:
    """Whatever the order in which raising and cancelling come, it ends up cancelled, and nobody is told."""
    sky = sky_of(ContactPlan.of([]))
    raised = calls(sky, to=(JAY,))
    cancels(sky, "I am out.")
    first, last = posts_of_call(sky)
    for order in ((first, last), (last, first), (last, first, last, first)):
        earth = sky_of(ContactPlan.of([]))
        for number, post in enumerate(order):
            deliver(earth, post, number)
        (call,) = box(earth, JAY).calls.heard
        assert (call.call, call.state) == (raised.call, DistressState.CANCELLED)
        assert told(earth, JAY) == []


def deliver(sky: FakeSky, post: Submit, number: int, source: str = NANYOUNG) -> None:
    """Deliver what was posted to an office on Earth, in a bundle of its own."""
    sky.earth.ask(
        sky.earth.office.delivered(unit(JAY, source, post.payload, 0, post.priority), sky.now + number)
    )


def test_an_acknowledgement_may_come_after_the_end_and_counts_for_the_caller() -> None:
    """A call that its author ended stays ended; the word that it was heard is kept beside."""
    sky = sky_of(both_ways())
    raised = calls(sky, to=(JAY,))
    sky.run(LIGHT + MINUTE)
    acknowledges(sky, raised)
    cancels(sky)
    sky.run(HOUR)
    assert own(sky).state is DistressState.CANCELLED
    assert own(sky).acknowledged is not None
    assert box(sky, JAY).calls.heard[0].state is DistressState.CANCELLED


def test_what_is_over_is_not_acknowledged() -> None:
    """A call that its author has ended by now can't be acknowledged; the error says when it ended."""
    sky = sky_of(both_ways())
    raised = calls(sky, to=(JAY,))
    cancels(sky)
    sky.run(LIGHT + MINUTE)
    with pytest.raises(InputError, match="the call is over: its author ended it at 2000-01-01"):
        acknowledges(sky, raised)


def test_who_has_no_business_with_a_call_changes_nothing() -> None:
    """Neither the answer of a stranger, nor one about another letter, nor another's cancelling counts."""
    sky = sky_of(both_ways())
    raised = calls(sky, to=(JAY,))
    sky.run(LIGHT + MINUTE)
    office, letter = sky.earth.office, told(sky, JAY)[0].letter
    for who, about, state in (
        (CREW, None, DistressState.ACKNOWLEDGED),
        (JAY, None, DistressState.ACKNOWLEDGED),
        (CREW, None, DistressState.CANCELLED),
    ):
        _, requests = office.outbox.write(
            who, Draft(NANYOUNG, "x", about), sky.now, thread=raised.call, distress=Distress(state)
        )
        sky.earth.ask(requests)
    sky.run(HOUR)
    assert own(sky).state is DistressState.RAISED
    assert own(sky).acknowledged is None
    assert told(sky, JAY)[0].letter == letter
    with pytest.raises(InputError, match="no call"):
        office.distress.acknowledge(CREW, NANYOUNG, raised.call, "", sky.now)


def test_calls_survive_a_restart_at_both_ends() -> None:
    """After a start of both nodes the call still stands, is repeated, is told, and can be acknowledged."""
    sky = sky_of(ContactPlan.of([contact(1, MARS, EARTH, 0, 10**19)]))
    raised = calls(sky, to=(JAY,))
    sky.run(LIGHT + MINUTE)
    repeats = own(sky).repeats
    for node in (sky.earth, sky.mars):
        node.restart()
    assert own(sky).call == raised.call
    (call,) = told(sky, JAY)
    assert call.call == raised.call
    sky.run(HOUR)
    assert own(sky).repeats > repeats
    sky.set_plan(both_ways())
    acknowledges(sky, raised)
    sky.run(2 * HOUR)
    sky.mars.restart()
    assert own(sky).state is DistressState.ACKNOWLEDGED


def test_place_and_oxygen_go_with_it_by_the_last_telemetry() -> None:
    """What the person's suit told last is in the letter, with its age; other readings are not."""
    sky = sky_of(both_ways())
    suit = f"ipn:{MARS}.9"
    sky.mars.ask(sky.mars.office.mailboxes.open(suit, "Suit", 0))
    readings: dict[str, Reading] = {"oxygen_percent": 19.5, "oxygen_left_min": 130, "finding": "basalt"}
    requests = sky.mars.office.outbox.send_telemetry(
        suit, [MISSION], 0, kind="suit", position=(-6.5, 239.5), readings=readings
    )
    sky.mars.ask(requests)
    sky.run(MINUTE)
    _, requests = sky.mars.office.distress.raise_call(NANYOUNG, "", (JAY,), sky.now, vehicle=suit)
    sky.mars.ask(requests)
    sky.run(LIGHT + 2 * MINUTE)
    letter = box(sky, JAY).letter(told(sky, JAY)[0].letter)
    assert letter is not None
    assert letter.distress is not None
    assert letter.distress.position == (-6.5, 239.5)
    assert letter.distress.readings == {"oxygen_percent": 19.5, "oxygen_left_min": 130, "age_s": 60}
    assert letter.text == ""


def test_whose_software_knows_no_calls_gets_the_words() -> None:
    """To an earlier Starlight it goes as an urgent letter that says in words what it is."""
    sky = sky_of(both_ways())
    id = f"{JAY}/1/1"
    first = Letter(
        id=id, thread=thread_of(JAY, NANYOUNG), sender=JAY, to=NANYOUNG, written_at=0, text="Hello"
    )
    sky.mars.arrive(NANYOUNG, JAY, encode_first(first))
    raised = calls(sky, to=(JAY,))
    letter = box(sky, NANYOUNG).letter(raised.letters[0].letter)
    assert letter is not None
    assert letter.distress is None
    assert letter.text == f"DISTRESS. I need help. {WORDS}"
    (post,) = posts_of_call(sky)
    assert (post.critical, post.priority) == (True, 2)


def test_a_wrong_clock_of_the_caller_hides_no_call() -> None:
    """A call was raised by a clock a year ahead and is over; one raised with the right time is told."""
    ahead = Letter(
        id=f"{NANYOUNG}/1", thread="aa" * 16, sender=NANYOUNG, to=JAY, written_at=365 * DAY, text=""
    )
    known = heard((), replace(ahead, distress=Distress()), HOUR, JAY)
    over = replace(ahead, id=f"{NANYOUNG}/2", distress=Distress(DistressState.CANCELLED))
    known = heard(known, over, 2 * HOUR, JAY)
    assert to_tell(known, JAY) == []
    right = replace(ahead, id=f"{NANYOUNG}/3", thread="bb" * 16, written_at=3 * HOUR, distress=Distress())
    known = heard(known, right, 4 * HOUR, JAY)
    assert [each.call for each in to_tell(known, JAY)] == ["bb" * 16]


def test_a_full_disk_says_so_and_nothing_is_half_raised() -> None:
    """Without room no call stands, nothing is asked of the node, and it can be raised once there is room."""
    sky, asked, is_full = sky_of(both_ways()), list[object](), [True]

    def require(size: int) -> None:
        if is_full[0]:
            raise DiskFullError("the disk is full. Nothing of it is kept")

    async def carry_out(requests: Sequence[object], now: int) -> None:
        asked.extend(requests)

    service = DistressService(OpenOffice(sky.mars.office, lambda: sky.now, carry_out), require)
    with pytest.raises(DiskFullError, match="Nothing of it is kept"):
        asyncio.run(service.call(NANYOUNG, WORDS, (JAY,), ""))
    assert service.own(NANYOUNG) is None
    assert asked == []
    assert sky.mars.office.distress.next_wakeup() is None
    is_full[0] = False
    assert asyncio.run(service.call(NANYOUNG, WORDS, (JAY,), "")).state is DistressState.RAISED
    assert asked
