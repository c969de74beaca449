"""Back-pressure: when peers are read from no more, and when again."""

from __future__ import annotations

from tests.live.helpers import run

from starlight.links import TcpclConfig, TcpclSession
from starlight.neighbours.connection import Connection
from starlight.neighbours.uncommitted import UNSAFE_BYTES, UNSAFE_TRANSFERS, Uncommitted


def gate() -> tuple[Uncommitted, Connection, list[str]]:
    """Return what counts transfers, a connection that they come over, and what has been asked for."""
    asked: list[str] = []
    link = TcpclSession(TcpclConfig("ipn:1.0"), passive=True, now=0)
    connection = Connection("tcpcl", link, None, lambda: 0, lambda driver, events: None)
    return Uncommitted(lambda: asked.append("pause"), lambda: asked.append("resume")), connection, asked


def test_many_small_transfers_stop_the_reading_too() -> None:
    """No more is read while too many transfers are not committed, however small, until half have gone."""

    async def test() -> None:
        uncommitted, connection, asked = gate()
        handles = [uncommitted.add(connection, number, 1) for number in range(UNSAFE_TRANSFERS)]
        assert asked == []
        handles.append(uncommitted.add(connection, 0, 1))
        assert asked == ["pause"]
        while len(handles) > UNSAFE_TRANSFERS // 2:
            uncommitted.take(handles.pop())
        assert asked == ["pause"]
        uncommitted.take(handles.pop())
        assert asked == ["pause", "resume"]

    run(test())


def test_reading_goes_on_only_when_bytes_and_transfers_are_few() -> None:
    """A single large transfer holds the reading back as many small ones do."""

    async def test() -> None:
        uncommitted, connection, asked = gate()
        large = uncommitted.add(connection, 0, UNSAFE_BYTES)
        small = uncommitted.add(connection, 1, 1)
        assert asked == ["pause"]
        assert uncommitted.take(small) == (connection, 1)
        assert asked == ["pause"], "fewer than the limit is not enough"
        uncommitted.take(large)
        assert asked == ["pause", "resume"]
        assert uncommitted.bytes == 0
        assert uncommitted.take(large) == (None, 0), "what was answered is answered no more"

    run(test())
