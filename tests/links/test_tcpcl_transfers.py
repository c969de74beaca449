"""Transfers: segments, acknowledgements and their order, refusals, extension items, limits."""

import pytest
from tests.links.helpers import (
    KEEPALIVE,
    Pair,
    ack,
    all_of,
    drain,
    ended,
    failed,
    item,
    opened,
    refuse,
    reject,
    segment,
    sess_init,
)

from starlight.links import (
    Flight,
    LinkEstablished,
    LinkEvent,
    MessageRejected,
    Refusal,
    TcpclConfig,
    TransferAcknowledged,
    TransferReceived,
    TransferRefused,
)
from starlight.links.tcpcl_messages import RefuseReason, RejectReason
from starlight.links.tcpcl_state import SessionState

LENGTH = 0x0001


def total(octets: int) -> bytes:
    return item(LENGTH, octets.to_bytes(8, "big"))


# What we send.


def test_a_small_transfer_is_one_segment() -> None:
    """ "In the case where an entire transfer is accomplished in a single segment, both the 'START' and
    'END' flags SHALL be set to 1" (RFC 9174, 5.2.2); Transfer Length "SHOULD NOT be present" then
    (5.2.5.1)."""
    session = opened()
    assert session.send(b"bundle", 0) == 0
    assert session.backlog_bytes == 6
    assert session.data_to_send() == segment(0, b"bundle")
    assert session.backlog_bytes == 0
    assert session.data_to_send() == b""
    assert session.receive_data(ack(0, 6), 0) == [TransferAcknowledged(0)]


def test_a_transfer_longer_than_the_peers_segment_mru_is_cut() -> None:
    """ "each segment MUST NOT be larger than the receiving entity's maximum receive unit" (RFC 9174, 5.2);
    the first announces the whole length (5.2.5.1)."""
    session = opened(peer=sess_init(segment_mru=64))
    data = bytes(range(150))
    session.send(data, 0)
    assert drain(session) == (
        segment(0, data[:64], end=False, items=total(150))
        + segment(0, data[64:128], start=False, end=False)
        + segment(0, data[128:], start=False)
    )
    assert session.receive_data(ack(0, 64, end=False) + ack(0, 128, start=False, end=False), 0) == []
    assert session.receive_data(ack(0, 150, start=False), 0) == [TransferAcknowledged(0)]


def test_a_transfer_of_exactly_the_mru_is_one_segment() -> None:
    """Segments are cut at the MRU, not before it."""
    session = opened(peer=sess_init(segment_mru=64))
    session.send(bytes(64), 0)
    assert drain(session) == segment(0, bytes(64))


def test_transfer_ids_count_from_zero() -> None:
    """ "The initial Transfer ID from each entity is zero and subsequent Transfer ID values are incremented
    from the prior Transfer ID value by one" (RFC 9174, 5.2.1)."""
    session = opened()
    assert [session.send(bytes((i,)), 0) for i in range(3)] == [0, 1, 2]
    assert drain(session) == segment(0, b"\0") + segment(1, b"\1") + segment(2, b"\2")


def test_the_last_transfer_id_ends_the_session() -> None:
    """ "Upon exhaustion of the entire 64-bit Transfer ID space, the sending entity SHALL terminate the
    session with SESS_TERM reason code 'Resource Exhaustion'" (RFC 9174, 5.2.1)."""
    session = opened()
    session._transfers.outgoing._next_id = 2**64 - 1
    assert session.send(b"last", 0) == 2**64 - 1
    assert session.state is SessionState.ENDING
    assert drain(session) == b"\x05\x00\x05"


def test_transfers_are_pipelined_and_acknowledged_in_any_order_of_arrival() -> None:
    """ "it is also possible to pipeline multiple XFER_SEGMENT messages for different bundles without
    necessarily waiting for XFER_ACK messages" (RFC 9174, 3.7)."""
    session = opened(max_transfers_under_way=5)
    for i in range(5):
        session.send(bytes(10 + i), 0)
    assert session.free_transfers == 0
    drain(session)
    events = session.receive_data(b"".join(ack(i, 10 + i) for i in (3, 0, 1, 4, 2)), 0)
    assert events == [TransferAcknowledged(i) for i in (3, 0, 1, 4, 2)]
    assert session.free_transfers == 5


