"""A TCP relay between two processes that notes who said what, in the order in which it passed."""

from __future__ import annotations

import select
import socket
import threading
from typing import NamedTuple

SIZE = 65_536


class Relay:
    """Take connections on a free port of loopback and pass them on to another port, noting all octets.

    Attributes:
        said: for each connection, pairs of whether the calling side spoke, and its octets.
    """

    def __init__(self, target: int) -> None:
        self.said: list[list[tuple[bool, bytes]]] = []
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._stop, self._told = socket.socketpair()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        """Break off what is open, and end."""
        self._stop.send(b"x")
        self._thread.join()
        for each in (self._stop, self._told, self._listener):
            each.close()

    def _run(self) -> None:
        ways: dict[socket.socket, _Way] = {}
        while True:
            ready, _, _ = select.select([self._listener, self._told, *ways], [], [])
            if self._told in ready:
                break
            for each in ready:
                if each is self._listener:
                    caller, _ = each.accept()
                    called = socket.create_connection(("127.0.0.1", self._target))
                    self.said.append([])
                    ways[caller] = _Way(called, True, self.said[-1])
                    ways[called] = _Way(caller, False, self.said[-1])
                elif not ways[each].pass_on(each):
                    to = ways.pop(each).to
                    if to not in ways:  # its own end has come before
                        each.close()
                        to.close()
        for each in ways:
            each.close()
            ways[each].to.close()


class _Way(NamedTuple):
    """One direction of a connection: where its octets go, who speaks, and where that is noted."""

    to: socket.socket
    active: bool
    said: list[tuple[bool, bytes]]

    def pass_on(self, each: socket.socket) -> bool:
        """Pass on what has come, or that the end has; return whether more may come."""
        try:
            octets = each.recv(SIZE)
            if octets:
                self.said.append((self.active, octets))
                self.to.sendall(octets)
            else:
                self.to.shutdown(socket.SHUT_WR)
        except OSError:
            return False  # One side is gone, and has no use for what the other says.
        return bool(octets)
