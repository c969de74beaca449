"""The values and words behind the page, without a server."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from tests.web.fake_backend import LIGHT, SOL_S, START, FakeBackend
from tests.words.letter_states import CONFIRMED, QUEUED, letter

from starlight.dtntime import DAY, HOUR, MINUTE, SECOND, from_text
from starlight.messages.doubt import Doubt, DoubtCode
from starlight.messages.draft import Draft
from starlight.messages.forecast import Prediction
from starlight.messages.letter_view import LetterView
from starlight.messages.urgency import Priority
from starlight.node.forecast import ForecastDoubt, ForecastDoubtCode
from starlight.views.forecasts import LatenessView, PredictionView, prediction_view
from starlight.views.mailbox import MailboxView, Recipient
from starlight.views.sky import CivilFace, Clock, CountedFace
from starlight.web import localtime, wire
from starlight.web.page import PageView, next_moment
from starlight.web.reader import Reader
from starlight.words.sentence import Moment, fill


def clock_at(now: int) -> Clock:
    zero = from_text("2051-01-30T03:10:00Z")
    return Clock(
        now,
        1.0,
        {
            "earth": CivilFace("Earth", "Seoul", "KST", 32_400),
            "mars": CountedFace("Mars", "Arsia Mons", "LMST", "Sol", zero, SOL_S),
        },
    )


def test_readings_of_both_clocks() -> None:
    """A moment reads as civil time in Seoul and as local mean solar time with sol on Mars."""
    clock = clock_at(START)
    seoul = localtime.reading(clock, "earth", from_text("2051-12-31T15:00:09Z"))
    assert (seoul.day, seoul.year, seoul.time, seoul.seconds) == ("1 Jan", "2052", "00:00", "09")
    mars = clock.worlds["mars"]
    assert isinstance(mars, CountedFace)
    noon = mars.day_zero + round(61.5 * SOL_S * SECOND)
    assert localtime.reading(clock, "mars", noon).day == "Sol 61"
    assert localtime.reading(clock, "mars", noon + 1).time == "12:00"
    before = localtime.reading(clock, "mars", mars.day_zero - SECOND)
    assert (before.day, before.time) == ("Sol −1", "23:59")


def test_a_moment_is_as_short_as_it_can_be() -> None:
    """Today's moments are a time alone, this year's have a day, others a year."""
    clock = clock_at(START)
    assert localtime.when(clock, "earth", START + HOUR) == "15:21"
    assert localtime.when(clock, "earth", START + DAY) == "3 Apr, 14:21"
    assert localtime.when(clock, "earth", from_text("2026-05-01T00:00Z")) == "1 May 2026, 09:00"
    assert localtime.when(clock, "mars", START + 3 * DAY).startswith("Sol 63, ")


def test_times_in_sentences_are_told_by_the_wall() -> None:
    """A contact that ends with the last year has a time; a name that looks like one stays as it is."""
    backend = FakeBackend()
    reader = Reader(asyncio.run(backend.people())[0], asyncio.run(backend.clock()))
    site, never = "Site 2051-02-03T05:00:00Z <b>", Moment(from_text("9999-12-31T23:59:59Z"))
    sentences = (
        fill("At {here} it ends at {never}.", here=site, never=never),
        fill("It leaves at {leaves}.", leaves=Moment(from_text("2051-04-02T05:23:00Z"))),
    )
    page = reader.lateness(LatenessView(START, 5, sentences))
    assert "Site 2051-02-03T05:00:00Z &lt;b&gt; it ends at" in page
    assert '<time datetime="9999-12-31T23:59:59.000Z"' in page
    assert ">31 Dec 9999, 23:59:59</time>" in page
    assert ">14:23:00</time>" in page


def test_a_note_of_a_letter_is_told_by_the_wall() -> None:
    """A doubt is a code: the page tells its moment by the reader's clock, and JSON leaves the code out."""
    view = letter(QUEUED, CONFIRMED, doubtful=Doubt(DoubtCode.SENT_AGAIN, at=START))
    told = msgspec.json.decode(wire.dumps(view))
    assert "note" in told
    assert "doubtful" not in told
    backend = FakeBackend()
    jay = asyncio.run(backend.people())[0]
    mailbox = MailboxView(jay, (), "ipn:21.1", (view,))
    page = PageView((jay,), mailbox, asyncio.run(backend.status(jay.id))).part("letters")
    assert ">14:21</time>; it was sent again." in page


def test_a_stranger_can_be_written_to() -> None:
    """Of whom nobody knows the world, no clock is shown; the prediction is there all the same."""
    backend = FakeBackend()
    reader = Reader(asyncio.run(backend.people())[0], asyncio.run(backend.clock()))
    foreseen = PredictionView(START, START + LIGHT, None)
    for stranger in (None, Recipient("ipn:9.9", "ipn:9.9", "", "")):
        page = reader.prediction(foreseen, stranger, "ipn:9.9")
        assert "arrives" in page
        assert "that is" not in page


