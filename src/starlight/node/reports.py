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
from starlight.node.config import NodeConfig
from starlight.node.reception import ADMIN_RECORD, STATUS_TIME, ReceivedBundle, Reception
from starlight.node.stored import Meta, whole_of

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


class Reporter:
    """Make the reports that bundles ask for.

    Args:
        config: the node's; it may make none at all (RFC 9171, 5.1).
    """

    def __init__(self, config: NodeConfig) -> None:
        self._on = config.reports
        self._longest = config.limits.report_lifetime
        self._number = config.number
        self._node_id = EndpointID.ipn(config.number, 0)

    def reports(
        self, meta: Meta, status: str, now: int, reason: int, intake: Reception
    ) -> list[ReceivedBundle]:
        """Return the bundles that report that something happened to a bundle.

        The bundle may ask (RFC 9171, 4.2.3), and of its reception those blocks of it that can't be
        processed (4.2.4): their report has a reason of its own (5.6, step 4). It names no block, so
        one speaks for all of them.

        Args:
            meta: the bundle's.
            status: what happened.
            reason: the reason code.
            intake: builds the reports' bundles.
        """
        if not self._on or meta.flags & ADMIN_RECORD:
            return []
        reasons = [reason] if is_asked(meta, status) else []
        if meta.unsupported and status == "received":
            reasons.append(ReasonCode.BLOCK_UNSUPPORTED)
        made = [self._report(meta, status, now, reason, intake) for reason in reasons]
        return [report for report in made if report is not None]

    def _report(
        self, meta: Meta, status: str, now: int, reason: int, intake: Reception
    ) -> ReceivedBundle | None:
        source, report_to = EndpointID.parse(meta.source), EndpointID.parse(meta.report_to)
        if source.is_null or report_to.is_null or intake.node_of(source) == self._number:
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
        return intake.administer(request, now)


def read_report(payload: bytes, intake: Reception) -> list[Told]:
    """Return what a status report, which `decode_report` has read before, says."""
    report = decode_report(payload)
    source = intake.node_of(report.source)
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
