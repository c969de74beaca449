"""The UDP sockets of one node, and the peers that are reached over them."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

from starlight.errors import InputError
from starlight.live.clock import MissionClock
from starlight.neighbours.address import LinkAddress
from starlight.neighbours.datagram_path import DatagramPath, SystemAddress
from starlight.neighbours.datagram_socket import DatagramSocket
from starlight.neighbours.kinds import DatagramKind, ThisNode
from starlight.neighbours.link_driver import Heard, Tap
from starlight.neighbours.link_drivers import LinkDrivers
from starlight.neighbours.peer import PeerConfig
from starlight.neighbours.strangers import Strangers
from starlight.trace import TraceEvent

RECEIVE_BUFFER_BYTES = 4 << 20
"""What the system is asked to keep while this node is busy, where it allows as much: three seconds at the
default pace of a peer."""
LOOK_UP_EVERY_S = 60.0
"""How often the name of a peer is looked up: who moves to another address is found again within a minute."""


class _Place(NamedTuple):
    """The socket from which a peer is sent to, and its address."""

    sender: DatagramSocket
    address: SystemAddress


class DatagramSockets:
    """Opens sockets, and keeps a link with each peer that has an address.

    Args:
        me: this node.
        clock: the wall, for the protocols' timers.
        drivers: told of each link's driver.
        heard: told the events of each link.
        unreached: told of a peer whose address can't be found, and why.
        say: takes what is to be traced.
        tap: sees all bytes of all sockets; for captures in tests.

    Attributes:
        strangers: counts what came from addresses of no peer.
    """

    def __init__(
        self,
        me: ThisNode,
        clock: MissionClock,
        drivers: LinkDrivers,
        heard: Heard,
        unreached: Callable[[int, str], None],
        say: Callable[[TraceEvent], None],
        tap: Tap | None,
    ) -> None:
        self._me = me
        self._clock = clock
        self._drivers = drivers
        self._heard = heard
        self._unreached = unreached
        self.strangers = Strangers(say)
        self._tap = tap
        self._sockets: list[tuple[str, DatagramSocket]] = []  # each with its protocol
        self._paths: dict[int, DatagramPath] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    async def listen(self, address: LinkAddress) -> LinkAddress:
        """Open a socket; return its address, with the port that the system chose where it was 0.

        Raises:
            InputError: the address can't be listened on.
        """
        loop = asyncio.get_running_loop()
        try:
            family, system = (await _looked_up(address))[0]
            opened = socket.socket(family, socket.SOCK_DGRAM)
        except OSError as error:
            raise InputError(
                f"can't listen on {address}: {error.strerror or error}", where="listen"
            ) from None
        try:
            if family == socket.AF_INET6:
                # Else it would take the port of IPv4 as well, and write the addresses of that in its own way.
                opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            opened.setblocking(False)
            opened.bind(system)
            _, made = await loop.create_datagram_endpoint(
                lambda: DatagramSocket(opened, self.strangers, self._tap), sock=opened
            )
        except OSError as error:
            opened.close()
            raise InputError(
                f"can't listen on {address}: {error.strerror or error}", where="listen"
            ) from None
        self._sockets.append((address.scheme, made))
        return address._replace(port=made.here[1])

    def reach(self, peer: PeerConfig, address: LinkAddress, kind: DatagramKind) -> None:
        """Keep a link with a peer from now on.

        Args:
            peer, address, kind: who it is, where, and its protocol.

        Raises:
            InputError: there is no socket of its protocol, or its kind of address, to send from.
        """
        literal = _literal(address)
        try:
            if literal:  # at once: what a peer sends before its link is there is a stranger's
                self._begin(peer, address.scheme, kind, self._place(address.scheme, literal))
                return
            if all(scheme != address.scheme for scheme, _ in self._sockets):
                raise OSError(errno.EAFNOSUPPORT, f"we listen on no {address.scheme} address")
        except OSError as error:
            right = "Listen on one: a peer knows us by the address from which we send"
            raise InputError(
                f"{address} can't be reached: {error.strerror or error}", where="peer", right=right
            ) from None
        task = self._keep_found(peer, address, kind)
        self._tasks.append(asyncio.get_running_loop().create_task(task))

    def stop(self) -> None:
        """Look up nothing, and make no new link."""
        self._closing = True
        for task in self._tasks:
            task.cancel()

    async def wait_closed(self) -> None:
        """Close the sockets; return once nothing looks up any more."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for _, each in self._sockets:
            each.close()

    async def _keep_found(self, peer: PeerConfig, address: LinkAddress, kind: DatagramKind) -> None:
        """Begin a link where the peer's name leads to, and another where it leads elsewhere later."""
        while True:
            try:
                place = self._place(address.scheme, await _looked_up(address))
            except OSError as error:
                self._unreached(peer.node, f"{address.host} can't be found: {error.strerror or error}")
            else:
                path = self._paths.get(peer.node)
                if path is None or path.address != place.address:
                    self._begin(peer, address.scheme, kind, place)
                    if path is not None:
                        path.abort()
            await asyncio.sleep(LOOK_UP_EVERY_S)

    def _place(self, scheme: str, found: list[tuple[int, SystemAddress]]) -> _Place:
        """Return the first of a peer's addresses that there is a socket for; raise OSError where none is."""
        for family, system in found:
            for known, each in self._sockets:
                if known == scheme and each.family == family:
                    return _Place(each, system)
        raise OSError(errno.EAFNOSUPPORT, f"we listen on no {scheme} address of its kind, IPv4 or IPv6")

    def _begin(self, peer: PeerConfig, scheme: str, kind: DatagramKind, place: _Place) -> None:
        wall_now = self._clock.wall_now
        link = kind.make(self._me, peer, now=wall_now())
        path = DatagramPath(scheme, link, peer, place.address, wall_now, self._heard, place.sender)
        self._drivers.add(path)
        self._paths[peer.node] = path
        place.sender.attach(path)

        def again(_: object) -> None:
            place.sender.detach(path)
            # It has fallen silent, so a new link waits to hear it; or it is reached elsewhere by now.
            if not self._closing and self._paths.get(peer.node) is path:
                self._begin(peer, scheme, kind, place)

        path.ended.add_done_callback(again)
        path.transmit()


def _literal(address: LinkAddress) -> list[tuple[int, SystemAddress]]:
    """Return an address that is written out in numbers, with its family; nothing for a name."""
    try:
        found = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
        )
    except OSError:
        return []
    return _of_udp(found)


async def _looked_up(address: LinkAddress) -> list[tuple[int, SystemAddress]]:
    """Return the addresses that a name stands for, each with its family; raise OSError for none."""
    loop = asyncio.get_running_loop()
    return _of_udp(await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_DGRAM))


def _of_udp(found: Sequence[tuple[int, int, int, str, object]]) -> list[tuple[int, SystemAddress]]:
    """Return the families and addresses of what the system has found: those of IPv4 and IPv6."""
    return [
        (int(family), cast(SystemAddress, system))
        for family, _, _, _, system in found
        if family in (socket.AF_INET, socket.AF_INET6)
    ]
