"""The states of a stored bundle, and what may move it from one to another: one table.

RFC 9171 (5) speaks of retention constraints: while a bundle has one it is not discarded. These states say
which it has here, and for what it waits:

    HIDDEN ──FOR_HERE──> LOCAL ──OFFERED──> DELIVERING ──DELIVERED──> GONE
       │                   ^                    │
       │                   └────────LEFT────────┘
       │
       ├──UNROUTED──> WAITING <──────┐
       │                 │           │ (each BOOKED or UNROUTED again, whenever it is looked at)
       └──BOOKED────> QUEUED ──SENT──> UNDER_WAY ──HANDED_ON──────────────> GONE
                         │               │
                         └─ACKNOWLEDGED──┴──> HANDED ──HANDED_ON──> GONE

Each cause is named by the part of the engine that may bring it. A pair that is not in the table is a
defect, caught where it is made and not where its consequence shows, a lost bundle perhaps.
"""

from __future__ import annotations

from enum import Enum, IntEnum


class BundleState(IntEnum):
    """The state of a stored bundle. Only HANDED is persisted; the others follow from the time."""

    HIDDEN = 0  # light has not brought it yet
    WAITING = 1  # no route is known
    QUEUED = 2  # booked on a contact
    UNDER_WAY = 3  # transmitted, not answered
    HANDED = 4  # the next hop has it; light has not brought the acknowledgement yet
    LOCAL = 5  # addressed to this node: its endpoint is unclaimed, fragments are missing, or it was left
    DELIVERING = 6  # given to an application, which has not said that it holds it
    GONE = 7  # forgotten; an index entry that a queue may still name


class Cause(Enum):
    """The causes that move a bundle, and the part of the engine that may bring each."""

    BOOKED = "the scheduler has booked a route and put it into a contact's queue"
    UNROUTED = "the scheduler has found no route, or looks again in a moment"
    SENT = "the scheduler has begun its transmission"
    ACKNOWLEDGED = "transfers: the next hop has it, which light has yet to tell"
    HANDED_ON = "retention: the next hop has it, and that is known here"
    FOR_HERE = "delivery: light has brought it to the node that it is addressed to"
    OFFERED = "delivery: an application that has claimed its endpoint is given it"
    LEFT = "delivery: the application leaves it for later"
    DELIVERED = "delivery: the application holds it"
    DECLINED = "delivery: the application will never take it"
    COVERED = "delivery: all that it is a fragment of is here without it"
    HEARD = "dispatch: it is a status report, which has been read"
    EXPIRED = "retention: its lifetime has ended"
    WITHDRAWN = "requests: its application has taken it back"
    DROPPED = "holdings: who runs the node has dropped it"
    FRAGMENTED = "fragmentation: its fragments are stored in its place"
    SURPLUS = "retention: it is a copy without a route, and another copy is here"
    REPLACED = "reception: a copy that has come further takes its place"
    UNDONE = "the engine: the step that took it broke, so it was never here"

    __hash__ = object.__hash__  # as members are single; that of Enum, by name, is several times as slow


_S, _C = BundleState, Cause
_PLACED = {_C.BOOKED: _S.QUEUED, _C.UNROUTED: _S.WAITING}
_ENDED = dict.fromkeys((_C.EXPIRED, _C.SURPLUS, _C.UNDONE), _S.GONE)
_HELD_AS_WELL = {_C.ACKNOWLEDGED: _S.HANDED, _C.HANDED_ON: _S.GONE}
"""An acknowledgement may come late: for a transfer given up, when the bundle queues again."""

TABLE: dict[BundleState, dict[Cause, BundleState]] = {
    _S.HIDDEN: _PLACED
    | _ENDED
    | {_C.ACKNOWLEDGED: _S.HANDED, _C.FOR_HERE: _S.LOCAL}
    | dict.fromkeys((_C.HEARD, _C.REPLACED, _C.DROPPED), _S.GONE),
    _S.WAITING: _PLACED
    | _ENDED
    | _HELD_AS_WELL
    | dict.fromkeys((_C.WITHDRAWN, _C.FRAGMENTED, _C.REPLACED, _C.DROPPED), _S.GONE),
    _S.QUEUED: _PLACED
    | _ENDED
    | _HELD_AS_WELL
    | {_C.SENT: _S.UNDER_WAY}
    | dict.fromkeys((_C.WITHDRAWN, _C.REPLACED, _C.DROPPED), _S.GONE),
    # It may have arrived: it is not withdrawn, dropped, replaced or cut. It expires only when its transfer
    # has failed.
    _S.UNDER_WAY: _PLACED | _ENDED | _HELD_AS_WELL,
    # It is elsewhere, so its end here is not its end: it does not expire.
    _S.HANDED: dict.fromkeys((_C.HANDED_ON, _C.REPLACED, _C.UNDONE), _S.GONE),
    _S.LOCAL: {_C.OFFERED: _S.DELIVERING}
    | dict.fromkeys((_C.COVERED, _C.EXPIRED, _C.DROPPED, _C.UNDONE), _S.GONE),
    # Of what an application was given the end is its own. A fragment that comes late offers all again.
    _S.DELIVERING: {_C.OFFERED: _S.DELIVERING, _C.LEFT: _S.LOCAL}
    | dict.fromkeys((_C.DELIVERED, _C.DECLINED, _C.UNDONE), _S.GONE),
    _S.GONE: {},
}


def after(state: BundleState, cause: Cause) -> BundleState:
    """Return the state that a cause brings a bundle to.

    Raises:
        ValueError: it may not move a bundle of that state: a defect of the engine.
    """
    new = TABLE[state].get(cause)
    if new is None:
        raise ValueError(f"a bundle that is {state.name} is not to be moved because {cause.value}")
    return new
