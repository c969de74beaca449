"""Facts that a driver tells the engine.

All are frozen and serialise, so that a recorded run replays. `key` is a bundle's
identity as text (`Bundle.id`), `peer` a node number, times are ns since
2000-01-01T00:00:00Z in mission time. Structs of msgspec, because they are made
ten times faster than frozen dataclasses and carry their own tag into a record. What an application
asks for is an event too (`application.py`). A tag of its own is the name that an event had in older records.
"""

from __future__ import annotations

import msgspec

from starlight.contacts import ContactPlan
from starlight.node.application import ApplicationEvent


class _Event(msgspec.Struct, frozen=True, tag=True, gc=False):
    pass


class BundleReceived(_Event, frozen=True):
    """Bytes of a bundle came over a link.

    Attributes:
        peer: who sent them; None when the link does not say.
        data: the bundle.
        transfer: the link's handle, to be acknowledged or refused; None where the link does not acknowledge.
        arrives: when light brings them. Later than now where light time is imposed:
            the bundle is stored and acknowledged at once and stays hidden until then.
        peer_ahead: by how much the peer's clock is known to be ahead of ours, in ns; 0 where they agree, or
            too little is known.
        under_way: how long its last byte was on its way from the peer, as far as that is known, in ns.
    """

    peer: int | None
    data: bytes
    transfer: int | None
    arrives: int
    peer_ahead: int = 0
    under_way: int = 0


class LinkUp(_Event, frozen=True):
    """A link to a peer can carry bundles. Told again while it is up, it tells what has changed of it.

    Attributes:
        transfer_max: the largest bundle that the peer takes over it, in bytes; None for any.
        acknowledged: each transfer is answered; otherwise `TransmissionSent` is all that is ever known of it.
    """

    peer: int
    transfer_max: int | None = None
    acknowledged: bool = True


class LinkDown(_Event, frozen=True):
    """A link to a peer carries nothing any more; each transfer under way fails on its own."""

    peer: int


class TransmissionSent(_Event, frozen=True, tag="TransferSent"):
    """The last bit of a transfer has left. Without an acknowledging link it is all that is ever known."""

    key: str
    peer: int


class TransmissionAcknowledged(_Event, frozen=True, tag="TransferAcknowledged"):
    """The next hop has stored a bundle.

    Attributes:
        known: when light brings the acknowledgement; later than now where it is imposed.
    """

    key: str
    peer: int
    known: int


class TransmissionFailed(_Event, frozen=True, tag="TransferFailed"):
    """A transfer will not be acknowledged: the link fell, or the peer refused.

    Attributes:
        reason: the link's own word, for the trace.
        refused: the peer does not want this bundle again by this hop.
    """

    key: str
    peer: int
    reason: str
    refused: bool = False


class Delivered(_Event, frozen=True):
    """An application holds what was delivered to it; its own record is in the same commit."""

    keys: tuple[str, ...]


class Undeliverable(_Event, frozen=True):
    """An application will never take what it was offered; what it keeps of it is in the same commit.

    Attributes:
        reason: the reason code of a report (RFC 9171, 6.1.1).
    """

    keys: tuple[str, ...]
    reason: int


class Left(_Event, frozen=True):
    """An application leaves what it was offered for later; it waits in the store, not delivered."""

    keys: tuple[str, ...]


class Fetched(_Event, frozen=True):
    """The body of a stored bundle has been read.

    Attributes:
        data: its bytes; None when the store can't give them back.
    """

    key: str
    data: bytes | None


class Drop(_Event, frozen=True):
    """Let go of what the node holds of a bundle, as whoever runs it asks.

    Attributes:
        name: the key of one bundle, or the identity of one that is kept in fragments or copies.
    """

    name: str


class PlanChanged(_Event, frozen=True):
    """A new contact plan is in force."""

    plan: ContactPlan


class Restored(_Event, frozen=True):
    """The store held a bundle when the node started.

    Attributes:
        meta: what the engine last persisted about it (`Persist.meta`, `Update.meta`).
    """

    key: str
    meta: bytes


class Remembered(_Event, frozen=True):
    """The store held the identity of a bundle seen before.

    Attributes:
        until: when it may be forgotten.
    """

    key: str
    until: int


class ExpiryHeld(_Event, frozen=True):
    """Nothing that is stored expires for now, as the node's clock may have jumped; or it does again.

    Attributes:
        held: it does not.
    """

    held: bool


class ClockWentOn(_Event, frozen=True):
    """Mission time goes on at once, as the clock was wrong: what is stored is no older for that.

    Attributes:
        by: by how much, in ns.
    """

    by: int


class Wakeup(_Event, frozen=True):
    """A deadline has come."""


Event = (
    BundleReceived
    | LinkUp
    | LinkDown
    | TransmissionSent
    | TransmissionAcknowledged
    | TransmissionFailed
    | ApplicationEvent
    | Delivered
    | Undeliverable
    | Left
    | Fetched
    | Drop
    | PlanChanged
    | Restored
    | Remembered
    | ExpiryHeld
    | ClockWentOn
    | Wakeup
)
