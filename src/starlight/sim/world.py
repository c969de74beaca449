"""Virtual time: nodes, what lies between them, and whatever befalls both.

The nodes are the same as in real time (`engine.host`), with a store in memory and, unless the world is
told of others, space hops for links. What happens is a function of what the world was told: its digest, over
every line of the trace in order, shows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from starlight.contacts import ContactPlan
from starlight.engine.host import Host
from starlight.medium.event_queue import EventQueue
from starlight.medium.impairments import Impairments
from starlight.medium.link_kinds import ChooseLink, space_hops
from starlight.medium.virtual_links import VirtualLinks
from starlight.node.events import Event
from starlight.sim.store import MemoryStore
from starlight.sim.virtual_node import Call, Interrupt, NodeSetup, VirtualNode
from starlight.trace import Record


class VirtualWorld:
    """Nodes in virtual time.

    Args:
        plan: the contacts that there truly are; nodes may believe otherwise (`NodeConfig.plan`).
        setups: the nodes.
        start: when it begins, in ns.
        trace: is handed every record, in order.
        interrupt: kills nodes in the middle of steps, for tests.
        choose_link: returns the kind of link between two nodes.
        impairments: loss, duplication and reordering on all links; None for none.

    Attributes:
        trace: as given; None for nobody.
        queue: of what is to happen, with the time.
        links: between the nodes: what is truly there, and what is in transit.
    """

    def __init__(
        self,
        plan: ContactPlan,
        setups: Iterable[NodeSetup],
        *,
        start: int,
        trace: Callable[[Record], object] | None = None,
        interrupt: Interrupt | None = None,
        choose_link: ChooseLink = space_hops,
        impairments: Impairments | None = None,
    ) -> None:
        self.trace = trace
        self._interrupt = interrupt
        self._sha = hashlib.sha256()
        self.queue = EventQueue(start)
        self.links = VirtualLinks(plan, self.queue, self._tell, self._say, choose_link, impairments)
        self._nodes = {setup.config.number: self._make_node(setup) for setup in setups}
        for number in self.nodes():
            self.queue.at(start, VirtualNode.start, self._nodes[number])

    # What is to happen.

    def call(self, time: int, node: int, call: Call) -> None:
        """Let someone at a node do something at a time; if the node is down, once it is up again."""
        self.queue.at(time, self._nodes[node].call, call)

    def change_plan(self, time: int, plan: ContactPlan, nodes: Sequence[int] | None = None) -> None:
        """Let nodes, or all, hear of a new plan at a time; its contacts are the true ones from then on."""
        self.queue.at(time, self.links.change_plan, plan)
        for number in self.nodes() if nodes is None else nodes:
            self.queue.at(time, self._nodes[number].change_plan, plan)

    def cut(self, links: Iterable[tuple[int, int]], start: int, end: int) -> None:
        """Let directions of links carry nothing from one time to another, both included.

        The transmitters notice: their link is down in the meantime. What leaves is lost.
        """
        self.links.cut(links, start, end)

    def crash(self, node: int, time: int, until: int) -> None:
        """Let a node lose all that it has not committed, and start again later."""
        self.queue.at(time, self._nodes[node].crash, until)

    # Running.

    def run(self, until: int, progress: Callable[[int], object] | None = None) -> None:
        """Let time pass.

        Args:
            until: in ns; what is due at that instant still happens.
            progress: is told the time now and then.

        Raises:
            DefectError: a node broke. The world can't go on.
        """
        self.queue.run(until, progress)

    def land(self) -> None:
        """End the world with all that is in transit stored where it goes to, hidden until it arrives.

        Live nodes on which light time is imposed keep it so; they can go on from the stores.
        """
        self.links.land()
        self.queue.clear()

    # What there is to see.

    @property
    def now(self) -> int:
        """Mission time in ns."""
        return self.queue.now

    def digest(self) -> str:
        """Return the SHA-256, in hex, over the lines of the trace until now."""
        return self._sha.hexdigest()

    def host(self, node: int) -> Host | None:
        """Return a node's host, or None while the node is down."""
        return self._nodes[node].host

    def node(self, node: int) -> VirtualNode:
        """Return a node."""
        return self._nodes[node]

    def store(self, node: int) -> MemoryStore:
        """Return a node's store."""
        return self._nodes[node].store

    def nodes(self) -> list[int]:
        """Return the numbers of the nodes, ascending."""
        return sorted(self._nodes)

    # Inside.

    def _make_node(self, setup: NodeSetup) -> VirtualNode:
        return VirtualNode(setup, self.queue, self.links, self._say, self._interrupt)

    def _tell(self, node: int, happened: list[Event]) -> None:
        """Tell a node of its links."""
        told = self._nodes.get(node)
        if told is not None:
            told.tell(happened)

    def _say(self, record: Record) -> None:
        self._sha.update(record.line().encode() + b"\n")
        if self.trace is not None:
            self.trace(record)