def test_what_speaks_against_a_prediction_is_told() -> None:
    """On the page in a sentence by the reader's clock; in JSON with its code, and in UTC."""
    backend = FakeBackend()
    reader = Reader(asyncio.run(backend.people())[0], asyncio.run(backend.clock()))
    doubt = ForecastDoubt(ForecastDoubtCode.LINK_DOWN, 15, START)
    found = Prediction(START, START + LIGHT, None, None, None, 100, 1, (doubt,))
    view = prediction_view(found, {15: "the relay"})
    said = reader.prediction(view, None, "ipn:9.9")
    assert "No contact with the relay since" in said
    assert ">14:21</time>, although the plan has it open" in said
    (told,) = msgspec.json.decode(wire.dumps(view))["doubts"]
    assert told["code"] == "link_down"
    assert told["text"].startswith("No contact with the relay since 2051-04-02T05:21:00Z,")


def test_json_writes_every_time_as_text() -> None:
    """Every Time in a view becomes ISO 8601 text; integers that are no times stay."""
    backend = FakeBackend()
    asyncio.run(backend.write("jay", Draft("ipn:21.1", "안녕")))
    view = msgspec.json.decode(wire.dumps(asyncio.run(backend.mailbox("jay"))))
    assert view["letters"][0]["written_at"] == "2051-04-02T05:21:00.000Z"
    assert view["letters"][0]["facts"][1]["at"] == "2051-04-02T05:23:00.000Z"
    assert view["letters"][0]["text"] == "안녕"
    assert view["conversations"][0]["letters"] == 1
    assert view["conversations"][1]["last_at"] is None


def test_json_is_read_back_as_the_struct_that_it_was() -> None:
    """The twin of a mailbox reads back as the same struct: states, priorities and times typed."""
    backend = FakeBackend()
    asyncio.run(backend.write("jay", Draft("ipn:21.1", "안녕", priority=Priority.EXPEDITED)))
    mailbox = asyncio.run(backend.mailbox("jay"))
    told = msgspec.json.decode(wire.dumps(mailbox))
    assert told["letters"][0]["priority"] == "expedited"
    assert told["letters"][0]["facts"][0]["what"] == "written"
    read = wire.read(told, MailboxView)
    assert read.letters == mailbox.letters
    # Of a sentence only its text travels; all else of a conversation is the same struct.
    assert wire.jsonable(read) == told
    assert [each.reach and each.reach.until for each in read.conversations] == [
        each.reach and each.reach.until for each in mailbox.conversations
    ]
    assert wire.read([told], list[MailboxView]) == [read]


def test_sentences_are_text_in_json() -> None:
    """In JSON a sentence is text with its times in UTC, and reads back as that text."""
    backend = FakeBackend()
    late = asyncio.run(backend.why_late(Draft("ipn:21.1", "Hi")))
    told = msgspec.json.decode(wire.dumps(late))
    assert told["first"] == ["It waits 2 min for the dish, light takes 19 min."]
    assert told["reasons"][0]["sentences"][0].endswith(
        "ends at 2051-04-02T05:23:00Z, 3.0 s before it is there."
    )
    back = wire.read(told, LatenessView)
    assert wire.jsonable(back) == told
    assert [said.text() for said in back.first] == told["first"]


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("priority", "urgent"),
        ("state", "lost"),
        ("written_at", "yesterday"),
        ("written_at", 7.5),
        ("facts", 3),
    ],
)
def test_json_that_is_no_twin_is_refused(key: str, wrong: object) -> None:
    """What is none of the values that a field can have is an error."""
    told = wire.jsonable(letter(QUEUED, CONFIRMED))
    assert isinstance(told, dict)
    with pytest.raises(msgspec.ValidationError):
        wire.read(told | {key: wrong}, LetterView)


def test_next_moment_is_the_first_to_come() -> None:
    """The page is told when what it shows next changes by the passing of time alone."""
    backend = FakeBackend()

    async def moment() -> int | None:
        return next_moment(await backend.mailbox("jay"), await backend.status("jay"))

    assert asyncio.run(moment()) == START + 3 * HOUR  # The window's end.
    asyncio.run(backend.write("jay", Draft("ipn:21.1", "Hi")))
    assert asyncio.run(moment()) == START + 2 * MINUTE
    backend.now += 2 * MINUTE
    assert asyncio.run(moment()) == START + 2 * MINUTE + LIGHT


def test_parts_tell_versions_apart() -> None:
    """A part's version stays while nothing that it shows changes, and differs when something does."""
    backend = FakeBackend()

    async def part(name: str) -> str:
        view = PageView(await backend.people(), await backend.mailbox("jay"), await backend.status("jay"))
        return view.part(name)

    before = asyncio.run(part("letters"))
    backend.now += SECOND
    status = asyncio.run(part("telemetry"))
    asyncio.run(backend.write("jay", Draft("ipn:21.1", "<b>Hi</b> & \"you\" 'there' {{ 7 * 7 }}")))
    after = asyncio.run(part("letters"))
    assert before != after
    assert asyncio.run(part("telemetry")) == status
    assert "&lt;b&gt;Hi&lt;/b&gt; &amp; &#34;you&#34; &#39;there&#39; {{ 7 * 7 }}" in after