def test_an_empty_transfer_is_a_transfer() -> None:
    """A data length of zero is a length (RFC 9174, 5.2.2)."""
    pair = Pair().run()
    pair.active.send(b"", 0)
    pair.run()
    assert pair.of(pair.passive, TransferReceived) == [TransferReceived(0, b"")]
    assert pair.of(pair.active, TransferAcknowledged) == [TransferAcknowledged(0)]


def test_a_write_is_bounded() -> None:
    """A queue of large transfers is not copied before it can be written: one call gives about
    `write_size`."""
    session = opened(segment_size=1000, write_size=4000)
    for _ in range(10):
        session.send(bytes(3000), 0)
    sizes = []
    while part := session.data_to_send():
        sizes.append(len(part))
    assert max(sizes) < 4000 + 1000 + 40
    assert len(sizes) >= 7
    assert session.backlog_bytes == 0


def test_extension_items_go_with_the_first_segment() -> None:
    """ "The Transfer Extension Length and Transfer Extension Item fields SHALL only be present when the
    'START' flag is set to 1" (RFC 9174, 5.2.2)."""
    session = opened(peer=sess_init(segment_mru=64))
    session.send(bytes(70), 0, Flight(0, 77, 0))
    session.send(b"x", 0)
    ours = item(0x8A57, (77).to_bytes(8, "big"))
    assert drain(session) == (
        segment(0, bytes(64), end=False, items=total(70) + ours)
        + segment(0, bytes(6), start=False)
        + segment(1, b"x")
    )


def test_the_departure_reaches_the_other_side() -> None:
    """The departure extension says to the nanosecond when the last byte left."""
    pair = Pair().run()
    pair.active.send(b"x", 0, Flight(0, 2**60 + 1, 0))
    pair.run()
    (received,) = pair.of(pair.passive, TransferReceived)
    assert received.last_byte == 2**60 + 1


BAD_ACKS = {
    "never begun": (ack(7, 0), RejectReason.UNEXPECTED),
    "more than sent": (ack(0, 151), RejectReason.UNSUPPORTED),
    "final but short": (ack(0, 149), RejectReason.UNSUPPORTED),
    "less than before": (ack(0, 64, end=False) + ack(0, 63, end=False), RejectReason.UNSUPPORTED),
}


@pytest.mark.parametrize(("octets", "reason"), BAD_ACKS.values(), ids=BAD_ACKS.keys())
def test_an_acknowledgement_that_fits_nothing_is_rejected(octets: bytes, reason: RejectReason) -> None:
    """ "an XFER_ACK message with an unknown Transfer ID" is answered with "Message Unexpected" (RFC 9174,
    5.1.2); "Message Unsupported" says that "the TCPCL entity cannot comply with the message contents"
    (table 4)."""
    session = opened()
    session.send(bytes(150), 0)
    drain(session)
    assert session.receive_data(octets, 0) == []
    assert drain(session) == reject(reason, 2)
    assert session.receive_data(ack(0, 150), 0) == [TransferAcknowledged(0)]


def test_a_final_acknowledgement_before_the_end_is_rejected() -> None:
    """A final XFER_ACK acknowledges a segment with END, which was not sent yet."""
    session = opened(segment_size=100, write_size=50)
    session.send(bytes(150), 0)
    session.data_to_send()
    assert session.receive_data(ack(0, 100), 0) == []
    assert session.data_to_send().startswith(reject(2, 2))


REFUSALS = [
    Refusal.UNKNOWN,
    Refusal.COMPLETED,
    Refusal.NO_RESOURCES,
    Refusal.RETRY,  # Retransmit
    Refusal.NOT_ACCEPTABLE,
    Refusal.NOT_ACCEPTABLE,  # Extension Failure: it would fail again
    Refusal.RETRY,  # Session Terminating
    Refusal.UNKNOWN,
]


