"""The handshake of a TCPCL session: contact headers, then SESS_INIT, and what both agree on (RFC 9174, 4)."""

from __future__ import annotations

import re
from typing import NamedTuple

from starlight.errors import LinkError
from starlight.links import tcpcl_messages as wire
from starlight.links.tcpcl_config import TcpclConfig
from starlight.links.tcpcl_extensions import read_items
from starlight.links.tcpcl_messages import ContactHeader, SessInit, TermReason

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[\x21-\x7e]*")
"""A URI as far as a link cares (RFC 3986, 3.1): a scheme, then no space, control or non-ASCII character."""


class Agreement(NamedTuple):
    """The parameters of an established session, as both sides have negotiated them (RFC 9174, 4.7).

    Attributes:
        peer_node_id: as the peer says it, unauthenticated (4.6); empty when it does not say.
        keepalive_s: the smaller of both intervals; 0 for none.
        segment_mtu, transfer_mtu: the largest that the peer takes, in octets.
    """

    peer_node_id: str
    keepalive_s: int
    segment_mtu: int
    transfer_mtu: int


class Handshake:
    """The part of one side in beginning a session.

    Args:
        config: what we offer.
        passive: the peer opened the connection, so it speaks first (RFC 9174, 4.1).
        out: where what we say is appended.

    Attributes:
        greeted: our contact header is on its way. Nothing may precede it, not even SESS_TERM (RFC 9174, 6.1).
    """

    def __init__(self, config: TcpclConfig, *, passive: bool, out: list[bytes]) -> None:
        self._config = config
        self._passive = passive
        self._out = out
        self.greeted = False
        if not passive:
            self._greet()  # "SHALL immediately transmit" (4.1)

    def take_contact(self, header: ContactHeader) -> None:
        """Compare versions, and say what is ours to say next.

        Raises:
            LinkError: the peer speaks another version. Only the passive side answers that with a
                SESS_TERM; the active one learns it from the peer's, and closes (RFC 9174, 4.3).
        """
        if self._passive:
            self._greet()
        if header.version != wire.VERSION:
            if self._passive:
                fault = f"the peer speaks TCPCL version {header.version}"
                raise LinkError(f"{fault}, we speak 4 (4.3)", TermReason.VERSION_MISMATCH)
            raise LinkError(f"the peer answers in TCPCL version {header.version} (4.3)", TermReason.UNKNOWN)
        # Enable TLS is "the logical AND of the two" flags (4.3); ours is 0, so it is off.
        if not self._passive:
            self._send_init()

    def take_init(self, init: SessInit) -> Agreement:
        """Answer the peer's SESS_INIT where ours is still due; return what is agreed on.

        Raises:
            LinkError: what the peer offers is no good; its code is "Contact Failure".
        """
        if self._passive:
            self._send_init()
        return negotiate(self._config, init)

    def _greet(self) -> None:
        self.greeted = True
        self._out.append(wire.contact_header())

    def _send_init(self) -> None:
        config = self._config
        self._out.append(
            wire.sess_init(
                config.keepalive_s, config.segment_mru, config.transfer_mru, config.node_id.encode()
            )
        )


def negotiate(config: TcpclConfig, init: SessInit) -> Agreement:
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
    return Agreement(node_id, min(config.keepalive_s, init.keepalive_s), init.segment_mru, init.transfer_mru)


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
