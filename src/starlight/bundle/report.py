"""Administrative records: bundle status reports (RFC 9171, 6.1)."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from starlight.bundle import eid, primary
from starlight.bundle.bundle import Bundle
from starlight.bundle.cbor import encode_array_head, encode_uint, skip
from starlight.bundle.decoder import Decoder, DecodingLimits
from starlight.bundle.eid import EndpointID
from starlight.bundle.policy import DEFAULT, Policy
from starlight.errors import BundleError, CborError

STATUS_REPORT = 1  # RFC 9171, 9.7: the administrative record type

# A report has some thirty items; its longest parts are two endpoint ids of a kilobyte.
REPORT_LIMITS = DecodingLimits(size=8192, depth=8, count=256)


class ReasonCode(IntEnum):
    """Bundle status report reason codes (IANA "Bundle Status Report Reason Codes")."""

    NO_ADDITIONAL_INFORMATION = 0
    LIFETIME_EXPIRED = 1
    FORWARDED_OVER_UNIDIRECTIONAL_LINK = 2
    TRANSMISSION_CANCELED = 3
    DEPLETED_STORAGE = 4
    DESTINATION_ENDPOINT_ID_UNAVAILABLE = 5
    NO_KNOWN_ROUTE_TO_DESTINATION_FROM_HERE = 6
    NO_TIMELY_CONTACT_WITH_NEXT_NODE_ON_ROUTE = 7
    BLOCK_UNINTELLIGIBLE = 8
    HOP_LIMIT_EXCEEDED = 9
    TRAFFIC_PARED = 10
    BLOCK_UNSUPPORTED = 11
    MISSING_SECURITY_OPERATION = 12
    UNKNOWN_SECURITY_OPERATION = 13
    UNEXPECTED_SECURITY_OPERATION = 14
    FAILED_SECURITY_OPERATION = 15
    CONFLICTING_SECURITY_OPERATION = 16


def reason_text(code: int) -> str:
    """Return a reason code in words; other codes than IANA's as their number."""
    try:
        return ReasonCode(code).name.replace("_", " ").lower()
    except ValueError:
        return f"reason {code}"


class Assertion(msgspec.Struct, frozen=True, gc=False):
    """One status that a node asserts about a bundle, or does not.

    Attributes:
        asserted: it happened.
        time_ms: when, in ms since 2000-01-01T00:00:00Z; None where the report does not say.
    """

    asserted: bool = False
    time_ms: int | None = None


NOT_ASSERTED = Assertion()
STATUSES = ("received", "forwarded", "delivered", "deleted")


