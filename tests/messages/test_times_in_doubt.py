"""Times by another's clock that can't be right: marked with the reason, and never called confirmed."""

from __future__ import annotations

import pytest
from tests.messages.helpers import JAY, NANYOUNG

from starlight.dtntime import DAY, HOUR
from starlight.messages.delivery import Certainty, DeliveryState, Received, TimeDoubt
from starlight.messages.dispatch import Confirmed, Dispatch, Sent
from starlight.messages.letter import Letter
from starlight.messages.letter_view import LetterView, letter_view
from starlight.words.letters import TIMES_IN_DOUBT, state_text

WRITTEN, LEFT, KNOWN = 100 * DAY, 100 * DAY + HOUR, 100 * DAY + 3 * HOUR
LETTER = Letter(id="one", thread="t", sender=JAY, to=NANYOUNG, written_at=WRITTEN, text="words")


def sent(arrived_at: int, read_at: int | None = None, **more: bool) -> LetterView:
    """Return a letter of one's own of whose arrival, and reading, receipts have told."""
    state = DeliveryState.ARRIVED if read_at is None else DeliveryState.READ
    confirmed = Confirmed(
        departed_at=LEFT,
        arrived_at=arrived_at,
        arrival_known_at=KNOWN,
        from_future=more.get("from_future", False),
    )
    course = Sent(
        written_at=WRITTEN,
        expires_at=WRITTEN + 100 * DAY,
        receipt_wanted=True,
        read_at=read_at,
        reading_known_at=None if read_at is None else KNOWN,
        read_from_future=more.get("read_from_future", False),
        dispatch=Dispatch(size_bytes=5, state=state, confirmed=confirmed),
    )
    return letter_view(LETTER, course, None, KNOWN)


def doubt_of(view: LetterView, state: DeliveryState) -> TimeDoubt | None:
    """Return why the time of a step is in doubt, which its certainty says as well."""
    fact = view.last_fact(state)
    assert fact is not None
    assert (fact.certainty is Certainty.IN_DOUBT) == (fact.doubt is not None)
    return fact.doubt


@pytest.mark.parametrize(
    ("arrived_at", "doubt"),
    [
        (LEFT - 2 * DAY, TimeDoubt.BEFORE_DEPARTURE),
        (LEFT - 2_000_000, TimeDoubt.BEFORE_DEPARTURE),
        (LEFT - 1, None),  # cut to a millisecond
        (LEFT + HOUR, None),
    ],
)
def test_an_arrival_before_its_departure_is_never_confirmed(arrived_at: int, doubt: TimeDoubt | None) -> None:
    """The letter is there, as a receipt says; when, is in doubt where the peer's clock is behind."""
    view = sent(arrived_at)
    assert view.state is DeliveryState.ARRIVED
    assert doubt_of(view, DeliveryState.ARRIVED) is doubt
    assert (view.certainty is Certainty.IN_DOUBT) == (doubt is not None)
    told = state_text(view, KNOWN)
    assert ("confirmed" in told.detail.text()) == (doubt is None)
    if doubt is not None:
        assert TIMES_IN_DOUBT[doubt] in told.detail.text()


def test_what_is_told_of_the_future_is_never_confirmed() -> None:
    """A peer whose clock is ahead tells of moments that have not come."""
    assert doubt_of(sent(KNOWN, from_future=True), DeliveryState.ARRIVED) is TimeDoubt.FROM_FUTURE
    view = sent(LEFT + HOUR, KNOWN, read_from_future=True)
    assert doubt_of(view, DeliveryState.ARRIVED) is None
    assert doubt_of(view, DeliveryState.READ) is TimeDoubt.FROM_FUTURE


def test_a_reading_before_the_arrival_is_never_confirmed() -> None:
    """A peer whose clock was set back between the two tells of a reading first."""
    view = sent(LEFT + HOUR, LEFT + HOUR - DAY // 48)
    assert doubt_of(view, DeliveryState.READ) is TimeDoubt.BEFORE_ARRIVAL
    assert doubt_of(sent(LEFT + HOUR, LEFT - DAY), DeliveryState.READ) is TimeDoubt.BEFORE_DEPARTURE


def test_a_letter_from_the_future_is_not_confirmed_to_be_written_then() -> None:
    """It came before it says that it was written; its arrival is by our own clock and stands."""
    view = letter_view(LETTER, None, Received(arrived_at=WRITTEN - 2 * DAY), WRITTEN)
    assert doubt_of(view, DeliveryState.WRITTEN) is TimeDoubt.FROM_FUTURE
    assert doubt_of(view, DeliveryState.ARRIVED) is None
    assert view.certainty is Certainty.CONFIRMED
