"""The configuration of a TCPCL session (RFC 9174): what it offers, and its limits."""

from __future__ import annotations

import msgspec

KIB = 1024
MIB = 1024 * KIB


class TcpclConfig(msgspec.Struct, frozen=True):
    """The way in which one entity runs a session. TLS is not offered: the contact header's CAN_TLS is 0.

    Attributes:
        node_id: ours, a URI such as ``ipn:7.0``; empty tells the peer nothing (RFC 9174, 4.6).
        require_peer_node_id: end a session whose peer says another; None takes any.
        keepalive_s: the interval that we offer; the smaller of the two counts, 0 disables. RFC 9174,
            5.1.1 wants 30 s to 600 s on a shared network; 60 s notices a dead peer in two minutes.
        segment_mru: the largest segment that we take, in octets. A segment is streamed, so this
            bounds nothing but the wait of a message behind it.
        transfer_mru: the largest transfer that we take, in octets; it bounds the memory of a session,
            which holds one unfinished transfer.
        segment_size: the largest segment that we send. Messages can't be interrupted (RFC 9174, 6.1),
            so an acknowledgement waits for one segment at most; 256 KiB is 2 ms at 1 Gbit/s.
        write_size: about how much `data_to_send` returns at once: enough to fill a socket's buffer,
            little enough that a queue of large bundles isn't copied before it can be written.
        max_transfers_under_way: transfers of ours that are queued or not yet acknowledged. It bounds
            what is sent twice when the connection falls.
        max_unanswered: received transfers that we have not yet acknowledged or refused. More than
            one group commit's worth means that our store has stalled; further ones are refused
            with "No Resources".
        contact_timeout_s: how long to wait for a contact header, at most a minute (RFC 9174, 4.1),
            and then again for a SESS_INIT.
        idle_timeout_s: after how long a silent peer is given up; None for twice the negotiated
            keepalive (RFC 9174, 5.1.1).
        idle_session_s: after how long without anything but KEEPALIVE a session is ended cleanly
            (RFC 9174, 6.2); 0 for never.
        ending_timeout_s: how long the transfers in progress may take once SESS_TERM was sent; a peer
            that died meanwhile would otherwise hold the session for ever.
        max_node_id: octets of a peer's node id; URIs beyond 1 KiB are nobody's names.
        max_items: octets of a list of extension items; "SHOULD avoid the use of large data
            lengths" (RFC 9174, 4.8), and they are held whole.
        max_rejects: messages that we or the peer reject before we end the session. A MSG_REJECT "is not
            expected to be seen in a well-functioning session" (RFC 9174, 5.1.2); each of ours is an answer
            that the peer makes us hold, and each of the peer's a line of our trace for three octets.
        max_answers_held: answers that wait for an earlier transfer's, and octets of answers that the
            driver has not yet taken, in units of 18: what a peer that sends empty segments and never
            reads can make us hold.
        min_peer_segment_mru: a peer that takes less makes us spend more on heads than on data, the
            "data dribble" of RFC 9174, 7.10.
        min_peer_transfer_mru: a peer that takes less can't be sent even a small bundle.
    """

    node_id: str
    require_peer_node_id: str | None = None
    keepalive_s: int = 60
    segment_mru: int = 16 * MIB
    transfer_mru: int = 64 * MIB
    segment_size: int = 256 * KIB
    write_size: int = 512 * KIB
    max_transfers_under_way: int = 1024
    max_unanswered: int = 4096
    contact_timeout_s: int = 30
    idle_timeout_s: int | None = None
    idle_session_s: int = 0
    ending_timeout_s: int = 30
    max_node_id: int = 1024
    max_items: int = 4096
    max_rejects: int = 16
    max_answers_held: int = 65_536
    min_peer_segment_mru: int = 64
    min_peer_transfer_mru: int = 256

    def __post_init__(self) -> None:
        """Check what would otherwise fail on the wire.

        Raises:
            ValueError: a value does not fit its field, or its limit.
        """
        if len(self.node_id.encode()) > min(self.max_node_id, 0xFFFF):
            raise ValueError("the node id is too long for its limit")
        if not 0 <= self.keepalive_s <= 0xFFFF:
            raise ValueError("the keepalive interval is 0 to 65 535 s")
        if not 1 <= self.contact_timeout_s <= 60:
            raise ValueError("the contact timeout is 1 to 60 s (RFC 9174, 4.1)")
        if min(self.segment_mru, self.transfer_mru, self.segment_size, self.write_size) < 1:
            raise ValueError("sizes are at least 1 octet")
        if min(self.max_transfers_under_way, self.max_unanswered, self.ending_timeout_s) < 1:
            raise ValueError("limits are at least 1")
