"""Say where a letter is and how that is known: states, what changes them, what is only predicted.

What has been **confirmed** moves by a table, `TRANSITIONS`: the own node says that it queued,
sent or gave back a bundle, and receipts say the rest. That it departed is confirmed once a link
has taken it (`dispatch.Confirmed.given_at`); until then it is predicted as well, and a link that
fails gives the bundle back. What lies between two confirmations is **predicted** from the plan by a
second table (`dispatch.PREDICTIONS`), as a pure function of a record and a time: nothing is written
down when a predicted moment passes.

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

from starlight.dtntime import MILLISECOND
from starlight.json_time import Time


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
    IN_DOUBT = "in_doubt"  # it happened, but not when another's clock says; or contact was lost


class TimeDoubt(StrEnum):
    """The reasons for which a time that another's clock tells can't be right."""

    FROM_FUTURE = "from_future"  # it is later than when we were told
    BEFORE_DEPARTURE = "before_departure"
    BEFORE_ARRIVAL = "before_arrival"


class Happening(StrEnum):
    """An event that confirms something about a letter."""

    ACCEPTED = "accepted"
    LEFT = "left"
    RETURNED = "returned"  # no link has taken it
    ARRIVAL_KNOWN = "arrival known"
    READING_KNOWN = "reading known"
    GONE = "gone"
    RECALLED = "recalled"
    HELD_BACK = "held back"  # taken back from the node, to leave later


_RECEIPTS = {Happening.ARRIVAL_KNOWN: DeliveryState.ARRIVED, Happening.READING_KNOWN: DeliveryState.READ}

TRANSITIONS: dict[DeliveryState, dict[Happening, DeliveryState]] = {
    # A receipt can come before departure is known only between two mailboxes of one node.
    DeliveryState.WRITTEN: {
        Happening.ACCEPTED: DeliveryState.QUEUED,
        Happening.GONE: DeliveryState.EXPIRED,
        Happening.RECALLED: DeliveryState.WITHDRAWN,
        Happening.HELD_BACK: DeliveryState.WRITTEN,
        **_RECEIPTS,
    },
    DeliveryState.QUEUED: {
        Happening.ACCEPTED: DeliveryState.QUEUED,
        Happening.LEFT: DeliveryState.DEPARTED,
        Happening.GONE: DeliveryState.EXPIRED,
        Happening.RECALLED: DeliveryState.WITHDRAWN,
        Happening.HELD_BACK: DeliveryState.WRITTEN,
        **_RECEIPTS,
    },
    # Accepted or recalled here is a copy sent again; it takes nothing back.
    DeliveryState.DEPARTED: {
        Happening.ACCEPTED: DeliveryState.DEPARTED,
        Happening.LEFT: DeliveryState.DEPARTED,
        Happening.RETURNED: DeliveryState.QUEUED,
        Happening.GONE: DeliveryState.EXPIRED,
        Happening.RECALLED: DeliveryState.DEPARTED,
        Happening.HELD_BACK: DeliveryState.DEPARTED,
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


class Received(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """All that a mailbox knows about a letter that came to it; times in ns.

    Attributes:
        arrived_at, read_at: when it came, and when it was read.
        told_arrival, told_reading: the receipt for it has been sent.
        untold_parts: those that arrived whole in bundles of their own, of which no receipt has been sent.
        ask_at: when chunks of its parts that are missing are asked for; None where none are, or no more.
        asked: how many times they were, since the last one came.
        opened_at: when it opened, where it was hidden until then (`Letter.opens`).
    """

    arrived_at: int
    read_at: int | None = None
    told_arrival: bool = False
    told_reading: bool = False
    untold_parts: tuple[int, ...] = ()
    ask_at: int | None = None
    asked: int = 0
    opened_at: int | None = None

    @property
    def owes_receipt(self) -> bool:
        """Return whether its sender has not been told all that it waits for."""
        untold = self.read_at is not None and not self.told_reading
        return not self.told_arrival or untold or bool(self.untold_parts)

    @property
    def is_waited_on(self) -> bool:
        """Return whether the mailbox has to act on it yet: tell its sender something, or ask."""
        return self.owes_receipt or self.ask_at is not None


class Fact(msgspec.Struct, frozen=True, gc=False):
    """One step in the course of a letter.

    Attributes:
        state: what it is from then on.
        time: when, in ns.
        certainty: predicted, confirmed, or in doubt: confirmed at a time that can't be right, for which
            `doubt` is the reason, or predicted before contact was lost.
        where: the place where it happens, for people, once it is named; may be empty.
        known_at: when a receipt told us, or None.
        doubt: why the time of what is confirmed can't be right, or None.
    """

    state: DeliveryState = msgspec.field(name="what")
    time: Time = msgspec.field(name="at")
    certainty: Certainty = msgspec.field(name="standing")
    where: str = ""
    known_at: Time | None = None
    doubt: TimeDoubt | None = None


def told_fact(
    state: DeliveryState, time: int, doubt: TimeDoubt | None = None, known_at: int | None = None
) -> Fact:
    """Return a step that has happened, as it was told; its time is in doubt where there is a reason.

    Claims are judged by our own clock alone: a peer's wrong clock changes what it says, never what we know.
    """
    certainty = Certainty.CONFIRMED if doubt is None else Certainty.IN_DOUBT
    return Fact(state, time, certainty, known_at=known_at, doubt=doubt)


def is_before(claimed: int, known: int) -> bool:
    """Return whether a time that came in whole milliseconds is before one that is known, both in ns."""
    return claimed + MILLISECOND <= known


def after(state: DeliveryState, happening: Happening) -> DeliveryState:
    """Return the confirmed state after a happening; KeyError when it can't happen then."""
    return TRANSITIONS[state][happening]


def flight_of(legs: tuple[Leg, ...]) -> Leg | None:
    """Return the hop of a route whose light takes longest: the one between worlds."""
    return max(legs, key=lambda leg: leg.arrives - leg.last_byte, default=None)
