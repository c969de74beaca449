"""The connections of stream links in virtual time: who opens them, when, and again.

Of two nodes the one with the lower number opens the connection, whenever both directions are open; it is
there after a round trip, as with TCP. One that ends, or is not granted in time, is opened again.
"""

from __future__ import annotations

from collections.abc import Callable

from starlight.dtntime import MINUTE, SECOND
from starlight.medium.channel import WireMessage
from starlight.medium.event_queue import EventQueue
from starlight.medium.link_end import LinkEnd
from starlight.medium.octet_channel import OctetChannel
from starlight.medium.true_contacts import TrueContacts
from starlight.node.events import Event

GRANTED_WITHIN = MINUTE
"""How long an opener waits, in ns: about what TCP takes to give a silent address up."""

AGAIN_AFTER = 5 * SECOND
"""How long after its end a connection is opened again, in ns."""

TRIES = 100
"""Windows of one direction that are looked at for one of the other; a plan whose directions never meet has no
connections."""

Begin = Callable[[LinkEnd, int], None]
"""Lets a machine live at an end, for a connection."""


class Connections:
    """The connections of all stream links.

    Args:
        queue: of the world.
        truth: the contacts and the cuts in them.
        begin: makes the machines.
        arm: sees to it that what an end has sent arrives.
        is_up: tells whether a node is.
    """

    def __init__(
        self,
        queue: EventQueue,
        truth: TrueContacts,
        begin: Begin,
        arm: Callable[[LinkEnd], None],
        is_up: Callable[[int], bool],
    ) -> None:
        self._queue = queue
        self._truth = truth
        self._begin = begin
        self._arm = arm
        self._is_up = is_up
        self._asked: dict[tuple[int, int], int] = {}  # by opener and other: the connection last asked for
        self._pending: dict[tuple[int, int], int] = {}  # when the queue will ask for one
        self._waiting: set[tuple[int, int]] = set()  # that are asked for, and not granted yet

    def want(self, end: LinkEnd, time: int) -> None:
        """Open a connection from an end at a time, or when both directions are next open."""
        pair = end.node, end.peer
        if end.node > end.peer:
            return
        opens = self._both_open(pair, time)
        # A plan that has changed may open them sooner than was foreseen.
        if opens is not None and opens < self._pending.get(pair, opens + 1):
            self._pending[pair] = opens
            self._queue.at(opens, self._open, (end, opens))

    def is_asked(self, end: LinkEnd) -> bool:
        """Tell whether an end has asked for a connection, and waits for it to be granted."""
        return (end.node, end.peer) in self._waiting

    def take(self, end: LinkEnd, message: WireMessage, now: int) -> list[Event]:
        """Take a part of a handshake; return what the node is told of a connection that is over by it."""
        if not self._is_up(end.node):
            return []
        if end.node > end.peer:  # it is asked for one: a former is dead, or its opener would not ask
            told = end.receive(WireMessage(b"", end.connection), now)
            self._begin(end, message.connection)
            self._say(end, message.connection, now, handshake=True)
            return told
        pair = end.node, end.peer
        if message.connection == self._asked.get(pair) and not end.is_alive:
            self._waiting.discard(pair)
            self._begin(end, message.connection)
        return []

    def over(self, end: LinkEnd, now: int) -> None:
        """Take note that the connection of an end is over: the other end hears it; one is opened again."""
        self._say(end, end.connection, now)
        self.want(end, now + AGAIN_AFTER)

    def _open(self, foreseen: tuple[LinkEnd, int]) -> None:
        end, opens = foreseen
        pair, now = (end.node, end.peer), self._queue.now
        if self._pending.get(pair) != opens:
            return  # it was asked for sooner
        del self._pending[pair]
        if end.is_alive or not self._is_up(end.node):
            return
        self._waiting.add(pair)
        self._asked[pair] = number = self._asked.get(pair, 0) + 1
        self._say(end, number, now, handshake=True)
        self._queue.at(now + GRANTED_WITHIN, self._look, (end, number))

    def _look(self, asked: tuple[LinkEnd, int]) -> None:
        """Ask again for a connection that was not granted, unless another was asked for since."""
        end, number = asked
        if self._asked[end.node, end.peer] != number:
            return
        self._waiting.discard((end.node, end.peer))
        if not end.is_alive and self._is_up(end.node):
            self.want(end, self._queue.now)

    def _say(self, end: LinkEnd, connection: int, now: int, *, handshake: bool = False) -> None:
        """Send a part of a connection's handshake, or its end."""
        assert isinstance(end.outgoing, OctetChannel)
        end.outgoing.carry_octets(b"", connection, now, handshake=handshake)
        self._arm(end)

    def _both_open(self, pair: tuple[int, int], time: int) -> int | None:
        for _ in range(TRIES):
            there = self._truth.opening(pair, time)
            back = None if there is None else self._truth.opening((pair[1], pair[0]), there[0])
            if there is None or back is None:
                return None
            if there[0] == back[0]:
                return there[0]
            time = back[0]
        return None
