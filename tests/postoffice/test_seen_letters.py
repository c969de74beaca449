"""What its author had read when a letter was written: a few of the last, once each, and only if read."""

from __future__ import annotations

import pytest
from tests.messages.helpers import EARTH, JAY, MARS, NANYOUNG, FakeSky

from starlight.dtntime import HOUR
from starlight.messages.first_format import encode_first
from starlight.messages.letter import Letter
from starlight.messages.letter_view import LetterView
from starlight.postoffice.seen_letters import TOLD_AT_MOST


@pytest.fixture
def sky() -> FakeSky:
    """Return a sky in which both know that the other reads format 2."""
    sky = FakeSky()
    sky.open_all()
    first = sky.write(EARTH, JAY, NANYOUNG, "Do you read me?")
    sky.run(HOUR)
    sky.write(MARS, NANYOUNG, JAY, "I do.", reply_to=first)
    sky.run(2 * HOUR)
    return sky


def written(sky: FakeSky, id: str) -> LetterView:
    """Return a letter of Jay's as it is shown to Nan-young when it has come."""
    sky.run(sky.now + HOUR)
    there = sky.mars.office.mailbox(NANYOUNG).letter_view(id, sky.now)
    assert there.seen == sky.earth.office.mailbox(JAY).letter_view(id, sky.now).seen
    return there


def test_only_what_was_read_is_told_and_once(sky: FakeSky) -> None:
    """A letter that came and was not read is not told; one that was is told by the next letter alone."""
    ids = [sky.write(MARS, NANYOUNG, JAY, text) for text in ("one", "two")]
    sky.run(sky.now + HOUR)
    assert written(sky, sky.write(EARTH, JAY, NANYOUNG, "nothing read")).seen == ()
    sky.read(EARTH, JAY, ids[1])
    assert written(sky, sky.write(EARTH, JAY, NANYOUNG, "one read")).seen == (ids[1],)
    assert written(sky, sky.write(EARTH, JAY, NANYOUNG, "no more since")).seen == ()


def test_the_letter_that_is_answered_is_not_told_again(sky: FakeSky) -> None:
    """An answer names it anyway, so an answer to the only letter read costs not a byte more."""
    id = sky.write(MARS, NANYOUNG, JAY, "one")
    sky.run(sky.now + HOUR)
    sky.read(EARTH, JAY, id)
    answer = written(sky, sky.write(EARTH, JAY, NANYOUNG, "yes", reply_to=id))
    assert (answer.reply_to, answer.seen) == (id, ())


def test_the_last_few_are_told(sky: FakeSky) -> None:
    """Of many that were read, the last, in the order in which they were read."""
    ids = [sky.write(MARS, NANYOUNG, JAY, f"{number}") for number in range(9)]
    sky.run(sky.now + HOUR)
    for id in ids:
        sky.run(sky.now + 1)
        sky.read(EARTH, JAY, id)
    assert written(sky, sky.write(EARTH, JAY, NANYOUNG, "all")).seen == tuple(ids[-TOLD_AT_MOST:])


def test_what_a_letter_that_never_left_would_have_told_is_told_by_the_next(sky: FakeSky) -> None:
    """A letter that was taken back has told nobody."""
    id = sky.write(MARS, NANYOUNG, JAY, "one")
    sky.run(sky.now + HOUR)
    sky.read(EARTH, JAY, id)
    taken = sky.write(EARTH, JAY, NANYOUNG, "wait")
    sky.earth.ask(sky.earth.office.outbox.withdraw(JAY, taken, sky.now))
    assert written(sky, sky.write(EARTH, JAY, NANYOUNG, "now")).seen == (id,)


def test_in_format_1_nothing_is_told_and_what_was_read_is_told_later() -> None:
    """It has no place for it: the next letter in format 2 tells what one in format 1 could not."""
    sky = FakeSky()
    sky.open_all()
    old = Letter(id=f"{NANYOUNG}/0/1", thread="t", sender=NANYOUNG, to=JAY, written_at=0, text="old")
    sky.earth.arrive(JAY, NANYOUNG, encode_first(old))
    sky.read(EARTH, JAY, old.id)
    sky.run(HOUR)
    first = written(sky, sky.write(EARTH, JAY, NANYOUNG, "to an old Starlight"))
    assert first.id.startswith(JAY)
    assert first.seen == ()
    sky.write(MARS, NANYOUNG, JAY, "from a new one")
    sky.run(sky.now + HOUR)
    assert written(sky, sky.write(EARTH, JAY, NANYOUNG, "then this is told")).seen == (old.id,)
