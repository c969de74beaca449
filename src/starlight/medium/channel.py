"""One direction of a link as the medium between two nodes: whatever is sent into it arrives, or does not.

Theory of operation. What is sent leaves over a while and arrives one light time after its last byte left. A
cut eats whatever of which a byte leaves while it lasts, both ends included; once the last byte has left
nothing stops it, neither a cut nor the death of its sender: what has left is in flight.

Most messages know when they leave, because a node has booked a contact for them. One that does not, such as a
report, leaves at once, or waits until the direction is next open; when it is due to leave, that is asked
again, because a cut may have come between. It takes no time on the air: nobody has booked any for it.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

from starlight.links import Flight
from starlight.medium.impairments import Draws, Impairments
from starlight.medium.true_contacts import TrueContacts


class WireMessage(NamedTuple):
    """Bytes that a link machine has for the one at the other end.

    Attributes:
        data: all of them; octets of a stream are cut anywhere.
        connection: of a stream, which connection of the two nodes, whose end has no data; 0 of a datagram.
        handshake: a connection is asked for, or granted.
    """

    data: bytes
    connection: int = 0
    handshake: bool = False


class Transmission:
    """A message that leaves, or is to leave."""

    __slots__ = ("booked", "last_byte", "leaves", "lost", "message")

    def __init__(self, message: WireMessage, leaves: int, last_byte: int, *, booked: bool) -> None:
        self.message = message
        self.leaves = leaves
        self.last_byte = last_byte
        self.booked = booked
        self.lost = False


class Channel:
    """One direction of a link.

    Args:
        link: from which node to which.
        truth: the contacts and the cuts in them.
        impairments: what befalls messages besides; None for nothing.

    Attributes:
        delay_max: how late a message may come because of them, in ns.
    """

    def __init__(
        self, link: tuple[int, int], truth: TrueContacts, impairments: Impairments | None = None
    ) -> None:
        self.link = link
        self._truth = truth
        self.delay_max = 0 if impairments is None else impairments.delay_max
        self._draws = None if impairments is None else Draws(impairments, link)
        # Of each: when, order, what, whether it only leaves then.
        self._coming: list[tuple[int, int, Transmission, bool]] = []
        self._order = 0

    def carry(self, message: WireMessage, flight: Flight | None, now: int) -> None:
        """Take a message.

        Args:
            flight: when it is on the air; None for what leaves when the direction is next open.
        """
        if flight is None:
            self._leave(Transmission(message, now, now, booked=False), now)
            return
        sent = Transmission(message, flight.leaves, flight.last_byte, booked=True)
        sent.lost = self._truth.is_cut(self.link, flight.leaves, flight.last_byte)
        self._fly(sent, flight.reaches)

    @property
    def under_way(self) -> int:
        """Return how many messages are on their way, or wait for it."""
        return len(self._coming)

    def next_due(self) -> int | None:
        """Return when `arrived` is due, in ns."""
        return self._coming[0][0] if self._coming else None

    def light_time(self, time: int) -> int:
        """Return the light time of the contact that is open at a time, or next, in ns; 0 where none is."""
        opening = self._truth.opening(self.link, time)
        return 0 if opening is None else opening[1] - opening[0]

    def arrived(self, now: int) -> list[WireMessage]:
        """Return what has arrived until now, in order; what is due to leave by then leaves."""
        found: list[WireMessage] = []
        coming = self._coming
        while coming and coming[0][0] <= now:
            time, _, sent, only_leaves = heappop(coming)
            if sent.lost:
                continue  # nobody learns of it but who sent it, by the silence
            if only_leaves:
                self._leave(sent, time)
            else:
                found.append(sent.message)
        return found

    def cut(self, start: int, end: int) -> None:
        """Let nothing be carried from one time to another, both included; what had left by then is."""
        for _, _, sent, only_leaves in self._coming:
            if not only_leaves and sent.leaves <= end and start <= sent.last_byte:
                sent.lost = True

    def sender_died(self, now: int) -> None:
        """Lose what has not wholly left; what has is in flight, whatever becomes of the sender."""
        for _, _, sent, _ in self._coming:
            sent.lost = sent.lost or sent.last_byte > now

    def world_ends(self, now: int) -> None:
        """Lose what has not wholly left, but for what only waited: that is as good as sent."""
        for _, _, sent, _ in self._coming:
            sent.lost = sent.lost or (sent.booked and sent.last_byte > now)

    def _leave(self, sent: Transmission, now: int) -> None:
        opening = self._truth.opening(self.link, now)
        if opening is None:
            return  # never: whoever waits for it will give up
        sent.leaves = sent.last_byte = opening[0]
        if opening[0] > now:
            self._push(opening[0], sent, only_leaves=True)
        else:
            self._fly(sent, opening[1])

    def _fly(self, sent: Transmission, arrives: int) -> None:
        if self._draws is None:
            self._push(arrives, sent)
            return
        for delay in self._draws.delays():
            self._push(arrives + delay, sent)

    def _push(self, time: int, sent: Transmission, *, only_leaves: bool = False) -> None:
        self._order += 1
        heappush(self._coming, (time, self._order, sent, only_leaves))
