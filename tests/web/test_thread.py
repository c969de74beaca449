"""The letters of a conversation as the page lays them out, and how their times are told."""

from __future__ import annotations

import asyncio

import msgspec
from tests.web.fake_backend import LIGHT, START, FakeBackend
from tests.web.test_values import clock_at

from starlight.dtntime import DAY, HOUR, MINUTE, SECOND
from starlight.messages.crossed import with_crossings
from starlight.messages.draft import Draft
from starlight.messages.former import FormerView
from starlight.views.mailbox import MailboxView, Recipient
from starlight.web import localtime
from starlight.web.page import Look, PageView, next_moment
from starlight.web.thread import called, thread


async def two_days(backend: FakeBackend) -> MailboxView:
    """Return Jay's mailbox with a question of yesterday and Nan-young's answer of today, unread."""
    await backend.write("jay", Draft("ipn:21.1", "How deep is the pit?"))
    backend.now += DAY
    question = backend.kept[0].id
    await backend.write("nan-young", Draft("ipn:7.1", "x" * 2000, reply_to=question))
    backend.now += HOUR
    return await backend.mailbox("jay")


def test_days_stand_between_letters() -> None:
    """A line stands where the reader's day changes, with the other world's day and time beside it."""
    backend = FakeBackend()
    mailbox = asyncio.run(two_days(backend))
    first, second = thread(mailbox, asyncio.run(backend.clock()), "mars", None)
    assert first.day is not None
    assert first.day.words == "Sunday 2 April"
    assert first.day.there.startswith("Sol 60, ")
    assert second.day is not None
    assert second.day.words == "Monday 3 April, today"


def test_an_answer_is_shown_with_what_it_answers() -> None:
    """An answer quotes what it answers, and leads there only where that is among the letters shown."""
    backend = FakeBackend()
    whole = asyncio.run(two_days(backend))
    latest = asyncio.run(backend.mailbox("jay", limit=1))
    answer = latest.letters[0]
    assert answer.answers is not None
    gone = msgspec.structs.replace(answer, answers=msgspec.structs.replace(answer.answers, here=False))
    people, status = asyncio.run(backend.people()), asyncio.run(backend.status("jay"))
    led, kept, missing = (
        PageView(people, mailbox, status).part("letters")
        for mailbox in (whole, latest, msgspec.structs.replace(latest, letters=(gone,)))
    )
    quote = '<b><bdi>You</bdi></b><span class="words">How deep is the pit?</span>'
    assert f"{quote}</a>" in led
    assert f"{quote}</p>" in kept
    assert quote not in missing
    assert "Answers a letter that is not here" in missing


def test_the_line_of_what_is_new_stays_where_it_was() -> None:
    """It stands before the first unread letter and stays there when that is read while the page is open."""
    backend = FakeBackend()
    mailbox = asyncio.run(two_days(backend))
    clock, new = asyncio.run(backend.clock()), mailbox.letters[1].id
    assert [each.is_first_new for each in thread(mailbox, clock, None, None)] == [False, True]
    asyncio.run(backend.mark_read("jay", new))
    mailbox = asyncio.run(backend.mailbox("jay"))
    assert [each.is_first_new for each in thread(mailbox, clock, None, new)] == [False, True]
    assert [each.is_first_new for each in thread(mailbox, clock, None, None)] == [False, False]


def test_long_letters_are_folded() -> None:
    """A letter longer than a phone shows is folded, by its characters or its lines; a short one is not."""
    backend = FakeBackend()
    mailbox = asyncio.run(two_days(backend))
    asyncio.run(backend.write("jay", Draft("ipn:21.1", "line\n" * 20)))
    mailbox = asyncio.run(backend.mailbox("jay"))
    clock = asyncio.run(backend.clock())
    assert [each.is_long for each in thread(mailbox, clock, None, None)] == [False, True, True]


def test_a_letter_in_flight_is_as_far_as_its_time() -> None:
    """Its line of light is done by the true fraction of the time, and there is none before it leaves."""
    backend = FakeBackend()
    asyncio.run(backend.write("jay", Draft("ipn:21.1", "Hi")))

    def transit() -> float | None:
        (shown,) = thread(asyncio.run(backend.mailbox("jay")), asyncio.run(backend.clock()), None, None)
        return shown.transit.done if shown.transit else None

    assert transit() is None
    backend.now += 2 * MINUTE + LIGHT // 4
    assert transit() == 0.25
    backend.now += LIGHT
    assert transit() is None


def test_letters_that_crossed_say_so() -> None:
    """An own letter that was on its way when another was written is named there, until one has read it."""
    backend = FakeBackend()
    asyncio.run(backend.write("jay", Draft("ipn:21.1", "Are you well?")))
    backend.now += 10 * MINUTE
    asyncio.run(backend.write("nan-young", Draft("ipn:7.1", "I am well.")))
    backend.now += HOUR
    asyncio.run(backend.write("nan-young", Draft("ipn:7.1", "As I said.")))
    backend.now += HOUR
    mailbox, clock = asyncio.run(backend.mailbox("jay")), asyncio.run(backend.clock())
    asked, crossing, later = thread(mailbox, clock, "mars", None)
    assert (asked.crossed, crossing.crossed, later.crossed) == (None, asked.letter, None)
    people, status = asyncio.run(backend.people()), asyncio.run(backend.status("jay"))
    assert "Crossed with <a" in PageView(people, mailbox, status).part("letters")
    assert crossing.letter.crossed_with == asked.letter.id, "as its JSON twin says"
    read = msgspec.structs.replace(crossing.letter, seen=(asked.letter.id,), crossed_with=None)
    known = msgspec.structs.replace(mailbox, letters=with_crossings((asked.letter, read)))
    assert [each.crossed for each in thread(known, clock, "mars", None)] == [None, None]


