"""That a letter has left is confirmed once a link has taken it, and taken back where none has."""

from __future__ import annotations

import pytest
from tests.messages.helpers import EARTH, JAY, MARS, NANYOUNG, FakeSky, both_ways

from starlight.dtntime import DAY, HOUR, SECOND
from starlight.errors import InputError
from starlight.messages.letter_view import LetterView


def shown(sky: FakeSky, letter: str) -> LetterView:
    """Return Jay's letter as his mailbox shows it."""
    return sky.earth.office.mailboxes.at(JAY).letter_view(letter, sky.now)


def test_a_departure_is_predicted_until_a_link_has_taken_it() -> None:
    """Then it is confirmed, as of when it left; in a mailbox that was loaded anew as well."""
    sky = FakeSky(both_ways(HOUR, DAY))
    sky.open_all()
    letter = sky.write(EARTH, JAY, NANYOUNG, "hello")
    (key,) = sky.earth.queued
    sky.now = HOUR
    sky.earth.ask(sky.earth.office.departed(key, MARS, HOUR, HOUR, HOUR + SECOND, HOUR))
    assert sky.state(EARTH, JAY, letter)[1] == "predicted"
    assert not shown(sky, letter).withdrawable
    sky.earth.restart()
    sky.earth.ask(sky.earth.office.taken(key, HOUR))
    (left,) = [fact for fact in shown(sky, letter).facts if fact.state.value == "departed"]
    assert (left.time, left.certainty.value) == (HOUR, "confirmed")
    assert sky.earth.office.taken(key, HOUR) == [], "again changes nothing"


def test_a_transfer_that_fails_gives_the_letter_back() -> None:
    """It is queued, foreseen by its new booking, counted as here, and can't be withdrawn: it may be there."""
    sky = FakeSky(both_ways(HOUR, DAY))
    sky.open_all()
    letter = sky.write(EARTH, JAY, NANYOUNG, "hello")
    (key,) = sky.earth.queued
    sky.now = HOUR
    sky.earth.ask(sky.earth.office.departed(key, MARS, HOUR, HOUR, HOUR + SECOND, HOUR))
    assert sky.earth.office.forecasts.reach(JAY, NANYOUNG, HOUR).letters_here == 0
    sky.earth.ask(sky.earth.office.returned(key, HOUR))
    assert sky.state(EARTH, JAY, letter) == ("queued", "confirmed")
    assert sky.earth.office.forecasts.reach(JAY, NANYOUNG, HOUR).letters_here == 1
    assert not shown(sky, letter).withdrawable
    with pytest.raises(InputError, match="a link may have taken it"):
        sky.earth.office.outbox.withdraw(JAY, letter, HOUR)
    sky.run(2 * HOUR)
    assert sky.state(EARTH, JAY, letter) == ("arrived", "confirmed")
