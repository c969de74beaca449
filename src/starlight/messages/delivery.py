"""Say where a letter is and how that is known: states, what changes them, what is only predicted.

What has been **confirmed** moves by a table, `TRANSITIONS`: the own node says that it queued,
sent or gave back a bundle, and receipts say the rest. What lies between two confirmations is
**predicted** from the plan by a second table, `PREDICTIONS`, as a pure function of a record
and a time: nothing is written down when a predicted moment passes.

::

    written ──accepted──> queued ──departed──> departed ─ ─ ─> in flight ─ ─ ─> arrived
       │                    │                     │            (predicted)     (predicted)
       ├──recalled──────────┤                     ├──arrival receipt──> arrived
       │                    │                     └──read receipt──> read
    withdrawn            expired

The page must never show a prediction as knowledge: both have names, and looks, of their own.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from starlight.json_time import Time
from starlight.messages.doubt import Doubt, Trouble

EXPEDITED = 2
"""The priority of what is most urgent (`routing.Priority`)."""


class DeliveryState(StrEnum):
    """The states of a letter."""

    WRITTEN = "written"
    QUEUED = "queued"
    DEPARTED = "departed"
    IN_FLIGHT = "in_flight"
    ARRIVED = "arrived"
    READ = "read"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"  # before departure, the only time at which it is possible


class Certainty(StrEnum):
    """The certainties with which a fact is known."""

    PREDICTED = "predicted"
    CONFIRMED = "confirmed"


class Happening(StrEnum):
    """An event that confirms something about a letter."""

    ACCEPTED = "accepted"
    LEFT = "left"
    ARRIVAL_KNOWN = "arrival known"
    READING_KNOWN = "reading known"
    GONE = "gone"
    RECALLED = "recalled"


_RECEIPTS = {Happening.ARRIVAL_KNOWN: DeliveryState.ARRIVED, Happening.READING_KNOWN: DeliveryState.READ}

TRANSITIONS: dict[DeliveryState, dict[Happening, DeliveryState]] = {
    # A receipt can come before departure is known only between two mailboxes of one node.
    DeliveryState.WRITTEN: {
        Happening.ACCEPTED: DeliveryState.QUEUED,
        Happening.GONE: DeliveryState.EXPIRED,
        Happening.RECALLED: DeliveryState.WITHDRAWN,
        **_RECEIPTS,
    },
    DeliveryState.QUEUED: {
        Happening.ACCEPTED: DeliveryState.QUEUED,
        Happening.LEFT: DeliveryState.DEPARTED,
        Happening.GONE: DeliveryState.EXPIRED,
        Happening.RECALLED: DeliveryState.WITHDRAWN,
        **_RECEIPTS,
    },
    # Accepted or recalled here is a copy sent again; it takes nothing back.
    DeliveryState.DEPARTED: {
        Happening.ACCEPTED: DeliveryState.DEPARTED,
        Happening.LEFT: DeliveryState.DEPARTED,
        Happening.GONE: DeliveryState.EXPIRED,
        Happening.RECALLED: DeliveryState.DEPARTED,
        **_RECEIPTS,
    },
    DeliveryState.ARRIVED: dict.fromkeys(Happening, DeliveryState.ARRIVED)
    | {Happening.READING_KNOWN: DeliveryState.READ},
    DeliveryState.READ: dict.fromkeys(Happening, DeliveryState.READ),
    # We may be told that a bundle expired although a copy of it arrived.
    DeliveryState.EXPIRED: dict.fromkeys(Happening, DeliveryState.EXPIRED) | _RECEIPTS,
    DeliveryState.WITHDRAWN: dict.fromkeys(Happening, DeliveryState.WITHDRAWN),
}

FINAL = frozenset({DeliveryState.READ, DeliveryState.EXPIRED, DeliveryState.WITHDRAWN})
WITHDRAWABLE = frozenset({DeliveryState.WRITTEN, DeliveryState.QUEUED})


class Leg(msgspec.Struct, frozen=True, gc=False):
    """One hop of the route that is foreseen for a letter; times in ns.

    Attributes:
        from_node, to_node: node numbers.
        leaves, last_byte, arrives: first bit out, last bit out, last bit in.
        contact_end: when the contact that carries it ends.
    """

    from_node: int
    to_node: int
    leaves: int
    last_byte: int
    arrives: int
    contact_end: int


class Copy(msgspec.Struct, frozen=True, gc=False):
    """One bundle that carries a letter.

    Attributes:
        key: the bundle's id.
        departed_at: when it left this node, in ns, or None.
        gone: it expired, was deleted or was recalled, and will not arrive.
    """

    key: str
    departed_at: int | None = None
    gone: bool = False


class Sent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that a mailbox knows about the course of a letter that it wrote; times in ns.

    Attributes:
        number: the counter in the letter's id.
        state: what is confirmed.
        written_at, expires_at: when it was written, and when nobody carries it any further.
        size_bytes: the size of the letter as a payload.
        receipt_wanted: receipts can come back, so what is predicted can be confirmed.
        priority: how urgent it is: 0 bulk, 1 normal, 2 expedited.
        critical: a copy goes over every neighbour, as urgent as there is.
        copies: the bundles that carried it, oldest first.
        queued_at, departed_at, ended_at: confirmed by the own node; `ended_at` is when it
            expired or was withdrawn.
        leaves, arrives, receipt_at: what is predicted now: departure, arrival, and when the news
            of the arrival is here.
        first_leaves, first_arrives: the first prediction, kept to compare with what came true.
        legs: the route that is foreseen; of a letter in fragments, that of the one that arrives last.
        fragments: in how many it is foreseen to travel, as no contact carries it whole; stored as `pieces`.
        displaced: what is predicted is later than it was, because something more urgent goes first.
        arrived_at, read_at: when it arrived and was read, by the other's clock, as receipts say.
        arrival_known_at, reading_known_at: when those receipts came here.
        due: when the mailbox has to act: offer the letter again, or miss its receipt.
        tries: how many times the node refused it.
        resends: how often it was sent again because no receipt came.
        overdue: a receipt is missing, and no route there and back was planned to send it again.
        doubtful: why what is predicted is uncertain, or None.
        trouble: what else went wrong, or None.
    """

    number: int
    state: DeliveryState = DeliveryState.WRITTEN
    written_at: int
    expires_at: int
    size_bytes: int
    receipt_wanted: bool
    priority: int = 1
    critical: bool = False
    copies: tuple[Copy, ...] = ()
    queued_at: int | None = None
    departed_at: int | None = None
    ended_at: int | None = None
    leaves: int | None = None
    arrives: int | None = None
    receipt_at: int | None = None
    first_leaves: int | None = None
    first_arrives: int | None = None
    legs: tuple[Leg, ...] = ()
    fragments: int = msgspec.field(default=1, name="pieces")
    displaced: bool = False
    arrived_at: int | None = None
    read_at: int | None = None
    arrival_known_at: int | None = None
    reading_known_at: int | None = None
    due: int | None = None
    tries: int = 0
    resends: int = 0
    overdue: bool = False
    doubtful: Doubt | None = None
    trouble: Trouble | None = None

    @property
    def urgency(self) -> int:
        """Return the priority at which its bundles travel: what is critical is as urgent as there is."""
        return EXPEDITED if self.critical else self.priority


