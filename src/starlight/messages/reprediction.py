"""How what is predicted about a letter changes: as it departs, as the plan changes, as time runs out.

Pure functions from a record to a record, over the outlook of the letter's own node. A node
never learns what happened to a bundle further on but from a receipt; what it can know is its
own departure and the plan.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from starlight.dtntime import DAY, HOUR
from starlight.messages.delivery import DeliveryState, Leg, Sent, flight_of
from starlight.messages.forecast import RECEIPT_BYTES, Forecaster, Turns
from starlight.messages.itinerary import Itinerary, legs_of
from starlight.routing import Route

RECEIPT_MARGIN = HOUR
"""A receipt is not overdue before it could have missed its contact behind other traffic, taken
the next one, and spent another hour in queues and in clocks that differ."""

LATER_CONTACT_WAIT = DAY
"""A letter is sent again on a later contact; where one contact never ends, a day later."""

RESENDS_MAX = 3
"""Each resend survives one lost relay or store; after three the cause is not chance."""

CUT = "The plan no longer has a contact of its way; where it is now is not known."
LOST_WAY = "No onward way is planned from where it should be now."


def queued(outlook: Forecaster, sent: Sent, destination: int | None, now: int) -> Sent:
    """Return a record with a new prediction for a letter that has not departed."""
    known = sent.arrives is not None and all(outlook.index().covers(leg) for leg in sent.legs)
    way = outlook.way(outlook.node, destination, now, sent.size_bytes, sent.expires_at, sent.urgency)
    if way is None:
        return replace(sent, leaves=None, arrives=None, receipt_at=None, legs=(), pieces=1, displaced=False)
    if known and sent.legs and sent.arrives is not None and way.arrival >= sent.arrives:
        return sent  # Its own booking may be what makes the new route look later.
    return _foreseen(outlook, replace(sent, displaced=False), destination, way)


def displaced(
    outlook: Forecaster, sent: Sent, destination: int | None, booked: Sequence[Route], turns: Turns
) -> Sent:
    """Return a record after something more urgent was accepted, which may go before a letter that waits.

    Args:
        booked: what the node has booked for the letter: one route, or one for each piece.
        turns: what was found for other letters at this moment.
    """
    moved = [
        outlook.moved(route, destination, sent.expires_at, turns)
        for route in booked
        if destination is not None and route.hops
    ]
    routes = [route for route in moved if route is not None]
    if not routes or len(routes) < len(booked) or sent.arrives is None:
        return sent  # The node will look for another way when it comes to that, and so will the next plan.
    last = max(routes, key=lambda route: route.arrival)
    if last.arrival <= sent.arrives:
        return sent
    way = Itinerary(min(route.leaves for route in routes), last.arrival, last, len(routes))
    return _foreseen(outlook, replace(sent, displaced=True), destination, way)


def _foreseen(outlook: Forecaster, sent: Sent, destination: int | None, way: Itinerary) -> Sent:
    return replace(
        sent,
        leaves=way.leaves,
        arrives=way.arrival,
        receipt_at=outlook.back(destination, way.arrival, RECEIPT_BYTES),
        legs=legs_of(way.route),
        pieces=way.pieces,
        first_leaves=way.leaves if sent.first_leaves is None else sent.first_leaves,
        first_arrives=way.arrival if sent.first_arrives is None else sent.first_arrives,
    )


def departed(
    outlook: Forecaster, sent: Sent, destination: int | None, first: Leg, booked: Sequence[Route] = ()
) -> Sent:
    """Return a record after its bundle left by a first hop; what is foreseen follows from it.

    Of a letter in pieces it is the first piece that left, and the prediction stays that of the last.

    Args:
        booked: what the node has booked for it further along, where that is known.
    """
    planned, onward = sent.legs[:1], sent.legs[1:]
    if sent.pieces > 1 and sent.arrives is not None:
        # The first of several; what is foreseen is the way of the last.
        return replace(sent, due=receipt_due(outlook, sent, destination))
    as_planned = bool(planned) and planned[0].to_node == first.to_node and sent.arrives is not None
    if first.to_node == destination:
        changed = replace(sent, legs=(first,), arrives=first.arrives)
    elif len(booked) == 1 and booked[0].hops[0].contact.from_node == first.to_node:
        changed = replace(sent, legs=(first, *legs_of(booked[0])), arrives=booked[0].arrival)
    elif as_planned and onward and first.arrives <= onward[0].leaves:
        changed = replace(sent, legs=(first, *onward))
    else:
        changed = _onward_from(outlook, replace(sent, legs=(first,)), destination, first.arrives)
    changed = replace(changed, receipt_at=outlook.back(destination, changed.arrives, RECEIPT_BYTES))
    return replace(changed, due=receipt_due(outlook, changed, destination))


def plan_changed(outlook: Forecaster, sent: Sent, destination: int | None, now: int) -> Sent:
    """Return a record of a departed letter after the plan changed.

    What is on its way through space arrives, whatever is cut. From the first hop that the plan
    has lost, and that was still to come, the relay that holds the letter is expected to look
    for another way.
    """
    index = outlook.index()
    lost = next((n for n, leg in enumerate(sent.legs) if leg.leaves > now and not index.covers(leg)), None)
    if lost is None and sent.arrives is not None:
        return sent
    kept = sent.legs if lost is None else sent.legs[:lost]
    if not kept:
        return queued(outlook, sent, destination, now)  # What was sent again is here still.
    reason = outlook.reason(destination, now, sent.arrives) or CUT
    changed = replace(sent, legs=kept, doubtful=reason if lost is not None else sent.doubtful)
    changed = _onward_from(outlook, changed, destination, max(now, kept[-1].arrives))
    changed = replace(changed, receipt_at=outlook.back(destination, changed.arrives, RECEIPT_BYTES))
    return replace(changed, due=receipt_due(outlook, changed, destination))


def receipt_due(outlook: Forecaster, sent: Sent, destination: int | None) -> int | None:
    """Return when the receipt of a departed letter is overdue; None where it can't be awaited."""
    if not sent.receipt_wanted or sent.arrives is None or sent.receipt_at is None:
        return None
    missed = outlook.back(destination, sent.receipt_at, RECEIPT_BYTES)
    due = (missed or sent.receipt_at + LATER_CONTACT_WAIT) + RECEIPT_MARGIN
    flight = flight_of(sent.legs)
    if flight is None:
        return due
    return max(due, min(flight.contact_end + 1, due + LATER_CONTACT_WAIT))


def concerns(sent: Sent, now: int) -> bool:
    """Return whether a changed plan can change what is foreseen for a letter."""
    if sent.state in (DeliveryState.WRITTEN, DeliveryState.QUEUED):
        return True
    if sent.state is not DeliveryState.DEPARTED:
        return False
    return sent.arrives is None or sent.arrives > now or sent.overdue


def _onward_from(outlook: Forecaster, sent: Sent, destination: int | None, at: int) -> Sent:
    holder = sent.legs[-1].to_node
    way = outlook.way(holder, destination, at, sent.size_bytes, sent.expires_at, sent.urgency)
    if way is None:
        return replace(sent, arrives=None, doubtful=sent.doubtful or LOST_WAY)
    return replace(sent, legs=sent.legs + legs_of(way.route), arrives=way.arrival)
