"""The reasons for which a node still holds a bundle: where it waits, and for what.

Values only, for whoever looks after a node; `engine.holdings` makes them, `words.holding` has sentences.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from starlight.bundle import ReasonCode


class HoldingCode(StrEnum):
    """The kinds of `Holding`."""

    IN_FLIGHT = "in_flight"  # light has not brought it yet, by the light time that is imposed
    NO_ROUTE = "no_route"
    UNKNOWN_NODE = "unknown_node"  # its destination is at no node that is known here
    RESTING = "resting"  # what was tried came to nothing; it is looked at again soon
    QUEUED = "queued"  # booked on a contact
    LINK_DOWN = "link_down"  # booked on a contact that the plan has open, over a link that is down
    UNDER_WAY = "under_way"  # sent, and the link has not answered
    HANDED = "handed"  # the next hop has it; light has not brought its answer yet
    UNCLAIMED = "unclaimed"  # it is at its node, where nobody has its service number
    INCOMPLETE = "incomplete"  # a fragment: others are missing
    UNTAKEN = "untaken"  # whoever has its service number has not taken it yet


STUCK = (HoldingCode.NO_ROUTE, HoldingCode.UNKNOWN_NODE, HoldingCode.UNCLAIMED)
"""Nothing that is known here will move such a bundle before its lifetime ends."""

ELSEWHERE = (HoldingCode.UNDER_WAY, HoldingCode.HANDED)
"""Such a bundle may be at the next hop, so to drop it here would not be its end, and not for long either."""


class Holding(msgspec.Struct, frozen=True):
    """The reason for which a bundle is held.

    Attributes:
        code: the kind.
        stuck: nothing that is known here will move it on.
        peer: the neighbour that it is booked to, or was sent to.
        until: of `IN_FLIGHT` and `HANDED`, when light brings it, or the answer; of `QUEUED`, when it leaves;
            of `LINK_DOWN`, since when that is so, None for ever; in ns.
    """

    code: HoldingCode
    stuck: bool
    peer: int | None = None
    until: int | None = None

    @property
    def report_reason(self) -> ReasonCode:
        """Return what the report of its deletion cites, if it is dropped now (RFC 9171, 5.10 and 9.5)."""
        return REPORT_REASONS.get(self.code, ReasonCode.TRANSMISSION_CANCELED)


REPORT_REASONS = {
    HoldingCode.NO_ROUTE: ReasonCode.NO_KNOWN_ROUTE_TO_DESTINATION_FROM_HERE,
    HoldingCode.UNKNOWN_NODE: ReasonCode.NO_KNOWN_ROUTE_TO_DESTINATION_FROM_HERE,
    HoldingCode.UNCLAIMED: ReasonCode.DESTINATION_ENDPOINT_ID_UNAVAILABLE,
    HoldingCode.UNTAKEN: ReasonCode.DESTINATION_ENDPOINT_ID_UNAVAILABLE,
    HoldingCode.INCOMPLETE: ReasonCode.NO_ADDITIONAL_INFORMATION,
}