@pytest.mark.parametrize("reason", range(8))
def test_a_refusal_stops_the_transfer(reason: int) -> None:
    """ "The sender MUST NOT commence transmission of any further segments of the refused bundle" (RFC
    9174, 5.2.4); a reason "not decodable" is Unknown."""
    session = opened(segment_size=100, write_size=50)
    session.send(bytes(250), 0)
    session.send(b"next", 0)
    session.data_to_send()
    assert session.receive_data(refuse(0, reason), 0) == [TransferRefused(0, REFUSALS[reason])]
    assert session.backlog_bytes == 4
    assert drain(session) == segment(1, b"next")


def test_repeated_refusals_and_crossing_acknowledgements_are_no_error() -> None:
    """ "subsequent segments of the bundle SHALL also be refused" (RFC 9174, 5.2.4), so a transfer may be
    refused more than once; what is not known as refused is unexpected (5.1.2)."""
    session = opened(segment_size=100)
    session.send(bytes(250), 0)
    drain(session)
    events = session.receive_data(refuse(0, 2) * 3 + ack(0, 100, end=False), 0)
    assert events == [TransferRefused(0, Refusal.NO_RESOURCES)]
    assert drain(session) == b""
    session.receive_data(refuse(1, 2), 0)
    assert drain(session) == reject(3, 3)


def test_refused_transfers_are_not_remembered_for_ever() -> None:
    """A peer that refuses everything makes us hold a bounded memory of it."""
    session = opened()
    for i in range(1100):
        session.send(b"", 0)
        drain(session)
        session.receive_data(refuse(i, 1), 0)
    assert len(session._transfers.outgoing._refused) == 1024
    assert session.receive_data(refuse(1099, 1), 0) == []
    assert drain(session) == b""


# What we receive.


def test_each_segment_is_acknowledged_with_its_flags_and_the_sum() -> None:
    """ "The acknowledged length of each XFER_ACK contains the sum of the data length fields of all
    XFER_SEGMENT messages received so far"; its example: "lengths 100, 200, 500, and 1000" give 100, 300,
    800 and 1800; the flags "match the corresponding XFER_SEGMENT ... (including flags not decodable to the
    entity)" (RFC 9174, 5.2.3)."""
    session = opened()
    sizes = (100, 200, 500, 1000)
    data = [bytes((i,)) * size for i, size in enumerate(sizes)]
    events = []
    for i, part in enumerate(data):
        events += session.receive_data(segment(9, part, start=i == 0, end=i == 3, flags=0x80), 0)
    assert events == [TransferReceived(9, b"".join(data))]
    acks = [
        ack(9, 100, end=False, flags=0x80),
        ack(9, 300, start=False, end=False, flags=0x80),
        ack(9, 800, start=False, end=False, flags=0x80),
    ]
    assert drain(session) == b"".join(acks)
    assert session.unanswered == 1
    session.acknowledge(9, 0)
    assert session.unanswered == 0
    assert drain(session) == ack(9, 1800, start=False, flags=0x80)


