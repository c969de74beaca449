"""The composer's fields for later, as forms without a script and the page's script send them."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from tests.web.fake_backend import START, FakeBackend

from starlight.dtntime import DAY, HOUR, SECOND, from_text
from starlight.errors import InputError
from starlight.messages.later_view import OwnLetter
from starlight.web.app import make_app
from starlight.web.local_moment import moment_of
from starlight.web.localtime import reading

FORM = {"to": "ipn:21.1", "text": "Happy birthday", "reply_to": "", "key": "k1", "topic_name": ""}
EMPTY = dict.fromkeys(("leave_day", "leave_time", "after", "open_day", "open_time", "open_on"), "")


def ask(backend: FakeBackend, method: str, path: str, **more: object) -> httpx.Response:
    """Return the answer of the page's application to a request."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=make_app(backend, token="token"))
        headers = {"Authorization": "Bearer token", "Accept": "text/html"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", headers=headers
        ) as api:
            return await api.request(method, path, **more)  # type: ignore[arg-type]

    return asyncio.run(asked())


def post(backend: FakeBackend, person: str = "jay", **fields: str) -> httpx.Response:
    """Post the composer's form as a browser without a script does."""
    return ask(backend, "POST", f"/people/{person}/letters", data=FORM | EMPTY | fields)


def test_an_untouched_form_is_a_letter_as_ever() -> None:
    """Empty fields hold nothing and hide nothing."""
    backend = FakeBackend()
    assert post(backend).status_code == 303
    (draft,) = backend.drafts
    assert not draft.is_held
    assert not draft.is_hidden


def test_days_are_read_by_the_clock_of_who_writes() -> None:
    """A day and a time in Seoul are nine hours ahead of UTC; an empty time is the beginning of the day."""
    backend = FakeBackend()
    post(backend, leave_day="2051-05-03", leave_time="08:00", open_day="2051-05-05", not_back="true")
    (draft,) = backend.drafts
    assert draft.leave_at == from_text("2051-05-02T23:00:00Z")
    assert draft.open_at == from_text("2051-05-04T15:00:00Z")
    assert draft.unless_back


def test_sols_are_read_by_the_clock_of_mars() -> None:
    """On a clock that counts its days the number of one is written, with or without its word."""
    backend = FakeBackend()
    clock = asyncio.run(backend.clock())
    for day in ("300", "Sol 300"):
        at = moment_of(clock, "mars", day, "17:30", "leave_day")
        assert at is not None
        read = reading(clock, "mars", at + SECOND)
        assert (read.day, read.time) == ("Sol 300", "17:30")


@pytest.mark.parametrize(
    ("day", "time", "where"),
    [
        ("tomorrow", "", "leave_day"),
        ("2051-02-30", "08:00", "leave_day"),
        ("99999-01-01", "", "leave_day"),
        ("", "08:00", "leave_day"),
        ("2051-05-03", "25:00", "leave_time"),
        ("<b>", "", "leave_day"),
    ],
)
def test_what_is_no_moment_is_refused(day: str, time: str, where: str) -> None:
    """The error names the field, and says what would be right."""
    clock = asyncio.run(FakeBackend().clock())
    with pytest.raises(InputError) as refused:
        moment_of(clock, "earth", day, time, "leave_day")
    assert refused.value.where == where
    assert refused.value.right


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"leave_day": "2051-04-01"}, "this moment has passed"),
        ({"open_day": "2051-04-01"}, "this moment has passed"),
        ({"not_back": "true"}, "the day by which you may be back is missing"),
        ({"leave_day": "2051-06-01", "open_day": "2051-05-01"}, "it would open before it leaves"),
        ({"leave_time": "08:00"}, "the day is missing"),
        ({"leave_day": "<script>"}, "“&lt;script&gt;” is no day"),
    ],
)
def test_a_refused_form_comes_back_as_it_was_filled_in(fields: dict[str, str], words: str) -> None:
    """Without a script, the page says at the field's form what is wrong, and no word is lost."""
    backend = FakeBackend()
    answer = post(backend, **fields, text="Do not lose <this>", open_on="landed")
    assert answer.status_code == 422
    assert words in answer.text
    assert "Do not lose &lt;this&gt;</textarea>" in answer.text
    assert 'value="landed"' in answer.text
    assert 'class="about later" open' in answer.text
    assert not backend.drafts


def test_to_ask_again_after_the_moment_is_no_error() -> None:
    """A letter whose answer was lost is the same when it is asked for after it has left."""
    backend = FakeBackend()
    assert post(backend, leave_day="2051-05-03").status_code == 303
    backend.now = START + 60 * DAY
    assert post(backend, leave_day="2051-05-03").status_code == 303
    assert len(backend.drafts) == 1


def test_a_piece_begins_by_the_clock_of_who_writes() -> None:
    """Its day and time are read like those of leaving; the way in which it begins there is a word."""
    backend = FakeBackend()
    begins = {"premiere_day": "2051-05-03", "premiere_time": "20:00"}
    assert post(backend, **begins, premiere_mode="one_light_time_later").status_code == 303
    assert post(backend, **begins, premiere_mode="", key="k2").status_code == 303
    first, second = backend.drafts
    assert first.premiere_at == second.premiere_at == from_text("2051-05-03T11:00:00Z")
    assert (first.premiere_mode, second.premiere_mode) == ("one_light_time_later", "each_clock")


def test_own_letters_can_be_waited_for() -> None:
    """Those that have not been read yet are offered by whom they went to and their first words, as text."""
    backend = FakeBackend()
    backend.own_letters = (OwnLetter("a/b <c>", "Min-jun <i>", "It is a girl", START - HOUR),)
    page = ask(backend, "GET", "/people/jay?with=ipn:21.1").text
    assert '<option value="a/b &lt;c&gt;">Min-jun &lt;i&gt;: It is a girl' in page
    post(backend, after="a/b <c>")
    assert backend.drafts[0].after == "a/b <c>"


def test_the_api_takes_moments_alone() -> None:
    """A program gives UTC; a day that only a page can read is no key there."""
    body = {"to": "ipn:21.1", "text": "x", "leave_day": "2051-05-03"}
    answer = ask(FakeBackend(), "POST", "/api/people/jay/letters", json=body)
    assert answer.status_code == 422
    assert "leave_day" in answer.text


def test_a_letter_among_others_is_held_until_a_day() -> None:
    """The form on a letter leads back to the letters, that of the queue to the queue."""
    backend = FakeBackend()
    for query, back in (("?with=ipn:21.1", "/people/jay?with=ipn%3A21.1"), ("", "/people/jay/queue")):
        fields = {"day": "2051-05-03", "time": "08:00"}
        answer = ask(backend, "POST", f"/people/jay/letters/a/hold{query}", data=fields)
        assert (answer.status_code, answer.headers["location"]) == (303, back)
