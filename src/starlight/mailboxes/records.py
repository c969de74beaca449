"""The records of the mailboxes, and the index over their letters: what a mailbox asks of its store.

A record is what a `Save` keeps: bytes under a mailbox and a key.

======================  =======================================================================
key                     the record
======================  =======================================================================
mailbox                 whose it is, since when, and whether it is open
letter/<id>             a letter, as it travels
sent/<id>               what is known about the course of a letter written here; of a further one ``<id> <n>``
received/<id>           what is known about a letter that came here
part/<id>/<n>           the chunks that are here of a part that travels on its own
body/<reference>        the hashes of a part that was written here; ``/<n>`` after it, each chunk
room                    the bytes of all parts here; ``/<address>`` after it, of those one has begun
uploads                 the uploads that no letter names yet
key/<n>                 a key under which a client wrote a letter
refused/<n>             a message that came and was not taken, and why
opening                 the letters written here that open later at their readers' end
unopened/<n>            a letter that came and is hidden until it opens, or that one was taken back
hidden                  the correspondents who are not in the list until something new comes
telemetry/<n>/<from>    the last readings of a vehicle
carrier/<bundle>        the id of the letter that a bundle carries
correspondent           the state of the program that lives there; empty for none
format/<n>              the latest format that a correspondent reads; of earlier versions, its address
group/<id>              a group, as it is known here
versions/<id>           which state of a group each of its people was last known to have
outside/<group>/<from>/<id>  a letter to a group that stands with its author, who is not known to be in it
mark/<id>               what other letters do to a letter
reminders               of which letters somebody wants to be reminded, and when
announcements           the announcements that came and were not read
programs                which letters brought what programs made, such as a map
topic/<thread>          what a topic is called
distress                the distress calls: the owner's last one, and those of others
settings                what the owner has chosen for the pages that show the mailbox
index/<id>              a letter's `IndexEntry`
======================  =======================================================================

`stored_format.py` has their form. One that can't be read, or that nobody here knows, is set aside
(`SetAside`): it is in nobody's way then, and comes back when a Starlight opens the store that reads it.

Letters stay in the store. A mailbox keeps in memory what it has to act on and a line for each
correspondent; all else it finds by the index. An index entry is a record as well, saved in the same
commit as what it tells of, so that a crash leaves both or neither; a store that has columns puts it
into them. What is put can be read at once, although it is not committed yet: the step that put it
goes on to work with it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from typing import Literal, Protocol

import msgspec
from msgspec.structs import replace

from starlight.mailboxes.index_entries import IndexEntry, Topic, add_to_topics
from starlight.messages.conversation import Conversation
from starlight.node.application import Erase, Save, SetAside

KINDS = frozenset(
    {
        "mailbox",
        "letter",
        "sent",
        "received",
        "part",
        "body",
        "room",
        "uploads",
        "key",
        "refused",
        "hidden",
        "unopened",
        "opening",
        "telemetry",
        "carrier",
        "correspondent",
        "format",
        "group",
        "versions",
        "outside",
        "mark",
        "reminders",
        "announcements",
        "programs",
        "topic",
        "distress",
        "settings",
        "given",
        "index",
    }
)
"""The kinds of records of a mailbox: what their keys begin with. A start sets aside what is of none."""

UNKNOWN = "a record of a kind that this Starlight does not know"

INDEX = "index/"
CARRIER = "carrier/"
CORRESPONDENT = "correspondent"
FORMAT = "format/"
GROUP = "group/"
VERSIONS = "versions/"
OUTSIDE = "outside/"
PART = "part/"
TELEMETRY = "telemetry/"
BODY = "body/"
ROOM = "room"
UPLOADS = "uploads"
KEY = "key/"
REFUSED = "refused/"
HIDDEN = "hidden"
DISTRESS = "distress"
SETTINGS = "settings"
GIVEN = "given"
Mark = Literal["open", "owed", "unread", "starred", "asks", "hidden"]
"""Letters can be asked for by these: something is still foreseen of it; a receipt is owed; nobody read it;
its reader put a star to it; it asks, and nobody has answered; it is not to be seen, or not yet."""
PROGRAMS = "programs"
UNOPENED = "unopened/"
OPENING = "opening"


class Records(Protocol):
    """The records of all mailboxes of a node.

    All but `put` answer from what is committed and, over it, what was put since. They raise StoreError
    where the disk can't be read or holds what is none of ours.
    """

    def put(self, save: Save | SetAside) -> None:
        """Make a record readable, or unreadable; whoever asked for it gets the same `save` committed."""

    def get(self, mailbox: str, key: str) -> bytes | None:
        """Return a record, or None."""

    def entry(self, mailbox: str, letter_id: str) -> IndexEntry | None:
        """Return the index entry of a letter, or None."""

    def answers(self, mailbox: str, letter_id: str) -> list[IndexEntry]:
        """Return the entries of the letters in a mailbox that say that they answer a letter."""

    def page(
        self, mailbox: str, correspondent: str, before: bytes | None, limit: int, thread: str | None = None
    ) -> list[IndexEntry]:
        """Return the last `limit` entries of a conversation before an order key, or of all; in order.

        Hidden ones are left out, and those of other topics where one is told (`IndexEntry.thread`).
        """

    def topics(self, mailbox: str) -> list[Topic]:
        """Return the topics of a mailbox, in any order."""

    def marked(self, mailbox: str, mark: Mark) -> list[IndexEntry]:
        """Return the entries of a mailbox with a mark, by order key."""

    def asides(self, mailbox: str) -> int:
        """Return how many records of a mailbox are set aside, as far as that is committed."""

    def mailboxes(self) -> list[str]:
        """Return the mailboxes of which there is a record, in order; asked at the start."""

    def of_kind(self, mailbox: str, prefix: str) -> list[tuple[str, bytes]]:
        """Return the keys and records of a kind of which there are few, such as `TELEMETRY`."""

    def conversations(self, mailbox: str) -> list[Conversation]:
        """Return a mailbox's conversations; asked at the start, as the mailbox counts on by itself."""


