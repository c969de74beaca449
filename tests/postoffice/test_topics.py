"""Topics, questions, copies, replacements, obsolete letters, stars: the same at both ends, in any order."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from tests.messages.helpers import JAY, MISSION, NANYOUNG, FakeNode, FakeSky

from starlight.dtntime import HOUR, MINUTE, SECOND
from starlight.errors import InputError
from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.conversation_order import thread_of
from starlight.messages.draft import Draft
from starlight.messages.format import encode_message
from starlight.messages.letter import Act, Letter
from starlight.messages.letter_view import LetterView
from starlight.messages.marks import Claim, LetterMarks
from starlight.messages.wire_values import Envelope

OTHER = {JAY: NANYOUNG, NANYOUNG: JAY}


@pytest.fixture
def sky() -> FakeSky:
    """Return a sky in which both have mailboxes."""
    made = FakeSky()
    made.open_all()
    return made


def node(sky: FakeSky, who: str) -> FakeNode:
    return sky.earth if who == JAY else sky.mars


def box(sky: FakeSky, who: str) -> Mailbox:
    return node(sky, who).office.mailbox(who)


def write(sky: FakeSky, who: str, text: str, **more: Any) -> str:
    """Write a letter to the other; return its id."""
    at = node(sky, who)
    letter, requests = at.office.outbox.write(who, Draft(OTHER[who], text, **more), sky.now)
    at.ask(requests)
    return letter.id


def view(sky: FakeSky, who: str, id: str) -> LetterView:
    return box(sky, who).letter_view(id, sky.now)


def shown(sky: FakeSky, who: str, topic: str | None = None) -> list[str]:
    """Return the texts of the letters that one of both sees."""
    return [letter.text for letter in box(sky, who).page(OTHER[who], topic=topic).letters]


def settle(sky: FakeSky) -> None:
    sky.run(sky.now + HOUR)


def test_a_topic_is_begun_named_and_answered_in(sky: FakeSky) -> None:
    """Both ends list it under its name with its letters alone, and an answer stays in it by itself."""
    first = write(sky, JAY, "What shall we plant?", topic_name="The garden")
    write(sky, JAY, "How did you sleep?")
    settle(sky)
    write(sky, NANYOUNG, "Ferns.", reply_to=first)
    settle(sky)
    for who in (JAY, NANYOUNG):
        (topic,) = box(sky, who).topics.all()
        assert (topic.name, topic.topic.letters, topic.topic.thread) == ("The garden", 2, first)
        assert shown(sky, who, first) == ["What shall we plant?", "Ferns."]
        assert shown(sky, who, "") == ["How did you sleep?"]
        assert view(sky, who, first).topic_name == "The garden"


def test_the_later_name_counts_at_both_ends(sky: FakeSky) -> None:
    """Two names that cross: both ends call the topic as the letter does that was written last."""
    first = write(sky, JAY, "Roof", topic_name="Roof")
    settle(sky)
    write(sky, JAY, "It leaks", topic=first, topic_name="The leak")
    sky.run(sky.now + MINUTE)
    write(sky, NANYOUNG, "Leaks here too", topic=first, topic_name="Both leaks")
    settle(sky)
    assert {box(sky, who).topics.name(first) for who in (JAY, NANYOUNG)} == {"Both leaks"}


def test_a_question_is_open_until_somebody_answers(sky: FakeSky) -> None:
    """A copy is no answer; a letter is, whichever comes first."""
    id = write(sky, JAY, "Do you have enough filters?", act="question")
    settle(sky)
    assert view(sky, NANYOUNG, id).open_question
    write(sky, NANYOUNG, "", act="copy", reply_to=id)
    settle(sky)
    assert view(sky, JAY, id).open_question
    write(sky, NANYOUNG, "Seven.", reply_to=id)
    settle(sky)
    assert not view(sky, JAY, id).open_question
    assert not view(sky, NANYOUNG, id).open_question


def test_a_copy_is_a_mark_and_no_letter(sky: FakeSky) -> None:
    """Read and understood stands at the letter that was copied, and nowhere else; nothing is unread."""
    id = write(sky, JAY, "Close valve 4 at noon.")
    settle(sky)
    write(sky, NANYOUNG, "", act="copy", reply_to=id)
    settle(sky)
    for who in (JAY, NANYOUNG):
        assert shown(sky, who) == ["Close valve 4 at noon."]
        assert [each.address for each in view(sky, who, id).copied_by] == [NANYOUNG]
    assert box(sky, JAY).unread() == []
    assert box(sky, JAY).conversations()[0].letters == 1


def test_only_whom_it_went_to_has_read_and_understood_a_letter(sky: FakeSky) -> None:
    """What a stranger, or its author, says of a letter of others counts nowhere, also where it came first."""
    id = write(sky, JAY, "Turn the valve.")
    sky.run(sky.now + HOUR)
    for number, (liar, about) in enumerate([(MISSION, id), (NANYOUNG, "e" * 32), (MISSION, "e" * 32)]):
        copy = Letter(
            id=f"{number:032x}", thread=thread_of(liar, JAY), sender=liar, to=JAY, written_at=sky.now,
            text="", act=Act.COPY, reply_to=about, format=2,
        )  # fmt: skip
        sky.earth.arrive(JAY, liar, encode_message(copy, Envelope(liar, JAY, sky.now)))
    late = Letter(
        id="e" * 32, thread=thread_of(NANYOUNG, JAY), sender=NANYOUNG, to=JAY, written_at=sky.now, text="Me.",
        format=2,
    )  # fmt: skip
    sky.earth.arrive(JAY, NANYOUNG, encode_message(late, Envelope(NANYOUNG, JAY, sky.now)))
    assert view(sky, JAY, id).copied_by == ()
    assert view(sky, JAY, "e" * 32).copied_by == ()
    write(sky, NANYOUNG, "", act="copy", reply_to=id)
    sky.run(sky.now + HOUR)
    assert [each.address for each in view(sky, JAY, id).copied_by] == [NANYOUNG]


def test_a_copy_that_comes_first_is_kept_for_its_letter(sky: FakeSky) -> None:
    """An act may overtake what it is about, and counts when that comes."""
    at = sky.earth
    usual = Letter(
        id="a" * 32, thread=f"{NANYOUNG}|{JAY}", sender=NANYOUNG, to=JAY, written_at=0, text="Late.",
        readers=(JAY, MISSION), format=2,
    )  # fmt: skip
    copy = replace(usual, id="b" * 32, text="", sender=MISSION, act=Act.COPY, reply_to="a" * 32)
    for letter in (copy, usual):
        at.arrive(JAY, letter.sender, encode_message(letter, Envelope(letter.sender, JAY, 0)))
    assert shown(sky, JAY) == ["Late."]
    assert [each.address for each in view(sky, JAY, "a" * 32).copied_by] == [MISSION]


def test_only_its_author_makes_a_letter_obsolete_or_replaces_it(sky: FakeSky) -> None:
    """What its author says of it counts, at both ends; what somebody else says does not."""
    id = write(sky, JAY, "Meet at nine.")
    settle(sky)
    with pytest.raises(InputError, match="was not written here") as refused:
        write(sky, NANYOUNG, "", act="obsolete", reply_to=id)
    assert refused.value.where == "act"
    forged = Letter(
        id="b" * 32, thread=f"{NANYOUNG}|{JAY}", sender=NANYOUNG, to=JAY, written_at=sky.now,
        act=Act.OBSOLETE, reply_to=id, format=2,
    )  # fmt: skip
    sky.earth.arrive(JAY, NANYOUNG, encode_message(forged, Envelope(NANYOUNG, JAY, sky.now)))
    assert not view(sky, JAY, id).obsolete
    write(sky, JAY, "", act="obsolete", reply_to=id)
    new = write(sky, JAY, "Meet at ten.", replaces=id)
    settle(sky)
    for who in (JAY, NANYOUNG):
        assert view(sky, who, id).obsolete
        assert view(sky, who, id).replaced_by == new
        assert view(sky, who, new).replaces == id
        former = view(sky, who, new).former
        assert former is not None
        assert (former.id, former.text) == (id, "Meet at nine.")
        assert view(sky, who, id).replaced_at == view(sky, who, new).written_at
        assert shown(sky, who) == ["Meet at nine.", "Meet at ten."], "what was read stays"


def test_a_replacement_stays_in_the_topic_and_may_be_taken_back(sky: FakeSky) -> None:
    """It belongs to the topic of what it replaces; withdrawn before it left, it replaces nothing."""
    id = write(sky, JAY, "Roof at nine.", topic_name="Roof")
    new = write(sky, JAY, "Roof at ten.", replaces=id)
    assert view(sky, JAY, new).topic == id
    assert view(sky, JAY, id).replaced_by == new
    at = node(sky, JAY)
    at.ask(at.office.outbox.withdraw(JAY, new, sky.now))
    assert view(sky, JAY, new).state == "withdrawn"
    assert view(sky, JAY, id).replaced_by is None


def test_nobody_copies_an_own_letter(sky: FakeSky) -> None:
    """ "Read and understood" is said of what another wrote; the error says so."""
    id = write(sky, JAY, "Meet at nine.")
    with pytest.raises(InputError, match="was written here"):
        write(sky, JAY, "", act="copy", reply_to=id)


def test_a_replacement_by_another_hand_is_not_believed(sky: FakeSky) -> None:
    """A neighbour who writes that it replaces our letter replaces nothing."""
    id = write(sky, JAY, "Meet at nine.")
    settle(sky)
    letter = Letter(
        id="c" * 32, thread="t", sender=NANYOUNG, to=JAY, written_at=sky.now, text="No", replaces=id, format=2
    )
    sky.earth.arrive(JAY, NANYOUNG, encode_message(letter, Envelope(NANYOUNG, JAY, sky.now)))
    assert view(sky, JAY, id).replaced_by is None
    assert view(sky, JAY, "c" * 32).replaces is None, "a letter like any other"
    new = write(sky, JAY, "Meet at ten.", replaces=id)
    late = replace(letter, id="e" * 32, written_at=sky.now + HOUR)
    sky.earth.arrive(JAY, NANYOUNG, encode_message(late, Envelope(NANYOUNG, JAY, sky.now)))
    assert view(sky, JAY, id).replaced_by == new, "a later claim by another hand hides the author's no more"


def test_claims_that_come_before_their_letter_are_bounded_and_the_authors_counts(sky: FakeSky) -> None:
    """Each author's latest claim is kept, of so many authors, until it is known whose the letter is."""
    marks = LetterMarks()
    for number in range(100):
        marks = marks.with_claim(Claim(f"ipn:{number}.1", f"{number}", 5), 64)
    assert len(marks.claims()) == 64
    marks = marks.with_claim(Claim("ipn:3.1", "older", 4), 64).with_claim(Claim("ipn:4.1", "newer", 6), 64)
    assert marks.replacement("ipn:3.1") == "3"
    assert marks.replacement("ipn:4.1") == "newer"
    assert marks.replacement("ipn:99.1") is None


