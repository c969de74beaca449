"""A silence: its cause, its beginning and its end, from the contact plan. `words.silence` tells it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from starlight.contacts import Notice
from starlight.messages.delivery import Leg
from starlight.messages.legs import LinkIndex


class SilenceCause(StrEnum):
    """The kinds of `Silence`."""

    NOTICE = "notice"  # what the plan's notices say
    NOT_HEARD = "not_heard"  # the next hop can't hear the node where it waits
    NO_ROUTE = "no_route"
    TOO_LARGE = "too_large"


class Silence(msgspec.Struct, frozen=True):
    """A time in which a message does not get across.

    Attributes:
        cause: what keeps it.
        node: whose forecast it is: where the message is written.
        destination: the node that it is for; None is unknown.
        notices: what the plan says of the reason, in the words of who made the plan; none but of `NOTICE`.
        waiting: the hop before which the message waits longest; None where it has no route.
        since: when it began, in ns, or None when the plan does not say.
        until: when the plan opens again, in ns, or None when it knows no end.
    """

    cause: SilenceCause
    node: int
    destination: int | None
    notices: tuple[str, ...] = ()
    waiting: Leg | None = None
    since: int | None = None
    until: int | None = None


def silence_of(
    index: LinkIndex,
    node: int,
    destination: int | None,
    waiting: Leg | None,
    now: int,
    *,
    too_large: bool = False,
) -> Silence:
    """Return why a route that waits, or none, is silent, until that wait ends: one end for one silence.

    Args:
        index: of the plan.
        node: where the message is written.
        destination: the node that it is for; None is unknown.
        waiting: the hop before which it waits longest; None without a route.
        now: in ns.
        too_large: there is no route because of the size.
    """
    if too_large:
        return Silence(SilenceCause.TOO_LARGE, node, destination)
    until = _opening(index, waiting, now) if waiting else None
    notices = notices_about(index, node, destination, now, until)
    # A silence that has begun is older than this plan: its notice says since when, or else the last contact.
    since = min((notice.start for notice in notices if notice.start <= now), default=None)
    if since is None and waiting:
        since = index.last_end(waiting.from_node, waiting.to_node, now)
    cause = SilenceCause.NOTICE if notices else SilenceCause.NOT_HEARD if waiting else SilenceCause.NO_ROUTE
    texts = tuple(notice.text for notice in notices)
    return Silence(cause, node, destination, texts, waiting, since, until)


def _opening(index: LinkIndex, waiting: Leg, now: int) -> int:
    """Return when what a message waits for opens, in ns; where that is open, when its turn comes."""
    opens = index.opens(waiting)
    return waiting.leaves if opens is None or opens <= now else opens


def notices_about(
    index: LinkIndex, node: int, destination: int | None, start: int, end: int | None
) -> list[Notice]:
    """Return the plan's notices that touch a route between two nodes in an interval, in ns.

    A notice that names no nodes touches all. Where no route can ever be, each notice may be the reason.
    """
    nodes = frozenset() if destination is None else index.between(node, destination)
    return [
        notice
        for notice in index.plan.notices
        if notice.end >= start
        and (end is None or notice.start <= end)
        and (not nodes or not notice.nodes or not nodes.isdisjoint(notice.nodes))
    ]
