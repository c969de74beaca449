"""The configuration of a peer: who it is, where it is reached, and how a link with it is run."""

from __future__ import annotations

import msgspec

from starlight.bundle import EndpointID
from starlight.neighbours.address import LinkAddress


class PeerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A node that we are connected to.

    Attributes:
        node: its number (allocator * 2**32 + node, RFC 9758).
        address: where it is reached; without one it calls us, over a protocol that has connections.
        node_id: the name that it says, such as in SESS_INIT; ``ipn:<node>.0`` when empty.
        foreign: it is not a Starlight node, so the light time to it is imposed here: what we send
            is held for the light time, and what it sends is taken to have left when it came. Its datagrams
            may come from any port of its host.
        fixed_light_s: one-way light time both ways in s, in place of the plan's.
        datagram_max: the largest bundle in one datagram, in bytes; None for the protocol's default.
        keepalive_s: of a datagram protocol: how often to say that we are here, in s, 0 for never, and whether
            the peer counts as gone when it does not; None for the protocol's default, and for never with a
            foreign peer.
        datagram_rate_bps: the mean rate of datagrams, in bits per second; None for the default.
    """

    node: int
    address: LinkAddress | None = None
    node_id: str = ""
    foreign: bool = False
    fixed_light_s: float | None = None
    datagram_max: int | None = None
    keepalive_s: int | None = None
    datagram_rate_bps: int | None = None

    @property
    def name(self) -> str:
        """Return the node id that it must say."""
        return self.node_id or str(EndpointID.ipn(self.node, 0))
