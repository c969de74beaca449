"""A letter as an export keeps it: the payload that travelled, what is known of its course, and the same for
people.

docs/reference/export-format.md is the format. What is read back is the payload with its envelope, the course
and the coming; all else says the same once more, for who reads the file without a Starlight.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error

import msgspec

from starlight import dtntime
from starlight.errors import InputError
from starlight.mailboxes.stored_format import StoredLetter
from starlight.messages.delivery import DeliveryState, Received
from starlight.messages.dispatch import Confirmed, Dispatch, Sent
from starlight.messages.doubt import Trouble, TroubleCode
from starlight.messages.letter import TIME_MAX, Letter
from starlight.messages.parts import PARTS_MAX

PAYLOAD_MAX = 2 * 2**20
"""Characters of a payload in base64: of one of a mebibyte, and room to spare."""

NOT_KNOWN = "What became of it after it was exported is not known here."
"""Said of a letter that was on its way when it was exported, where it is imported."""


class KeptCourse(msgspec.Struct, frozen=True, omit_defaults=True):
    """The course of a letter, as far as it is known, or of one of its parts, that was written in the mailbox.

    Attributes:
        state: what is confirmed.
        size_bytes: of what travels.
        part: which of its parts, from 0; None for the letter itself.
        queued_at, departed_at, ended_at: by the own node's clock.
        arrived_at: by the other's.
        arrival_known_at: when that was known here.
    """

    state: DeliveryState
    size_bytes: int
    part: int | None = None
    queued_at: str | None = None
    departed_at: str | None = None
    arrived_at: str | None = None
    arrival_known_at: str | None = None
    ended_at: str | None = None


class KeptSending(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that is kept of the sending of a letter that was written in the mailbox.

    Attributes:
        written_at, expires_at: when it was written, and until when it was worth carrying.
        courses: of the letter, and of its parts.
        priority: how urgent it was: 0 bulk, 1 normal, 2 expedited.
        critical: a copy went over every neighbour.
        receipt_wanted: a receipt could come back.
        plain_text: it went as its words alone.
        read_at: when it was read, by the other's clock.
        reading_known_at: when that was known here.
        to: the address of a group's member that it went to.
        readers: for whom it was there.
    """

    written_at: str
    expires_at: str
    courses: tuple[KeptCourse, ...]
    priority: int = 1
    critical: bool = False
    receipt_wanted: bool = True
    plain_text: bool = False
    read_at: str | None = None
    reading_known_at: str | None = None
    to: str = ""
    readers: tuple[str, ...] = ()


class KeptComing(msgspec.Struct, frozen=True, omit_defaults=True):
    """The times at which a letter came to the mailbox, and when it was read there."""

    arrived_at: str
    read_at: str | None = None


