"""KEEPALIVE, timeouts, and the ways in which a session ends."""

import pytest
from tests.links.helpers import (
    CONTACT,
    KEEPALIVE,
    Pair,
    ack,
    drain,
    ended,
    failed,
    opened,
    refuse,
    reject,
    segment,
    sess_init,
    term,
)

from starlight.dtntime import SECOND
from starlight.links import (
    Closing,
    LinkEnded,
    Refusal,
    TcpclConfig,
    TcpclSession,
    TransferAcknowledged,
    TransferReceived,
)
from starlight.links.tcpcl_messages import TermReason
from starlight.links.tcpcl_state import SessionState


def test_keepalives_keep_an_idle_session() -> None:
    """ "Both sides SHALL send a KEEPALIVE message whenever the negotiated interval has elapsed with no
    transmission of any message (KEEPALIVE or other)" (RFC 9174, 5.1.1)."""
    pair = Pair(active=TcpclConfig("ipn:1.0", keepalive_s=30)).run()
    quiet = len(pair.wire)
    pair.pass_time(301)
    spoken = pair.wire[quiet:]
    assert {data for _, data in spoken} == {KEEPALIVE}
    assert [speaker for speaker, _ in spoken].count(pair.active) == 10
    assert [speaker for speaker, _ in spoken].count(pair.passive) == 10
    assert pair.active.state is SessionState.ESTABLISHED


def test_any_message_puts_the_keepalive_off() -> None:
    """The interval counts from the last transmission of any message (RFC 9174, 5.1.1)."""
    session = opened(now=0)
    assert session.next_wakeup() == 60 * SECOND
    session.send(b"x", 50 * SECOND)
    drain(session)
    session.receive_data(KEEPALIVE, 50 * SECOND)
    assert session.handle_timer(60 * SECOND) == []
    assert drain(session) == b""
    assert session.next_wakeup() == 110 * SECOND
    session.handle_timer(110 * SECOND)
    assert drain(session) == KEEPALIVE


def test_no_keepalive_is_added_to_what_waits() -> None:
    """Where octets wait to be written, a KEEPALIVE would say nothing more."""
    session = opened()
    session.send(b"x", 0)
    session.handle_timer(60 * SECOND)
    assert drain(session) == segment(0, b"x")


def test_a_keepalive_of_zero_is_none() -> None:
    """ "a negotiated Session Keepalive of zero indicates that KEEPALIVEs are disabled" (RFC 9174, 4.7)."""
    session = opened(peer=sess_init(keepalive=0))
    assert session.next_wakeup() is None
    assert session.handle_timer(10**18) == []


@pytest.mark.parametrize(("configured", "seconds"), [(None, 120), (300, 300)])
def test_a_silent_peer_is_given_up(configured: int | None, seconds: int) -> None:
    """If nothing has been received, "the entity SHALL terminate the session by transmitting a SESS_TERM
    message ... with reason code 'Idle Timeout'"; the time "SHOULD be exactly twice the keepalive interval"
    (RFC 9174, 5.1.1)."""
    session = opened(idle_timeout_s=configured)
    session.send(b"x", 0)
    drain(session)
    assert session.handle_timer(seconds * SECOND - 1) == []
    drain(session)
    events = session.handle_timer(seconds * SECOND)
    assert ended(events).by_peer
    assert failed(events) == [0]
    assert drain(session) == term(1)


def test_octets_of_a_long_segment_are_life() -> None:
    """A large segment on a slow link takes longer than the timeout; its sender is alive."""
    session = opened()
    octets = segment(0, bytes(100))
    for i, octet in enumerate(octets):
        assert session.handle_timer(i * 100 * SECOND) == []
        events = session.receive_data(bytes((octet,)), i * 100 * SECOND)
    assert isinstance(events[0], TransferReceived)


def test_an_idle_session_may_be_ended() -> None:
    """ "if no TCPCL messages (other than KEEPALIVE messages) has been received for at least that amount of
    time, then either entity MAY terminate the session" (RFC 9174, 6.2)."""
    pair = Pair(active=TcpclConfig("ipn:1.0", idle_session_s=200)).run()
    pair.pass_time(199)
    pair.active.send(b"x", pair.now)
    pair.run().pass_time(199)
    assert pair.active.state is SessionState.ESTABLISHED
    pair.pass_time(2)
    end = ended(pair.heard[pair.active])
    assert end.clean
    assert end.reason == "we ended it: idle_timeout"
    assert not end.by_peer
    assert ended(pair.heard[pair.passive]).by_peer


