"""A letter as a search index keeps it: its terms, and what else can be asked of it.

Only what never changes of a letter is there. Whether it is read, starred, hidden or erased, the mailbox
knows, and is asked for each letter that the index proposes: so the index can't tell of a letter what is no
longer so.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from starlight.lookup.terms import terms
from starlight.messages.letter import Letter
from starlight.messages.parts import PartKind

BREAK = "\ue000"
"""Stands between the texts of one letter, so that no phrase goes from one into the next; no text has it as a
term, as it is of Unicode's private use."""

VOICE, PICTURE = 1, 2
"""Bits for what a letter has."""

TERMS_VERSION = 1
"""Counts how terms are made (`terms.py`): an index of another version is built anew."""


class Document(msgspec.Struct, frozen=True):
    """A letter as the index keeps it.

    Attributes:
        mailbox, id: which letter.
        correspondent: the other end.
        thread: the topic or the conversation that it belongs to.
        written_at: when it was written, in ns.
        act: as of the letter.
        has: bits for its parts.
        terms: with a space between each two.
    """

    mailbox: str
    id: str
    correspondent: str
    thread: str
    written_at: int
    act: int
    has: int
    terms: str


def document(mailbox: str, correspondent: str, written_at: int, letter: Letter) -> Document:
    """Return a letter as the index keeps it.

    Args:
        mailbox: in which it is.
        correspondent: the other end of its conversation.
        written_at: the time by which it takes its place there, in ns.
        letter: the letter.
    """
    kinds = {part.kind for part in letter.parts}
    has = VOICE * (PartKind.VOICE in kinds) | PICTURE * (PartKind.PICTURE in kinds)
    words = f" {BREAK} ".join(" ".join(terms(text)) for text in texts(letter))
    return Document(mailbox, letter.id, correspondent, letter.thread, written_at, letter.act, has, words)


def texts(letter: Letter) -> Iterator[str]:
    """Give the texts of a letter in which words are looked for: what it says, and of its parts names and
    transcripts."""
    for text in (letter.text, letter.thread_name):
        if text:
            yield text
    for part in letter.parts:
        for text in (part.name, part.transcript):
            if text:
                yield text
