"""Data units and news of them, as programs that use the bundle API send, receive and are told them."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from starlight.bundle import NORMAL, BundleFlags, EndpointID
from starlight.dtntime import DAY, MILLISECOND, SECOND
from starlight.errors import InputError
from starlight.json_time import Time

LIFETIME_S = DAY / SECOND
"""How long a data unit is worth carrying where its sender does not say: a day has several passes."""

LIFETIME_MAX_S = 100 * 366 * DAY / SECOND
"""As for any bundle (`node.config.NodeLimits.lifetime_ms`)."""

ANY = "any"
"""In the place of a service number in the local API: any that is free."""


class Registered(msgspec.Struct, frozen=True):
    """The answer of the local API to the registration of a service number.

    Attributes:
        address: the endpoint that the program has now.
        registration: the secret by which it is known.
    """

    address: str
    registration: str


class Report(StrEnum):
    """The status reports that a sender may ask for (RFC 9171, 5.1)."""

    RECEPTION = "reception"
    FORWARDING = "forwarding"
    DELIVERY = "delivery"
    DELETION = "deletion"


_FLAGS = {
    Report.RECEPTION: BundleFlags.REPORT_RECEPTION,
    Report.FORWARDING: BundleFlags.REPORT_FORWARDING,
    Report.DELIVERY: BundleFlags.REPORT_DELIVERY,
    Report.DELETION: BundleFlags.REPORT_DELETION,
}


class UnitToSend(msgspec.Struct, frozen=True):
    """A data unit to be sent.

    Attributes:
        to: endpoint id of the destination, as text.
        payload: its bytes.
        lifetime_s: how long it is worth carrying, in s.
        priority: 0 bulk, 1 normal, 2 expedited.
        critical: to be sent by every neighbour that a route leads over.
        reports: which status reports are to come back.
    """

    to: str
    payload: bytes
    lifetime_s: float = LIFETIME_S
    priority: int = NORMAL
    critical: bool = False
    reports: tuple[Report, ...] = ()

    @property
    def lifetime_ms(self) -> int:
        """Return its lifetime in whole ms."""
        return round(self.lifetime_s * SECOND / MILLISECOND)

    @property
    def flags(self) -> int:
        """Return the bundle processing control flags that ask for its reports, each with its time."""
        flags = BundleFlags.STATUS_TIME if self.reports else BundleFlags(0)
        for report in self.reports:
            flags |= _FLAGS[report]
        return int(flags)

    def check(self) -> None:
        """Refuse what can't be sent.

        Raises:
            InputError: the address is none or nobody's, or the lifetime or priority is out of range.
        """
        if EndpointID.parse(self.to).is_null:
            raise InputError(f"{self.to!r} is nobody", where="to", right="Such are ipn:7.9, dtn://ground/log")
        if not 0.001 <= self.lifetime_s <= LIFETIME_MAX_S:
            right = "It is 0.001 s to 100 years"
            raise InputError(f"a lifetime of {self.lifetime_s} s", where="lifetime_s", right=right)
        if self.priority not in (0, 1, 2):
            right = "It is 0 (bulk), 1 (normal) or 2 (expedited)"
            raise InputError(f"{self.priority} is no priority", where="priority", right=right)


class SentUnit(msgspec.Struct, frozen=True):
    """A data unit that the node has stored and will send.

    Attributes:
        id: the identity of its bundle, by which news of it are told.
        leaves, arrives: when it is foreseen to leave this node, and to be there; None where no route is
            known yet.
    """

    id: str
    leaves: Time | None
    arrives: Time | None


class Arrival(msgspec.Struct, frozen=True):
    """A data unit that waits in the node for a program to take it.

    Attributes:
        number: ascending in the order in which they are given to programs.
        id: the identity of its bundle: the same however often it is given.
        keys: the stored bundles that make it up.
        source: the endpoint that sent it.
        created: when it was sent, by its source's clock; None where that has none.
        expires: when its lifetime ends, after which it is not kept any more.
        size_bytes: of its payload.
        arrived: when it was offered here first; after a restart of the node, when that was.
    """

    number: int
    id: str
    keys: tuple[str, ...]
    source: str
    created: Time | None
    expires: Time
    size_bytes: int
    arrived: Time


class ReceivedUnit(msgspec.Struct, frozen=True):
    """A data unit that was given to a program, which the node keeps until it is acknowledged.

    Attributes:
        number: ascending, for the question what came after.
        id: the identity of its bundle: the same if it is given again.
        source: the endpoint that sent it.
        created: when it was sent, by its source's clock; None where that has none.
        expires: when its lifetime ends.
        payload: its bytes.
        arrived: when it was offered to a program here first, by mission time.
    """

    number: int
    id: str
    source: str
    created: Time | None
    expires: Time
    payload: bytes
    arrived: Time


class Happened(StrEnum):
    """The kinds of news of a data unit that was sent."""

    DEPARTED = "departed"
    WITHDRAWN = "withdrawn"
    NOT_WITHDRAWN = "not withdrawn"
    EXPIRED = "expired"
    REPORTED = "reported"


class News(msgspec.Struct, frozen=True):
    """Something that happened to a data unit that was sent.

    Attributes:
        number: ascending, for the question what came after.
        id: of the data unit.
        what: what happened.
        time: when it became known here.
        peer: of one that departed, the next hop.
        reaches: of one that departed, when its last bit reaches that.
        reason: of one that expired, why; of a report, the reason code in words.
        reporter: of a report, the node that reports.
        status: of a report, ``received``, ``forwarded``, ``delivered`` or ``deleted``.
        at: of a report, when that was, by the reporter's clock; None where it does not say.
    """

    number: int
    id: str
    what: Happened
    time: Time
    peer: int | None = None
    reaches: Time | None = None
    reason: str = ""
    reporter: str = ""
    status: str = ""
    at: Time | None = None
