"""The format of a mailbox's records: a format of their own, apart from what travels.

A record is a MessagePack array of two: the version of its kind, and a value. In version 1 there was no such
frame: a letter was the payload that travels, all else a MessagePack map. Both are read for ever; what is
saved anew has the latest version. A version is raised with every field that a reader must not lose, so a
record of a newer version is refused, by which it is set aside (`records.py`) and stays as it is.

What came from elsewhere may hold what this version does not understand. So a letter is kept as it came,
payload and envelope, and understood when it is read.

============  ==================================================================================
kind          versions
============  ==================================================================================
`CARD`        1 a map; 2 framed
`LETTER`      1 the payload alone, in format 1; 2 framed, with its envelope
`SENT`        1 a flat map, at first with sentences (`older_records.py`); 2 framed, by dispatches
`FORMAT`      2 framed
`GROUP`       2 framed
`VERSIONS`    2 framed
`MARKS`       2 framed
`REMINDERS`   2 framed
`ANNOUNCED`   2 framed
`TOPIC`       2 framed
`PART`        2 framed
`BODY`        2 framed
`ROOM`        2 framed
`UPLOADS`     2 framed
`CLIENT_KEY`  2 framed
`REFUSED`     2 framed
`HIDDEN`      2 framed
`UNOPENED`    2 framed; none of an empty place
`GIVEN`       2 framed
`OPENING`     2 framed
`SETTINGS`    2 framed
`RECEIVED`    1 a map; 2 framed
`TELEMETRY`   1 a map; 2 framed, with the time of creation
============  ==================================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from starlight.errors import StoreError
from starlight.mailboxes import older_records
from starlight.messages.announced import Announced
from starlight.messages.delivery import Received
from starlight.messages.dispatch import Sent
from starlight.messages.distress import HeardCall, OwnCall
from starlight.messages.group import Group
from starlight.messages.marks import LetterMarks
from starlight.messages.part_state import PartState
from starlight.messages.settings import Settings
from starlight.messages.topic import TopicName
from starlight.messages.wire_values import Envelope

_T = TypeVar("_T")

_FRAME = 0x92
"""MessagePack's array of two. No record of version 1 begins so: a map begins with 0x80 to 0x8f or 0xde, and a
letter in format 1, an array of eleven in CBOR, with 0x8b."""


class Card(msgspec.Struct, frozen=True):
    """The owner of a mailbox: a name for people, since when it is open, in ns, and whether it is now."""

    person: str
    opened_at: int
    is_open: bool


class StoredLetter(msgspec.Struct, frozen=True, gc=False):
    """A letter as it came, or as it was sent.

    Attributes:
        source, destination, created: the envelope's (`Envelope`); in a record of version 1 there is none, as
            its payload says it all.
        payload: what travels, byte for byte.
        priority: how urgent its bundle was, as a payload of format 1, or of another software, can't say.
    """

    source: str
    destination: str
    created: int
    payload: bytes
    priority: int = 1

    @property
    def envelope(self) -> Envelope:
        """Return the bundle around the payload."""
        return Envelope(self.source, self.destination, self.created)


class Body(msgspec.Struct, frozen=True, gc=False):
    """A part that was written here.

    Attributes:
        size, chunk_size: in bytes.
        hash: as its letter tells it.
        leaves: the leaf hashes of its chunks, one after the other (`hash_tree.py`).
    """

    size: int
    chunk_size: int
    hash: bytes
    leaves: bytes


class UnnamedUpload(msgspec.Struct, frozen=True, gc=False):
    """An upload that no letter names yet; times in ns.

    Attributes:
        reference: under which its bytes lie.
        begun_at: when it began.
        finished_at: when all of it was here; None while it is under way.
    """

    reference: str
    begun_at: int
    finished_at: int | None = None


class ClientKey(msgspec.Struct, frozen=True, gc=False):
    """A key under which a client wrote a letter.

    Attributes:
        key: as the client chose it.
        letter_id: of the letter.
        digest: of all that the draft said, by which another draft under the same key is noticed.
        at: when it was written, in ns.
    """

    key: str
    letter_id: str
    digest: bytes
    at: int


class RefusedMessage(msgspec.Struct, frozen=True, gc=False):
    """A message that came and was not taken.

    Attributes:
        message: as it came.
        why: the rule that it breaks, in words.
        at: when it came, in ns.
    """

    message: StoredLetter
    why: str
    at: int


class Unopened(msgspec.Struct, frozen=True, gc=False):
    """A letter that is hidden until it opens, or what is left of one that was taken back.

    Attributes:
        id: as its author knows it.
        sender: who wrote it.
        message: as it came; None of one that was taken back, and of a withdrawal.
        size_bytes: of its payload.
        opens: when it opens, in ns; None where an event alone opens it.
        event: the fact of the mission that opens it; empty for none.
        received: what is known of its coming.
        withdrawn: it was taken back before it opened, or is what took another back.
    """

    id: str
    sender: str
    message: StoredLetter | None
    size_bytes: int
    opens: int | None
    event: str
    received: Received
    withdrawn: bool = False


class KnownFormat(msgspec.Struct, frozen=True):
    """The latest format that a correspondent reads.

    Attributes:
        version: of the format.
        heard_at: the creation time of the bundle that told it, in ns.
        address: the correspondent's; empty in a record of an earlier version, whose key has it.
    """

    version: int
    heard_at: int
    address: str = ""


class MetVersion(msgspec.Struct, frozen=True):
    """The state of a group that one of its people was last known to have.

    Attributes:
        digest: of that state.
        told_at: when that person told it, in ns.
    """

    digest: bytes
    told_at: int


class KeptTelemetry(msgspec.Struct, frozen=True):
    """Telemetry as a mailbox keeps it.

    Attributes:
        number: counts the readings of its vehicle.
        received_at: when it was known here, in ns.
        payload: the telemetry as it came.
        created: the creation time of its bundle in ns; None in a record of version 1.
    """

    number: int
    received_at: int
    payload: bytes
    created: int | None = None


class KeptCalls(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The distress calls of a mailbox: the last one of its owner, and those of others."""

    own: OwnCall | None = None
    heard: tuple[HeardCall, ...] = ()


