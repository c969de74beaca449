"""One TCP connection under one TCPCL session: the bridge between asyncio and the machine.

Bytes in become the session's events; what the session wants sent goes out in one write
per batch. Protocol timers run in wall time, however fast mission time goes.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from starlight.dtntime import SECOND
from starlight.links import Closing, LinkEnded, LinkEvent, TcpclConfig, TcpclSession

Address = tuple[str, int]
Tap = Callable[[Address, Address, bytes], None]
"""Called with the addresses of source and destination and the bytes, in the order of the wire."""

PROBE_AFTER_S, PROBE_EVERY_S, PROBES = 60, 15, 4
"""When the system asks whether a silent peer's machine is still there: a session whose peer wants no
KEEPALIVE would otherwise never end after a loss of power. Two minutes, as with KEEPALIVE."""

CLOSE_S = 5.0
"""How long the last bytes of an ended session may take to leave, before the connection is cut off."""


class Connection(asyncio.Protocol):
    """A TCPCL session on a TCP connection.

    Args:
        config: of the session.
        passive: the peer opened the connection.
        wall_now: returns monotonic time in ns.
        heard: told the events of the session as they come up, those of one moment together; `LinkEnded` comes
            exactly once, and last.
        tap: sees all bytes; for captures in tests.
    """

    def __init__(
        self,
        config: TcpclConfig,
        *,
        passive: bool,
        wall_now: Callable[[], int],
        heard: Callable[[Connection, list[LinkEvent]], None],
        tap: Tap | None = None,
    ) -> None:
        self.peer: int | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.wall_now = wall_now
        self._heard = heard
        self._tap = tap
        self._full = True  # nothing can be written before the connection is made
        self._unwanted = False
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self._here: Address = ("", 0)
        self._there: Address = ("", 0)
        self.session = TcpclSession(config, passive=passive, now=wall_now())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the session."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        # `abort` came while the connection was being made and had no transport to break off.
        if self._unwanted:
            transport.abort()
            return
        _set_options(transport.get_extra_info("socket"))
        self._here = (transport.get_extra_info("sockname") or self._here)[:2]
        self._there = (transport.get_extra_info("peername") or self._there)[:2]  # None if it is gone already
        self._full = False
        self.transmit()

    def data_received(self, data: bytes) -> None:
        """Hand bytes to the session and its events on."""
        if self._tap:
            self._tap(self._there, self._here, data)
        self._pass_on(self.session.receive_data(data, self.wall_now()))

    def eof_received(self) -> bool:
        """Tell the session that nothing more comes; the transport then closes itself."""
        self._pass_on(self.session.receive_eof(self.wall_now()))
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the session, when it has not ended itself, and let go of the timer."""
        self._full = True  # nothing can be written any more
        self._pass_on(self.session.receive_eof(self.wall_now()))
        if self._timer:
            self._timer.cancel()
        if not self.ended.done():
            self.ended.set_result(None)

    def pause_writing(self) -> None:
        """Leave what is to be sent in the session: the socket's buffer is full."""
        self._full = True

    def resume_writing(self) -> None:
        """Send on."""
        self._full = False
        self.transmit()

    def pause_reading(self) -> None:
        """Take nothing from the peer for now; TCP holds it back."""
        if self._transport and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take from the peer again."""
        if self._transport and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self, why: Closing, *, at_once: bool = False) -> None:
        """End the session in order; its events follow from the loop.

        Args:
            why: for the peer.
            at_once: take nothing more, not even the rest of a transfer (RFC 9174, 6.1).
        """
        self.session.close(self.wall_now(), why)
        self.transmit()
        if at_once:
            self._shut()

    def abort(self) -> None:
        """Break the connection off without a word, as a crash would."""
        self._unwanted = True
        if self._transport:
            self._transport.abort()

    def transmit(self) -> None:
        """Write what the session wants sent, and set the one timer for its next deadline."""
        transport = self._transport
        if transport is None:
            return
        while not self._full and (data := self.session.data_to_send()):
            transport.write(data)
            if self._tap:
                self._tap(self._here, self._there, data)
        if self._timer:
            self._timer.cancel()
            self._timer = None
        due = self.session.next_wakeup()
        if due is not None and not transport.is_closing():
            delay = max(0, due - self.wall_now()) / SECOND
            self._timer = asyncio.get_running_loop().call_later(delay, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._pass_on(self.session.handle_timer(self.wall_now()))

    def _pass_on(self, events: list[LinkEvent]) -> None:
        if events:
            self._heard(self, events)
        self.transmit()
        # Only after `transmit`: the session may end with a last word to its peer (RFC 9174, 6.1).
        if events and isinstance(events[-1], LinkEnded):
            self._shut()

    def _shut(self) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.close()
            asyncio.get_running_loop().call_later(CLOSE_S, self._transport.abort)


def _set_options(sock: socket.socket) -> None:
    # Nagle's algorithm with delayed acknowledgements costs 40 ms a round trip.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):  # elsewhere the system's own intervals hold
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, PROBE_AFTER_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_EVERY_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES)