def test_answers_leave_in_the_order_of_their_segments() -> None:
    """ "The receiver MUST, for each transfer preceding the one to be refused, have either acknowledged all
    XFER_SEGMENT messages or refused the bundle transfer" (RFC 9174, 5.2.4)."""
    session = opened()
    critical = item(0x9999, b"", critical=True)
    events = session.receive_data(
        segment(0, b"zero")
        + segment(1, b"one", items=critical)
        + segment(2, b"two")
        + segment(3, b"three", end=False)
        + segment(3, b"!", start=False),
        0,
    )
    assert [event.transfer for event in all_of(events, TransferReceived)] == [0, 2, 3]
    assert drain(session) == b""
    session.acknowledge(3, 0)
    session.acknowledge(2, 0)
    assert drain(session) == b""
    session.acknowledge(0, 0)
    assert drain(session) == ack(0, 4) + refuse(1, 5) + ack(2, 3) + ack(3, 5, end=False) + ack(
        3, 6, start=False
    )


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (Refusal.COMPLETED, RefuseReason.COMPLETED),
        (Refusal.NO_RESOURCES, RefuseReason.NO_RESOURCES),
        (Refusal.NOT_ACCEPTABLE, RefuseReason.NOT_ACCEPTABLE),
        (Refusal.RETRY, RefuseReason.RETRANSMIT),
        (Refusal.UNKNOWN, RefuseReason.UNKNOWN),
    ],
)
def test_a_whole_transfer_can_be_refused(reason: Refusal, code: RefuseReason) -> None:
    """ "A XFER_REFUSE can also be used after the bundle header or any bundle data is inspected by an agent
    and determined to be unacceptable" (RFC 9174, 5.2.4)."""
    session = opened()
    session.receive_data(segment(5, b"not a bundle"), 0)
    session.refuse(5, reason, 0)
    assert drain(session) == refuse(5, code)
    with pytest.raises(ValueError, match="waits"):
        session.acknowledge(5, 0)


ITEMS = {
    "unknown and critical": (item(0x9999, b"?", critical=True), RefuseReason.EXTENSION_FAILURE),
    "the list disagrees": (b"\x00\x00", RefuseReason.EXTENSION_FAILURE),
    "Transfer Length twice": (total(9) + total(9), RefuseReason.EXTENSION_FAILURE),
    "Transfer Length not u64": (item(LENGTH, b"\x09"), RefuseReason.EXTENSION_FAILURE),
    "departure not u64": (item(0x8A57, b"\x09"), RefuseReason.EXTENSION_FAILURE),
    "beyond our MRU": (total(1001), RefuseReason.NO_RESOURCES),
}


@pytest.mark.parametrize(("items", "reason"), ITEMS.values(), ids=ITEMS.keys())
def test_items_that_are_no_good_refuse_the_transfer(items: bytes, reason: RefuseReason) -> None:
    """An unknown critical item: "SHALL refuse the transfer with an XFER_REFUSE reason code of 'Extension
    Failure'" (RFC 9174, 5.2.5); each further segment is refused too (5.2.4), and the next transfer is
    taken."""
    session = opened(transfer_mru=1000)
    octets = segment(0, b"abc", end=False, items=items) + segment(0, b"def", start=False, end=False)
    assert session.receive_data(octets, 0) == []
    assert drain(session) == refuse(0, reason) * 2
    # "the receiver does not receive a segment with the 'END' flag set to 1 for the aborted bundle" (5.2.4).
    assert session.receive_data(segment(1, b"next"), 0) == [TransferReceived(1, b"next")]


def test_unknown_items_that_are_not_critical_are_skipped() -> None:
    """ "If the CRITICAL flag is 0, an entity SHALL skip over and ignore any item with an unknown Item Type"
    (RFC 9174, 5.2.5)."""
    session = opened()
    items = item(0x9999, b"?") + item(0x8A57, bytes(8)) + item(2, b"")
    assert session.receive_data(segment(0, b"x", items=items), 0) == [TransferReceived(0, b"x", 0)]


@pytest.mark.parametrize(("announced", "sent"), [(9, (4, 4)), (7, (4, 4)), (3, (4, 4)), (0, (1,))])
def test_an_announced_length_is_authoritative(announced: int, sent: tuple[int, ...]) -> None:
    """If "the actual total length of bundle data received differs ..., the receiver SHALL treat the
    transmitted data as invalid and send an XFER_REFUSE with a Reason Code of 'Not Acceptable'" (RFC 9174,
    5.2.5.1)."""
    session = opened()
    octets = b""
    for i, size in enumerate(sent):
        first, last = i == 0, i == len(sent) - 1
        octets += segment(0, bytes(size), start=first, end=last, items=total(announced) if first else b"")
    assert session.receive_data(octets, 0) == []
    assert drain(session).endswith(refuse(0, RefuseReason.NOT_ACCEPTABLE))
    assert session.unanswered == 0


