"""A peer's address on a UDP socket, under a link whose wire carries datagrams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from starlight.links import Closing, DatagramLink, LinkEvent, Refusal, TransferReceived
from starlight.neighbours.link_driver import Heard, LinkDriver
from starlight.neighbours.peer import PeerConfig

SystemAddress = tuple[str, int] | tuple[str, int, int, int]
"""The address of a socket, as the system writes it: of IPv6 with flow and scope."""


class Sender(Protocol):
    """Writes datagrams to a socket that many links share."""

    @property
    def is_writable(self) -> bool:
        """Return whether the system takes more now."""

    def send(self, data: bytes, path: DatagramPath) -> str | None:
        """Send a datagram to a path's peer; return why the system did not take it, or None where it did."""

    def read_waiting(self) -> None:
        """Hand on what the system holds already."""


class DatagramPath(LinkDriver):
    """A link over datagrams to and from one address.

    Args:
        scheme, wall_now, heard: as of `LinkDriver`.
        link: the machine.
        peer: who is there.
        address: of its socket, as the system writes it.
        sender: the socket that it is sent from.
    """

    link: DatagramLink

    def __init__(
        self,
        scheme: str,
        link: DatagramLink,
        peer: PeerConfig,
        address: SystemAddress,
        wall_now: Callable[[], int],
        heard: Heard,
        sender: Sender,
    ) -> None:
        super().__init__(scheme, link, peer, wall_now, heard)
        self.address = address
        self._sender = sender
        self._reading = True

    @property
    def from_any_port(self) -> bool:
        """Return whether the peer may send from other ports of its host than the one at which it listens."""
        return self.called is not None and self.called.foreign

    def receive(self, data: bytes) -> None:
        """Hand a datagram of the peer to the link, and its events on."""
        now = self.heard_at = self.wall_now()
        self.traffic.received.add(len(data), now)
        if self.is_open:
            happened = self.link.receive_datagram(data, now)
            self._pass_on(happened if self._reading else self._without_transfers(happened, now))

    @property
    def where(self) -> str:
        """Return the peer's address, for people."""
        return f"{self.address[0]} port {self.address[1]}"

    @property
    def is_open(self) -> bool:
        """Return whether the link has not ended: the socket stays."""
        return not self.ended.done()

    def pause_reading(self) -> None:
        """Drop the transfers that come: memory is short."""
        self._reading = False

    def resume_reading(self) -> None:
        """Take the transfers that come again."""
        self._reading = True

    def transmit(self) -> None:
        """Write what the link wants sent, unless the socket is full: then it is asked again when that is
        over."""
        # The link would want to be woken at once for what waits, and again, for as long as the system is
        # busy.
        if self._sender.is_writable:
            super().transmit()

    def close(self, why: Closing, *, at_once: bool = False) -> None:
        """End the link; as nothing is waited for, it tells so at once."""
        now = self.wall_now()
        self.link.close(now, why)
        self._pass_on(self.link.handle_timer(now))

    def abort(self) -> None:
        """End the link: there is no word that could be left out."""
        self.close(Closing.DONE)

    def _wake(self) -> None:
        # asyncio reads one datagram a turn, and then runs all timers that are due. After a stall of this
        # process words of a peer wait behind those of others, and it would count as silent.
        self._sender.read_waiting()
        super()._wake()

    def _without_transfers(self, happened: list[LinkEvent], now: int) -> list[LinkEvent]:
        """Return what has happened but for transfers, which are refused where the peer waits for answers."""
        # There is nothing that could hold the peer back, and the wire may lose what it likes. But the link
        # has to hear all of it: a peer whose words are dropped is not silent, and would count as dead.
        kept: list[LinkEvent] = []
        for event in happened:
            if not isinstance(event, TransferReceived):
                kept.append(event)
            elif self.link.promises.acknowledged and event.answerable:
                self.link.refuse(event.transfer, Refusal.NO_RESOURCES, now)
        return kept

    def _write(self) -> None:
        told: list[LinkEvent] = []
        for datagram in self.link.datagrams_to_send():
            error = self._sender.send(datagram.data, self)
            if error is None:
                self.traffic.sent.add(len(datagram.data), self.wall_now())
            else:
                told += self.link.not_sent(datagram, error, self.wall_now())
        if told:
            self._heard(self, told)

    def _release(self, *, answered: bool) -> None:
        self._end()
