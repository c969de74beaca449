"""The former version of a letter that was replaced, kept with the one in its place: what was read stays."""

from __future__ import annotations

import msgspec

from starlight.json_time import Time


class FormerView(msgspec.Struct, frozen=True):
    """The letter in whose place another stands.

    Attributes:
        id: of it.
        written_at: by the author's node, in ns.
        text: its words, whole.
        parts: how many voices, pictures and files it has.
    """

    id: str
    written_at: Time
    text: str
    parts: int = 0
