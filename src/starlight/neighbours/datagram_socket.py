"""A UDP socket that many links share: each peer is known by the address from which it sends."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import cast

from starlight.neighbours.datagram_path import DatagramPath, SystemAddress
from starlight.neighbours.link_driver import Tap
from starlight.neighbours.strangers import Strangers
from starlight.neighbours.trace_events import LinkRefused

WAITING_MAX = 16_384
"""Datagrams that are read in one go, as the system's buffer of 4 MiB holds no more: each costs it some
hundred bytes at least. So whoever sends faster than we read does not hold up all else."""
LARGEST = 65_535
"""Octets of a datagram, of IPv4 or IPv6."""


class DatagramSocket(asyncio.DatagramProtocol):
    """One UDP socket.

    Args:
        opened: the system's.
        strangers: told of what comes from elsewhere than a peer's address.
        tap: sees all bytes; for captures in tests.
    """

    def __init__(self, opened: socket.socket, strangers: Strangers, tap: Tap | None) -> None:
        self._opened = opened
        self._strangers = strangers
        self._tap = tap
        self._transport: asyncio.DatagramTransport | None = None
        self._full = False
        self._error: OSError | None = None
        self._paths: dict[tuple[str, int], DatagramPath] = {}

    # Called by asyncio.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Have the socket."""
        # Before Python 3.12 asyncio's own transport is no subclass of what it implements.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Have no socket any more."""
        self._transport = None

    def datagram_received(self, data: bytes, address: SystemAddress) -> None:
        """Hand a datagram to the link with whoever sends from its address; count a stranger's."""
        path = self._path_from(address)
        if path is None:
            self._strangers.add(lambda nth: _refused(address, nth))
            return
        if self._tap and self._transport:
            self._tap(address[:2], self.here, data)
        path.receive(data)

    def error_received(self, error: Exception) -> None:
        """Take note of what the system says; while a datagram is sent, it is about that one."""
        if isinstance(error, OSError):
            self._error = error

    def pause_writing(self) -> None:
        """Leave what is to be sent in the links: the socket's buffer is full."""
        self._full = True

    def resume_writing(self) -> None:
        """Send on."""
        self._full = False
        for path in list(self._paths.values()):
            path.transmit()

    # Called by the paths and their maker.

    @property
    def here(self) -> tuple[str, int]:
        """Return the address that it is bound to."""
        assert self._transport is not None
        name: SystemAddress = self._transport.get_extra_info("sockname")
        return name[:2]

    @property
    def family(self) -> int:
        """Return the address family of the socket."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("socket").family)

    @property
    def is_writable(self) -> bool:
        """Return whether the system takes more now."""
        return self._transport is not None and not self._full

    def attach(self, path: DatagramPath) -> None:
        """Give a path what comes from its address, in place of who had it before."""
        self._paths[_known_as(path.address)] = path

    def detach(self, path: DatagramPath) -> None:
        """Give a path nothing more."""
        if self._paths.get(_known_as(path.address)) is path:
            del self._paths[_known_as(path.address)]

    def send(self, data: bytes, path: DatagramPath) -> str | None:
        """Send a datagram to a path's peer; return why the system did not take it, or None where it did."""
        if self._transport is None:
            return "the socket is closed"
        # asyncio tells of an error while `sendto` runs, or, where the system is busy, later and of nobody's.
        self._error = None
        self._transport.sendto(data, path.address)
        if self._error is not None:
            return self._error.strerror or str(self._error)
        if self._tap:
            self._tap(self.here, path.address[:2], data)
        return None

    def read_waiting(self) -> None:
        """Hand on what the system holds already, before asyncio comes to it."""
        if self._transport is None or self._transport.is_closing():
            return
        for _ in range(WAITING_MAX):
            try:
                data, address = self._opened.recvfrom(LARGEST)
            except OSError:  # Nothing waits; an error of an earlier datagram is asyncio's to tell.
                return
            self.datagram_received(data, address)

    def close(self) -> None:
        """Close the socket."""
        if self._transport:
            self._transport.close()

    def _path_from(self, address: SystemAddress) -> DatagramPath | None:
        # Written in one form, or a peer of an IPv6 network would be a stranger by its scope alone.
        host, port = _known_as(address)
        path = self._paths.get((host, port))
        if path is not None:
            return path
        # RFC 7122, 5, filters by IP address: many implementations send from a port of the moment.
        foreign = [path for (known, _), path in self._paths.items() if known == host and path.from_any_port]
        return foreign[0] if len(foreign) == 1 else None


def _known_as(address: SystemAddress) -> tuple[str, int]:
    """Return an address in one form: without the scope of a local one, IPv4 as such."""
    ip = ipaddress.ip_address(address[0].partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return str(mapped or ip), address[1]


def _refused(address: SystemAddress, nth: int) -> LinkRefused:
    """Return what is traced of the n-th datagram that came from no peer's address."""
    host, port = _known_as(address)
    return LinkRefused(f"{host} port {port}", f"a datagram of no peer, the {nth}. of such")
