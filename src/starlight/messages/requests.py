"""What the post office asks of the node that it lives on.

Each call into the post office returns a list of these. The driver commits the
saves in the same commit as the engine's own store writes, so a letter is either
wholly accepted or not at all.
"""

from __future__ import annotations

import msgspec

from starlight.messages.letter import Letter
from starlight.trace import Record


class _Request(msgspec.Struct, frozen=True, tag=True, gc=False):
    pass


class Post(_Request, frozen=True):
    """Send a payload as a bundle.

    Attributes:
        token: the post office's own name for it, given back when it is accepted or rejected.
        source, destination: endpoint ids as text.
        payload: the application data unit.
        lifetime_ms: how long it is worth carrying.
        flags: bundle processing control flags to add (RFC 9171, 4.2.3).
        priority: 0 bulk, 1 normal, 2 expedited.
        critical: to be sent by every neighbour that a route leads over, and as urgent as there is.
    """

    token: str
    source: str
    destination: str
    payload: bytes
    lifetime_ms: int
    flags: int = 0
    priority: int = 1
    critical: bool = False


class Recall(_Request, frozen=True):
    """Take back a bundle that has not departed."""

    key: str


class Open(_Request, frozen=True):
    """Claim an endpoint: give me what is, and will be, addressed to it."""

    endpoint: str


class Close(_Request, frozen=True):
    """Give a claim back; what is addressed to the endpoint waits again."""

    endpoint: str


class Save(_Request, frozen=True):
    """Keep a record, replacing what was kept under the same mailbox and key."""

    mailbox: str
    key: str
    data: bytes


class Say(_Request, frozen=True):
    """Put a record into the trace."""

    record: Record


Request = Post | Recall | Open | Close | Save | Say


def say(now: int, node: int, what: str, **facts: object) -> Say:
    """Return the request to put something that happened into the trace."""
    return Say(Record(now, node, what, facts))


def say_of(now: int, node: int, what: str, letter: Letter, **facts: object) -> Say:
    """Return the request to put something that happened to a letter into the trace; never its text."""
    named = {"letter": letter.id, "from": letter.sender, "to": letter.to, "written_at": letter.written_at}
    return Say(Record(now, node, what, named | facts))
