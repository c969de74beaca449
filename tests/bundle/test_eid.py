"""Endpoint ids (RFC 9171, 4.2.5; RFC 9758)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from starlight.bundle import NULL, EndpointID, eid
from starlight.bundle.decoder import Decoder
from starlight.bundle.policy import DEFAULT, LIMITS, TOLERANT, Policy
from starlight.errors import BundleError, CborError, InputError


def read(data: str, policy: Policy = DEFAULT) -> EndpointID:
    decoder = Decoder(bytes.fromhex(data), LIMITS)
    value = eid.read(decoder, policy)
    decoder.finish()
    return value


NAMES = st.text("abcXYZ019-._~!$&'()*+,;=", max_size=12)
DEMUX = st.text([chr(c) for c in range(0x21, 0x7F)], max_size=12)
ENDPOINTS = (
    st.just(NULL)
    | st.builds(EndpointID.ipn, st.integers(1, 2**32 - 2), st.integers(0, 2**64 - 1))
    | st.builds(EndpointID.ipn, st.integers(2**32, 2**64 - 1), st.integers(0, 2**64 - 1))
    | st.builds(lambda name, demux: EndpointID.parse(f"dtn://{name}/{demux}"), NAMES, DEMUX)
)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(ENDPOINTS)
def test_text_and_wire_say_the_same(endpoint: EndpointID) -> None:
    """Each endpoint ID (EID) is a Uniform Resource Identifier; bytes and URI name the same one."""
    assert EndpointID.parse(str(endpoint)) == endpoint == read(endpoint.wire.hex())
    assert hash(EndpointID.parse(str(endpoint))) == hash(endpoint)


@pytest.mark.parametrize(("text", "meant"), [("IPN:20.1", "ipn:20.1"), ("Dtn://Mars/X", "dtn://Mars/X")])
def test_a_scheme_is_read_in_either_case(text: str, meant: str) -> None:
    """Schemes are case-insensitive (RFC 3986, 3.1); what follows is not."""
    assert str(EndpointID.parse(text)) == meant


@pytest.mark.parametrize(
    "wire",
    [
        "820342abcd",
        "8203820102",
        "821bffffffffffffffff00",
        (b"\x82\x01\x79\x04\x00" + b"//x/" + b"a" * 1020).hex(),  # the longest dtn URI that is taken
        (b"\x82\x03\x59\x03\xfd" + b"a" * 1021).hex(),  # the longest of an unknown scheme
    ],
    ids=["bytes", "array", "largest scheme", "long dtn", "long unknown"],
)
def test_whatever_is_read_can_be_read_back_from_its_text(wire: str) -> None:
    """A node keeps endpoints as text: what came over the wire must not stop it when it starts again."""
    endpoint = read(wire)
    assert EndpointID.parse(str(endpoint)) == endpoint


@pytest.mark.parametrize(
    "text",
    ["scheme-1:00", "scheme-2:820101", "scheme-3:", "scheme-3:4", "scheme-3:82", "scheme-3:0000",
     "scheme-3:C0", "scheme-18446744073709551616:00", "scheme-03:00", "scheme-3:" + "00" * 2000],
)  # fmt: skip
def test_an_endpoint_of_an_unknown_scheme_is_read_only_as_it_is_written(text: str) -> None:
    """One endpoint has one text, also where we don't know its scheme."""
    with pytest.raises(InputError):
        EndpointID.parse(text)


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("dtn:none", "820100"),
        ("dtn://x/", "8201642f2f782f"),
        ("dtn://x/y", "8201652f2f782f79"),
        ("ipn:7.1", "8202820701"),
        ("ipn:0.0", "8202820000"),
        ("ipn:977000.100.1", "8202821b000ee8680000006401"),
    ],
)
def test_encodings(text: str, wire: str) -> None:
    """Each BP endpoint ID (EID) SHALL be represented as a CBOR array comprising two items."""
    assert EndpointID.parse(text).wire.hex() == wire
    assert str(read(wire)) == text


def test_three_elements_and_two_are_one_endpoint() -> None:
    """RFC 9758: ipn:977000.100.1 is the same in its two-element and three-element encoding."""
    assert read("8202831a000ee868186401") == read("8202821b000ee8680000006401")
    assert read("820283000701") == EndpointID.parse("ipn:7.1") == EndpointID.parse("ipn:0.7.1")
    assert read("9f029f1a000ee868186401ffff") == read("82029f1b000ee8680000006401ff")


