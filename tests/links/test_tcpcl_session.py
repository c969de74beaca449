"""Contact headers, SESS_INIT, negotiation, and what ends a session before it is one."""

from typing import Any

import pytest
from tests.links.helpers import (
    CONTACT,
    KEEPALIVE,
    Pair,
    drain,
    ended,
    item,
    opened,
    reject,
    segment,
    sess_init,
    term,
)

from starlight.dtntime import SECOND
from starlight.links import LinkEstablished, Refusal, TcpclConfig, TcpclSession
from starlight.links.tcpcl_state import SessionState

OURS = sess_init(node_id="ipn:1.0")


def fresh(*, passive: bool, **config: Any) -> TcpclSession:
    return TcpclSession(TcpclConfig("ipn:1.0", **config), passive=passive, now=0)


def test_the_active_entity_speaks_first() -> None:
    """ "Once a TCP connection is established, the active entity SHALL immediately transmit its Contact
    Header" (RFC 9174, 4.1); it sends SESS_INIT once the peer's contact header has come (3.3)."""
    session = fresh(passive=False)
    assert session.data_to_send() == CONTACT
    assert session.receive_data(CONTACT, 0) == []
    assert session.data_to_send() == OURS
    assert session.receive_data(sess_init(), 0) == [LinkEstablished("ipn:2.0", 2**26)]
    assert session.data_to_send() == b""
    assert session.state is SessionState.ESTABLISHED


def test_the_passive_entity_waits() -> None:
    """ "the passive entity SHALL wait for the peer's Contact Header" (RFC 9174, 4.1), and for its
    SESS_INIT (3.3)."""
    session = fresh(passive=True)
    assert session.data_to_send() == b""
    session.receive_data(CONTACT, 0)
    assert session.data_to_send() == CONTACT
    assert session.receive_data(sess_init(), 0) == [LinkEstablished("ipn:2.0", 2**26)]
    assert session.data_to_send() == OURS


@pytest.mark.parametrize("step", [0, 1, 2, 7])
def test_two_of_ours_agree(step: int) -> None:
    """Both sides come up, however the wire cuts the octets."""
    pair = Pair(step=step).run()
    assert pair.of(pair.active, LinkEstablished)[0].peer_node_id == "ipn:2.0"
    assert pair.of(pair.passive, LinkEstablished)[0].peer_node_id == "ipn:1.0"


@pytest.mark.parametrize("passive", [True, False])
def test_a_peer_that_can_tls_gets_none(passive: bool) -> None:
    """Enable TLS is "the logical AND of the two Contact Headers' CAN_TLS flags" (RFC 9174, 4.3), and ours
    is 0; "All reserved header flag bits SHALL be ignored by the receiver" (4.2)."""
    session = fresh(passive=passive)
    events = session.receive_data(b"dtn!\x04\xff" + sess_init(), 0)
    assert isinstance(events[0], LinkEstablished)
    assert drain(session) == CONTACT + OURS


@pytest.mark.parametrize("data", [b"GET / HTTP/1.0\r\n\r\n", b"\x00", b"dtm!\x04\x00"])
@pytest.mark.parametrize("passive", [True, False])
def test_without_the_magic_the_connection_closes_silently(data: bytes, passive: bool) -> None:
    """If the magic string is invalid "an entity SHALL close the TCP connection without sending a SESS_TERM
    message" (RFC 9174, 6.1)."""
    session = fresh(passive=passive)
    drain(session)
    end = ended(session.receive_data(data, 0))
    assert end.by_peer
    assert drain(session) == b""
    assert session.state is SessionState.CLOSED


@pytest.mark.parametrize("version", [0, 3, 5, 255])
def test_the_passive_entity_refuses_another_version(version: int) -> None:
    """ "the entity SHALL send its Contact Header and immediately terminate the session with a reason code of
    'Version mismatch'" (RFC 9174, 4.3)."""
    session = fresh(passive=True)
    ended(session.receive_data(b"dtn!" + bytes((version, 0)), 0))
    assert drain(session) == CONTACT + term(2)


