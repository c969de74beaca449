"""A TCP connection under a link whose wire carries octets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

from starlight.links import StreamLink
from starlight.neighbours.link_driver import Heard, LinkDriver, SocketAddress, Tap
from starlight.neighbours.peer import PeerConfig

PROBE_AFTER_S, PROBE_EVERY_S, PROBES = 60, 15, 4
"""When the system asks whether a silent peer's machine is still there: a session whose peer wants no
KEEPALIVE would otherwise never end after a loss of power. Two minutes, as with KEEPALIVE."""

CLOSE_S = 5.0
"""How long the last bytes of an ended link may take to leave, and the peer to answer them, before the
connection is cut off."""


class Connection(LinkDriver, asyncio.Protocol):
    """A link on a TCP connection.

    Args:
        scheme, called, wall_now, heard: as of `LinkDriver`.
        link: the machine.
        tap: sees all bytes; for captures in tests.
    """

    link: StreamLink

    def __init__(
        self,
        scheme: str,
        link: StreamLink,
        called: PeerConfig | None,
        wall_now: Callable[[], int],
        heard: Heard,
        tap: Tap | None = None,
    ) -> None:
        super().__init__(scheme, link, called, wall_now, heard)
        self._tap = tap
        self._full = True  # nothing can be written before the connection is made
        self._unwanted = self._released = False
        self._transport: asyncio.Transport | None = None
        self._here: SocketAddress = ("", 0)
        self._there: SocketAddress = ("", 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the link."""
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
        """Hand bytes to the link and its events on."""
        if self._tap:
            self._tap(self._there, self._here, data)
        now = self.heard_at = self.wall_now()
        self.traffic.received.add(len(data), now)
        # What still comes after our last word is the answer to that, or of no use any more.
        if not self._released:
            self._pass_on(self.link.receive_data(data, now))

    def eof_received(self) -> bool:
        """Tell the link that nothing more comes; the transport then closes itself."""
        self._pass_on(self.link.receive_eof(self.wall_now()))
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the link, when it has not ended itself, and let go of the timer."""
        self._full = True  # nothing can be written any more
        self._pass_on(self.link.receive_eof(self.wall_now()))
        self._end()

    def pause_writing(self) -> None:
        """Leave what is to be sent in the link: the socket's buffer is full."""
        self._full = True

    def resume_writing(self) -> None:
        """Send on."""
        self._full = False
        self.transmit()

    @property
    def host(self) -> str:
        """Return the host at the other end; empty before the connection is made."""
        return self._there[0]

    @property
    def where(self) -> str:
        """Return the address at the other end, for people."""
        host, port = self._there
        return f"{host} port {port}"

    @property
    def is_open(self) -> bool:
        """Return whether the connection is made and not closing."""
        return self._transport is not None and not self._released and not self._transport.is_closing()

    def pause_reading(self) -> None:
        """Take nothing from the peer for now; TCP holds it back."""
        if self._transport and self.is_open:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take from the peer again."""
        if self._transport and self.is_open:
            self._transport.resume_reading()

    def abort(self) -> None:
        """Break the connection off without a word, as a crash would."""
        self._unwanted = True
        if self._transport:
            self._transport.abort()

    def _write(self) -> None:
        while not self._full and (data := self.link.data_to_send()):
            assert self._transport is not None
            self._transport.write(data)
            self.traffic.sent.add(len(data), self.wall_now())
            if self._tap:
                self._tap(self._here, self._there, data)

    def _release(self, *, answered: bool) -> None:
        if self._transport is None or not self.is_open:
            return
        self._released = self._full = True
        asyncio.get_running_loop().call_later(CLOSE_S, self._transport.abort)
        if answered:
            self._transport.close()
            return
        # Closed for good, the system would answer the peer's SESS_TERM (RFC 9174, 6.1) with a reset, which
        # may also overtake our last word. So only our side ends; what comes is read, and falls.
        self._transport.resume_reading()
        # A peer that has reset the connection meanwhile has no end left to be told of.
        with contextlib.suppress(OSError):
            self._transport.write_eof()


def _set_options(sock: socket.socket) -> None:
    # Nagle's algorithm with delayed acknowledgements costs 40 ms a round trip.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):  # elsewhere the system's own intervals hold
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, PROBE_AFTER_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_EVERY_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES)
