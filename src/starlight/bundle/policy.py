"""Policies for doubtful bundles, where RFC 9171 leaves room or nodes are known to differ.

RFC 9171, 4.1: an implementation "MAY discard any sequence of bytes that does not conform", and
"MAY accept" one and transform it. So each rule that a node may bend is a field of `Policy`:
True accepts what the field names, False refuses it with `BundleError`. What no field names is
never accepted. The default follows each SHALL and MUST, except where its comment says why not.
"""

from __future__ import annotations

import msgspec

from starlight.bundle.decoder import DecodingLimits


class Policy(msgspec.Struct, frozen=True, kw_only=True, gc=False, cache_hash=True):
    """The departures from RFC 9171 that are accepted.

    Attributes:
        definite_length_bundle: 4.1, the bundle "represented as a CBOR indefinite-length array".
            Accepted, it is transformed into one before anything else is done with it.
        non_canonical_integers: 4.1, "core deterministic encoding". Accepted bytes are kept as they are.
        trailing_bytes: 4.1, the break ends the bundle. Accepted, they are dropped.
        missing_primary_crc: 4.3.1, "the CRC type code for the primary block MUST be non-zero" unless
            a Block Integrity Block targets it.
        repeated_block_numbers: 4.1, "the block number uniquely identifies the block", and zero is the
            primary block's.
        payload_not_number_one: 4.1, "the block number of the payload block is always 1".
        repeated_extension_blocks: 4.4, at most one previous node, bundle age and hop count block.
            Accepted, the first of each counts.
        hop_limit_out_of_range: 4.4.3, "the hop limit MUST be in the range 1 through 255".
        zero_time_without_age: 4.4.2, a bundle without creation time "MUST contain exactly one" age
            block. Accepted, its age starts at reception.
        reserved_bundle_flags: 4.2.3, bits that are reserved or unassigned.
        reserved_block_flags: 4.2.4, the same for blocks.
        admin_record_asks_for_reports: 4.2.3, "all status report request flag values MUST be zero".
            Accepted, the requests are ignored.
        anonymous_with_flags: 4.2.3, a bundle from the null endpoint MUST say that it must not be
            fragmented and MUST NOT ask for reports. Accepted, it is treated as if it did so.
        block_asks_for_report: 4.2.4, "Transmit status report if block can't be processed" in a bundle
            that is anonymous or an administrative record. Accepted, the flag is ignored.
        node_id_not_singleton: 4.2.5.2 and 4.4.1, a source or previous node that is a group
            (``dtn://x/~y``), or a previous node that is the null endpoint.
        none_as_text: 4.2.5.1.1, ``dtn:none`` as the text "none", not the integer 0.
        loose_dtn_uri: 4.2.5.1.1, a dtn scheme-specific part that is not ``//name/demux``.
        unknown_uri_scheme: 4.2.5.1, an endpoint of another scheme than dtn and ipn.
        null_destination: 4.2.5.1.1, the null endpoint "never has any members", so nobody will ever get it.
        local_node: RFC 9758, ``ipn:!.N``, which means nothing beyond its own node.
    """

    definite_length_bundle: bool = False
    non_canonical_integers: bool = False
    trailing_bytes: bool = False
    missing_primary_crc: bool = False
    repeated_block_numbers: bool = False
    payload_not_number_one: bool = False
    repeated_extension_blocks: bool = False
    hop_limit_out_of_range: bool = False
    zero_time_without_age: bool = False
    # "Flags that are unrecognized MUST be ignored": refusing them is the departure.
    reserved_bundle_flags: bool = True
    reserved_block_flags: bool = True
    admin_record_asks_for_reports: bool = False
    anonymous_with_flags: bool = False
    # Nodes set block flags by the kind of block, not by the bundle; ignoring the flag is what zero means.
    block_asks_for_report: bool = True
    node_id_not_singleton: bool = False
    none_as_text: bool = False
    loose_dtn_uri: bool = False
    # "The set of allowable schemes is effectively unlimited" (4.2.5.1): carry what we can't read.
    unknown_uri_scheme: bool = True
    # Nothing forbids it; the node keeps it until it expires, like any bundle without a route.
    null_destination: bool = True
    local_node: bool = False


DEFAULT = Policy()
STRICT = Policy(
    reserved_bundle_flags=False,
    reserved_block_flags=False,
    block_asks_for_report=False,
    unknown_uri_scheme=False,
    null_destination=False,
)
TOLERANT = Policy(**dict.fromkeys(Policy.__struct_fields__, True))

# 64 MiB hold a quarter of an hour of video, and eight such bundles at once fit a small computer.
# Unknown endpoint schemes nest at most 8 deep. Five blocks are usual, and each block with a
# security operation adds one or two: past 64 someone is filling memory with headers.
LIMITS = DecodingLimits(size=64 * 2**20, depth=8, count=64)
