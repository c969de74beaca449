"""A link: a convergence layer between two nodes as a machine; one interface for all of them.

A link carries opaque bytes, one bundle a transfer, from this node to one peer and back. It has no socket and
no clock: a driver, in real or in virtual time, hands it what came from the wire, writes what it wants sent,
and calls it at its next wake-up. Two shapes differ only in what the wire carries: a `StreamLink` speaks
octets in order, as over TCP; a `DatagramLink` speaks messages that may be lost, doubled or overtake each
other, as over UDP or a radio.

Every transfer that `send` has taken ends in exactly one of `TransferAcknowledged`, `TransferRefused`,
`TransferFailed`, or, on a link that does not acknowledge, `TransferSent`. Those under way when a link ends
are failed before its `LinkEnded`, which is the last event.

Nothing that a peer sends raises. What the caller does wrong raises ValueError or RuntimeError. `now` is ns of
any clock that does not go back, always the same for one link: protocols count in the time of the machine. The
times of a `Flight` are mission time, and a link only passes them on.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec


class Promises(msgspec.Struct, frozen=True):
    """The promises of a link, which hold as long as it lives.

    Attributes:
        acknowledged: the peer answers each transfer once it has it safe, or says that it does not take it.
            Without that a transfer ends when its last bit has left, and whether it came is not known.
        ordered: transfers arrive in the order in which they were sent.
        session: it rises by a handshake with the peer, which can end it; else it is up while its driver is.
    """

    acknowledged: bool
    ordered: bool
    session: bool


class Flight(NamedTuple):
    """The times at which a transfer is on the air, in ns of mission time.

    Attributes:
        leaves, last_byte: when its first and its last bit leave.
        reaches: when its last bit reaches the peer, as foreseen.
        one_way: nothing can come back over the contact that carries it.
    """

    leaves: int
    last_byte: int
    reaches: int
    one_way: bool = False


class ClockReading(NamedTuple):
    """A reading of the peer's clock, made between two of ours; all in ns of mission time.

    So the peer's clock less ours was between ``theirs - after`` and ``theirs - before``.
    """

    before: int
    theirs: int
    after: int


class Refusal(StrEnum):
    """The reasons for which a peer does not take a transfer."""

    COMPLETED = "completed"  # it has the bundle already
    NO_RESOURCES = "no resources"  # it has no room now
    NOT_ACCEPTABLE = "not acceptable"  # nor will it be at another time
    RETRY = "retry"  # it may be sent again at once, such as over another session
    UNKNOWN = "unknown"


class Closing(StrEnum):
    """The reasons for which a driver ends a link; the peer is told where the protocol has a word for it."""

    DONE = "done"  # it is not needed any more
    STRANGER = "stranger"  # this node does not know who the peer says it is
    BUSY = "busy"  # there are too many links with it already


class _LinkEvent(msgspec.Struct, frozen=True, tag=True, gc=False):
    pass


class LinkEstablished(_LinkEvent, frozen=True):
    """Transfers can begin; told again when what the peer takes has changed.

    Attributes:
        peer_node_id: as the peer says it, unauthenticated; empty when it does not say.
        transfer_max: the largest transfer that the peer takes, in bytes; None for any.
        clock: the reading of its clock with which the peer began, where it told one.
        greeting: what the peer's node tells ours as the link begins, unread; empty where it tells nothing.
    """

    peer_node_id: str
    transfer_max: int | None
    clock: ClockReading | None = None
    greeting: bytes = b""


class TransferReceived(_LinkEvent, frozen=True):
    """A whole transfer is here; over a link that acknowledges, `acknowledge` or `refuse` it.

    Attributes:
        transfer: the link's number of it.
        data: all of it.
        last_byte: when its last bit left, in ns of mission time, where the peer says so.
        answerable: over a link that acknowledges, False of what came over a contact over which nothing can
            come back: nobody waits for an answer.
    """

    transfer: int
    data: bytes
    last_byte: int | None = None
    answerable: bool = True


class TransferSent(_LinkEvent, frozen=True):
    """The last bit of a transfer of ours has left; nothing more will be known of it."""

    transfer: int


class TransferAcknowledged(_LinkEvent, frozen=True):
    """The peer has a transfer of ours safe."""

    transfer: int


class TransferRefused(_LinkEvent, frozen=True):
    """The peer does not take a transfer of ours."""

    transfer: int
    reason: Refusal


class TransferFailed(_LinkEvent, frozen=True):
    """A transfer of ours will not be answered: whether it came is not known.

    Attributes:
        reason: in words, for the trace.
    """

    transfer: int
    reason: str


class MessageRejected(_LinkEvent, frozen=True):
    """Peer and link disagree about a message; for the trace.

    Attributes:
        reason: in words: which message, and why.
    """

    reason: str


class LinkEnded(_LinkEvent, frozen=True):
    """The link is over: write what it still has to send, then let go of its wire. It is the last event.

    Attributes:
        reason: in words, for the trace.
        by_peer: the peer ended it, or broke off.
        clean: it was ended in order, and nothing was left in progress.
        unanswered: received transfers that were announced and not answered, in order. An answer to them now
            is ignored, since the peer will send them again.
    """

    reason: str
    by_peer: bool
    clean: bool
    unanswered: tuple[int, ...]


LinkEvent = (
    LinkEstablished
    | TransferReceived
    | TransferSent
    | TransferAcknowledged
    | TransferRefused
    | TransferFailed
    | MessageRejected
    | LinkEnded
)


class Link(Protocol):
    """One end of a link with one peer."""

    @property
    def promises(self) -> Promises:
        """Return what it promises."""

    @property
    def transfer_max(self) -> int | None:
        """Return the most bytes that one transfer may hold now; None for any, 0 before it is established."""

    @property
    def free_transfers(self) -> int:
        """Return how many more transfers `send` takes now; 0 while it is not established."""

    @property
    def unanswered(self) -> int:
        """Return how many received transfers wait for `acknowledge` or `refuse`."""

    def send(self, data: bytes, now: int, flight: Flight | None = None) -> int:
        """Queue a transfer; return its number, which its one outcome names.

        Args:
            data: one whole bundle; kept uncopied until it is written.
            now: in ns.
            flight: when it is on the air; None where nothing is imposed or simulated.

        Raises:
            RuntimeError: `free_transfers` is 0.
            ValueError: it is larger than `transfer_max`.
        """

    def acknowledge(self, transfer: int, now: int) -> None:
        """Tell the peer that a received transfer is safe; without effect once the link has ended.

        Raises:
            ValueError: no such transfer waits.
        """

    def refuse(self, transfer: int, reason: Refusal, now: int) -> None:
        """Tell the peer that a received transfer is not taken; errors as `acknowledge`."""

    def next_wakeup(self) -> int | None:
        """Return when `handle_timer` is due, in ns; None for never."""

    def handle_timer(self, now: int) -> list[LinkEvent]:
        """Do what is due; too early is harmless."""

    def close(self, now: int, why: Closing = Closing.DONE) -> None:
        """End it in order: what is in progress finishes, what is queued fails; `handle_timer` tells of it."""


class StreamLink(Link, Protocol):
    """A link over a wire that carries octets in order, or breaks."""

    def receive_data(self, data: bytes, now: int) -> list[LinkEvent]:
        """Take octets from the wire; never raises for what they are."""

    def receive_eof(self, now: int) -> list[LinkEvent]:
        """Take the end of the wire, orderly or not."""

    def data_to_send(self) -> bytes:
        """Return octets to be written, or nothing; call until empty."""


class Datagram(NamedTuple):
    """A message for the wire.

    Attributes:
        data: all of it.
        flight: when the transfer that it carries is on the air; None for what leaves as soon as it can, such
            as a report.
    """

    data: bytes
    flight: Flight | None = None


class DatagramLink(Link, Protocol):
    """A link over a wire that carries messages, each whole or not at all, perhaps twice, in any order."""

    def receive_datagram(self, data: bytes, now: int) -> list[LinkEvent]:
        """Take a message from the wire; never raises for what it is."""

    def datagrams_to_send(self) -> list[Datagram]:
        """Return the messages to be written, in order, and forget them."""

    def not_sent(self, datagram: Datagram, reason: str, now: int) -> list[LinkEvent]:
        """Take note that the wire did not take a message that `datagrams_to_send` has returned.

        A link that does not acknowledge fails the transfer that it carries: that has not left. One that does
        may take it for lost on the way.
        """
