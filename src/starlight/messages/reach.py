"""The reach of a node: the state of the way to one correspondent, as this node knows it.

Made by `MessageForecaster.reach` from the forecast of a short letter: the plan as amended, and the links as
they are. All that is told of a way being open or shut is read off it; `words.reach` has its sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from starlight.contacts import UNLIMITED_BPS
from starlight.dtntime import SECOND
from starlight.messages.legs import SILENCE_AFTER, LinkIndex
from starlight.node.forecast import ForecastDoubt, ForecastDoubtCode
from starlight.routing import Hop, Route


class ReachCode(StrEnum):
    """The kinds of `Reach`."""

    HERE = "here"  # they live at this node
    OPEN = "open"  # a letter leaves now
    SHUT = "shut"  # by the plan
    NO_CONTACT = "no_contact"  # the plan has it open, but the link is down, or answers are overdue
    NEVER_HEARD = "never_heard"  # the same, and no word ever came
    NO_ROUTE = "no_route"  # none is planned, or no node of that name is known


class Reach(msgspec.Struct, frozen=True):
    """The state of the way to a correspondent; times in ns.

    Attributes:
        code: the state.
        node: the correspondent's; None where none of that name is known.
        since: of `NO_CONTACT`, when the peer was heard last, or the link went down; of `SHUT`, since when the
            plan has it so, where that is known.
        until: of `OPEN`, when the first of the contacts of its route closes; of `SHUT`, when it opens,
            here or where a letter waits; of `NO_CONTACT` and `NEVER_HEARD`, until when the plan has it open.
        waits_at: of `SHUT`, the node before whose contact it waits longest.
        peer: the neighbour that a letter is handed to first.
        letters_here: letters to this correspondent that are safe here and have not left.
        light_time_s: one way, by the plan's contacts on the route, fixed delays included.
        rate_bps: of the narrowest hop of the route, while open; None for any.
        leaves, arrives, answer_at: of a short letter that is written now; None without a route there or back.
        notices: what the plan says of the reason.
        reopens: of `OPEN`, when a letter leaves that is written just after `until`: at once where another
            contact follows; None where no route is planned then.
        closes: of `SHUT`, when what opens at `until` closes again.
    """

    code: ReachCode
    node: int | None = None
    since: int | None = None
    until: int | None = None
    waits_at: int | None = None
    peer: int | None = None
    letters_here: int = 0
    light_time_s: float | None = None
    rate_bps: int | None = None
    leaves: int | None = None
    arrives: int | None = None
    answer_at: int | None = None
    notices: tuple[str, ...] = ()
    reopens: int | None = None
    closes: int | None = None


def shut_before(route: Route) -> Hop | None:
    """Return the hop of a route before which a letter waits longest for a contact to open, or None.

    At the first, any time that its contact has not begun counts: nothing leaves. Further on a pass is
    waited for as a matter of course, so only what takes long is a reason to call the way shut.
    """
    shut = [
        hop
        for number, hop in enumerate(route.hops)
        if hop.waits_until - hop.ready > (SILENCE_AFTER if number else 0)
    ]
    return max(shut, key=lambda hop: hop.waits_until - hop.ready, default=None)


def open_until(index: LinkIndex, route: Route) -> int:
    """Return when the first of the contacts of a route, which has hops, closes, in ns."""
    return min(index.runs_until(hop.contact) for hop in route.hops)


def narrowest_bps(route: Route) -> int | None:
    """Return the rate of the narrowest hop of a route as it leaves there, in bit/s; None for any."""
    rate = min((hop.contact.rate_bps(hop.leaves) for hop in route.hops), default=UNLIMITED_BPS)
    return None if rate >= UNLIMITED_BPS else rate


def light_time_s(route: Route) -> float:
    """Return the light time of all hops of a route together, in s."""
    return sum(hop.contact.light_time(hop.last_byte) for hop in route.hops) / SECOND


def out_of_contact(doubts: Sequence[ForecastDoubt]) -> tuple[ReachCode, int | None] | None:
    """Return the state and since when, in ns, where doubts say that a neighbour is not reached; else None."""
    for doubt in doubts:
        if doubt.code is ForecastDoubtCode.NEVER_HEARD:
            return ReachCode.NEVER_HEARD, None
        if doubt.code in (ForecastDoubtCode.LINK_DOWN, ForecastDoubtCode.NOT_HEARD):
            return (ReachCode.NEVER_HEARD if doubt.since is None else ReachCode.NO_CONTACT), doubt.since
    return None
