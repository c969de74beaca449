"""What a silence is made of, at the edges of waits and notices."""

from __future__ import annotations

from tests.messages.helpers import EARTH, MARS, RELAY, contact

from starlight.contacts.plan import ContactPlan, Notice
from starlight.dtntime import HOUR
from starlight.messages.delivery import Leg
from starlight.messages.legs import LinkIndex
from starlight.messages.silence import notices_about, silence_of

STORM = Notice(2 * HOUR, 5 * HOUR, (MARS,), "dust storm")
INDEX = LinkIndex(
    ContactPlan.of(
        [contact(1, EARTH, RELAY, 0, 90 * HOUR), contact(2, RELAY, MARS, 0, 90 * HOUR)], notices=(STORM,)
    )
)


def test_a_silence_ends_with_the_wait_that_it_tells_of() -> None:
    """Its end is when that hop leaves: no two ends are told of one silence; without a hop, none is known."""
    leg = Leg(RELAY, MARS, 9 * HOUR, 9 * HOUR, 10 * HOUR, 90 * HOUR)
    found = silence_of(INDEX, EARTH, MARS, leg, 0)
    assert (found.waiting, found.until) == (leg, 9 * HOUR)
    assert silence_of(INDEX, EARTH, MARS, None, 0).until is None


def test_a_notice_holds_to_its_first_and_last_instant() -> None:
    """It is told of an interval that it touches, be it in an instant."""
    assert notices_about(INDEX, EARTH, MARS, 5 * HOUR, None) == [STORM]
    assert notices_about(INDEX, EARTH, MARS, 5 * HOUR + 1, None) == []
    assert notices_about(INDEX, EARTH, MARS, 0, 2 * HOUR) == [STORM]
    assert notices_about(INDEX, EARTH, MARS, 0, 2 * HOUR - 1) == []
    assert notices_about(INDEX, EARTH, RELAY, 3 * HOUR, None) == []
