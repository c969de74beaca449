"""A mailbox as its page shows it: people, conversations and letters.

Every moment is a `Time`: integer nanoseconds since 2000-01-01T00:00:00Z, as everywhere
in Starlight. On the page it becomes a reading of the chosen person's clock; in JSON it
becomes ISO 8601 text in UTC (`web/wire.py`), because JavaScript's numbers can't hold it.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from starlight.json_time import Time
from starlight.messages.letter_view import UNTOLD, LetterView
from starlight.messages.urgency import Priority
from starlight.views.forecasts import ReachView


class Person(msgspec.Struct, frozen=True):
    """Someone with a mailbox whom the page can be.

    Attributes:
        id: short and safe in a URL: ``[a-z0-9-]+``, such as ``jay``.
        name: for people, such as ``Joo Nan-young``.
        address: where letters go, such as ``ipn:7.1``.
        place: such as ``Seoul`` or ``Base, Arsia Mons``.
        world: whose clock the person lives by.
    """

    id: str
    name: str
    address: str
    place: str
    world: str


class Recipient(msgspec.Struct, frozen=True):
    """Someone who can be written to.

    Attributes:
        address, name, place: who it is.
        world: the name of the one whose clock they live by; empty where nobody knows.
    """

    address: str
    name: str
    place: str
    world: str


class ConversationView(Recipient, frozen=True):
    """One correspondent of a mailbox, with or without letters yet.

    Attributes:
        letters: how many letters there are both ways.
        unread: how many of theirs are unread.
        last_at: when the latest was written, or None.
        reach: the state of the way there; None where it is not known.
        last: the latest letter; None where there is none.
    """

    letters: int = 0
    unread: int = 0
    last_at: Time | None = None
    reach: ReachView | None = None
    last: Annotated[LetterView | None, UNTOLD] = None

    @property
    def urgent(self) -> bool:
        """Return whether the latest letter is unread and goes before others."""
        last = self.last
        return last is not None and last.unread and (last.critical or last.priority > Priority.NORMAL)


class UnreadFrom(msgspec.Struct, frozen=True):
    """The letters of one correspondent that nobody has read.

    Attributes:
        address: whose they are; of a group, its own.
        count: how many.
        urgent: the latest of them goes before others.
    """

    address: str
    count: int
    urgent: bool = False


class MailboxView(msgspec.Struct, frozen=True):
    """One person's mailbox, opened at one correspondent.

    Attributes:
        person: whose it is.
        conversations: everyone they can write to, in the order to show.
        correspondent: the address of the one whose letters follow; empty when there is nobody.
        letters: the latest letters with that correspondent, oldest first.
        earlier: there are older ones, before the first of `letters`.
        set_aside: how many records of the mailbox can't be read and are kept apart.
        refused: how many messages that came were not taken, as in another's name, and are kept apart.
        hidden: who was taken off the list of conversations, until something new comes.
        announcements: the latest that came, in any conversation, and have not been read, the latest first.
        more_announcements: how many there are besides.
        reminders_due: how many reminders are due now.
        next_reminder: when the next one is, or None.
    """

    person: Person
    conversations: tuple[ConversationView, ...]
    correspondent: str
    letters: tuple[LetterView, ...] = ()
    earlier: bool = False
    set_aside: int = 0
    refused: int = 0
    hidden: tuple[ConversationView, ...] = ()
    announcements: tuple[LetterView, ...] = ()
    more_announcements: int = 0
    reminders_due: int = 0
    next_reminder: Time | None = None

    @property
    def unread(self) -> int:
        """Return how many letters are unread, of all that are listed."""
        return sum(each.unread for each in self.conversations)

    @property
    def unread_from(self) -> tuple[UnreadFrom, ...]:
        """Return whose letters are unread, of all that are listed, in their order."""
        listed = self.conversations
        return tuple(UnreadFrom(each.address, each.unread, each.urgent) for each in listed if each.unread)


class Upload(msgspec.Struct, frozen=True):
    """The bytes of a part that were uploaded.

    Attributes:
        upload: what a draft calls it.
        duration_ms: how long it plays by its own headers, to be told in the draft; None where they don't say.
    """

    upload: str
    duration_ms: int | None = None
