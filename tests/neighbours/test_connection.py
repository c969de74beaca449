"""A connection under a link: how it ends."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.live.helpers import run

from starlight.links import Closing, TcpclConfig, TcpclSession
from starlight.neighbours.connection import Connection


class ResetTransport(asyncio.Transport):
    """A transport whose peer has reset the connection, which it has not found out.

    Args:
        sock: its socket.
    """

    def __init__(self, sock: socket.socket) -> None:
        super().__init__({"socket": sock})
        self.aborted = False

    def is_closing(self) -> bool:
        """Return that it is open."""
        return False

    def resume_reading(self) -> None:
        """Read on."""

    def write(self, data: Any) -> None:
        """Write, which nobody reads."""

    def write_eof(self) -> None:
        """Fail as the system does."""
        raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")

    def abort(self) -> None:
        """Break off."""
        self.aborted = True


@contextmanager
def stream_socket() -> Iterator[socket.socket]:
    """Give a socket whose options can be set."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        yield sock


def test_a_stranger_that_has_reset_the_connection_is_no_defect() -> None:
    """There is no end left to tell it of; that it is turned away raises nothing in the loop."""

    async def test() -> None:
        link = TcpclSession(TcpclConfig("ipn:1.0"), passive=True, now=0)
        connection = Connection("tcpcl", link, None, lambda: 0, lambda driver, events: None)
        with stream_socket() as sock:
            transport = ResetTransport(sock)
            connection.connection_made(transport)
            connection.close(Closing.STRANGER, at_once=True)
            assert not connection.is_open

    run(test())
