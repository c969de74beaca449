"""The state table, exhaustively: every message in every state does what the table says."""

import pytest
from tests.links.helpers import (
    CONTACT,
    KEEPALIVE,
    ack,
    drain,
    opened,
    refuse,
    reject,
    segment,
    sess_init,
    term,
)

from starlight.links import (
    LinkEnded,
    LinkEstablished,
    LinkEvent,
    MessageRejected,
    TcpclConfig,
    TcpclSession,
)
from starlight.links import tcpcl_messages as wire
from starlight.links.tcpcl_messages import TermReason
from starlight.links.tcpcl_state import NEXT, TABLE, Reaction, SessionState

SAMPLES: dict[type[wire.Message], bytes] = {
    wire.ContactHeader: CONTACT,
    wire.SessInit: sess_init(),
    wire.XferSegment: segment(1, b"data"),
    wire.XferAck: ack(0, 6),
    wire.XferRefuse: refuse(0, 2),
    wire.Keepalive: KEEPALIVE,
    wire.SessTerm: term(0),
    wire.MsgReject: reject(3, 4),
    wire.UnknownMessage: b"\x63",
}
MESSAGES = [kind for kind in SAMPLES if kind is not wire.ContactHeader]


def brought_to(state: SessionState) -> TcpclSession:
    """Return a session in a state, drained; where it may, with transfer 0 of ours under way."""
    session = TcpclSession(TcpclConfig("ipn:1.0"), passive=True, now=0)
    if state is SessionState.CLOSED:
        session.receive_eof(0)
    if state is SessionState.INIT:
        session.receive_data(CONTACT, 0)
    if state in (SessionState.ESTABLISHED, SessionState.ENDING):
        session = opened()
        session.send(b"bundle", 0)
        drain(session)
    if state is SessionState.ENDING:
        session.terminate(TermReason.BUSY, 0)
    drain(session)
    assert session.state is state
    return session


def kinds(events: list[LinkEvent]) -> list[str]:
    return [type(event).__name__ for event in events]


# What each reaction looks like from outside: the events, and the beginning of what is said.
SEEN: dict[tuple[SessionState, type[wire.Message]], tuple[list[str], bytes]] = {
    (SessionState.CONTACT, wire.ContactHeader): ([], CONTACT),
    (SessionState.INIT, wire.SessInit): (["LinkEstablished"], sess_init(node_id="ipn:1.0")),
    (SessionState.INIT, wire.XferSegment): ([], reject(3, 1)),
    (SessionState.INIT, wire.XferAck): ([], reject(3, 2)),
    (SessionState.INIT, wire.XferRefuse): ([], reject(3, 3)),
    (SessionState.INIT, wire.Keepalive): ([], reject(3, 4)),
    (SessionState.INIT, wire.SessTerm): (["LinkEnded"], term(0, reply=True)),
    (SessionState.INIT, wire.MsgReject): (["MessageRejected"], b""),
    (SessionState.INIT, wire.UnknownMessage): (["LinkEnded"], reject(1, 0x63)),
    (SessionState.ESTABLISHED, wire.SessInit): ([], reject(3, 7)),
    (SessionState.ESTABLISHED, wire.XferSegment): (["TransferReceived"], b""),
    (SessionState.ESTABLISHED, wire.XferAck): (["TransferAcknowledged"], b""),
    (SessionState.ESTABLISHED, wire.XferRefuse): (["TransferRefused"], b""),
    (SessionState.ESTABLISHED, wire.Keepalive): ([], b""),
    (SessionState.ESTABLISHED, wire.SessTerm): ([], term(0, reply=True)),
    (SessionState.ESTABLISHED, wire.MsgReject): (["MessageRejected"], b""),
    (SessionState.ESTABLISHED, wire.UnknownMessage): (["TransferFailed", "LinkEnded"], reject(1, 0x63)),
    (SessionState.ENDING, wire.SessInit): ([], reject(3, 7)),
    (SessionState.ENDING, wire.XferSegment): ([], refuse(1, 6)),
    (SessionState.ENDING, wire.XferAck): (["TransferAcknowledged"], b""),
    (SessionState.ENDING, wire.XferRefuse): (["TransferRefused"], b""),
    (SessionState.ENDING, wire.Keepalive): ([], b""),
    (SessionState.ENDING, wire.SessTerm): ([], b""),
    (SessionState.ENDING, wire.MsgReject): (["MessageRejected"], b""),
    (SessionState.ENDING, wire.UnknownMessage): (["TransferFailed", "LinkEnded"], reject(1, 0x63)),
}


