"""A route: the contacts that a bundle takes, and when.

The instant at which a hop ends has one definition, which router, engine, simulator and
imposed light share: ``arrives = last_byte + contact.light_time(last_byte)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import msgspec

from starlight.contacts import Contact
from starlight.routing.volume import Priority, margin

FOREVER = 2**63 - 1
"""The termination of a route without hops: no contact ends it."""


class Hop(msgspec.Struct, frozen=True, gc=False):
    """One transmission of a route; times are ns since 2000-01-01T00:00:00Z.

    Attributes:
        contact: what carries it.
        ready: when the bundle is at the transmitting node.
        waits_until: when it is there and the contact has begun.
        leaves: when its first bit leaves, after what is booked before it.
        last_byte: when its last bit has left.
        arrives: when its last bit reaches the other end, by geometry.
        margin: how much longer the choice of the route took light to need, in ns (CCSDS 734.3-B-1, 3.2.6.5).
    """

    contact: Contact
    ready: int
    waits_until: int
    leaves: int
    last_byte: int
    arrives: int
    margin: int = 0


@final
class Route(msgspec.Struct, frozen=True, gc=False):
    """The contacts of one bundle over a plan, with the times of each hop.

    Attributes:
        hops: in order; empty when source and destination are the same node.
        arrival: when the last bit reaches the destination, in ns, by geometry: what people are shown.
        termination: when the first of its contacts ends, in ns; `FOREVER` without hops.
        entry_node: the neighbour that it is handed to first.
        size: in bytes.
        slack: by how much the projected arrival is later than `arrival`, in ns. The projected one has
            the margins of light, and the overhead of convergence layers; by it a route was chosen.
        priority: of the bundle.
    """

    hops: tuple[Hop, ...]
    arrival: int
    termination: int
    entry_node: int
    size: int
    slack: int = 0
    priority: int = Priority.NORMAL

    @property
    def projected(self) -> int:
        """Return the projected bundle arrival, in ns: the first key of the choice."""
        return self.arrival + self.slack

    @property
    def leaves(self) -> int:
        """Return when the first bit leaves the source, in ns; the arrival when there are no hops."""
        return self.hops[0].leaves if self.hops else self.arrival


def timed(
    contacts: Sequence[Contact],
    timings: Sequence[tuple[int, int, int]],
    now: int,
    size: int,
    *,
    projected: int | None = None,
    priority: int = Priority.NORMAL,
    with_margin: bool = False,
) -> Route:
    """Return the route over these contacts, not none, at these times.

    Args:
        contacts: one for each hop.
        timings: ``(leaves, last_byte, arrives)`` for each hop, in ns, by geometry.
        now: when the bundle is at the source, in ns.
        size: in bytes.
        projected: the arrival by which it was chosen, in ns. [default: the geometric one]
        priority: of the bundle.
        with_margin: the choice took light to need its margin more.
    """
    hops = []
    ready = now
    for contact, (leaves, last_byte, arrives) in zip(contacts, timings, strict=True):
        start = contact.start
        more = margin(arrives - last_byte) if with_margin else 0
        hops.append(Hop(contact, ready, start if start > ready else ready, leaves, last_byte, arrives, more))
        ready = arrives
    # People are shown geometry; the choice was made by the projected arrival, with the margin of each hop
    # (3.2.6.5). The difference is kept, as expiry and the choice between routes go by the projected one.
    termination = min([contact.end for contact in contacts])
    slack = 0 if projected is None else projected - ready
    return Route(tuple(hops), ready, termination, contacts[0].to_node, size, slack, priority)