def test_equal_names_are_told_apart() -> None:
    """Of two people of one name the place says who is meant, and the address where that is one as well."""
    people = [
        Recipient("ipn:1.1", "Kim", "Control", "earth"),
        Recipient("ipn:2.1", "Kim", "Habitat", "mars"),
        Recipient("ipn:2.2", "Lee", "Habitat", "mars"),
        Recipient("ipn:2.3", "Lee", "Habitat", "mars"),
        Recipient("ipn:3.1", "Park", "Habitat", "mars"),
    ]
    assert list(called(people).values()) == [
        "Kim, Control",
        "Kim, Habitat",
        "Lee, ipn:2.2",
        "Lee, ipn:2.3",
        "Park",
    ]


def test_what_is_predicted_is_rounded_up() -> None:
    """The minute that is told of a prediction is never over before it, on both worlds."""
    clock = clock_at(START)
    for world in ("earth", "mars"):
        for at in (START, START + 1, START + 59 * SECOND, START + HOUR + 7):
            shown = localtime.up_to_minute(clock, world, at)
            assert at <= shown + 1000
            assert shown - at < 62 * SECOND
            assert localtime.reading(clock, world, shown).seconds == "00"
    assert localtime.up_to_minute(clock, "earth", START) == START


def test_the_next_day_begins_at_midnight() -> None:
    """On both worlds it begins where the clock reads 00:00."""
    clock = clock_at(START)
    for world in ("earth", "mars"):
        begins = localtime.next_day(clock, world)
        assert START < begins <= START + 25 * HOUR
        assert localtime.reading(clock, world, begins + 1000).time == "00:00"


def test_how_long_there_is_yet() -> None:
    """The time that is left is rounded up, and in seconds where minutes would hide it."""
    told = {
        0: "now",
        -SECOND: "now",
        1: "in 1 s",
        119 * SECOND: "in 119 s",
        121 * SECOND: "in 3 min",
        59 * MINUTE: "in 59 min",
        HOUR: "in 1 h 00 min",
        3 * HOUR + 61 * SECOND: "in 3 h 02 min",
        3 * DAY + 1: "in 3 d 1 h",
    }
    assert {left: localtime.until_words(left) for left in told} == told


def test_what_others_announced_and_reminders_stand_above_the_letters() -> None:
    """The latest few announcements are there until they are read, the rest is counted; markup is text."""
    backend = FakeBackend()
    asyncio.run(backend.write("nan-young", Draft("ipn:7.1", "All <b>clear</b>", act="announcement")))
    backend.now += HOUR
    mailbox, people = asyncio.run(backend.mailbox("jay")), asyncio.run(backend.people())
    status = asyncio.run(backend.status("jay"))
    (letter,) = mailbox.letters
    assert " hidden id=" in " ".join(PageView(people, mailbox, status).part("announcements").split())
    mailbox = msgspec.structs.replace(
        mailbox, announcements=(letter,), more_announcements=2, reminders_due=1, next_reminder=backend.now + 5
    )
    told = PageView(people, mailbox, status)
    part = told.part("announcements")
    for words in ("All &lt;b&gt;clear", "2 more announcements", "1 reminder is due", "Mark as read"):
        assert words in part, words
    assert "All &lt;b&gt;clear" in told.part("conversations")
    assert next_moment(mailbox, status) == backend.now + 5


def test_an_own_letter_is_replaced_from_the_page() -> None:
    """The composer begins with its words and says in whose place the new one will stand."""
    backend = FakeBackend()
    own = asyncio.run(backend.write("jay", Draft("ipn:21.1", "Meet at <nine>")))
    mailbox, people = asyncio.run(backend.mailbox("jay")), asyncio.run(backend.people())
    status, orbits = asyncio.run(backend.status("jay")), asyncio.run(backend.orbits())
    page = PageView(people, mailbox, status, Look(replacing=own.id)).page(orbits, None)
    assert f'name="replaces" id="replaces" value="{own.id}"' in page
    assert ">Meet at &lt;nine&gt;</textarea>" in page
    done = msgspec.structs.replace(own, replaced_by="n", replaced_at=own.written_at)
    former = FormerView(own.id, own.written_at, "Meet at *nine*")
    new = msgspec.structs.replace(own, id="n", text="Meet at ten", replaces=own.id, former=former)
    mailbox = msgspec.structs.replace(mailbox, letters=(done, new))
    page = PageView(people, mailbox, status, Look(replacing=own.id)).page(orbits, None)
    assert 'id="replaces" value=""' in page
    assert "Replaced on" in page
    assert "Meet at <em>nine</em>" in page
    assert page.count("Replace the letter of") == 1, "only the one in its place can be replaced again"
