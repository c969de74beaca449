"""Letters pinned to moments of what another brought: the same at both ends, and no moment that is none."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.messages.helpers import JAY, NANYOUNG, FakeNode, FakeSky

from starlight.dtntime import HOUR
from starlight.mailboxes.letter_marks import PINNED_MAX
from starlight.messages.draft import Attachment, Draft
from starlight.messages.format import encode_message
from starlight.messages.letter import Letter, MediaTime
from starlight.messages.letter_view import LetterView
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


def write(sky: FakeSky, who: str, draft: Draft) -> str:
    """Write a letter; return its id."""
    at = node(sky, who)
    letter, requests = at.office.outbox.write(who, draft, sky.now)
    at.ask(requests)
    return letter.id


def song(sky: FakeSky) -> str:
    """Let Jay send a song of a minute and a file of unknown length; return the id of the letter."""
    office = sky.earth.office
    attachments = []
    for duration in (60_000, None):
        reference, saves = office.uploads.take(office.mailbox(JAY), b"la" * 100, sky.now)
        sky.earth.ask([*saves])
        attachments.append(Attachment(reference, "song", duration_ms=duration))
    id = write(sky, JAY, Draft(NANYOUNG, "Listen.", parts=tuple(attachments)))
    sky.run(sky.now + HOUR)
    return id


def reacted(sky: FakeSky, who: str, to: str, part: int, at_ms: int, text: str = "Here!") -> str:
    return write(sky, who, Draft(OTHER[who], text, to, media_time=MediaTime(part, at_ms)))


def view(sky: FakeSky, who: str, id: str) -> LetterView:
    return node(sky, who).office.mailbox(who).letter_view(id, sky.now)


def test_both_ends_show_reactions_in_the_order_of_the_piece(sky: FakeSky) -> None:
    """Its hearer's and its author's own, by moment and not by when they were written."""
    id = song(sky)
    late = reacted(sky, NANYOUNG, id, 0, 41_000, "This\nturn")
    early = reacted(sky, JAY, id, 0, 500)
    other = reacted(sky, NANYOUNG, id, 1, 10**8)
    sky.run(sky.now + HOUR)
    for who in (JAY, NANYOUNG):
        found = view(sky, who, id).reactions
        assert [(each.id, each.part, each.at_ms, each.from_address) for each in found] == [
            (early, 0, 500, JAY),
            (late, 0, 41_000, NANYOUNG),
            (other, 1, 10**8, NANYOUNG),
        ]
        assert found[1].text == "This turn"
        assert view(sky, who, late).media_time == MediaTime(0, 41_000)
        assert view(sky, who, id).media_time is None


def come(sky: FakeSky, id: str, to: str, at: MediaTime) -> None:
    """Let a letter of Nanyoung's come to Jay that no Starlight would have written."""
    letter = Letter(
        id=id, thread="t", sender=NANYOUNG, to=JAY, written_at=sky.now, text="!", reply_to=to, media_time=at
    )
    payload = encode_message(replace(letter, format=2), Envelope(NANYOUNG, JAY, sky.now))
    sky.earth.arrive(JAY, NANYOUNG, payload)


def test_what_comes_pinned_to_no_moment_is_an_answer_like_any_other(sky: FakeSky) -> None:
    """A part or moment that is not there is not shown; nor more than there is room for."""
    id = song(sky)
    come(sky, "1" * 32, id, MediaTime(7, 0))
    come(sky, "2" * 32, id, MediaTime(0, 60_001))
    assert view(sky, JAY, id).reactions == ()
    assert view(sky, JAY, "1" * 32).media_time is None
    for number in range(PINNED_MAX):
        come(sky, f"{number + 16:032x}", id, MediaTime(0, number))
    assert len(view(sky, JAY, id).reactions) == PINNED_MAX - 2
    assert view(sky, JAY, f"{PINNED_MAX + 15:032x}").text == "!"


def test_a_reaction_that_comes_before_its_piece_is_shown_with_it(sky: FakeSky) -> None:
    """Letters overtake each other; what is pinned to one that is not here yet waits for that."""
    come(sky, "3" * 32, "f" * 32, MediaTime(0, 5))
    assert view(sky, JAY, "3" * 32).media_time is None
    marks = sky.earth.office.mailbox(JAY).marks.get("f" * 32)
    assert marks.pinned == ("3" * 32,)
