"""The name of a topic, and which letter gave it."""

from __future__ import annotations

import msgspec


class TopicName(msgspec.Struct, frozen=True, gc=False):
    """The name that a topic was given last.

    Attributes:
        text: the name.
        written_at, letter: when the letter that gives it was written, in ns, and its id.
    """

    text: str
    written_at: int
    letter: str
