"""Endpoint ids: ``dtn:none``, ``dtn://node/demux`` and ``ipn:`` (RFC 9171, 4.2.5; RFC 9758).

A node number is *fully qualified*: allocator identifier * 2**32 + node number, so one
integer names a node whichever way it was written. ``ipn:977000.100.1`` arrives either as
three elements or as two with the fully qualified number; both are the same endpoint. We
write two elements, which every node that knows only RFC 9171 can read too.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from starlight.bundle import cbor
from starlight.bundle.decoder import BREAK, MAX_UINT, UINT, Decoder
from starlight.bundle.policy import LIMITS, Policy
from starlight.errors import BundleError, CborError, InputError

DTN_SCHEME = 1
IPN_SCHEME = 2
LOCAL_NODE = 2**32 - 1  # RFC 9758: allocator 0, node number 2**32 - 1, written "!"

# Names of nodes are host-like and short; a kilobyte is twice what a DNS name could need.
_MAX_TEXT = 1024  # of a scheme-specific part, in characters, or in bytes where the scheme is unknown

# RFC 3986: reg-name is unreserved, pct-encoded and sub-delims. VCHAR is visible ASCII.
_DTN = re.compile(r"//(?P<name>(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)/(?P<demux>[!-~]*)")
_IPN = re.compile(r"ipn:(?:(?P<allocator>0|[1-9]\d*)\.)?(?P<node>!|0|[1-9]\d*)\.(?P<service>0|[1-9]\d*)")
_UNKNOWN = re.compile(r"scheme-(?P<scheme>0|[1-9]\d{0,19}):(?P<ssp>(?:[0-9a-f]{2})+)")  # see `_read_unknown`
_FORMS = "Write it as ipn:NODE.SERVICE, ipn:ALLOCATOR.NODE.SERVICE, dtn://NAME/DEMUX or dtn:none"


class EndpointID(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """The id of an endpoint. Make one with `parse` or `ipn`.

    Attributes:
        text: the URI.
        wire: its canonical CBOR encoding.
        node_number: the fully qualified node number; None unless the scheme is ipn.
        service: the service number; None unless the scheme is ipn.
        is_null: it is ``dtn:none`` or ``ipn:0.0``, which never have a member.
    """

    text: str
    wire: bytes
    node_number: int | None
    service: int | None
    is_null: bool

    def __str__(self) -> str:
        return self.text

    @property
    def is_singleton(self) -> bool:
        """It has exactly one member, whose node id it may be (RFC 9171, 4.2.5.1.1 and 4.2.5.1.2)."""
        match = _DTN.fullmatch(self.text, 4) if self.text.startswith("dtn:") else None
        return not self.is_null and not (match and match["demux"].startswith("~"))

    @property
    def node_id(self) -> EndpointID:
        """The administrative endpoint of its node: ``ipn:N.0`` or ``dtn://name/``."""
        if self.node_number is not None:
            return _ipn(self.node_number, 0)
        match = _DTN.fullmatch(self.text, 4)
        return _dtn(f"//{match['name']}/") if match else self

    @staticmethod
    def ipn(node: int, service: int) -> EndpointID:
        """Return the endpoint of a service at a node.

        Args:
            node: the fully qualified node number, 0 to 2**64 - 1.
            service: the service number, 0 to 2**64 - 1.
        """
        return _ipn(node, service)

    @staticmethod
    def parse(text: str) -> EndpointID:
        """Read a URI.

        Raises:
            InputError: it is no endpoint id of the dtn or ipn scheme.
        """
        return _parse(text)


@lru_cache(maxsize=8192)
def _ipn(node: int, service: int) -> EndpointID:
    allocator, number = divmod(node, 2**32)
    # RFC 9758, 3.4.2: the local node has a text of its own, as its number would read like any other node's.
    if node == LOCAL_NODE:
        text = f"ipn:!.{service}"
    else:
        text = f"ipn:{allocator}.{number}.{service}" if allocator else f"ipn:{number}.{service}"
    wire = b"\x82\x02\x82" + cbor.encode_uint(node) + cbor.encode_uint(service)
    return EndpointID(text, wire, node, service, node == service == 0)


