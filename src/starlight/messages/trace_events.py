"""Trace events of letters, receipts and mailboxes; a letter's text is never in them."""

from __future__ import annotations

import msgspec

from starlight.messages.letter import Letter, Reading
from starlight.node.application import Say
from starlight.trace import Record, TraceEvent


class AboutLetter(TraceEvent, frozen=True):
    """Something that happens to a letter; see `about`.

    Attributes:
        letter: its id.
        sender, to: addresses.
        written_at: in ns.
    """

    letter: str
    sender: str = msgspec.field(name="from")
    to: str
    written_at: int


def about(letter: Letter) -> tuple[str, str, str, int]:
    """Return what the trace says of a letter, as the first fields of `AboutLetter`."""
    return letter.id, letter.sender, letter.to, letter.written_at


def say(now: int, node: int, event: TraceEvent) -> Say:
    """Return the request to put something that happened into the trace."""
    return Say(Record(now, node, event))


# Where a letter was written.


class LetterWritten(AboutLetter, frozen=True, tag="letter.written"):
    """Somebody wrote a letter."""

    size_bytes: int


class LetterQueued(AboutLetter, frozen=True, tag="letter.queued"):
    """The node has taken a letter.

    Attributes:
        leaves, arrives: what the node foresees, in ns; None when no route is known.
        bundle: the key of what carries it.
    """

    leaves: int | None
    arrives: int | None
    bundle: str


class LetterRejected(AboutLetter, frozen=True, tag="letter.rejected"):
    """The node has refused a letter; it is offered again."""

    reason: str


class LetterForeseen(AboutLetter, frozen=True, tag="letter.foreseen"):
    """A letter is predicted otherwise than before.

    Attributes:
        leaves, arrives: in ns.
        doubtful: the code of the doubt; earlier versions wrote a sentence.
    """

    leaves: int | None
    arrives: int | None
    doubtful: str


class LetterDeparted(AboutLetter, frozen=True, tag="letter.departed"):
    """A letter has left its node; times in ns, `arrives` at its destination."""

    peer: int
    leaves: int
    reaches: int
    arrives: int | None
    resends: int


class LetterResent(AboutLetter, frozen=True, tag="letter.resent"):
    """A letter whose receipt is overdue is sent once more."""

    resends: int


class CallRepeated(TraceEvent, frozen=True, tag="call.repeated"):
    """A distress call that nobody has acknowledged is sent once more.

    Attributes:
        caller: the address of its author.
        call: its id.
        repeats: how often it was repeated by now.
        copies: to how many people this time.
    """

    caller: str
    call: str
    repeats: int
    copies: int


class LetterWithdrawn(AboutLetter, frozen=True, tag="letter.withdrawn"):
    """A letter was taken back before it left."""


class LetterNotWithdrawn(AboutLetter, frozen=True, tag="letter.not_withdrawn"):
    """A letter was to be taken back, but had left already."""


class LetterExpired(AboutLetter, frozen=True, tag="letter.expired"):
    """A letter came to its end before it left."""

    reason: str


class ArrivalConfirmed(AboutLetter, frozen=True, tag="receipt.arrived"):
    """A receipt says that a letter has arrived.

    Attributes:
        at: when it arrived, in ns.
        predicted: when it was first predicted to, in ns.
        resends: how often it was sent again.
    """

    at: int
    predicted: int | None
    resends: int


class ReadingConfirmed(AboutLetter, frozen=True, tag="receipt.read"):
    """A receipt says that a letter was read; fields as in `ArrivalConfirmed`."""

    at: int
    predicted: int | None
    resends: int


class ReceiptRefused(AboutLetter, frozen=True, tag="receipt.refused"):
    """A receipt came that is not believed."""

    source: str


# Where a letter goes.


class LetterArrived(AboutLetter, frozen=True, tag="letter.arrived"):
    """A letter is in the mailbox that it is for."""


class LetterDuplicate(AboutLetter, frozen=True, tag="letter.duplicate"):
    """A letter came that is in the mailbox already."""


class LetterOpened(AboutLetter, frozen=True, tag="letter.opened"):
    """A letter that was hidden from its reader has opened."""


class LetterTakenBack(AboutLetter, frozen=True, tag="letter.taken_back"):
    """A withdrawal came in time: the letter that it takes back will not open."""


class LetterRead(AboutLetter, frozen=True, tag="letter.read"):
    """Somebody has read a letter."""


# Mailboxes, and what else comes to them.


class MailboxOpened(TraceEvent, frozen=True, tag="mailbox.opened"):
    """A person has opened a mailbox."""

    mailbox: str
    person: str


