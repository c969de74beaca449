"""The states as tables: every row, and what a record says at each time."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from starlight.messages.delivery import (
    FINAL,
    TRANSITIONS,
    Certainty,
    DeliveryState,
    Happening,
    Leg,
    after,
    flight_of,
)
from starlight.messages.dispatch import Confirmed, Copy, Dispatch, Expected, Sent
from starlight.messages.standing import facts, standing

W, Q, D, A, R, E, T = (
    DeliveryState.WRITTEN,
    DeliveryState.QUEUED,
    DeliveryState.DEPARTED,
    DeliveryState.ARRIVED,
    DeliveryState.READ,
    DeliveryState.EXPIRED,
    DeliveryState.WITHDRAWN,
)

# Columns: accepted, left, returned, arrival known, reading known, gone, recalled, held back.
TABLE = {
    W: (Q, None, None, A, R, E, T, W),
    Q: (Q, D, None, A, R, E, T, W),
    D: (D, D, Q, A, R, E, D, D),
    A: (A, A, A, A, R, A, A, A),
    R: (R, R, R, R, R, R, R, R),
    E: (E, E, E, A, R, E, E, E),
    T: (T, T, T, T, T, T, T, T),
}


@pytest.mark.parametrize("state", list(TABLE))
def test_every_transition(state: DeliveryState) -> None:
    """What is confirmed moves by a table; a letter that nobody took can't leave or return."""
    for happening, expected in zip(Happening, TABLE[state], strict=True):
        if expected is None:
            with pytest.raises(KeyError):
                after(state, happening)
        else:
            assert after(state, happening) is expected


def test_the_table_is_whole() -> None:
    """In flight is the one state that is never confirmed: nobody can see it happen."""
    assert set(TRANSITIONS) == set(DeliveryState) - {DeliveryState.IN_FLIGHT}
    assert {DeliveryState.READ, DeliveryState.EXPIRED, DeliveryState.WITHDRAWN} == FINAL


def record(state: DeliveryState = D, **more: Any) -> Sent:
    """Return a record whose nouns have the fields given, where they have them."""
    legs = (Leg(1, 2, 10, 11, 11, 99), Leg(2, 3, 20, 21, 80, 99), Leg(3, 4, 85, 86, 90, 99))
    known: dict[str, Any] = {"arrives": 90, "legs": legs, "queued_at": 1, "departed_at": 10}
    known |= {"copies": (Copy("b", 10),), "expires_at": 1000} | more

    def of(kind: type[msgspec.Struct]) -> dict[str, Any]:
        return {name: known.pop(name) for name in kind.__struct_fields__ if name in known}

    expected, confirmed = Expected(**of(Expected)), Confirmed(**of(Confirmed))
    dispatch = Dispatch(size_bytes=60, state=state, expected=expected, confirmed=confirmed, **of(Dispatch))
    return Sent(number=1, written_at=0, receipt_wanted=True, dispatch=dispatch, **known)


@pytest.mark.parametrize(
    ("sent", "now", "state", "certainty", "since"),
    [
        (record(W, queued_at=None, departed_at=None, copies=()), 50, W, "confirmed", 0),
        (record(Q, departed_at=None), 5, Q, "confirmed", 1),
        (record(Q, departed_at=None, leaves=10), 500, Q, "confirmed", 1),
        (record(departed_at=None, given_at=10), 10, D, "predicted", 10),
        (record(departed_at=None, given_at=10), 20, DeliveryState.IN_FLIGHT, "predicted", 20),
        (record(A, departed_at=None, given_at=10, arrived_at=91), 200, A, "confirmed", 91),
        (record(), 10, D, "confirmed", 10),
        (record(), 19, D, "confirmed", 10),
        (record(), 20, DeliveryState.IN_FLIGHT, "predicted", 20),
        (record(), 89, DeliveryState.IN_FLIGHT, "predicted", 20),
        (record(), 90, A, "predicted", 90),
        (record(), 5000, A, "predicted", 90),
        (record(arrives=None), 50, D, "confirmed", 10),
        (record(arrives=None), 1000, E, "predicted", 1000),
        (record(arrives=2000), 1000, E, "predicted", 1000),
        (record(A, arrived_at=91, arrival_known_at=170), 200, A, "confirmed", 91),
        (record(R, read_at=95, reading_known_at=180), 200, R, "confirmed", 95),
        (record(E, ended_at=1001), 2000, E, "confirmed", 1001),
        (record(T, departed_at=None, ended_at=5), 50, T, "confirmed", 5),
    ],
)
def test_state_at_a_time(sent: Sent, now: int, state: DeliveryState, certainty: str, since: int) -> None:
    """The state at a time is a pure function of the record: predicted until confirmed."""
    holds = standing(sent, now)
    assert (holds.state, holds.certainty, holds.time) == (state, Certainty(certainty), since)


def test_what_is_foreseen() -> None:
    """Each fact is predicted or confirmed, with its time, in order."""
    waiting = record(Q, departed_at=None, leaves=10)
    assert [(fact.state, fact.time, fact.certainty.value) for fact in facts(waiting)] == [
        (W, 0, "confirmed"),
        (Q, 1, "confirmed"),
        (D, 10, "predicted"),
        (DeliveryState.IN_FLIGHT, 20, "predicted"),
        (A, 90, "predicted"),
    ]
    given = facts(record(departed_at=None, given_at=10))
    assert [(fact.state, fact.certainty.value) for fact in given][1:3] == [(Q, "confirmed"), (D, "predicted")]
    assert [fact.state for fact in given].count(D) == 1
    there = facts(record(A, departed_at=None, given_at=10, arrived_at=91))
    assert [(fact.state, fact.certainty.value) for fact in there][2] == (D, "confirmed")
    lost = facts(record(arrives=None))
    assert [(fact.state, fact.certainty.value) for fact in lost][-1] == (E, "predicted")
    done = facts(record(R, arrived_at=91, arrival_known_at=170, read_at=95, reading_known_at=180))
    assert [fact.state for fact in done] == [W, Q, D, A, R]
    assert all(fact.certainty is Certainty.CONFIRMED for fact in done)


def test_the_flight_is_the_longest_light() -> None:
    """In flight is the hop whose light takes longest, not the longest wait."""
    flight = flight_of(record().dispatch.expected.legs)
    assert flight is not None
    assert flight.leaves == 20
    assert flight_of(()) is None


def test_a_letter_may_arrive_at_the_last_instant_of_its_life() -> None:
    """It lapses on its route where it arrives later than that, be it by a nanosecond."""
    in_time, late = (record(arrives=arrives, expires_at=1000) for arrives in (1000, 1001))
    assert standing(in_time, 1000).state is A
    assert facts(in_time)[-1].state is A
    assert standing(late, 1000).state is E
    assert facts(late)[-1].state is E