class Received(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """All that a mailbox knows about a letter that came to it; times in ns.

    Attributes:
        arrived_at, read_at: when it came, and when it was read.
        told_arrival, told_reading: the receipt for it has been sent.
    """

    arrived_at: int
    read_at: int | None = None
    told_arrival: bool = False
    told_reading: bool = False

    @property
    def owes_receipt(self) -> bool:
        """Return whether its sender has not been told all that it waits for."""
        return not self.told_arrival or (self.read_at is not None and not self.told_reading)


class Fact(msgspec.Struct, frozen=True, gc=False):
    """One step in the course of a letter.

    Attributes:
        state: what it is from then on.
        time: when, in ns.
        certainty: predicted or confirmed.
        where: the place where it happens, for people, once it is named; may be empty.
        known_at: when a receipt told us, or None.
    """

    state: DeliveryState = msgspec.field(name="what")
    time: Time = msgspec.field(name="at")
    certainty: Certainty = msgspec.field(name="standing")
    where: str = ""
    known_at: Time | None = None


# From a confirmed state, the moments of a record at which another state is predicted to begin;
# of those that have passed, the last row holds.
PREDICTIONS: dict[DeliveryState, tuple[tuple[DeliveryState, str], ...]] = {
    DeliveryState.DEPARTED: (
        (DeliveryState.IN_FLIGHT, "flight"),
        (DeliveryState.ARRIVED, "arrives"),
        (DeliveryState.EXPIRED, "lapses"),
    ),
}


def after(state: DeliveryState, happening: Happening) -> DeliveryState:
    """Return the confirmed state after a happening; KeyError when it can't happen then."""
    return TRANSITIONS[state][happening]


def is_open(sent: Sent) -> bool:
    """Return whether the mailbox may have to act on a letter yet: something is foreseen of it, or due."""
    return not (sent.state in FINAL or sent.state is DeliveryState.ARRIVED) or sent.due is not None


def flight_of(legs: tuple[Leg, ...]) -> Leg | None:
    """Return the hop of a route whose light takes longest: the one between worlds."""
    return max(legs, key=lambda leg: leg.arrives - leg.last_byte, default=None)


def standing(sent: Sent, now: int) -> Fact:
    """Return where a letter is at a time, and how that is known."""
    holds = _confirmed(sent)[-1]
    for state, moment in PREDICTIONS.get(sent.state, ()):
        time = _moment(sent, moment)
        if time is not None and time <= now:
            holds = Fact(state, time, Certainty.PREDICTED)
    return holds


def facts(sent: Sent) -> tuple[Fact, ...]:
    """Return every step in the course of a letter: what is confirmed, then what is foreseen."""
    found = _confirmed(sent)
    if sent.state in FINAL or sent.state is DeliveryState.ARRIVED:
        return tuple(found)
    foreseen: list[tuple[DeliveryState, str]] = (
        [(DeliveryState.DEPARTED, "leaves")] if sent.departed_at is None else []
    )
    foreseen += PREDICTIONS[DeliveryState.DEPARTED]
    for state, moment in foreseen:
        time = _moment(sent, moment)
        if time is not None:
            found.append(Fact(state, time, Certainty.PREDICTED))
    return tuple(found)


def _moment(sent: Sent, name: str) -> int | None:
    """Return the predicted moment of a row of PREDICTIONS."""
    if name == "leaves":
        return sent.leaves
    if name == "arrives":
        return sent.arrives
    if name == "flight":
        flight = flight_of(sent.legs)
        return flight.leaves if flight and sent.arrives is not None else None
    # It lapses on its route: it left, and no arrival before the end of its life is foreseen.
    late = sent.departed_at is not None and (sent.arrives is None or sent.arrives > sent.expires_at)
    return sent.expires_at if late else None


def _confirmed(sent: Sent) -> list[Fact]:
    rows = [
        (DeliveryState.WRITTEN, sent.written_at, None),
        (DeliveryState.QUEUED, sent.queued_at, None),
        (DeliveryState.DEPARTED, sent.departed_at, None),
        (DeliveryState.ARRIVED, sent.arrived_at, sent.arrival_known_at),
        (DeliveryState.READ, sent.read_at, sent.reading_known_at),
        (
            sent.state,
            sent.ended_at if sent.state in (DeliveryState.EXPIRED, DeliveryState.WITHDRAWN) else None,
            None,
        ),
    ]
    return [
        Fact(state, time, Certainty.CONFIRMED, known_at=known)
        for state, time, known in rows
        if time is not None
    ]
