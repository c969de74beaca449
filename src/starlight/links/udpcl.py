"""UDPCL (RFC 7122) as a machine: one bundle a datagram; no socket, no clock.

It promises nothing: what has left may be lost, doubled or overtaken, and nobody says whether it came. So each
transfer ends with `TransferSent` once the wire has taken its datagram, and the node lets go of the bundle
then. Use it where a wire is provisioned for it, such as a radio's modem or a laboratory; the RFC itself
prefers TCPCL for bundles in IP networks (2, 3.2). Section numbers without a name are RFC 7122's.

Where this machine chooses among what the RFC leaves open:

* A datagram holds `datagram_max` bytes at most, small enough by default that no IPv6 network fragments it
  (3.1, 3.2). Larger bundles are fragmented by the node, which is told so by `transfer_max`.
* Datagrams leave no faster than `rate_bps` on average. That is rate control, not congestion control: nothing
  comes back that congestion could be read from. Where others share the network, section 2 asks for more than
  this.
* Keep-alives (3.4) are sent while nothing else is, and decide whether the link is up: it rises with the first
  datagram from the peer, of any kind, and ends when `MISSED_KEEPALIVES` in a row have not come. So a bundle
  is not sent to a peer that is switched off. Without them (`keepalive_s` 0) it is up as long as its driver
  runs it.

Whoever may send from the peer's address is believed to be the peer (5): tell strangers apart before, and put
what matters under the security blocks of the bundles themselves.
"""

from __future__ import annotations

import msgspec

from starlight.dtntime import SECOND
from starlight.links.link import (
    Closing,
    Datagram,
    Flight,
    LinkEnded,
    LinkEstablished,
    LinkEvent,
    MessageRejected,
    Promises,
    Refusal,
    TransferReceived,
)
from starlight.links.udpcl_outgoing import PacedTransfers

PORT = 4556
"""The registered port (3.2.2)."""

KEEPALIVE = bytes(4)
""" "a datagram containing exactly 4 octets of zero bits" (3.4)."""
SHORTEST_KEEPALIVE_S = 15
"""Intervals "SHOULD default to 15 seconds, and MUST NOT be configured shorter" (3.4)."""
MISSED_KEEPALIVES = 3
"""How many keep-alives in a row may be lost before the peer counts as gone: at a loss of one in ten that is
one false alarm in a thousand, and a dead peer is noticed within a minute."""

LARGEST_DATAGRAM = 65_507
"""The payload of the largest UDP datagram over IPv4: 65 535 less its header of 20 bytes and UDP's of 8."""
UNFRAGMENTED = 1_232
"""The payload that passes every IPv6 network whole: its smallest MTU, 1280 (RFC 8200, 5), less headers of 40
and 8 bytes."""
SMALLEST_DATAGRAM = 256
"""Less holds no small bundle with its addresses."""

TOLD_REJECTS = 16
"""How many datagrams that are nothing are told of, each a line of the trace that costs its sender a byte."""

PROMISES = Promises(acknowledged=False, ordered=False, session=False)


class UdpclConfig(msgspec.Struct, frozen=True):
    """The way in which one entity runs a link.

    Attributes:
        datagram_max: the largest bundle that is sent, in bytes.
        keepalive_s: how long nothing may have been sent before a keep-alive is; 0 for none.
        rate_bps: the mean rate at which datagrams leave, in bits per second of the link's clock, their
            payload counted; None for any.
        max_waiting: transfers that wait for their turn; with `datagram_max` it bounds what the link holds.
    """

    datagram_max: int = UNFRAGMENTED
    keepalive_s: int = SHORTEST_KEEPALIVE_S
    rate_bps: int | None = None
    max_waiting: int = 256

    def __post_init__(self) -> None:
        """Check what would otherwise fail on the wire.

        Raises:
            ValueError: a value is outside what RFC 7122, or a datagram, allows.
        """
        if not SMALLEST_DATAGRAM <= self.datagram_max <= LARGEST_DATAGRAM:
            raise ValueError(f"a datagram holds {SMALLEST_DATAGRAM} to {LARGEST_DATAGRAM} bytes")
        if self.keepalive_s and self.keepalive_s < SHORTEST_KEEPALIVE_S:
            raise ValueError("keep-alives are at least 15 s apart (RFC 7122, 3.4), or 0 for none")
        if self.rate_bps is not None and self.rate_bps < 1:
            raise ValueError("the rate is at least 1 bit per second")
        if self.max_waiting < 1:
            raise ValueError("at least 1 transfer must be able to wait")


