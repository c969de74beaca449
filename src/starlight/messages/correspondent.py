"""A correspondent: a program that lives at an address, reads what comes there, and writes.

Theory of operation. A correspondent is a machine without I/O, as a link is: it is told of a letter, of
telemetry and of the time, and answers with acts. The post office of its node hosts it, in virtual and
in real time alike: it performs the acts and keeps the correspondent's state in the commit of the very
step that called it. So after a crash at any instant either the act is done and the state knows it, or
neither is. The correspondent acts while its mailbox is open, as a person does who is there.

It must be a function of its state and of what it is told: time, random bytes and forecasts come from
the `Desk`, and nothing else from anywhere. Then a seed reproduces a rehearsal with it, and the same class
works live. It may be made anew at any time from its last state; what it keeps outside of that is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

import msgspec

from starlight.errors import InputError
from starlight.messages.conversation import Conversation, Page
from starlight.messages.delivery import Received
from starlight.messages.dispatch import Sent
from starlight.messages.draft import Attachment, Draft, destination
from starlight.messages.forecast import Prediction
from starlight.messages.letter import Letter, Position, Reading, Telemetry
from starlight.messages.letter_view import LetterView
from starlight.messages.limits import check
from starlight.messages.urgency import check_priority
from starlight.routing import Priority

STATE_MAX_BYTES = 8 << 20
"""A state is written whole when it changes; a grid of a million cells at 8 bytes still goes in."""

NEW_PARTS_MAX_BYTES = 16 << 20
"""Of all parts of one letter: they stand in memory until the step is committed. A minute of video goes in."""


class TelemetryReader(Protocol):
    """The telemetry that came to a mailbox, for reading."""

    def vehicles(self) -> list[str]:
        """Return the vehicles whose telemetry is here."""

    def readings(self, vehicle: str) -> list[tuple[int, Telemetry]]:
        """Return what is kept of a vehicle, by time of measurement, each with when it was known here."""

    def latest(self, vehicle: str) -> tuple[int, Telemetry] | None:
        """Return the newest measurement of a vehicle and when it was known here; None if there is none."""


class MailboxReader(Protocol):
    """A mailbox, for reading: what a correspondent sees of its own (`Mailbox`, without its changes)."""

    @property
    def address(self) -> str:
        """The endpoint id as text."""

    @property
    def telemetry(self) -> TelemetryReader:
        """The telemetry that came here."""

    def letter(self, letter_id: str) -> Letter | None:
        """Return a letter, or None when it is not here."""

    def sent(self, letter_id: str) -> Sent | None:
        """Return what is known about the course of a letter, or None when it was not written here."""

    def received(self, letter_id: str) -> Received | None:
        """Return what is known about a letter that came here, or None when it did not."""

    def letter_view(self, letter_id: str, now: int) -> LetterView:
        """Return a letter as it stands at a time in ns; InputError when it is not here."""

    def unread(self) -> list[str]:
        """Return the ids of the letters received and not yet read, in order."""

    def conversations(self) -> list[Conversation]:
        """Return the conversations with everyone whom letters went to or came from, the latest first."""

    def page(self, correspondent: str, before: str | None = None, limit: int = 50) -> Page:
        """Return letters to and from an address, in the order in which both ends show them."""


class ContactRoom(NamedTuple):
    """The room in the next contact on the way to an address, as the plan and the bookings say.

    Attributes:
        leaves: when what is written now leaves, in ns.
        ends: when the first contact of its way ends, in ns: from then on there is room in another.
        bytes: that fit into every contact of the way, headers included.
    """

    leaves: int
    ends: int
    bytes: int


class Desk(NamedTuple):
    """The means of a correspondent in one call; of no use after it.

    Attributes:
        now: mission time in ns.
        mailbox: its own, for reading.
        entropy: returns so many random bytes; seeded in virtual time, unforeseeable in real time.
        forecast: returns what to expect of a draft sent now; the draft may be blank.
        room: returns what the next contact on the way of a draft still carries; None where nothing has to
            leave this node, or no way is known.
        part: returns the bytes of a part of a letter that is here, by the letter's id, the part's number and
            how large it may be in bytes to stand in memory; InputError when there is no such part, it is
            not here whole, or it is larger.
    """

    now: int
    mailbox: MailboxReader
    entropy: Callable[[int], bytes]
    forecast: Callable[[Draft], Prediction]
    room: Callable[[Draft], ContactRoom | None]
    part: Callable[[str, int, int], bytes]


class NewPart(msgspec.Struct, frozen=True):
    """A part that a correspondent has made, such as a picture: its bytes, and what there is to say of them.

    Attributes:
        data: its bytes.
        about: its kind, media type, name and so on; `upload` is filled in where it is kept.
    """

    data: bytes
    about: Attachment = Attachment("")


class Write(msgspec.Struct, frozen=True):
    """Write a letter.

    Attributes:
        draft: what is written, to whom, how urgent; at least a word or a part. It names no uploads.
        lifetime: in ns, how long it is worth carrying; None for the usual one.
        parts: voices, pictures and files that go with it; at most NEW_PARTS_MAX_BYTES together.

    Raises:
        InputError: it is no draft, there is nothing in it, or its parts are too large together.
    """

    draft: Draft
    lifetime: int | None = None
    parts: tuple[NewPart, ...] = ()

    def __post_init__(self) -> None:
        """Check it where it is made, so that the fault shows in the correspondent's own line."""
        if not isinstance(self.draft, Draft):
            raise InputError(f"{type(self.draft).__name__} is no draft", where="draft")
        if not self.parts:
            self.draft.require_text()
        size = sum(len(part.data) for part in self.parts)
        if size > NEW_PARTS_MAX_BYTES:
            right = f"A letter's parts have at most {NEW_PARTS_MAX_BYTES} together"
            raise InputError(f"parts of {size} bytes", where="parts", right=right)


