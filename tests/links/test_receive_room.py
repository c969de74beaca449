"""The room that all sessions of a node share for transfers which are not whole."""

from __future__ import annotations

from tests.links.helpers import CONTACT, ack, drain, refuse, segment, sess_init

from starlight.links import ReceiveRoom, TcpclConfig, TcpclSession, TransferReceived
from starlight.links.receive_room import UNCOUNTED

MIB = 1024 * 1024
NO_RESOURCES = 2


def session(room: ReceiveRoom, peer: str = "ipn:2.0") -> TcpclSession:
    """Return a session of a node with a room, that a peer has opened."""
    opened = TcpclSession(TcpclConfig("ipn:1.0"), passive=True, now=0, room=room)
    opened.receive_data(CONTACT + sess_init(node_id=peer), 0)
    drain(opened)
    return opened


def begun(room: ReceiveRoom, octets: int, peer: str = "ipn:2.0") -> tuple[TcpclSession, bool]:
    """Return a session in which a transfer of so many octets has begun, and whether it is refused."""
    opened = session(room, peer)
    opened.receive_data(segment(1, bytes(octets), end=False), 0)
    answer = drain(opened)
    assert answer in (ack(1, octets, end=False), refuse(1, NO_RESOURCES))
    return opened, answer == refuse(1, NO_RESOURCES)


def test_what_one_peer_may_hold_is_bounded_over_all_its_sessions() -> None:
    """However many it has; and that it holds all of its share keeps no other peer out."""
    room = ReceiveRoom(100 * MIB, 10 * MIB)
    refused = [begun(room, 4 * MIB)[1] for _ in range(8)]
    assert refused == [False] * 3 + [True] * 5  # the first part of each is not counted
    assert not begun(room, 10 * MIB, "ipn:3.0")[1]


def test_what_all_hold_together_is_bounded() -> None:
    """Under however many names."""
    room = ReceiveRoom(10 * MIB, 10 * MIB)
    assert [begun(room, 6 * MIB, f"ipn:{node}.0")[1] for node in range(2, 6)] == [False, False, True, True]


def test_what_is_small_always_comes() -> None:
    """Whatever others hold, a bundle of the usual size is taken."""
    room = ReceiveRoom(0, 0)
    assert begun(room, UNCOUNTED + 1)[1]
    opened = session(room)
    events = opened.receive_data(segment(1, bytes(UNCOUNTED)), 0)
    assert events == [TransferReceived(1, bytes(UNCOUNTED), None)]


def test_a_transfer_that_ends_gives_its_room_back() -> None:
    """When it is whole, when it is refused, when its session ends; and so it may grow in steps."""
    room = ReceiveRoom(4 * MIB, 4 * MIB)
    for _ in range(3):
        opened = session(room)
        for start, end in ((True, False), (False, False), (False, True)):
            opened.receive_data(segment(1, bytes(MIB), start=start, end=end), 0)
    too_large, refused = begun(room, 5 * MIB)
    assert not refused
    too_large.receive_data(segment(1, bytes(MIB), start=False, end=False), 0)
    assert drain(too_large) == refuse(1, NO_RESOURCES)
    fits, refused = begun(room, 5 * MIB)
    assert not refused
    fits.receive_eof(0)
    assert not begun(room, 5 * MIB)[1]
    assert begun(room, 5 * MIB)[1]
