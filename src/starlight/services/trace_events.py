"""Trace events of services: amendments of the contact plan that are made, taken, refused and told of."""

from __future__ import annotations

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


EVENTS: tuple[type[TraceEvent], ...] = (
    AmendmentMade,
    AmendmentTaken,
    AmendmentRefused,
    VersionHeard,
)
