"""Every doubtful kind of bundle has a name, a default and a bundle that shows it."""

from __future__ import annotations

import msgspec
import pytest
from tests.bundle import wire
from tests.bundle.wire import PAYLOAD, PLAIN, bundle, canonical, primary

from starlight.bundle import EndpointID, decode, encode
from starlight.bundle.policy import DEFAULT, STRICT, TOLERANT, Policy
from starlight.errors import BundleError

AGE = canonical(7, 2, b"\x05")

# One bundle for each field of Policy, doubtful in that respect and in no other.
DOUBTFUL = {
    "definite_length_bundle": b"\x82" + PLAIN[1:-1],
    "non_canonical_integers": bundle(primary(lifetime=b"\x1a\0\0\0\x05"), PAYLOAD),
    "trailing_bytes": PLAIN + b"\x00",
    "missing_primary_crc": bundle(primary(crc=0), PAYLOAD),
    "repeated_block_numbers": bundle(primary(), canonical(193, 2, b""), AGE, PAYLOAD),
    "payload_not_number_one": bundle(primary(), canonical(1, 2, b"x")),
    "repeated_extension_blocks": bundle(primary(), AGE, canonical(7, 3, b"\x06"), PAYLOAD),
    "hop_limit_out_of_range": bundle(primary(), canonical(10, 2, b"\x82\x00\x00"), PAYLOAD),
    "zero_time_without_age": bundle(primary(timestamp=wire.ZERO_TIME), PAYLOAD),
    "reserved_bundle_flags": bundle(primary(flags=0x08), PAYLOAD),
    "reserved_block_flags": bundle(primary(), canonical(1, 1, b"x", flags=0x20)),
    "admin_record_asks_for_reports": bundle(primary(flags=0x4002), PAYLOAD),
    "anonymous_with_flags": bundle(primary(source=wire.NULL), PAYLOAD),
    "block_asks_for_report": bundle(primary(flags=2), canonical(1, 1, b"x", flags=2)),
    "node_id_not_singleton": bundle(primary(source=b"\x82\x01\x66//x/~y"), PAYLOAD),
    "none_as_text": bundle(primary(report_to=b"\x82\x01\x64none"), PAYLOAD),
    "loose_dtn_uri": bundle(primary(to=b"\x82\x01\x64mars"), PAYLOAD),
    "unknown_uri_scheme": bundle(primary(to=b"\x82\x03\x61x"), PAYLOAD),
    "null_destination": bundle(primary(to=wire.NULL), PAYLOAD),
    "local_node": bundle(primary(to=b"\x82\x02\x82\x1a\xff\xff\xff\xff\x05"), PAYLOAD),
}


@pytest.mark.parametrize("ssp", [b"\x82\x00\x05", b"\x83\x00\x00\x05"])
def test_a_service_of_node_number_zero_is_nobody(ssp: bytes) -> None:
    """ "processors of such ipn URIs MUST consider them as the Null ipn URI" (RFC 9758, 3.4.1)."""
    read = decode(bundle(primary(to=b"\x82\x02" + ssp), PAYLOAD), DEFAULT).primary.destination
    assert read.is_null
    assert read == EndpointID.ipn(0, 0)


def test_every_field_has_its_bundle() -> None:
    """Where the text leaves room, a named policy with a default decides, and each is tested."""
    assert set(DOUBTFUL) == set(Policy.__struct_fields__)
    assert all(getattr(TOLERANT, name) for name in DOUBTFUL)
    assert not any(getattr(STRICT, name) for name in DOUBTFUL)


@pytest.mark.parametrize("name", sorted(DOUBTFUL))
def test_one_rule_at_a_time(name: str) -> None:
    """A doubtful bundle passes if and only if the field that names its doubt is True."""
    data = DOUBTFUL[name]
    alone = msgspec.structs.replace(STRICT, **{name: True})
    others = msgspec.structs.replace(TOLERANT, **{name: False})
    assert decode(data, alone).blocks
    for policy in (STRICT, others):
        with pytest.raises(BundleError) as caught:
            decode(data, policy)
        assert 0 <= caught.value.offset <= len(data)


@pytest.mark.parametrize("name", sorted(DOUBTFUL))
def test_accepted_is_kept_as_it_came(name: str) -> None:
    """Accepted, a bundle is kept byte by byte; the two kinds without a right end are transformed."""
    data = DOUBTFUL[name]
    kept = {"definite_length_bundle": PLAIN, "trailing_bytes": PLAIN}.get(name, data)
    assert encode(decode(data, TOLERANT)) == kept


def test_the_default() -> None:
    """The default follows each SHALL and MUST; it accepts only what "MUST be ignored" or may pass."""
    accepted = {name for name in DOUBTFUL if getattr(DEFAULT, name)}
    assert accepted == {
        "reserved_bundle_flags",
        "reserved_block_flags",
        "block_asks_for_report",
        "unknown_uri_scheme",
        "null_destination",
    }
