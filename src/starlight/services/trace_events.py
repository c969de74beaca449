"""Trace events of services: amendments of the contact plan that are made, taken, refused and told of."""

from __future__ import annotations

from starlight.contacts import FactValue
from starlight.trace import TraceEvent


class AmendmentMade(TraceEvent, frozen=True, tag="amendment.made"):
    """This node has amended the plan.

    Attributes:
        author, number: the amendment's name.
        version: the digest of all that the node now holds.
    """

    author: int
    number: int
    version: str


class AmendmentTaken(TraceEvent, frozen=True, tag="amendment.taken"):
    """An amendment of another node has come, and is in force here.

    Attributes:
        author, number: the amendment's name.
        at: when it was made, by its author's clock, in ns.
        version: the digest of all that the node now holds.
        doubt: why its time is doubtful; nothing where it is not.
    """

    author: int
    number: int
    at: int
    version: str
    doubt: str = ""


class AmendmentRefused(TraceEvent, frozen=True, tag="amendment.refused"):
    """Something that came to the amendment service was not believed, or not taken.

    Attributes:
        source: the endpoint that sent it.
        reason: why, in words.
        number: of the amendment; 0 where it is all that came.
    """

    source: str
    reason: str
    number: int = 0


class VersionHeard(TraceEvent, frozen=True, tag="amendment.version"):
    """Another node has told which amendments it holds.

    Attributes:
        of: which node.
        holds: the names, such as ``10:1-4 20:1``.
        as_of: when it held them, in ns.
    """

    of: int
    holds: str
    as_of: int


class FactsRefused(TraceEvent, frozen=True, tag="fact.refused"):
    """A peer's word on the mission's facts was not taken.

    Attributes:
        peer: its node number.
        reason: why, in words.
    """

    peer: int
    reason: str


class FactDiffers(TraceEvent, frozen=True, tag="fact.differs"):
    """A fact on which the nodes of a mission must agree is told differently.

    Attributes:
        name: of the fact.
        ours, ours_source: what this node says, and where that stands.
        theirs, theirs_source: what is said elsewhere.
        peer: the node that says it; None where an amendment does.
    """

    name: str
    ours: FactValue
    ours_source: str
    theirs: FactValue
    theirs_source: str
    peer: int | None = None


class FactAgrees(TraceEvent, frozen=True, tag="fact.agrees"):
    """A fact that was told differently is not any more."""

    name: str
    peer: int | None = None


class FactTaken(TraceEvent, frozen=True, tag="fact.taken"):
    """A fact that this node's file does not have, or another value of it, is taken from elsewhere.

    Attributes:
        name: of the fact.
        value: that holds from now on.
        source: ``peer NODE`` or ``amendment AUTHOR:NUMBER``.
    """

    name: str
    value: FactValue
    source: str


EVENTS: tuple[type[TraceEvent], ...] = (
    AmendmentMade,
    AmendmentTaken,
    AmendmentRefused,
    VersionHeard,
    FactsRefused,
    FactDiffers,
    FactAgrees,
    FactTaken,
)
