"""What a bundle is: bytes to values and back (RFC 9171, 9758). No clock, no I/O."""

from starlight.bundle.blocks import BlockFlags, BlockType, CanonicalBlock
from starlight.bundle.bundle import NEVER, Bundle, build
from starlight.bundle.cbor import DecodingLimits
from starlight.bundle.codec import decode, encode, parse, replaced
from starlight.bundle.crc import CRC16, CRC32C
from starlight.bundle.eid import NULL, EndpointID
from starlight.bundle.forward import Unprocessed, onward, payload_of, unprocessed, with_age
from starlight.bundle.fragmentation import cut, fragment, missing, overhead_bound, reassemble
from starlight.bundle.policy import DEFAULT, LIMITS, STRICT, TOLERANT, Policy
from starlight.bundle.primary import BundleFlags, PrimaryBlock
from starlight.bundle.report import (
    Assertion,
    ReasonCode,
    StatusReport,
    decode_report,
    encode_report,
    reason_text,
    record_type,
    report_about,
)
from starlight.bundle.service import Service

__all__ = [
    "CRC16",
    "CRC32C",
    "DEFAULT",
    "LIMITS",
    "NEVER",
    "NULL",
    "STRICT",
    "TOLERANT",
    "Assertion",
    "BlockFlags",
    "BlockType",
    "Bundle",
    "BundleFlags",
    "CanonicalBlock",
    "DecodingLimits",
    "EndpointID",
    "Policy",
    "PrimaryBlock",
    "ReasonCode",
    "Service",
    "StatusReport",
    "Unprocessed",
    "build",
    "cut",
    "decode",
    "decode_report",
    "encode",
    "encode_report",
    "fragment",
    "missing",
    "onward",
    "overhead_bound",
    "parse",
    "payload_of",
    "reason_text",
    "reassemble",
    "record_type",
    "replaced",
    "report_about",
    "unprocessed",
    "with_age",
]