class MailboxClosed(TraceEvent, frozen=True, tag="mailbox.closed"):
    """A person has closed a mailbox."""

    mailbox: str
    person: str


class MailboxesResumed(TraceEvent, frozen=True, tag="mailbox.resumed"):
    """A node has started with its open mailboxes."""

    mailboxes: tuple[str, ...]


class TelemetryArrived(TraceEvent, frozen=True, tag="telemetry.arrived"):
    """Telemetry has come to a mailbox.

    Attributes:
        mailbox, vehicle: addresses.
        vehicle_kind: as it names itself.
        measured_at: in ns.
        position: latitude and longitude in degrees.
        readings: by name.
    """

    mailbox: str
    vehicle: str
    vehicle_kind: str = msgspec.field(name="kind")
    measured_at: int
    position: tuple[float, float] | None
    readings: dict[str, Reading]


class ReceiptRejected(TraceEvent, frozen=True, tag="receipt.rejected"):
    """The node has refused a receipt; it is owed again."""

    reason: str


class TelemetryRejected(TraceEvent, frozen=True, tag="telemetry.rejected"):
    """The node has refused telemetry; the next comes anyway."""

    reason: str


class PartArrived(TraceEvent, frozen=True, tag="part.arrived"):
    """A part of a letter, which travelled on its own, is here whole.

    Attributes:
        mailbox: its address.
        letter: whose part it is.
        part: which one, from 0.
        size_bytes: of it.
    """

    mailbox: str
    letter: str
    part: int
    size_bytes: int


class MessageKept(TraceEvent, frozen=True, tag="message.kept"):
    """Something came that this version can't read; it is kept as it came.

    Attributes:
        mailbox, source: addresses.
        content: ``newer`` or ``foreign``.
        size_bytes: of its payload.
    """

    mailbox: str
    source: str
    content: str
    size_bytes: int


class PartEnded(TraceEvent, frozen=True, tag="part.ended"):
    """A part of a letter, which travels on its own, comes to its end before it is known to have arrived.

    Attributes:
        mailbox: whose letter it is.
        letter: whose part it is.
        part: which one, from 0.
        reason: a code: ``lifetime expired``, or that of a trouble.
    """

    mailbox: str
    letter: str
    part: int
    reason: str


class MessageRefused(TraceEvent, frozen=True, tag="message.refused"):
    """Something came that the mailbox does not take."""

    mailbox: str
    source: str
    rule: str


# Correspondents that went wrong.


class CorrespondentTrouble(TraceEvent, frozen=True):
    """Something that went wrong with a correspondent; whoever wrote it wants to know.

    Attributes:
        correspondent: its address.
    """

    correspondent: str


class CorrespondentFailed(CorrespondentTrouble, frozen=True, tag="correspondent.failed"):
    """A call of a correspondent raised, or returned nonsense; it begins again as it was before that.

    Attributes:
        doing: which call.
        error: the exception, and the line that raised it.
    """

    doing: str
    error: str


class CorrespondentLost(CorrespondentTrouble, frozen=True, tag="correspondent.lost"):
    """The kept state of a correspondent is damaged; it is set aside, and the correspondent begins anew."""

    error: str


class ActRefused(CorrespondentTrouble, frozen=True, tag="correspondent.refused"):
    """An act of a correspondent can't be performed."""

    act: str
    reason: str


class CorrespondentNoted(TraceEvent, frozen=True, tag="correspondent.noted"):
    """A correspondent tells what it has found.

    Attributes:
        address: of its mailbox.
        text: a sentence, in its own words.
    """

    address: str
    text: str


EVENTS: tuple[type[TraceEvent], ...] = (
    CorrespondentNoted,
    LetterWritten,
    LetterQueued,
    LetterRejected,
    LetterForeseen,
    LetterDeparted,
    LetterResent,
    CallRepeated,
    LetterWithdrawn,
    LetterNotWithdrawn,
    LetterExpired,
    ArrivalConfirmed,
    ReadingConfirmed,
    ReceiptRefused,
    LetterArrived,
    LetterDuplicate,
    LetterOpened,
    LetterTakenBack,
    LetterRead,
    MailboxOpened,
    MailboxClosed,
    MailboxesResumed,
    TelemetryArrived,
    ReceiptRejected,
    TelemetryRejected,
    PartArrived,
    PartEnded,
    MessageKept,
    MessageRefused,
    CorrespondentFailed,
    CorrespondentLost,
    ActRefused,
)