def index_save(mailbox: str, entry: IndexEntry) -> Save:
    """Return the save of an index entry."""
    return Save(mailbox, INDEX + entry.id, msgspec.msgpack.encode(entry))


def index_entry(save: Save) -> IndexEntry:
    """Return the index entry in a save whose key begins with `INDEX`; msgspec.DecodeError if it is none."""
    return _DECODE(save.data)


_DECODE: Callable[[bytes], IndexEntry] = msgspec.msgpack.Decoder(IndexEntry).decode


class MemoryRecords:
    """Records in memory: of a node in virtual time, and of a store whose index is being built."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], bytes] = {}
        self._entries: dict[str, dict[str, IndexEntry]] = {}
        # Of any letter that is answered, here or not: an answer may come first.
        self._answers: dict[tuple[str, str], dict[str, None]] = {}
        self._orders: dict[tuple[str, str], list[tuple[bytes, str]]] = {}
        self._asides: dict[str, int] = {}

    def put(self, save: Save | SetAside) -> None:
        """Keep a record, or set it aside."""
        if isinstance(save, Erase):
            self.drop(save.mailbox, save.key)
        elif isinstance(save, SetAside):
            self._asides[save.mailbox] = self.asides(save.mailbox) + self._holds(save.mailbox, save.key)
            self.drop(save.mailbox, save.key)
        elif save.key.startswith(INDEX):
            self._file(save.mailbox, index_entry(save))
        else:
            self._records[save.mailbox, save.key] = save.data

    def get(self, mailbox: str, key: str) -> bytes | None:
        """Return a record, or None."""
        return self._records.get((mailbox, key))

    def entry(self, mailbox: str, letter_id: str) -> IndexEntry | None:
        """Return the index entry of a letter, or None."""
        return self._entries.get(mailbox, {}).get(letter_id)

    def answers(self, mailbox: str, letter_id: str) -> list[IndexEntry]:
        """Return the entries of the letters in a mailbox that say that they answer a letter."""
        return [self._entries[mailbox][id] for id in self._answers.get((mailbox, letter_id), ())]

    def page(
        self, mailbox: str, correspondent: str, before: bytes | None, limit: int, thread: str | None = None
    ) -> list[IndexEntry]:
        """Return the last `limit` entries of a conversation before an order key, or of all; in order."""
        order = self._orders.get((mailbox, correspondent), [])
        end = len(order) if before is None else bisect_left(order, (before, ""))
        found: list[IndexEntry] = []
        for at in range(end - 1, -1, -1):
            if len(found) >= limit:
                break
            entry = self._entries[mailbox][order[at][1]]
            if not entry.hidden and thread in (None, entry.thread):
                found.append(entry)
        return found[::-1]

    def topics(self, mailbox: str) -> list[Topic]:
        """Return the topics of a mailbox."""
        found: dict[tuple[str, str], Topic] = {}
        for entry in self._entries.get(mailbox, {}).values():
            add_to_topics(found, entry)
        return list(found.values())

    def marked(self, mailbox: str, mark: Mark) -> list[IndexEntry]:
        """Return the entries of a mailbox with a mark, by order key."""
        found = (entry for entry in self._entries.get(mailbox, {}).values() if getattr(entry, mark))
        return sorted(found, key=lambda entry: entry.order)

    def mailboxes(self) -> list[str]:
        """Return the mailboxes of which there is a record, in order."""
        return sorted({mailbox for mailbox, _ in self._records})

    def of_kind(self, mailbox: str, prefix: str) -> list[tuple[str, bytes]]:
        """Return the keys and records of a kind, such as `TELEMETRY`."""
        found = self._records.items()
        return [(key, data) for (of, key), data in found if of == mailbox and key.startswith(prefix)]

    def conversations(self, mailbox: str) -> list[Conversation]:
        """Return a mailbox's conversations."""
        found: dict[str, Conversation] = {}
        for entry in self._entries.get(mailbox, {}).values():
            count(found, None, entry)
        return list(found.values())

    def asides(self, mailbox: str) -> int:
        """Return how many records of a mailbox were set aside."""
        return self._asides.get(mailbox, 0)

    def letters(self, mailbox: str) -> dict[str, IndexEntry]:
        """Return the entries of a mailbox's letters, by id."""
        return dict(self._entries.get(mailbox, {}))

    def drop(self, mailbox: str, key: str) -> None:
        """Forget a record, if it is here."""
        if not key.startswith(INDEX):
            self._records.pop((mailbox, key), None)
            return
        entry = self._entries.get(mailbox, {}).pop(key.removeprefix(INDEX), None)
        if entry is not None:
            self._take_out(mailbox, entry)

    def _take_out(self, mailbox: str, entry: IndexEntry) -> None:
        """Forget where an entry stood."""
        order = self._orders[mailbox, entry.correspondent]
        del order[bisect_left(order, (entry.order, entry.id))]
        if not order:
            del self._orders[mailbox, entry.correspondent]
        if entry.reply_to is not None:
            answers = self._answers[mailbox, entry.reply_to]
            del answers[entry.id]
            if not answers:
                del self._answers[mailbox, entry.reply_to]

    def _holds(self, mailbox: str, key: str) -> bool:
        if key.startswith(INDEX):
            return self.entry(mailbox, key.removeprefix(INDEX)) is not None
        return (mailbox, key) in self._records

    def _file(self, mailbox: str, entry: IndexEntry) -> None:
        before = self._entries.setdefault(mailbox, {}).get(entry.id)
        self._entries[mailbox][entry.id] = entry
        if before is not None:
            if _place(before) == _place(entry):
                return
            self._take_out(mailbox, before)
        # In order at any time, so that a page is a slice however long the conversation is.
        insort(self._orders.setdefault((mailbox, entry.correspondent), []), (entry.order, entry.id))
        if entry.reply_to is not None:
            self._answers.setdefault((mailbox, entry.reply_to), {})[entry.id] = None


