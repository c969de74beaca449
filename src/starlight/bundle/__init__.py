"""The bundle as a value and as bytes, and back (RFC 9171, 9758). No clock, no I/O."""

from starlight.bundle.bundle import NEVER, Bundle, build
from starlight.bundle.codec import decode, encode, parse
from starlight.bundle.decoder import VALUE_LIMITS, DecodingLimits
from starlight.bundle.eid import NULL, EndpointID
from starlight.bundle.forward import age_growth, certain_primary, onward, payload_of, unprocessed, with_age
from starlight.bundle.fragmentation import cut, fragment_bytes, missing, overhead_bound, reassemble, sized
from starlight.bundle.policy import DEFAULT, Policy
from starlight.bundle.primary import BundleFlags, PrimaryBlock
from starlight.bundle.quality_of_service import BULK, EXPEDITED, NORMAL, QualityOfService
from starlight.bundle.report import (
    Assertion,
    ReasonCode,
    StatusReport,
    decode_report,
    encode_report,
    reason_text,
)

__all__ = [
    "BULK",
    "DEFAULT",
    "EXPEDITED",
    "NEVER",
    "NORMAL",
    "NULL",
    "VALUE_LIMITS",
    "Assertion",
    "Bundle",
    "BundleFlags",
    "DecodingLimits",
    "EndpointID",
    "Policy",
    "PrimaryBlock",
    "QualityOfService",
    "ReasonCode",
    "StatusReport",
    "age_growth",
    "build",
    "certain_primary",
    "cut",
    "decode",
    "decode_report",
    "encode",
    "encode_report",
    "fragment_bytes",
    "missing",
    "onward",
    "overhead_bound",
    "parse",
    "payload_of",
    "reason_text",
    "reassemble",
    "sized",
    "unprocessed",
    "with_age",
]