def test_stars_and_reminders_are_kept(sky: FakeSky) -> None:
    """A restart forgets neither a star, nor a reminder, nor a topic, nor a mark."""
    id = write(sky, JAY, "Anniversary", topic_name="Us")
    settle(sky)
    write(sky, NANYOUNG, "", act="copy", reply_to=id)
    settle(sky)
    at = sky.earth
    at.ask([*box(sky, JAY).index.mark(id, starred=True), box(sky, JAY).marks.remind(id, sky.now + HOUR)])
    before = view(sky, JAY, id)
    at.restart()
    assert view(sky, JAY, id) == before
    assert before.starred
    assert before.remind_at == sky.now + HOUR
    assert [entry.id for entry in at.office.mailbox(JAY).index.marked("starred")] == [id]


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"act": "copy"}, "reply_to"),
        ({"act": "shout"}, "act"),
        ({"topic": "d" * 32}, "topic"),
        ({"replaces": "d" * 32}, "replaces"),
        ({"topic_name": "x" * 10_000}, "thread_name"),
    ],
)
def test_what_can_not_be_is_told(sky: FakeSky, more: dict[str, Any], where: str) -> None:
    """A copy of nothing, an unknown act, topic or letter, a name of 10 000 characters: each is named."""
    with pytest.raises(InputError) as caught:
        write(sky, JAY, "Words", **more)
    assert caught.value.where == where