class MarkRead(msgspec.Struct, frozen=True):
    """Mark a letter that came as read, which answers with a receipt; again changes nothing."""

    letter: str


class WithdrawLetter(msgspec.Struct, frozen=True):
    """Take back a letter that has not departed."""

    letter: str


class SendTelemetry(msgspec.Struct, frozen=True):
    """Send what was measured now.

    Attributes:
        to: the addresses that it goes to.
        kind, position, readings: as in `Telemetry`.
        priority: how urgent it is; a stream of readings is bulk, an alarm is not.
        lifetime: in ns, how long it is worth carrying; None for the usual one.

    Raises:
        InputError: an address is none, or a reading passes a limit.
    """

    to: tuple[str, ...]
    kind: str
    position: Position | None = None
    readings: Mapping[str, Reading] = {}
    priority: Priority = Priority.BULK
    lifetime: int | None = None

    def __post_init__(self) -> None:
        """Check it where it is made, as `Write` is."""
        for address in self.to:
            destination(address)
        check_priority(self.priority)
        if not all(isinstance(value, int | float | str) for value in self.readings.values()):
            raise InputError("readings map text to numbers or text", where="readings")
        # Its mailbox and the time are put in when it is sent; the limits of the rest are known now.
        check(Telemetry("ipn:1.1", 0, self.kind, self.position, dict(self.readings)))


NOTE_MAX_CHARS = 500


class Note(msgspec.Struct, frozen=True):
    """Put into the trace what a program has found, for the story of a rehearsal and for whoever looks there.

    Attributes:
        text: a sentence; at most NOTE_MAX_CHARS characters.

    Raises:
        InputError: it is longer.
    """

    text: str

    def __post_init__(self) -> None:
        """Check it where it is made, as `Write` is."""
        if len(self.text) > NOTE_MAX_CHARS:
            raise InputError(f"a note of {len(self.text)} characters", right=f"At most {NOTE_MAX_CHARS}")


Act = Write | MarkRead | WithdrawLetter | SendTelemetry | Note


class Correspondent:
    """A program at an address. All that a subclass does not say, it does not do.

    Each call that returns acts has them performed in the order given. One that can't be performed, such as
    a letter from a full mailbox, is refused, and the trace says so; the others are. Where a call raises, none
    of its acts is performed, and the correspondent is made anew from the state before the call.

    Attributes:
        address: the endpoint id of its mailbox, as text.
    """

    # A class that answers with nothing, not a protocol: what later versions tell is added here in the same
    # way, and no program that was written before has to change.

    address: str

    def letter_came(self, letter: Letter, desk: Desk) -> Iterable[Act]:
        """Take note of a letter that has just come, once for each; return what to do about it.

        Args:
            letter: it is in the mailbox already, and unread.
            desk: what it may ask.
        """
        return ()

    def part_came(self, letter: Letter, number: int, desk: Desk) -> Iterable[Act]:
        """Take note of a part that travelled apart from its letter, and is now here whole; once for each.

        Parts that travel in their letter are there with it, and are not told of.

        Args:
            letter: whose part it is.
            number: which of its parts, from 0.
            desk: what it may ask; `desk.part` gives the bytes.
        """
        return ()

    def telemetry_came(self, telemetry: Telemetry, desk: Desk) -> Iterable[Act]:
        """Take note of telemetry that has just come, once for each; return what to do about it."""
        return ()

    def written(self, letter: Letter) -> None:
        """Take note of a letter that one of its acts has just written, by whose id it can be looked up."""

    def next_wakeup(self) -> int | None:
        """Return when `handle_timer` has something to do, in ns, or None; asked after each call."""
        return None

    def handle_timer(self, desk: Desk) -> Iterable[Act]:
        """Do all that is due now; what is due later is asked for by `next_wakeup`."""
        return ()

    def save(self) -> bytes:
        """Return all that it must know after a restart; kept when it is not what was kept before."""
        return b""

    def restore(self, data: bytes) -> None:
        """Take up what `save` returned, of this or an earlier version, before any other call.

        Any exception means that it is damaged: it is set aside, and the correspondent begins anew.
        """


Maker = Callable[[], Correspondent]
"""Makes a correspondent as it is before its first state: at each start, and after a call that raised."""