def test_an_announced_length_that_is_right_is_taken() -> None:
    """Transfer Length and the data agree (RFC 9174, 5.2.5.1)."""
    session = opened()
    assert session.receive_data(segment(0, bytes(9), items=total(9)), 0) == [TransferReceived(0, bytes(9))]


def test_a_transfer_beyond_our_mru_is_refused_when_it_passes_it() -> None:
    """Transfer MRU is "the largest allowable total-bundle data size to be received" (RFC 9174, 4.6)."""
    session = opened(transfer_mru=1000)
    session.receive_data(segment(0, bytes(1000), end=False), 0)
    assert drain(session) == ack(0, 1000, end=False)
    session.receive_data(segment(0, b"x", start=False), 0)
    assert drain(session) == refuse(0, RefuseReason.NO_RESOURCES)
    assert session.state is SessionState.ESTABLISHED


def test_a_segment_beyond_our_mru_ends_the_session() -> None:
    """ "Any XFER_SEGMENT sent to this peer SHALL have a data payload no longer than the peer's Segment MRU"
    (RFC 9174, 4.6): who ignores that can't be stopped any other way (7.10)."""
    session = opened(segment_mru=100)
    end = ended(session.receive_data(segment(0, bytes(101))[:22], 0))
    assert end.by_peer
    assert drain(session) == b"\x05\x00\x05"


def test_items_beyond_our_limit_end_the_session() -> None:
    """A list of items beyond the limit is not waited for."""
    session = opened(max_items=100)
    assert ended(session.receive_data(segment(0, b"", items=bytes(101))[:14], 0)).by_peer
    assert drain(session) == b"\x05\x00\x05"


def test_segments_of_transfers_are_not_interleaved() -> None:
    """ "they MUST be transmitted consecutively without interleaving of segments from multiple bundles"
    (RFC 9174, 5.2); what breaks in is rejected (5.1.2), and the transfer in progress goes on."""
    session = opened()
    session.receive_data(segment(0, b"a", end=False), 0)
    drain(session)
    session.receive_data(segment(1, b"intruder") + segment(1, b"?", start=False) + segment(0, b"again"), 0)
    assert drain(session) == reject(3, 1) * 3
    assert session.receive_data(segment(0, b"b", start=False), 0) == [TransferReceived(0, b"ab")]


def test_a_segment_without_a_start_is_rejected() -> None:
    """ "The 'START' flag SHALL be set to 1 when transmitting the first segment of a transfer" (RFC 9174,
    5.2.2)."""
    session = opened()
    assert session.receive_data(segment(0, b"data", start=False), 0) == []
    assert drain(session) == reject(3, 1)


def test_a_transfer_id_in_use_is_rejected() -> None:
    """ "Transfer IDs from each entity SHALL be unique within a single TCPCL session" (RFC 9174, 5.2.1)."""
    session = opened()
    session.receive_data(segment(0, b"one") + segment(0, b"two"), 0)
    assert drain(session) == reject(3, 1)
    session.acknowledge(0, 0)
    assert drain(session) == ack(0, 3)


def test_too_many_unanswered_transfers_are_refused() -> None:
    """ "A XFER_REFUSE can be used in cases where the agent's bundle storage is temporarily depleted"
    (5.2.4)."""
    session = opened(max_unanswered=2)
    session.receive_data(b"".join(segment(i, b"x") for i in range(3)), 0)
    assert session.unanswered == 2
    session.acknowledge(0, 0)
    session.acknowledge(1, 0)
    assert drain(session) == ack(0, 1) + ack(1, 1) + refuse(2, RefuseReason.NO_RESOURCES)


def test_a_peer_that_asks_for_endless_answers_is_left() -> None:
    """A peer that sends empty segments and reads nothing makes us hold a bounded number of answers."""
    session = opened(max_answers_held=50)
    octets = segment(0, end=False) + segment(0, start=False, end=False) * 60
    assert ended(session.receive_data(octets, 0)).by_peer
    assert drain(session).endswith(b"\x05\x00\x05")


