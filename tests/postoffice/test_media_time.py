"""Answers that are pinned to a moment of a voice: written, carried, and believed as far as they can be."""

from __future__ import annotations

import pytest
from tests.messages.helpers import EARTH, JAY, MARS, NANYOUNG, FakeSky

from starlight.dtntime import HOUR
from starlight.errors import InputError
from starlight.messages.draft import Attachment, Draft
from starlight.messages.format import encode_message
from starlight.messages.letter import Letter, MediaTime
from starlight.messages.wire_values import Envelope


@pytest.fixture
def sky() -> FakeSky:
    """Return a sky in which both have a mailbox."""
    made = FakeSky()
    made.open_all()
    return made


def song(sky: FakeSky, duration_ms: int | None = 60_000) -> str:
    """Send Nan-young a song; return the id of its letter, which is there."""
    office = sky.earth.office
    reference, _ = office.uploads.begin(office.mailbox(JAY), sky.now)
    sky.earth.ask([*office.uploads.add(reference, b"la" * 50), *office.uploads.finish(reference, sky.now)])
    parts = (Attachment(reference, kind="voice", duration_ms=duration_ms),)
    letter, requests = office.outbox.write(JAY, Draft(NANYOUNG, "Listen.", parts=parts), sky.now)
    sky.earth.ask(requests)
    sky.run(sky.now + HOUR)
    return letter.id


def answer(sky: FakeSky, to: str | None, moment: MediaTime) -> str:
    """Let Nan-young answer a moment; return the id of the answer, which is there."""
    draft = Draft(JAY, "Here!", to, media_time=moment)
    letter, requests = sky.mars.office.outbox.write(NANYOUNG, draft, sky.now)
    sky.mars.ask(requests)
    sky.run(sky.now + HOUR)
    return letter.id


@pytest.mark.parametrize("duration_ms", [60_000, None])
def test_a_moment_is_the_same_at_both_ends(sky: FakeSky, duration_ms: int | None) -> None:
    """An answer stands at its moment in both mailboxes, also where nobody knows how long the song is."""
    pinned = MediaTime(0, 41_000)
    id = answer(sky, song(sky, duration_ms), pinned)
    for node, who in ((EARTH, JAY), (MARS, NANYOUNG)):
        assert sky.nodes[node].office.mailbox(who).letter_view(id, sky.now).media_time == pinned


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (MediaTime(1, 0), "no part 1"),
        (MediaTime(0, 60_001), "lasts 60000 ms"),
        (MediaTime(0, -1), "no moment -1"),
    ],
)
def test_a_moment_that_is_none_is_refused(sky: FakeSky, moment: MediaTime, told: str) -> None:
    """There is an error that says which part or moment there is not; nothing is written."""
    id = song(sky)
    with pytest.raises(InputError, match=told) as refused:
        answer(sky, id, moment)
    assert refused.value.where == "media_time"


def test_a_moment_needs_the_letter_that_it_is_in(sky: FakeSky) -> None:
    """Without a letter that is answered a moment is one of nothing."""
    with pytest.raises(InputError, match="in the letter that is answered"):
        answer(sky, None, MediaTime(0, 0))


@pytest.mark.parametrize("moment", [MediaTime(0, 60_001), MediaTime(5, 1)])
def test_a_moment_that_lies_is_not_shown(sky: FakeSky, moment: MediaTime) -> None:
    """A letter that names a moment which there is not, in a song of ours, is an answer and nothing more."""
    id = song(sky)
    forged = Letter(
        id="c" * 32, thread=f"{NANYOUNG}|{JAY}", sender=NANYOUNG, to=JAY, written_at=sky.now, text="?",
        reply_to=id, media_time=moment, format=2,
    )  # fmt: skip
    sky.earth.arrive(JAY, NANYOUNG, encode_message(forged, Envelope(NANYOUNG, JAY, sky.now)))
    view = sky.earth.office.mailbox(JAY).letter_view("c" * 32, sky.now)
    assert view.answers is not None
    assert view.media_time is None
