"""Pieces that begin at both ends at an agreed instant: promised only where they will be there by then."""

from __future__ import annotations

from random import Random

import pytest
from msgspec.structs import replace
from tests.messages.contents import letters_of
from tests.messages.helpers import EARTH, JAY, LIGHT, MARS, NANYOUNG, FakeSky

from starlight.dtntime import DAY, HOUR, MILLISECOND, MINUTE, SECOND
from starlight.errors import InputError
from starlight.messages.draft import Attachment, Draft
from starlight.messages.format import encode_message
from starlight.messages.letter import Letter
from starlight.messages.part_view import PartView
from starlight.messages.parts import CHUNK_BYTES, Part, PartKind, Premiere
from starlight.messages.wire_values import Envelope

SONG = Random(8).randbytes(3 * CHUNK_BYTES)


@pytest.fixture
def sky() -> FakeSky:
    """Return a sky in which both have a mailbox."""
    made = FakeSky()
    made.open_all()
    return made


def draft_of_song(sky: FakeSky, data: bytes = SONG, kind: str = "voice", **more: object) -> Draft:
    """Return a draft of Jay's with a song that is uploaded."""
    office = sky.earth.office
    reference, _ = office.uploads.begin(office.mailbox(JAY), sky.now)
    sky.earth.ask([*office.uploads.add(reference, data), *office.uploads.finish(reference, sky.now)])
    song = Attachment(reference, kind=kind, duration_ms=240_000)
    return replace(Draft(NANYOUNG, "Tonight, at eight.", parts=(song,)), **more)


def send(sky: FakeSky, draft: Draft) -> str:
    """Send a letter of Jay's; return its id."""
    letter, requests = sky.earth.office.outbox.write(JAY, draft, sky.now)
    sky.earth.ask(requests)
    return letter.id


def song_at(sky: FakeSky, node: int, who: str, letter: str) -> PartView:
    """Return the song of a letter as its mailbox shows it."""
    return sky.nodes[node].office.mailbox(who).letter_view(letter, sky.now).parts[0]


@pytest.mark.parametrize(("mode", "later"), [("each_clock", 0), ("one_light_time_later", LIGHT)])
def test_both_ends_tell_the_same_two_moments(sky: FakeSky, mode: str, later: int) -> None:
    """It begins at its moment where it was written, then or one light time later where it is read."""
    at = sky.now + DAY
    letter = send(sky, draft_of_song(sky, premiere_at=at + 123, premiere_mode=mode))
    sky.run(sky.now + HOUR)
    here, there = song_at(sky, EARTH, JAY, letter).premiere, song_at(sky, MARS, NANYOUNG, letter).premiere
    assert here is not None
    assert there is not None
    written = at - at % MILLISECOND
    assert (here.starts, here.starts_there, here.is_late) == (written, written + later, False)
    assert (there.starts, there.starts_there, there.is_late) == (written + later, written, False)


def test_what_would_come_too_late_is_refused_with_both_moments(sky: FakeSky) -> None:
    """A minute before it could be whole there is refused and nothing kept; a moment after that is not."""
    draft = draft_of_song(sky)
    (song,) = sky.earth.office.forecasts.predict_parts(JAY, draft, sky.now)
    assert song.arrives is not None
    with pytest.raises(InputError, match=r"would be whole there at .*, after it begins at") as refused:
        send(sky, replace(draft, premiere_at=song.arrives - MINUTE))
    assert refused.value.where == "premiere_at"
    assert not letters_of(sky.earth.office.mailbox(JAY))
    letter = send(sky, replace(draft, premiere_at=song.arrives + MILLISECOND))
    sky.run(sky.now + HOUR)
    shown = song_at(sky, MARS, NANYOUNG, letter)
    assert shown.is_here
    assert shown.premiere is not None
    assert not shown.premiere.is_late