def test_a_session_that_waits_for_an_answer_is_not_idle() -> None:
    """A transfer under way keeps the session (RFC 9174, 6.2 says MAY)."""
    session = opened(idle_session_s=10)
    session.send(b"x", 0)
    drain(session)
    session.handle_timer(10 * SECOND)
    assert session.state is SessionState.ESTABLISHED
    session.receive_data(ack(0, 1), 11 * SECOND)
    session.handle_timer(20 * SECOND)
    assert session.state is SessionState.ESTABLISHED
    session.handle_timer(21 * SECOND)
    assert session.state is SessionState.ENDING  # type: ignore[comparison-overlap]  # a call changed it
    assert drain(session) == term(1)


@pytest.mark.parametrize("reason", list(TermReason))
def test_a_clean_end_is_two_messages(reason: TermReason) -> None:
    """ "Upon receiving a SESS_TERM message after not sending a SESS_TERM message in the same session, an
    entity SHALL send an acknowledging SESS_TERM message" with "identical data content ... except for the
    REPLY flag" (6.1)."""
    pair = Pair().run()
    spoken = len(pair.wire)
    pair.passive.terminate(reason, 0)
    pair.passive.terminate(TermReason.BUSY, 0)  # once is enough
    pair.run()
    assert pair.wire[spoken:] == [(pair.passive, term(reason)), (pair.active, term(reason, reply=True))]
    for session, by_peer in ((pair.passive, False), (pair.active, True)):
        end = ended(pair.heard[session])
        assert end.reason.endswith(f"ended it: {reason.name.lower()}")
        assert (end.clean, end.by_peer, failed(pair.heard[session])) == (True, by_peer, [])


@pytest.mark.parametrize(
    ("why", "code"),
    [
        (Closing.DONE, TermReason.UNKNOWN),
        (Closing.STRANGER, TermReason.CONTACT_FAILURE),
        (Closing.BUSY, TermReason.BUSY),
    ],
)
def test_the_peer_is_told_why_a_driver_ends_it(why: Closing, code: TermReason) -> None:
    """A stranger is a failure of contact, one session too many finds us busy (RFC 9174, table 9)."""
    session = opened()
    session.close(0, why)
    assert drain(session) == term(code)


def test_a_reason_of_no_table_is_unknown_and_echoed() -> None:
    """ "the agent SHOULD treat the termination as having an Unknown reason" (RFC 9174, 6.1)."""
    session = opened()
    end = ended(session.receive_data(term(0x77), 0))
    assert end.reason == "the peer ended it: unknown"
    assert drain(session) == term(0x77, reply=True)


def test_both_may_end_it_at_once() -> None:
    """Two SESS_TERM that cross need no reply: each was sent before one was received (RFC 9174, 6.1)."""
    session = opened()
    session.terminate(TermReason.BUSY, 0)
    assert drain(session) == term(3)
    end = ended(session.receive_data(term(0), 0))
    assert end.clean
    assert drain(session) == b""