@lru_cache(maxsize=2048)
def _dtn(ssp: str) -> EndpointID:
    return EndpointID(f"dtn:{ssp}", b"\x82\x01" + cbor.encode_text(ssp), None, None, False)


NULL = EndpointID("dtn:none", b"\x82\x01\x00", None, None, True)


@lru_cache(maxsize=8192)
def _parse(text: str) -> EndpointID:
    # A scheme is written in either case (RFC 3986, 3.1); the rest of a dtn endpoint is not.
    scheme = text[:4].lower()
    if scheme in ("dtn:", "ipn:"):
        text = scheme + text[4:]
    if text == "dtn:none":
        return NULL
    if text.startswith("dtn:"):
        if len(text) - 4 <= _MAX_TEXT and _DTN.fullmatch(text, 4):
            return _dtn(text[4:])
    elif text.startswith("scheme-"):
        endpoint = _parse_unknown(text)
        if endpoint is not None:
            return endpoint
    elif len(text) <= _MAX_TEXT and (match := _IPN.fullmatch(text)):
        return _parse_ipn(text, match)
    raise InputError(f"{text[:80]!r} is not an endpoint id", right=_FORMS)


def _parse_ipn(text: str, match: re.Match[str]) -> EndpointID:
    allocator = int(match["allocator"] or 0)
    node = LOCAL_NODE if match["node"] == "!" else int(match["node"])
    service = int(match["service"])
    right = "Allocator and node number have 32 bits, a service number 64 (RFC 9758)"
    if max(allocator, node) >= 2**32 or service > MAX_UINT:
        raise InputError(f"{text!r} has a number that is too large", right=right)
    if allocator and match["node"] == "!":
        raise InputError(f"{text!r} names the local node of an allocator", right="It is ipn:!.SERVICE")
    if not allocator and not node and service:
        raise InputError(f"{text!r} is a service of no node", right="Only ipn:0.0 has node number 0")
    return _ipn(allocator << 32 | node, service)


def _parse_unknown(text: str) -> EndpointID | None:
    """Read back what `_read_unknown` wrote, as a node does with what it has stored; None if it did not."""
    match = _UNKNOWN.fullmatch(text)
    if match is None:
        return None
    scheme, ssp = int(match["scheme"]), bytes.fromhex(match["ssp"])
    decoder = Decoder(ssp, LIMITS, canonical=False)
    try:
        cbor.skip(decoder)
        decoder.finish()
    except CborError:
        return None
    if scheme in (DTN_SCHEME, IPN_SCHEME) or scheme > MAX_UINT or len(ssp) > _MAX_TEXT:
        return None
    return _unknown(scheme, ssp)


def read(decoder: Decoder, policy: Policy) -> EndpointID:
    """Read an endpoint id.

    Raises:
        BundleError, CborError: it breaks a rule that the policy does not waive.
    """
    start = decoder.pos
    data = decoder.data
    if data.startswith(b"\x82\x01\x00", start):
        decoder.pos = start + 3
        return NULL
    # Ten thousand bundles mention the same few endpoints, each up to five times. Their bytes are looked
    # up whole; only ids seen for the first time, and all that are unusual, take the careful path below.
    if data.startswith(_PLAIN_IPN, start):
        # The head of a number says how long it is, so the bytes of the whole id are known and looked up.
        middle = start + 3 + _WIDTH[data[start + 3]] if len(data) > start + 3 else start
        end = middle + _WIDTH[data[middle]] if len(data) > middle else start
        known = _known(data[start:end])
        if known is not None:
            decoder.pos = end
            return known
    length = decoder.array()
    scheme = decoder.uint()
    if scheme == IPN_SCHEME:
        value = _read_ipn(decoder, policy)
    elif scheme == DTN_SCHEME:
        value = _read_dtn(decoder, policy)
    else:
        value = _read_unknown(decoder, policy, scheme)
    decoder.close(length, 2, start, "RFC 9171, 4.2.5.1: each endpoint id SHALL be an array of two items")
    return value


