"""A conversation: the letters with one correspondent, a person or a group, summed up, and a page of them."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from starlight.messages.letter import Letter


def correspondent_of(letter: Letter, address: str) -> str:
    """Return with whom a letter stands in a mailbox at an address: its group, or else the other end."""
    return letter.group or (letter.to if letter.sender == address else letter.sender)


class Conversation(msgspec.Struct, frozen=True, gc=False):
    """The letters with one correspondent, summed up.

    Attributes:
        correspondent: an address, or a group.
        letters: how many.
        unread: how many came and have not been read.
        last_at: when the last was written, in ns.
        text_bytes: of all their texts.
        number: the highest counter in an id of those written here.
        hidden: how many there are besides that are not shown.
    """

    correspondent: str
    letters: int = 0
    unread: int = 0
    last_at: int = 0
    text_bytes: int = 0
    number: int = 0
    hidden: int = 0


class HideOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The order to take a correspondent off the list of a mailbox, or to put one back.

    Attributes:
        of: the correspondent's address.
        withdraw: withdraw the letters to it that have not left, in the same act.
        hidden: take it off the list; False puts it back.
    """

    of: str
    withdraw: bool = False
    hidden: bool = True


class HiddenEntry(msgspec.Struct, frozen=True):
    """The outcome of such an order.

    Attributes:
        of: the address.
        hidden: it is not in the list.
        withdrawn: how many letters to it were withdrawn by the same act.
        waiting: how many still wait at this node to leave for it.
    """

    of: str
    hidden: bool
    withdrawn: int
    waiting: int


class Page(NamedTuple):
    """Some letters of a conversation, in order, and whether there are earlier ones."""

    letters: list[Letter]
    earlier: bool
