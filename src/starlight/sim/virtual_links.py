"""The links between the nodes of a virtual world: what is sent over them, and the cuts in them.

Light keeps its own time. A node believes when its words arrive, by its own plan; here it is looked up in
the contacts that there truly are (`channel.py`), so a node that is wrong about the sky is found out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from starlight.contacts import ContactPlan
from starlight.node.actions import Acknowledge, Refuse, Transmit
from starlight.node.events import Event, LinkDown, LinkUp
from starlight.sim.channel import Direction, Outcome, TrueContacts
from starlight.sim.event_queue import EventQueue
from starlight.sim.trace_events import LinkCut, LinkMended
from starlight.trace import Record

Tell = Callable[[int, int | None, list[Event]], None]
"""Takes what a node is told: its number, in which of its lives (None: in any), and the events."""


class VirtualLinks:
    """The directions of all links.

    Args:
        plan: the contacts that there truly are.
        queue: of the world.
        tell: tells a node; one that is down hears nothing.
        say: writes the trace.

    Attributes:
        truth: the contacts and the cuts in them.
    """

    def __init__(
        self, plan: ContactPlan, queue: EventQueue, tell: Tell, say: Callable[[Record], None]
    ) -> None:
        self.truth = TrueContacts(plan)
        self._queue = queue
        self._tell = tell
        self._say = say
        self._directions: dict[tuple[int, int], Direction] = {}
        self._open(plan)

    def change_plan(self, plan: ContactPlan) -> None:
        """Let another plan be the truth, unless a later one is known; links that it adds are up."""
        if plan.version > self.truth.plan.version:
            self.truth.set_plan(plan)
        self._open(plan)

    def up(self, node: int) -> Iterator[int]:
        """Yield the neighbours to which a node has a link that is not cut, ascending."""
        for (from_node, to_node), direction in sorted(self._directions.items()):
            if from_node == node and not direction.cuts_open:
                yield to_node

    # What nodes do.

    def transmit(self, node: int, life: int, action: Transmit, data: bytes) -> None:
        """Let a bundle leave a node, in one of its lives."""
        link = (node, action.peer)
        direction = self._direction(link)
        contact = self.truth.contact(link, action.leaves, action.last_byte, action.contact)
        if contact is not None:
            reaches = action.last_byte + contact.light_time(action.last_byte)
            action = replace(action, reaches=reaches)
        direction.send(action, data, life, self._queue.now)
        self._arm(direction)

    def answer(self, node: int, action: Acknowledge | Refuse) -> None:
        """Let a node's answer to a transfer go back to the peer that sent it."""
        assert action.peer is not None, "every transfer here comes from a node"
        direction = self._direction((action.peer, node))
        if isinstance(action, Acknowledge):
            direction.acknowledge(action.transfer, self._queue.now)
        else:
            direction.refuse(action.transfer, action.reason, self._queue.now)
        self._arm(direction)

    def sender_died(self, node: int) -> None:
        """Lose what has not wholly left a node that has crashed."""
        for pair, direction in sorted(self._directions.items()):
            if pair[0] == node:
                direction.sender_died(self._queue.now)

    # What befalls links.

    def cut(self, links: Iterable[tuple[int, int]], start: int, end: int) -> None:
        """Let directions carry nothing from one time to another, both included, in ns."""
        for link in links:
            self.truth.cut(link, start, end)
            self._direction(link).hop.cut(start, end)
            self._queue.at(start, self._falls, link)
            self._queue.at(end + 1, self._rises, link)

    def _falls(self, link: tuple[int, int]) -> None:
        direction = self._direction(link)
        direction.cuts_open += 1  # cuts may overlap: the first takes the link down, the last brings it up
        if direction.cuts_open == 1:
            self._say(Record(self._queue.now, link[0], LinkCut(link[1])))
            self._tell(link[0], None, [LinkDown(link[1])])

    def _rises(self, link: tuple[int, int]) -> None:
        direction = self._direction(link)
        direction.cuts_open -= 1
        if direction.cuts_open == 0:
            self._say(Record(self._queue.now, link[0], LinkMended(link[1])))
            self._tell(link[0], None, [LinkUp(link[1])])

    # What is in transit.

    def one_way_in_transit(self) -> list[bytes]:
        """Return the bundles that are between two nodes and need be in no store."""
        return [data for _, direction in sorted(self._directions.items()) for data in direction.one_way()]

    def land(self) -> None:
        """Tell nodes of all that is in transit to them, and those who sent it that it is there.

        The receivers first: until they have stored a bundle its sender must not let go of it.
        """
        directions = [direction for _, direction in sorted(self._directions.items())]
        for direction in directions:
            self._tell_outcomes(direction.land(self._queue.now))
        for direction in directions:
            self._tell_outcomes(direction.landed())

    # Inside.

    def _open(self, plan: ContactPlan) -> None:
        for pair in sorted({(contact.from_node, contact.to_node) for contact in plan.contacts}):
            self._direction(pair)

    def _direction(self, link: tuple[int, int]) -> Direction:
        direction = self._directions.get(link)
        if direction is None:
            from_node, to_node = link
            direction = Direction(
                from_node, to_node, lambda time: self.truth.opening((to_node, from_node), time)
            )
            self._directions[link] = direction
        return direction

    def _arm(self, direction: Direction) -> None:
        due = direction.hop.next_wakeup()
        if due is not None and (direction.armed is None or due < direction.armed):
            direction.armed = due
            self._queue.at(max(due, self._queue.now), self._carry, (direction, due))

    def _carry(self, armed: tuple[Direction, int]) -> None:
        direction, due = armed
        if direction.armed != due:
            return  # An earlier wake-up was asked for since, and this one is on the heap for nothing.
        direction.armed = None
        self._tell_outcomes(direction.outcomes(self._queue.now))
        self._arm(direction)

    def _tell_outcomes(self, outcomes: list[Outcome]) -> None:
        """Tell each node all of its outcomes in one step: a driver, too, hands them over in batches."""
        told: dict[tuple[int, int | None], list[Event]] = {}
        for node, life, event in outcomes:
            told.setdefault((node, life), []).append(event)
        for (node, life), happened in told.items():
            self._tell(node, life, happened)