def test_an_announcement_is_kept_above_until_it_is_read(sky: FakeSky) -> None:
    """Its reader has it above all else until it is read, over a restart, too; its author has not."""
    first = write(sky, JAY, "Water at ten.", act="announcement")
    settle(sky)
    second = write(sky, JAY, "Water at noon.", act="announcement")
    write(sky, JAY, "Hello.")
    settle(sky)
    assert box(sky, JAY).announcements.unread() == []
    assert box(sky, NANYOUNG).announcements.unread() == [second, first]
    sky.mars.restart()
    sky.read(20, NANYOUNG, second)
    assert box(sky, NANYOUNG).announcements.unread() == [first]


def test_who_announces_without_end_displaces_nobody_else(sky: FakeSky) -> None:
    """Of one author the latest eight are kept in mind; each stays a letter."""
    settle(sky)
    for number, author in [(0, "ipn:30.1"), *((number, NANYOUNG) for number in range(1, 30))]:
        letter = Letter(
            id=f"{number:032x}",
            thread="t",
            sender=author,
            to=JAY,
            written_at=(number + 1) * SECOND,
            text="Hear",
            act=Act.ANNOUNCEMENT,
            format=2,
        )
        sky.earth.arrive(JAY, author, encode_message(letter, Envelope(author, JAY, 0)))
    kept = box(sky, JAY).announcements.unread()
    assert kept == [*(f"{number:032x}" for number in range(29, 21, -1)), "0" * 32]
