"""The loop over the ends of links: each is looked at when anything comes to it, or is due at it.

An end is looked at by one call on the world's queue, at the earliest of what is due. What the medium brings
counts before what its machine is due to do at the same instant: an answer at that of giving up is in time.
"""

from __future__ import annotations

from collections.abc import Callable

from starlight.medium.channel import WireMessage
from starlight.medium.connections import Connections
from starlight.medium.event_queue import EventQueue
from starlight.medium.link_end import LinkEnd
from starlight.medium.link_table import LinkTable
from starlight.medium.true_contacts import TrueContacts
from starlight.node.events import Event

Tell = Callable[[int, list[Event]], None]
"""Tells a node, by its number, of events; one that is down hears nothing."""

LOOKS_EACH = 4
"""Looks at an end, as a world ends, for each message that is then under way: that itself, its answer, and
what a session says to it. Machines that speak whenever they are spoken to would else never come to an end."""


class LinkLoop:
    """The loop over the ends.

    Args:
        queue: of the world.
        table: of the ends.
        truth: the contacts and the cuts in them.
        tell: tells a node what has happened.
    """

    def __init__(self, queue: EventQueue, table: LinkTable, truth: TrueContacts, tell: Tell) -> None:
        self._queue = queue
        self._table = table
        self._tell = tell
        self._connections = Connections(
            queue, truth, self._connect, self.arm, lambda node: node in table.lives
        )
        self._lands_at: int | None = None

    @property
    def now(self) -> int:
        """Return the time of the medium: that of the world, but for what lands as it ends."""
        return self._queue.now if self._lands_at is None else self._lands_at

    def begin(self, end: LinkEnd) -> None:
        """Let a machine live at an end whose node is up; that of a stream needs a connection first."""
        if self._table.is_stream(end):
            self._connections.want(end, self.now)
        else:
            self._table.begin(end, self.now)
            self.arm(end)

    def begin_missing(self) -> None:
        """Let machines live where none does, at ends whose nodes are up: links may be new, or open sooner."""
        for end in self._table.all():
            if end.node in self._table.lives and not end.is_alive and not self._connections.is_asked(end):
                self.begin(end)

    def over(self, end: LinkEnd) -> None:
        """Take note that the machine at an end is gone."""
        if self._table.is_stream(end):
            self._connections.over(end, self.now)
        elif end.node in self._table.lives:  # it has given its peer up, and begins again to listen for it
            self._table.begin(end, self.now)

    def arm(self, end: LinkEnd) -> None:
        """Look again when anything is due at an end, or at the other, to which it may have sent something."""
        for each in (end, self._table.end(end.peer, end.node)):
            due = each.next_wakeup()
            if due is not None and (each.armed is None or due < each.armed):
                each.armed = due
                self._queue.at(max(due, self._queue.now), self._look, (each, due))

    def take(self, end: LinkEnd, messages: list[WireMessage], *, timers: bool = False) -> None:
        """Let an end take messages, and tell its node in one step, as drivers hand them over in batches."""
        told: list[Event] = []
        lived = end.is_alive
        for message in messages:
            if message.handshake:
                told += self._connections.take(end, message, self.now)
            else:
                told += end.receive(message, self.now)
        if timers:
            told += end.handle_timer(self.now)
        if lived and not end.is_alive:
            self.over(end)
        if told:
            self._tell(end.node, told)
        self.arm(end)

    def tell_later(self, end: LinkEnd, told: list[Event]) -> None:
        """Tell the node of an end what happened in the middle of a step of it, after that step."""
        self._queue.at(self._queue.now, self._tell_now, (end, end.machine, told))

    def land(self) -> None:
        """Hand over all that is in transit, and what is said in answer, each with the time of its arrival.

        The world's time stands still, while that of the medium goes on to what is next to arrive: so nodes
        have it at once, and hide it until light would have brought it. No machine's timer runs.
        """
        ends = self._table.all()
        for end in ends:
            end.incoming.world_ends(self._queue.now)
        for _ in range(LOOKS_EACH * sum(end.incoming.under_way for end in ends)):
            due = [(time, end) for end in ends if (time := end.incoming.next_due()) is not None]
            if not due:
                break
            self._lands_at, end = min(due, key=lambda each: each[0])  # of several the first in the table
            self.take(end, [message for message in end.incoming.arrived(self.now) if not message.handshake])
        self._lands_at = None

    # Inside.

    def _look(self, armed: tuple[LinkEnd, int]) -> None:
        end, due = armed
        if end.armed != due:
            return  # An earlier wake-up was asked for since, and this one is on the heap for nothing.
        end.armed = None
        self.take(end, end.incoming.arrived(self.now), timers=True)

    def _connect(self, end: LinkEnd, connection: int) -> None:
        self._table.begin(end, self.now, connection)
        self.arm(end)

    def _tell_now(self, told: tuple[LinkEnd, object, list[Event]]) -> None:
        end, machine, happened = told
        if end.machine is machine:  # a later life knows nothing of what a former one has sent
            self._tell(end.node, happened)
