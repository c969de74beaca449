"""A letter that is pinned to a moment of a part, as the letter that has that part shows it."""

from __future__ import annotations

import msgspec


class ReactionView(msgspec.Struct, frozen=True):
    """A letter pinned to a moment of a part of the one that it answers.

    Attributes:
        id: of it.
        part: to which part, from 0.
        at_ms: from the beginning of that, in ms.
        from_address, from_name: whose it is.
        text: its first words, on a line.
    """

    id: str
    part: int
    at_ms: int
    from_address: str
    from_name: str = ""
    text: str = ""