_PLAIN_IPN = b"\x82\x02\x82"
_WIDTH = tuple({24: 2, 25: 3, 26: 5, 27: 9}.get(head, 1) for head in range(256))


@lru_cache(maxsize=8192)
def _known(wire: bytes) -> EndpointID | None:
    """Return the ipn endpoint of these bytes; None if there is any doubt, so that they are read with care."""
    decoder = Decoder(wire, LIMITS)
    try:
        decoder.pos = len(_PLAIN_IPN)
        endpoint = _ipn(decoder.uint(), decoder.uint())
        decoder.finish()
    except CborError:
        return None
    return endpoint if endpoint.node_number not in (0, LOCAL_NODE) else None


def _read_ipn(decoder: Decoder, policy: Policy) -> EndpointID:
    start = decoder.pos
    length = decoder.array()
    numbers = [decoder.uint(), decoder.uint()]
    if length == 3 or (length is None and decoder.peek() != BREAK):
        numbers.append(decoder.uint())
    rule = "RFC 9758: an ipn scheme-specific part is an array of two or three unsigned integers"
    decoder.close(length, len(numbers), start, rule)
    if len(numbers) == 3:
        allocator, node, service = numbers
        if allocator >= 2**32 or node >= 2**32:
            # Even a tolerant node can't name these: they would collide with another node's number.
            raise BundleError(start, "RFC 9758: allocator and node number have 32 bits")
        # From here on an endpoint is the same value whichever of its two encodings came (RFC 9758, 6.2):
        # otherwise a bundle could pass the duplicate filter by being written differently.
        node |= allocator << 32
    else:
        node, service = numbers
    if node in (0, LOCAL_NODE):
        if node and not policy.local_node:
            raise BundleError(start, "RFC 9758: ipn:!.N means nothing beyond its own node")
        if not node:
            service = 0  # "processors of such ipn URIs MUST consider them as the Null ipn URI" (3.4.1)
    return _ipn(node, service)


def _read_dtn(decoder: Decoder, policy: Policy) -> EndpointID:
    start = decoder.pos
    if decoder.peek() >> 5 == UINT:
        if decoder.uint() != 0:
            raise BundleError(start, "RFC 9171, 4.2.5.1.1: the only number in the dtn scheme is 0, for none")
        return NULL
    ssp = decoder.text()
    if len(ssp) > _MAX_TEXT:
        raise BundleError(start, f"an endpoint id longer than {_MAX_TEXT} characters (our limit)")
    if ssp == "none":
        if not policy.none_as_text:
            raise BundleError(start, "RFC 9171, 4.2.5.1.1: dtn:none SHALL be the unsigned integer 0")
        return NULL
    if not _DTN.fullmatch(ssp) and not policy.loose_dtn_uri:
        raise BundleError(start, 'RFC 9171, 4.2.5.1.1: dtn-hier-part = "//" node-name name-delim demux')
    return _dtn(ssp)


def _read_unknown(decoder: Decoder, policy: Policy, scheme: int) -> EndpointID:
    """Keep an endpoint of a scheme that we don't know as the bytes that it came in."""
    start = decoder.pos
    cbor.skip(decoder)
    if not policy.unknown_uri_scheme:
        raise BundleError(start, f"URI scheme code {scheme} is not one that this node knows")
    ssp = decoder.data[start : decoder.pos]
    if len(ssp) > _MAX_TEXT:
        raise BundleError(start, f"an endpoint id longer than {_MAX_TEXT} bytes (our limit)")
    return _unknown(scheme, ssp)


def _unknown(scheme: int, ssp: bytes) -> EndpointID:
    wire = b"\x82" + cbor.encode_uint(scheme) + ssp
    return EndpointID(f"scheme-{scheme}:{ssp.hex()}", wire, None, None, False)
