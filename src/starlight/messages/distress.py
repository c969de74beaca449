"""Distress calls as values: what a person raised, what was heard from others, and the rules of both.

A call is a thread of its own: each of those whom it is for gets a letter of that thread, in the conversation
with its author. So each letter has a course and receipts of its own, and what two people at one node got is
known to be one call. What becomes of a call is told in letters as well: its author **cancels** it, a person
who got it **acknowledges** it. They may come in any order, more than once, and before the call itself: a
state here only ever moves from raised to acknowledged to cancelled, and a call that ended stays ended.

Nobody else has a say. A cancellation counts from the author of the call alone, as its bundle says; an
acknowledgement from someone to whom the author sent it, about the letter that this one got.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from starlight.dtntime import DAY, HOUR, MINUTE
from starlight.messages.letter import Distress, DistressState, Letter, Position, Reading, Telemetry

TEXT_MAX_BYTES = 1_000
"""Words of a call: it travels over the thinnest link, 20 times a day, to each one: at 209 bit/s in 50 s."""

RECIPIENTS_MAX = 64
"""Those whom a call is for, as many as a letter has readers."""

COPIES_A_DAY = 20
"""Copies of a call to one person in 24 hours: of the longest some 25 kB."""

SOON, LATER = 5 * MINUTE, 2 * HOUR
"""Copies follow each other by the first as long as there were few that day, then by the second: the first
eight within 40 minutes, the others over the rest of the day, so that some are left for a late contact."""

SOON_COPIES = 8

HEARD_MAX = 128
"""Calls from others that a mailbox remembers: more than everyone whom it knows raises in a bad year."""

HEARD_FROM_ONE_MAX = 8
"""Of them from one author, so that nobody makes those of others be forgotten."""

READINGS_MAX = 8
"""Readings that go with a call: oxygen, by several names."""


class CallLetter(msgspec.Struct, frozen=True, gc=False):
    """The letter of a call that went to one person: to which address, and its id."""

    to: str
    letter: str


class Acknowledgement(msgspec.Struct, frozen=True, gc=False):
    """A person's word that a call was heard.

    Attributes:
        by: the address of the person.
        at: when it was written, by their node's clock, in ns.
        known_at: when it was known here.
    """

    by: str
    at: int
    known_at: int


class OwnCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """A call that the owner of a mailbox raised; times in ns.

    Attributes:
        call: its id, that of its thread.
        raised_at: when.
        text: the words that its author gave.
        letters: to whom it went.
        position, readings: as they went with it.
        cancelled_at: when its author ended it, or None.
        acknowledged: the first word that a person heard it.
        copies: when it was repeated in the last day, the first time included; oldest first.
        repeats: how often it was repeated in all.
        looked_at: when it was last found whether a copy is wanted; 0 before that.
    """

    call: str
    raised_at: int
    text: str
    letters: tuple[CallLetter, ...]
    position: Position | None = None
    readings: dict[str, Reading] = {}
    cancelled_at: int | None = None
    acknowledged: Acknowledgement | None = None
    copies: tuple[int, ...] = ()
    repeats: int = 0
    looked_at: int = 0

    @property
    def state(self) -> DistressState:
        """Return where it stands."""
        return _state(self.cancelled_at, self.acknowledged)

    def letter_to(self, address: str) -> str | None:
        """Return the id of the letter that went to an address, or None."""
        return next((each.letter for each in self.letters if each.to == address), None)


class HeardCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """A call of somebody else, as far as it is known in a mailbox; times in ns.

    Attributes:
        call: its id.
        caller: the address of its author.
        raised_at: when it was raised, by its author's clock; of one whose letter has not come, when it ended.
        letter: the id of the letter that raised it, as this mailbox has it; empty until that has come.
        arrived_at: when that was here first.
        copies: how often it came.
        cancelled_at: when its author ended it, by that clock, or None.
        acknowledged: by a person at this node, the first.
    """

    call: str
    caller: str
    raised_at: int
    letter: str = ""
    arrived_at: int = 0
    copies: int = 0
    cancelled_at: int | None = None
    acknowledged: Acknowledgement | None = None

    @property
    def state(self) -> DistressState:
        """Return where it stands."""
        return _state(self.cancelled_at, self.acknowledged)

    @property
    def has_ended(self) -> bool:
        """Return whether nobody needs to be told of it any more."""
        return self.state is not DistressState.RAISED


def _state(cancelled_at: int | None, acknowledged: Acknowledgement | None) -> DistressState:
    if cancelled_at is not None:
        return DistressState.CANCELLED
    return DistressState.RAISED if acknowledged is None else DistressState.ACKNOWLEDGED


# Of others.


def heard(known: Sequence[HeardCall], letter: Letter, now: int) -> tuple[HeardCall, ...]:
    """Return the calls that a mailbox knows after a letter about one came, again or for the first time.

    Args:
        known: those that were.
        letter: raises or cancels a call of its author; another one changes nothing.
        now: when it came, in ns.
    """
    distress = letter.distress
    if distress is None or distress.state not in (DistressState.RAISED, DistressState.CANCELLED):
        return tuple(known)
    found = next((each for each in known if (each.caller, each.call) == (letter.sender, letter.thread)), None)
    call = found or HeardCall(letter.thread, letter.sender, letter.written_at)
    if distress.state == DistressState.CANCELLED:
        ended = letter.written_at if call.cancelled_at is None else call.cancelled_at
        call = replace(call, cancelled_at=ended)
    elif call.letter:
        call = replace(call, copies=call.copies + 1)
    else:
        call = replace(call, raised_at=letter.written_at, letter=letter.id, arrived_at=now, copies=1)
    return _bounded([*(each for each in known if each is not found), call])


def to_tell(known: Sequence[HeardCall]) -> list[HeardCall]:
    """Return the calls that a person must hear of now, the oldest first.

    Of one author it is the last: nobody has two at a time, so that there is a later one tells that those
    before it are over, though word of that is late.
    """
    last: dict[str, HeardCall] = {}
    for call in sorted(known, key=lambda call: (call.raised_at, call.call)):
        last[call.caller] = call
    return [call for call in last.values() if not call.has_ended and call.letter]


def _bounded(calls: list[HeardCall]) -> tuple[HeardCall, ...]:
    """Return calls without those that are one too many: those that ended first, then the oldest."""
    ranked = sorted(calls, key=lambda call: (not call.has_ended, call.raised_at), reverse=True)
    kept: list[HeardCall] = []
    for call in ranked:
        of_one = sum(each.caller == call.caller for each in kept)
        if len(kept) < HEARD_MAX and of_one < HEARD_FROM_ONE_MAX:
            kept.append(call)
    return tuple(sorted(kept, key=lambda call: (call.raised_at, call.call)))


# Of one's own.


def answered(own: OwnCall, letter: Letter, now: int) -> OwnCall:
    """Return a call after a letter came to its author: acknowledged, if that says so and may.

    Args:
        own: the call.
        letter: that came.
        now: when, in ns.
    """
    distress = letter.distress
    if distress is None or distress.state != DistressState.ACKNOWLEDGED or own.acknowledged is not None:
        return own
    # Whoever did not get the call, or speaks of another letter, has no business with it.
    if letter.reply_to is None or letter.reply_to != own.letter_to(letter.sender):
        return own
    return replace(own, acknowledged=Acknowledgement(letter.sender, letter.written_at, now))


def next_copy_at(own: OwnCall) -> int:
    """Return when a call may be repeated next, in ns."""
    if not own.copies:
        return own.raised_at + SOON
    last = own.copies[-1]
    # Those of the day that ends with the last copy: none of them is older when the next one goes.
    last_day = [at for at in own.copies if at > last - DAY]
    after = last + (SOON if len(last_day) < SOON_COPIES else LATER)
    return max(after, last_day[-COPIES_A_DAY] + DAY) if len(last_day) >= COPIES_A_DAY else after


def repeated(own: OwnCall, now: int) -> OwnCall:
    """Return a call after one more copy of it went out."""
    copies = (*(at for at in own.copies if at > now - DAY), now)
    return replace(own, copies=copies[-COPIES_A_DAY:], repeats=own.repeats + 1)


def distress_of(telemetry: Telemetry | None, now: int) -> Distress:
    """Return what goes with a call: place and oxygen by the last telemetry of its author's suit or vehicle.

    Args:
        telemetry: that, or None where none is known.
        now: in ns; how old the readings are goes with them, as ``age_s``.
    """
    if telemetry is None:
        return Distress()
    position: Position | None = telemetry.position
    oxygen = [(key, value) for key, value in sorted(telemetry.readings.items()) if "oxygen" in key.lower()]
    readings: dict[str, Reading] = dict(oxygen[:READINGS_MAX])
    if position is not None or readings:
        readings["age_s"] = max(0, (now - telemetry.time) // 1_000_000_000)
    return Distress(position=position, readings=readings)
