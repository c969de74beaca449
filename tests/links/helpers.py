"""Two TCPCL sessions and the wire between them, and octets written as the standard draws them."""

from __future__ import annotations

from typing import Any, TypeVar

from starlight.dtntime import SECOND
from starlight.links import LinkEnded, LinkEvent, TcpclConfig, TcpclSession, TransferFailed, TransferReceived

CONTACT = b"dtn!\x04\x00"
E = TypeVar("E")


def octets(text: str) -> bytes:
    """Return the octets of lines of hexadecimal digits; what follows a ``;`` is a comment."""
    return bytes.fromhex("".join(line.split(";")[0] for line in text.splitlines()))


def sess_init(
    *,
    keepalive: int = 60,
    segment_mru: int = 2**24,
    transfer_mru: int = 2**26,
    node_id: str = "ipn:2.0",
    items: bytes = b"",
) -> bytes:
    """Return a peer's SESS_INIT, built by hand from RFC 9174, 4.6."""
    return (
        b"\x07"
        + keepalive.to_bytes(2, "big")
        + segment_mru.to_bytes(8, "big")
        + transfer_mru.to_bytes(8, "big")
        + len(node_id.encode()).to_bytes(2, "big")
        + node_id.encode()
        + len(items).to_bytes(4, "big")
        + items
    )


def item(kind: int, data: bytes, *, critical: bool = False) -> bytes:
    """Return an extension item, built by hand from RFC 9174, 4.8."""
    return bytes((critical,)) + kind.to_bytes(2, "big") + len(data).to_bytes(2, "big") + data


def segment(
    transfer_id: int,
    data: bytes = b"",
    *,
    start: bool = True,
    end: bool = True,
    items: bytes = b"",
    flags: int = 0,
) -> bytes:
    """Return an XFER_SEGMENT, built by hand from RFC 9174, 5.2.2."""
    head = bytes((1, flags | 2 * start | end)) + transfer_id.to_bytes(8, "big")
    if start:
        head += len(items).to_bytes(4, "big") + items
    return head + len(data).to_bytes(8, "big") + data


def ack(transfer_id: int, length: int, *, start: bool = True, end: bool = True, flags: int = 0) -> bytes:
    """Return an XFER_ACK, built by hand from RFC 9174, 5.2.3."""
    return bytes((2, flags | 2 * start | end)) + transfer_id.to_bytes(8, "big") + length.to_bytes(8, "big")


def refuse(transfer_id: int, reason: int) -> bytes:
    """Return an XFER_REFUSE, built by hand from RFC 9174, 5.2.4."""
    return bytes((3, reason)) + transfer_id.to_bytes(8, "big")


def reject(reason: int, header: int) -> bytes:
    """Return a MSG_REJECT, built by hand from RFC 9174, 5.1.2."""
    return bytes((6, reason, header))


def term(reason: int, *, reply: bool = False) -> bytes:
    """Return a SESS_TERM, built by hand from RFC 9174, 6.1."""
    return bytes((5, reply, reason))


KEEPALIVE = b"\x04"


def drain(session: TcpclSession) -> bytes:
    """Return everything that a session has to say now."""
    parts = []
    while part := session.data_to_send():
        parts.append(part)
    return b"".join(parts)


def opened(*, passive: bool = True, now: int = 0, peer: bytes | None = None, **config: Any) -> TcpclSession:
    """Return a session of ours, ``ipn:1.0``, that a hand-written peer, ``ipn:2.0``, has opened; all is
    drained."""
    session = TcpclSession(TcpclConfig("ipn:1.0", **config), passive=passive, now=now)
    session.receive_data(CONTACT + (sess_init() if peer is None else peer), now)
    drain(session)
    return session


class Pair:
    """An active and a passive session of ours, with a wire that can be cut anywhere.

    Args:
        step: how many octets the wire carries at a time; 0 for all.
        acknowledge: answer each transfer at once.
    """

    def __init__(
        self,
        *,
        step: int = 0,
        acknowledge: bool = True,
        active: TcpclConfig | None = None,
        passive: TcpclConfig | None = None,
    ) -> None:
        self.now = 0
        self.step = step
        self.acknowledge = acknowledge
        self.active = TcpclSession(active or TcpclConfig("ipn:1.0"), passive=False, now=0)
        self.passive = TcpclSession(passive or TcpclConfig("ipn:2.0"), passive=True, now=0)
        self.heard: dict[TcpclSession, list[LinkEvent]] = {self.active: [], self.passive: []}
        self.wire: list[tuple[TcpclSession, bytes]] = []  # who spoke, and what

    def run(self) -> Pair:
        """Carry octets until both are silent."""
        speaking = True
        while speaking:
            speaking = False
            for speaker, listener in ((self.active, self.passive), (self.passive, self.active)):
                data = speaker.data_to_send()
                if data:
                    speaking = True
                    self.wire.append((speaker, data))
                    step = self.step or len(data)
                    for at in range(0, len(data), step):
                        self.hear(listener, listener.receive_data(data[at : at + step], self.now))
            for session in (self.active, self.passive):
                wakeup = session.next_wakeup()
                if wakeup is not None and wakeup <= self.now:
                    self.hear(session, session.handle_timer(self.now))
        return self

    def hear(self, session: TcpclSession, events: list[LinkEvent]) -> None:
        """Note events of a session, and answer transfers."""
        self.heard[session] += events
        for event in events:
            if isinstance(event, TransferReceived) and self.acknowledge:
                session.acknowledge(event.transfer, self.now)

    def of(self, session: TcpclSession, kind: type[E]) -> list[E]:
        """Return what a session told of one kind."""
        return [event for event in self.heard[session] if isinstance(event, kind)]

    def pass_time(self, seconds: float) -> Pair:
        """Let time pass, waking each session when it asks for it, carrying nothing."""
        until = self.now + round(seconds * SECOND)
        while True:
            due = [
                w for s in (self.active, self.passive) if (w := s.next_wakeup()) is not None and w <= until
            ]
            if not due:
                break
            self.now = max(self.now, min(due))
            for session in (self.active, self.passive):
                self.hear(session, session.handle_timer(self.now))
            self.run()
        self.now = until
        return self


def all_of(events: list[LinkEvent], kind: type[E]) -> list[E]:
    """Return events that are all of one kind."""
    found: list[E] = [event for event in events if isinstance(event, kind)]
    assert len(found) == len(events)
    return found


def ended(events: list[LinkEvent]) -> LinkEnded:
    """Return the one LinkEnded, which is the last event."""
    found = [event for event in events if isinstance(event, LinkEnded)]
    assert len(found) == 1
    assert events[-1] is found[0]
    return found[0]


def failed(events: list[LinkEvent]) -> list[int]:
    """Return the transfers that failed with the link, which are told just before its end."""
    found = [event.transfer for event in events if isinstance(event, TransferFailed)]
    assert all(isinstance(event, TransferFailed) for event in events[-1 - len(found) : -1])
    return found
