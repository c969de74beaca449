"""The letter in which a program told a person something, and since when that is known here."""

from __future__ import annotations

import msgspec

from starlight.json_time import Time


class ToldIn(msgspec.Struct, frozen=True):
    """The letter in which something was told.

    Attributes:
        letter: its id.
        correspondent: the conversation in which it stands, by address or group.
        from_address, from_name: its author.
        written_at: when it was written there.
        here_since: since when it is known here: what it brought is here whole.
    """

    letter: str
    correspondent: str
    from_address: str
    from_name: str
    written_at: Time
    here_since: Time
