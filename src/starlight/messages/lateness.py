"""The lateness of a message: the facts for which it is not there sooner. `words.lateness` tells them."""

from __future__ import annotations

import msgspec

from starlight.messages.delivery import Leg
from starlight.messages.legs import LinkIndex, longest_wait
from starlight.messages.silence import Silence
from starlight.node.forecast import Outgoing
from starlight.routing import RouteRefusal


class LateMessage(msgspec.Struct, frozen=True):
    """A message about which it is asked why it is late.

    Attributes:
        outgoing: how it is submitted.
        expires: when it does, in ns, or None.
        legs: the route that is foreseen from where it is; empty without one.
        fragments: in how many it travels.
    """

    outgoing: Outgoing
    expires: int | None = None
    legs: tuple[Leg, ...] = ()
    fragments: int = 1


class TimeSpent(msgspec.Struct, frozen=True):
    """The time that a route takes, by what it is spent on; durations in ns.

    Attributes:
        from_node, to_node: the ends of the hop before which it waits longest.
        waits_for_contact: until the contact of that hop begins.
        waits_in_queue: from then on, for what goes over that contact before it.
        sending: on all hops together, from the first bit to the last.
        light: on all hops together.
    """

    from_node: int
    to_node: int
    waits_for_contact: int
    waits_in_queue: int
    sending: int
    light: int


class Lateness(msgspec.Struct, frozen=True):
    """The facts for which a message is not there sooner.

    Attributes:
        now: as of when, in ns.
        size_bytes: of the payload.
        silence: why it waits long, or has no route.
        fragments: in how many it travels.
        spent: what its time is spent on; None where no hop is ahead of it.
        last_hop: the hop on which it is, which is its last: but for light nothing keeps it.
        refusals: routes that look faster, and why they are not; those that people still compare.
    """

    now: int
    size_bytes: int
    silence: Silence | None = None
    fragments: int = 1
    spent: TimeSpent | None = None
    last_hop: Leg | None = None
    refusals: tuple[RouteRefusal, ...] = ()


def time_spent(index: LinkIndex, legs: tuple[Leg, ...], now: int) -> TimeSpent:
    """Return the time that a route takes, by what it is spent on.

    Args:
        index: of the plan.
        legs: the route; not empty.
        now: when the message is where the route begins, in ns.
    """
    leg, wait = longest_wait(legs, now)
    opens = index.opens(leg)
    # From the beginning of the contact on, the link is busy with what goes first. Where the plan knows no
    # such contact (any more), nothing is known of a queue either.
    queue = 0 if opens is None else min(wait, leg.leaves - opens)
    return TimeSpent(
        leg.from_node,
        leg.to_node,
        wait - queue,
        queue,
        sum(leg.last_byte - leg.leaves for leg in legs),
        sum(leg.arrives - leg.last_byte for leg in legs),
    )