def test_a_peer_that_sends_nonsense_is_left_in_the_end() -> None:
    """A MSG_REJECT "is not expected to be seen in a well-functioning session" (RFC 9174, 5.1.2); we send
    16."""
    session = opened()
    assert ended(session.receive_data(sess_init() * 17 + KEEPALIVE, 0)).by_peer
    assert drain(session) == reject(3, 7) * 17 + b"\x05\x00\x05"


def test_a_peer_that_only_rejects_is_left_in_the_end() -> None:
    """So it is with the peer's: each costs it three octets, and us a line of the trace."""
    session = opened()
    events = session.receive_data(reject(3, 4) * 10_000, 0)
    assert ended(events).by_peer
    assert len(events) == 17 + 1
    assert drain(session) == b"\x05\x00\x05"


def test_an_unknown_message_closes_the_connection() -> None:
    """ "the entity SHALL send a MSG_REJECT message with a Reason Code of 'Message Type Unknown' and close
    the TCP connection" (RFC 9174, 5.1.2)."""
    for kind in (0x00, 0x08, 0xF0, 0xFF):
        session = opened()
        assert ended(session.receive_data(bytes((kind,)) + segment(0, b"x"), 0)).by_peer
        assert drain(session) == reject(1, kind)


def test_a_rejection_is_told_and_ends_the_session_where_a_transfer_is_lost() -> None:
    """A MSG_REJECT is "to aid in troubleshooting bad entity behavior" (RFC 9174, 5.1.2)."""
    session = opened()
    assert session.receive_data(reject(2, 4) + reject(9, 2), 0) == [
        MessageRejected("KEEPALIVE: unsupported"),
        MessageRejected("XFER_ACK: unknown"),
    ]
    session.send(b"x", 0)
    drain(session)
    events = session.receive_data(reject(3, 1), 0)
    assert events[0] == MessageRejected("XFER_SEGMENT: unexpected")
    assert failed(events) == [0]
    assert drain(session) == b"\x05\x00\x00"


# Both ways at once, many at a time.


@pytest.mark.parametrize("step", [1, 13, 0])
@pytest.mark.parametrize("segment_mru", [64, 1000, 2**20])
def test_many_transfers_cross(step: int, segment_mru: int) -> None:
    """ "Both sides can start sending data segments in a session" (RFC 9174, 3.2), and every one arrives,
    once."""
    config = TcpclConfig("ipn:1.0", segment_mru=segment_mru)
    pair = Pair(step=step, active=config, passive=config).run()
    bodies = [bytes((i,)) * (i * 7 % 300) for i in range(60)]
    for body in bodies:
        pair.active.send(body, 0)
        pair.passive.send(body[::-1], 0)
    pair.run()
    for session in (pair.active, pair.passive):
        assert [event.data for event in pair.of(session, TransferReceived)] == bodies
        assert [event.transfer for event in pair.of(session, TransferAcknowledged)] == list(range(60))
        assert session.free_transfers == 1024
    assert isinstance(pair.heard[pair.active][0], LinkEstablished)


def test_large_transfers_cross() -> None:
    """Several megabytes cross in bounded writes, whole."""
    pair = Pair(step=65_536).run()
    bodies = [bytes((i,)) * 3_000_000 for i in range(4)]
    for body in bodies:
        pair.active.send(body, 0)
    pair.run()
    assert [event.data for event in pair.of(pair.passive, TransferReceived)] == bodies
    assert max(len(data) for _, data in pair.wire) < 2**20


def test_octet_by_octet_is_linear() -> None:
    """A megabyte handed over octet by octet is taken in linear time: each is looked at a bounded number of
    times."""
    session = opened(transfer_mru=2**20)
    octets = segment(0, bytes(2**20))
    events: list[LinkEvent] = []
    for octet in octets:
        events += session.receive_data(bytes((octet,)), 0)
    assert [len(event.data) for event in all_of(events, TransferReceived)] == [2**20]
