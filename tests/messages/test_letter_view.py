"""A letter as its mailbox shows it."""

from __future__ import annotations

import msgspec
from tests.messages.helpers import JAY, NANYOUNG

from starlight.dtntime import HOUR, SECOND
from starlight.messages.delivery import Certainty, DeliveryState, Leg
from starlight.messages.dispatch import Confirmed, Dispatch, Expected, Sent
from starlight.messages.letter import Letter
from starlight.messages.letter_view import Stop, letter_view, named, without_contact

LETTER = Letter(id=f"{JAY}/0/1", thread="t", sender=JAY, to=NANYOUNG, written_at=0, text="words")


def sent_as(dispatch: Dispatch) -> Sent:
    return Sent(number=1, written_at=0, expires_at=99, receipt_wanted=True, dispatch=dispatch)


def test_no_receipt_is_foreseen_once_the_arrival_is_known() -> None:
    """News of the arrival is foreseen until it has come; what was foreseen before is no news any more."""
    departed = sent_as(
        Dispatch(
            size_bytes=5,
            state=DeliveryState.DEPARTED,
            expected=Expected(arrives=5, receipt_at=9),
            confirmed=Confirmed(departed_at=1),
        )
    )
    arrived = sent_as(
        Dispatch(
            size_bytes=5,
            state=DeliveryState.ARRIVED,
            expected=Expected(arrives=5, receipt_at=9),
            confirmed=Confirmed(departed_at=1, arrived_at=5, arrival_known_at=8),
        )
    )
    assert letter_view(LETTER, departed, None, 6).receipt_at == 9
    assert letter_view(LETTER, arrived, None, 8).receipt_at is None


def test_a_letter_that_is_there_was_displaced_no_more() -> None:
    """Once it is there, or at its end, nobody asks who went first."""
    for state, shown in (
        (DeliveryState.QUEUED, True),
        (DeliveryState.DEPARTED, True),
        (DeliveryState.ARRIVED, False),
        (DeliveryState.EXPIRED, False),
    ):
        sent = sent_as(Dispatch(size_bytes=5, state=state, expected=Expected(displaced=True)))
        assert letter_view(LETTER, sent, None, 6).displaced == shown


def test_where_it_waits_on_its_way_has_a_name() -> None:
    """A stay of minutes at a relay is a stop; one of seconds is not, nor is the wait at its own node."""
    legs = (
        Leg(7, 15, HOUR, HOUR, HOUR + SECOND, 9 * HOUR),
        Leg(15, 16, 3 * HOUR, 3 * HOUR, 3 * HOUR + SECOND, 9 * HOUR),
        Leg(16, 20, 3 * HOUR + 3 * SECOND, 3 * HOUR + 3 * SECOND, 4 * HOUR, 9 * HOUR),
    )
    sent = sent_as(
        Dispatch(size_bytes=5, state=DeliveryState.DEPARTED, expected=Expected(arrives=5, legs=legs))
    )
    view = named(letter_view(LETTER, sent, None, 6), lambda address: ("", ""), {15: "Madrid"}, "")
    assert view.stops == (Stop(15, HOUR + SECOND, 3 * HOUR, "Madrid"),)
    there = sent_as(Dispatch(size_bytes=5, state=DeliveryState.ARRIVED, expected=Expected(legs=legs)))
    assert letter_view(LETTER, there, None, 6).stops == ()


def test_without_contact_only_what_is_known_is_said_to_hold() -> None:
    """Of one that left, that it left; its arrival is in doubt whether or not it is due."""
    legs = (Leg(7, 20, 1, 1, 5, 99),)
    left = sent_as(
        Dispatch(
            size_bytes=5,
            state=DeliveryState.DEPARTED,
            expected=Expected(arrives=5, receipt_at=9, legs=legs),
            confirmed=Confirmed(queued_at=0, departed_at=1),
        )
    )
    for now in (2, 6, 20):
        view = without_contact(letter_view(LETTER, left, None, now))
        assert (view.state, view.certainty) == (DeliveryState.DEPARTED, Certainty.CONFIRMED)
        arrival = view.last_fact(DeliveryState.ARRIVED)
        assert arrival is not None
        assert (arrival.time, arrival.certainty, arrival.doubt) == (5, Certainty.IN_DOUBT, None)
    given = msgspec.structs.replace(left.dispatch, confirmed=Confirmed(queued_at=0, given_at=1))
    view = without_contact(letter_view(LETTER, sent_as(given), None, 6))
    assert (view.state, view.certainty) == (DeliveryState.DEPARTED, Certainty.PREDICTED)


def test_without_contact_what_is_over_stays_and_what_waits_is_safe() -> None:
    """A receipt is knowledge whatever the link does now; one that waits keeps its state."""
    known = Confirmed(queued_at=0, departed_at=1, arrived_at=5, arrival_known_at=8)
    there = sent_as(Dispatch(size_bytes=5, state=DeliveryState.ARRIVED, confirmed=known))
    assert without_contact(view := letter_view(LETTER, there, None, 9)) == view
    waiting = Dispatch(
        size_bytes=5, state=DeliveryState.QUEUED, expected=Expected(3, 5), confirmed=Confirmed(queued_at=0)
    )
    view = without_contact(letter_view(LETTER, sent_as(waiting), None, 2))
    assert (view.state, view.certainty) == (DeliveryState.QUEUED, Certainty.CONFIRMED)
    departure = view.last_fact(DeliveryState.DEPARTED)
    assert departure is not None
    assert departure.certainty is Certainty.IN_DOUBT
