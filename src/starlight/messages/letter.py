"""Letters, receipts and telemetry, which people and vehicles send each other, as values.

How they travel is in `format.py`, and as earlier versions write them in `first_format.py`. An id is text
here: of format 2 it is 32 hexadecimal digits, of format 1 the author's address, a slash and what follows.
Times are integer nanoseconds since 2000-01-01T00:00:00Z.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Literal

import msgspec

from starlight.bundle import cbor
from starlight.messages.parts import Part

TEXT_MAX_BYTES = 1_000_000
"""A megabyte is a long novel, and takes 11 hours at the 200 bit/s of a thin link."""

ADDRESS_MAX_BYTES = 128
"""The longest ``ipn:`` address has 45 characters; names of ``dtn:`` nodes get room to be readable."""

ID_MAX_BYTES = ADDRESS_MAX_BYTES + 32
"""A letter's id is its author's address, the second (11 digits until 2200) and a counter."""

THREAD_MAX_BYTES = 2 * ADDRESS_MAX_BYTES + 1
"""Two people's thread is named after both addresses."""

THREAD_NAME_MAX_BYTES = 255
"""A line on a page."""

READERS_MAX = 64
"""Everyone on two worlds who is named one by one; who are more have a group."""

SEEN_MAX = 64
"""A letter tells the last that its author had seen, of everyone; 16 bytes each."""

RECEIPT_FACTS_MAX = 256
"""About 10 kB of facts: a receipt for a year's letters still fits any contact that carried them."""

RANGES_MAX = 256
"""Gaps in what came of a part, in one receipt; what more there are is asked for with the next."""

GROUP_ID_BYTES = 16
MEMBERSHIP_BYTES = 8
"""Of a digest: two states of one group that differ have the same one once in 10^19."""

EVENT_MAX_BYTES = 64
"""The name of a fact of the mission, such as ``landed``."""

READINGS_MAX = 64
"""More than any vehicle here measures; a page can still show them all."""

READING_KEY_MAX_BYTES = 64
READING_TEXT_MAX_BYTES = 1_000
"""A finding is a sentence or a few; what is longer belongs into a letter."""

KIND_MAX_BYTES = 64

TIME_MAX = 2**63 - 1
"""The year 2292: times fit a signed 64-bit integer everywhere, in SQLite as well."""

CODE_MAX = 255
"""Kinds, priorities and states are small numbers; those that nobody has defined yet, too."""

Reading = int | float | str
Position = tuple[float, float]
What = Literal["arrived", "read"]
Keys = dict[int | str, cbor.Value]


class Content(StrEnum):
    """The kinds of what came to a mailbox, as far as this version can tell; stored nowhere but in JSON."""

    LETTER = "letter"
    NEWER = "newer"  # of a format, kind or key that only a newer Starlight knows
    FOREIGN = "foreign"  # nothing that any Starlight wrote, or damaged


class Act(IntEnum):
    """The acts of letters: what one does besides saying its words. A number not here is shown as words.

    `COPY`, `OBSOLETE` and `WITHDRAWN` are about the letter under `Letter.reply_to`, and need no words; the
    last two are only believed from its author.
    """

    WORDS = 0
    QUESTION = 1  # it asks for an answer
    COPY = 2  # read and understood
    OBSOLETE = 3  # it no longer holds
    WITHDRAWN = 4  # taken back, if it has not opened there yet
    ANNOUNCEMENT = 5  # for everybody; kept at the top until it is read


