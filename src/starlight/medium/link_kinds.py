"""The kinds of links that a virtual world can have, and the machine that is made for each end of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from starlight.links import (
    LARGEST_DATAGRAM,
    DatagramLink,
    SpaceLink,
    StreamLink,
    UdpclConfig,
    UdpclLink,
)

IN_FLIGHT_MAX = 10_000_000
"""Transfers of one end of a link: what a rehearsal of years holds in memory, a kB each."""

LIVES_APART = 2**32
"""Transfers that one life of a node is given numbers for, so that no later one uses any of them again."""


class LinkSite(NamedTuple):
    """The place of one end of a link, for which a machine is made.

    Attributes:
        node, peer: this end's node and the other.
        life: counts the node's crashes: numbers of a former life must not be used again.
        passive: of a stream, the other end has opened the connection.
        now: mission time in ns.
        report_due: returns when an answer to what reaches the peer at a time would be here, by the contacts
            that are known then; None for never.
    """

    node: int
    peer: int
    life: int
    passive: bool
    now: int
    report_due: Callable[[int], int | None]


class Datagrams(NamedTuple):
    """A link over which messages are sent, each whole or not at all; its ends live as long as their nodes."""

    make: Callable[[LinkSite], DatagramLink]


class Streams(NamedTuple):
    """A link over which connections are opened, which carry octets in order; ends live as long as they do."""

    make: Callable[[LinkSite], StreamLink]


LinkKind = Datagrams | Streams
ChooseLink = Callable[[int, int], LinkKind]
"""Returns which kind of link there is between two nodes, the lower number first."""


def space_hop(site: LinkSite) -> SpaceLink:
    """Return one end of a space hop."""
    first = site.life * LIVES_APART
    return SpaceLink(
        site.node, site.peer, site.report_due, now=site.now, first=first, max_in_flight=IN_FLIGHT_MAX
    )


def datagrams(site: LinkSite) -> UdpclLink:
    """Return one end of a UDPCL link."""
    # Without keep-alives: where light takes minutes, and contacts end, silence says nothing about a peer.
    return UdpclLink(UdpclConfig(LARGEST_DATAGRAM, keepalive_s=0), now=site.now)


LinkKindName = Literal["space", "udpcl"]
"""The kinds of links that a person can ask for, by name."""

_NAMED: dict[LinkKindName, LinkKind] = {"space": Datagrams(space_hop), "udpcl": Datagrams(datagrams)}


def links_called(name: LinkKindName) -> ChooseLink:
    """Return the choice of one kind of link for all nodes: ``space`` for space hops, ``udpcl`` for UDPCL."""
    # No sessions: what they say besides bundles takes time on the air that no node foresees, and to begin one
    # takes round trips, of which there are few between worlds.
    kind = _NAMED[name]
    return lambda node, peer: kind


space_hops = links_called("space")
"""The choice of space hops, whatever the nodes."""
