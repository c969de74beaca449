"""One end of a link, at a node: its machine, and what the node is told of what comes to pass there.

The machine dies with its node, and with it all that it knew; the next life gets a new one. What is on its way
to this end, and what it has sent, is the medium's (`channel.py`), which no crash concerns.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from starlight import links
from starlight.links import DatagramLink, Link, Refusal, StreamLink
from starlight.medium.channel import Channel, WireMessage
from starlight.medium.octet_channel import OctetChannel
from starlight.medium.sent_orders import Order, SentOrders
from starlight.medium.trace_events import LinkClosed, LinkOpened, MessageDisputed
from starlight.node import events
from starlight.node.events import Event
from starlight.trace import TraceEvent


class Wire(Protocol):
    """The way in which a machine's messages are those of the medium."""

    def receive(self, message: WireMessage, now: int) -> list[links.LinkEvent]:
        """Hand the machine what has come."""

    def flush(self, now: int) -> None:
        """Send what the machine wants sent."""


class DatagramWire:
    """A wire that carries messages as they are.

    Args:
        link: the machine.
        outgoing: what carries them.
    """

    def __init__(self, link: DatagramLink, outgoing: Channel) -> None:
        self.machine = link
        self._outgoing = outgoing

    def receive(self, message: WireMessage, now: int) -> list[links.LinkEvent]:
        """Hand the machine a datagram."""
        return self.machine.receive_datagram(message.data, now)

    def flush(self, now: int) -> None:
        """Send its datagrams, each when its transfer is on the air."""
        for data, flight in self.machine.datagrams_to_send():
            self._outgoing.carry(WireMessage(data), flight, now)


class StreamWire:
    """A wire that carries octets in order, of one connection.

    Args:
        link: the machine.
        outgoing: what carries them.
        connection: its number among the connections of the two nodes.
    """

    def __init__(self, link: StreamLink, outgoing: OctetChannel, connection: int) -> None:
        self.machine = link
        self._outgoing = outgoing
        self._connection = connection

    def receive(self, message: WireMessage, now: int) -> list[links.LinkEvent]:
        """Hand the machine octets, or their end; what is left of another connection is nobody's."""
        if message.connection != self._connection:
            return []
        return self.machine.receive_data(message.data, now) if message.data else self.machine.receive_eof(now)

    def flush(self, now: int) -> None:
        """Send its octets as fast as the contacts carry them."""
        while data := self.machine.data_to_send():
            self._outgoing.carry_octets(data, self._connection, now)


