"""Predict the course of a dispatch again: as it departs, as the plan changes, as time runs out.

Pure functions from a dispatch to a dispatch, over the forecast of the letter's own node. A node
never learns what happened to a bundle further on but from a receipt; what it can know is its
own departure and the plan.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from starlight.dtntime import DAY, HOUR
from starlight.messages.delivery import DeliveryState, Leg, flight_of
from starlight.messages.dispatch import Dispatch, Expected, Sent
from starlight.messages.doubt import Doubt, DoubtCode
from starlight.messages.forecast import RECEIPT_BYTES, Forecaster
from starlight.messages.itinerary import Itinerary, legs_of
from starlight.routing import Route

RECEIPT_MARGIN = HOUR
"""A receipt is not overdue before it could have missed its contact behind other traffic, taken
the next one, and spent another hour in queues and in clocks that differ."""

LATER_CONTACT_WAIT = DAY
"""A letter is sent again on a later contact; where one contact never ends, a day later."""

RESENDS_MAX = 3
"""Each resend survives one lost relay or store; after three the cause is not chance."""


def queued(
    forecaster: Forecaster, sent: Sent, dispatch: Dispatch, destination: int | None, now: int
) -> Dispatch:
    """Return a dispatch that has not departed with a new prediction."""
    expected = dispatch.expected
    known = expected.arrives is not None and all(forecaster.index().covers(leg) for leg in expected.legs)
    found = forecaster.itinerary(
        forecaster.node, destination, now, dispatch.size_bytes, sent.expires_at, sent.urgency
    )
    if found is None:
        return replace(dispatch, expected=Expected())
    if known and expected.legs and expected.arrives is not None and found.arrival >= expected.arrives:
        return dispatch  # Its own booking may be what makes the new route look later.
    return dispatch.expecting(expected_of(forecaster, destination, found))


def displaced(
    forecaster: Forecaster, dispatch: Dispatch, destination: int | None, moved: Sequence[Route | None]
) -> Dispatch:
    """Return a dispatch that waits, after something more urgent was accepted, which may go before it.

    Args:
        moved: the route that each bundle of it now takes: of the whole, or of each fragment; None
            for one that can't go by what is booked for it any more.
    """
    routes = [route for route in moved if route is not None]
    if not routes or len(routes) < len(moved) or dispatch.expected.arrives is None:
        return dispatch  # The node will look for another route when it comes to that; so will the next plan.
    last = max(routes, key=lambda route: route.arrival)
    if last.arrival <= dispatch.expected.arrives:
        return dispatch
    itinerary = Itinerary(min(route.leaves for route in routes), last.arrival, last, len(routes))
    expected = expected_of(forecaster, destination, itinerary)
    return dispatch.expecting(replace(expected, displaced=True))


def expected_of(forecaster: Forecaster, destination: int | None, itinerary: Itinerary) -> Expected:
    """Return what is expected of a dispatch that takes a route."""
    return Expected(
        leaves=itinerary.leaves,
        arrives=itinerary.arrival,
        receipt_at=forecaster.back(destination, itinerary.arrival, RECEIPT_BYTES),
        legs=legs_of(itinerary.route),
        fragments=itinerary.fragments,
    )


def departed(
    forecaster: Forecaster,
    sent: Sent,
    dispatch: Dispatch,
    destination: int | None,
    first: Leg,
    booked: Sequence[Route] = (),
) -> Dispatch:
    """Return a dispatch whose bundle left by a first hop; what is foreseen follows from it.

    In fragments it is the first of them that left, and the prediction stays that of the last.

    Args:
        booked: what the node has booked for it further along, where that is known.
    """
    expected = dispatch.expected
    planned, onward = expected.legs[:1], expected.legs[1:]
    if expected.fragments > 1 and expected.arrives is not None:
        # The first of several; what is foreseen is the route of the last.
        return dispatch.due_at(receipt_due(forecaster, sent, expected, destination))
    as_planned = bool(planned) and planned[0].to_node == first.to_node and expected.arrives is not None
    if first.to_node == destination:
        dispatch = replace(dispatch, expected=replace(expected, legs=(first,), arrives=first.arrives))
    elif len(booked) == 1 and booked[0].hops[0].contact.from_node == first.to_node:
        legs = (first, *legs_of(booked[0]))
        dispatch = replace(dispatch, expected=replace(expected, legs=legs, arrives=booked[0].arrival))
    elif as_planned and onward and first.arrives <= onward[0].leaves:
        dispatch = replace(dispatch, expected=replace(expected, legs=(first, *onward)))
    else:
        dispatch = _onward(forecaster, sent, dispatch, (first,), destination, first.arrives)
    return _awaiting_receipt(forecaster, sent, dispatch, destination)


def plan_changed(
    forecaster: Forecaster, sent: Sent, dispatch: Dispatch, destination: int | None, now: int
) -> Dispatch:
    """Return a departed dispatch after the plan changed.

    What is on its way through space arrives, whatever is cut. From the first hop that the plan
    has lost, and that was still to come, the relay that holds the letter is expected to look
    for another route.
    """
    index, legs, arrives = forecaster.index(), dispatch.expected.legs, dispatch.expected.arrives
    lost = next((n for n, leg in enumerate(legs) if leg.leaves > now and not index.covers(leg)), None)
    if lost is None and arrives is not None:
        return dispatch
    kept = legs if lost is None else legs[:lost]
    if not kept:
        return queued(forecaster, sent, dispatch, destination, now)  # What was sent again is here still.
    if lost is not None:
        dispatch = replace(dispatch, doubtful=_of_a_cut(forecaster, destination, now, arrives))
    dispatch = _onward(forecaster, sent, dispatch, kept, destination, max(now, kept[-1].arrives))
    return _awaiting_receipt(forecaster, sent, dispatch, destination)


def receipt_due(
    forecaster: Forecaster, sent: Sent, expected: Expected, destination: int | None
) -> int | None:
    """Return when the receipt of something departed is overdue; None where it can't be awaited."""
    if not sent.receipt_wanted or expected.arrives is None or expected.receipt_at is None:
        return None
    # Not at the first moment at which a receipt could be here: it may have missed that contact behind other
    # traffic and come by the next one, and sending a letter again costs a whole transmission.
    missed = forecaster.back(destination, expected.receipt_at, RECEIPT_BYTES)
    due = (missed or expected.receipt_at + LATER_CONTACT_WAIT) + RECEIPT_MARGIN
    flight = flight_of(expected.legs)
    if flight is None:
        return due
    # On a contact that is still open the letter would go the same way again; so wait for its end, unless it
    # has none that is near.
    return max(due, min(flight.contact_end + 1, due + LATER_CONTACT_WAIT))


