"""The trace records that a post office asks for: what happened to mailboxes and letters."""

from __future__ import annotations

from starlight.messages.letter import Letter
from starlight.node.application import Say
from starlight.trace import Record


def say(now: int, node: int, what: str, **facts: object) -> Say:
    """Return the request to put something that happened into the trace."""
    return Say(Record(now, node, what, facts))


def say_of(now: int, node: int, what: str, letter: Letter, **facts: object) -> Say:
    """Return the request to put something that happened to a letter into the trace; never its text."""
    named = {"letter": letter.id, "from": letter.sender, "to": letter.to, "written_at": letter.written_at}
    return Say(Record(now, node, what, named | facts))
