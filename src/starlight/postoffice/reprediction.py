"""Predict the course of a letter again: as it departs, as the plan changes, as time runs out.

Pure functions from a record to a record, over the forecast of the letter's own node. A node
never learns what happened to a bundle further on but from a receipt; what it can know is its
own departure and the plan.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from starlight.dtntime import DAY, HOUR
from starlight.messages.delivery import DeliveryState, Leg, Sent, flight_of
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


def queued(forecaster: Forecaster, sent: Sent, destination: int | None, now: int) -> Sent:
    """Return a record with a new prediction for a letter that has not departed."""
    known = sent.arrives is not None and all(forecaster.index().covers(leg) for leg in sent.legs)
    found = forecaster.itinerary(
        forecaster.node, destination, now, sent.size_bytes, sent.expires_at, sent.urgency
    )
    if found is None:
        return replace(
            sent, leaves=None, arrives=None, receipt_at=None, legs=(), fragments=1, displaced=False
        )
    if known and sent.legs and sent.arrives is not None and found.arrival >= sent.arrives:
        return sent  # Its own booking may be what makes the new route look later.
    return _foreseen(forecaster, replace(sent, displaced=False), destination, found)


def displaced(
    forecaster: Forecaster, sent: Sent, destination: int | None, moved: Sequence[Route | None]
) -> Sent:
    """Return a record after something more urgent was accepted, which may go before a letter that waits.

    Args:
        moved: the route that each bundle of the letter now takes: of the whole, or of each fragment; None
            for one that can't go by what is booked for it any more.
    """
    routes = [route for route in moved if route is not None]
    if not routes or len(routes) < len(moved) or sent.arrives is None:
        return sent  # The node will look for another route when it comes to that, and so will the next plan.
    last = max(routes, key=lambda route: route.arrival)
    if last.arrival <= sent.arrives:
        return sent
    itinerary = Itinerary(min(route.leaves for route in routes), last.arrival, last, len(routes))
    return _foreseen(forecaster, replace(sent, displaced=True), destination, itinerary)


def _foreseen(forecaster: Forecaster, sent: Sent, destination: int | None, itinerary: Itinerary) -> Sent:
    return replace(
        sent,
        leaves=itinerary.leaves,
        arrives=itinerary.arrival,
        receipt_at=forecaster.back(destination, itinerary.arrival, RECEIPT_BYTES),
        legs=legs_of(itinerary.route),
        fragments=itinerary.fragments,
        first_leaves=itinerary.leaves if sent.first_leaves is None else sent.first_leaves,
        first_arrives=itinerary.arrival if sent.first_arrives is None else sent.first_arrives,
    )


def departed(
    forecaster: Forecaster, sent: Sent, destination: int | None, first: Leg, booked: Sequence[Route] = ()
) -> Sent:
    """Return a record after its bundle left by a first hop; what is foreseen follows from it.

    Of a letter in fragments it is the first that left, and the prediction stays that of the last.

    Args:
        booked: what the node has booked for it further along, where that is known.
    """
    planned, onward = sent.legs[:1], sent.legs[1:]
    if sent.fragments > 1 and sent.arrives is not None:
        # The first of several; what is foreseen is the route of the last.
        return replace(sent, due=receipt_due(forecaster, sent, destination))
    as_planned = bool(planned) and planned[0].to_node == first.to_node and sent.arrives is not None
    if first.to_node == destination:
        changed = replace(sent, legs=(first,), arrives=first.arrives)
    elif len(booked) == 1 and booked[0].hops[0].contact.from_node == first.to_node:
        changed = replace(sent, legs=(first, *legs_of(booked[0])), arrives=booked[0].arrival)
    elif as_planned and onward and first.arrives <= onward[0].leaves:
        changed = replace(sent, legs=(first, *onward))
    else:
        changed = _onward_from(forecaster, replace(sent, legs=(first,)), destination, first.arrives)
    changed = replace(changed, receipt_at=forecaster.back(destination, changed.arrives, RECEIPT_BYTES))
    return replace(changed, due=receipt_due(forecaster, changed, destination))


def plan_changed(forecaster: Forecaster, sent: Sent, destination: int | None, now: int) -> Sent:
    """Return a record of a departed letter after the plan changed.

    What is on its way through space arrives, whatever is cut. From the first hop that the plan
    has lost, and that was still to come, the relay that holds the letter is expected to look
    for another route.
    """
    index = forecaster.index()
    lost = next((n for n, leg in enumerate(sent.legs) if leg.leaves > now and not index.covers(leg)), None)
    if lost is None and sent.arrives is not None:
        return sent
    kept = sent.legs if lost is None else sent.legs[:lost]
    if not kept:
        return queued(forecaster, sent, destination, now)  # What was sent again is here still.
    doubt = sent.doubtful if lost is None else _of_a_cut(forecaster, destination, now, sent.arrives)
    changed = replace(sent, legs=kept, doubtful=doubt)
    changed = _onward_from(forecaster, changed, destination, max(now, kept[-1].arrives))
    changed = replace(changed, receipt_at=forecaster.back(destination, changed.arrives, RECEIPT_BYTES))
    return replace(changed, due=receipt_due(forecaster, changed, destination))


def receipt_due(forecaster: Forecaster, sent: Sent, destination: int | None) -> int | None:
    """Return when the receipt of a departed letter is overdue; None where it can't be awaited."""
    if not sent.receipt_wanted or sent.arrives is None or sent.receipt_at is None:
        return None
    # Not at the first moment at which a receipt could be here: it may have missed that contact behind other
    # traffic and come by the next one, and sending a letter again costs a whole transmission.
    missed = forecaster.back(destination, sent.receipt_at, RECEIPT_BYTES)
    due = (missed or sent.receipt_at + LATER_CONTACT_WAIT) + RECEIPT_MARGIN
    flight = flight_of(sent.legs)
    if flight is None:
        return due
    # On a contact that is still open the letter would go the same way again; so wait for its end, unless it
    # has none that is near.
    return max(due, min(flight.contact_end + 1, due + LATER_CONTACT_WAIT))


def concerns(sent: Sent, now: int) -> bool:
    """Return whether a changed plan can change what is foreseen for a letter."""
    if sent.state in (DeliveryState.WRITTEN, DeliveryState.QUEUED):
        return True
    if sent.state is not DeliveryState.DEPARTED:
        return False
    return sent.arrives is None or sent.arrives > now or sent.overdue


def _onward_from(forecaster: Forecaster, sent: Sent, destination: int | None, at: int) -> Sent:
    # Nobody here knows what the holder has booked meanwhile: this is the best guess from the plan alone.
    holder = sent.legs[-1].to_node
    found = forecaster.itinerary(holder, destination, at, sent.size_bytes, sent.expires_at, sent.urgency)
    if found is None:
        return replace(sent, arrives=None, doubtful=sent.doubtful or Doubt(DoubtCode.NO_ONWARD_ROUTE))
    return replace(sent, legs=sent.legs + legs_of(found.route), arrives=found.arrival)


def _of_a_cut(forecaster: Forecaster, destination: int | None, now: int, arrives: int | None) -> Doubt:
    """Return the doubt about a letter whose route is cut, for the plan's own reasons where it gives any."""
    texts = tuple(notice.text for notice in forecaster.notices(destination, now, arrives))
    return Doubt(DoubtCode.NOTICE, texts=texts) if texts else Doubt(DoubtCode.CUT)
