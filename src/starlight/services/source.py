"""Source: sends so many bytes every so often, to try out what a path carries."""

from __future__ import annotations

from collections.abc import Sequence

from starlight.dtntime import MILLISECOND
from starlight.node.application import Claim, Request, Submit
from starlight.services.service import Service


class Source(Service):
    """A service that sends at regular times.

    Each payload begins with a line that names its source and number, as far as it has room for that. What was
    missed while the node did not run is not made up for, and what the node does not take is not sent again.

    Args:
        endpoint: where it is, as text; what comes back to it is discarded.
        to: where it sends to, as text.
        size_bytes: of each payload.
        every: how often, in ns.
        lifetime: how long each is worth carrying, in ns.
    """

    def __init__(self, endpoint: str, to: str, *, size_bytes: int, every: int, lifetime: int) -> None:
        self._endpoint = endpoint
        self._to = to
        self._size_bytes = size_bytes
        self._every = every
        self._lifetime_ms = lifetime // MILLISECOND
        self._due: int | None = None
        self._sent = 0

    def resume(self, now: int) -> Sequence[Request]:
        """Claim its endpoint, and begin to send."""
        self._due = now
        return (Claim(self._endpoint),)

    def next_wakeup(self) -> int | None:
        """Return when the next is due."""
        return self._due

    def handle_timer(self, now: int) -> Sequence[Request]:
        """Send the next."""
        due = (now if self._due is None else self._due) + self._every
        # From when it was due, so that it does not drift, unless that is long past.
        self._due = due if due > now else now + self._every
        self._sent += 1
        line = f"{self._endpoint} number {self._sent}\n".encode()[: self._size_bytes]
        payload = line.ljust(self._size_bytes, b".")
        return (Submit(str(self._sent), self._endpoint, self._to, payload, self._lifetime_ms),)
