"""The text of why a node holds a bundle."""

from __future__ import annotations

from starlight.node.holding import Holding, HoldingCode
from starlight.words.language import _
from starlight.words.sentence import Moment, Names, Sentence, fill, name_of

HELD = {
    HoldingCode.IN_FLIGHT: "Light brings it at {until}.",
    HoldingCode.NO_ROUTE: "No route to {node} is planned before it expires.",
    HoldingCode.UNKNOWN_NODE: "No node of that name is known here.",
    HoldingCode.RESTING: "What was tried came to nothing; it is tried again.",
    HoldingCode.QUEUED: "It leaves for {peer} at {until}.",
    HoldingCode.LINK_DOWN: "The link to {peer} is down{since}, although the plan has it open.",
    HoldingCode.UNDER_WAY: "It was sent to {peer}, whose answer is awaited.",
    HoldingCode.HANDED: "{peer} has it; the answer is here at {until}.",
    HoldingCode.UNCLAIMED: "Nobody here has registered {endpoint}.",
    HoldingCode.INCOMPLETE: "It is a fragment, and others are missing.",
    HoldingCode.UNTAKEN: "Whoever has {endpoint} has not taken it yet.",
}
"""In English, why a bundle is held."""

SINCE = " since {at}"


def holding(held: Holding, destination: str, node: int | None, names: Names) -> Sentence:
    """Return why a bundle is held in a sentence.

    Args:
        held: the reason.
        destination: its endpoint id.
        node: the node of that; None where none is known.
        names: of the nodes.
    """
    until = Moment(held.until or 0)
    since = held.code is HoldingCode.LINK_DOWN and held.until is not None
    peer = _("the next node") if held.peer is None else name_of(held.peer, names)
    return fill(
        HELD[held.code],
        until=until,
        node=name_of(node, names),
        peer=peer[:1].upper() + peer[1:] if HELD[held.code].startswith("{peer}") else peer,
        since=fill(SINCE, at=until) if since else "",
        endpoint=destination,
    )
