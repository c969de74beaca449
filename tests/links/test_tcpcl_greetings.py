"""Greetings of nodes as a TCPCL session begins: carried unread, to whom they are meant, never in the way."""

from __future__ import annotations

import pytest
from tests.links.helpers import CONTACT, item, sess_init

from starlight.links import LinkEstablished, TcpclConfig, TcpclSession
from starlight.links.tcpcl_extensions import GREETING_EXTENSION, GREETING_MAX


def session(
    node: int, peer: int | None, said: bytes = b"hello", asked: list[str] | None = None
) -> TcpclSession:
    """Return a session of a node that calls a peer, or without one is called."""

    def greet(node_id: str) -> bytes:
        if asked is not None:
            asked.append(node_id)
        return b"" if node_id == "ipn:9.0" else said

    config = TcpclConfig(f"ipn:{node}.0", f"ipn:{peer}.0" if peer else None)
    return TcpclSession(config, passive=peer is None, now=0, greet=greet)


def greeting(found: list[object]) -> bytes:
    """Return the greeting in the one event that a session has begun."""
    (event,) = found
    assert isinstance(event, LinkEstablished)
    return event.greeting


def test_each_side_is_told_what_is_meant_for_it() -> None:
    """The caller greets whom it calls, the called one whoever it says it is."""
    asked: list[str] = []
    active, passive = session(1, 2, b"from 1", asked), session(2, None, b"from 2", asked)
    passive.receive_data(active.data_to_send(), 0)
    active.receive_data(passive.data_to_send(), 0)
    assert greeting([*passive.receive_data(active.data_to_send(), 0)]) == b"from 1"
    assert greeting([*active.receive_data(passive.data_to_send(), 0)]) == b"from 2"
    assert asked == ["ipn:2.0", "ipn:1.0"]


@pytest.mark.parametrize("said", [b"", b"x" * (GREETING_MAX + 1)])
def test_nothing_and_too_much_are_not_told(said: bytes) -> None:
    """A session begins without a greeting that would be refused with its list of items."""
    ours = session(1, None, said)
    ours.receive_data(CONTACT + sess_init(), 0)
    assert ours.data_to_send() == CONTACT + sess_init(node_id="ipn:1.0")


def test_the_largest_greeting_is_taken() -> None:
    """It fits the list of items that a node takes, beside the clock."""
    active, passive = session(1, 2, b"x" * GREETING_MAX), session(2, None)
    passive.receive_data(active.data_to_send(), 0)
    active.receive_data(passive.data_to_send(), 0)
    assert greeting([*passive.receive_data(active.data_to_send(), 0)]) == b"x" * GREETING_MAX


def test_a_stranger_and_one_without_greetings_begin_a_session_all_the_same() -> None:
    """To a node id of nobody nothing is told, and what a peer tells is read where it is known alone."""
    ours, bare = session(1, None), TcpclSession(TcpclConfig("ipn:1.0"), passive=True, now=0)
    items = item(GREETING_EXTENSION, b"\xff\x00")
    told = sess_init(node_id="ipn:9.0", items=items)
    assert greeting([*ours.receive_data(CONTACT + told, 0)]) == b"\xff\x00"
    assert ours.data_to_send() == CONTACT + sess_init(node_id="ipn:1.0")
    assert greeting([*bare.receive_data(CONTACT + told, 0)]) == b"\xff\x00"
