"""The clocks of two TCPCL sessions, compared in their handshake."""

from __future__ import annotations

import pytest
from tests.links.helpers import CONTACT, item, sess_init

from starlight.links import LinkEstablished, TcpclConfig, TcpclSession
from starlight.links.link import ClockReading
from starlight.links.tcpcl_extensions import CLOCK_EXTENSION, clock_reading, write_items


class Ticking:
    """A clock that goes on by one with each reading."""

    def __init__(self, start: int) -> None:
        self.time = start

    def __call__(self) -> int:
        """Return its time."""
        self.time += 1
        return self.time


def session(*, passive: bool, start: int) -> TcpclSession:
    """Return a session that tells its clock."""
    node = "ipn:2.0" if passive else "ipn:1.0"
    return TcpclSession(TcpclConfig(node), passive=passive, now=0, read_clock=Ticking(start))


def established(found: list[object]) -> ClockReading | None:
    """Return the reading in the one event that a session has begun."""
    (event,) = found
    assert isinstance(event, LinkEstablished)
    return event.clock


def test_each_side_reads_the_others_clock_between_two_readings_of_its_own() -> None:
    """A SESS_INIT answers the contact header (passive) or the SESS_INIT (active) of the other side."""
    active, passive = session(passive=False, start=100), session(passive=True, start=9000)
    passive.receive_data(active.data_to_send(), 0)
    active.receive_data(passive.data_to_send(), 0)
    there = established([*passive.receive_data(active.data_to_send(), 0)])
    here = established([*active.receive_data(passive.data_to_send(), 0)])
    assert there == ClockReading(before=9001, theirs=102, after=9002)
    assert here == ClockReading(before=102, theirs=9003, after=103)


def test_a_session_without_a_clock_tells_none_and_learns_none() -> None:
    """To who gives no clock nothing is told, and nothing is measured."""
    bare = TcpclSession(TcpclConfig("ipn:1.0"), passive=True, now=0)
    told = sess_init(items=write_items((clock_reading(5),)))
    assert established([*bare.receive_data(CONTACT + told, 0)]) is None
    assert bare.data_to_send() == CONTACT + sess_init(node_id="ipn:1.0")


@pytest.mark.parametrize("items", [b"", item(CLOCK_EXTENSION, b"\x01"), item(0x9999, bytes(8))])
def test_what_is_no_reading_of_a_clock_is_skipped(items: bytes) -> None:
    """Another implementation may use the private number otherwise: the session begins all the same."""
    ours = session(passive=True, start=0)
    assert established([*ours.receive_data(CONTACT + sess_init(items=items), 0)]) is None
