"""The status of a node's links: which are up, since when, what they carried, and what went wrong last."""

from __future__ import annotations

import msgspec

from starlight.json_time import Time


class LinkStatus(msgspec.Struct, frozen=True):
    """The status of what joins a node to one peer.

    Attributes:
        peer: its node number.
        protocol: of the link that carries what we send, or would, such as ``tcpcl``; empty where the peer
            calls us and has not yet.
        address: where it is reached; empty where it calls us.
        up: it can be sent to.
        since: when that began; None where it never was up.
        heard: when something came from it last, in mission time; None for never.
        acknowledges: the link says of each bundle whether it came; None where there is none.
        transfer_max: the largest bundle that the peer takes, in bytes; None for any, and where there is no
            link.
        sent, acknowledged, failed, received: transfers since the start.
        error: what went wrong last, and when; empty for nothing.
        ordered: what is sent arrives in order; None where there is no link.
        session: a handshake began it, and the peer can end it; None where there is no link.
        sent_bytes_per_s, received_bytes_per_s: octets on the wire, the mean of the last seconds.
        queued, queued_bytes: bundles that are booked to leave for it, and their size.
        clock_ahead_s: how far its clock is ahead of ours, in s, negative where it is behind; None where too
            little is known.
        clock_error_s: by how much that may be wrong; None where nothing is known, or it differs by so much at
            least.
        clock_fault: which of two clocks that differ is wrong: ``theirs``, ``ours``, or ``unknown`` where no
            third one tells; empty where they agree, or nothing is known.
        plan_open: the plan has a contact open to it now; None where it has none to it any more.
        plan_until: until when that is so: when the contacts that follow each other at once end, or when
            the next one begins; None where none does.
        kept_out: how many of its bundles the rules for it have kept out since the start, by rule.
    """

    peer: int
    protocol: str
    address: str
    up: bool
    since: Time | None
    heard: Time | None
    acknowledges: bool | None
    transfer_max: int | None
    sent: int
    acknowledged: int
    failed: int
    received: int
    error: str
    error_at: Time | None
    ordered: bool | None = None
    session: bool | None = None
    sent_bytes_per_s: float = 0.0
    received_bytes_per_s: float = 0.0
    queued: int = 0
    queued_bytes: int = 0
    clock_ahead_s: float | None = None
    clock_error_s: float | None = None
    clock_fault: str = ""
    plan_open: bool | None = None
    plan_until: Time | None = None
    kept_out: dict[str, int] = {}


class Tally:
    """The counts of the links with one peer, and what went wrong last."""

    __slots__ = ("acknowledged", "error", "error_at", "failed", "heard", "received", "sent", "since")

    def __init__(self) -> None:
        self.sent = self.acknowledged = self.failed = self.received = 0
        self.since: int | None = None  # since when it is up, or down
        self.heard: int | None = None  # over links that have ended
        self.error = ""
        self.error_at: int | None = None

    def erred(self, reason: str, now: int) -> None:
        """Note what went wrong, at a mission time in ns."""
        self.error, self.error_at = reason, now
