"""A thread as the page shows it: letters oldest to newest, the days between them, and what is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from starlight.messages.delivery import DeliveryState
from starlight.messages.letter_view import LetterView
from starlight.views.mailbox import MailboxView, Recipient
from starlight.views.sky import Clock
from starlight.web import localtime

FOLD_CHARACTERS = 900
FOLD_LINES = 14
"""A letter longer than either is folded: about what fills a phone."""


class Day(msgspec.Struct, frozen=True):
    """The line above the first letter of a day.

    Attributes:
        words: the day by the reader's clock.
        there: the day and time by the clock of the other world; empty where there is none.
    """

    words: str
    there: str = ""


class Transit(msgspec.Struct, frozen=True):
    """The way of a letter that has left, for its line of light.

    Attributes:
        departed, arrives: in ns.
        done: how much of the time is over, from 0 to 1.
    """

    departed: int
    arrives: int
    done: float


class Shown(msgspec.Struct, frozen=True):
    """A letter, and what stands before it and in it.

    Attributes:
        letter: the letter.
        day: that begins with it, or None.
        is_first_new: the line of what is new stands before it.
        leads: the letter that it answers is shown as well, so that its quote can lead there.
        is_long: it is folded until somebody opens it.
        transit: its way, while it is on one.
        crossed: the last own letter that was on its way when this one was written, or None.
    """

    letter: LetterView
    day: Day | None
    is_first_new: bool
    leads: bool
    is_long: bool
    transit: Transit | None
    crossed: LetterView | None = None


def thread(mailbox: MailboxView, clock: Clock, there: str | None, new_from: str | None) -> tuple[Shown, ...]:
    """Return the letters of a mailbox as they are shown, oldest first.

    Args:
        mailbox: opened at a correspondent.
        clock: how days are told.
        there: the other world, by name; None where it is the reader's own, or nobody knows it.
        new_from: the id of the letter before which the line of what is new stays; None is the first unread.
    """
    if new_from is None:
        new_from = first_unread(mailbox.letters)
    by_id = {letter.id: letter for letter in mailbox.letters}
    shown, before = [], None
    for letter in mailbox.letters:
        words = localtime.day_words(clock, mailbox.person.world, letter.written_at)
        shown.append(
            Shown(
                letter=letter,
                day=_day(clock, words, there, letter.written_at) if words != before else None,
                is_first_new=letter.id == new_from,
                leads=letter.reply_to in by_id,
                is_long=len(letter.text) > FOLD_CHARACTERS or letter.text.count("\n") >= FOLD_LINES,
                transit=_transit(letter, clock.now),
                crossed=by_id.get(letter.crossed_with or ""),
            )
        )
        before = words
    return tuple(shown)


def first_unread(letters: Iterable[LetterView]) -> str | None:
    """Return the id of the first letter that came and has not been read, or None."""
    return next((letter.id for letter in letters if letter.unread), None)


def called(people: Iterable[Recipient]) -> dict[str, str]:
    """Return what people are called where others are named beside them, by address.

    Of equal names the place tells who is meant, and where that is the same as well, the address.
    """
    known = {one.address: one for one in people}
    names = Counter(one.name for one in known.values())
    placed = Counter((one.name, one.place) for one in known.values())

    def words(one: Recipient) -> str:
        if names[one.name] == 1:
            return one.name
        alone = one.place and placed[one.name, one.place] == 1
        return f"{one.name}, {one.place if alone else one.address}"

    return {address: words(one) for address, one in known.items()}


def _day(clock: Clock, words: str, there: str | None, at: int) -> Day:
    if there is None:
        return Day(words)
    far = localtime.reading(clock, there, at)
    return Day(words, f"{far.day}, {far.time}")


def _transit(letter: LetterView, now: int) -> Transit | None:
    """Return the way of a letter that left and is not known to be there."""
    if not letter.mine or letter.state not in (DeliveryState.DEPARTED, DeliveryState.IN_FLIGHT):
        return None
    left, arrives = letter.last_fact(DeliveryState.DEPARTED), letter.last_fact(DeliveryState.ARRIVED)
    if left is None or arrives is None or arrives.time <= left.time:
        return None
    done = (now - left.time) / (arrives.time - left.time)
    return Transit(left.time, arrives.time, min(max(done, 0.0), 1.0))
