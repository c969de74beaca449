"""The letters that a search found, as the page shows them and JSON tells them."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from starlight.json_time import Time
from starlight.lookup.excerpt import Piece
from starlight.lookup.question import LetterQuestion
from starlight.messages.parts import PartKind
from starlight.views.mailbox import Recipient
from starlight.words.sentence import Sentence

Place = Literal["text", "topic", "name", "transcript"]
"""The place in a letter where an excerpt is from: its words, the name that it gives its topic, the name of
one of its parts, or what is said in one."""


class FoundLetter(msgspec.Struct, frozen=True):
    """A letter that a search found.

    Attributes:
        id: of the letter.
        with_address: the other end of its conversation.
        from_name: who wrote it.
        mine: the mailbox's owner did.
        written_at: when.
        unread: it came, and has not been read.
        place: where the excerpt is from.
        excerpt: a piece of that, with what was looked for marked.
        parts: the kinds of its parts, each once.
        thread: the id of the topic or the conversation that it belongs to.
        number: after which a search goes on to those before it.
    """

    id: str
    with_address: str
    from_name: str
    mine: bool
    written_at: Time
    unread: bool
    place: Place
    excerpt: tuple[Piece, ...]
    parts: tuple[PartKind, ...]
    thread: str
    number: int


class FoundTopic(msgspec.Struct, frozen=True):
    """A topic whose name has what was looked for.

    Attributes:
        id: of the topic.
        name: what it is called.
        with_address: the other end of its conversation.
    """

    id: str
    name: str
    with_address: str


class SearchView(msgspec.Struct, frozen=True):
    """The letters that a search found in one person's mailbox.

    Attributes:
        words: what was looked for, as it was written.
        letters: the newest first.
        people: whose names have what was looked for, and the others of the letters' conversations.
        named: the addresses of those among them whose names have it.
        more: there may be letters before the last of these; None where there are none, else its `number`.
        note: what is not found yet, or why nothing was looked for; None where nothing is to be said.
        topics: those whose names have what was looked for.
    """

    words: str
    letters: tuple[FoundLetter, ...]
    people: tuple[Recipient, ...]
    named: tuple[str, ...]
    more: int | None = None
    note: Sentence | None = None
    topics: tuple[FoundTopic, ...] = ()


class Finder(Protocol):
    """The search in one person's mailbox."""

    async def find(self, words: str, asked: LetterQuestion, before: int | None, limit: int) -> SearchView:
        """Return what answers a question, the newest letters first; whatever words are asked for.

        Args:
            words: what was asked for, as it was written.
            asked: the same as a question.
            before: `SearchView.more` of an earlier answer; None for the newest.
            limit: how many letters at most.
        """
        ...
