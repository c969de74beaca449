"""The values and words behind the page, without a server."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from tests.web.fake_backend import LIGHT, SOL_S, START, FakeDesk

from starlight.dtntime import DAY, HOUR, MINUTE, SECOND, from_text
from starlight.web import localtime, wire, words
from starlight.web.page import PageView, next_moment
from starlight.web.views import Clock, EarthClock, Fact, Lateness, LetterView, MarsClock, Standing, State


def clock_at(now: int) -> Clock:
    zero = from_text("2051-01-30T03:10:00Z")
    return Clock(now, 1.0, EarthClock("Seoul", "KST", 32_400), MarsClock("Arsia Mons", zero, SOL_S))


def letter(state: State, standing: Standing, *facts: Fact, **more: object) -> LetterView:
    base = LetterView(
        "1", "1", "ipn:7.1", "Jay", "ipn:21.1", "Nan-young", "Hi", START, True, state, standing, facts
    )
    return msgspec.structs.replace(base, **more)


def test_readings_of_both_clocks() -> None:
    """A moment reads as civil time in Seoul and as local mean solar time with sol on Mars."""
    clock = clock_at(START)
    seoul = localtime.reading(clock, "earth", from_text("2051-12-31T15:00:09Z"))
    assert (seoul.day, seoul.year, seoul.time, seoul.seconds) == ("1 Jan", "2052", "00:00", "09")
    noon = clock.mars.sol_zero + round(61.5 * SOL_S * SECOND)
    assert localtime.reading(clock, "mars", noon).day == "Sol 61"
    assert localtime.reading(clock, "mars", noon + 1).time == "12:00"
    before = localtime.reading(clock, "mars", clock.mars.sol_zero - SECOND)
    assert (before.day, before.time) == ("Sol −1", "23:59")


def test_a_moment_is_as_short_as_it_can_be() -> None:
    """Today's moments are a time alone, this year's have a day, others a year."""
    clock = clock_at(START)
    assert localtime.when(clock, "earth", START + HOUR) == "15:21"
    assert localtime.when(clock, "earth", START + DAY) == "3 Apr, 14:21"
    assert localtime.when(clock, "earth", from_text("2026-05-01T00:00Z")) == "1 May 2026, 09:00"
    assert localtime.when(clock, "mars", START + 3 * DAY).startswith("Sol 63, ")


def test_times_in_sentences_are_told_by_the_wall() -> None:
    """A contact that ends with the last year has a time, and what is no date stays as it was written."""
    desk = FakeDesk()
    jay = asyncio.run(desk.people())[0]
    view = PageView((jay,), asyncio.run(desk.mailbox(jay.id)), asyncio.run(desk.status(jay.id)), None)
    never = "Site 2051-02-30T25:00:00Z <b>"
    sentences = (f"At {never} it ends at 9999-12-31T23:59:59Z.", "It leaves at 2051-04-02T05:23:00.000Z.")
    page = view.lateness(Lateness(START, 5, sentences))
    assert "Site 2051-02-30T25:00:00Z &lt;b&gt; it ends at" in page
    assert '<time datetime="9999-12-31T23:59:59.000Z"' in page
    assert ">31 Dec 9999, 23:59:59</time>" in page
    assert ">14:23:00</time>" in page


def test_json_writes_every_time_as_text() -> None:
    """Every Time in a view becomes ISO 8601 text; integers that are no times stay."""
    desk = FakeDesk()
    asyncio.run(desk.write("jay", "ipn:21.1", "안녕"))
    view = msgspec.json.decode(wire.dumps(asyncio.run(desk.mailbox("jay"))))
    assert view["letters"][0]["written_at"] == "2051-04-02T05:21:00.000Z"
    assert view["letters"][0]["facts"][1]["at"] == "2051-04-02T05:23:00.000Z"
    assert view["letters"][0]["text"] == "안녕"
    assert view["conversations"][0]["letters"] == 1
    assert view["conversations"][1]["last_at"] is None


@pytest.mark.parametrize(
    ("view", "headline", "detail", "standing"),
    [
        (letter("queued", "confirmed"), "Kept safe, waiting", "", "predicted"),
        (
            letter("queued", "confirmed", Fact("departed", START + HOUR, "predicted")),
            "Kept safe, waiting",
            "expected to leave {}",
            "predicted",
        ),
        (
            letter("in_flight", "confirmed", Fact("arrived", START + HOUR, "predicted")),
            "In flight",
            "expected there {}",
            "predicted",
        ),
        (
            letter("arrived", "predicted", Fact("arrived", START, "predicted"), receipt_at=START + LIGHT),
            "Should be there",
            "word of it expected {}",
            "predicted",
        ),
        (
            letter("arrived", "predicted", Fact("arrived", START, "predicted"), receipt_at=START - MINUTE),
            "Should be there",
            "word of it was expected {}",
            "predicted",
        ),
        (
            letter("arrived", "predicted", Fact("arrived", START, "predicted")),
            "Should be there",
            "expected {}; no way back to confirm it",
            "predicted",
        ),
        (
            letter("arrived", "confirmed", Fact("arrived", START, "confirmed")),
            "Arrived",
            "{}, confirmed",
            "confirmed",
        ),
        (letter("read", "confirmed", Fact("read", START, "confirmed")), "Read", "{}, confirmed", "confirmed"),
        (letter("expired", "confirmed", Fact("expired", START, "confirmed")), "Expired", "{}", "confirmed"),
        (letter("withdrawn", "confirmed"), "Withdrawn", "{}", "confirmed"),
    ],
)
def test_states_in_words(view: LetterView, headline: str, detail: str, standing: str) -> None:
    """Predicted and confirmed differ in the words of every state and in its look."""
    said = words.words_for(view, START)
    assert (said.headline, said.detail, said.standing) == (headline, detail, standing)


def test_every_step_has_words() -> None:
    """Each state of a letter has a word for predicted and one for confirmed, never the same."""
    for state in State.__args__:
        assert words.STEPS[(state, "predicted")] != words.STEPS[(state, "confirmed")]


def test_next_moment_is_the_first_to_come() -> None:
    """The page is told when what it shows next changes by the passing of time alone."""
    desk = FakeDesk()

    async def moment() -> int | None:
        return next_moment(await desk.mailbox("jay"), await desk.status("jay"))

    assert asyncio.run(moment()) == START + 3 * HOUR  # The window's end.
    asyncio.run(desk.write("jay", "ipn:21.1", "Hi"))
    assert asyncio.run(moment()) == START + 2 * MINUTE
    desk.now += 2 * MINUTE
    assert asyncio.run(moment()) == START + 2 * MINUTE + LIGHT


def test_parts_tell_versions_apart() -> None:
    """A part's version stays while nothing that it shows changes, and differs when something does."""
    desk = FakeDesk()

    async def part(name: str) -> str:
        view = PageView(await desk.people(), await desk.mailbox("jay"), await desk.status("jay"))
        return view.part(name)

    before = asyncio.run(part("letters"))
    desk.now += SECOND
    status = asyncio.run(part("telemetry"))
    asyncio.run(desk.write("jay", "ipn:21.1", "<b>Hi</b> & \"you\" 'there' {{ 7 * 7 }}"))
    after = asyncio.run(part("letters"))
    assert before != after
    assert asyncio.run(part("telemetry")) == status
    assert "&lt;b&gt;Hi&lt;/b&gt; &amp; &#34;you&#34; &#39;there&#39; {{ 7 * 7 }}" in after
