"""Topics and marks as a person sees them, and the orders that set them."""

from __future__ import annotations

from typing import Protocol

import msgspec

from starlight.errors import InputError
from starlight.json_time import Time
from starlight.messages.letter_view import LetterView

AFTER_MIN_S = 60
AFTER_MAX_S = 315_576_000
"""From a minute to ten years of 365.25 days: sooner is now, and later is no plan of anybody."""


class TopicView(msgspec.Struct, frozen=True):
    """A named thread in one conversation; times in ns.

    Attributes:
        id: of the topic.
        name: what it is called; empty where no letter that is here says so.
        correspondent, correspondent_name: the address or group of the conversation, and the same for people.
        letters, unread, questions: how many letters, how many not read, how many open questions there are.
        last_at: when its last letter was written.
        is_call: it has no name, and is what was written about one call for help.
    """

    id: str
    name: str
    correspondent: str
    correspondent_name: str
    letters: int
    unread: int
    questions: int
    last_at: Time
    is_call: bool = False


class MarkedLetters(msgspec.Struct, frozen=True):
    """Letters of all conversations that ask for attention, each in order.

    Attributes:
        questions: that nobody has answered.
        starred: to which the person put a star.
        reminders: of which the person wants to be reminded, the nearest first.
    """

    questions: tuple[LetterView, ...]
    starred: tuple[LetterView, ...]
    reminders: tuple[LetterView, ...]


class StarOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that puts a star to a letter, or takes it away."""

    starred: bool


class ReminderOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that asks to be reminded of a letter.

    Attributes:
        at: when, in ns; None for no more.
        after_s: or in so many seconds of mission time, which needs no clock.

    Raises:
        InputError: both are given, or it is in less than a minute or more than ten years.
    """

    at: Time | None = None
    after_s: int | None = None

    def __post_init__(self) -> None:
        """Check what is asked."""
        if self.after_s is None:
            return
        if self.at is not None:
            raise InputError("a reminder has one time", where="after_s", right="Give at or after_s")
        if not AFTER_MIN_S <= self.after_s <= AFTER_MAX_S:
            right = f"{AFTER_MIN_S} to {AFTER_MAX_S}"
            raise InputError(f"a reminder in {self.after_s} s", where="after_s", right=right)


class TopicDesk(Protocol):
    """The topics and marks of one person."""

    async def all(self) -> tuple[TopicView, ...]:
        """Return the topics of all conversations, the one with the latest letter first."""
        ...

    async def marked(self) -> MarkedLetters:
        """Return the letters with open questions, stars and reminders."""
        ...

    async def star(self, letter: str, order: StarOrder) -> LetterView:
        """Put a star to a letter, or take it away; InputError where there is no such letter."""
        ...

    async def remind(self, letter: str, order: ReminderOrder) -> LetterView:
        """Set when to be reminded of a letter; InputError where there is none, or there are too many."""
        ...