class UdpclLink:
    """One end of a UDPCL link with one peer.

    Args:
        config: the limits and intervals.
        now: ns of any clock that does not go back; all later times are of the same clock.
    """

    def __init__(self, config: UdpclConfig, *, now: int) -> None:
        self._config = config
        self._keepalive = config.keepalive_s * SECOND
        self._patience = (MISSED_KEEPALIVES + 1) * self._keepalive
        self._outgoing = PacedTransfers(config.rate_bps, now)
        self._now = self._heard = now
        self._spoke: int | None = None  # not yet: the first keep-alive is due at once
        self._up = not self._keepalive
        self._over = False
        self._received = self._rejected = 0
        self._events: list[LinkEvent] = []
        if self._up:
            self._events.append(LinkEstablished("", config.datagram_max))

    @property
    def promises(self) -> Promises:
        """Return what it promises: nothing."""
        return PROMISES

    @property
    def transfer_max(self) -> int:
        """Return the largest bundle that a datagram may hold, in bytes; 0 before the peer was heard."""
        return self._config.datagram_max if self._up else 0

    @property
    def free_transfers(self) -> int:
        """Return how many more transfers `send` takes now."""
        return self._config.max_waiting - len(self._outgoing) if self._up else 0

    @property
    def unanswered(self) -> int:
        """Return 0: nothing that comes waits for an answer."""
        return 0

    def send(self, data: bytes, now: int, flight: Flight | None = None) -> int:
        """Queue a bundle for a datagram of its own (3.2); return its number.

        Raises:
            RuntimeError: `free_transfers` is 0.
            ValueError: it is larger than `transfer_max`.
        """
        if self.free_transfers <= 0:
            raise RuntimeError("no transfer can be sent now; see free_transfers")
        if len(data) > self._config.datagram_max:
            raise ValueError(
                f"{len(data)} bytes are more than a datagram of {self._config.datagram_max} holds"
            )
        self._now = now
        return self._outgoing.add(Datagram(data, flight))

    def acknowledge(self, transfer: int, now: int) -> None:
        """Raise ValueError: no transfer waits for an answer."""
        raise ValueError(f"transfer {transfer} waits for no answer: UDPCL has none")

    def refuse(self, transfer: int, reason: Refusal, now: int) -> None:
        """Raise ValueError: no transfer waits for an answer."""
        raise ValueError(f"transfer {transfer} waits for no answer: UDPCL has none")

    def next_wakeup(self) -> int | None:
        """Return when `handle_timer` is due, in ns; at once when an event waits to be fetched."""
        if self._events or self._outgoing.untold:
            return self._now
        if self._over:
            return None
        due = [self._outgoing.next_due(self._now)]
        if self._keepalive:
            due.append(self._now if self._spoke is None else self._spoke + self._keepalive)
            due.append(self._heard + self._patience if self._up else None)
        return min((time for time in due if time is not None), default=None)

    def handle_timer(self, now: int) -> list[LinkEvent]:
        """Do what is due at a time; too early is harmless."""
        self._now = now
        self._events += self._outgoing.sent()
        silent = now - self._heard
        if self._up and self._keepalive and silent >= self._patience:
            self._end(f"nothing was heard of the peer for {silent // SECOND} s", by_peer=True)
        return _taken(self._events)

    def receive_datagram(self, data: bytes, now: int) -> list[LinkEvent]:
        """Take a datagram from the peer's address; never raises for what it holds."""
        self._now = now
        if self._over:
            return _taken(self._events)
        self._heard = now
        if not self._up:
            self._up = True
            self._events.append(LinkEstablished("", self._config.datagram_max))
            self._spoke = None  # whoever has only now begun to hear us would wait for up to an interval
        if len(data) > len(KEEPALIVE):
            self._events.append(TransferReceived(self._received, data))
            self._received += 1
        elif data != KEEPALIVE and self._rejected < TOLD_REJECTS:
            # "every datagram MUST contain exactly one bundle or 4 octets of zero bits" (3.2).
            self._rejected += 1
            self._events.append(MessageRejected(f"{len(data)} bytes are neither bundle nor keep-alive (3.2)"))
        return _taken(self._events)

    def datagrams_to_send(self) -> list[Datagram]:
        """Return what may leave now: bundles, as fast as `rate_bps` allows, or the keep-alive that is due."""
        if self._over:
            return []
        leaving = self._outgoing.take(self._now)
        owes = self._keepalive and (self._spoke is None or self._now >= self._spoke + self._keepalive)
        # Where a bundle leaves, a keep-alive would say nothing more. One that waits for its turn, as long as
        # that takes at a low rate, says nothing to the peer.
        if owes and not leaving:
            leaving.append(Datagram(KEEPALIVE))
        if leaving:
            self._spoke = self._now
        return leaving

    def not_sent(self, datagram: Datagram, reason: str, now: int) -> list[LinkEvent]:
        """Fail the transfer of a datagram that the wire did not take: it has not left."""
        self._now = now
        self._events += self._outgoing.not_sent(datagram, reason)
        return _taken(self._events)

    def close(self, now: int, why: Closing = Closing.DONE) -> None:
        """End it: what waits for its turn fails. The peer is told nothing, for want of a word for it."""
        self._now = now
        if not self._over:
            self._events += self._outgoing.sent()
            self._end(f"we ended it: {why.value}", by_peer=False)

    def _end(self, reason: str, *, by_peer: bool) -> None:
        self._up, self._over = False, True
        self._events += self._outgoing.drop(reason)
        self._events.append(LinkEnded(reason, by_peer, clean=not by_peer, unanswered=()))


def _taken(events: list[LinkEvent]) -> list[LinkEvent]:
    """Return the events that have come up, and leave none."""
    taken = events[:]
    events.clear()
    return taken
