"""The handshake of a TCPCL session: contact headers, then SESS_INIT, and what both agree on (RFC 9174, 4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from starlight.errors import LinkError
from starlight.links import tcpcl_messages as wire
from starlight.links.link import ClockReading
from starlight.links.tcpcl_config import TcpclConfig
from starlight.links.tcpcl_extensions import (
    CLOCK_EXTENSION,
    GREETING_EXTENSION,
    GREETING_MAX,
    Extension,
    clock_reading,
    read_items,
    u64,
    write_items,
)
from starlight.links.tcpcl_messages import ContactHeader, SessInit, TermReason

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[\x21-\x7e]*")
"""A URI as far as a link cares (RFC 3986, 3.1): a scheme, then no space, control or non-ASCII character."""


class Agreement(NamedTuple):
    """The parameters of an established session, as both sides have negotiated them (RFC 9174, 4.7).

    Attributes:
        peer_node_id: as the peer says it, unauthenticated (4.6); empty when it does not say.
        keepalive_s: the smaller of both intervals; 0 for none.
        segment_mtu, transfer_mtu: the largest that the peer takes, in octets.
        clock: the reading that the peer told, between two of ours; None where either side told none.
        greeting: what the peer's node tells ours; empty for nothing.
    """

    peer_node_id: str
    keepalive_s: int
    segment_mtu: int
    transfer_mtu: int
    clock: ClockReading | None = None
    greeting: bytes = b""


class Handshake:
    """The part of one side in beginning a session.

    Args:
        config: what we offer.
        passive: the peer opened the connection, so it speaks first (RFC 9174, 4.1).
        out: where what we say is appended.
        read_clock: returns mission time in ns; None tells the peer no time.
        greet: returns what our node tells the one of a node id, empty for nothing; None tells nothing.

    Attributes:
        greeted: our contact header is on its way. Nothing may precede it, not even SESS_TERM (RFC 9174, 6.1).
    """

    def __init__(
        self,
        config: TcpclConfig,
        *,
        passive: bool,
        out: list[bytes],
        read_clock: Callable[[], int] | None = None,
        greet: Callable[[str], bytes] | None = None,
    ) -> None:
        self._config = config
        self._passive = passive
        self._out = out
        self._read_clock = read_clock
        self._greet_peer = greet
        self._asked_at: int | None = None  # when we wrote what the peer's SESS_INIT answers
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
            self._send_init(self._config.require_peer_node_id or "")

    def take_init(self, init: SessInit) -> Agreement:
        """Answer the peer's SESS_INIT where ours is still due; return what is agreed on.

        Raises:
            LinkError: what the peer offers is no good; its code is "Contact Failure".
        """
        before, after = self._asked_at, self._now()
        if self._passive:
            # By the name that it says: who calls is not known otherwise, and strangers are told nothing.
            self._send_init(init.node_id.decode("utf-8", "replace"))
        return negotiate(self._config, init, before, after)

    def _now(self) -> int | None:
        return None if self._read_clock is None else self._read_clock()

    def _greet(self) -> None:
        self.greeted = True
        self._asked_at = self._now()  # the active side's SESS_INIT answers our contact header (4.3)
        self._out.append(wire.contact_header())

    def _send_init(self, peer: str) -> None:
        config, now = self._config, self._now()
        if not self._passive:
            self._asked_at = now  # the passive side's SESS_INIT answers ours (4.5)
        told: tuple[Extension, ...] = () if now is None else (clock_reading(now),)
        greeting = self._greet_peer(peer) if self._greet_peer else b""
        # One that is too long would cost the session, and is worth less.
        if 0 < len(greeting) <= GREETING_MAX:
            told += (Extension(GREETING_EXTENSION, greeting),)
        self._out.append(
            wire.sess_init(
                config.keepalive_s,
                config.segment_mru,
                config.transfer_mru,
                config.node_id.encode(),
                write_items(told),
            )
        )


def negotiate(
    config: TcpclConfig, init: SessInit, before: int | None = None, after: int | None = None
) -> Agreement:
    """Return what a session runs with, from our preferences and the peer's.

    Args:
        config: our preferences.
        init: the peer's.
        before, after: our clock's readings between which the peer's was made, in ns; None for none.

    Raises:
        LinkError: the peer's are no good; its code is "Contact Failure".
    """
    node_id = _checked_node_id(init.node_id, config.require_peer_node_id)
    try:
        items = read_items(init.items)
    except LinkError as fault:
        raise LinkError(fault.rule, TermReason.CONTACT_FAILURE) from None
    for item in items:
        if item.critical:  # Ours never is, so each critical one is unknown (4.8).
            raise LinkError(
                f"critical session extension {item.type:#06x} is unknown (4.8)", TermReason.CONTACT_FAILURE
            )
    if init.segment_mru < config.min_peer_segment_mru or init.transfer_mru < config.min_peer_transfer_mru:
        raise LinkError("the peer's MRU is unacceptable (4.7)", TermReason.CONTACT_FAILURE)
    # "the minimum of the two Keepalive Interval values"; the MTUs "are identical to" the peer's MRUs (4.7).
    keepalive_s = min(config.keepalive_s, init.keepalive_s)
    clock = _told_clock(items, before, after)
    greeting = next((item.data for item in items if item.type == GREETING_EXTENSION), b"")
    return Agreement(node_id, keepalive_s, init.segment_mru, init.transfer_mru, clock, greeting)


def _told_clock(items: tuple[Extension, ...], before: int | None, after: int | None) -> ClockReading | None:
    """Return the reading of the peer's clock; what has our number and is none is another's, and skipped."""
    if before is None or after is None:
        return None
    for item in items:
        if item.type == CLOCK_EXTENSION and len(item.data) == 8:
            return ClockReading(before, u64(item), after)
    return None


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