class StatusReport(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A node's report about a bundle that it handled (RFC 9171, 6.1.1).

    Attributes:
        received, forwarded, delivered, deleted: the four status assertions.
        reason: a `ReasonCode`, or another code of the registry.
        source, creation_ms, sequence: the bundle's.
        fragment: its fragment offset and payload length; None unless it is a fragment.
    """

    received: Assertion = NOT_ASSERTED
    forwarded: Assertion = NOT_ASSERTED
    delivered: Assertion = NOT_ASSERTED
    deleted: Assertion = NOT_ASSERTED
    reason: int = 0
    source: EndpointID
    creation_ms: int
    sequence: int
    fragment: tuple[int, int] | None = None

    @property
    def subject_id(self) -> str:
        """The id of the bundle that it is about, as `Bundle.id` writes it."""
        text = f"{self.source.text}/{self.creation_ms}/{self.sequence}"
        return text if self.fragment is None else f"{text}/{self.fragment[0]}+{self.fragment[1]}"

    @property
    def assertions(self) -> tuple[tuple[str, Assertion], ...]:
        """The statuses that are asserted, by name, in the order of the standard."""
        every = zip(STATUSES, (self.received, self.forwarded, self.delivered, self.deleted), strict=True)
        return tuple((name, assertion) for name, assertion in every if assertion.asserted)


def report_about(bundle: Bundle, status: str, time_ms: int, reason: int = 0) -> StatusReport:
    """Make the report that one thing happened to a bundle.

    Args:
        status: ``received``, ``forwarded``, ``delivered`` or ``deleted``.
        time_ms: when, in ms since 2000-01-01T00:00:00Z; it is told only if the bundle asks for it.
    """
    head = bundle.primary
    told = time_ms if head.flags & primary.STATUS_TIME else None
    extent = None if head.fragment_offset is None else (head.fragment_offset, len(bundle.payload))
    report = StatusReport(
        reason=reason,
        source=head.source,
        creation_ms=head.creation_ms,
        sequence=head.sequence,
        fragment=extent,
    )
    if status not in STATUSES:
        raise ValueError(f"{status!r} is none of {STATUSES}")
    return msgspec.structs.replace(report, **{status: Assertion(True, told)})


def encode_report(report: StatusReport) -> bytes:
    """Encode a status report as the payload of an administrative bundle."""
    parts = [
        b"\x82\x01",
        encode_array_head(4 if report.fragment is None else 6),
        encode_array_head(4),
        *(_encode_item(item) for item in (report.received, report.forwarded, report.delivered)),
        _encode_item(report.deleted),
        encode_uint(report.reason),
        report.source.wire,
        encode_array_head(2),
        encode_uint(report.creation_ms),
        encode_uint(report.sequence),
    ]
    if report.fragment is not None:
        parts += [encode_uint(report.fragment[0]), encode_uint(report.fragment[1])]
    return b"".join(parts)


def _encode_item(item: Assertion) -> bytes:
    if not item.asserted:
        return b"\x81\xf4"
    return b"\x81\xf5" if item.time_ms is None else b"\x82\xf5" + encode_uint(item.time_ms)


def record_type(payload: bytes) -> int:
    """Return the type code of an administrative record (RFC 9171, 6.1).

    Raises:
        BundleError: the payload is no administrative record.
    """
    try:
        # The type stands in the first bytes; a payload of megabytes that claims to be a record need not
        # be read.
        return _open_record(Decoder(payload[:32], REPORT_LIMITS))[1]
    except CborError as error:
        raise BundleError(error.offset, error.rule) from None


def decode_report(payload: bytes, policy: Policy = DEFAULT) -> StatusReport:
    """Decode the payload of an administrative bundle as a status report.

    Raises:
        BundleError: it is none; the offset counts from the start of the payload.
    """
    try:
        return _decode_report(Decoder(payload, REPORT_LIMITS), policy)
    except CborError as error:
        raise BundleError(error.offset, error.rule) from None


def _open_record(decoder: Decoder) -> tuple[int | None, int]:
    return decoder.array(), decoder.uint()


def _decode_report(decoder: Decoder, policy: Policy) -> StatusReport:
    length, kind = _open_record(decoder)
    if kind != STATUS_REPORT:
        raise BundleError(0, f"RFC 9171, 6.1.1: record type 1 is a status report, not {kind}")
    start = decoder.pos
    fields = decoder.array()
    items = _read_statuses(decoder)
    reason = decoder.uint()
    source = eid.read(decoder, policy)
    creation_ms, sequence = primary.read_timestamp(decoder)
    extent = None
    # Six elements are said of a fragment, four of a whole bundle; of an indefinite array only what
    # follows tells.
    if fields == 6 or (fields is None and decoder.peek() != 0xFF):
        extent = decoder.uint(), decoder.uint()
    rule = "RFC 9171, 6.1.1: the number of elements in the array SHALL be either 6 or 4"
    decoder.close(fields, 4 if extent is None else 6, start, rule)
    decoder.close(length, 2, 0, "RFC 9171, 6.1: an administrative record SHALL be an array of two items")
    decoder.finish()
    return StatusReport(
        received=items[0],
        forwarded=items[1],
        delivered=items[2],
        deleted=items[3],
        reason=reason,
        source=source,
        creation_ms=creation_ms,
        sequence=sequence,
        fragment=extent,
    )


def _read_statuses(decoder: Decoder) -> list[Assertion]:
    start = decoder.pos
    length = decoder.array()
    items = [_read_item(decoder) for _ in range(4)]
    # "At least four elements": what later standards add is passed over.
    count = 4
    while count < length if length is not None else decoder.peek() != 0xFF:
        skip(decoder)
        count += 1
    rule = "RFC 9171, 6.1.1: status information SHALL be an array of at least four elements"
    decoder.close(length, count, start, rule)
    return items


def _read_item(decoder: Decoder) -> Assertion:
    start = decoder.pos
    length = decoder.array()
    asserted = decoder.boolean()
    time_ms = None
    if length == 2 or (length is None and decoder.peek() != 0xFF):
        time_ms = decoder.uint()
    rule = "RFC 9171, 6.1.1: a status item has 2 elements if asserted with its time, or 1"
    decoder.close(length, 1 if time_ms is None else 2, start, rule)
    # A time for what did not happen contradicts itself; a reader that ignored it would be told less than
    # was said.
    if time_ms is not None and not asserted:
        raise BundleError(start, rule)
    return Assertion(asserted, time_ms)