def concerns(dispatch: Dispatch, now: int) -> bool:
    """Return whether a changed plan can change what is foreseen."""
    if dispatch.state in (DeliveryState.WRITTEN, DeliveryState.QUEUED):
        return True
    if dispatch.state is not DeliveryState.DEPARTED:
        return False
    arrives = dispatch.expected.arrives
    return arrives is None or arrives > now or dispatch.attempts.overdue


def _awaiting_receipt(
    forecaster: Forecaster, sent: Sent, dispatch: Dispatch, destination: int | None
) -> Dispatch:
    """Return a departed dispatch with the times of its receipt, which follow from its arrival."""
    receipt_at = forecaster.back(destination, dispatch.expected.arrives, RECEIPT_BYTES)
    expected = replace(dispatch.expected, receipt_at=receipt_at)
    due = receipt_due(forecaster, sent, expected, destination)
    return replace(dispatch, expected=expected).due_at(due)


def _onward(
    forecaster: Forecaster,
    sent: Sent,
    dispatch: Dispatch,
    legs: tuple[Leg, ...],
    destination: int | None,
    at: int,
) -> Dispatch:
    """Return a dispatch that takes another route from the end of some legs, where it is at a time, in ns."""
    # Nobody here knows what the holder has booked meanwhile: this is the best guess from the plan alone.
    found = forecaster.itinerary(
        legs[-1].to_node, destination, at, dispatch.size_bytes, sent.expires_at, sent.urgency
    )
    if found is None:
        doubtful = dispatch.doubtful or Doubt(DoubtCode.NO_ONWARD_ROUTE)
        expected = replace(dispatch.expected, legs=legs, arrives=None)
        return replace(dispatch, expected=expected, doubtful=doubtful)
    expected = replace(dispatch.expected, legs=legs + legs_of(found.route), arrives=found.arrival)
    return replace(dispatch, expected=expected)


def _of_a_cut(forecaster: Forecaster, destination: int | None, now: int, arrives: int | None) -> Doubt:
    """Return the doubt about a letter whose route is cut, for the plan's own reasons where it gives any."""
    texts = tuple(notice.text for notice in forecaster.notices(destination, now, arrives))
    return Doubt(DoubtCode.NOTICE, texts=texts) if texts else Doubt(DoubtCode.CUT)
