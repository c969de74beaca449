"""The standing of a letter that was written here: what is confirmed of its course, and what is predicted."""

from __future__ import annotations

from collections.abc import Sequence

from starlight.messages.delivery import (
    Certainty,
    DeliveryState,
    Fact,
    TimeDoubt,
    flight_of,
    is_before,
    told_fact,
)
from starlight.messages.dispatch import Dispatch, Sent


def least_far(courses: Sequence[Sent]) -> Sent:
    """Return the course of a letter of which the least can be said, of one or more.

    What is still under way comes before what has ended, and that before what has arrived: so nobody is told
    that everyone has a letter as long as one has not.
    """

    return min(_not_taken_back(courses), key=lambda sent: _progress(sent.dispatch))


def least_far_part(courses: Sequence[Sent], number: int) -> Dispatch | None:
    """Return the dispatch of a part of which the least can be said; None where it travels with the words.

    That need not be by the course of which the least can be said of the words: a node may have these and not
    a picture.
    """
    found = [each for sent in _not_taken_back(courses) for each in sent.parts if each.part == number]
    return min(found, key=_progress, default=None)


def _not_taken_back(courses: Sequence[Sent]) -> Sequence[Sent]:
    """Return the courses of a letter that its author did not withdraw; all where none is left.

    One that some readers get is not told as withdrawn: each course says it for itself.
    """
    left = [sent for sent in courses if sent.dispatch.state is not DeliveryState.WITHDRAWN]
    return left or courses


def _progress(dispatch: Dispatch) -> tuple[int, int]:
    arrives = dispatch.expected.arrives
    # Of two that are equally far the one that is there last, or for which no route is known.
    return _PROGRESS[dispatch.state], -(_NEVER if arrives is None else arrives)


_NEVER = 2**63

_PROGRESS = {
    state: place
    for place, state in enumerate(
        (
            DeliveryState.WRITTEN,
            DeliveryState.QUEUED,
            DeliveryState.DEPARTED,
            DeliveryState.IN_FLIGHT,
            DeliveryState.EXPIRED,
            DeliveryState.WITHDRAWN,
            DeliveryState.ARRIVED,
            DeliveryState.READ,
        )
    )
}

# From a confirmed state, the moments of a record at which another state is predicted to begin;
# of those that have passed, the last row holds.
PREDICTIONS: dict[DeliveryState, tuple[tuple[DeliveryState, str], ...]] = {
    DeliveryState.DEPARTED: (
        (DeliveryState.DEPARTED, "given"),
        (DeliveryState.IN_FLIGHT, "flight"),
        (DeliveryState.ARRIVED, "arrives"),
        (DeliveryState.EXPIRED, "lapses"),
    ),
}


def standing(sent: Sent, now: int) -> Fact:
    """Return where a letter is at a time, and how that is known."""
    holds = _confirmed(sent)[-1]
    for state, moment in PREDICTIONS.get(sent.dispatch.state, ()):
        time = _moment(sent, moment)
        if time is not None and time <= now:
            holds = Fact(state, time, Certainty.PREDICTED)
    return holds


def facts(sent: Sent) -> tuple[Fact, ...]:
    """Return every step in the course of a letter: what is confirmed, then what is foreseen."""
    found = _confirmed(sent)
    if not sent.dispatch.is_on_its_way:
        return tuple(found)
    foreseen: list[tuple[DeliveryState, str]] = []
    known = sent.dispatch.confirmed
    if known.departed_at is None and known.given_at is None:
        foreseen.append((DeliveryState.DEPARTED, "leaves"))
    foreseen += PREDICTIONS[DeliveryState.DEPARTED]
    for state, moment in foreseen:
        time = _moment(sent, moment)
        if time is not None:
            found.append(Fact(state, time, Certainty.PREDICTED))
    return tuple(found)


def _moment(sent: Sent, name: str) -> int | None:
    """Return the predicted moment of a row of PREDICTIONS."""
    expected, known = sent.dispatch.expected, sent.dispatch.confirmed
    if name == "given":
        return known.given_at
    if name == "leaves":
        return expected.leaves
    if name == "arrives":
        return expected.arrives
    if name == "flight":
        flight = flight_of(expected.legs)
        return flight.leaves if flight and expected.arrives is not None else None
    # It lapses on its route: it left, and no arrival before the end of its life is foreseen.
    left = known.departed_at is not None or known.given_at is not None
    late = expected.arrives is None or expected.arrives > sent.expires_at
    return sent.expires_at if left and late else None


def _confirmed(sent: Sent) -> list[Fact]:
    state, known = sent.dispatch.state, sent.dispatch.confirmed
    ended = state in (DeliveryState.EXPIRED, DeliveryState.WITHDRAWN)
    # What has arrived has left, whether or not its link had a chance to say so.
    arrived = state in (DeliveryState.ARRIVED, DeliveryState.READ)
    departed_at = known.given_at if known.departed_at is None and arrived else known.departed_at
    rows = [
        (DeliveryState.WRITTEN, sent.written_at, None),
        (DeliveryState.QUEUED, known.queued_at, None),
        (DeliveryState.DEPARTED, departed_at, None),
        (DeliveryState.ARRIVED, known.arrived_at, known.arrival_known_at),
        (DeliveryState.READ, sent.read_at, sent.reading_known_at),
        (state, known.ended_at if ended else None, None),
    ]
    doubts = {
        DeliveryState.ARRIVED: _arrival_doubt(
            sent.dispatch, sent.written_at if departed_at is None else departed_at
        ),
        DeliveryState.READ: _reading_doubt(sent, departed_at),
    }
    return [told_fact(step, time, doubts.get(step), heard) for step, time, heard in rows if time is not None]


def part_arrival_doubt(dispatch: Dispatch) -> TimeDoubt | None:
    """Return why the arrival of a part that a receipt tells can't have been then; None where it can."""
    if dispatch.confirmed.arrived_at is None:
        return None
    # By its first chunk: one that was asked for again may leave after the receipt was written.
    left = (copy.departed_at for copy in dispatch.copies if copy.departed_at is not None)
    return _arrival_doubt(dispatch, min(left, default=dispatch.confirmed.queued_at))


def _arrival_doubt(dispatch: Dispatch, left: int | None) -> TimeDoubt | None:
    """Return why the arrival of what left at a time in ns, or None, can't have been when a receipt tells."""
    known = dispatch.confirmed
    if known.arrived_at is None:
        return None
    if known.from_future:
        return TimeDoubt.FROM_FUTURE
    early = left is not None and is_before(known.arrived_at, left)
    return TimeDoubt.BEFORE_DEPARTURE if early else None


def _reading_doubt(sent: Sent, departed_at: int | None) -> TimeDoubt | None:
    """Return why the reading that a receipt tells can't have been then."""
    if sent.read_at is None:
        return None
    if sent.read_from_future:
        return TimeDoubt.FROM_FUTURE
    if is_before(sent.read_at, sent.written_at if departed_at is None else departed_at):
        return TimeDoubt.BEFORE_DEPARTURE
    arrived_at = sent.dispatch.confirmed.arrived_at
    early = arrived_at is not None and sent.read_at < arrived_at
    return TimeDoubt.BEFORE_ARRIVAL if early else None
