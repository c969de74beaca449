"""A player: a correspondent that does what a scenario says a person or a vehicle does.

The same class plays in a rehearsal and in the live demo. It writes letters and sends reports at their
moments, reads what comes after a while, and in a demo answers what a visitor writes. Its state is small: up
to when its series are done, which letters it has yet to read and to answer, which answers it has given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

import msgspec

from starlight.dtntime import DAY, MILLISECOND, MINUTE
from starlight.messages.correspondent import Act, Correspondent, Desk, MailboxReader, MarkRead, Write
from starlight.messages.draft import Draft
from starlight.messages.letter import Letter
from starlight.rehearsal.answers import Answers
from starlight.rehearsal.series import Series

READING_SPREAD = 15 * MINUTE
LOOK_AGAIN = 30 * MINUTE
"""While a visitor is someone, that one's routine waits, and looks so often whether the visitor has left."""

ANSWERS_PER_DAY = 24
"""To one correspondent: more than a visitor waits for, and an end for a program that answers every answer."""

CONVERSATION = 100
"""Letters of a conversation that are looked at for what a visitor wrote: of a day, with room to spare."""


def jitter(seed: int, key: str, spread: int) -> int:
    """Return 0 to `spread` - 1 ns, drawn by the seed for a key; the same on every machine."""
    # A hash of the key, not the next number of a generator: a letter more or less moves no other.
    digest = hashlib.sha256(f"{seed}/{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % spread


class Routine(msgspec.Struct, frozen=True):
    """The habit of reading.

    Attributes:
        after: how long after its arrival a letter is read at the earliest, in ns.
        seed: moves that by up to `READING_SPREAD`.
        answers: what is answered to a visitor; None where nothing is.
        is_visited: tells whether a visitor is this person now, who then reads and answers for themselves.
        away: from when to when, in ns, the person is elsewhere; letters wait until then.
    """

    after: int
    seed: int
    answers: Answers | None = None
    is_visited: Callable[[], bool] = lambda: False
    away: tuple[tuple[int, int], ...] = ()

    def put_off(self, now: int) -> int | None:
        """Return until when reading and answering wait, in ns; None where they need not."""
        if self.is_visited():
            return now + LOOK_AGAIN
        return next((until for since, until in self.away if since <= now < until), None)


class _State(msgspec.Struct):
    """The state that a player keeps; times in ns, letters by id.

    Attributes:
        done: up to when the series are done; None before the first time.
        to_read, to_answer: when each is to be.
        answered: how many of which answers were given.
    """

    done: int | None = None
    to_read: dict[str, int] = {}
    to_answer: dict[str, int] = {}
    answered: dict[str, int] = {}


class Player(Correspondent):
    """Someone of a scenario.

    Args:
        address: of the mailbox.
        series: what is written and reported there, and when; those given first come first.
        routine: how it is read there; None for not at all.
        since: in ns; what the series say before is not done.
        until: in ns; from then on nothing is done. None for no end.
    """

    def __init__(
        self, address: str, series: Sequence[Series], routine: Routine | None, since: int, until: int | None
    ) -> None:
        self.address = address
        self._series = series
        self._routine = routine
        self._since = since
        self._until = until
        self._state = _State()

    def letter_came(self, letter: Letter, desk: Desk) -> Iterable[Act]:
        """Leave a letter for the hour of reading."""
        routine = self._routine
        if routine is not None:
            late = jitter(routine.seed, letter.id, READING_SPREAD)
            self._state.to_read[letter.id] = desk.now + routine.after + late
        return ()

    def next_wakeup(self) -> int | None:
        """Return when there is something to write, to report, to read or to answer."""
        done = self._done()
        moments = [each.moments.next_after(done) for each in self._series]
        due = [moment for moment in moments if moment is not None]
        due += [*self._state.to_read.values(), *self._state.to_answer.values()]
        first = min(due, default=None)
        return None if first is None or (self._until is not None and first >= self._until) else first

    def handle_timer(self, desk: Desk) -> Iterable[Act]:
        """Read and answer what is due, then do what the series say."""
        acts: list[Act] = []
        routine = self._routine
        if routine is not None and any(due <= desk.now for due in self._waiting()):
            later = routine.put_off(desk.now)
            if later is not None:
                self._put_off(desk.now, later)
            else:
                acts += self._read(routine.answers, desk)
                acts += self._answer(routine.answers, desk) if routine.answers else ()
        return acts + self._play(desk)

    def save(self) -> bytes:
        """Return the state."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, data: bytes) -> None:
        """Take up a state; msgspec.DecodeError if it is none."""
        self._state = msgspec.msgpack.decode(data, type=_State)

    # Series.

    def _done(self) -> int:
        before = self._since - 1
        return before if self._state.done is None else max(before, self._state.done)

    def _play(self, desk: Desk) -> list[Act]:
        if self._state.done is None and self._series:
            # Its state may have been lost. What its own mailbox says that it wrote, it does not write again.
            self._state.done = _last_written(desk.mailbox)
        done = self._done()
        due = [
            (moment, order, number)
            for order, each in enumerate(self._series)
            for moment, number in each.moments.due(done, desk.now)
        ]
        if due:
            self._state.done = desk.now
        # The series given first goes first where moments are equal.
        return [act for _, order, number in sorted(due) for act in self._series[order].acts(number, desk)]

    # Reading and answering.

    def _waiting(self) -> Iterable[int]:
        yield from self._state.to_read.values()
        yield from self._state.to_answer.values()

    def _put_off(self, now: int, later: int) -> None:
        for waiting in (self._state.to_read, self._state.to_answer):
            for letter_id, due in waiting.items():
                if due <= now:
                    waiting[letter_id] = later

    def _read(self, answers: Answers | None, desk: Desk) -> list[Act]:
        acts: list[Act] = []
        for letter_id in _take_due(self._state.to_read, desk.now):
            letter = desk.mailbox.letter(letter_id) if answers else None
            if answers and letter:
                # Without a page: a visitor who writes by the command line reads for themselves as well.
                if self._by_hand(letter.sender, desk.now - DAY, answers, desk):
                    self._state.to_read[letter_id] = desk.now + LOOK_AGAIN
                    continue
                delay = answers.delay(letter) if letter.sender != self.address else None
                if delay is not None and answers.is_by_hand(letter):
                    self._state.to_answer[letter_id] = desk.now + delay
            acts.append(MarkRead(letter_id))
        return acts

    def _answer(self, answers: Answers, desk: Desk) -> list[Act]:
        acts: list[Act] = []
        for letter_id in _take_due(self._state.to_answer, desk.now):
            letter = desk.mailbox.letter(letter_id)
            if letter is None or not self._may_answer(letter, answers, desk):
                continue
            chosen = answers.choose(letter, self._state.answered)
            if chosen is not None:
                key, text = chosen
                self._state.answered[key] = self._state.answered.get(key, 0) + 1
                acts.append(Write(Draft(letter.sender, text, reply_to=letter_id)))
        return acts

    def _may_answer(self, letter: Letter, answers: Answers, desk: Desk) -> bool:
        """Return whether a letter is the person's to answer, not a visitor's, and not one answer too many."""
        received = desk.mailbox.received(letter.id)
        day_ago = desk.now - DAY
        since = day_ago if received is None else min(day_ago, received.arrived_at)
        own = self._own(letter.sender, day_ago, desk)
        given = sum(each.reply_to is not None for each in own)
        return given < ANSWERS_PER_DAY and not self._by_hand(letter.sender, since, answers, desk)

    def _by_hand(self, correspondent: str, since: int, answers: Answers, desk: Desk) -> bool:
        """Return whether a visitor has written to someone in this person's name since a time in ns."""
        return any(answers.is_by_hand(letter) for letter in self._own(correspondent, since, desk))

    def _own(self, correspondent: str, since: int, desk: Desk) -> list[Letter]:
        page = desk.mailbox.page(correspondent, limit=CONVERSATION)
        return [each for each in page.letters if each.sender == self.address and each.written_at > since]


def _take_due(waiting: dict[str, int], now: int) -> list[str]:
    """Take the letters whose time has come out of those that wait; return their ids."""
    due = [letter_id for letter_id, time in waiting.items() if time <= now]
    for letter_id in due:
        del waiting[letter_id]
    return due


def _last_written(mailbox: MailboxReader) -> int | None:
    """Return when the last letter of its owner was written in a mailbox, in ns; None where there is none.

    A letter tells that in whole milliseconds, so it is the last ns of that one.
    """
    own = [
        letter.written_at + MILLISECOND - 1
        for conversation in mailbox.conversations()
        for letter in mailbox.page(conversation.correspondent, limit=conversation.letters).letters
        if letter.sender == mailbox.address
    ]
    return max(own, default=None)
