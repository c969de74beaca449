"""The question for letters: the words that they have, and what else is to be true of them."""

from __future__ import annotations

import msgspec

from starlight.lookup.wanted import Wanted
from starlight.messages.letter import Act


class LetterQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """The question for letters of one mailbox; what is left out may be as it will.

    Attributes:
        words: all of them are in the letter.
        correspondent: the other end, a person's address or a group; empty for any.
        thread: the id of the topic; empty for any.
        since, until: when it was written, in ns: not before, and before.
        voice, picture: it has one.
        starred: it has a star.
        question: it asks for an answer.
    """

    words: tuple[Wanted, ...] = ()
    correspondent: str = ""
    thread: str = ""
    since: int | None = None
    until: int | None = None
    voice: bool = False
    picture: bool = False
    starred: bool = False
    question: bool = False

    @property
    def is_empty(self) -> bool:
        """Return whether it asks for nothing, so that every letter would answer it."""
        return self == LetterQuestion()

    @property
    def act(self) -> int | None:
        """Return the act that a letter has to have; None for any."""
        return Act.QUESTION if self.question else None


class Standing(msgspec.Struct, frozen=True):
    """The state of a search index.

    Attributes:
        ready: all letters are in it that were here when it was opened.
        behind: how many letters are not in it yet, as far as that is known.
        trouble: why it can't be written or read now; empty where it can.
    """

    ready: bool = False
    behind: int = 0
    trouble: str = ""

    @property
    def is_whole(self) -> bool:
        """Return whether a search finds all that there is."""
        return self.ready and not self.behind and not self.trouble