def test_light_gives_its_reader_the_more_time(sky: FakeSky) -> None:
    """One light time later a piece may come that much later."""
    draft = draft_of_song(sky)
    (song,) = sky.earth.office.forecasts.predict_parts(JAY, draft, sky.now)
    assert song.arrives is not None
    early = replace(draft, premiere_at=song.arrives - LIGHT // 2)
    with pytest.raises(InputError, match="after it begins"):
        send(sky, early)
    send(sky, replace(early, premiere_mode="one_light_time_later"))


def test_a_letter_that_leaves_later_is_foreseen_from_then_on(sky: FakeSky) -> None:
    """What is held until a moment can't be there before it, also if it could be by now."""
    draft = draft_of_song(sky, leave_at=sky.now + DAY)
    with pytest.raises(InputError, match="after it begins"):
        send(sky, replace(draft, premiere_at=sky.now + DAY + SECOND))
    send(sky, replace(draft, premiere_at=sky.now + 2 * DAY))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"premiere_at": 0}, "would have begun already"),
        ({"parts": ()}, "one voice or song, and none goes"),
        ({"hold": True}, "nobody can say when this letter leaves"),
        ({"to": "name:Ada"}, "nobody can say when this letter leaves"),
        ({"open_on": "landed"}, "hidden from its reader"),
        ({"premiere_mode": "one_light_time_later", "to": "ipn:99.1"}, "the plan has no route then"),
        ({"to": "ipn:99.1"}, "nobody can say when the piece would be there"),
    ],
)
def test_a_premiere_that_nobody_can_promise_is_refused(
    sky: FakeSky, more: dict[str, object], told: str
) -> None:
    """The error says why; nothing is written."""
    with pytest.raises(InputError, match=told) as refused:
        send(sky, replace(draft_of_song(sky, premiere_at=sky.now + DAY), **more))
    assert refused.value.where in ("premiere_at", "premiere_mode")


def test_two_pieces_or_a_file_have_no_premiere(sky: FakeSky) -> None:
    """Two would sound into each other, and a file is never played."""
    draft = draft_of_song(sky, premiere_at=sky.now + DAY)
    with pytest.raises(InputError, match="and 2 goes"):
        send(sky, replace(draft, parts=draft.parts * 2))
    with pytest.raises(InputError, match="and none goes"):
        send(sky, draft_of_song(sky, kind="file", premiere_at=sky.now + DAY))


def test_a_word_that_is_no_mode_is_refused() -> None:
    """The error names those that are; an empty one, as a form sends it, is the usual one."""
    with pytest.raises(InputError, match="'soon' is no way") as refused:
        Draft(NANYOUNG, "", premiere_mode="soon")
    assert refused.value.right == "Such are each_clock, one_light_time_later"
    assert Draft(NANYOUNG, "", premiere_mode="").premiere_mode == "each_clock"


def test_one_that_became_late_says_so_at_both_ends(sky: FakeSky) -> None:
    """What a changed plan has made late is told so at both ends, before it arrives and after."""
    draft = draft_of_song(sky)
    (song,) = sky.earth.office.forecasts.predict_parts(JAY, draft, sky.now)
    assert song.arrives is not None
    letter = send(sky, replace(draft, premiere_at=song.arrives + SECOND))
    plan = sky.plan
    closed = tuple(replace(each, start=sky.now + HOUR) for each in plan.contacts)
    sky.set_plan(type(plan)(closed))
    shown = song_at(sky, EARTH, JAY, letter).premiere
    assert shown is not None
    assert shown.is_late
    sky.run(sky.now + 2 * HOUR)
    came = song_at(sky, MARS, NANYOUNG, letter)
    assert came.is_here
    assert came.premiere is not None
    assert came.premiere.is_late


@pytest.mark.parametrize("later_ms", [0, 86_400_000])
def test_a_peers_moment_is_shown_as_it_says(sky: FakeSky, later_ms: int) -> None:
    """The light time of a letter is its author's node's, whatever the plan here says."""
    song = Part(
        kind=PartKind.VOICE, data=b"la", size=2, premiere=Premiere(sky.now + DAY, 1, later_ms=later_ms)
    )
    sent = Letter(
        id="d" * 32, thread=f"{NANYOUNG}|{JAY}", sender=NANYOUNG, to=JAY, written_at=sky.now, text="",
        parts=(song,), format=2,
    )  # fmt: skip
    sky.earth.arrive(JAY, NANYOUNG, encode_message(sent, Envelope(NANYOUNG, JAY, sky.now)))
    shown = song_at(sky, EARTH, JAY, "d" * 32).premiere
    assert shown is not None
    assert shown.starts - shown.starts_there == later_ms * MILLISECOND
