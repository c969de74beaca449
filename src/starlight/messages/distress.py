"""Distress calls as values: what a person raised, what was heard from others, and the rules of both.

A call is a thread of its own: each of those whom it is for gets a letter of that thread, in the conversation
with its author. So each letter has a course and receipts of its own, and what two people at one node got is
known to be one call. What becomes of a call is told in letters as well: its author **cancels** it, a person
who got it **acknowledges** it. They may come in any order, more than once, and before the call itself: a
state here only ever moves from raised to acknowledged to cancelled, and a call that ended stays ended.

The first answer of a person ends the repeating: from then on its author knows that somebody acts, and each
further copy would take time on the link from the words that now matter. Who else got the call is told of it
until they answered themselves; that somebody beside them did is told them more quietly, until they say that
they know. At other nodes the author's says so: with the first answer it tells all others by whom.

Nobody else has a say. A cancellation, and who has answered, counts from the author of the call alone, as its
bundle says; an acknowledgement from someone to whom the author sent it, about the letter that this one got.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
        answers: the first of each person from whom one came, as they came; none in records of before.
        copies: when it was repeated in the last day, the first time included; oldest first.
        repeats: how often it was repeated in all.
        looked_at: when it was last found whether a copy is wanted; 0 before that.
        untold: a person has answered it, and the others are to be told by whom.
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
    answers: tuple[Acknowledgement, ...] = ()
    untold: bool = False

    @property
    def state(self) -> DistressState:
        """Return where it stands."""
        return _state(self.cancelled_at, self.acknowledged)

    @property
    def needs_care(self) -> bool:
        """Return whether its author's node has something to do about it."""
        state = self.state
        return state is DistressState.RAISED or (state is DistressState.ACKNOWLEDGED and self.untold)

    def letter_to(self, address: str) -> str | None:
        """Return the id of the letter that went to an address, or None."""
        return next((each.letter for each in self.letters if each.to == address), None)

    def answer_of(self, address: str) -> Acknowledgement | None:
        """Return the first word that one person heard it, or None."""
        known = self.answers if self.acknowledged is None else (self.acknowledged, *self.answers)
        return next((each for each in known if each.by == address), None)


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
        acknowledged: by the owner of the mailbox, or else by the first person of whom it is known here.
        dismissed: the owner knows that somebody else has answered, and need not be told any more.
    """

    call: str
    caller: str
    raised_at: int
    letter: str = ""
    arrived_at: int = 0
    copies: int = 0
    cancelled_at: int | None = None
    acknowledged: Acknowledgement | None = None
    dismissed: bool = False

    @property
    def state(self) -> DistressState:
        """Return where it stands."""
        return _state(self.cancelled_at, self.acknowledged)

    def answered_by(self, owner: str) -> bool:
        """Return whether the owner of the mailbox, by address, has acknowledged it."""
        return self.acknowledged is not None and self.acknowledged.by == owner

    def is_over_for(self, owner: str) -> bool:
        """Return whether the owner of the mailbox, by address, need not be told of it any more."""
        return self.cancelled_at is not None or self.answered_by(owner) or self.dismissed


def _state(cancelled_at: int | None, acknowledged: Acknowledgement | None) -> DistressState:
    if cancelled_at is not None:
        return DistressState.CANCELLED
    return DistressState.RAISED if acknowledged is None else DistressState.ACKNOWLEDGED


# Of others.


def heard(
    known: Sequence[HeardCall],
    letter: Letter,
    now: int,
    owner: str,
    is_acquainted: Callable[[str], bool] = lambda caller: False,
) -> tuple[HeardCall, ...]:
    """Return the calls that a mailbox knows after a letter about one came, again or for the first time.

    Args:
        known: those that were.
        letter: raises or cancels a call of its author, or tells who has answered it; another one changes
            nothing.
        now: when it came, in ns.
        owner: the address of the mailbox.
        is_acquainted: tells whether the owner has read or written a letter of somebody, by address.
    """
    distress = letter.distress
    if distress is None or distress.state not in DistressState.__members__.values():
        return tuple(known)
    # What somebody answers to the owner's own call names nobody; that the owner answered, the owner knows.
    if distress.state == DistressState.ACKNOWLEDGED and distress.by in ("", owner):
        return tuple(known)
    found = next((each for each in known if (each.caller, each.call) == (letter.sender, letter.thread)), None)
    call = found or HeardCall(letter.thread, letter.sender, letter.written_at)
    if distress.state == DistressState.CANCELLED:
        ended = letter.written_at if call.cancelled_at is None else call.cancelled_at
        call = replace(call, cancelled_at=ended)
    elif distress.state == DistressState.ACKNOWLEDGED:
        at = letter.written_at if distress.by_at is None else distress.by_at
        call = replace(call, acknowledged=call.acknowledged or Acknowledgement(distress.by, at, now))
    elif call.letter:
        call = replace(call, copies=call.copies + 1)
    else:
        call = replace(call, raised_at=letter.written_at, letter=letter.id, arrived_at=now, copies=1)
    return _bounded([*(each for each in known if each is not found), call], owner, is_acquainted)


def to_tell(known: Sequence[HeardCall], owner: str) -> list[HeardCall]:
    """Return the calls that the owner of a mailbox must hear of now, the oldest first.

    Of one author it is the last: nobody has two at a time, so that there is a later one tells that those
    before it are over, though word of that is late. Later is one that was raised later and came later: the
    author's clock may have been wrong, and then rather both are told than the one that counts is hidden.
    """
    told = [call for call in known if call.letter and not call.is_over_for(owner)]
    told = [call for call in told if not any(_follows(other, call) for other in known)]
    return sorted(told, key=lambda call: (call.raised_at, call.call))


def _follows(other: HeardCall, call: HeardCall) -> bool:
    """Return whether a call is a later one of the same author, by both clocks."""
    is_later = other.raised_at > call.raised_at and other.arrived_at >= call.arrived_at
    return other.caller == call.caller and is_later


def _bounded(
    calls: list[HeardCall], owner: str, is_acquainted: Callable[[str], bool]
) -> tuple[HeardCall, ...]:
    """Return calls without those that are one too many.

    Those that are not over stay first, and of them those of people with whom the owner has to do before
    those of strangers, of whom anybody can make up as many as they like; of one author, the latest.
    """
    by_author: dict[str, int] = {}
    latest = []
    for call in sorted(calls, key=lambda call: (call.is_over_for(owner), -call.raised_at)):
        by_author[call.caller] = by_author.get(call.caller, 0) + 1
        if by_author[call.caller] <= HEARD_FROM_ONE_MAX:
            latest.append(call)
    if len(latest) > HEARD_MAX:
        # The first to come stays: a date in the letter is its author's to choose.
        latest.sort(
            key=lambda call: (call.is_over_for(owner), not is_acquainted(call.caller), call.arrived_at)
        )
    kept = latest[:HEARD_MAX]
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
    if distress is None or distress.state != DistressState.ACKNOWLEDGED or distress.by:
        return own
    # Whoever did not get the call, or speaks of another letter, has no business with it.
    if letter.reply_to is None or letter.reply_to != own.letter_to(letter.sender):
        return own
    if own.answer_of(letter.sender) is not None:
        return own
    word = Acknowledgement(letter.sender, letter.written_at, now)
    untold = own.untold or own.acknowledged is None
    return replace(own, acknowledged=own.acknowledged or word, answers=(*own.answers, word), untold=untold)


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
