"""The status of links with what the engine and the plan have for their peers."""

from __future__ import annotations

import msgspec

from starlight.engine.node import Node
from starlight.neighbours.link_status import LinkStatus


def as_planned(link: LinkStatus, node: Node, now: int) -> LinkStatus:
    """Return the status of a link with what its node has booked, planned and kept out of its peer.

    Args:
        link: the status as the links know it.
        node: whose link it is.
        now: in ns.
    """
    count, size = node.neighbours.waiting(link.peer)
    is_open, until = _planned(node, link.peer, now)
    return msgspec.structs.replace(
        link,
        queued=count,
        queued_bytes=size,
        plan_open=is_open,
        plan_until=until,
        kept_out=node.admissions.refused(link.peer),
    )


def _planned(node: Node, peer: int, now: int) -> tuple[bool | None, int | None]:
    """Return whether the plan has a contact to a peer open now, and until when that is so."""
    contacts = node.router.index.link(node.number, peer)
    if contacts is None:
        return None, None
    until = contacts.open_until(now)
    if until is not None:
        return True, until
    following = contacts.following(now)
    return (None, None) if following is None else (False, following.start)
