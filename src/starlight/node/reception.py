"""Bytes of a peer, or a request of an application, are made into what is stored."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from starlight import bundle as bp
from starlight.bundle import (
    BULK,
    EXPEDITED,
    NORMAL,
    Bundle,
    BundleFlags,
    EndpointID,
    PrimaryBlock,
    QualityOfService,
    ReasonCode,
    certain_primary,
    decode_report,
)
from starlight.dtntime import MILLISECOND
from starlight.errors import BundleError, InputError
from starlight.node.application import NotKept, Submit
from starlight.node.clock_offsets import TOLERANCE
from starlight.node.config import NodeConfig
from starlight.node.events import BundleReceived
from starlight.node.forecast import Outgoing
from starlight.node.stored import Meta
from starlight.routing import CRITICAL

FRAGMENT = BundleFlags.FRAGMENT.value
ADMIN_RECORD = BundleFlags.ADMIN_RECORD.value
STATUS_TIME = BundleFlags.STATUS_TIME.value
MUST_NOT_FRAGMENT = BundleFlags.MUST_NOT_FRAGMENT.value
_WITHOUT_CRC = bp.Policy(missing_primary_crc=True)
REPORTS = (
    BundleFlags.REPORT_RECEPTION
    | BundleFlags.REPORT_FORWARDING
    | BundleFlags.REPORT_DELIVERY
    | BundleFlags.REPORT_DELETION
).value
ASKABLE = REPORTS | STATUS_TIME | MUST_NOT_FRAGMENT | BundleFlags.ACKNOWLEDGEMENT_REQUESTED.value
HEADERS_BYTES = 1_024  # the blocks around a payload that we make: three endpoint ids and a hundred bytes
FIRST_MS = 1  # a creation time of 0 says that its source has no clock (RFC 9171, 4.2.7)
RESTART_SEQUENCE = 1 << 32  # above what was given away within the ms in which a node started again


class ReceivedBundle(NamedTuple):
    """A bundle as it is known before it is stored.

    Attributes:
        key: its identity.
        meta: what will be persisted of it, its order not yet set.
        node: the node that it is addressed to; None when that is not known.
        data: its bytes as they will be stored: of a bundle for another node, as they will be sent on.
        refusal: why it is to be deleted and not stored; None when nothing is wrong.
        misdated: by the clock here its creation time can't be right.
        of_peer: who sent it is its source, so that it tells of that one's clock.
    """

    key: str
    meta: Meta
    node: int | None
    data: bytes
    refusal: ReasonCode | None = None
    misdated: bool = False
    of_peer: bool = False


class Reception:
    """Read bundles that are received, and build those that are submitted.

    Args:
        config: the node's.
    """

    def __init__(self, config: NodeConfig) -> None:
        self._number = config.number
        self._names = config.names
        self._limits = config.limits
        self._hop_limit = config.hop_limit
        self._without_crc = frozenset(config.without_crc)
        self.node_id = EndpointID.ipn(config.number, 0)
        self._last_creation = (0, -1)

    def node_of(self, endpoint: EndpointID) -> int | None:
        """Return the number of the node that an endpoint is at, or None when it names none that is known."""
        if endpoint.node_number is not None or endpoint.is_null:
            return None if endpoint.is_null else endpoint.node_number
        text = str(endpoint.node_id)
        return self._names.get(text[6:-1]) if text.startswith("dtn://") else None

    def node_at(self, text: str) -> int | None:
        """Return the number of the node that an endpoint is at, as `node_of`; of what is none, None."""
        try:
            return self.node_of(EndpointID.parse(text))
        except InputError:
            return None

    def own_endpoint(self, text: str) -> str | None:
        """Return an endpoint of this node in its usual form, or None when the text names none."""
        try:
            endpoint = EndpointID.parse(text)
        except InputError:
            return None
        return str(endpoint) if self.node_of(endpoint) == self._number else None

    def receive(self, event: BundleReceived) -> ReceivedBundle:
        """Read a received bundle.

        Raises:
            BundleError: the bytes are no bundle by RFC 9171.
        """
        peer, arrives = event.peer, event.arrives
        bundle = bp.decode(event.data, _WITHOUT_CRC if peer in self._without_crc else bp.DEFAULT)
        head = bundle.primary
        node = self.node_of(head.destination)
        age_ms = bundle.age_ms
        # Of another's clock a peer's tells nothing, whoever the bundle says that its source is.
        of_peer = peer is not None and self.node_of(head.source) == peer
        ahead = event.peer_ahead if of_peer else 0
        left = arrives - event.under_way
        # RFC 9171, 4.3.1 allows a node to override a lifetime that is absurd, while the bundle is there.
        latest = arrives + self._limits.lifetime_ms * MILLISECOND
        expires = min(bundle.expires_at(arrives, age_ms, left=left, ahead=ahead), latest)
        unprocessed = bp.unprocessed(bundle)
        refusal = _objection(bundle, unsupported=unprocessed.delete, expired=expires <= arrives)
        body, hops, report = bundle.raw, None, None
        if node == self._number:
            if bundle.is_admin:
                report, refusal = _report_in(bundle, refusal)
        else:
            # It is stored as it will leave, so to send it again after a failure costs nothing but its age.
            body = bp.onward(bundle, node=self.node_id)
            counted = bundle.hop_count
            hops = None if counted is None else counted[1] + 1
            if body is None:
                refusal = refusal or ReasonCode.HOP_LIMIT_EXCEEDED
        stored = body or b""
        meta = replace(
            _certain_meta(head, arrives, expires, len(stored)),
            payload_bytes=len(bundle.payload),
            age_ms=age_ms,
            hops=hops,
            fragment=_extent(bundle),
            report=report,
            unsupported=unprocessed.report,
            priority=_urgency(bundle.service),
            critical=bundle.service.critical,
        )
        misdated = bundle.is_misdated(left + ahead, arrives + ahead, TOLERANCE)
        return ReceivedBundle(bundle.id, meta, node, stored, refusal, misdated, of_peer)

    def unintelligible(self, data: bytes, arrives: int) -> ReceivedBundle | None:
        """Return what can be told of a bundle that `receive` has refused; None when nothing is certain.

        Its primary block holds by its CRC. Of a fragment the length of the payload, by which a report
        would name it, is not certain.
        """
        head = certain_primary(data)
        if head is None or head.fragment_offset is not None:
            return None
        meta = _certain_meta(head, arrives, arrives + head.lifetime_ms * MILLISECOND, len(data))
        key = f"{head.source.text}/{head.creation_ms}/{head.sequence}"
        return ReceivedBundle(key, meta, None, b"", ReasonCode.BLOCK_UNINTELLIGIBLE)

    def objection(self, request: Submit) -> str | None:
        """Return why a submitted bundle can't be made, or None when it can.

        Only an application that is wrong breaks the other rules, so they are told in words, as an error is.
        """
        return self.refusal(_outgoing(request))

    def refusal(self, request: Outgoing) -> str | None:
        """Return what `objection` does, where of the payload only the size is known."""
        limits = self._limits
        try:
            source = EndpointID.parse(request.source)
            destination = EndpointID.parse(request.destination)
            EndpointID.parse(self._report_to(request))
        except InputError as error:
            return str(error)
        if not source.is_null and (self.node_of(source) != self._number or not source.is_singleton):
            return f"{source} is not an endpoint of this node"
        if destination.is_null:
            return "the destination is nobody"
        if not 0 < request.lifetime_ms <= limits.lifetime_ms:
            return f"a lifetime of {request.lifetime_ms} ms is not between 1 and {limits.lifetime_ms} ms"
        if request.flags & ~ASKABLE:
            return f"flags {request.flags & ~ASKABLE:#x} are not an application's to set"
        if not BULK <= request.priority <= EXPEDITED:
            known = f"{BULK} (bulk), {NORMAL} (normal), {EXPEDITED} (expedited)"
            return f"a priority of {request.priority} is none of {known}"
        # RFC 9171, 4.2.3: a report could not name it, as all anonymous bundles have one source.
        if source.is_null and request.flags & REPORTS:
            return "nothing is reported about an anonymous bundle"
        if request.payload_bytes > limits.bundle_bytes - HEADERS_BYTES:
            return NotKept.TOO_LARGE
        return None

    def submit(self, request: Submit, now: int) -> ReceivedBundle:
        """Build a bundle for an application; there must be no `objection`.

        It is stored as it will be sent, so it already names this node as the previous one.
        """
        return self._build(request, now, own=True, flags=request.flags)

    def foresee(self, request: Outgoing, now: int) -> ReceivedBundle:
        """Return what `submit` would make now, but for the bytes; no creation timestamp is given away."""
        # The timestamp is a part of the size, so it is drawn as `submit` will draw it, and then given back.
        last = self._last_creation
        made = self.submit(_without_payload(request), now)
        self._last_creation = last
        size = bp.sized(made.meta.size, 0, request.payload_bytes)
        meta = msgspec.structs.replace(made.meta, size=size, payload_bytes=request.payload_bytes)
        return made._replace(meta=meta, data=b"")

    def bytes_at_source(self, request: Outgoing, now: int) -> int:
        """Return the size of a bundle of any node as it leaves there, if that builds bundles as this one."""
        bundle = self._bundle(
            _without_payload(request), (max(now // MILLISECOND, FIRST_MS), 0), request.flags
        )
        data = bp.onward(bundle, node=EndpointID.parse(request.source).node_id)
        assert data is not None, "the hop limit is at least 1"
        return bp.sized(len(data), 0, request.payload_bytes)

    def administer(self, request: Submit, now: int) -> ReceivedBundle:
        """Build a bundle that carries an administrative record of this node."""
        return self._build(request, now, own=False, flags=ADMIN_RECORD)

    def restarted(self, now: int) -> None:
        """Give away no creation timestamp that may have been given away before the node stopped."""
        self._last_creation = max(self._last_creation, (now // MILLISECOND, RESTART_SEQUENCE))

    def _build(self, request: Submit, now: int, *, own: bool, flags: int) -> ReceivedBundle:
        creation = self._creation(now)
        bundle = self._bundle(request, creation, flags)
        destination, service = bundle.primary.destination, bundle.service
        node = self.node_of(destination)
        data = bp.encode(bundle) if node == self._number else bp.onward(bundle, node=self.node_id)
        assert data is not None, "the hop limit is at least 1"
        meta = Meta(
            order=0,
            arrives=now,
            expires=creation[0] * MILLISECOND + request.lifetime_ms * MILLISECOND,
            size=len(data),
            source=request.source,
            destination=destination.text,
            report_to=self._report_to(request),
            flags=bundle.primary.flags,
            creation=creation,
            payload_bytes=len(request.payload),
            hops=None if node == self._number else 1,  # as `onward` has counted it in what is stored
            own=own,
            report=request.payload if flags & ADMIN_RECORD and node == self._number else None,
            priority=_urgency(service),
            critical=service.critical,
        )
        return ReceivedBundle(bundle.id, meta, node, data)

    def _bundle(self, request: Submit, creation: tuple[int, int], flags: int) -> Bundle:
        return bp.build(
            EndpointID.parse(request.source),
            EndpointID.parse(request.destination),
            request.payload,
            creation=creation,
            lifetime_ms=request.lifetime_ms,
            report_to=EndpointID.parse(self._report_to(request)),
            flags=flags,
            hop_limit=self._hop_limit,
            service=QualityOfService(request.priority, request.critical),
        )

    def _report_to(self, request: Submit | Outgoing) -> str:
        """Return where reports about a submitted bundle go: to this node, which tells its application."""
        if request.report_to is not None:
            return request.report_to
        return str(self.node_id) if request.flags & REPORTS else "dtn:none"

    def _creation(self, now: int) -> tuple[int, int]:
        """Return a creation timestamp (RFC 9171, 4.2.7) that was not given away before."""
        last_ms, last_sequence = self._last_creation
        now_ms = max(now // MILLISECOND, FIRST_MS)
        # A clock that went back must not make an id twice: time stands still here until it has caught up.
        creation = (now_ms, 0) if now_ms > last_ms else (last_ms, last_sequence + 1)
        self._last_creation = creation
        return creation


def _outgoing(request: Submit) -> Outgoing:
    """Return what is known of a bundle without the bytes of its payload."""
    return Outgoing(
        request.source, request.destination, len(request.payload), request.lifetime_ms, request.report_to,
        request.flags, request.priority, request.critical,
    )  # fmt: skip


def urgency_of(request: Outgoing) -> int:
    """Return the priority at which a bundle is sent that is asked for."""
    return _urgency(QualityOfService(request.priority, request.critical))


def _without_payload(request: Outgoing) -> Submit:
    source, destination, lifetime = request.source, request.destination, request.lifetime_ms
    others = request.report_to, request.flags, request.priority, request.critical
    return Submit("", source, destination, b"", lifetime, *others)


def _urgency(service: QualityOfService) -> int:
    """Return the priority at which a bundle is sent: a critical one goes before all that is not."""
    return CRITICAL if service.critical else service.priority


def _extent(bundle: Bundle) -> tuple[int, int] | None:
    head = bundle.primary
    if head.fragment_offset is None or head.total_length is None:
        return None
    return head.fragment_offset, head.total_length


def _certain_meta(head: PrimaryBlock, arrives: int, expires: int, size: int) -> Meta:
    """Return what the primary block of a received bundle tells of it."""
    return Meta(
        order=0,
        arrives=arrives,
        expires=expires,
        size=size,
        source=head.source.text,
        destination=head.destination.text,
        report_to=head.report_to.text,
        flags=head.flags,
        creation=(head.creation_ms, head.sequence),
        payload_bytes=0,
    )


def _objection(bundle: Bundle, *, unsupported: bool, expired: bool) -> ReasonCode | None:
    """Return why a received bundle is not kept, wherever it goes; the first of the reasons that there are."""
    if expired:
        return ReasonCode.LIFETIME_EXPIRED
    if unsupported:
        return ReasonCode.BLOCK_UNSUPPORTED
    return ReasonCode.DESTINATION_ENDPOINT_ID_UNAVAILABLE if bundle.primary.destination.is_null else None


def _report_in(bundle: Bundle, refusal: ReasonCode | None) -> tuple[bytes | None, ReasonCode | None]:
    """Return the status report that a bundle to this node carries, or why the bundle is no use."""
    try:
        decode_report(bundle.payload)
    except BundleError:
        return None, refusal or ReasonCode.BLOCK_UNINTELLIGIBLE
    return bundle.payload, refusal


def naming_bytes(node: int) -> int:
    """Return the length of a node's id in a previous node block (RFC 9171, 4.4.1)."""
    return len(EndpointID.ipn(node, 0).wire)