def test_the_active_entity_closes_on_a_lower_version() -> None:
    """ "If the active entity receives a Contact Header with a lower protocol version than the one sent
    earlier ..., the TCP connection SHALL be closed" (RFC 9174, 4.3)."""
    session = fresh(passive=False)
    drain(session)
    end = ended(session.receive_data(b"dtn!\x03\x00" + b"\x00\x3c", 0))
    assert end.by_peer
    assert drain(session) == b""


def test_keepalive_is_the_smaller_of_two() -> None:
    """Session Keepalive is "the minimum of the two Keepalive Interval values" (RFC 9174, 4.7)."""
    for ours, theirs in [(60, 30), (30, 60), (60, 0), (0, 60)]:
        session = fresh(passive=True, keepalive_s=ours)
        (up,) = session.receive_data(CONTACT + sess_init(keepalive=theirs), 0)
        assert isinstance(up, LinkEstablished)
        drain(session)
        assert session.next_wakeup() == (min(ours, theirs) * SECOND or None)


def test_an_absent_node_id_is_taken_unless_one_is_required() -> None:
    """ "A zero-length Node ID SHALL be used to indicate the lack of Node ID" (RFC 9174, 4.6)."""
    up = fresh(passive=True).receive_data(CONTACT + sess_init(node_id=""), 0)[0]
    assert isinstance(up, LinkEstablished)
    assert up.peer_node_id == ""
    session = fresh(passive=True, require_peer_node_id="ipn:2.0")
    end = ended(session.receive_data(CONTACT + sess_init(node_id=""), 0))
    assert end.reason == "the peer is nameless, not ipn:2.0"


def test_a_required_node_id_is_required() -> None:
    """A session with another node than the one meant ends with "Contact Failure"; RFC 9174, 4.6 leaves it
    to us."""
    session = fresh(passive=True, require_peer_node_id="ipn:2.0")
    assert isinstance(session.receive_data(CONTACT + sess_init(), 0)[0], LinkEstablished)
    session = fresh(passive=True, require_peer_node_id="ipn:3.0")
    ended(session.receive_data(CONTACT + sess_init(), 0))
    assert drain(session) == CONTACT + OURS + term(4)


FAULTS = {
    "not UTF-8": sess_init().replace(b"ipn:2.0", b"ipn:2.\xff"),
    "not a URI": sess_init(node_id="7 dwarfs"),
    "items that disagree": sess_init(items=b"\x00\x80"),
    "unknown critical item": sess_init(items=item(0x8001, b"?", critical=True)),
    "tiny segment MRU": sess_init(segment_mru=63),
    "tiny transfer MRU": sess_init(transfer_mru=255),
}


