"""The queue of a mailbox: what of it waits to leave, in the order in which it does, and what is for later.

Values alone; `postoffice/departures.py` looks them up. Times are integer ns; names are empty until they are
given.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from starlight.dtntime import MINUTE
from starlight.json_time import Time
from starlight.messages.held import Held
from starlight.messages.letter import Letter
from starlight.messages.parts import PartKind
from starlight.messages.urgency import Priority
from starlight.messages.withdrawal import Withdrawal

WORDS_MAX = 120
"""Characters of a letter that a line of the queue shows."""


class Fixed(StrEnum):
    """The reasons for which something of the queue can't be moved, held or withdrawn any more."""

    NONE = ""
    LEFT = "left"  # it is on its way
    TAKEN = "taken"  # a link has begun to take it
    WORDS_LEFT = "words_left"  # it is a part, and the words that it belongs to have left


class EntryKind(StrEnum):
    """The kinds of what leaves, as a person tells them apart at a glance."""

    LETTER = "letter"
    VOICE = "voice"
    PICTURE = "picture"
    FILE = "file"
    GROUP = "group"  # a letter to a group
    DISTRESS = "distress"  # a call for help, or what answers or ends one


class QueueEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits, is held, or has just left: a letter, or one of its parts that go apart.

    Attributes:
        letter: the id of the letter.
        part: which of its parts, from 0; None where it is the letter itself.
        to, to_name: whom it goes to; a person or a group.
        text: its first words, or the name of the part.
        priority, critical: how urgent it is.
        size_bytes: of its words or the part.
        position: its place in the queue, from 1; None where it does not wait to leave.
        leaves, arrives: when it leaves and arrives, as foreseen; of what has left, when it left.
        by_node, by: the neighbour that it leaves to, and its name.
        window_ends: when the contact ends by which it leaves.
        held: why it does not leave; None where nothing holds it.
        fixed: why it can't be moved, held or withdrawn any more; empty where it can.
        kind: what it is.
        last_byte: when all of it has left, as foreseen; None where no route is known.
    """

    letter: str
    part: int | None = None
    to: str
    to_name: str = ""
    text: str
    priority: Priority = Priority.NORMAL
    critical: bool = False
    size_bytes: int
    position: int | None = None
    leaves: Time | None = None
    arrives: Time | None = None
    by_node: int | None = None
    by: str = ""
    window_ends: Time | None = None
    held: Held | None = None
    fixed: Fixed = Fixed.NONE
    kind: EntryKind = EntryKind.LETTER
    last_byte: Time | None = None

    def is_overdue(self, now: int) -> bool:
        """Return whether it was to leave a minute and more before a time in ns, and has not."""
        return self.position is not None and self.leaves is not None and self.leaves < now - MINUTE


class HiddenThere(msgspec.Struct, frozen=True, kw_only=True):
    """An own letter that is, or will be, hidden from its reader until it opens.

    Attributes:
        letter, to, to_name, text: as of `QueueEntry`.
        event: the fact of the mission that opens it; empty for none.
        unless_back: it is not to be read if its author is back by then.
        arrived: a receipt has told that it is there.
        remind: the last day on which it can still be taken back safely has begun, and it should be.
        withdrawal: how it can be taken back; its `opens` is when it opens.
    """

    letter: str
    to: str
    to_name: str = ""
    text: str
    event: str = ""
    unless_back: bool = False
    arrived: bool = False
    remind: bool = False
    withdrawal: Withdrawal


class QueueView(msgspec.Struct, frozen=True):
    """The queue of a mailbox at a time.

    Attributes:
        waiting: what leaves, in that order; at its end what no route is known for.
        held: what leaves later, or when a person lets it go.
        left: what left in the last hour.
        later: what is hidden at its reader's end, until it opens.
    """

    waiting: tuple[QueueEntry, ...]
    held: tuple[QueueEntry, ...]
    left: tuple[QueueEntry, ...]
    later: tuple[HiddenThere, ...]


class HoldOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The order to hold a letter that waits.

    Attributes:
        until: a moment, in ns; None until it is let go.
    """

    until: Time | None = None


class MoveOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The order to move a letter in the queue.

    Attributes:
        letter: its id.
        before: the id of the letter that it is to leave before; empty to put it behind all as urgent ones.
    """

    letter: str
    before: str = ""


def first_words(letter: Letter) -> str:
    """Return the first words of a letter on a line; without words, the names of its parts."""
    words = " ".join(letter.text[: 4 * WORDS_MAX].split())
    words = words or ", ".join(part.name or part.media_type for part in letter.parts)
    return words if len(words) <= WORDS_MAX else words[: WORDS_MAX - 1] + "…"


def part_words(letter: Letter, number: int) -> str:
    """Return what a line calls a part of a letter: its name, else its media type."""
    part = letter.parts[number] if number < len(letter.parts) else None
    return "" if part is None else part.name or part.media_type


# By number: a kind that nobody here knows is a file.
_PART_KINDS: dict[int, EntryKind] = {PartKind.VOICE: EntryKind.VOICE, PartKind.PICTURE: EntryKind.PICTURE}


def entry_kind(letter: Letter, number: int | None) -> EntryKind:
    """Return the kind of a letter, or of one of its parts; a letter without words is of its first part's."""
    if number is None:
        if letter.distress is not None:
            return EntryKind.DISTRESS
        if letter.text or not letter.parts:
            return EntryKind.GROUP if letter.group else EntryKind.LETTER
        number = 0
    part = letter.parts[number] if number < len(letter.parts) else None
    return EntryKind.FILE if part is None else _PART_KINDS.get(part.kind, EntryKind.FILE)
