"""Trace events of bundles at a node.

The fields stand in the order in which recorded runs have them: a replay compares their digests (`record.py`).
"""

from __future__ import annotations

from starlight.trace import TraceEvent


class BundleSubmitted(TraceEvent, frozen=True, tag="bundle.submitted"):
    """An application of this node sends a bundle."""

    bundle: str
    destination: str


class BundleAccepted(TraceEvent, frozen=True, tag="bundle.received"):
    """A bundle came and was stored; the peer may let go of it.

    Attributes:
        bundle: its key.
        destination: an endpoint id.
        peer: from whom; None when from nowhere, as in a test.
        arrives: when light has brought it, in ns.
        size: in bytes.
    """

    bundle: str
    destination: str
    peer: int | None
    arrives: int
    size: int


class BundleDuplicate(TraceEvent, frozen=True, tag="bundle.duplicate"):
    """A bundle came that has been here before."""

    bundle: str
    peer: int | None


class BundleRefused(TraceEvent, frozen=True, tag="bundle.refused"):
    """A bundle came and was not taken: its sender keeps it."""

    peer: int | None
    reason: str
    why: str


class BundleKeptOut(TraceEvent, frozen=True, tag="bundle.kept_out"):
    """A bundle came that a rule for its peer keeps out: its sender keeps it.

    Attributes:
        peer: who offered it.
        rule: the rule, by its key in the node's file: ``sources``, ``destinations``, ``bundle_bytes``,
            ``lifetime_s`` or ``critical``.
        bundle: its key.
        destination: where it was to go.
        size: in bytes.
    """

    peer: int
    rule: str
    bundle: str
    destination: str
    size: int


class BundleDeleted(TraceEvent, frozen=True, tag="bundle.deleted"):
    """A bundle came that a rule forbids to keep, or who runs the node dropped it (RFC 9171, 5.10)."""

    bundle: str
    reason: str


class BundleWaiting(TraceEvent, frozen=True, tag="bundle.waiting"):
    """A bundle has no route.

    Attributes:
        bundle: its key.
        since: from when on a route was looked for, in ns.
        without: the contacts that it could not use.
    """

    bundle: str
    since: int
    without: tuple[int, ...]


class BundleSent(TraceEvent, frozen=True, tag="bundle.sent"):
    """A bundle leaves over a contact.

    Attributes:
        bundle: its key.
        contact: the id of what carries it.
        leaves, last_byte: its first and its last bit here, in ns.
        peer: where to.
        reaches: its last bit there, in ns.
    """

    bundle: str
    contact: int
    leaves: int
    last_byte: int
    peer: int
    reaches: int


class BundleFailed(TraceEvent, frozen=True, tag="bundle.failed"):
    """A transfer of a bundle was not acknowledged; it is sent again."""

    bundle: str
    peer: int
    reason: str


class BundleForwarded(TraceEvent, frozen=True, tag="bundle.forwarded"):
    """The next hop has a bundle, so it is forgotten here."""

    bundle: str
    peer: int | None


class BundleFragmented(TraceEvent, frozen=True, tag="bundle.cut"):
    """A bundle was cut into fragments, by their keys.

    Attributes:
        bundle: the key of the whole.
        pieces: those of the fragments, in order.
        size: of the whole, in bytes.
    """

    bundle: str
    pieces: tuple[str, ...]
    size: int


class BundleKeptWhole(TraceEvent, frozen=True, tag="bundle.uncut"):
    """A bundle was to be cut into fragments and could not be."""

    bundle: str
    why: str


class BundleCopied(TraceEvent, frozen=True, tag="bundle.flooded"):
    """A critical bundle goes by several neighbours, a copy by each."""

    bundle: str
    neighbours: tuple[int | None, ...]


class BundleDropped(TraceEvent, frozen=True, tag="bundle.dropped"):
    """A copy of a critical bundle is given up, because no route leads over its neighbour any more."""

    bundle: str
    neighbour: int | None


class BundleMisdated(TraceEvent, frozen=True, tag="bundle.misdated"):
    """The creation time of a bundle that was taken can't be right by the clock here, so its lifetime counts
    from when it came.

    Attributes:
        ahead_s: how much later its creation is than when it came; negative: earlier.
    """

    bundle: str
    peer: int | None
    ahead_s: float


class BundleUnclaimed(TraceEvent, frozen=True, tag="bundle.unclaimed"):
    """A bundle has reached its node and waits for somebody to claim its endpoint."""

    bundle: str
    endpoint: str