class KeptPart(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a letter, as people read of it.

    Attributes:
        number: which one, from 0.
        kind: `file`, `voice`, `picture` or `video`.
        media_type, name, size_bytes, transcript, duration_ms: as its letter describes it.
        here: all of it was here.
        file: where its bytes are in the export; empty where they are not.
        sha256: of those bytes, in hexadecimal.
    """

    number: int
    kind: str
    media_type: str
    size_bytes: int
    name: str = ""
    transcript: str = ""
    duration_ms: int | None = None
    here: bool = False
    file: str = ""
    sha256: str = ""


class KeptLetter(msgspec.Struct, frozen=True, omit_defaults=True):
    """A letter as an export keeps it.

    Attributes:
        id: of it.
        correspondent: the other end of its conversation.
        payload: as it travelled, in base64.
        source, destination, created: the envelope's: the bundle's addresses and its creation time.
        bundle_priority: how urgent its bundle was.
        placed_at: the time by which it takes its place in its conversation.
        sent: what is known of its course, where it was written here.
        came: when it came, where it did.
        author, to, written_at, text, thread, topic, answers: what it says, for people.
        parts: its parts, for people; their files are read back.
    """

    id: str
    correspondent: str
    payload: str
    source: str
    destination: str
    created: str
    placed_at: str
    author: str
    to: str
    written_at: str
    text: str = ""
    thread: str = ""
    topic: str = ""
    answers: str = ""
    bundle_priority: int = 1
    sent: KeptSending | None = None
    came: KeptComing | None = None
    parts: tuple[KeptPart, ...] = ()

    def stored(self) -> StoredLetter:
        """Return the letter as a mailbox keeps it.

        Raises:
            InputError: the payload or a time is none.
        """
        try:
            payload = b64decode(self.payload[:PAYLOAD_MAX], validate=True)
        except (Error, ValueError):
            raise InputError("its payload is not base64", where="payload") from None
        created = time_of(self.created, "created") if self.created else 0
        return StoredLetter(self.source, self.destination, created, payload, self.bundle_priority)


def text_of(at: int | None) -> str | None:
    """Return a time in ns as an export has it, to the nanosecond; None for None."""
    return None if at is None else dtntime.to_text(at, 9)


def time_of(text: str, where: str) -> int:
    """Return a time of an export in ns.

    Raises:
        InputError: it is none, or not from 2000 to 2292.
    """
    at = dtntime.from_text(text, where=where)
    if not 0 <= at <= TIME_MAX:
        raise InputError(f"{text} is not from 2000 to 2292", where=where)
    return at


def kept_sending(sent: Sent) -> KeptSending:
    """Return what an export keeps of the sending of a letter."""
    return KeptSending(
        written_at=dtntime.to_text(sent.written_at, 9),
        expires_at=dtntime.to_text(sent.expires_at, 9),
        courses=tuple(_kept_course(each) for each in sent.dispatches),
        priority=int(sent.priority),
        critical=sent.critical,
        receipt_wanted=sent.receipt_wanted,
        plain_text=sent.plain_text,
        read_at=text_of(sent.read_at),
        reading_known_at=text_of(sent.reading_known_at),
        to=sent.to,
        readers=sent.readers,
    )


def sent_of(kept: KeptSending, letter: Letter, now: int) -> Sent:
    """Return the sending of a letter that is imported at a time in ns: at its end, whatever it was.

    Nothing of it is sent again: who exported it may have done that, or do it yet. A receipt that comes for it
    all the same is believed as ever.

    Raises:
        InputError: it is not that of this letter.
    """
    courses = {each.part: _dispatch_of(each, now) for each in kept.courses[: PARTS_MAX + 1]}
    if None not in courses or any(part is not None and part >= len(letter.parts) for part in courses):
        raise InputError("its courses are not those of the letter and its parts", where="sent")
    return Sent(
        written_at=time_of(kept.written_at, "written_at"),
        expires_at=time_of(kept.expires_at, "expires_at"),
        receipt_wanted=kept.receipt_wanted,
        priority=kept.priority,
        critical=kept.critical,
        read_at=_time(kept.read_at, "read_at"),
        reading_known_at=_time(kept.reading_known_at, "reading_known_at"),
        dispatch=courses[None],
        parts=tuple(each for part, each in courses.items() if part is not None),
        plain_text=kept.plain_text,
        to=kept.to,
        readers=kept.readers,
    )


def received_of(kept: KeptComing) -> Received:
    """Return the coming of a letter that is imported: its author has been told of all that there is to tell.

    Raises:
        InputError: a time is none.
    """
    arrived_at, read_at = time_of(kept.arrived_at, "arrived_at"), _time(kept.read_at, "read_at")
    return Received(arrived_at=arrived_at, read_at=read_at, told_arrival=True, told_reading=True)


def base64_of(payload: bytes) -> str:
    """Return a payload as an export has it."""
    return b64encode(payload).decode()


def _kept_course(dispatch: Dispatch) -> KeptCourse:
    known = dispatch.confirmed
    return KeptCourse(
        state=dispatch.state,
        size_bytes=dispatch.size_bytes,
        part=dispatch.part,
        queued_at=text_of(known.queued_at),
        departed_at=text_of(known.departed_at if known.departed_at is not None else known.given_at),
        arrived_at=text_of(known.arrived_at),
        arrival_known_at=text_of(known.arrival_known_at),
        ended_at=text_of(known.ended_at),
    )


def _dispatch_of(kept: KeptCourse, now: int) -> Dispatch:
    known = Confirmed(
        queued_at=_time(kept.queued_at, "queued_at"),
        departed_at=_time(kept.departed_at, "departed_at"),
        arrived_at=_time(kept.arrived_at, "arrived_at"),
        arrival_known_at=_time(kept.arrival_known_at, "arrival_known_at"),
        ended_at=_time(kept.ended_at, "ended_at"),
    )
    if kept.size_bytes < 0 or (kept.part is not None and kept.part < 0):
        raise InputError("a size or a number of a part is below nothing", where="sent")
    found = Dispatch(part=kept.part, size_bytes=kept.size_bytes, state=kept.state, confirmed=known)
    if not found.is_on_its_way:
        return found
    ended = msgspec.structs.replace(known, ended_at=now)
    trouble = Trouble(TroubleCode.OLDER, NOT_KNOWN)
    return msgspec.structs.replace(found, state=DeliveryState.EXPIRED, confirmed=ended, trouble=trouble)


def _time(text: str | None, where: str) -> int | None:
    return None if text is None else time_of(text, where)