@pytest.mark.parametrize("octets", [term(0, reply=True), term(0, reply=True) * 2])
def test_a_reply_to_nothing_is_unexpected(octets: bytes) -> None:
    """A message "inappropriate for the current session state" is rejected (RFC 9174, 5.1.2)."""
    session = opened()
    assert session.receive_data(octets, 0) == []
    assert drain(session) == reject(3, 5) * (len(octets) // 3)
    assert session.state is SessionState.ESTABLISHED


def test_transfers_in_progress_may_finish() -> None:
    """ "While the session is in the Ending state, an entity MAY finish an in-progress transfer in either
    direction", "SHALL NOT begin any new outgoing transfer", and a new incoming one gets "an XFER_REFUSE
    with a Reason Code of 'Session Terminating'" (RFC 9174, 6.1)."""
    session = opened(segment_size=100, write_size=50)
    session.receive_data(segment(7, b"to", end=False), 0)
    session.send(bytes(150), 0)
    session.send(b"queued", 0)
    assert session.data_to_send().endswith(bytes(100))
    session.terminate(TermReason.UNKNOWN, 0)
    assert session.free_transfers == 0
    assert drain(session) == term(0) + segment(0, bytes(50), start=False)
    assert session.receive_data(term(0, reply=True) + term(0, reply=True), 0) == []
    assert drain(session) == reject(3, 5)
    assert session.receive_data(ack(0, 150), 0) == [TransferAcknowledged(0)]
    assert session.receive_data(segment(7, b"day", start=False), 0) == [TransferReceived(7, b"today")]
    assert session.receive_data(segment(8, b"late"), 0) == []
    assert drain(session) == b""
    session.acknowledge(7, 0)
    assert session.state is SessionState.CLOSED
    assert session.next_wakeup() == 0  # an event waits
    events = session.handle_timer(0)
    assert ended(events).clean
    assert failed(events) == [1]
    assert drain(session) == ack(7, 5, start=False) + refuse(8, 6)


def test_a_segment_in_the_making_of_a_refused_transfer_is_read_to_its_end() -> None:
    """A session is not closed in the middle of a message of the peer's: it could not read our last ones."""
    session = opened()
    session.terminate(TermReason.UNKNOWN, 0)
    late = segment(0, bytes(100))
    session.receive_data(late[:50], 0)
    session.receive_data(late[50:100], 0)
    assert session.state is SessionState.ENDING
    events = session.receive_data(late[100:] + term(0, reply=True), 0)
    assert ended(events).clean
    assert drain(session) == term(0) + refuse(0, 6)


def test_ending_does_not_take_for_ever() -> None:
    """A peer that dies while the session ends does not hold it."""
    session = opened()
    session.receive_data(segment(3, b"half", end=False), 0)
    session.receive_data(segment(4, b"intruder"), 0)
    session.send(b"x", 0)
    drain(session)
    session.terminate(TermReason.BUSY, 5 * SECOND)
    drain(session)
    assert session.next_wakeup() == 35 * SECOND
    events = session.handle_timer(35 * SECOND)
    end = ended(events)
    assert (end.clean, end.by_peer, failed(events)) == (False, False, [0])


def test_keepalives_go_on_while_ending() -> None:
    """The session is still established while it ends (RFC 9174, 3.3: "Established Session Ending")."""
    session = opened(ending_timeout_s=100, keepalive_s=20)
    session.terminate(TermReason.UNKNOWN, 0)
    drain(session)
    session.handle_timer(20 * SECOND)
    assert drain(session) == KEEPALIVE


def test_the_fall_of_the_connection_fails_what_is_under_way() -> None:
    """If the connection "is closed during a transmission (in either transfer stream), the transfer SHALL
    be indicated to the BP agent as failed" (RFC 9174, 6.1)."""
    session = opened()
    for i in range(4):
        session.send(bytes((i,)), 0)
    drain(session)
    session.send(b"queued", 0)
    session.receive_data(
        ack(1, 1) + segment(0, b"whole") + segment(5, b"also") + segment(6, b"half", end=False), 0
    )
    events = session.receive_eof(0)
    end = ended(events)
    assert failed(events) == [0, 2, 3, 4]
    assert end.unanswered == (0, 5)
    assert (end.by_peer, end.clean) == (True, False)
    session.acknowledge(0, 0)  # a commit may finish after the session
    session.refuse(5, Refusal.UNKNOWN, 0)
    session.terminate(TermReason.UNKNOWN, 0)
    assert session.next_wakeup() is None
    assert session.backlog_bytes == 0


def test_ending_before_the_session_is_one() -> None:
    """ "an entity MUST always send the Contact Header to its peer before sending a SESS_TERM message" (RFC
    9174, 6.1)."""
    session = TcpclSession(TcpclConfig("ipn:1.0"), passive=True, now=0)
    session.terminate(TermReason.BUSY, 0)
    assert isinstance(session.handle_timer(0)[0], LinkEnded)
    assert drain(session) == b""

    session = TcpclSession(TcpclConfig("ipn:1.0"), passive=False, now=0)
    session.terminate(TermReason.BUSY, 0)
    assert ended(session.handle_timer(0)).reason == "we ended it: busy"
    assert drain(session) == CONTACT + term(3)

    session = TcpclSession(TcpclConfig("ipn:1.0"), passive=True, now=0)
    session.receive_data(CONTACT, 0)
    session.terminate(TermReason.BUSY, 0)
    assert ended(session.receive_data(b"", 0)).reason == "we ended it: busy"
    assert drain(session) == CONTACT + term(3)


def test_a_fault_while_ending_sends_no_second_sess_term() -> None:
    """There is one SESS_TERM of each side in a session (RFC 9174, 6.1)."""
    session = opened(segment_mru=10)
    session.receive_data(segment(0, b"x"), 0)
    session.receive_data(term(0), 0)
    assert session.state is SessionState.ENDING
    end = ended(session.receive_data(segment(1, bytes(11)), 0))
    assert end.by_peer
    assert end.unanswered == (0,)
    assert drain(session) == term(0, reply=True)
