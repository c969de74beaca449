"""How what is predicted about a letter changes: as it departs, as the plan changes, as time runs out.

Pure functions from a record to a record, over the outlook of the letter's own node. A node
never learns what happened to a bundle further on but from a receipt; what it can know is its
own departure and the plan.
"""

from __future__ import annotations

from msgspec.structs import replace

from starlight.dtntime import DAY, HOUR
from starlight.messages.delivery import Leg, Sent, State, flight_of
from starlight.messages.outlook import RECEIPT_BYTES, Outlook, legs_of

RECEIPT_MARGIN = HOUR
"""A receipt is not overdue before it could have missed its contact behind other traffic, taken
the next one, and spent another hour in queues and in clocks that differ."""

LATER_CONTACT_WAIT = DAY
"""A letter is sent again on a later contact; where one contact never ends, a day later."""

RESENDS_MAX = 3
"""Each resend survives one lost relay or store; after three the cause is not chance."""

CUT = "The plan no longer has a contact of its way; where it is now is not known."
LOST_WAY = "No onward way is planned from where it should be now."


def queued(outlook: Outlook, sent: Sent, destination: int | None, now: int) -> Sent:
    """Return a record with a new prediction for a letter that has not departed."""
    known = sent.arrives is not None and all(outlook.index().covers(leg) for leg in sent.legs)
    route = outlook.route(outlook.node, destination, now, sent.size_bytes, sent.expires_at)
    if route is None:
        return replace(sent, leaves=None, arrives=None, receipt_at=None, legs=())
    if known and sent.legs and sent.arrives is not None and route.arrival >= sent.arrives:
        return sent  # Its own booking may be what makes the new route look later.
    return replace(
        sent,
        leaves=route.leaves,
        arrives=route.arrival,
        receipt_at=outlook.back(destination, route.arrival, RECEIPT_BYTES),
        legs=legs_of(route),
        first_leaves=route.leaves if sent.first_leaves is None else sent.first_leaves,
        first_arrives=route.arrival if sent.first_arrives is None else sent.first_arrives,
    )


def departed(outlook: Outlook, sent: Sent, destination: int | None, first: Leg) -> Sent:
    """Return a record after its bundle left by a first hop; what is foreseen follows from it."""
    planned, onward = sent.legs[:1], sent.legs[1:]
    as_planned = bool(planned) and planned[0].to_node == first.to_node and sent.arrives is not None
    if first.to_node == destination:
        changed = replace(sent, legs=(first,), arrives=first.arrives)
    elif as_planned and onward and first.arrives <= onward[0].leaves:
        changed = replace(sent, legs=(first, *onward))
    else:
        changed = _onward_from(outlook, replace(sent, legs=(first,)), destination, first.arrives)
    changed = replace(changed, receipt_at=outlook.back(destination, changed.arrives, RECEIPT_BYTES))
    return replace(changed, due=receipt_due(outlook, changed, destination))


def plan_changed(outlook: Outlook, sent: Sent, destination: int | None, now: int) -> Sent:
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


def receipt_due(outlook: Outlook, sent: Sent, destination: int | None) -> int | None:
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
    if sent.state in (State.WRITTEN, State.QUEUED):
        return True
    if sent.state is not State.DEPARTED:
        return False
    return sent.arrives is None or sent.arrives > now or sent.overdue


def _onward_from(outlook: Outlook, sent: Sent, destination: int | None, at: int) -> Sent:
    holder = sent.legs[-1].to_node
    route = outlook.route(holder, destination, at, sent.size_bytes, sent.expires_at)
    if route is None:
        return replace(sent, arrives=None, doubtful=sent.doubtful or LOST_WAY)
    return replace(sent, legs=sent.legs + legs_of(route), arrives=route.arrival)
