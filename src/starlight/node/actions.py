"""The actions that the engine asks of its driver.

Four kinds, by class: store writes, which are committed first; what goes to an
application; a body to be read, which is answered at once; and what goes out on a
link or into the trace, only after the commit.
The engine returns them in an order in which each write precedes what depends on it.
"""

from __future__ import annotations

import msgspec

from starlight.trace import Record


class _Action(msgspec.Struct, frozen=True, tag=True, gc=False):
    pass


# Store writes.


class Persist(_Action, frozen=True):
    """Store a bundle.

    Attributes:
        data: its bytes as they will be sent on: previous node and hop count already set.
        meta: the engine's own record of it, given back in `Restored`.
    """

    key: str
    data: bytes
    meta: bytes


class Update(_Action, frozen=True):
    """Replace the engine's record of a stored bundle."""

    key: str
    meta: bytes


class Forget(_Action, frozen=True):
    """Drop a stored bundle, but remember its identity, so that a duplicate is known as one."""

    key: str
    remember_until: int


# To an application.


class Accepted(_Action, frozen=True):
    """A submitted bundle has been taken.

    Attributes:
        leaves, arrives: when it is planned to leave this node and to reach its destination's
            node; None where no route is known.
    """

    token: str
    key: str
    leaves: int | None
    arrives: int | None


class Rejected(_Action, frozen=True):
    """A submitted bundle has not been taken, and why."""

    token: str
    reason: str


class Deliver(_Action, frozen=True):
    """Give an application what was addressed to it; it answers `Delivered` in the same commit.

    Attributes:
        keys: the stored bundles that make up the data unit: one, or its fragments in order.
        endpoint: the claimed endpoint.
        source: who sent it.
    """

    keys: tuple[str, ...]
    endpoint: str
    source: str


class Departed(_Action, frozen=True):
    """A bundle that an application here submitted leaves this node for the first time.

    Attributes:
        peer: the next hop.
        leaves, last_byte, reaches: when the first and last bit leave, and reach the peer.
    """

    key: str
    peer: int
    leaves: int
    last_byte: int
    reaches: int


class Withdrawn(_Action, frozen=True):
    """A bundle was taken back before it departed."""

    key: str


class NotWithdrawn(_Action, frozen=True):
    """A bundle could not be taken back: it has departed, or is not known here."""

    key: str


class Expired(_Action, frozen=True):
    """A bundle that an application here submitted expired, or was deleted, in this node's store."""

    key: str
    reason: str


class Reported(_Action, frozen=True):
    """A status report (RFC 9171, 6.1.1) came back about a bundle submitted here.

    Attributes:
        reporter: the node that reports.
        status: ``received``, ``forwarded``, ``delivered`` or ``deleted``.
        time: when it happened, by the reporter's clock; None where it does not say.
        reason: the reason code.
    """

    key: str
    reporter: str
    status: str
    time: int | None
    reason: int


# Of the driver, within the step.


class Fetch(_Action, frozen=True):
    """Read the body of a stored bundle; answer `Fetched` in the same step."""

    key: str


# Outward.


class Transmit(_Action, frozen=True):
    """Send a stored bundle to a peer.

    Attributes:
        contact: the id of the contact that carries it.
        leaves, last_byte: when its first and last bit leave, at the contact's rate.
        reaches: when its last bit reaches the peer.
        age_ms: put this into its bundle age block; None when it has none.
        one_way: nothing can come back over that contact, so the link can't acknowledge there.
    """

    key: str
    peer: int
    contact: int
    leaves: int
    last_byte: int
    reaches: int
    age_ms: int | None
    one_way: bool


class Acknowledge(_Action, frozen=True):
    """Tell the link that a received transfer is safe."""

    peer: int | None
    transfer: int


class Refuse(_Action, frozen=True):
    """Tell the link that a received transfer is not taken.

    Attributes:
        reason: ``no resources``, ``not acceptable`` or ``completed`` (already here).
    """

    peer: int | None
    transfer: int
    reason: str


class Trace(_Action, frozen=True):
    """Say what happened."""

    record: Record


StoreWrite = Persist | Update | Forget
ToApplication = Accepted | Rejected | Deliver | Departed | Withdrawn | NotWithdrawn | Expired | Reported
Outward = Transmit | Acknowledge | Refuse | Trace
Action = StoreWrite | ToApplication | Fetch | Outward
