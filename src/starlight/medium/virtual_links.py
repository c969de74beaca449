"""The links between the nodes of a virtual world: what is sent over them, and the cuts in them.

Light keeps its own time. A node believes when its words arrive, by its own plan; here it is looked up in
the contacts that there truly are (`true_contacts.py`), so a node that is wrong about the sky is found out.
Each link has a machine at each of its ends (`link_end.py`), of the kind that the world was told; what one
sends is the medium's (`channel.py`) until it reaches the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from starlight.contacts import ContactPlan
from starlight.links import Flight, Refusal
from starlight.medium.channel import WireMessage
from starlight.medium.event_queue import EventQueue
from starlight.medium.impairments import Impairments
from starlight.medium.link_kinds import ChooseLink
from starlight.medium.link_loop import LinkLoop, Tell
from starlight.medium.link_table import LinkTable
from starlight.medium.sent_orders import Order
from starlight.medium.trace_events import LinkCut, LinkMended
from starlight.medium.true_contacts import Direction, TrueContacts
from starlight.node.actions import Acknowledge, Refuse, Transmit
from starlight.node.events import LinkDown, LinkUp
from starlight.trace import Record, TraceEvent


class VirtualLinks:
    """The links of a world.

    Args:
        plan: the contacts that there truly are.
        queue: of the world.
        tell: tells a node.
        say: writes the trace.
        choose: the kind of each link.
        impairments: of the medium; None for none.

    Attributes:
        truth: the contacts and the cuts in them.
        delay_max: how late a message may come because of the impairments, in ns.
    """

    def __init__(
        self,
        plan: ContactPlan,
        queue: EventQueue,
        tell: Tell,
        say: Callable[[Record], None],
        choose: ChooseLink,
        impairments: Impairments | None,
    ) -> None:
        self.truth = TrueContacts(plan)
        self.delay_max = 0 if impairments is None else impairments.delay_max
        self._queue = queue
        self._tell = tell
        self._say = say
        self._table = LinkTable(self.truth, choose, impairments, self._trace)
        self._loop = LinkLoop(queue, self._table, self.truth, tell)
        self._table.open(plan)

    def change_plan(self, plan: ContactPlan) -> None:
        """Let another plan be the truth, unless a later one is known; links that it adds work at once."""
        if plan.version > self.truth.plan.version:
            self.truth.set_plan(plan)
        opened = self._table.open(plan)
        self._loop.begin_missing()
        for end in opened:
            # One that needs its peer to begin tells of it by itself.
            if end.is_established and not end.cuts_open:
                self._tell(end.node, [end.link_up()])

    # What nodes do.

    def started(self, node: int, life: int) -> None:
        """Let machines live at the ends of a node that has started."""
        self._table.lives[node] = life
        for end in self._table.of(node):
            self._loop.begin(end)

    def died(self, node: int) -> None:
        """Lose the machines of a node that has crashed, and what has not wholly left it."""
        del self._table.lives[node]
        for end in self._table.of(node):
            end.outgoing.sender_died(self._queue.now)
            lived = end.is_alive
            end.die()
            if lived:
                self._loop.over(end)

    def up(self, node: int) -> list[LinkUp]:
        """Return what tells a node of the links over which it can send now, by its peers."""
        ends = [self._table.end(node, peer) for peer in self._table.peers(node)]
        return [end.link_up() for end in ends if end.is_established and not end.cuts_open]

    def transmit(self, node: int, action: Transmit, data: bytes) -> None:
        """Let a bundle leave a node."""
        link = (node, action.peer)
        end = self._table.end(*link)
        contact = self.truth.contact(link, action.leaves, action.last_byte, action.contact)
        reaches = action.reaches
        if contact is not None:
            reaches = action.last_byte + contact.light_time(action.last_byte)
        flight = Flight(action.leaves, action.last_byte, reaches, action.one_way)
        refused = end.send(Order(action.key, data, flight), self._loop.now)
        if refused:
            self._loop.tell_later(end, refused)
        self._loop.arm(end)

    def answer(self, node: int, action: Acknowledge | Refuse) -> None:
        """Let a node's answer to a transfer go back to the peer that sent it."""
        assert action.peer is not None, "every transfer here comes from a node"
        end = self._table.end(node, action.peer)
        refusal = Refusal(action.reason) if isinstance(action, Refuse) else None
        end.answer(action.transfer, refusal, self._loop.now)
        self._loop.arm(end)

    # What befalls links.

    def cut(self, links: Iterable[Direction], start: int, end: int) -> None:
        """Let directions carry nothing from one time to another, both included, in ns."""
        for link in links:
            self.truth.cut(link, start, end)
            self._table.end(*link).outgoing.cut(start, end)
            self._queue.at(start, self._falls, link)
            self._queue.at(end + 1, self._rises, link)

    def _falls(self, link: Direction) -> None:
        end = self._table.end(*link)
        end.cuts_open += 1  # cuts may overlap: the first takes the link down, the last brings it up
        if end.cuts_open == 1:
            self._trace(end.node, LinkCut(end.peer))
            if self._table.is_stream(end):
                self._loop.take(end, [WireMessage(b"", end.connection)])  # its connection breaks
            else:
                self._tell(end.node, [LinkDown(end.peer)])

    def _rises(self, link: Direction) -> None:
        end = self._table.end(*link)
        end.cuts_open -= 1
        if end.cuts_open == 0:
            self._trace(end.node, LinkMended(end.peer))
            if end.is_established:
                self._tell(end.node, [end.link_up()])

    # What is in transit.

    def released_in_transit(self) -> list[bytes]:
        """Return the bundles that were let go when they had left, and need be in no store."""
        return [data for end in self._table.all() for data in end.released(self._queue.now)]

    def land(self) -> None:
        """Hand over all that is in transit, and what is said in answer, each with the time of its arrival."""
        self._loop.land()

    def _trace(self, node: int, event: TraceEvent) -> None:
        self._say(Record(self._queue.now, node, event))
