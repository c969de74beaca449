"""What two SESS_INIT agree on (RFC 9174, 4.6 to 4.8)."""

from __future__ import annotations

import re

from starlight.errors import LinkError
from starlight.links.tcpcl_events import SessionUp, TcpclConfig
from starlight.links.tcpcl_messages import SessInit, TermReason, read_items

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[\x21-\x7e]*")
"""A URI as far as a link cares (RFC 3986, 3.1): a scheme, then no space, control or non-ASCII character."""


def negotiate(config: TcpclConfig, init: SessInit) -> SessionUp:
    """Return what a session runs with, from our preferences and the peer's.

    Raises:
        LinkError: the peer's are no good; its code is "Contact Failure".
    """
    node_id = _checked_node_id(init.node_id, config.require_peer_node_id)
    try:
        items = read_items(init.items)
    except LinkError as fault:
        raise LinkError(fault.rule, TermReason.CONTACT_FAILURE) from None
    for item in items:
        if item.critical:  # We know none, so each critical one is unknown (4.8).
            raise LinkError(
                f"critical session extension {item.type:#06x} is unknown (4.8)", TermReason.CONTACT_FAILURE
            )
    if init.segment_mru < config.min_peer_segment_mru or init.transfer_mru < config.min_peer_transfer_mru:
        raise LinkError("the peer's MRU is unacceptable (4.7)", TermReason.CONTACT_FAILURE)
    # "the minimum of the two Keepalive Interval values"; the MTUs "are identical to" the peer's MRUs (4.7).
    return SessionUp(node_id, min(config.keepalive_s, init.keepalive_s), init.segment_mru, init.transfer_mru)


def _checked_node_id(octets: bytes, required: str | None) -> str:
    try:
        node_id = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise LinkError("a node id is UTF-8 (4.6)", TermReason.CONTACT_FAILURE) from None
    if node_id and not _URI.fullmatch(node_id):
        raise LinkError("a node id is a URI (4.6)", TermReason.CONTACT_FAILURE)
    if required is not None and node_id != required:
        raise LinkError(f"the peer is {node_id or 'nameless'}, not {required}", TermReason.CONTACT_FAILURE)
    return node_id
