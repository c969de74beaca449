"""The urgency of a bundle, as it says itself: the quality-of-service block that ION's nodes use.

RFC 9171 has no priority. ION's BPv7 carries what BPv6 had in
its primary block (RFC 5050, 4.2) and in its extended class of service (draft-irtf-dtnrg-ecos-05) in
an extension block of its own: type 193, of those for private use (RFC 9171, 9.1); ION 4.0 still used
19. Its data are an array of four unsigned integers: flags, class of service, ordinal, data label
(ION, bpv7/library/ext/bpq/bpq.c and bpv7/include/bp.h). So ION honours our priorities, and we its.

Of the flags only "minimum latency" counts here: the bundle is critical. The ordinal, which ranks
expedited bundles, and the label stay in the block and are carried on, as all other bytes of it.
"""

from __future__ import annotations

import msgspec

from starlight.bundle.blocks import CanonicalBlock
from starlight.bundle.cbor import encode_array_head, encode_uint
from starlight.bundle.decoder import Decoder
from starlight.bundle.policy import LIMITS
from starlight.errors import CborError

BULK, NORMAL, EXPEDITED = range(3)
"""Classes of service (RFC 5050, 4.2), of which the router's priorities have the numbers."""

CRITICAL = 1
"""ION's BP_MINIMUM_LATENCY: to be sent on all routes (ECOS's flag "critical")."""


class QualityOfService(msgspec.Struct, frozen=True, gc=False):
    """The service that a bundle asks of the nodes on its way.

    Attributes:
        priority: 0 bulk, 1 normal, 2 expedited.
        critical: a copy of it goes by every neighbour that a route leads over.
    """

    priority: int = NORMAL
    critical: bool = False


USUAL = QualityOfService()
"""That of a bundle without such a block."""


def service_data(service: QualityOfService) -> bytes:
    """Return the data of a quality-of-service block.

    Raises:
        ValueError: there is no such priority.
    """
    if not BULK <= service.priority <= EXPEDITED:
        raise ValueError(f"a priority is {BULK}, {NORMAL} or {EXPEDITED}")
    fields = (CRITICAL if service.critical else 0, service.priority, 0, 0)
    return encode_array_head(len(fields)) + b"".join(map(encode_uint, fields))


def read_service(block: CanonicalBlock | None) -> QualityOfService:
    """Return what a quality-of-service block says; the usual service where there is none.

    A mangled one says nothing: what it is to a node is a wish, and a bundle is not lost for that. A
    class of service above those that are known is as urgent as they get.
    """
    if block is None:
        return USUAL
    try:
        decoder = Decoder(block.data, LIMITS, canonical=False)
        length = decoder.array()
        flags, priority, _ordinal, _label = [decoder.uint() for _ in range(4)]
        decoder.close(length, 4, 0, "a quality of service is an array of four items")
        decoder.finish()
    except CborError:
        return USUAL
    return QualityOfService(min(priority, EXPEDITED), bool(flags & CRITICAL))
