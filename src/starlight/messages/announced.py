"""An announcement that came: a letter for everybody, kept at the top until it is read."""

from __future__ import annotations

import msgspec


class Announced(msgspec.Struct, frozen=True, gc=False):
    """An announcement in a mailbox: the id of the letter, and the address of its author."""

    letter: str
    author: str
