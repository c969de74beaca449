"""The order of a conversation while the clock of one end is wrong."""

from __future__ import annotations

import pytest
from tests.messages.helpers import EARTH, JAY, NANYOUNG, FakeSky

from starlight.dtntime import DAY, HOUR
from starlight.messages.format import encode_message
from starlight.messages.letter import Letter
from starlight.messages.wire_values import Envelope


def theirs(number: int, written_at: int, text: str, *seen: str) -> Letter:
    """Return a letter of Nan-young's to Jay."""
    return Letter(
        id=f"{number:032x}",
        thread="t",
        sender=NANYOUNG,
        to=JAY,
        written_at=written_at,
        text=text,
        seen=seen,
        format=2,
    )


def texts(sky: FakeSky) -> list[str]:
    """Return the words of Jay's conversation as it is shown."""
    return [letter.text for letter in sky.earth.office.mailbox(JAY).page(NANYOUNG).letters]


@pytest.mark.parametrize("ahead", [2 * DAY, 10_000 * DAY])
def test_a_letter_from_the_future_does_not_stay_at_the_end(ahead: int) -> None:
    """It takes the place at which it came, and what is written afterwards stands below it."""
    sky = FakeSky()
    sky.open_all()
    sky.run(DAY)
    letter = theirs(1, sky.now + ahead, "from the future")
    sky.earth.arrive(JAY, NANYOUNG, encode_message(letter, Envelope(NANYOUNG, JAY, letter.written_at)))
    sky.run(sky.now + HOUR)
    sky.write(EARTH, JAY, NANYOUNG, "after it")
    assert texts(sky) == ["from the future", "after it"]
    (line,) = sky.earth.office.mailbox(JAY).conversations()
    assert line.last_at <= sky.now


def test_a_letter_of_a_clock_that_is_behind_does_not_stand_above_what_its_author_had_read() -> None:
    """What its author had seen was written before it, whatever its date says: days behind, or from 2000."""
    sky = FakeSky()
    sky.open_all()
    sky.run(5 * DAY)
    first = sky.write(EARTH, JAY, NANYOUNG, "first")
    sky.run(sky.now + HOUR)
    for number, (text, written_at) in enumerate((("behind", sky.now - 2 * DAY), ("old", 1_000_000))):
        letter = theirs(number, written_at, text, first)
        sky.earth.arrive(JAY, NANYOUNG, encode_message(letter, Envelope(NANYOUNG, JAY, written_at)))
    assert texts(sky)[0] == "first"
    assert sorted(texts(sky)[1:]) == ["behind", "old"]