class RecordKind(Generic[_T]):
    """A kind of record, to and from bytes.

    Args:
        version: in which it is saved.
        decode: reads the value inside the frame.
        older: reads a record of version 1.
    """

    def __init__(self, version: int, decode: Callable[[bytes], _T], older: Callable[[bytes], _T]) -> None:
        self.version = version
        self._decode = decode
        self._older = older
        self._head = bytes((_FRAME, version))

    def encode(self, value: _T) -> bytes:
        """Return a value as a record."""
        return self._head + msgspec.msgpack.encode(value)

    def decode(self, data: bytes) -> _T:
        """Return the value of a record.

        Raises:
            StoreError: it is damaged, or of a version that this Starlight does not know.
        """
        try:
            # By its first byte, as a record of version 1 says of itself nowhere what it is.
            if data[:1] != self._head[:1]:
                return self._older(data)
            if data[:2] != self._head:
                raise StoreError(
                    f"a record of version {_version(data)}; this Starlight reads 1 to {self.version}"
                )
            return self._decode(data[2:])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StoreError(f"a damaged record: {error}") from error


def _version(data: bytes) -> object:
    return msgspec.msgpack.decode(data, type=tuple[int, msgspec.Raw])[0]


def _reader(type_: type[_T]) -> Callable[[bytes], _T]:
    return msgspec.msgpack.Decoder(type_).decode


_unopened: Callable[[bytes], Unopened | None] = msgspec.msgpack.Decoder(Unopened | None).decode

CARD = RecordKind(2, _reader(Card), _reader(Card))
LETTER = RecordKind(2, _reader(StoredLetter), lambda data: StoredLetter("", "", 0, data))
SENT = RecordKind(2, _reader(Sent), older_records.decode_sent)
PART = RecordKind(2, _reader(PartState), _reader(PartState))
BODY = RecordKind(2, _reader(Body), _reader(Body))
ROOM = RecordKind(2, _reader(int), _reader(int))
UPLOADS = RecordKind(2, _reader(tuple[UnnamedUpload, ...]), _reader(tuple[UnnamedUpload, ...]))
CLIENT_KEY = RecordKind(2, _reader(ClientKey), _reader(ClientKey))
REFUSED = RecordKind(2, _reader(RefusedMessage), _reader(RefusedMessage))
HIDDEN = RecordKind(2, _reader(tuple[str, ...]), _reader(tuple[str, ...]))
MARKS = RecordKind(2, _reader(LetterMarks), _reader(LetterMarks))
REMINDERS = RecordKind(2, _reader(dict[str, int]), _reader(dict[str, int]))
ANNOUNCED = RecordKind(2, _reader(tuple[Announced, ...]), _reader(tuple[Announced, ...]))
TOPIC = RecordKind(2, _reader(TopicName), _reader(TopicName))
GIVEN = RecordKind(2, _reader(dict[str, str]), _reader(dict[str, str]))
OPENING = RecordKind(2, _reader(tuple[str, ...]), _reader(tuple[str, ...]))
UNOPENED = RecordKind(2, _unopened, _unopened)
SETTINGS = RecordKind(2, _reader(Settings), _reader(Settings))
DISTRESS = RecordKind(2, _reader(KeptCalls), _reader(KeptCalls))
GROUP = RecordKind(2, _reader(Group), _reader(Group))
VERSIONS = RecordKind(2, _reader(dict[str, MetVersion]), _reader(dict[str, MetVersion]))
FORMAT = RecordKind(2, _reader(KnownFormat), _reader(KnownFormat))
RECEIVED = RecordKind(2, _reader(Received), _reader(Received))
TELEMETRY = RecordKind(2, _reader(KeptTelemetry), _reader(KeptTelemetry))
