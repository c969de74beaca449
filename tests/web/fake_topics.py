"""The topics and marks of the fake: there are none, and letters are as they were."""

from __future__ import annotations

from starlight.errors import InputError
from starlight.messages.letter_view import LetterView
from starlight.views.topics import MarkedLetters, ReminderOrder, StarOrder, TopicDesk, TopicView


class FakeTopics(TopicDesk):
    """The topics and marks of anybody.

    Attributes:
        known: the topics that there are.
    """

    def __init__(self) -> None:
        self.known: tuple[TopicView, ...] = ()

    async def all(self) -> tuple[TopicView, ...]:
        return self.known

    async def marked(self) -> MarkedLetters:
        return MarkedLetters((), (), ())

    async def star(self, letter: str, order: StarOrder) -> LetterView:
        raise InputError(f"no letter {letter!r} here", where="letter")

    async def remind(self, letter: str, order: ReminderOrder) -> LetterView:
        raise InputError(f"no letter {letter!r} here", where="letter")
