"""Records as what they mean, with a small cache over them that is bounded by bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar, cast

from msgspec.structs import replace

from starlight.errors import LetterError, StoreError
from starlight.mailboxes import stored_format
from starlight.mailboxes.records import Records
from starlight.mailboxes.set_asides import SetAsides
from starlight.mailboxes.stored_format import RecordKind, StoredLetter
from starlight.messages.delivery import Received
from starlight.messages.dispatch import Sent
from starlight.messages.format import Kind, Message, decode_message, stand_in
from starlight.messages.letter import Content, Letter, Newer
from starlight.messages.letter_keys import VERSION
from starlight.messages.wire_values import Envelope
from starlight.node.application import Erase, Save

CACHE_BYTES = 4 << 20
"""Of records as they are saved: some thousand letters, several times what pages show at a time; in
memory, decoded, they take two to three times as much."""

_T = TypeVar("_T")


class DecodedRecords:
    """The letters of a node's mailboxes and what is known about them, decoded.

    Args:
        records: where they are.
        cache_bytes: how much of them is kept decoded.

    Attributes:
        records: the same.
        asides: those that were found damaged.
    """

    def __init__(self, records: Records, cache_bytes: int = CACHE_BYTES) -> None:
        self.records = records
        self.asides = SetAsides(records)
        self._room = cache_bytes
        self._cache: OrderedDict[tuple[str, str], tuple[object, int]] = OrderedDict()

    def letter(self, mailbox: str, id: str) -> Letter | None:
        """Return a letter of a mailbox, or None; a record that is damaged is set aside, and then not there.

        Raises:
            StoreError: the disk can't be read.
        """
        return self._get(mailbox, f"letter/{id}", lambda data: decode_letter(data, id))

    def sent(self, mailbox: str, id: str) -> Sent | None:
        """Return what is known of the course of a letter written in a mailbox, or None; as above."""
        return self._get(mailbox, f"sent/{id}", stored_format.SENT.decode)

    def received(self, mailbox: str, id: str) -> Received | None:
        """Return what is known about a letter that came to a mailbox, or None; as above."""
        return self._get(mailbox, f"received/{id}", stored_format.RECEIVED.decode)

    def read(self, mailbox: str, key: str, kind: RecordKind[_T]) -> _T | None:
        """Return what a record of a kind that is not kept decoded means, or None; as above."""
        data = self.records.get(mailbox, key)
        return None if data is None else self.understood(mailbox, key, data, kind.decode)

    def understood(self, mailbox: str, key: str, data: bytes, decode: Callable[[bytes], _T]) -> _T | None:
        """Return what the bytes of a record mean, or None where they are damaged: then it is set aside.

        Args:
            mailbox, key: of the record.
            data: its bytes.
            decode: returns what they mean. Raises StoreError where they are damaged.
        """
        try:
            return decode(data)
        except StoreError as error:
            self.set_aside(mailbox, key, str(error))
            return None

    def put_letter(self, mailbox: str, letter: Letter, stored: StoredLetter) -> Save:
        """Keep a letter as it came, which is also given as what it means; return the save for it."""
        return self._put(mailbox, f"letter/{letter.id}", letter, stored_format.LETTER.encode(stored))

    def put_sent(self, mailbox: str, id: str, sent: Sent) -> Save:
        """Keep what is known of the course of a letter; return the save for it."""
        return self._put(mailbox, f"sent/{id}", sent, stored_format.SENT.encode(sent))

    def put_received(self, mailbox: str, id: str, received: Received) -> Save:
        """Keep what is known about a letter that came; return the save for it."""
        return self._put(mailbox, f"received/{id}", received, stored_format.RECEIVED.encode(received))

    def erase(self, mailbox: str, key: str) -> Erase:
        """Take a record out of use for good, at once here; return what deletes it in the store."""
        self._room += self._cache.pop((mailbox, key), (None, 0))[1]
        erased = Erase(mailbox, key)
        self.records.put(erased)
        return erased

    def set_aside(self, mailbox: str, key: str, why: str) -> None:
        """Take a record out of use, as `SetAsides.add`."""
        self._room += self._cache.pop((mailbox, key), (None, 0))[1]
        self.asides.add(mailbox, key, why)

    def _put(self, mailbox: str, key: str, value: object, data: bytes) -> Save:
        save = Save(mailbox, key, data)
        self.records.put(save)
        self._remember((mailbox, key), value, len(data))
        return save

    def _get(self, mailbox: str, key: str, decode: Callable[[bytes], _T]) -> _T | None:
        at = (mailbox, key)
        found = self._cache.get(at)
        if found is not None:
            self._cache.move_to_end(at)
            return cast("_T", found[0])
        data = self.records.get(mailbox, key)
        value = None if data is None else self.understood(mailbox, key, data, decode)
        if data is not None and value is not None:
            self._remember(at, value, len(data))
        return value

    def _remember(self, at: tuple[str, str], value: object, size: int) -> None:
        # A letter may have a megabyte of text, so the bound is by bytes, not by records.
        self._room += self._cache.pop(at, (None, 0))[1] - size
        self._cache[at] = (value, size)
        while self._room < 0:
            self._room += self._cache.popitem(last=False)[1][1]


def readable(key: str, data: bytes) -> bool:
    """Return whether a record can be read by this version."""
    kind, _, name = key.partition("/")
    reader = _READERS.get(kind)
    try:
        if kind == "letter":
            return decode_letter(data, name) is not None
        return reader is not None and reader(data) is not None
    except (StoreError, UnicodeDecodeError):
        return False


def decode_letter(data: bytes, id: str) -> Letter:
    """Return the letter in a record, or what stands in for a payload that this version can't read.

    Args:
        data: the record.
        id: of the letter in its mailbox.

    Raises:
        StoreError: the record is damaged, or another letter's.
    """
    stored = stored_format.LETTER.decode(data)
    try:
        message: Message | None = decode_message(stored.payload, stored.envelope)
    except LetterError as error:
        if stored.envelope == Envelope("", "", 0):
            raise StoreError(str(error)) from error  # In version 1 nothing but letters was kept.
        message = None
    if not isinstance(message, Letter):
        # What an older version kept unread may be readable now; what it is now is what is shown.
        partly = Newer(VERSION, Kind.RECEIPT, None)
        newer = message if message is None or isinstance(message, Newer) else partly
        message = stand_in(stored.payload, stored.envelope, newer)
    if message.format == 1 and message.id != id:
        raise StoreError(f"the letter {message.id}")
    return replace(with_urgency(message, stored.priority), id=id)


def with_urgency(letter: Letter, priority: int) -> Letter:
    """Return a letter as urgent as its bundle was, unless it says itself how urgent it is."""
    if letter.format == VERSION and letter.content is Content.LETTER:
        return letter
    return replace(letter, priority=priority)


# What a correspondent saved only it can judge, when it is given that.
_READERS: dict[str, Callable[[bytes], object]] = {
    "mailbox": stored_format.CARD.decode,
    "sent": stored_format.SENT.decode,
    "received": stored_format.RECEIVED.decode,
    "telemetry": stored_format.TELEMETRY.decode,
    "carrier": bytes.decode,
    "format": stored_format.FORMAT.decode,
    "group": stored_format.GROUP.decode,
    "versions": stored_format.VERSIONS.decode,
    "outside": bytes,  # its key says all
    "mark": stored_format.MARKS.decode,
    "reminders": stored_format.REMINDERS.decode,
    "announcements": stored_format.ANNOUNCED.decode,
    "programs": stored_format.ANNOUNCED.decode,
    "topic": stored_format.TOPIC.decode,
    "part": stored_format.PART.decode,
    "room": stored_format.ROOM.decode,
    "uploads": stored_format.UPLOADS.decode,
    "key": stored_format.CLIENT_KEY.decode,
    "refused": stored_format.REFUSED.decode,
    "hidden": stored_format.HIDDEN.decode,
    "unopened": stored_format.UNOPENED.decode,
    "opening": stored_format.OPENING.decode,
    "body": bytes,  # the hashes, or a chunk, which its letter judges
    "correspondent": bytes,
}
