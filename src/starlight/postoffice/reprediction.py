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
from starlight.messages.forecast import MessageForecaster
from starlight.messages.legs import legs_of
from starlight.node.forecast import Forecast, Outgoing
from starlight.routing import Route

RECEIPT_MARGIN = HOUR
"""A receipt is not overdue before it could have missed its contact behind other traffic, taken
the next one, and spent another hour in queues and in clocks that differ."""

LATER_CONTACT_WAIT = DAY
"""A letter is sent again on a later contact; where one contact never ends, a day later."""

RESENDS_MAX = 3
"""Each resend survives one lost relay or store; after three the cause is not chance."""


def queued(forecaster: MessageForecaster, dispatch: Dispatch, outgoing: Outgoing, now: int) -> Dispatch:
    """Return a dispatch that has not departed with a new prediction."""
    expected = dispatch.expected
    known = expected.arrives is not None and all(forecaster.index().covers(leg) for leg in expected.legs)
    found = forecaster.forecast(outgoing, now)
    if found.arrives is None:
        return replace(dispatch, expected=Expected())
    if known and expected.legs and expected.arrives is not None and found.arrives >= expected.arrives:
        return dispatch  # Its own booking may be what makes the new route look later.
    return dispatch.expecting(expected_of(forecaster, outgoing, found))


def booked(
    forecaster: MessageForecaster, dispatch: Dispatch, outgoing: Outgoing, routes: Sequence[Route], now: int
) -> Dispatch:
    """Return a dispatch that waits with what the node has booked for it, a route for each bundle of it."""
    if not routes:
        return replace(dispatch, expected=Expected())
    return dispatch.expecting(expected_of(forecaster, outgoing, _along(forecaster, outgoing, routes, now)))


def displaced(
    forecaster: MessageForecaster,
    dispatch: Dispatch,
    outgoing: Outgoing,
    moved: Sequence[Route | None],
    now: int,
) -> Dispatch:
    """Return a dispatch that waits, after something more urgent was accepted, which may go before it.

    Args:
        outgoing: how it was submitted.
        moved: the route that each bundle of it now takes: of the whole, or of each fragment; None
            for one that can't go by what is booked for it any more.
    """
    routes = [route for route in moved if route is not None]
    if not routes or len(routes) < len(moved) or dispatch.expected.arrives is None:
        return dispatch  # The node will look for another route when it comes to that; so will the next plan.
    found = _along(forecaster, outgoing, routes, now)
    if found.arrives is None or found.arrives <= dispatch.expected.arrives:
        return dispatch
    expected = expected_of(forecaster, outgoing, found)
    return dispatch.expecting(replace(expected, displaced=True))


def _along(forecaster: MessageForecaster, outgoing: Outgoing, routes: Sequence[Route], now: int) -> Forecast:
    """Return what is to be expected of bundles that go by these routes, not none."""
    leaves, arrives = min(route.leaves for route in routes), max(route.arrival for route in routes)
    node, size = forecaster.node_of(outgoing.destination), outgoing.payload_bytes
    return Forecast(node, now, size, leaves=leaves, arrives=arrives, routes=tuple(routes))


def expected_of(forecaster: MessageForecaster, outgoing: Outgoing, found: Forecast) -> Expected:
    """Return what is expected of a dispatch, by a forecast in which it arrives."""
    return Expected(
        leaves=found.leaves,
        arrives=found.arrives,
        receipt_at=forecaster.receipt_at(outgoing, found.arrives),
        legs=legs_of(found.route) if found.route else (),
        fragments=found.parts,
    )


def departed(
    forecaster: MessageForecaster,
    sent: Sent,
    dispatch: Dispatch,
    outgoing: Outgoing,
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
        return dispatch.due_at(receipt_due(forecaster, sent, expected, outgoing))
    as_planned = bool(planned) and planned[0].to_node == first.to_node and expected.arrives is not None
    if first.to_node == forecaster.node_of(outgoing.destination):
        dispatch = replace(dispatch, expected=replace(expected, legs=(first,), arrives=first.arrives))
    elif len(booked) == 1 and booked[0].hops[0].contact.from_node == first.to_node:
        legs = (first, *legs_of(booked[0]))
        dispatch = replace(dispatch, expected=replace(expected, legs=legs, arrives=booked[0].arrival))
    elif as_planned and onward and first.arrives <= onward[0].leaves:
        dispatch = replace(dispatch, expected=replace(expected, legs=(first, *onward)))
    else:
        dispatch = _onward(forecaster, sent, dispatch, (first,), outgoing, first.arrives)
    return _awaiting_receipt(forecaster, sent, dispatch, outgoing)


def plan_changed(
    forecaster: MessageForecaster, sent: Sent, dispatch: Dispatch, outgoing: Outgoing, now: int
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
        return queued(forecaster, dispatch, outgoing, now)  # What was sent again is here still.
    if lost is not None:
        node = forecaster.node_of(outgoing.destination)
        dispatch = replace(dispatch, doubtful=_of_a_cut(forecaster, node, now, arrives))
    dispatch = _onward(forecaster, sent, dispatch, kept, outgoing, max(now, kept[-1].arrives))
    return _awaiting_receipt(forecaster, sent, dispatch, outgoing)


def receipt_due(
    forecaster: MessageForecaster, sent: Sent, expected: Expected, outgoing: Outgoing
) -> int | None:
    """Return when the receipt of something departed is overdue; None where it can't be awaited."""
    if not sent.receipt_wanted or expected.arrives is None or expected.receipt_at is None:
        return None
    # Not at the first moment at which a receipt could be here: it may have missed that contact behind other
    # traffic and come by the next one, and sending a letter again costs a whole transmission.
    missed = forecaster.receipt_at(outgoing, expected.receipt_at)
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
    forecaster: MessageForecaster, sent: Sent, dispatch: Dispatch, outgoing: Outgoing
) -> Dispatch:
    """Return a departed dispatch with the times of its receipt, which follow from its arrival."""
    receipt_at = forecaster.receipt_at(outgoing, dispatch.expected.arrives)
    expected = replace(dispatch.expected, receipt_at=receipt_at)
    due = receipt_due(forecaster, sent, expected, outgoing)
    return replace(dispatch, expected=expected).due_at(due)


def _onward(
    forecaster: MessageForecaster,
    sent: Sent,
    dispatch: Dispatch,
    legs: tuple[Leg, ...],
    outgoing: Outgoing,
    at: int,
) -> Dispatch:
    """Return a dispatch that takes another route from the end of some legs, where it is at a time, in ns."""
    # Nobody here knows what the holder has booked meanwhile: this is the best guess from the plan alone.
    found = forecaster.onward(legs[-1].to_node, outgoing, at, sent.expires_at)
    if found.arrives is None or found.route is None:
        doubtful = dispatch.doubtful or Doubt(DoubtCode.NO_ONWARD_ROUTE)
        expected = replace(dispatch.expected, legs=legs, arrives=None)
        return replace(dispatch, expected=expected, doubtful=doubtful)
    expected = replace(dispatch.expected, legs=legs + legs_of(found.route), arrives=found.arrives)
    return replace(dispatch, expected=expected)


def _of_a_cut(forecaster: MessageForecaster, node: int | None, now: int, arrives: int | None) -> Doubt:
    """Return the doubt about a letter whose route is cut, for the plan's own reasons where it gives any."""
    texts = tuple(notice.text for notice in forecaster.notices(node, now, arrives))
    return Doubt(DoubtCode.NOTICE, texts=texts) if texts else Doubt(DoubtCode.CUT)