@pytest.mark.parametrize("peer", FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("passive", [True, False])
def test_a_sess_init_that_is_no_good_ends_in_contact_failure(peer: bytes, passive: bool) -> None:
    """A critical unknown item, an unacceptable MRU or an undecodable SESS_INIT: "terminate the session with a
    reason code of 'Contact Failure'" (RFC 9174, 4.6 to 4.8)."""
    session = fresh(passive=passive)
    end = ended(session.receive_data(CONTACT + peer + KEEPALIVE * 3, 0))
    assert end.by_peer
    assert not end.clean
    assert drain(session) == CONTACT + OURS + term(4)


def test_a_sess_init_beyond_the_limits_is_answered_from_its_length() -> None:
    """A node id or an item list beyond its limit ends the session before it is waited for."""
    for peer in (sess_init(node_id="ipn:" + "1" * 1021)[:21], sess_init(items=bytes(4097))[:32]):
        session = fresh(passive=True)
        ended(session.receive_data(CONTACT + peer, 0))
        assert drain(session) == CONTACT + term(4)


def test_an_unknown_item_that_is_not_critical_is_skipped() -> None:
    """ "If the CRITICAL flag is 0, an entity SHALL skip over and ignore any item with an unknown Item Type"
    (RFC 9174, 4.8)."""
    assert opened(peer=sess_init(items=item(0x8001, b"?") + item(1, b""))).state is SessionState.ESTABLISHED


def test_a_peer_may_refuse_the_session_instead() -> None:
    """ "A SESS_TERM message can also be used to refuse a session setup by a peer" (RFC 9174, 3.2)."""
    session = fresh(passive=False)
    end = ended(session.receive_data(CONTACT + term(3), 0))
    assert end.by_peer
    assert drain(session) == CONTACT + OURS + term(3, reply=True)


def test_what_comes_before_sess_init_is_unexpected() -> None:
    """A message "inappropriate for the current session state" is rejected as "Message Unexpected" (RFC 9174,
    5.1.2), the data of a segment with it; the session can still come up."""
    session = fresh(passive=True)
    events = session.receive_data(
        CONTACT + segment(0, b"\x07" * 30) + segment(1) + KEEPALIVE + sess_init(), 0
    )
    assert [type(event) for event in events] == [LinkEstablished]
    assert drain(session) == CONTACT + reject(3, 1) * 2 + reject(3, 4) + OURS


@pytest.mark.parametrize("passive", [True, False])
def test_no_contact_header_in_time_closes(passive: bool) -> None:
    """ "If the passive entity does not receive a Contact Header after some implementation-defined time
    duration ..., the entity SHALL close the TCP connection" (RFC 9174, 4.1)."""
    session = fresh(passive=passive)
    drain(session)
    session.receive_data(b"dtn", 29 * SECOND)
    assert session.next_wakeup() == 30 * SECOND
    assert session.handle_timer(30 * SECOND - 1) == []
    ended(session.handle_timer(30 * SECOND))
    assert drain(session) == b""
    assert session.next_wakeup() is None


def test_no_sess_init_in_time_terminates() -> None:
    """Waiting for SESS_INIT, a timeout leads to session termination (RFC 9174, 3.3, figures of session
    initiation)."""
    session = fresh(passive=True)
    session.receive_data(CONTACT + b"\x07\x00", 20 * SECOND)
    drain(session)
    assert session.next_wakeup() == 50 * SECOND
    ended(session.handle_timer(50 * SECOND))
    assert drain(session) == term(1)


def test_the_connection_may_fall_at_any_time() -> None:
    """The end of the connection ends the session once, in every state."""
    for data in (b"", b"dtn!", CONTACT, CONTACT + sess_init(), CONTACT + sess_init() + term(0)[:2]):
        session = fresh(passive=True)
        session.receive_data(data, 0)
        end = ended(session.receive_eof(1))
        assert end.by_peer
        assert not end.clean
        assert session.receive_eof(2) == []
        assert session.receive_data(CONTACT, 2) == []
        assert session.handle_timer(10**12) == []


def test_what_we_do_wrong_raises() -> None:
    """What the caller does wrong raises; it never reaches the wire."""
    session = fresh(passive=True)
    assert session.free_transfers == 0
    with pytest.raises(RuntimeError, match="free_transfers"):
        session.send(b"early", 0)
    session = opened(max_transfers_under_way=1, peer=sess_init(transfer_mru=256))
    assert session.transfer_max == 256
    with pytest.raises(ValueError, match="257 octets"):
        session.send(bytes(257), 0)
    session.send(b"x", 0)
    with pytest.raises(RuntimeError, match="free_transfers"):
        session.send(b"y", 0)
    with pytest.raises(ValueError, match="waits"):
        session.acknowledge(0, 0)
    with pytest.raises(ValueError, match="waits"):
        session.refuse(0, Refusal.UNKNOWN, 0)


@pytest.mark.parametrize(
    "bad",
    [
        {"keepalive_s": -1},
        {"keepalive_s": 65_536},
        {"contact_timeout_s": 61},
        {"segment_mru": 0},
        {"write_size": 0},
        {"max_unanswered": 0},
        {"max_node_id": 6},
    ],
)
def test_a_config_that_does_not_fit_the_wire_is_refused(bad: dict[str, Any]) -> None:
    """A value that would not fit its field, or its limit, is refused when the config is made."""
    with pytest.raises(ValueError, match=r".+"):
        TcpclConfig("ipn:1.0", **bad)
