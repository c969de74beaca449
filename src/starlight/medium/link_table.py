"""The ends of all links of a virtual world, and the machines that live at them."""

from __future__ import annotations

from collections.abc import Callable

from starlight.contacts import ContactPlan
from starlight.medium.channel import Channel
from starlight.medium.impairments import Impairments
from starlight.medium.link_end import DatagramWire, LinkEnd, StreamWire
from starlight.medium.link_kinds import ChooseLink, LinkSite, Streams
from starlight.medium.octet_channel import OctetChannel
from starlight.medium.true_contacts import Direction, TrueContacts
from starlight.trace import TraceEvent


class LinkTable:
    """The ends of links, by their node and its peer; each link has two, also where it carries only one way.

    Args:
        truth: the contacts and the cuts in them.
        choose: the kind of each link.
        impairments: of the medium; None for none.
        say: takes what is to be traced of an end.

    Attributes:
        lives: of the nodes that are up, which life it is.
    """

    def __init__(
        self,
        truth: TrueContacts,
        choose: ChooseLink,
        impairments: Impairments | None,
        say: Callable[[int, TraceEvent], None],
    ) -> None:
        self.lives: dict[int, int] = {}
        self._truth = truth
        self._choose = choose
        self._impairments = impairments
        self._say = say
        self._ends: dict[Direction, LinkEnd] = {}
        self._sends: dict[int, list[int]] = {}  # by node: the peers that a contact leads to, ascending

    def open(self, plan: ContactPlan) -> list[LinkEnd]:
        """Make the ends of all links that a plan has contacts on; return those that had none to send over."""
        opened: list[LinkEnd] = []
        for node, peer in sorted({(contact.from_node, contact.to_node) for contact in plan.contacts}):
            end = self.end(node, peer)
            peers = self._sends.setdefault(node, [])
            if peer not in peers:
                peers.append(peer)
                peers.sort()
                opened.append(end)
        return opened

    def end(self, node: int, peer: int) -> LinkEnd:
        """Return an end; where there is none yet, make both ends of the link, at which no machine lives."""
        found = self._ends.get((node, peer))
        if found is not None:
            return found
        there, back = self._channel(node, peer), self._channel(peer, node)
        self._ends[node, peer] = LinkEnd(node, peer, back, there, self._say)
        self._ends[peer, node] = LinkEnd(peer, node, there, back, self._say)
        return self._ends[node, peer]

    def all(self) -> list[LinkEnd]:
        """Return all ends, by their node, then by its peer."""
        return [end for _, end in sorted(self._ends.items())]

    def of(self, node: int) -> list[LinkEnd]:
        """Return the ends at a node, by its peers."""
        return [end for end in self.all() if end.node == node]

    def peers(self, node: int) -> list[int]:
        """Return the peers that a node has contacts to, ascending."""
        return self._sends.get(node, [])

    def is_stream(self, end: LinkEnd) -> bool:
        """Tell whether an end is one of a stream link."""
        return isinstance(end.outgoing, OctetChannel)

    def begin(self, end: LinkEnd, now: int, connection: int = 0) -> None:
        """Let a machine of the present life of its node live at an end."""
        back = end.peer, end.node

        def report_due(reaches: int) -> int | None:
            opening = self._truth.opening(back, reaches)
            return None if opening is None else opening[1]

        passive = bool(connection) and end.node > end.peer
        site = LinkSite(end.node, end.peer, self.lives[end.node], passive, now, report_due)
        kind = self._choose(*sorted(back))
        if isinstance(kind, Streams):
            assert isinstance(end.outgoing, OctetChannel)
            stream = kind.make(site)
            end.begin(stream, StreamWire(stream, end.outgoing, connection), now, connection)
        else:
            datagrams = kind.make(site)
            end.begin(datagrams, DatagramWire(datagrams, end.outgoing), now)

    def _channel(self, node: int, peer: int) -> Channel:
        streams = isinstance(self._choose(*sorted((node, peer))), Streams)
        return (OctetChannel if streams else Channel)((node, peer), self._truth, self._impairments)