def _place(entry: IndexEntry) -> tuple[str, bytes, str | None]:
    return entry.correspondent, entry.order, entry.reply_to


def count(conversations: dict[str, Conversation], before: IndexEntry | None, now: IndexEntry) -> None:
    """Count an entry of a letter that has become another, or has come; None is none before.

    Args:
        conversations: by correspondent; those that it stood in, and stands in now, are changed.
        before, now: the entries.
    """
    if before is not None and before.correspondent != now.correspondent:
        left = conversations.get(before.correspondent, Conversation(before.correspondent))
        conversations[before.correspondent] = without_entry(left, before)
        before = None
    so_far = conversations.get(now.correspondent, Conversation(now.correspondent))
    conversations[now.correspondent] = _with_entry(so_far, before, now)


def _with_entry(so_far: Conversation, before: IndexEntry | None, now: IndexEntry) -> Conversation:
    """Return a conversation in which the entry of a letter has become another, or has come; None is none."""
    # Hidden ones take room, and are not told of.
    was_shown = before is not None and not before.hidden
    was_unread = was_shown and before is not None and before.unread
    is_shown = not now.hidden
    return Conversation(
        so_far.correspondent,
        so_far.letters + is_shown - was_shown,
        so_far.unread + (now.unread and is_shown) - was_unread,
        max(so_far.last_at, now.written_at) if is_shown else so_far.last_at,
        so_far.text_bytes + now.text_bytes - (before.text_bytes if before else 0),
        max(so_far.number, now.number),
        so_far.hidden + now.hidden - (before is not None and before.hidden),
    )


def without_entry(so_far: Conversation, entry: IndexEntry) -> Conversation:
    """Return a conversation without a letter; the highest counter stays, so that no id is given twice."""
    return replace(
        so_far,
        letters=so_far.letters - (not entry.hidden),
        unread=so_far.unread - (entry.unread and not entry.hidden),
        text_bytes=so_far.text_bytes - entry.text_bytes,
        hidden=so_far.hidden - entry.hidden,
    )


def is_known(key: str) -> bool:
    """Return whether a key is of a kind of records that a mailbox has."""
    return key.partition("/")[0] in KINDS
