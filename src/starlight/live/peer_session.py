"""An admitted session with a peer, and what it is to send."""

from __future__ import annotations

from collections import deque

from starlight.links import RefuseReason, departure
from starlight.live.connection import Connection
from starlight.live.outcomes import TransferOutcomes
from starlight.node.actions import Transmit


class PeerSession:
    """Sends bundles over one connection: as many at a time as its session takes, the others wait.

    Args:
        connection: with an established session.
        foreign: the peer is not a Starlight node, so it is not told when the last byte left.
        outcomes: told of each `Transmit` once.
    """

    def __init__(self, connection: Connection, outcomes: TransferOutcomes, *, foreign: bool) -> None:
        self.connection = connection
        self._foreign = foreign
        self._outcomes = outcomes
        self._under_way: dict[int, Transmit] = {}
        self._waiting: deque[tuple[Transmit, bytes]] = deque()

    def send(self, transmit: Transmit, data: bytes) -> None:
        """Queue a bundle; it is written when the connection transmits."""
        if self._waiting or self.connection.session.free_transfers <= 0:
            self._waiting.append((transmit, data))  # behind those before it: the engine's order is kept
        else:
            self._start(transmit, data)

    def acknowledged(self, transfer: int) -> None:
        """Take the peer's acknowledgement of a transfer, and go on with those that wait."""
        self._outcomes.acknowledged(self._under_way.pop(transfer))
        self._refill()

    def refused(self, transfer: int, reason: RefuseReason) -> None:
        """Take the peer's refusal of a transfer, and go on with those that wait."""
        self._outcomes.refused(self._under_way.pop(transfer), reason)
        self._refill()

    def end(self, reason: str) -> None:
        """Fail all that is not answered: whether it got there will not be known any more."""
        for transmit in self._under_way.values():
            self._outcomes.failed(transmit, reason)
        for transmit, _ in self._waiting:
            self._outcomes.failed(transmit, reason)
        self._under_way.clear()
        self._waiting.clear()

    def _start(self, transmit: Transmit, data: bytes) -> None:
        session = self.connection.session
        if len(data) > session.transfer_mtu:
            too_large = f"the peer takes {session.transfer_mtu} bytes at most"
            self._outcomes.failed(transmit, too_large, refused=True)
            return
        extensions = () if self._foreign else (departure(transmit.last_byte),)
        transfer = session.send_transfer(data, self.connection.wall_now(), extensions=extensions)
        self._under_way[transfer] = transmit

    def _refill(self) -> None:
        while self._waiting and self.connection.session.free_transfers > 0:
            self._start(*self._waiting.popleft())
