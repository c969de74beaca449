"""A link and the wire under it: the bridge between asyncio and a link machine.

What comes from the wire becomes the link's events; what the link wants sent goes out in one go per batch. Its
timers run in wall time, however fast mission time goes. The two shapes of wires are in `connection` and
`datagram_path`; all other modules know no more than this one.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable

from starlight.dtntime import SECOND
from starlight.links import Closing, Link, LinkEnded, LinkEvent
from starlight.neighbours.peer import PeerConfig
from starlight.neighbours.traffic import Traffic

SocketAddress = tuple[str, int]
Tap = Callable[[SocketAddress, SocketAddress, bytes], None]
"""Called with the addresses of source and destination and the bytes, in the order of the wire."""
Heard = Callable[["LinkDriver", list[LinkEvent]], None]
"""Told the events of a link as they come up, those of one moment together."""


class LinkDriver(ABC):
    """One link on its wire.

    Args:
        scheme: the name of its protocol.
        link: the machine.
        called: the peer whose address we have called; None where somebody has called us.
        wall_now: returns monotonic time in ns.
        heard: told the events of the link; `LinkEnded` comes exactly once, and last.

    Attributes:
        peer: the number of the node at the other end, once it is known.
        heard_at: when something came last, in ns of the wall; None for never.
        traffic: what its wire carried just now.
        ended: done once the wire is gone.
    """

    def __init__(
        self, scheme: str, link: Link, called: PeerConfig | None, wall_now: Callable[[], int], heard: Heard
    ) -> None:
        self.scheme = scheme
        self.link = link
        self.called = called
        self.wall_now = wall_now
        self.peer: int | None = None
        self.heard_at: int | None = None
        self.traffic = Traffic()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._heard = heard
        self._timer: asyncio.TimerHandle | None = None

    def transmit(self) -> None:
        """Write what the link wants sent, and set the one timer for its next deadline."""
        self._write()
        # Set anew each time: a link whose deadline has not moved is rare, since what is written moves it.
        if self._timer:
            self._timer.cancel()
            self._timer = None
        due = self.link.next_wakeup()
        if due is not None and self.is_open:
            delay = max(0, due - self.wall_now()) / SECOND
            self._timer = asyncio.get_running_loop().call_later(delay, self._wake)

    def close(self, why: Closing, *, at_once: bool = False) -> None:
        """End the link in order; its events follow from the loop.

        Args:
            why: for the peer.
            at_once: take nothing more, not even the rest of a transfer.
        """
        self.link.close(self.wall_now(), why)
        self.transmit()
        if at_once:
            self._release(answered=False)

    @property
    @abstractmethod
    def where(self) -> str:
        """Return the address at the other end, for people."""

    @property
    @abstractmethod
    def is_open(self) -> bool:
        """Return whether the wire carries anything."""

    @abstractmethod
    def abort(self) -> None:
        """Break it off without a word, as a crash would."""

    @abstractmethod
    def pause_reading(self) -> None:
        """Take nothing from the peer for now."""

    @abstractmethod
    def resume_reading(self) -> None:
        """Take from the peer again."""

    @abstractmethod
    def _write(self) -> None:
        """Write what the link wants sent, as far as the wire takes it."""

    @abstractmethod
    def _release(self, *, answered: bool) -> None:
        """Let go of the wire, once what is written has left.

        Args:
            answered: both ends have said that it is over, so nothing more comes.
        """

    def _wake(self) -> None:
        self._timer = None
        self._pass_on(self.link.handle_timer(self.wall_now()))

    def _pass_on(self, events: list[LinkEvent]) -> None:
        if events:
            self._heard(self, events)
        self.transmit()
        # Only after `transmit`: the link may end with a last word to its peer.
        if events and isinstance(events[-1], LinkEnded):
            self._release(answered=events[-1].clean)

    def _end(self) -> None:
        """Take note that the wire is gone."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if not self.ended.done():
            self.ended.set_result(None)
