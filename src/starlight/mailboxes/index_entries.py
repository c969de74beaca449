"""Entries of the index: a letter as it is listed without being read, and a topic by the letters in it."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace


class IndexEntry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """All that is known of a letter without reading it.

    Attributes:
        id: of the letter.
        correspondent: the other end.
        order: its order key (`messages/conversation_order.py`).
        written_at: in ns; where its author's clock can't be right, the time by which it takes its place.
        reply_to: the id of the letter that it answers.
        text_bytes: the room that it takes: its text, and the parts that are in it (`Letter.kept_bytes`).
        number: the counter in its id when it was written here, else 0.
        open: it was written here, and the outbox may have to act on it.
        owed: it came here, and its sender has not been told all.
        unread: it came here, and has not been read.
        thread: the topic that it belongs to; empty for the usual thread of its conversation.
        starred: its reader put a star to it.
        asks: it is a question that nobody has answered.
        hidden: it is not shown, nor counted: not yet, or as it says nothing but what it does to another.
    """

    id: str
    correspondent: str
    order: bytes
    written_at: int
    reply_to: str | None
    text_bytes: int
    number: int = 0
    open: bool = False
    owed: bool = False
    unread: bool = False
    thread: str = ""
    starred: bool = False
    asks: bool = False
    hidden: bool = False


class Topic(msgspec.Struct, frozen=True, gc=False):
    """A topic of one conversation, summed up.

    Attributes:
        correspondent: with whom.
        thread: its id.
        letters, unread, asks: how many letters there are, how many not read, how many open questions.
        last_at: when the last was written, in ns.
    """

    correspondent: str
    thread: str
    letters: int = 0
    unread: int = 0
    asks: int = 0
    last_at: int = 0


def add_to_topics(topics: dict[tuple[str, str], Topic], entry: IndexEntry) -> None:
    """Count a letter in the topic that it belongs to, if that is one; topics by correspondent and thread."""
    if not entry.thread or entry.hidden:
        return
    at = (entry.correspondent, entry.thread)
    so_far = topics.get(at, Topic(*at))
    topics[at] = Topic(
        *at,
        so_far.letters + 1,
        so_far.unread + entry.unread,
        so_far.asks + entry.asks,
        max(so_far.last_at, entry.written_at),
    )


def take_from_topics(topics: dict[tuple[str, str], Topic], entry: IndexEntry) -> None:
    """Count a letter in its topic no more; `last_at` stays, as mostly it is counted again at once."""
    at = (entry.correspondent, entry.thread)
    so_far = topics.get(at)
    if so_far is not None and not entry.hidden:
        topics[at] = replace(
            so_far,
            letters=so_far.letters - 1,
            unread=so_far.unread - entry.unread,
            asks=so_far.asks - entry.asks,
        )