class Opening(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The moment until which a letter stays hidden from its reader, at the reader's end.

    Attributes:
        time: in ns; None where an event alone opens it.
        event: the name of a fact of the mission that opens it, whichever is first; empty for none.
        unless_back: it is not to be read if its author is back by then, who then withdraws it.
        unknown: keys that this version does not know, and their values.
    """

    time: int | None = None
    event: str = ""
    unless_back: bool = False
    unknown: Keys = {}


class MediaTime(msgspec.Struct, frozen=True, gc=False):
    """A moment of a part of the letter that is answered, to which a letter is pinned.

    Attributes:
        part: which part, from 0.
        at_ms: from its beginning, in ms.
    """

    part: int
    at_ms: int


class DistressState(IntEnum):
    """The states of a distress call. A number that is not here is one that a newer version knows."""

    RAISED = 0
    CANCELLED = 1
    ACKNOWLEDGED = 2  # by a person; the letter answers the one that raised it


class Distress(msgspec.Struct, frozen=True, gc=False):
    """A call for help, or what becomes of one.

    Attributes:
        state: a `DistressState`.
        position: latitude and longitude in degrees, east positive; None when unknown.
        readings: such as ``oxygen_percent``; as in `Telemetry`.
        unknown: keys that this version does not know, and their values.
        by: of one that tells who has answered a call of its own author: that person's address; else empty.
        by_at: when that person wrote so, in ns; None where nobody says.
    """

    state: int = DistressState.RAISED
    position: Position | None = None
    readings: dict[str, Reading] = {}
    unknown: Keys = {}
    by: str = ""
    by_at: int | None = None


class Letter(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A letter from one address to another, or what came in the place of one.

    Attributes:
        id: unique for all time.
        thread: the name of the thread that it belongs to.
        sender, to: addresses (endpoint ids as text); `to` is the mailbox that it went to.
        written_at: by the author's node, in ns.
        text: what was written; of what is no letter, its bytes where they are text.
        reply_to: the id of the letter that it answers.
        receipt_wanted: a route back was planned when it was written, so receipts make sense.
        readers: everyone whom it is for, addresses and groups; empty where that is `to` alone.
        thread_name: what the thread is called from now on; empty where it keeps its name.
        priority: how urgent it is: 0 bulk, 1 normal, 2 expedited.
        critical: a copy goes over every neighbour.
        distress: it calls for help, or answers or ends such a call.
        parts: voices, pictures, files.
        seen: ids of the last letters that its author had seen when it was written.
        signature, sealed: kept as they came; this version does not read them.
        unknown: keys that this version does not know, and their values.
        format: of what it travels in: 1 or 2.
        content: whether it is a letter at all. What is none has a place in a mailbox like any letter.
        payload_bytes: the size of what is no letter.
        act: an `Act`, or a number that a newer version knows.
        group: the group that it was written to, ``group:`` and 32 hexadecimal digits; empty for none.
        membership: a digest of who is in that group, as its author knew it; empty for none.
        opens: until when it is hidden from its reader; None for one that may be read at once.
        replaces: the id of an earlier letter of its author in whose place it stands.
        media_time: to which moment of a part of the letter that it answers it is pinned.
    """

    id: str
    thread: str
    sender: str
    to: str
    written_at: int
    text: str = ""
    reply_to: str | None = None
    receipt_wanted: bool = True
    readers: tuple[str, ...] = ()
    thread_name: str = ""
    priority: int = 1
    critical: bool = False
    distress: Distress | None = None
    parts: tuple[Part, ...] = ()
    seen: tuple[str, ...] = ()
    signature: cbor.Value = None
    sealed: cbor.Value = None
    unknown: Keys = {}
    format: int = 1
    content: Content = Content.LETTER
    payload_bytes: int = 0
    act: int = Act.WORDS
    group: str = ""
    membership: bytes = b""
    opens: Opening | None = None
    replaces: str | None = None
    media_time: MediaTime | None = None

    @property
    def kept_bytes(self) -> int:
        """Return how much of a mailbox's room it takes: its words, and the parts that are in it."""
        inline = sum(len(part.data or b"") + len(part.preview or b"") for part in self.parts)
        return max(self.payload_bytes, len(self.text.encode()) + inline)

    @property
    def needs_format_2(self) -> bool:
        """Return whether format 1 has no place for something that it says."""
        more = (self.readers, self.thread_name, self.distress, self.parts, self.signature, self.sealed)
        newer = (self.act, self.group, self.opens, self.replaces, self.media_time)
        return any((*more, *newer)) or len(self.sender.encode()) + 33 > ID_MAX_BYTES


class ReceiptFact(msgspec.Struct, frozen=True, gc=False):
    """An event in the life of one letter, by the clock of the one who got it.

    Attributes:
        letter_id: which letter.
        what: ``arrived`` or ``read``.
        time: in ns.
        part: which of its parts has arrived whole, from 0; None where it is the letter itself.
    """

    letter_id: str
    what: What
    time: int
    part: int | None = None


class MissingChunks(msgspec.Struct, frozen=True, gc=False):
    """Chunks of a part that are missing, and asked for again.

    Attributes:
        letter_id, part: which part of which letter.
        ranges: pairs: the first that is missing, and how many from there.
    """

    letter_id: str
    part: int
    ranges: tuple[tuple[int, int], ...]


class PartRefusalCode(IntEnum):
    """The reasons for which a part is not kept; a number that is not here is one of a newer version."""

    NO_ROOM = 0  # now; it is asked for once there is


class RefusedPart(msgspec.Struct, frozen=True, gc=False):
    """A part of which nothing more is kept for now.

    Attributes:
        letter_id, part: which part of which letter.
        code: a `PartRefusalCode`.
    """

    letter_id: str
    part: int
    code: int = PartRefusalCode.NO_ROOM


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """Events in the life of letters of the one whom it is sent to; at most RECEIPT_FACTS_MAX.

    Attributes:
        facts: what happened.
        missing: what has not come.
        unknown: keys that this version does not know, and their values.
        format: of what it travels in: 1 or 2.
        refused: parts that are not kept.
    """

    facts: tuple[ReceiptFact, ...]
    missing: tuple[MissingChunks, ...] = ()
    unknown: Keys = {}
    format: int = 1
    refused: tuple[RefusedPart, ...] = ()


class Telemetry(msgspec.Struct, frozen=True):
    """Measurements of a vehicle or a suit.

    Attributes:
        vehicle: its address.
        time: when it was measured, in ns.
        kind: what sends it, such as ``rover`` or ``suit``.
        position: latitude and longitude in degrees, east positive; None when unknown.
        readings: names to numbers or short texts, such as ``oxygen_percent`` or ``finding``.
        format: of what it travels in: 1 or 2.
    """

    vehicle: str
    time: int
    kind: str
    position: Position | None = None
    readings: dict[str, Reading] = {}
    format: int = 1


class Newer(msgspec.Struct, frozen=True, gc=False):
    """A message of which this version knows only that a newer Starlight wrote it.

    Attributes:
        version, kind: as it says.
        id: its id, where it has one.
    """

    version: int
    kind: int
    id: str | None