class LinkEnd:
    """One end of a link.

    Args:
        node, peer: this end's node and the other.
        incoming, outgoing: what comes to it, and what it sends.
        say: takes what is to be traced.

    Attributes:
        connection: of a stream, which one its machine lives on.
        armed: when the world's queue looks at it next; None for never.
        cuts_open: how many cuts of what it sends last now.
        machine: the link; None while the node is down, or a stream has no connection.
        is_established: transfers can begin.
    """

    def __init__(
        self,
        node: int,
        peer: int,
        incoming: Channel,
        outgoing: Channel,
        say: Callable[[int, TraceEvent], None],
    ) -> None:
        self.node = node
        self.peer = peer
        self.incoming = incoming
        self.outgoing = outgoing
        self.connection = 0
        self.armed: int | None = None
        self.cuts_open = 0
        self.machine: Link | None = None
        self.is_established = False
        self._say = say
        self._wire: Wire | None = None
        self._orders = SentOrders(peer)
        # A node answers a step later, when another machine may live here: so what it is told to answer has a
        # number that no other machine at this end has used.
        self._handed = 0
        self._to_answer: dict[int, int] = {}
        self._released: deque[tuple[int, bytes]] = deque()

    def begin(self, link: Link, wire: Wire, now: int, connection: int = 0) -> None:
        """Let a machine live here, in place of any former one."""
        self.die()
        self.machine, self._wire, self.connection = link, wire, connection
        # What needs no peer to begin has begun: its node asks for it when it is ready to be told.
        begun = link.handle_timer(now)
        self.is_established = any(isinstance(event, links.LinkEstablished) for event in begun)
        wire.flush(now)

    def die(self) -> None:
        """Lose the machine with all that it knew."""
        self.machine = self._wire = None
        self.is_established = False
        self._orders = SentOrders(self.peer)
        self._to_answer.clear()

    @property
    def is_alive(self) -> bool:
        """True while a machine lives here."""
        return self.machine is not None

    def link_up(self) -> events.LinkUp:
        """Return what the node is told of a link that can carry bundles."""
        assert self.machine is not None
        return events.LinkUp(self.peer, self.machine.transfer_max, self.machine.promises.acknowledged)

    # What the node does.

    def send(self, order: Order, now: int) -> list[Event]:
        """Send a bundle; return what the node is told of it at once, which is nothing where it is sent."""
        link, wire = self.machine, self._wire
        if link is None or wire is None or not self.is_established:
            return [events.TransmissionFailed(order.key, self.peer, "no session")]
        most = link.transfer_max
        if most is not None and len(order.data) > most:
            # Not for good: another link may take more, and the engine, which was told of this one's limit,
            # sends nothing like it over this one again.
            return [events.TransmissionFailed(order.key, self.peer, f"the peer takes {most} bytes at most")]
        self._orders.add(order, link, now)
        wire.flush(now)
        return []

    def answer(self, handle: int, refusal: Refusal | None, now: int) -> None:
        """Answer a transfer that has come, unless the machine that has received it is gone."""
        transfer = self._to_answer.pop(handle, None)
        if transfer is None or self.machine is None or self._wire is None:
            return
        if refusal is None:
            self.machine.acknowledge(transfer, now)
        else:
            self.machine.refuse(transfer, refusal, now)
        self._wire.flush(now)

    # What happens here.

    def next_wakeup(self) -> int | None:
        """Return when it must be looked at, in ns."""
        due = self.incoming.next_due()
        if self.machine is None:
            return due
        for time in (self.machine.next_wakeup(), self._orders.next_due()):
            if time is not None and (due is None or time < due):
                due = time
        return due

    def receive(self, message: WireMessage, now: int) -> list[Event]:
        """Take what has come; where the node is down nobody hears it."""
        return [] if self._wire is None else self._tell(self._wire.receive(message, now), now)

    def handle_timer(self, now: int) -> list[Event]:
        """Do what is due."""
        told = self._orders.left(now)
        if self.machine is not None:
            told += self._tell(self.machine.handle_timer(now), now)
        return told

    def released(self, now: int) -> list[bytes]:
        """Return the bundles that were let go when they had left, and may still be on their way."""
        while self._released and self._released[0][0] < now:
            self._released.popleft()
        return [data for _, data in self._released]

    # Inside.

    def _tell(self, happened: list[links.LinkEvent], now: int) -> list[Event]:
        """Return what the node is told of what has happened to the machine."""
        told: list[Event] = []
        for event in happened:
            match event:
                case links.TransferReceived():
                    handle, light = self._handle(event), self.incoming.light_time(now)
                    told.append(events.BundleReceived(self.peer, event.data, handle, now, under_way=light))
                case links.LinkEstablished():
                    self._establish(told)
                case links.LinkEnded(reason):
                    self._over(reason, told, now)
                case links.MessageRejected(reason):
                    self._say(self.node, MessageDisputed(self.peer, reason))
                case links.TransferSent(transfer):
                    order = self._orders.ended(transfer)
                    self.released(now)  # without this what has arrived would be kept for years
                    self._released.append((order.flight.reaches + self.outgoing.delay_max, order.data))
                    told += self._orders.sent(order, now)
                case _:
                    told += self._orders.answered(event, now)
        if self.machine is not None and self._wire is not None:
            self._orders.refill(self.machine, now)
            self._wire.flush(now)
        return told

    def _handle(self, event: links.TransferReceived) -> int | None:
        """Return by which number the node answers a transfer; None where nobody waits for an answer."""
        assert self.machine is not None
        if not event.answerable or not self.machine.promises.acknowledged:
            return None
        self._handed += 1
        self._to_answer[self._handed] = event.transfer
        return self._handed

    def _establish(self, told: list[Event]) -> None:
        if not self.is_established:
            self.is_established = True
            self._say(self.node, LinkOpened(self.peer))
        if not self.cuts_open:
            told.append(self.link_up())

    def _over(self, reason: str, told: list[Event], now: int) -> None:
        """Let go of a machine whose link has ended."""
        if self._wire is not None:
            self._wire.flush(now)  # a session may end with a last word to its peer
        told += self._orders.fail_waiting(reason)
        if self.is_established:
            self._say(self.node, LinkClosed(self.peer, reason))
            # First, so that the node does not send over it again what fails with it.
            told.insert(0, events.LinkDown(self.peer))
        self.die()