def test_parts() -> None:
    """The node number is fully qualified, so that one integer names a node however it was written."""
    endpoint = EndpointID.parse("ipn:977000.100.1")
    assert endpoint.node_number == 977000 * 2**32 + 100
    assert endpoint.service == 1
    assert endpoint.node_id == EndpointID.parse("ipn:977000.100.0")
    dtn = EndpointID.parse("dtn://mars/inbox")
    assert (dtn.node_number, dtn.service) == (None, None)
    assert str(dtn.node_id) == "dtn://mars/"
    assert NULL.node_id is NULL


def test_null_endpoint() -> None:
    """The endpoint ID "dtn:none" identifies the "null endpoint"; so does ipn:0.0 (RFC 9758)."""
    assert NULL.is_null
    assert EndpointID.parse("ipn:0.0").is_null
    assert not EndpointID.parse("ipn:1.0").is_null
    assert not NULL.is_singleton


def test_groups() -> None:
    """dtn-scheme endpoint IDs for which the first character [of demux] *is* '~' are not singleton."""
    assert not EndpointID.parse("dtn://x/~all").is_singleton
    assert EndpointID.parse("dtn://x/all~").is_singleton
    assert EndpointID.parse("dtn://x/").is_singleton
    assert EndpointID.parse("ipn:1.2").is_singleton


def test_local_node() -> None:
    """RFC 9758: ipn:!.N is the local node, node number 2**32 - 1; it means nothing on the wire."""
    local = EndpointID.parse("ipn:!.7")
    assert local == EndpointID.parse("ipn:4294967295.7")
    assert str(local) == "ipn:!.7"
    with pytest.raises(BundleError, match="own node"):
        read(local.wire.hex())
    assert read(local.wire.hex(), Policy(local_node=True)) == local


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ipn:7",
        "ipn:7.1.2.3",
        "ipn:07.1",
        "ipn:7.01",
        "ipn:-7.1",
        "ipn:7.1 ",
        "ipn:٧.1",
        "ipn:4294967296.1",
        "ipn:4294967296.1.1",
        "ipn:1.4294967296.1",
        "ipn:1.18446744073709551616",
        "ipn:0.1",
        "ipn:5.!.1",
        "dtn:",
        "dtn://x",
        "dtn:x/y",
        "dtn://x/a b",
        "dtn://x/ü",
        "dtn://x%2/",
        "dtn://x/" + "y" * 1100,
        "http://x/y",
        "none",
    ],
)
def test_what_is_no_endpoint_id(text: str) -> None:
    """A person's mistake is told as InputError."""
    with pytest.raises(InputError):
        EndpointID.parse(text)


@pytest.mark.parametrize(
    ("wire", "rule"),
    [
        ("8102", "unsigned|ends"),
        ("8302820701 00".replace(" ", ""), "array of two items"),
        ("9f0282070100ff", "array of two items"),
        ("82028107", "ends inside|two or three"),
        ("82028400000000", "two or three"),
        ("82029f07010203ff", "two or three"),
        ("820283 1b0000000100000000 0701".replace(" ", ""), "32 bits"),
        ("820283 07 1b0000000100000000 01".replace(" ", ""), "32 bits"),
        ("82028220 01".replace(" ", ""), "negative integer"),
        ("820101", "only number in the dtn scheme"),
        ("820140", "a text string belongs here"),
        ("8201646e6f6e65", "dtn:none SHALL be"),
        ("82016478796e65", "dtn-hier-part"),
        ("8201790401" + "61" * 1025, "longer than 1024"),
        ("8203590401" + "61" * 1025, "longer than 1024"),
        ("8261 6900".replace(" ", ""), "an unsigned integer"),
    ],
)
def test_wrong_on_the_wire(wire: str, rule: str) -> None:
    """What a peer sends wrongly breaks a rule that is named."""
    with pytest.raises((BundleError, CborError), match=rule):
        read(wire)


def test_unknown_scheme() -> None:
    """The set of allowable schemes is effectively unlimited: such an endpoint keeps its bytes."""
    endpoint = read("820382016178")
    assert str(endpoint) == "scheme-3:82016178"
    assert endpoint.wire == bytes.fromhex("820382016178")
    assert endpoint.node_id is endpoint
    with pytest.raises(BundleError, match="scheme code 3"):
        read("820382016178", Policy(unknown_uri_scheme=False))


def test_tolerated_forms() -> None:
    """Forms that other nodes are known to send pass where the policy says so."""
    assert read("8201646e6f6e65", TOLERANT) is NULL
    assert str(read("82016478796e65", TOLERANT)) == "dtn:xyne"
