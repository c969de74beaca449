"""The texts of letters that are for later: why one stays here, and until when one is hidden there."""

from __future__ import annotations

from starlight.messages.awaited_name import name_in
from starlight.messages.later_view import HeldView, OpensView
from starlight.messages.letter_view import LetterView
from starlight.messages.withdrawal import Withdrawal
from starlight.words.sentence import Moment, Sentence, fill

UNTIL, UNTIL_LET_GO, UNTIL_MOVED = "until {at}", "until you let it go", "until its new place is free"
UNTIL_ADDRESS = "until {name} has an address"
UNTIL_READ = "until {name} has read “{words}”"
UNTIL_READ_BY_ALL = "until all whom “{words}” went to have read it"
UNTIL_READ_UNKNOWN = "until all have read another letter, which is not here any more"
"""In English, why a letter stays here; it follows the words that it does."""

HIDDEN_UNTIL = "Hidden from {name} until {at}."
HIDDEN_UNTIL_EVENT = "Hidden from {name} until “{event}” has happened."
HIDDEN_UNTIL_EITHER = "Hidden from {name} until {at}, or until “{event}” has happened."
WAS_HIDDEN = "Was hidden from {name} until {at}."
UNLESS_BACK = "Take it back if you are back by then."
"""In English, until when an own letter can't be read where it goes to."""

TAKEN_BACK, TOO_LATE = "It was taken back in time.", "Its withdrawal came too late."
TAKING_BACK = "Its withdrawal is on its way."
BACK_UNTIL, BACK_UNTIL_OPEN = "It can be taken back until {at}.", "It can be taken back until it opens."
NOT_BACK = "It can't be taken back any more: that would arrive {at}."
NEVER_BACK = "It can't be taken back: nothing can arrive there in time."
"""In English, how a letter that has left, and has not opened there, can be taken back."""

TO_OPEN, TO_OPEN_ON = "To be opened {at}.", "To be opened once “{event}” has happened."
TO_OPEN_EITHER = "To be opened {at}, or once “{event}” has happened."
TO_OPEN_UNLESS = "To be opened {at} unless its author is back."
OPENED = "It opened here {at}."
"""In English, when a letter that came was to be opened."""


def held(view: HeldView) -> Sentence:
    """Return why an own letter stays here, after the words that it does."""
    if view.awaits is not None:
        return fill(UNTIL_ADDRESS, name=name_in(view.awaits))
    if view.until is not None:
        return fill(UNTIL, at=Moment(view.until))
    if view.after is not None and not view.after_to:
        return fill(UNTIL_READ_UNKNOWN)
    if view.after is not None:
        is_group = view.after_to.startswith("group:")
        template = UNTIL_READ_BY_ALL if is_group else UNTIL_READ
        return fill(template, name=view.after_name or view.after_to, words=view.after_words)
    return fill(UNTIL_LET_GO if view.place is None else UNTIL_MOVED)


def opens(letter: LetterView, now: int) -> Sentence:
    """Return until when a letter is, or was, hidden from its reader; time in ns."""
    found = letter.opens
    if found is None:
        return Sentence(())
    return _hidden(letter, found, now) if letter.mine else _opened(found)


def _hidden(letter: LetterView, found: OpensView, now: int) -> Sentence:
    withdrawal = found.withdrawal
    at = found.time if withdrawal is None else withdrawal.opens
    name = letter.group_name or letter.to_name or letter.to_address
    if at is not None and at <= now:
        said = fill(WAS_HIDDEN, name=name, at=Moment(at))
    elif at is None:
        said = fill(HIDDEN_UNTIL_EVENT, name=name, event=found.event)
    elif found.event and at == found.time:
        said = fill(HIDDEN_UNTIL_EITHER, name=name, at=Moment(at), event=found.event)
    else:
        said = fill(HIDDEN_UNTIL, name=name, at=Moment(at))
    if withdrawal is None or letter.withdrawable or (at is not None and at <= now and not withdrawal.sent):
        return said
    if found.unless_back and withdrawal.offered:
        said += fill(UNLESS_BACK)
    return said + taken_back(withdrawal)


def taken_back(found: Withdrawal) -> Sentence:
    """Return how a letter that has left and has not opened there can be taken back."""
    if found.heeded or found.late or found.sent:
        return fill(TAKEN_BACK if found.heeded else TOO_LATE if found.late else TAKING_BACK)
    if found.offered:
        return fill(BACK_UNTIL_OPEN) if found.until is None else fill(BACK_UNTIL, at=Moment(found.until))
    return fill(NEVER_BACK) if found.arrives is None else fill(NOT_BACK, at=Moment(found.arrives))


def _opened(found: OpensView) -> Sentence:
    if found.time is None:
        said = fill(TO_OPEN_ON, event=found.event)
    elif found.event:
        said = fill(TO_OPEN_EITHER, at=Moment(found.time), event=found.event)
    else:
        said = fill(TO_OPEN_UNLESS if found.unless_back else TO_OPEN, at=Moment(found.time))
    return said + (Sentence(()) if found.opened_at is None else fill(OPENED, at=Moment(found.opened_at)))