class BundleDelivered(TraceEvent, frozen=True, tag="bundle.delivered"):
    """An application holds a bundle, so it is forgotten here."""

    bundle: str
    endpoint: str


class BundleDeclined(TraceEvent, frozen=True, tag="bundle.declined"):
    """An application will never take a bundle, so it is deleted here and counts as not delivered.

    Attributes:
        bundle: its key.
        endpoint: to which it was addressed.
        reason: the reason code of a report (RFC 9171, 6.1.1).
    """

    bundle: str
    endpoint: str
    reason: int


class BundleUnreadable(TraceEvent, frozen=True, tag="bundle.unreadable"):
    """The bodies of bundles could not be read, or do not fit together."""

    bundles: tuple[str, ...]
    why: str


class BundleWithdrawn(TraceEvent, frozen=True, tag="bundle.withdrawn"):
    """An application took back a bundle before it left."""

    bundle: str


class ExpiryPaused(TraceEvent, frozen=True, tag="expiry.held"):
    """Nothing that is stored expires for now, as the node's clock may have jumped; or it does again.

    Attributes:
        held: it does not.
    """

    held: bool


class ClockDiffers(TraceEvent, frozen=True, tag="clock.differs"):
    """The clock of a peer differs from ours, or by another amount than was told last.

    Attributes:
        peer: its node number.
        ahead_s: how far it is ahead of ours, in s; negative where it is behind.
        error_s: by how much that may be wrong; None where it may differ by any amount more.
        fault: ``theirs``, ``ours``, or ``unknown`` where no third clock tells.
    """

    peer: int
    ahead_s: float
    error_s: float | None
    fault: str


class ClockAgrees(TraceEvent, frozen=True, tag="clock.agrees"):
    """The clock of a peer that differed agrees with ours again."""

    peer: int


class OwnClockDoubted(TraceEvent, frozen=True, tag="clock.doubted"):
    """The machine's clock is not the one that the node goes by.

    Attributes:
        trouble: ``ahead`` or ``behind`` at the start, or ``set`` while the node runs.
        apart_s: by how much it is ahead of the node's, in s; negative where it is behind.
    """

    trouble: str
    apart_s: float


class OwnClockSettled(TraceEvent, frozen=True, tag="clock.settled"):
    """The node goes by the machine's clock again.

    Attributes:
        on_s: by how much mission time went on at once for that, in s.
    """

    on_s: float


class BundleExpired(TraceEvent, frozen=True, tag="bundle.expired"):
    """The lifetime of a bundle has ended here."""

    bundle: str


class ReportMade(TraceEvent, frozen=True, tag="report.made"):
    """A status report was made.

    Attributes:
        about: the key of the bundle that it tells of.
        bundle: its own key.
        status: what it tells: received, forwarded, delivered, deleted.
    """

    about: str
    bundle: str
    status: str


class ReportHeard(TraceEvent, frozen=True, tag="report.heard"):
    """A status report came to this node.

    Attributes:
        bundle: the key of the bundle that it tells of.
        by: the endpoint id of the node that made it.
        status: what it tells.
    """

    bundle: str
    by: str
    status: str


class RecordSetAside(TraceEvent, frozen=True, tag="record.set_aside"):
    """A stored record can't be read; it is kept in quarantine.

    Attributes:
        mailbox, key: where it was; no mailbox: something of the node's own.
        why: what is wrong with it.
    """

    mailbox: str
    key: str
    why: str


class PlanAdopted(TraceEvent, frozen=True, tag="plan.changed"):
    """The node goes by another contact plan."""

    contacts: int
    version: int


EVENTS: tuple[type[TraceEvent], ...] = (
    BundleSubmitted,
    BundleAccepted,
    BundleDuplicate,
    BundleRefused,
    BundleKeptOut,
    BundleDeleted,
    BundleMisdated,
    ExpiryPaused,
    ClockDiffers,
    ClockAgrees,
    OwnClockDoubted,
    OwnClockSettled,
    BundleWaiting,
    BundleSent,
    BundleFailed,
    BundleForwarded,
    BundleFragmented,
    BundleKeptWhole,
    BundleCopied,
    BundleDropped,
    BundleUnclaimed,
    BundleDelivered,
    BundleDeclined,
    BundleUnreadable,
    BundleWithdrawn,
    BundleExpired,
    ReportMade,
    ReportHeard,
    RecordSetAside,
    PlanAdopted,
)
