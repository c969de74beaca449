"""Facts of a mission as nodes tell them of each other: a value with its source, and where two differ."""

from __future__ import annotations

import msgspec

from starlight.contacts.amendments import FactValue


class Said(msgspec.Struct, frozen=True, gc=False):
    """The value of a fact, and where it is said.

    Attributes:
        value: of the fact.
        source: ``file``, ``default``, ``plan``, ``amendment AUTHOR:NUMBER``, or, of what was taken from a
            peer, ``peer NODE``.
    """

    value: FactValue
    source: str


class FactDisagreement(msgspec.Struct, frozen=True):
    """A fact of which two sources say different things.

    Attributes:
        name: of the fact, as its key in a node's file.
        ours: what this node says: what holds here, or, against an amendment, what its file has.
        theirs: what is said elsewhere.
        peer: the node that says it; None where an amendment that is held here says it.
        holds: ours is what this node goes by; else the amendment is.
    """

    name: str
    ours: Said
    theirs: Said
    peer: int | None = None
    holds: bool = True