@pytest.mark.parametrize("state", [SessionState.INIT, SessionState.ESTABLISHED, SessionState.ENDING])
@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
def test_every_message_in_every_state(state: SessionState, kind: type[wire.Message]) -> None:
    """Each cell of the table does what RFC 9174 says of that message in that state."""
    session = brought_to(state)
    events, said = SEEN[state, kind]
    assert kinds(session.receive_data(SAMPLES[kind], 0)) == events
    assert drain(session) == said


def test_the_contact_header_comes_first() -> None:
    """Before the contact header nothing else is looked for: a message there is a wrong magic (RFC 9174,
    4.3)."""
    for kind in MESSAGES:
        session = brought_to(SessionState.CONTACT)
        assert kinds(session.receive_data(SAMPLES[kind], 0)) == ["LinkEnded"]
        assert drain(session) == b""
    assert brought_to(SessionState.CONTACT).receive_data(CONTACT, 0) == []


@pytest.mark.parametrize("kind", SAMPLES, ids=lambda kind: kind.__name__)
def test_what_comes_after_the_end_is_ignored(kind: type[wire.Message]) -> None:
    """A closed session says and tells nothing any more."""
    session = brought_to(SessionState.CLOSED)
    assert session.receive_data(SAMPLES[kind], 0) == []
    assert session.data_to_send() == b""


def test_a_contact_header_in_a_session_is_an_unknown_message() -> None:
    """After the contact header all is messages "identified by a one-octet header" (RFC 9174, 4.5): "d" is
    none."""
    session = brought_to(SessionState.ESTABLISHED)
    assert kinds(session.receive_data(CONTACT, 0)) == ["TransferFailed", "LinkEnded"]
    assert drain(session) == reject(1, ord("d"))


def test_the_table_is_whole() -> None:
    """Every state answers every message that can come in it, and the test above covers every cell."""
    assert set(TABLE) == set(NEXT) == set(SessionState)
    assert set(TABLE[SessionState.CONTACT]) == {wire.ContactHeader}
    for state in (SessionState.INIT, SessionState.ESTABLISHED, SessionState.ENDING):
        assert set(TABLE[state]) == set(MESSAGES)
    assert not TABLE[SessionState.CLOSED]
    assert set(SEEN) == {(state, kind) for state, row in TABLE.items() for kind in row}
    assert {reaction for row in TABLE.values() for reaction in row.values()} == set(Reaction)


def test_every_state_can_be_left_for_the_end_only_forward() -> None:
    """The states of RFC 9174, 3.3 are passed in order; each but the last leads to the end."""
    order = list(SessionState)
    for state, following in NEXT.items():
        assert all(order.index(next_state) > order.index(state) for next_state in following)
        assert state is SessionState.CLOSED or SessionState.CLOSED in following


def test_a_wrong_turn_is_caught() -> None:
    """A transition that the table does not have is a defect of ours and stops at once."""
    session = brought_to(SessionState.ENDING)
    with pytest.raises(AssertionError, match="ESTABLISHED"):
        session._lifecycle._enter(SessionState.ESTABLISHED)


def test_the_samples_are_what_they_say() -> None:
    """Each sample is read as the message that it stands for."""
    for kind in MESSAGES:
        assert type(wire.read_message(SAMPLES[kind], 0, max_node_id=99, max_items=99)) is kind
    assert {LinkEstablished, LinkEnded, MessageRejected} <= set(LinkEvent.__args__)
