"""A piece with a premiere on its page: counted down to, not offered before, and offered after."""

from __future__ import annotations

import asyncio
import re

import pytest
from msgspec.structs import replace
from tests.web.fake_backend import START, FakeBackend

from starlight.dtntime import DAY, HOUR, MINUTE
from starlight.messages.draft import Draft
from starlight.messages.letter_view import LetterView
from starlight.messages.part_view import PartView
from starlight.messages.premiere import PremiereView
from starlight.views.mailbox import MailboxView
from starlight.views.page_status import PageStatus
from starlight.web.page import PageView, next_moment

SONG = PartView(
    number=0, kind="voice", media_type="audio/ogg", name="", size_bytes=9, here_bytes=9, duration_ms=240_000
)


def letters_of(mailbox: MailboxView, part: PartView) -> tuple[LetterView, ...]:
    """Return the letters of a mailbox with a part in the first."""
    return (replace(mailbox.letters[0], parts=(part,)), *mailbox.letters[1:])


def page_with(premiere: PremiereView, media_missing: str = "") -> tuple[str, int | None]:
    """Return the letters of a page as they show a song with a premiere, and when they change next."""

    async def shown() -> tuple[MailboxView, PageStatus]:
        backend = FakeBackend()
        await backend.write("jay", Draft("ipn:21.1", "Tonight"))
        backend.advance(HOUR)
        return await backend.mailbox("nan-young"), await backend.status("nan-young", "ipn:7.1")

    mailbox, status = asyncio.run(shown())
    status = replace(status, media_missing=media_missing)
    mailbox = replace(mailbox, letters=letters_of(mailbox, replace(SONG, premiere=premiere)))
    return PageView((), mailbox, status).part("letters"), next_moment(mailbox, status)


def test_before_it_begins_it_is_counted_down_to_and_not_offered() -> None:
    """Both moments are told; nothing plays or saves it; the page comes anew when it begins."""
    begins = START + HOUR + 7 * MINUTE
    text, due = page_with(PremiereView(begins, begins - 3 * MINUTE))
    assert "Premiere" in text
    assert re.search(r"begins <time.*?</time> here, and there <time", text)
    assert 'data-until="2051-04-02T06:28:00' in text
    assert "/parts/0" not in text
    assert due is not None
    assert due <= begins


def test_once_it_has_begun_it_plays_like_any_other() -> None:
    """It says when it began, here and there, and can be played and saved."""
    begins = START + HOUR - MINUTE
    text, _ = page_with(PremiereView(begins, begins))
    assert re.search(r"began <time.*?</time> here and there", text)
    assert "/parts/0/sound" in text
    assert "download" in text


def test_its_end_turns_the_page_too() -> None:
    """A piece that is over is joined no more, so the page comes anew then."""
    begins = START + HOUR - MINUTE
    _, due = page_with(PremiereView(begins, begins))
    assert due is not None
    assert due <= begins + 4 * MINUTE


@pytest.mark.parametrize("is_late", [False, True])
def test_one_that_is_late_is_told(is_late: bool) -> None:
    """Its reader knows why it begins in the middle; of one in time nothing is said."""
    begins = START + DAY
    text, _ = page_with(PremiereView(begins, begins, is_late))
    assert ("only after it begins" in text) is is_late


def test_where_nothing_plays_it_is_told_too() -> None:
    """Without media libraries a voice is a file to save, and its page says when it begins all the same."""
    begins = START + HOUR + 7 * MINUTE
    text, _ = page_with(PremiereView(begins, begins), media_missing="install them")
    assert re.search(r"begins <time.*?</time> here and there", text)
    assert "be-there" not in text
