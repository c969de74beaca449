"""Status reports (RFC 9171, 6.1.1): which are made, and what those that come back say.

Reports can't storm: nothing is ever reported about an administrative record, so a report has no
report; each bundle causes at most five here; and their lifetime is bounded. They don't take time from
letters: a report is as urgent as what it is about, but never more than normal.
"""

from __future__ import annotations

from typing import NamedTuple

from starlight.bundle import (
    NORMAL,
    NULL,
    Assertion,
    BundleFlags,
    EndpointID,
    ReasonCode,
    StatusReport,
    decode_report,
    encode_report,
)
from starlight.dtntime import HOUR, MILLISECOND, from_wire, to_wire
from starlight.node.application import Submit
from starlight.node.core import Core
from starlight.node.reception import ADMIN_RECORD, REPORTS, STATUS_TIME, ReceivedBundle, Reception
from starlight.node.stored import Meta, Stored, whole_of
from starlight.node.trace_events import ReportMade

_ASKED = {
    "received": BundleFlags.REPORT_RECEPTION.value,
    "forwarded": BundleFlags.REPORT_FORWARDING.value,
    "delivered": BundleFlags.REPORT_DELIVERY.value,
    "deleted": BundleFlags.REPORT_DELETION.value,
}


class Told(NamedTuple):
    """One thing that a status report says.

    Attributes:
        key: the bundle that it is about.
        known_as: that bundle as its application knows it: of a fragment the whole.
        source_node: the number of the node that made that bundle; None where it has none.
        status: ``received``, ``forwarded``, ``delivered`` or ``deleted``.
        time: when, in ns; None where the report does not say.
        reason: the reason code.
    """

    key: str
    known_as: str
    source_node: int | None
    status: str
    time: int | None
    reason: int


def is_asked(meta: Meta, status: str) -> bool:
    """Tell whether a bundle asks for the report of a status (RFC 9171, 4.2.3)."""
    return bool(meta.flags & _ASKED[status])


class Reports:
    """Makes the reports that bundles ask for.

    Args:
        core: the node's; by its configuration it may make none at all (RFC 9171, 5.1).
        reception: builds the reports' bundles.
    """

    def __init__(self, core: Core, reception: Reception) -> None:
        config = core.config
        self._on = config.reports
        self._longest = config.limits.report_lifetime
        self._number = config.number
        self._node_id = EndpointID.ipn(config.number, 0)
        self._ledger = core.ledger
        self._reception = reception
        self._made: list[Stored] = []

    def report(self, key: str, meta: Meta, status: str, now: int, reason: int) -> bool:
        """Store the reports that something happened to a bundle; return whether any was made.

        None is stored where the store is full: a report is only a hint, and must not take the room of a
        bundle or be the reason for which another is refused.

        Args:
            key: the bundle's.
            meta: its record.
            status: ``received``, ``forwarded``, ``delivered`` or ``deleted``.
            reason: the reason code.
        """
        if not (meta.flags & REPORTS or meta.unsupported):
            return False
        any_made = False
        for made in self._bundles(meta, status, now, reason):
            if not self._ledger.index.is_full(made.meta.size):
                stored = self._ledger.persist(made.key, made.meta, made.node, made.data)
                self._ledger.trace(now, ReportMade(key, made.key, status))
                self._made.append(stored)
                any_made = True
        return any_made

    @property
    def has_made(self) -> bool:
        """True when `take_made` has anything."""
        return bool(self._made)

    def take_made(self) -> list[Stored]:
        """Return the reports that are stored and not dispatched yet."""
        made, self._made = self._made, []
        return made

    def _bundles(self, meta: Meta, status: str, now: int, reason: int) -> list[ReceivedBundle]:
        """Return the bundles that report that something happened to a bundle.

        The bundle may ask (RFC 9171, 4.2.3), and of its reception those blocks of it that can't be
        processed (4.2.4): their report has a reason of its own (5.6, step 4). It names no block, so
        one speaks for all of them.
        """
        if not self._on or meta.flags & ADMIN_RECORD:
            return []
        reasons = [reason] if is_asked(meta, status) else []
        if meta.unsupported and status == "received":
            reasons.append(ReasonCode.BLOCK_UNSUPPORTED)
        made = [self._bundle(meta, status, now, reason) for reason in reasons]
        return [report for report in made if report is not None]

    def _bundle(self, meta: Meta, status: str, now: int, reason: int) -> ReceivedBundle | None:
        source, report_to = EndpointID.parse(meta.source), EndpointID.parse(meta.report_to)
        if source.is_null or report_to.is_null or self._reception.node_of(source) == self._number:
            return None  # What happens at its own source the application is told without a report.
        told = Assertion(True, to_wire(now) if meta.flags & STATUS_TIME else None)
        extent = None if meta.fragment is None else (meta.fragment[0], meta.payload_bytes)
        payload = encode_report(
            StatusReport(
                received=told if status == "received" else Assertion(),
                forwarded=told if status == "forwarded" else Assertion(),
                delivered=told if status == "delivered" else Assertion(),
                deleted=told if status == "deleted" else Assertion(),
                reason=reason,
                source=source,
                creation_ms=meta.creation[0],
                sequence=meta.creation[1],
                fragment=extent,
            )
        )
        # As long as the bundle itself was worth carrying, and as urgent; but a report is only a hint.
        lifetime = min(max(meta.expires - from_wire(meta.creation[0]), HOUR), self._longest)
        request = Submit(
            "", str(self._node_id), str(report_to), payload, lifetime // MILLISECOND, report_to=str(NULL),
            priority=min(meta.priority, NORMAL),
        )  # fmt: skip
        return self._reception.administer(request, now)


def read_report(payload: bytes, reception: Reception) -> list[Told]:
    """Return what a status report, which `decode_report` has read before, says."""
    report = decode_report(payload)
    source = reception.node_of(report.source)
    return [
        Told(
            report.subject_id,
            report.subject_id if report.fragment is None else whole_of(report.subject_id),
            source,
            status,
            None if assertion.time_ms is None else from_wire(assertion.time_ms),
            report.reason,
        )
        for status, assertion in report.assertions
    ]
