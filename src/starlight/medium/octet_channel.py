"""One direction of a link as a transport that carries octets in order, as TCP does over a network.

It hides what befalls its packets: what is lost is sent again, one round trip later, and what is behind it
waits; nothing comes twice or out of order. Octets leave as fast as the contacts carry them, one after the
other, and wait while the direction is closed. When they leave is laid down when they are handed over, so a
plan that changes concerns only those that come later.
"""

from __future__ import annotations

from starlight.links import Flight
from starlight.medium.channel import Channel, Transmission, WireMessage
from starlight.medium.impairments import Impairments
from starlight.medium.true_contacts import TrueContacts


class OctetChannel(Channel):
    """One direction of a stream link.

    Args:
        link: from which node to which.
        truth: the contacts and the cuts in them.
        impairments: what befalls packets; None for nothing.
    """

    def __init__(
        self, link: tuple[int, int], truth: TrueContacts, impairments: Impairments | None = None
    ) -> None:
        super().__init__(link, truth, impairments)
        self._free_at = 0  # when what was handed over has left
        self._last_arrives = 0
        self._broken = False

    def carry_octets(self, data: bytes, connection: int, now: int, *, handshake: bool = False) -> None:
        """Take octets of a connection; none is its end, or a part of its handshake."""
        rest = data
        while not self._broken:
            window = self._truth.window(self.link, max(now, self._free_at))
            if window is None:
                return  # never: the ends find out by their silence
            leaves, contact = window
            size = min(len(rest), contact.volume(leaves, contact.end))
            last_byte = contact.last_byte(leaves, size)
            if last_byte is None or (rest and not size):
                self._free_at = contact.end + 1  # not one more octet leaves over this contact
                continue
            self._free_at = last_byte
            flight = Flight(leaves, last_byte, last_byte + contact.light_time(last_byte))
            self.carry(WireMessage(rest[:size], connection, handshake), flight, now)
            rest = rest[size:]
            if not rest:
                return

    def sender_died(self, now: int) -> None:
        """Lose what has not left; a next life begins with nothing that waits."""
        super().sender_died(now)
        self._free_at = now

    def world_ends(self, now: int) -> None:
        """Lose what has not left, and all that comes after: a stream has no gaps."""
        super().world_ends(now)
        self._broken = self._free_at > now

    def _fly(self, sent: Transmission, arrives: int) -> None:
        if self._draws is not None:
            delays = self._draws.delays()
            # A packet that is missed is sent again a round trip later: its transport hears of it by then.
            arrives += delays[0] if delays else 2 * (arrives - sent.last_byte) + self.delay_max
        self._last_arrives = arrives = max(arrives, self._last_arrives)
        self._push(arrives, sent)
